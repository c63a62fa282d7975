//! The bank's books, as a pure state machine: the executable reading of what the bank's documents promise.
//!
//! A [`Ledger`] holds worlds: each its own users, clients, logins and tokens, and its own clock. A request is a
//! [`Turn`] in one world: it has the time and the randomness it was given, and no way to the outside. What takes two
//! steps in a real bank (check, then act) is two calls here, so that the caller decides what may happen in between; the
//! right bank lets nothing.
//!
//! Not here: HTTP, pages, error bodies, locks, the wall clock.

mod access;
mod approval;
mod consent;
mod disconnect;
mod exchange;
mod fixture;
mod forget;
mod history;
mod journal;
mod login;
mod logout;
mod mandate;
mod marks;
mod mint;
mod nodes;
mod notify;
mod parties;
mod payment;
mod phone;
#[cfg(test)]
mod properties;
mod reason;
mod reconnect;
mod refresh;
mod refusal;
mod registration;
mod restart;
mod reuse;
mod rows;
#[cfg(test)]
mod scene;
mod secrets;
mod table;
mod tokens;
mod world;

pub use access::{Bearer, Endpoint, Identity};
pub use approval::{Answer, Ruling};
pub use consent::{CONFIRM_SECONDS, Connection};
pub use disconnect::Disconnection;
pub use exchange::{Issued, Redemption, Source, Spent};
pub use fixture::{Fixture, FixtureError};
pub use forget::REMEMBERED;
pub use history::{Listing, Since, Transaction};
pub use journal::{Change, Changes, Key, Kind, Unreadable};
pub use login::{Landing, Outcome};
pub use logout::Leaving;
pub use mandate::{BadTerms, ListedMandate, MandateIx, MandateView, Period, Terms};
pub use marks::Seat;
pub use mint::{Digest, Secret};
pub use notify::{Delivery, Outgoing};
pub use payment::Payment;
pub use phone::{Ask, Matter, Proof};
pub use refresh::{Asked, Claimed, Rotating};
pub use refusal::Refusal;
pub use registration::{Mistake, Pinned, Registration, Said};
pub use rows::{ClientIx, Fate, LoginIx, UserIx};
pub use world::{ClientView, UserView, World, WorldId, WorldView};

use std::collections::HashMap;
use std::sync::Arc;

use rand::CryptoRng;

use super::rules::Rules;
use journal::Changed;
use mint::Mint;
use rows::Entry;
use secrets::Secrets;

/// Seconds: a duration, or a time since the Unix epoch.
pub type Seconds = u64;

/// `expires_in` of every token answer (Monzo API docs, "Exchange the authorization code").
pub const EXPIRES_IN: Seconds = 21_600;

/// How long the owner has to approve.
pub const APPROVAL_SECONDS: Seconds = 600;

/// All worlds.
#[derive(Debug)]
pub struct Ledger {
    rules: Arc<Rules>,
    worlds: HashMap<WorldId, World>,
    names: HashMap<String, WorldId>,
    /// Which client has an id, and in which world.
    clients: HashMap<String, (WorldId, ClientIx)>,
    /// Which login, code or token has a digest, and in which world.
    secrets: Secrets,
    /// How many worlds and secrets were ever made.
    serial: u64,
    /// How many rows of each kind that are over a world remembers.
    remembered: usize,
    /// Worlds with changes to be written down; `None` where nobody asks.
    changed: Option<Changed>,
}

/// One request's turn in one world.
pub struct Turn<'a> {
    id: WorldId,
    world: &'a mut World,
    rules: &'a Rules,
    /// The world's time.
    now: Seconds,
    /// Where the request came in.
    seat: Seat,
    mint: Mint<'a>,
    client_index: &'a mut HashMap<String, (WorldId, ClientIx)>,
    secrets: &'a mut Secrets,
}

impl Ledger {
    pub fn new(rules: Rules) -> Self {
        Ledger {
            rules: Arc::new(rules),
            worlds: HashMap::new(),
            names: HashMap::new(),
            clients: HashMap::new(),
            secrets: Secrets::default(),
            serial: 0,
            remembered: REMEMBERED,
            changed: None,
        }
    }

    /// How many worlds there are.
    pub fn len(&self) -> usize {
        self.worlds.len()
    }

    /// Whether there is no world.
    pub fn is_empty(&self) -> bool {
        self.worlds.is_empty()
    }

    /// Makes a world out of `fixture`, with fresh ids and secrets; the view is the only place where these are in the
    /// clear. No other world may have this name. `wall` is the time outside.
    pub fn open(
        &mut self,
        name: String,
        fixture: &'static Fixture,
        wall: Seconds,
        rng: &mut impl CryptoRng,
    ) -> (WorldId, WorldView) {
        self.serial += 1;
        let id = WorldId(self.serial);
        self.names.insert(name.clone(), id);
        let mut world = World::empty(name, fixture, wall, self.changed.is_some());
        let view = world.fill(self.rules.token.secret_check, rng);
        for (at, client) in world.client_ids().enumerate() {
            self.clients.insert(client.to_owned(), (id, ClientIx::new(at)));
        }
        self.worlds.insert(id, world);
        if let Some(changed) = &mut self.changed {
            changed.world(id);
        }
        (id, view)
    }

    /// The world with this name.
    pub fn named(&self, name: &str) -> Option<WorldId> {
        self.names.get(name).copied()
    }

    /// Who there is in a world, without their secrets. `wall` is the time outside.
    pub fn view(&self, id: WorldId, wall: Seconds) -> Option<WorldView> {
        self.worlds.get(&id).map(|world| world.view(wall))
    }

    /// Forgets the worlds that nobody has taken a turn in for `idle` seconds, all but this one. `wall` is the time outside.
    /// Gives those that are gone.
    pub fn close_idle(&mut self, idle: Seconds, but: Option<WorldId>, wall: Seconds) -> Vec<WorldId> {
        let mut gone = Vec::new();
        for (id, world) in &mut self.worlds {
            let used = *world.used.get_or_insert(wall);
            if Some(*id) != but && wall >= used.saturating_add(idle) {
                gone.push(*id);
            }
        }
        for id in &gone {
            self.close(*id);
        }
        gone
    }

    /// Forgets a world and everything in it. Whether there was one.
    pub fn close(&mut self, id: WorldId) -> bool {
        let Some(world) = self.worlds.remove(&id) else {
            return false;
        };
        self.names.remove(&world.name);
        for client in world.client_ids() {
            self.clients.remove(client);
        }
        for (digest, _) in world.entries() {
            self.secrets.remove(&digest);
        }
        if let Some(changed) = &mut self.changed {
            changed.close(id);
        }
        true
    }

    /// A turn in a world, at the time `wall` outside; `None` if there is no such world.
    pub fn turn<'a>(
        &'a mut self,
        id: WorldId,
        wall: Seconds,
        rng: &'a mut dyn CryptoRng,
    ) -> Option<Turn<'a>> {
        let world = self.worlds.get_mut(&id)?;
        world.used = Some(wall);
        if let Some(changed) = &mut self.changed {
            changed.world(id);
        }
        Some(Turn {
            id,
            now: world.time(wall),
            seat: Seat::default(),
            world,
            rules: &self.rules,
            client_index: &mut self.clients,
            secrets: &mut self.secrets,
            mint: Mint {
                rng,
                serial: &mut self.serial,
                style: self.rules.token.minting,
                logout: self.rules.logout.token,
            },
        })
    }

    /// Whether this is the secret of the client with this id.
    pub fn is_secret_of(&self, client_id: &str, secret: &Secret) -> bool {
        let Some((world, client)) = self.clients.get(client_id) else { return false };
        let digest = Digest::of_client_secret(self.rules.token.secret_check, secret.expose());
        self.worlds.get(world).is_some_and(|world| world.clients[client.at()].secret.same(&digest))
    }

    /// The world that a client id belongs to.
    pub fn world_of_client(&self, client_id: &str) -> Option<WorldId> {
        self.clients.get(client_id).map(|(world, _)| *world)
    }

    /// The world that a login, a code or a refresh token belongs to.
    pub fn world_of_secret(&self, secret: &str) -> Option<WorldId> {
        self.secrets.world(Digest::of(secret))
    }

    /// The world that an access token belongs to (or, for some defects, another secret used as one).
    pub fn world_of_access(&self, token: &str) -> Option<WorldId> {
        let digest = Digest::of_access(self.rules.whoami.bad_token, token);
        let found = self.secrets.world_of_access(digest).or_else(|| self.world_of_secret(token));
        found.or_else(|| self.secrets.world(Digest::of_beginning(token)))
    }
}

impl Turn<'_> {
    /// The world's time.
    pub fn now(&self) -> Seconds {
        self.now
    }

    /// Moves the world's clock forward, and says what time it is then.
    pub fn advance(&mut self, seconds: Seconds) -> Seconds {
        self.world.advance(seconds);
        self.now = self.now.saturating_add(seconds);
        self.now
    }

    /// What of this world has a digest.
    fn entry(&self, digest: Digest) -> Option<Entry> {
        self.secrets.entry(self.id, digest)
    }

    /// The access token of this world that has a digest.
    fn access_entry(&self, digest: Digest) -> Option<Entry> {
        self.secrets.access(self.id, digest)
    }

    fn enter(&mut self, digest: Digest, entry: Entry) {
        self.secrets.insert(digest, self.id, entry);
    }
}

#[cfg(test)]
mod tests {
    use super::scene::Scene;

    #[test]
    fn worlds_know_nothing_of_each_other() {
        let mut scene = Scene::default();
        let first = scene.world();
        let second = scene.fresh_world();
        let token = scene.login("alice", "server").access;
        assert_eq!(scene.ledger.world_of_access(token.expose()), Some(second));
        assert_ne!(first, second);
        scene.ledger.close(first);
        assert!(scene.whoami(&token).is_ok());
    }

    #[test]
    fn what_a_secret_is_shown_as_does_not_hide_its_world() {
        let mut scene = Scene::default();
        let world = scene.world();
        let issued = scene.login("alice", "server");
        let refresh = issued.refresh.expect("given");
        for secret in [&issued.access, &refresh] {
            assert_eq!(scene.ledger.world_of_secret(secret.expose()), Some(world));
            assert_eq!(scene.ledger.world_of_access(secret.expose()), Some(world));
        }
    }

    #[test]
    fn a_closed_world_leaves_nothing_behind() {
        let mut scene = Scene::default();
        let world = scene.world();
        scene.login("alice", "server");
        assert!(scene.ledger.close(world));
        assert!(!scene.ledger.close(world));
        assert!(scene.ledger.is_empty());
        assert!(scene.ledger.secrets.is_empty());
        assert!(scene.ledger.clients.is_empty());
    }

    #[test]
    fn a_world_that_nobody_uses_is_forgotten() {
        let mut scene = Scene::default();
        let (first, wall) = (scene.world(), scene.turn(|turn| turn.now()));
        let second = scene.fresh_world();
        assert!(scene.ledger.close_idle(100, None, wall).is_empty(), "it counts from now on");
        assert!(scene.ledger.close_idle(100, None, wall + 99).is_empty());
        let mut rng = rand::rng();
        scene.ledger.turn(second, wall + 50, &mut rng).expect("there is one");
        assert!(scene.ledger.close_idle(100, Some(first), wall + 149).is_empty());
        assert_eq!(scene.ledger.close_idle(100, None, wall + 149), [first]);
        assert_eq!(scene.ledger.close_idle(100, None, wall + 150), [second]);
        assert!(scene.ledger.is_empty());
    }

    #[test]
    fn a_clock_moves_in_its_own_world_only() {
        let mut scene = Scene::default();
        let first = scene.world();
        let second = scene.fresh_world();
        scene.turn(|turn| turn.advance(1000));
        let ahead = scene.turn(|turn| turn.now());
        scene.enter(first);
        assert_eq!(scene.turn(|turn| turn.now()) + 1000, ahead);
        assert_ne!(first, second);
    }
}
