//! One world: how it is made, its clock, and how what is in it ends.

use std::borrow::Cow;
use std::collections::HashMap;

use rand::CryptoRng;

use super::Seconds;
use super::fixture::Fixture;
use super::marks::Change;
use super::mint::{Digest, Secret};
use super::rows::*;
use crate::reference::rules::SecretCheck;

/// Which world; never seen outside the bank.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct WorldId(pub(super) u64);

/// What a world was made with, secrets in the clear.
#[derive(Clone, Debug)]
pub struct WorldView {
    /// The world's time when it was made.
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
    pub secret: Secret,
    pub confidential: bool,
    pub redirect_uris: &'static [String],
}

/// One world.
#[derive(Debug)]
pub struct World {
    pub(super) fixture: &'static Fixture,
    pub(super) started: Seconds,
    /// How far its clock is ahead of the one outside.
    ahead: Seconds,
    pub(super) users: Vec<User>,
    pub(super) clients: Vec<Client>,
    pub(super) logins: Vec<Login>,
    pub(super) grants: Vec<Grant>,
    pub(super) access: Vec<Access>,
    pub(super) refresh: Vec<Refresh>,
    pub(super) mandates: Vec<Mandate>,
    /// In order.
    pub(super) disconnections: Vec<Disconnected>,
    pub(super) entries: HashMap<Digest, Entry>,
    /// What a defective bank holds back from its nodes, or forgets. The right one notes nothing here.
    pub(super) changes: Vec<Change>,
}

impl World {
    pub(super) fn new(
        fixture: &'static Fixture,
        rule: SecretCheck,
        wall: Seconds,
        rng: &mut dyn CryptoRng,
    ) -> (World, WorldView) {
        let mut view = WorldView { now: wall, users: Vec::new(), clients: Vec::new() };
        let mut users = Vec::new();
        for (role, seed) in &fixture.users {
            let user = User { role, id: identifier("user_", rng), account_id: identifier("acc_", rng), seed };
            view.users.push(UserView {
                role,
                id: user.id.clone(),
                email: &seed.email,
                account_id: user.account_id.clone(),
            });
            users.push(user);
        }
        let mut clients = Vec::new();
        for (role, seed) in &fixture.clients {
            let prefix = if seed.confidential { "mnzconf." } else { "mnzpub." };
            let secret = Secret::random(prefix, rng);
            let id = identifier("oauth2client_", rng);
            clients.push(Client {
                role: Some(role.as_str()),
                id: id.clone(),
                secret: Digest::of_client_secret(rule, secret.expose()),
                seed: Cow::Borrowed(seed),
                owner: None,
            });
            view.clients.push(ClientView {
                role,
                id,
                secret,
                confidential: seed.confidential,
                redirect_uris: &seed.redirect_uris,
            });
        }
        let world = World {
            fixture,
            started: wall,
            ahead: 0,
            users,
            clients,
            logins: Vec::new(),
            grants: Vec::new(),
            access: Vec::new(),
            refresh: Vec::new(),
            mandates: Vec::new(),
            disconnections: Vec::new(),
            entries: HashMap::new(),
            changes: Vec::new(),
        };
        (world, view)
    }

    pub(super) fn time(&self, wall: Seconds) -> Seconds {
        wall.saturating_add(self.ahead)
    }

    pub(super) fn advance(&mut self, seconds: Seconds) {
        self.ahead = self.ahead.saturating_add(seconds);
    }

    pub(super) fn client_ids(&self) -> impl Iterator<Item = &str> {
        self.clients.iter().map(|client| client.id.as_str())
    }

    pub(super) fn digests(&self) -> impl Iterator<Item = &Digest> {
        self.entries.keys()
    }

    /// Ends what is left of a grant: its tokens, and the approval that it waits for. What is dead keeps its reason.
    pub(super) fn end_grant(&mut self, grant: GrantIx, end: End, takes: Takes) {
        let row = &mut self.grants[grant.0];
        if takes.access && takes.refresh {
            row.over.get_or_insert(end);
        }
        if takes.access {
            for &token in &row.access {
                let life = &mut self.access[token].life;
                if *life == Life::Live {
                    *life = Life::Dead(end);
                }
            }
        }
        if takes.refresh {
            for &token in &row.refresh {
                let life = &mut self.refresh[token].life;
                if *life == RefreshLife::Live {
                    *life = RefreshLife::Dead(end);
                }
            }
        }
    }

    /// A login that has ended can't be approved any more.
    pub(super) fn end_approval(&mut self, login: LoginIx) {
        if let Some(approval) = &mut self.logins[login.0].approval
            && approval.standing == Standing::Pending
        {
            approval.standing = Standing::Ended;
        }
    }

    pub(super) fn code(&self, login: LoginIx) -> Option<(UserIx, &Code)> {
        match &self.logins[login.0].stage {
            Stage::Allowed { user, code } => Some((*user, code)),
            Stage::Open | Stage::Denied => None,
        }
    }

    /// Notes what a spent code gave.
    pub(super) fn note_grant(&mut self, login: LoginIx, given: GrantIx) {
        if let Stage::Allowed { code, .. } = &mut self.logins[login.0].stage
            && let CodeLife::Spent { grant, .. } = &mut code.life
        {
            *grant = Some(given);
        }
    }

    pub(super) fn set_code_life(&mut self, login: LoginIx, life: CodeLife) {
        if let Stage::Allowed { code, .. } = &mut self.logins[login.0].stage {
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
