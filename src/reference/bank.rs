//! The ledger under its lock, and the lock's one subtlety: what happens between a check and the act that rests on it.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use tokio::runtime::{Handle, RuntimeFlavor};

use super::ledger::{Ledger, Refusal, Seconds, Turn, WorldId};
use super::pages::Lobby;
use super::rules::{Gap, Rules};

/// The bank that the routes talk to.
#[derive(Debug)]
pub struct Bank {
    pub rules: Rules,
    /// How long an open [`Gap`] lasts.
    window: Duration,
    ledger: Mutex<Ledger>,
    /// Worlds by the names that the control API knows them by.
    names: Mutex<HashMap<String, WorldId>>,
    /// The world of the pages.
    standing: OnceLock<WorldId>,
    lobby: Mutex<Lobby>,
}

/// Some steps in one world, under one lock unless a defect opens a gap between them.
pub struct Sitting<'a> {
    bank: &'a Bank,
    world: WorldId,
    /// `None` only within [`Sitting::pause`].
    ledger: Option<MutexGuard<'a, Ledger>>,
}

impl Bank {
    pub fn new(rules: Rules, window: Duration) -> Self {
        Bank {
            ledger: Mutex::new(Ledger::new(rules.clone())),
            names: Mutex::new(HashMap::new()),
            standing: OnceLock::new(),
            lobby: Mutex::default(),
            rules,
            window,
        }
    }

    /// Begins a sitting in a world.
    pub fn sit(&self, world: WorldId) -> Sitting<'_> {
        Sitting { bank: self, world, ledger: Some(self.ledger()) }
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
    pub fn ledger(&self) -> MutexGuard<'_, Ledger> {
        // A panic in a handler leaves rows that are whole: every step changes them without panicking in between.
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The world that is there from the start, and that the pages show.
    pub fn standing(&self) -> Option<WorldId> {
        self.standing.get().copied()
    }

    /// From here on this world is the standing one. There is only ever one.
    pub fn let_stand(&self, world: WorldId) {
        let _ = self.standing.set(world);
    }

    /// What the pages remember. Whoever holds on to it may look into the ledger, not the other way round.
    pub fn lobby(&self) -> MutexGuard<'_, Lobby> {
        self.lobby.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The worlds by name.
    pub fn names(&self) -> MutexGuard<'_, HashMap<String, WorldId>> {
        self.names.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Sitting<'_> {
    /// One step. A world that is gone by now refuses everything as an unknown client.
    pub fn step<T>(&mut self, act: impl FnOnce(&mut Turn<'_>) -> Result<T, Refusal>) -> Result<T, Refusal> {
        let ledger = self.ledger.as_mut().expect("a sitting holds the lock but for its pauses");
        let mut rng = rand::rng();
        let turn = ledger.turn(self.world, wall(), &mut rng);
        act(&mut turn.ok_or(Refusal::UnknownClient)?)
    }

    /// Where a defective bank lets others in. The right one goes straight on.
    pub fn pause(&mut self, gap: Gap) {
        let window = match gap {
            Gap::Closed => return,
            Gap::Open => self.bank.window,
            Gap::Wide => self.bank.window * 10,
        };
        self.ledger = None;
        // Blocking, as a slow call between a check and an act is. A runtime with several workers moves this one's other
        // requests away meanwhile; on one worker nobody else can come in.
        match Handle::current().runtime_flavor() {
            RuntimeFlavor::CurrentThread => spin(window),
            _ => tokio::task::block_in_place(|| spin(window)),
        }
        self.ledger = Some(self.bank.ledger());
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
