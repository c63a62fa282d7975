//! The file: a redb database of one table of rows, and a number that says what they look like.
//!
//! Whatever it holds when it is opened, the answer is a bank or an error. Every page's checksum is verified then, which takes
//! less than reading all rows does; what redb panics about all the same is an error too.

use std::any::Any;
use std::fmt;
use std::fs::OpenOptions;
use std::io::ErrorKind;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use redb::backends::FileBackend;
use redb::{
    Builder, Database, DatabaseError, ReadableDatabase, ReadableTable, StorageBackend, StorageError,
    TableDefinition, TableError,
};

use crate::reference::ledger::{Change, Key, Kind, Unreadable};

/// What rows look like. A version that writes something that this one would misread counts on.
const FORMAT: u64 = 2;
/// What this version can read as well: it had no notices.
const BEFORE: u64 = 1;

/// World, kind, place → the row as JSON.
const ROWS: TableDefinition<(u64, u8, u64), &[u8]> = TableDefinition::new("rows");
const ABOUT: TableDefinition<&str, u64> = TableDefinition::new("about");
const FORMAT_KEY: &str = "grantspec bank format";

const KINDS: [Kind; 10] = [
    Kind::World,
    Kind::User,
    Kind::Client,
    Kind::Login,
    Kind::Grant,
    Kind::Access,
    Kind::Refresh,
    Kind::Mandate,
    Kind::Disconnection,
    Kind::Notice,
];

/// What is wrong with the file that the books are kept in.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("failed to open {}: {cause}; its folder has to exist, and both have to be writable", path.display())]
    Open { path: PathBuf, cause: std::io::Error },
    #[error("{} is in use by another process: stop that bank first, or give this one a file of its own", path.display())]
    Busy { path: PathBuf },
    #[error(
        "{} is no file of this bank, or its beginning is damaged: choose one that does not exist yet, it will be made",
        path.display()
    )]
    Foreign { path: PathBuf },
    #[error(
        "{} is written in format {found}, and this version of grantspec knows format {FORMAT} only: use the version \
         that wrote it, or begin with a new file",
        path.display()
    )]
    Format { path: PathBuf, found: u64 },
    #[error("{} is damaged: {cause}; begin with a new file, or with a copy from before", path.display())]
    Damaged { path: PathBuf, cause: String },
    #[error("failed to write to {}: {cause}; what was not answered yet has not happened", path.display())]
    Write { path: PathBuf, cause: Box<redb::Error> },
    #[error("failed to start the thread that writes the file: {0}")]
    Thread(std::io::Error),
}

/// The open file. No other process can open it.
pub struct File {
    path: PathBuf,
    base: Database,
}

impl fmt::Debug for File {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "File({})", self.path.display())
    }
}

impl File {
    /// Opens the file, readable by its owner only if it has to be made.
    pub fn open(path: &Path) -> Result<File, StoreError> {
        let path = path.to_owned();
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = match options.open(&path) {
            Ok(file) => file,
            Err(cause) => return Err(StoreError::Open { path, cause }),
        };
        match FileBackend::new(file) {
            Ok(backend) => File::over(path, backend),
            Err(error) => Err(not_opened(path, error)),
        }
    }

    /// The same over what stands for a file. `path` is what it is called.
    pub fn over(path: PathBuf, backend: impl StorageBackend) -> Result<File, StoreError> {
        let mut builder = Builder::new();
        builder.set_check_integrity_on_open(true);
        guarded(&path.clone(), || match builder.create_with_backend(backend) {
            Ok(base) => File { path, base }.checked(),
            Err(error) => Err(not_opened(path, error)),
        })
    }

    /// Closes the file, whatever state it is in.
    pub fn close(self) -> Result<(), StoreError> {
        guarded(&self.path.clone(), || {
            drop(self);
            Ok(())
        })
    }

    /// Reads all rows, in the order of their keys.
    pub fn read(&self, put_back: impl FnMut(Key, &[u8]) -> Result<(), Unreadable>) -> Result<(), StoreError> {
        guarded(&self.path, || match self.read_rows(put_back) {
            Ok(Ok(())) => Ok(()),
            Ok(Err(unreadable)) => Err(self.damaged(unreadable)),
            Err(error) => Err(self.damaged(error)),
        })
    }

    /// Writes changes down. They are durable when this returns, or not there at all if it is an error.
    pub fn write(&self, changes: &[Change]) -> Result<(), StoreError> {
        let write = || -> Result<(), redb::Error> {
            let transaction = self.base.begin_write()?;
            {
                let mut rows = transaction.open_table(ROWS)?;
                for change in changes {
                    match change {
                        Change::Put(key, row) => {
                            rows.insert((key.world, key.kind as u8, key.at), row.as_slice())?;
                        }
                        Change::Close(world) => {
                            rows.retain_in((*world, 0, 0)..=(*world, u8::MAX, u64::MAX), |_, _| false)?;
                        }
                    }
                }
            }
            Ok(transaction.commit()?)
        };
        let failed = |cause| StoreError::Write { path: self.path.clone(), cause: Box::new(cause) };
        guarded(&self.path, || write().map_err(failed))
    }

    fn read_rows(
        &self,
        mut put_back: impl FnMut(Key, &[u8]) -> Result<(), Unreadable>,
    ) -> Result<Result<(), Unreadable>, redb::Error> {
        let rows = self.base.begin_read()?.open_table(ROWS)?;
        for row in rows.iter()? {
            let (key, row) = row?;
            let (world, kind, at) = key.value();
            let Some(kind) = KINDS.into_iter().find(|known| *known as u8 == kind) else {
                return Err(redb::Error::Corrupted(format!("there is a row of the unknown kind {kind}")));
            };
            if let Err(unreadable) = put_back(Key { world, kind, at }, row.value()) {
                return Ok(Err(unreadable));
            }
        }
        Ok(Ok(()))
    }

    /// This file, if it is one of this bank's, in the format that is known here. One that is empty becomes one.
    fn checked(self) -> Result<File, StoreError> {
        let format = || -> Result<Option<u64>, redb::Error> {
            let transaction = self.base.begin_read()?;
            let about = match transaction.open_table(ABOUT) {
                Ok(about) => about,
                Err(TableError::TableDoesNotExist(_)) if transaction.list_tables()?.next().is_none() => {
                    return Ok(None);
                }
                Err(error) => return Err(error.into()),
            };
            Ok(Some(about.get(FORMAT_KEY)?.map_or(0, |format| format.value())))
        };
        match format() {
            Ok(Some(FORMAT)) => Ok(self),
            Ok(Some(BEFORE)) => {
                self.begin()?;
                Ok(self)
            }
            Ok(Some(found)) => Err(StoreError::Format { path: self.path, found }),
            Ok(None) => {
                self.begin()?;
                Ok(self)
            }
            Err(redb::Error::TableDoesNotExist(_) | redb::Error::TableTypeMismatch { .. }) => {
                Err(StoreError::Foreign { path: self.path })
            }
            Err(error) => Err(self.damaged(error)),
        }
    }

    /// From here on it is a file of this format.
    fn begin(&self) -> Result<(), StoreError> {
        let write = || -> Result<(), redb::Error> {
            let transaction = self.base.begin_write()?;
            transaction.open_table(ROWS)?;
            transaction.open_table(ABOUT)?.insert(FORMAT_KEY, FORMAT)?;
            Ok(transaction.commit()?)
        };
        write().map_err(|cause| StoreError::Write { path: self.path.clone(), cause: Box::new(cause) })
    }

    fn damaged(&self, cause: impl fmt::Display) -> StoreError {
        StoreError::Damaged { path: self.path.clone(), cause: cause.to_string() }
    }
}

/// Does something with the file at `path`. A panic is damage: redb has none for files that it wrote itself.
fn guarded<T>(path: &Path, act: impl FnOnce() -> Result<T, StoreError>) -> Result<T, StoreError> {
    // Nothing that a panic could leave half done is used again: the file is closed, and opened anew.
    catch_unwind(AssertUnwindSafe(act)).unwrap_or_else(|panic| {
        Err(StoreError::Damaged { path: path.to_owned(), cause: words(&*panic).to_owned() })
    })
}

fn words(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("it can't be read")
}

fn not_opened(path: PathBuf, error: DatabaseError) -> StoreError {
    match error {
        DatabaseError::DatabaseAlreadyOpen => StoreError::Busy { path },
        DatabaseError::Storage(StorageError::Io(cause)) => match cause.kind() {
            ErrorKind::InvalidData => StoreError::Foreign { path },
            ErrorKind::UnexpectedEof => StoreError::Damaged { path, cause: "it ends too early".to_owned() },
            _ => StoreError::Open { path, cause },
        },
        DatabaseError::Storage(StorageError::Corrupted(cause)) => StoreError::Damaged { path, cause },
        _ => StoreError::Foreign { path },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(path: &Path) -> String {
        File::open(path).expect_err("it can't be used").to_string()
    }

    #[test]
    fn what_is_no_file_of_this_bank_is_told_apart() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("bank.redb");
        std::fs::write(&path, "Dear diary").expect("written");
        assert!(refused(&path).contains("is no file of this bank"));
        let missing = folder.path().join("missing").join("bank.redb");
        assert!(refused(&missing).contains("its folder has to exist"));
        assert!(refused(folder.path()).contains("failed to open"));

        let others = folder.path().join("others.redb");
        let base = Database::create(&others).expect("made");
        let transaction = base.begin_write().expect("begun");
        transaction.open_table(TableDefinition::<u64, u64>::new("theirs")).expect("made");
        transaction.commit().expect("durable");
        drop(base);
        assert!(refused(&others).contains("is no file of this bank"));
    }

    #[test]
    fn a_file_of_another_format_or_in_use_is_left_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("bank.redb");
        let open = File::open(&path).expect("made");
        assert!(refused(&path).contains("is in use by another process"));
        drop(open);

        let base = Database::create(&path).expect("opened");
        let transaction = base.begin_write().expect("begun");
        transaction.open_table(ABOUT).expect("there").insert(FORMAT_KEY, FORMAT + 1).expect("set");
        transaction.commit().expect("durable");
        drop(base);
        assert!(refused(&path).contains("is written in format 3"), "{}", refused(&path));
    }

    /// A file with rows on several pages, closed, and its bytes.
    fn written(path: &Path) -> Vec<u8> {
        let rows: Vec<Change> = (0..300).map(|at| Change::Put(key(at), vec![b'x'; 100])).collect();
        let file = File::open(path).expect("made");
        for some in rows.chunks(100) {
            file.write(some).expect("written");
        }
        file.close().expect("closed");
        std::fs::read(path).expect("there")
    }

    fn key(at: u64) -> Key {
        Key { world: 1, kind: Kind::User, at }
    }

    /// How many rows the file holds. Each has to be as it was written.
    fn rows(path: &Path) -> Result<usize, StoreError> {
        let (mut seen, mut odd) = (0, 0);
        let file = File::open(path)?;
        file.read(|_, row| {
            odd += usize::from(row != [b'x'; 100]);
            seen += 1;
            Ok(())
        })?;
        assert_eq!(odd, 0, "rows that nobody has written");
        Ok(seen)
    }

    #[test]
    fn a_damaged_file_is_an_error_and_never_a_bank_that_has_forgotten() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("bank.redb");
        let whole = written(&path);
        assert_eq!(rows(&path).expect("it is whole"), 300);
        let mut told = std::collections::BTreeMap::new();
        let mut opened_with = |name: String, bytes: &[u8]| {
            std::fs::write(&path, bytes).expect("written");
            match rows(&path) {
                // What nothing rests on may be damaged.
                Ok(rows) => assert_eq!(rows, 300, "{name}"),
                Err(StoreError::Damaged { .. } | StoreError::Foreign { .. }) => {
                    *told.entry(name.split(' ').next().unwrap_or_default().to_owned()).or_insert(0) += 1;
                }
                Err(other) => panic!("{name}: {other}"),
            }
        };
        for length in [1, 9, 100, 320, 4096, 5000, whole.len() / 2, whole.len() - 1] {
            opened_with(format!("cut to {length}"), &whole[..length]);
        }
        for (from, to) in [(0, 9), (0, 64), (64, 320), (0, 4096), (4096, whole.len())] {
            let mut bytes = whole.clone();
            bytes[from..to].fill(0);
            opened_with(format!("zeros from {from} to {to}"), &bytes);
        }
        let step = whole.len() / 150;
        for at in (0..320).step_by(3).chain((320..whole.len()).step_by(step)) {
            let mut bytes = whole.clone();
            bytes[at] ^= 0x55;
            opened_with(format!("flipped at {at}"), &bytes);
        }
        assert_eq!((told["cut"], told["zeros"]), (8, 5));
        assert!(told["flipped"] > 20, "{told:?}");
    }

    #[test]
    fn an_empty_file_becomes_a_banks_file() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("bank.redb");
        std::fs::write(&path, "").expect("written");
        assert_eq!(rows(&path).expect("made"), 0);
    }

    #[test]
    fn a_file_that_must_not_be_written_is_told_so() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("bank.redb");
        written(&path);
        let mut permissions = std::fs::metadata(&path).expect("there").permissions();
        permissions.set_readonly(true);
        std::fs::set_permissions(&path, permissions).expect("set");
        // Root may write everything.
        if OpenOptions::new().write(true).open(&path).is_err() {
            assert!(refused(&path).contains("failed to open"), "{}", refused(&path));
        }
    }

    #[test]
    #[cfg(unix)]
    fn only_its_owner_can_read_it() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("bank.redb");
        drop(File::open(&path).expect("made"));
        let mode = std::fs::metadata(&path).expect("there").permissions().mode();
        assert_eq!(mode & 0o077, 0);
    }
}
