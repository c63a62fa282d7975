//! Keeping the ledger in a file, so that a restart changes nothing: not even one in the middle of a request.
//!
//! The ledger in memory is what the bank works with. What a sitting changes there is noted here before anybody else takes
//! a turn, a thread of its own writes it down, all that was noted meanwhile in one transaction, and no answer leaves before
//! everything that it may rest on is durable ([`settled`]). So nobody ever sees what a crash could take back.
//!
//! If writing fails, what was noted has not happened: everybody who waits for it gets a 503, and the ledger is read from the
//! file again. Until that works, every answer is a 503.
//!
//! When a client last used what it was given is the one thing that may get lost: it is written within a second, and no
//! answer waits for it.

mod file;
mod settle;
#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use super::ledger::{Change, Changes, Fixture, Ledger};
use super::rules::Rules;
use file::File;
use settle::{Batch, Fate};

pub use file::StoreError;
pub(super) use settle::{Awaits, durably, settled};

/// How long what nobody waits for may stay unwritten.
const BY_AND_BY: Duration = Duration::from_secs(1);
/// How long a file that can't be used is left alone.
const AGAIN: Duration = Duration::from_secs(1);

/// The ledger's file, and the thread that writes it. What is still unwritten when this is dropped is written then.
#[derive(Debug)]
pub(super) struct Store {
    desk: Arc<Desk>,
    writer: Option<JoinHandle<()>>,
}

/// Tells whoever runs the bank that the file made trouble. It is called on a thread of its own.
pub type Complain = Box<dyn Fn(&StoreError) + Send>;

/// What waits to be written.
#[derive(Debug)]
struct Desk {
    pile: Mutex<Pile>,
    grew: Condvar,
}

#[derive(Debug)]
struct Pile {
    list: Vec<Change>,
    /// What becomes of the list.
    batch: Arc<Batch>,
    /// Whether somebody waits for the list.
    pressing: bool,
    /// What is being written and waited for.
    under_way: Option<Arc<Batch>>,
    /// The file can't be used: everything that is noted is lost.
    broken: bool,
    closing: bool,
}

impl Store {
    /// Opens the file, or makes it, and reads the ledger from it.
    ///
    /// # Errors
    /// If it can't be opened or made, is in use, or is not this version's.
    pub fn open(
        path: PathBuf,
        rules: &Rules,
        fixture: &'static Fixture,
        complain: Complain,
    ) -> Result<(Store, Arc<Mutex<Ledger>>), StoreError> {
        let rules = rules.clone();
        Store::over(move || read(File::open(&path)?, &rules, fixture), complain)
    }

    /// The same over whatever `reopen` opens, at first and after trouble.
    fn over(
        reopen: impl Fn() -> Result<(File, Ledger), StoreError> + Send + 'static,
        complain: Complain,
    ) -> Result<(Store, Arc<Mutex<Ledger>>), StoreError> {
        let (file, ledger) = reopen()?;
        let ledger = Arc::new(Mutex::new(ledger));
        let desk = Arc::new(Desk { pile: Mutex::new(Pile::new()), grew: Condvar::new() });
        let writer = Writer {
            reopen: Box::new(reopen),
            ledger: Arc::clone(&ledger),
            desk: Arc::clone(&desk),
            complain,
        };
        let writer = std::thread::Builder::new().name("books".to_owned()).spawn(move || writer.work(file));
        let writer = writer.map_err(StoreError::Thread)?;
        Ok((Store { desk, writer: Some(writer) }, ledger))
    }

    /// Notes changes, to be written down. The caller has the ledger locked, so that they come in order. Gives what an
    /// answer has to wait for that saw the ledger as it is now.
    pub fn note(&self, changes: Changes) -> Option<Arc<Batch>> {
        let mut pile = self.desk.pile();
        if !changes.list.is_empty() && !pile.broken {
            pile.list.extend(changes.list);
            pile.pressing |= changes.pressing;
            self.desk.grew.notify_one();
        }
        if pile.pressing || pile.broken { Some(Arc::clone(&pile.batch)) } else { pile.under_way.clone() }
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        self.desk.pile().closing = true;
        self.desk.grew.notify_one();
        if let Some(writer) = self.writer.take() {
            // It has said by now what it could not write.
            let _ = writer.join();
        }
    }
}

fn read(file: File, rules: &Rules, fixture: &'static Fixture) -> Result<(File, Ledger), StoreError> {
    let mut ledger = Ledger::journaled(rules.clone());
    file.read(|key, row| ledger.put_back(key, row, fixture))?;
    Ok((file, ledger))
}

/// What the thread has.
struct Writer {
    reopen: Box<dyn Fn() -> Result<(File, Ledger), StoreError> + Send>,
    ledger: Arc<Mutex<Ledger>>,
    desk: Arc<Desk>,
    complain: Complain,
}

impl Writer {
    fn work(self, mut file: File) {
        while let Some((list, batch)) = self.desk.next() {
            match file.write(&list) {
                Ok(()) => {
                    self.desk.pile().under_way = None;
                    batch.settle(Fate::Kept);
                }
                Err(error) => {
                    (self.complain)(&error);
                    if let Err(error) = file.close() {
                        (self.complain)(&error);
                    }
                    match self.recover(&batch) {
                        Some(again) => file = again,
                        None => return,
                    }
                }
            }
        }
    }

    /// Takes back all that is not written. `None` if the bank was stopped before the file could be used again.
    fn recover(&self, batch: &Batch) -> Option<File> {
        let mut first = true;
        loop {
            // Nobody takes a turn between the end of the old ledger and the beginning of the new one.
            let mut ledger = self.ledger.lock().unwrap_or_else(PoisonError::into_inner);
            if std::mem::take(&mut first) {
                self.desk.pile().lose();
                batch.settle(Fate::Lost);
            }
            match (self.reopen)() {
                Ok((file, again)) => {
                    *ledger = again;
                    let mut pile = self.desk.pile();
                    *pile = Pile { closing: pile.closing, ..Pile::new() };
                    return Some(file);
                }
                Err(error) => {
                    drop(ledger);
                    (self.complain)(&error);
                    if self.desk.rest() {
                        return None;
                    }
                }
            }
        }
    }
}

impl Desk {
    fn pile(&self) -> MutexGuard<'_, Pile> {
        self.pile.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next list to be written, as soon as there is a reason to; `None` at the end.
    fn next(&self) -> Option<(Vec<Change>, Arc<Batch>)> {
        let mut pile = self.pile();
        while !pile.pressing && !pile.closing {
            let waited = self.grew.wait_timeout(pile, BY_AND_BY);
            let (again, time) = waited.unwrap_or_else(PoisonError::into_inner);
            pile = again;
            if time.timed_out() && !pile.list.is_empty() {
                break;
            }
        }
        if pile.list.is_empty() {
            return None;
        }
        let batch = std::mem::replace(&mut pile.batch, Arc::new(Batch::default()));
        pile.under_way = std::mem::take(&mut pile.pressing).then(|| Arc::clone(&batch));
        Some((std::mem::take(&mut pile.list), batch))
    }

    /// Waits before the file is tried again. Whether the bank is stopped meanwhile.
    fn rest(&self) -> bool {
        let pile = self.pile();
        let waited = self.grew.wait_timeout_while(pile, AGAIN, |pile| !pile.closing);
        waited.unwrap_or_else(PoisonError::into_inner).0.closing
    }
}

impl Pile {
    fn new() -> Self {
        Pile {
            list: Vec::new(),
            batch: Arc::new(Batch::default()),
            pressing: false,
            under_way: None,
            broken: false,
            closing: false,
        }
    }

    /// Everything that waits is lost, and everything that comes.
    fn lose(&mut self) {
        self.batch.settle(Fate::Lost);
        self.list.clear();
        (self.pressing, self.under_way, self.broken) = (false, None, true);
    }
}
