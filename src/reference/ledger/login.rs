//! From the login page to the redirect: the user says who they are, and yes or no.

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
        let (secret, digest) = self.mint.login();
        let login = LoginIx(self.world.logins.len());
        self.world.logins.push(Login { client, redirect_uri, state, stage: Stage::Open, approval: None });
        self.world.entries.insert(digest, Entry::Login(login));
        secret
    }

    /// The login with this id.
    pub fn find_login(&self, id: &str) -> Result<LoginIx, Refusal> {
        match self.world.entries.get(&Digest::of(id)) {
            Some(Entry::Login(login)) => Ok(*login),
            _ => Err(Refusal::UnknownLogin),
        }
    }

    /// The client that a login is for.
    pub fn login_client(&self, login: LoginIx) -> ClientIx {
        self.world.logins[login.0].client
    }

    /// Where a login leads back to.
    pub fn login_redirect_uri(&self, login: LoginIx) -> &str {
        &self.world.logins[login.0].redirect_uri
    }

    /// The user has logged in and allows access.
    pub fn allow(&mut self, login: LoginIx, user: UserIx) -> Result<Landing, Refusal> {
        self.must_be_open(login)?;
        if self.rules.one.moment == EvictionMoment::Login {
            self.evict(user, self.login_client(login));
        }
        let approval = self.first_standing(login, user);
        let code = self.give_code(login, user);
        self.world.logins[login.0].approval =
            Some(Approval { born: self.now, standing: approval, confirmed: None });
        Ok(self.land(login, Outcome::Code(code)))
    }

    /// The user, if known by now, denies access.
    pub fn refuse(&mut self, login: LoginIx, user: Option<UserIx>) -> Result<Landing, Refusal> {
        self.must_be_open(login)?;
        self.world.logins[login.0].stage = Stage::Denied;
        if self.rules.one.moment != EvictionMoment::Exchange
            && let Some(user) = user
        {
            self.evict(user, self.login_client(login));
        }
        let outcome = match self.rules.authorize.denial {
            Denial::AccessDenied => Outcome::Error("access_denied"),
            Denial::OtherError => Outcome::Error("server_error"),
            Denial::CodeAnyway => Outcome::Code(self.give_code(login, user.unwrap_or(UserIx(0)))),
        };
        let mut landing = self.land(login, outcome);
        if self.rules.authorize.state_on_error == StateOnError::DroppedOnDenial {
            landing.state = None;
        }
        Ok(landing)
    }

    /// A request that is refused by redirect, before any page (RFC 6749 §4.1.2.1).
    pub fn bounce(&mut self, redirect_uri: String, error: &'static str, state: Option<Vec<u8>>) -> Landing {
        let dropped = self.rules.authorize.state_on_error == StateOnError::DroppedOnBadRequest;
        Landing {
            redirect_uri,
            outcome: Outcome::Error(error),
            state: if dropped { None } else { state.or_else(|| self.unasked_state()) },
        }
    }

    fn must_be_open(&self, login: LoginIx) -> Result<(), Refusal> {
        match self.world.logins[login.0].stage {
            Stage::Open => Ok(()),
            Stage::Denied | Stage::Allowed { .. } => Err(Refusal::LoginOver),
        }
    }

    fn give_code(&mut self, login: LoginIx, user: UserIx) -> Secret {
        let (secret, digest) = self.mint.secret(self.now);
        self.world.logins[login.0].stage =
            Stage::Allowed { user, code: Code { born: self.now, life: CodeLife::Fresh } };
        self.world.entries.insert(digest, Entry::Code(login));
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
        };
        let state = self.world.logins[owner.0].state.clone();
        Landing {
            redirect_uri: self.world.logins[login.0].redirect_uri.clone(),
            outcome,
            state: state.or_else(|| self.unasked_state()),
        }
    }

    fn newest_login_of(&self, client: ClientIx) -> LoginIx {
        let newest = self.world.logins.iter().rposition(|login| login.client == client);
        LoginIx(newest.expect("a login of this client is landing"))
    }

    fn unasked_state(&mut self) -> Option<Vec<u8>> {
        match self.rules.authorize.state_absent {
            StateAbsent::Nothing => None,
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
