//! The books as rows to be written down, and put back from them. Where they are kept and how is not known here.
//!
//! A ledger [`Ledger::journaled`] keeps in mind what each turn changes, and [`Ledger::take_changes`] hands it out: whole
//! rows, as JSON, each under the key of its place. Putting back every row in the order of the keys gives the same ledger.

use std::borrow::Cow;
use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::fixture::{ClientSeed, Fixture};
use super::rows::{
    Access, Client, Disconnected, Entry, Grant, GrantIx, Login, Mandate, Notice, Refresh, Stage,
    Subscription, User, UserIx,
};
use super::table::Table;
use super::world::World;
use super::{ClientIx, Digest, Ledger, LoginIx, Seconds, WorldId};
use crate::reference::rules::Rules;

/// Where a row stands. The order is that in which rows are put back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    pub world: u64,
    pub kind: Kind,
    pub at: u64,
}

/// What a row is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Kind {
    World,
    User,
    Client,
    Login,
    Grant,
    Access,
    Refresh,
    Mandate,
    Disconnection,
    Notice,
}

/// Changes of the books, in the order in which they have to be written down.
#[derive(Debug, Default)]
pub struct Changes {
    pub list: Vec<Change>,
    /// Whether an answer rests on them. What does not may be written down later, or get lost.
    pub pressing: bool,
}

/// One change of the books.
#[derive(Debug)]
pub enum Change {
    /// A row, as JSON.
    Put(Key, Vec<u8>),
    /// Nothing is left of a world.
    Close(u64),
}

/// Why a row can't be put back.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    #[error("the {kind:?} row {at} of world {world} is not as this version writes it: {cause}", kind = key.kind, at = key.at, world = key.world)]
    Json { key: Key, cause: serde_json::Error },
    #[error("before the {kind:?} row {at} of world {world} a row is missing", kind = key.kind, at = key.at, world = key.world)]
    Gap { key: Key },
    #[error("row {at} of world {world} is of {kind:?} `{role}`, which this version's worlds don't have", kind = key.kind, at = key.at, world = key.world)]
    Role { key: Key, role: String },
}

/// What has changed since somebody last asked.
#[derive(Debug, Default)]
pub(super) struct Changed {
    worlds: BTreeSet<WorldId>,
    closed: Vec<WorldId>,
}

impl Changed {
    pub fn world(&mut self, id: WorldId) {
        self.worlds.insert(id);
    }

    /// Nothing is where it was in a world: it is written down anew.
    pub fn anew(&mut self, id: WorldId) {
        self.close(id);
        self.world(id);
    }

    pub fn close(&mut self, id: WorldId) {
        self.worlds.remove(&id);
        self.closed.push(id);
    }
}

#[derive(Serialize, Deserialize)]
struct WorldRow<'a> {
    name: Cow<'a, str>,
    started: Seconds,
    ahead: Seconds,
}

#[derive(Serialize, Deserialize)]
struct UserRow<'a> {
    role: Cow<'a, str>,
    id: Cow<'a, str>,
    account_id: Cow<'a, str>,
}

#[derive(Serialize, Deserialize)]
struct ClientRow<'a> {
    /// `None` for one that was registered.
    role: Option<Cow<'a, str>>,
    id: Cow<'a, str>,
    secret: Digest,
    /// What was registered or pinned; what the fixture says is not repeated.
    seed: Option<Cow<'a, ClientSeed>>,
    owner: Option<UserIx>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    told: Option<Cow<'a, Subscription>>,
}

impl Ledger {
    /// One without worlds, that keeps in mind what changes.
    pub fn journaled(rules: Rules) -> Self {
        Ledger { changed: Some(Changed::default()), ..Ledger::new(rules) }
    }

    /// What has changed since the last time.
    pub fn take_changes(&mut self) -> Changes {
        let mut changes = Changes::default();
        let Some(changed) = &mut self.changed else { return changes };
        for closed in changed.closed.drain(..) {
            changes.list.push(Change::Close(closed.0));
            changes.pressing = true;
        }
        for id in std::mem::take(&mut changed.worlds) {
            if let Some(world) = self.worlds.get_mut(&id) {
                changes.world(id.0, world);
            }
        }
        changes
    }

    /// Puts back a row. They have to come in the order of their keys, and all of them.
    pub fn put_back(&mut self, key: Key, row: &[u8], fixture: &'static Fixture) -> Result<(), Unreadable> {
        let id = WorldId(key.world);
        // Ids of worlds are never given twice.
        self.serial = self.serial.max(key.world);
        if key.kind == Kind::World {
            let row: WorldRow = read(key, row)?;
            let mut world =
                World::empty(row.name.clone().into_owned(), fixture, row.started, self.changed.is_some());
            (world.ahead, world.touched) = (row.ahead, false);
            self.names.insert(row.name.into_owned(), id);
            self.worlds.insert(id, world);
            return Ok(());
        }
        let world = self.worlds.get_mut(&id).ok_or(Unreadable::Gap { key })?;
        match key.kind {
            Kind::World => {}
            Kind::User => {
                let user = user(key, row, fixture)?;
                next(key, &mut world.users, user)?;
            }
            Kind::Client => {
                let client = client(key, row, fixture)?;
                let client_id = client.id.clone();
                let at = next(key, &mut world.clients, client)?;
                self.clients.insert(client_id, (id, ClientIx::new(at)));
            }
            Kind::Login => {
                let login: Login = read(key, row)?;
                let code = match &login.stage {
                    Stage::Allowed { code, .. } => Some(code.digest),
                    Stage::Open | Stage::Denied => None,
                };
                let digest = login.digest;
                let at = LoginIx::new(next(key, &mut world.logins, login)?);
                self.secrets.insert(digest, id, Entry::Login(at));
                if let Some(code) = code {
                    self.secrets.insert(code, id, Entry::Code(at));
                }
            }
            Kind::Grant => {
                let at = next::<Grant>(key, &mut world.grants, read(key, row)?)?;
                world.index_grant(GrantIx::new(at));
            }
            Kind::Access => {
                let token: Access = read(key, row)?;
                let (grant, digests) =
                    (token.grant.at(), [Some(token.digest), token.beginning.as_deref().copied()]);
                must_exist(key, &world.grants, grant)?;
                let at = next(key, &mut world.access, token)?;
                world.grants.complete(grant).access.push(at);
                for digest in digests.into_iter().flatten() {
                    self.secrets.insert(digest, id, Entry::Access(at));
                }
            }
            Kind::Refresh => {
                let token: Refresh = read(key, row)?;
                let (grant, digest) = (token.grant.at(), token.digest);
                must_exist(key, &world.grants, grant)?;
                let at = next(key, &mut world.refresh, token)?;
                world.grants.complete(grant).refresh.push(at);
                self.secrets.insert(digest, id, Entry::Refresh(at));
            }
            Kind::Mandate => {
                next::<Mandate>(key, &mut world.mandates, read(key, row)?)?;
            }
            Kind::Disconnection => {
                next::<Disconnected>(key, &mut world.disconnections, read(key, row)?)?;
            }
            Kind::Notice => {
                next::<Notice>(key, &mut world.notices, read(key, row)?)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
impl Ledger {
    /// Everything in it, as texts to be compared.
    pub fn contents(&self) -> Vec<String> {
        let worlds = self.worlds.iter().map(|(id, world)| {
            let World { name, started, ahead, users, clients, logins, grants, grants_of, .. } = world;
            let World { access, refresh, mandates, disconnections, notices, .. } = world;
            let people = (name, started, ahead, users, clients);
            format!(
                "{id:?} {people:?} {:?}",
                (logins, grants, grants_of, access, refresh, mandates, disconnections, notices)
            )
        });
        let names = self.names.iter().map(|name| format!("{name:?}"));
        let clients = self.clients.iter().map(|client| format!("{client:?}"));
        let mut all: Vec<String> =
            worlds.chain(names).chain(clients).chain(self.secrets.contents()).collect();
        all.sort_unstable();
        all
    }
}

impl Changes {
    fn world(&mut self, id: u64, world: &mut World) {
        if std::mem::take(&mut world.touched) {
            let row =
                WorldRow { name: Cow::Borrowed(&world.name), started: world.started, ahead: world.ahead };
            self.put(Key { world: id, kind: Kind::World, at: 0 }, &row);
            self.pressing = true;
        }
        self.table(id, Kind::User, &mut world.users, |user| UserRow {
            role: Cow::Borrowed(user.role),
            id: Cow::Borrowed(&user.id),
            account_id: Cow::Borrowed(&user.account_id),
        });
        self.table(id, Kind::Client, &mut world.clients, |client| ClientRow {
            role: client.role.map(Cow::Borrowed),
            id: Cow::Borrowed(&client.id),
            secret: client.secret,
            seed: match &client.seed {
                Cow::Borrowed(_) => None,
                Cow::Owned(seed) => Some(Cow::Borrowed(seed)),
            },
            owner: client.owner,
            told: client.told.as_ref().map(Cow::Borrowed),
        });
        self.table(id, Kind::Login, &mut world.logins, |row| row);
        self.table(id, Kind::Grant, &mut world.grants, |row| row);
        self.table(id, Kind::Access, &mut world.access, |row| row);
        self.table(id, Kind::Refresh, &mut world.refresh, |row| row);
        self.table(id, Kind::Mandate, &mut world.mandates, |row| row);
        self.table(id, Kind::Disconnection, &mut world.disconnections, |row| row);
        self.table(id, Kind::Notice, &mut world.notices, |row| row);
    }

    fn table<'a, T, R: Serialize>(
        &mut self,
        world: u64,
        kind: Kind,
        table: &'a mut Table<T>,
        written: impl Fn(&'a T) -> R,
    ) {
        let (touched, brushed) = table.take_touched();
        self.pressing |= !touched.is_empty();
        let rows: &'a Table<T> = table;
        for at in touched.into_iter().chain(brushed) {
            self.put(Key { world, kind, at: at as u64 }, &written(&rows[at]));
        }
    }

    fn put(&mut self, key: Key, row: &impl Serialize) {
        let json = serde_json::to_vec(row).expect("rows are texts and numbers under names");
        self.list.push(Change::Put(key, json));
    }
}

fn read<'a, T: Deserialize<'a>>(key: Key, row: &'a [u8]) -> Result<T, Unreadable> {
    serde_json::from_slice(row).map_err(|cause| Unreadable::Json { key, cause })
}

/// Puts back the next row of a table.
fn next<T>(key: Key, table: &mut Table<T>, row: T) -> Result<usize, Unreadable> {
    let at = table.len();
    if key.at != at as u64 {
        return Err(Unreadable::Gap { key });
    }
    table.put_back(row);
    Ok(at)
}

fn must_exist<T>(key: Key, table: &Table<T>, at: usize) -> Result<(), Unreadable> {
    table.get(at).map(drop).ok_or(Unreadable::Gap { key })
}

fn user(key: Key, row: &[u8], fixture: &'static Fixture) -> Result<User, Unreadable> {
    let row: UserRow = read(key, row)?;
    let known = fixture.users.get_key_value(&*row.role);
    let (role, seed) = known.ok_or_else(|| Unreadable::Role { key, role: row.role.into_owned() })?;
    Ok(User { role, id: row.id.into_owned(), account_id: row.account_id.into_owned(), seed })
}

fn client(key: Key, row: &[u8], fixture: &'static Fixture) -> Result<Client, Unreadable> {
    let row: ClientRow = read(key, row)?;
    let unknown = |role: &str| Unreadable::Role { key, role: role.to_owned() };
    let (role, seed) = match (row.role, row.seed) {
        (None, Some(seed)) => (None, Cow::Owned(seed.into_owned())),
        (None, None) => return Err(unknown("")),
        (Some(role), own) => {
            let (role, seed) = fixture.clients.get_key_value(&*role).ok_or_else(|| unknown(&role))?;
            (Some(role.as_str()), own.map_or(Cow::Borrowed(seed), |own| Cow::Owned(own.into_owned())))
        }
    };
    let told = row.told.map(Cow::into_owned);
    Ok(Client { role, id: row.id.into_owned(), secret: row.secret, seed, owner: row.owner, told })
}
