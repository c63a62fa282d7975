//! One world's rows: users, clients, logins, grants and their tokens; and how a grant ends.

use std::collections::HashMap;

use rand::CryptoRng;

use super::fixture::{ClientSeed, Fixture, UserSeed};
use super::mint::{Digest, Secret};
use super::{Refusal, Seconds, Turn};
use crate::reference::rules::{PublicWorks, SecretCheck};

/// Which world; never seen outside the bank.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct WorldId(pub(super) u64);

/// A user's row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct UserIx(pub(super) usize);

/// A client's row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ClientIx(pub(super) usize);

/// A login's row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LoginIx(pub(super) usize);

/// A grant's row: what one exchange gave, and all that was refreshed from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct GrantIx(pub usize);

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
    pub(super) entries: HashMap<Digest, Entry>,
}

#[derive(Debug)]
pub(super) struct User {
    pub role: &'static str,
    pub id: String,
    pub account_id: String,
    pub seed: &'static UserSeed,
}

#[derive(Debug)]
pub(super) struct Client {
    pub role: &'static str,
    pub id: String,
    pub secret: Digest,
    pub seed: &'static ClientSeed,
}

/// What a digest is the digest of.
#[derive(Clone, Copy, Debug)]
pub(super) enum Entry {
    Login(LoginIx),
    Code(LoginIx),
    Access(usize),
    Refresh(usize),
}

/// From the login page to the decision of the approval.
#[derive(Debug)]
pub(super) struct Login {
    pub client: ClientIx,
    pub redirect_uri: String,
    pub state: Option<Vec<u8>>,
    pub stage: Stage,
    pub approval: Option<Approval>,
}

#[derive(Debug)]
pub(super) enum Stage {
    Open,
    Denied,
    Allowed { user: UserIx, code: Code },
}

#[derive(Debug)]
pub(super) struct Code {
    pub born: Seconds,
    pub life: CodeLife,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum CodeLife {
    Fresh,
    /// `grant` is what it gave, once that is there.
    Spent {
        at: Seconds,
        grant: Option<GrantIx>,
    },
    Dead,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Approval {
    pub born: Seconds,
    pub standing: Standing,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    Pending,
    Approved {
        at: Seconds,
    },
    Denied,
    /// By a logout, a newer login, a disconnection.
    Ended,
    /// Nobody decided in time. Never stored: it follows from the clock.
    TimedOut,
}

#[derive(Debug)]
pub(super) struct Grant {
    pub login: LoginIx,
    pub user: UserIx,
    pub client: ClientIx,
    pub over: bool,
    pub access: Vec<usize>,
    pub refresh: Vec<usize>,
}

#[derive(Debug)]
pub(super) struct Access {
    pub grant: GrantIx,
    pub user: UserIx,
    pub expires: Seconds,
    pub life: Life,
}

#[derive(Debug)]
pub(super) struct Refresh {
    pub grant: GrantIx,
    pub life: RefreshLife,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Life {
    Live,
    Dead(End),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RefreshLife {
    Live,
    Spent { at: Seconds },
    Dead(End),
}

/// Why something ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// By its successor.
    Replaced,
    /// By a newer login.
    Evicted,
    LoggedOut,
    /// By its owner, in the bank's app.
    Disconnected,
    /// Because something that was spent was used again.
    Abused,
}

/// Which tokens of a grant an end takes along.
#[derive(Clone, Copy, Debug)]
pub(super) struct Takes {
    pub access: bool,
    pub refresh: bool,
}

impl Takes {
    pub const ALL: Takes = Takes {
        access: true,
        refresh: true,
    };
}

impl World {
    pub(super) fn new(
        fixture: &'static Fixture,
        rule: SecretCheck,
        wall: Seconds,
        rng: &mut dyn CryptoRng,
    ) -> (World, WorldView) {
        let mut view = WorldView {
            now: wall,
            users: Vec::new(),
            clients: Vec::new(),
        };
        let mut users = Vec::new();
        for (role, seed) in &fixture.users {
            let user = User {
                role,
                id: identifier("user_", rng),
                account_id: identifier("acc_", rng),
                seed,
            };
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
            let prefix = if seed.confidential {
                "mnzconf."
            } else {
                "mnzpub."
            };
            let secret = Secret::random(prefix, rng);
            let id = identifier("oauth2client_", rng);
            clients.push(Client {
                role,
                id: id.clone(),
                secret: Digest::of_client_secret(rule, secret.expose()),
                seed,
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
            entries: HashMap::new(),
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
        row.over |= takes.access && takes.refresh;
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

impl Turn<'_> {
    /// The client with this id.
    pub fn client(&self, client_id: &str) -> Result<ClientIx, Refusal> {
        let at = self.world.clients.iter().position(|c| c.id == client_id);
        at.map(ClientIx).ok_or(Refusal::UnknownClient)
    }

    /// The client that must show that it is `client`: by its secret, or, if it can't keep one, by none.
    ///
    /// `None` is a request without a secret, or with an empty one (RFC 6749 §3.2: the same).
    pub fn authenticate(&self, client: ClientIx, secret: Option<&str>) -> Result<(), Refusal> {
        let rule = self.rules.token.secret_check;
        let row = &self.world.clients[client.0];
        let passes = match secret {
            Some("") if rule == SecretCheck::EmptyPasses => true,
            None if row.seed.confidential => !self.rules.public.no_downgrade.kept(),
            None | Some("") => !row.seed.confidential,
            Some(_) if rule == SecretCheck::NotChecked => true,
            Some(secret) => {
                let shown = Digest::of_client_secret(rule, secret);
                let any = rule == SecretCheck::AnyClients;
                let others = self.world.clients.iter().filter(|_| any);
                row.secret.same(&shown) | others.fold(false, |met, c| met | c.secret.same(&shown))
            }
        };
        passes.then_some(()).ok_or(Refusal::BadClientSecret)
    }

    /// Whether this client's kind is served at all: every kind is.
    pub(super) fn serves(&self, client: ClientIx, unserved: PublicWorks) -> bool {
        self.confidential(client) || self.rules.public.works != unserved
    }

    /// Whether a client was registered as one that can keep a secret.
    pub fn confidential(&self, client: ClientIx) -> bool {
        self.world.clients[client.0].seed.confidential
    }

    pub fn client_id(&self, client: ClientIx) -> &str {
        &self.world.clients[client.0].id
    }

    /// The name that users know a client by.
    pub fn client_name(&self, client: ClientIx) -> &'static str {
        &self.world.clients[client.0].seed.name
    }

    pub fn redirect_uris(&self, client: ClientIx) -> &'static [String] {
        &self.world.clients[client.0].seed.redirect_uris
    }

    /// The redirect URIs of all clients of the world.
    pub fn all_redirect_uris(&self) -> impl Iterator<Item = &'static String> {
        let clients = self.world.clients.iter();
        clients.flat_map(|client| &client.seed.redirect_uris)
    }

    pub fn user_id(&self, user: UserIx) -> &str {
        &self.world.users[user.0].id
    }

    /// Another user than this one, if there is one.
    pub fn another_user(&self, user: UserIx) -> UserIx {
        UserIx((user.0 + 1) % self.world.users.len())
    }

    /// Another client than this one, if there is one.
    pub fn another_client(&self, client: ClientIx) -> ClientIx {
        ClientIx((client.0 + 1) % self.world.clients.len())
    }

    pub fn user_by_role(&self, role: &str) -> Option<UserIx> {
        self.world
            .users
            .iter()
            .position(|user| user.role == role)
            .map(UserIx)
    }

    pub fn client_by_role(&self, role: &str) -> Option<ClientIx> {
        self.world
            .clients
            .iter()
            .position(|client| client.role == role)
            .map(ClientIx)
    }

    /// The user with this email, whatever its case.
    pub fn user_by_email(&self, email: &str) -> Option<UserIx> {
        let users = &self.world.users;
        let at = users
            .iter()
            .position(|user| user.seed.email.eq_ignore_ascii_case(email.trim()));
        at.map(UserIx)
    }
}

/// `prefix` and 132 random bits as letters and digits. No secret, but unique.
fn identifier(prefix: &str, rng: &mut dyn CryptoRng) -> String {
    let mut text = prefix.to_owned();
    let secret = Secret::random("", rng);
    let letters = secret.expose().chars().filter(char::is_ascii_alphanumeric);
    text.extend(letters.take(22));
    text
}

#[cfg(test)]
mod tests {
    use super::super::scene::Scene;
    use super::*;

    #[test]
    fn a_confidential_client_must_show_its_own_secret() {
        let mut scene = Scene::default();
        let right = scene.secret("server");
        let others = scene.secret("other");
        let shorter = right[..right.len() - 1].to_owned();
        for bad in [
            None,
            Some(""),
            Some("wrong"),
            Some(&*others),
            Some(&*shorter),
        ] {
            assert_eq!(
                scene.authenticate("server", bad),
                Err(Refusal::BadClientSecret),
                "{bad:?}"
            );
        }
        assert_eq!(scene.authenticate("server", Some(&right)), Ok(()));
    }

    #[test]
    fn a_public_client_needs_no_secret_but_may_not_show_a_wrong_one() {
        let mut scene = Scene::default();
        let right = scene.secret("public");
        assert_eq!(scene.authenticate("public", None), Ok(()));
        assert_eq!(scene.authenticate("public", Some(&right)), Ok(()));
        assert_eq!(
            scene.authenticate("public", Some("wrong")),
            Err(Refusal::BadClientSecret)
        );
    }
}
