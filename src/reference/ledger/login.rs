//! From the login page to the redirect: the user says who they are, and yes or no.

use url::form_urlencoded::byte_serialize;

use super::mint::Secret;
use super::rows::{Approval, Code, CodeLife, Entry, Login, Stage, Standing};
use super::{ClientIx, Digest, LoginIx, Refusal, Turn, UserIx};
use crate::reference::rules::{ApprovalReach, Denial, EvictionMoment, StateAbsent, StateOnError, StateOwner};

/// What goes back to the client, by way of the user's browser.
#[derive(Debug)]
pub struct Landing {
    /// As the client sent it.
    pub redirect_uri: String,
    pub outcome: Outcome,
    /// As the client sent it, byte for byte.
    pub state: Option<Vec<u8>>,
}

#[derive(Clone, Debug)]
pub enum Outcome {
    /// The user said yes.
    Code(Secret),
    /// The user said no: `error` of the redirect (RFC 6749 §4.1.2.1).
    Error(&'static str),
}

impl Turn<'_> {
    /// Opens a login and gives the id that its page carries.
    pub fn open_login(&mut self, client: ClientIx, redirect_uri: String, state: Option<Vec<u8>>) -> Secret {
        if self.rules.one.moment == EvictionMoment::Opening
            && let Some(user) = self.newest_user_of(client)
        {
            self.evict_at(EvictionMoment::Opening, user, client);
        }
        let (secret, digest) = self.mint.login();
        let login = Login { digest, client, redirect_uri, state, stage: Stage::Open, approval: None };
        let login = LoginIx::new(self.world.logins.push(login));
        self.enter(digest, Entry::Login(login));
        secret
    }

    /// The login with this id.
    pub fn find_login(&self, id: &str) -> Result<LoginIx, Refusal> {
        match self.entry(Digest::of(id)) {
            Some(Entry::Login(login)) => Ok(login),
            _ => Err(Refusal::UnknownLogin),
        }
    }

    /// The client that a login is for.
    pub fn login_client(&self, login: LoginIx) -> ClientIx {
        self.world.logins[login.at()].client
    }

    /// Where a login leads back to.
    pub fn login_redirect_uri(&self, login: LoginIx) -> &str {
        &self.world.logins[login.at()].redirect_uri
    }

    /// The user has logged in and allows access.
    pub fn allow(&mut self, login: LoginIx, user: UserIx) -> Result<Landing, Refusal> {
        self.must_be_open(login)?;
        self.evict_at(EvictionMoment::Login, user, self.login_client(login));
        let approval = self.first_standing(login, user);
        let code = self.give_code(login, user);
        self.world.logins[login.at()].approval =
            Some(Approval { born: self.now, standing: approval, confirmed: None, wrong_pins: 0 });
        Ok(self.land(login, Outcome::Code(code)))
    }

    /// The user, if known by now, denies access.
    pub fn refuse(&mut self, login: LoginIx, user: Option<UserIx>) -> Result<Landing, Refusal> {
        self.must_be_open(login)?;
        self.world.logins[login.at()].stage = Stage::Denied;
        if let Some(user) = user {
            self.evict_at(EvictionMoment::Login, user, self.login_client(login));
            self.evict_at(EvictionMoment::Denial, user, self.login_client(login));
        }
        let code_anyway = match self.rules.authorize.denial {
            Denial::AccessDenied | Denial::OtherError => None,
            Denial::CodeAnyway => user.or(Some(UserIx::new(0))),
            Denial::CodeIfAllowedBefore => user.filter(|user| self.allowed_before(login, *user)),
        };
        let outcome = match (code_anyway, self.rules.authorize.denial) {
            (Some(user), _) => Outcome::Code(self.give_code(login, user)),
            (None, Denial::OtherError) => Outcome::Error("server_error"),
            (None, _) => Outcome::Error("access_denied"),
        };
        let landing = self.land(login, outcome);
        let state = match self.rules.authorize.state_on_error {
            StateOnError::DroppedOnDenial => None,
            StateOnError::EncodedTwiceOnDenial => {
                landing.state.map(|state| byte_serialize(&state).collect::<String>().into_bytes())
            }
            StateOnError::Returned | StateOnError::DroppedOnBadRequest => landing.state,
        };
        Ok(Landing { state, ..landing })
    }

    /// A request that is refused by redirect, before any page (RFC 6749 §4.1.2.1).
    pub fn bounce(&mut self, redirect_uri: String, error: &'static str, state: Option<Vec<u8>>) -> Landing {
        let dropped = self.rules.authorize.state_on_error == StateOnError::DroppedOnBadRequest;
        Landing {
            redirect_uri,
            outcome: Outcome::Error(error),
            state: if dropped { None } else { state.or_else(|| self.unasked_state(None)) },
        }
    }

    fn must_be_open(&self, login: LoginIx) -> Result<(), Refusal> {
        match self.world.logins[login.at()].stage {
            Stage::Open => Ok(()),
            Stage::Denied | Stage::Allowed { .. } => Err(Refusal::LoginOver),
        }
    }

    fn give_code(&mut self, login: LoginIx, user: UserIx) -> Secret {
        let (secret, digest) = self.mint.code(self.now);
        self.world.logins[login.at()].stage =
            Stage::Allowed { user, code: Code { digest, born: self.now, life: CodeLife::Fresh } };
        self.enter(digest, Entry::Code(login));
        secret
    }

    /// Every login asks for an approval of its own.
    fn first_standing(&self, login: LoginIx, user: UserIx) -> Standing {
        let client = self.login_client(login);
        if !self.rules.consent.asks_again.kept() && self.disconnected_before(user, client) {
            return Standing::Approved { at: self.now };
        }
        if self.rules.sca.reach != ApprovalReach::NextLogins {
            return Standing::Pending;
        }
        let before = self.world.logins.iter().any(|earlier| {
            let theirs = matches!(earlier.stage, Stage::Allowed { user: u, .. } if u == user);
            let approved = earlier.approval.map(|approval| approval.standing);
            theirs && earlier.client == client && matches!(approved, Some(Standing::Approved { .. }))
        });
        if before { Standing::Approved { at: self.now } } else { Standing::Pending }
    }

    fn land(&mut self, login: LoginIx, outcome: Outcome) -> Landing {
        let owner = match self.rules.authorize.state_owner {
            StateOwner::ThisLogin => login,
            StateOwner::ClientsNewestLogin => self.newest_login_of(self.login_client(login)),
            StateOwner::ClientsOldestOpenLogin => self.oldest_open_login_beside(login),
        };
        let state = self.world.logins[owner.at()].state.clone();
        Landing {
            redirect_uri: self.world.logins[login.at()].redirect_uri.clone(),
            outcome,
            state: state.or_else(|| self.unasked_state(Some(login))),
        }
    }

    fn newest_login_of(&self, client: ClientIx) -> LoginIx {
        let newest = self.world.logins.iter().rposition(|login| login.client == client);
        LoginIx::new(newest.expect("a login of this client is landing"))
    }

    /// `login`, which has just been decided, or one of the same client that is open and was opened before it. Logins
    /// without a state don't count.
    fn oldest_open_login_beside(&self, login: LoginIx) -> LoginIx {
        let own = &self.world.logins[login.at()];
        let waits = |other: &Login| {
            other.client == own.client && other.state.is_some() && matches!(other.stage, Stage::Open)
        };
        let oldest = self.world.logins[..login.at()].iter().position(waits);
        oldest.filter(|_| own.state.is_some()).map_or(login, LoginIx::new)
    }

    fn allowed_before(&self, login: LoginIx, user: UserIx) -> bool {
        let client = self.login_client(login);
        self.world.logins.iter().any(|earlier| {
            earlier.client == client && matches!(earlier.stage, Stage::Allowed { user: u, .. } if u == user)
        })
    }

    /// Who has logged in to the client last.
    fn newest_user_of(&self, client: ClientIx) -> Option<UserIx> {
        self.world.grants.iter().rfind(|grant| grant.client == client).map(|grant| grant.user)
    }

    /// What comes back without having been sent. `login` is the one that it comes back from.
    fn unasked_state(&mut self, login: Option<LoginIx>) -> Option<Vec<u8>> {
        match self.rules.authorize.state_absent {
            StateAbsent::Nothing => None,
            StateAbsent::OfTheLoginBefore => {
                let login = login?;
                let earlier = self.world.logins[..login.at()].iter();
                let client = self.login_client(login);
                earlier.rev().find(|earlier| earlier.client == client)?.state.clone()
            }
            StateAbsent::Invented => Some(self.mint.noise().into_bytes()),
            StateAbsent::Empty => Some(Vec::new()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::scene::Scene;
    use super::*;

    #[test]
    fn the_state_comes_back_byte_for_byte() {
        let mut scene = Scene::default();
        let state = b"a b+c%25\0\r\n\xff".to_vec();
        let login = scene.open_with("server", Some(state.clone()));
        assert_eq!(scene.allow(&login, "alice").expect("lands").state, Some(state));
    }

    #[test]
    fn each_of_several_logins_gets_its_own_state() {
        let mut scene = Scene::default();
        let first = scene.open_with("server", Some(b"first".to_vec()));
        let second = scene.open_with("server", Some(b"second".to_vec()));
        assert_eq!(scene.allow(&second, "bob").expect("lands").state, Some(b"second".to_vec()));
        assert_eq!(scene.allow(&first, "alice").expect("lands").state, Some(b"first".to_vec()));
    }

    #[test]
    fn no_state_sent_none_returned() {
        let mut scene = Scene::default();
        let login = scene.open_with("server", None);
        assert_eq!(scene.allow(&login, "alice").expect("lands").state, None);
    }

    #[test]
    fn a_denial_gives_no_code_and_returns_the_state() {
        let mut scene = Scene::default();
        let login = scene.open_with("server", Some(b"s".to_vec()));
        let landing = scene.refuse(&login).expect("lands");
        assert!(matches!(landing.outcome, Outcome::Error("access_denied")));
        assert_eq!(landing.state, Some(b"s".to_vec()));
    }

    #[test]
    fn a_login_is_decided_once() {
        let mut scene = Scene::default();
        let login = scene.open_with("server", None);
        scene.refuse(&login).expect("lands");
        assert_eq!(scene.allow(&login, "alice").expect_err("over"), Refusal::LoginOver);
    }

    #[test]
    fn starting_denying_and_abandoning_a_login_kill_nothing() {
        let mut scene = Scene::default();
        let token = scene.login("alice", "server").access;
        scene.open_with("server", None);
        let denied = scene.open_with("server", None);
        scene.refuse(&denied).expect("lands");
        let abandoned = scene.open_with("server", None);
        scene.allow(&abandoned, "alice").expect("lands");
        assert!(scene.whoami(&token).is_ok());
    }
}
