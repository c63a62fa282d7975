//! One world: how it is made, its clock, and how what is in it ends.

use std::borrow::Cow;
use std::collections::BTreeMap;

use rand::CryptoRng;

use super::Seconds;
use super::fixture::Fixture;
use super::marks::Change;
use super::mint::{Digest, Secret};
use super::rows::*;
use super::table::Table;
use crate::reference::rules::SecretCheck;

/// Which world; never seen outside the bank.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WorldId(pub(super) u64);

/// Who there is in a world.
#[derive(Clone, Debug)]
pub struct WorldView {
    /// The world's time.
    pub now: Seconds,
    pub users: Vec<UserView>,
    pub clients: Vec<ClientView>,
}

#[derive(Clone, Debug)]
pub struct UserView {
    pub role: &'static str,
    pub id: String,
    pub email: &'static str,
    pub account_id: String,
}

#[derive(Clone, Debug)]
pub struct ClientView {
    pub role: &'static str,
    pub id: String,
    /// Only when the world was just made: it is kept as a digest.
    pub secret: Option<Secret>,
    pub confidential: bool,
    pub redirect_uris: Vec<String>,
}

/// One world.
#[derive(Debug)]
pub struct World {
    /// What the control API knows it by.
    pub(super) name: String,
    pub(super) fixture: &'static Fixture,
    pub(super) started: Seconds,
    /// How far its clock is ahead of the one outside.
    pub(super) ahead: Seconds,
    /// When somebody last took a turn in it, by the clock outside. `None` if nobody has since the bank was started.
    pub(super) used: Option<Seconds>,
    /// Whether its name or its clock changed since it was last written down.
    pub(super) touched: bool,
    /// How many rows it may have until it forgets the next time.
    pub(super) room: usize,
    pub(super) users: Table<User>,
    pub(super) clients: Table<Client>,
    pub(super) logins: Table<Login>,
    pub(super) grants: Table<Grant>,
    /// The grants of a user and a client, in order.
    pub(super) grants_of: BTreeMap<(UserIx, ClientIx), Vec<GrantIx>>,
    pub(super) access: Table<Access>,
    pub(super) refresh: Table<Refresh>,
    pub(super) mandates: Table<Mandate>,
    /// The last of each user and client.
    pub(super) disconnections: Table<Disconnected>,
    /// What clients are told, or were.
    pub(super) notices: Table<Notice>,
    /// What a defective bank holds back from its nodes, or forgets. The right one notes nothing here.
    pub(super) changes: Vec<Change>,
}

impl World {
    /// A world of this name in which nobody is, that began at this time. `noted`: whether it keeps in mind what changes.
    pub(super) fn empty(name: String, fixture: &'static Fixture, started: Seconds, noted: bool) -> World {
        World {
            name,
            fixture,
            started,
            ahead: 0,
            used: None,
            touched: noted,
            room: 0,
            users: Table::new(noted),
            clients: Table::new(noted),
            logins: Table::new(noted),
            grants: Table::new(noted),
            grants_of: BTreeMap::new(),
            access: Table::new(noted),
            refresh: Table::new(noted),
            mandates: Table::new(noted),
            disconnections: Table::new(noted),
            notices: Table::new(noted),
            changes: Vec::new(),
        }
    }

    /// Lets in the users and clients of its fixture. The view is the only place where their secrets are in the clear.
    pub(super) fn fill(&mut self, rule: SecretCheck, rng: &mut dyn CryptoRng) -> WorldView {
        for (role, seed) in &self.fixture.users {
            let user = User { role, id: identifier("user_", rng), account_id: identifier("acc_", rng), seed };
            self.users.push(user);
        }
        let mut secrets = Vec::new();
        for (role, seed) in &self.fixture.clients {
            let prefix = if seed.confidential { "mnzconf." } else { "mnzpub." };
            let secret = Secret::random(prefix, rng);
            self.clients.push(Client {
                role: Some(role.as_str()),
                id: identifier("oauth2client_", rng),
                secret: Digest::of_client_secret(rule, secret.expose()),
                seed: Cow::Borrowed(seed),
                owner: None,
                told: None,
            });
            secrets.push(secret);
        }
        let mut view = self.view(self.started);
        for (client, secret) in view.clients.iter_mut().zip(secrets) {
            client.secret = Some(secret);
        }
        view
    }

    /// Its users, and those clients that its fixture knows, without their secrets.
    pub(super) fn view(&self, wall: Seconds) -> WorldView {
        let users = self.users.iter().map(|user| UserView {
            role: user.role,
            id: user.id.clone(),
            email: &user.seed.email,
            account_id: user.account_id.clone(),
        });
        let clients = self.clients.iter().filter_map(|client| {
            Some(ClientView {
                role: client.role?,
                id: client.id.clone(),
                secret: None,
                confidential: client.seed.confidential,
                redirect_uris: client.seed.redirect_uris.clone(),
            })
        });
        WorldView { now: self.time(wall), users: users.collect(), clients: clients.collect() }
    }

    pub(super) fn time(&self, wall: Seconds) -> Seconds {
        wall.saturating_add(self.ahead)
    }

    pub(super) fn advance(&mut self, seconds: Seconds) {
        self.ahead = self.ahead.saturating_add(seconds);
        self.touched = true;
    }

    pub(super) fn client_ids(&self) -> impl Iterator<Item = &str> {
        self.clients.iter().map(|client| client.id.as_str())
    }

    /// What its logins, codes and tokens are found by.
    pub(super) fn entries(&self) -> impl Iterator<Item = (Digest, Entry)> {
        let logins = self.logins.iter().enumerate().flat_map(|(at, login)| {
            let code = match &login.stage {
                Stage::Allowed { code, .. } => Some((code.digest, Entry::Code(LoginIx::new(at)))),
                Stage::Open | Stage::Denied => None,
            };
            std::iter::once((login.digest, Entry::Login(LoginIx::new(at)))).chain(code)
        });
        let access = self.access.iter().enumerate().flat_map(|(at, token)| {
            let beginning = token.beginning.as_deref().map(|digest| (*digest, Entry::Access(at)));
            std::iter::once((token.digest, Entry::Access(at))).chain(beginning)
        });
        let refresh = self.refresh.iter().enumerate().map(|(at, token)| (token.digest, Entry::Refresh(at)));
        logins.chain(access).chain(refresh)
    }

    /// All of it has to be written down anew.
    pub(super) fn touch_everything(&mut self) {
        self.touched = true;
        self.users.touch_everything();
        self.clients.touch_everything();
        self.logins.touch_everything();
        self.grants.touch_everything();
        self.access.touch_everything();
        self.refresh.touch_everything();
        self.mandates.touch_everything();
        self.disconnections.touch_everything();
        self.notices.touch_everything();
    }

    /// Notes whose a grant is that has just been added.
    pub(super) fn index_grant(&mut self, at: GrantIx) {
        let Grant { user, client, .. } = &self.grants[at.at()];
        self.grants_of.entry((*user, *client)).or_default().push(at);
    }

    /// Ends what is left of a grant: its tokens, and the approval that it waits for. What is dead keeps its reason.
    pub(super) fn end_grant(&mut self, grant: GrantIx, end: End, takes: Takes) {
        let row = &mut self.grants[grant.at()];
        if takes.access && takes.refresh {
            row.over.get_or_insert(end);
        }
        if takes.access {
            for &token in &row.access {
                if self.access[token].life == Life::Live {
                    self.access[token].life = Life::Dead(end);
                }
            }
        }
        if takes.refresh {
            for &token in &row.refresh {
                if self.refresh[token].life == RefreshLife::Live {
                    self.refresh[token].life = RefreshLife::Dead(end);
                }
            }
        }
    }

    /// A login that has ended can't be approved any more.
    pub(super) fn end_approval(&mut self, login: LoginIx) {
        if let Some(approval) = &mut self.logins[login.at()].approval
            && approval.standing == Standing::Pending
        {
            approval.standing = Standing::Ended;
        }
    }

    pub(super) fn code(&self, login: LoginIx) -> Option<(UserIx, &Code)> {
        match &self.logins[login.at()].stage {
            Stage::Allowed { user, code } => Some((*user, code)),
            Stage::Open | Stage::Denied => None,
        }
    }

    /// Notes what a spent code gave.
    pub(super) fn note_grant(&mut self, login: LoginIx, given: GrantIx) {
        if let Stage::Allowed { code, .. } = &mut self.logins[login.at()].stage
            && let CodeLife::Spent { grant, .. } = &mut code.life
        {
            *grant = Some(given);
        }
    }

    pub(super) fn set_code_life(&mut self, login: LoginIx, life: CodeLife) {
        if let Stage::Allowed { code, .. } = &mut self.logins[login.at()].stage {
            code.life = life;
        }
    }
}

/// `prefix` and 132 random bits as letters and digits. No secret, but unique.
pub(super) fn identifier(prefix: &str, rng: &mut dyn CryptoRng) -> String {
    let mut text = prefix.to_owned();
    let secret = Secret::random("", rng);
    let letters = secret.expose().chars().filter(char::is_ascii_alphanumeric);
    text.extend(letters.take(22));
    text
}
