//! The ledger under its lock, and the lock's one subtlety: what happens between a check and the act that rests on it.
//! Several nodes share one ledger.

use std::collections::HashMap;
use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use tokio::runtime::{Handle, RuntimeFlavor};

use super::Options;
use super::ledger::{Fixture, Ledger, Refusal, Seat, Seconds, Secret, Turn, WorldId};
use super::notices::Notices;
use super::pages::Lobby;
use super::rules::{Gap, Rules};
use super::store::{Awaits, Store};
use super::throttle::Throttles;

/// How many secrets of a client are remembered, all but one of which are dead.
const MOST_SECRETS: usize = 8;

/// One node of the bank: what the routes at one address talk to.
#[derive(Debug)]
pub struct Bank {
    pub rules: Arc<Rules>,
    /// Which one, from 0.
    node: usize,
    books: Arc<Books>,
}

/// What all nodes share.
#[derive(Debug)]
struct Books {
    /// Where the nodes are. Empty if nobody said.
    addresses: Vec<String>,
    began: Instant,
    /// How long an open [`Gap`] lasts.
    window: Duration,
    ledger: Arc<Mutex<Ledger>>,
    /// Where the ledger is kept, if it is.
    store: Option<Store>,
    fixture: &'static Fixture,
    /// When idle worlds were last looked for.
    swept: AtomicU64,
    /// The world of the pages.
    standing: OnceLock<WorldId>,
    /// How many sittings pause.
    paused: AtomicUsize,
    /// The secrets of the standing world's clients that this process has made, by client id.
    known_secrets: Mutex<HashMap<String, Vec<Secret>>>,
    lobby: Mutex<Lobby>,
    throttles: Throttles,
    notices: Arc<Notices>,
}

/// A bank that does not stay for the sake of whoever has this.
pub struct Afar {
    rules: Arc<Rules>,
    books: Weak<Books>,
}

/// Some steps in one world, under one lock unless a defect opens a gap between them.
pub struct Sitting<'a> {
    bank: &'a Bank,
    world: WorldId,
    /// `None` only within [`Sitting::pause`].
    ledger: Option<Held<'a>>,
}

/// The ledger, held. What was changed in it is noted in the store before anybody else can hold it.
pub struct Held<'a> {
    ledger: MutexGuard<'a, Ledger>,
    store: Option<&'a Store>,
}

impl Bank {
    /// A bank of one node, or of as many as there are `addresses`, over a ledger that follows these rules, and over the
    /// store that keeps it, if one does.
    pub fn nodes(
        rules: Rules,
        options: &Options,
        addresses: &[String],
        ledger: Arc<Mutex<Ledger>>,
        store: Option<Store>,
    ) -> Vec<Bank> {
        let books = Arc::new(Books {
            addresses: addresses.to_vec(),
            began: Instant::now(),
            window: options.window,
            ledger,
            store,
            fixture: options.fixture,
            swept: AtomicU64::new(0),
            standing: OnceLock::new(),
            paused: AtomicUsize::new(0),
            known_secrets: Mutex::default(),
            lobby: Mutex::default(),
            throttles: Throttles::default(),
            notices: Arc::new(Notices::new(options.notify_anywhere, options.notice_pause)),
        });
        let rules = Arc::new(rules);
        let node = |node| Bank { rules: Arc::clone(&rules), node, books: Arc::clone(&books) };
        (0..addresses.len().max(1)).map(node).collect()
    }

    /// Where and when something happens here.
    fn seat(&self) -> Seat {
        let since = self.books.began.elapsed().as_millis();
        Seat { node: self.node, moment: u64::try_from(since).unwrap_or(u64::MAX) }
    }

    /// Where the nodes of the bank are, this one's first. Empty if nobody said.
    pub fn addresses(&self) -> &[String] {
        &self.books.addresses
    }

    /// What a fresh world holds.
    pub fn fixture(&self) -> &'static Fixture {
        self.books.fixture
    }

    /// Forgets worlds that nobody has used for `idle` seconds, but the standing one. Gives those that are gone. Looks at
    /// all of them once a minute at most.
    pub fn close_idle_worlds(&self, idle: Seconds) -> Vec<WorldId> {
        let now = wall();
        let last = self.books.swept.load(Ordering::Relaxed);
        if now < last.saturating_add(60) {
            return Vec::new();
        }
        self.books.swept.store(now, Ordering::Relaxed);
        let standing = self.standing();
        self.ledger().close_idle(idle, standing, now)
    }

    /// Begins a sitting in a world.
    pub fn sit(&self, world: WorldId) -> Sitting<'_> {
        self.sit_with(self.ledger(), world)
    }

    /// Begins a sitting in the world that `find` gives, if it gives one. Finding and sitting down take the lock once: whoever
    /// waits for it waits longer than most of what is done under it takes.
    pub fn sit_where(&self, find: impl FnOnce(&Ledger) -> Option<WorldId>) -> Option<Sitting<'_>> {
        let ledger = self.ledger();
        let world = find(&ledger)?;
        Some(self.sit_with(ledger, world))
    }

    fn sit_with<'a>(&'a self, mut ledger: Held<'a>, world: WorldId) -> Sitting<'a> {
        // Whoever sits down anew knows no places of rows yet; whoever pauses does.
        if self.books.paused.load(Ordering::Relaxed) == 0 {
            ledger.make_room(world, wall());
        }
        Sitting { bank: self, world, ledger: Some(ledger) }
    }

    /// One step in a world.
    pub fn turn<T>(
        &self,
        world: WorldId,
        act: impl FnOnce(&mut Turn<'_>) -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        self.sit(world).step(act)
    }

    /// The ledger as a whole.
    pub fn ledger(&self) -> Held<'_> {
        // A panic in a handler leaves rows that are whole: every step changes them without panicking in between.
        let ledger = self.books.ledger.lock().unwrap_or_else(PoisonError::into_inner);
        Held { ledger, store: self.books.store.as_ref() }
    }

    /// Whether what happens here survives a restart.
    pub fn is_kept(&self) -> bool {
        self.books.store.is_some()
    }

    /// The world that is there from the start, and that the pages show.
    pub fn standing(&self) -> Option<WorldId> {
        self.books.standing.get().copied()
    }

    /// From here on this world is the standing one. There is only ever one.
    pub fn let_stand(&self, world: WorldId) {
        let _ = self.books.standing.set(world);
    }

    /// Remembers a secret that this process has made for a client of the standing world.
    pub fn know_secret(&self, client_id: String, secret: Secret) {
        let mut known = self.books.known_secrets.lock().unwrap_or_else(PoisonError::into_inner);
        let of_client = known.entry(client_id).or_default();
        // An earlier one counts again if those after it can't be written down.
        of_client.drain(..of_client.len().saturating_sub(MOST_SECRETS - 1));
        of_client.push(secret);
    }

    /// The secret of a client of the standing world, if this process has made it.
    pub fn known_secret(&self, client_id: &str) -> Option<Secret> {
        let known =
            self.books.known_secrets.lock().unwrap_or_else(PoisonError::into_inner).get(client_id)?.clone();
        let ledger = self.ledger();
        known.into_iter().find(|secret| ledger.is_secret_of(client_id, secret))
    }

    /// What the pages remember. Whoever holds on to it may look into the ledger, not the other way round.
    pub fn lobby(&self) -> MutexGuard<'_, Lobby> {
        self.books.lobby.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How clients are told what their users did.
    pub fn notices(&self) -> &Arc<Notices> {
        &self.books.notices
    }

    /// The bank, as long as somebody else keeps it.
    pub fn afar(&self) -> Afar {
        Afar { rules: Arc::clone(&self.rules), books: Arc::downgrade(&self.books) }
    }

    /// What is turned away with 429.
    pub fn throttles(&self) -> &Throttles {
        &self.books.throttles
    }
}

impl Afar {
    /// Its first node, if it is still there.
    pub fn here(&self) -> Option<Bank> {
        Some(Bank { rules: Arc::clone(&self.rules), node: 0, books: self.books.upgrade()? })
    }
}

impl Deref for Held<'_> {
    type Target = Ledger;

    fn deref(&self) -> &Ledger {
        &self.ledger
    }
}

impl DerefMut for Held<'_> {
    fn deref_mut(&mut self) -> &mut Ledger {
        &mut self.ledger
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        if let Some(store) = self.store
            && let Some(batch) = store.note(self.ledger.take_changes())
        {
            Awaits::note(batch);
        }
    }
}

impl Sitting<'_> {
    /// One step. A world that is gone by now refuses everything as an unknown client.
    pub fn step<T>(&mut self, act: impl FnOnce(&mut Turn<'_>) -> Result<T, Refusal>) -> Result<T, Refusal> {
        let ledger = self.ledger.as_mut().expect("a sitting holds the lock but for its pauses");
        let mut rng = rand::rng();
        let turn = ledger.turn(self.world, wall(), &mut rng);
        turn.ok_or(Refusal::UnknownClient)?.seated(self.bank.seat(), act)
    }

    /// Where a defective bank lets others in. The right one goes straight on.
    pub fn pause(&mut self, gap: Gap) {
        let window = match gap {
            Gap::Closed => return,
            Gap::Open => self.bank.books.window,
            Gap::Wide => self.bank.books.window * 10,
        };
        self.bank.books.paused.fetch_add(1, Ordering::Relaxed);
        self.ledger = None;
        // Blocking, as a slow call between a check and an act is. A runtime with several workers moves this one's other
        // requests away meanwhile; on one worker nobody else can come in.
        match Handle::current().runtime_flavor() {
            RuntimeFlavor::CurrentThread => spin(window),
            _ => tokio::task::block_in_place(|| spin(window)),
        }
        self.ledger = Some(self.bank.ledger());
        self.bank.books.paused.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A sleep would last a millisecond and more; yielding lets other threads have the core meanwhile.
fn spin(window: Duration) {
    let began = Instant::now();
    while began.elapsed() < window {
        std::thread::yield_now();
    }
}

/// The time outside, in whole seconds since the Unix epoch.
pub fn wall() -> Seconds {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reference::ledger::{Asked, Issued, Outcome, Seconds};

    const CALLBACK: &str = "https://server-app.example/oauth/callback";

    /// Logs a user in at a client and gives its tokens.
    fn logged_in(turn: &mut Turn<'_>, user: &str) -> Result<Issued, Refusal> {
        let client = turn.client_by_role("server").expect("a role");
        let login = turn.open_login(client, CALLBACK.to_owned(), None);
        let user = turn.user_by_role(user).expect("a role");
        let landing = turn.allow(turn.find_login(login.expose())?, user)?;
        let Outcome::Code(code) = landing.outcome else { return Err(Refusal::BadCode) };
        let redemption = turn.check_code(client, code.expose(), CALLBACK)?;
        let spent = turn.spend_code(redemption)?;
        turn.issue(spent)
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn no_row_moves_while_somebody_is_between_a_check_and_its_act() {
        const LONG: Seconds = 1;
        let mut ledger = Ledger::new(Rules::default());
        ledger.remember(1);
        let options = Options { window: Duration::from_secs(LONG), ..Options::default() };
        let bank = Bank::nodes(Rules::default(), &options, &[], Arc::new(Mutex::new(ledger)), None).remove(0);
        let (world, _) = bank.ledger().open("w".to_owned(), bank.fixture(), wall(), &mut rand::rng());
        // What is over stands before what lives, so that all of it would move.
        for _ in 0..20 {
            bank.turn(world, |turn| logged_in(turn, "bob")).expect("it is right");
        }
        let first = bank.turn(world, |turn| logged_in(turn, "alice")).expect("it is right");
        let (access, token) = (first.access, first.refresh.expect("given"));
        let bank = Arc::new(bank);
        let refreshed = {
            let (bank, token) = (Arc::clone(&bank), token.clone());
            tokio::spawn(async move {
                let mut sitting = bank.sit(world);
                let claimed = sitting.step(|turn| {
                    let client = turn.client_by_role("server").expect("a role");
                    let rotating = turn.check_refresh(client, Asked::plainly(token.expose()))?;
                    turn.claim_refresh(rotating)
                })?;
                sitting.pause(Gap::Open);
                sitting.step(|turn| turn.rotate(claimed, &token))
            })
        };
        while bank.books.paused.load(Ordering::Relaxed) == 0 {
            tokio::task::yield_now().await;
        }
        let mut bobs = None;
        for _ in 0..20 {
            bobs = bank.turn(world, |turn| logged_in(turn, "bob")).ok();
        }
        assert_eq!(bank.books.paused.load(Ordering::Relaxed), 1, "all of that was within the pause");
        let issued = refreshed.await.expect("no panic").expect("it was good");
        let lives = |token: &Secret| bank.turn(world, |turn| turn.bearer(token.expose()).map(drop)).is_ok();
        assert!(lives(&issued.access));
        assert!(lives(&bobs.expect("it is right").access), "nobody else's token was ended");
        assert!(!lives(&access), "the one that was refreshed was");
    }
}
