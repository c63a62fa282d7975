//! Exchanging an authorization code (RFC 6749 §4.1.3), and the rule of one active token per user and client.
//!
//! Three steps: [`Turn::check_code`], [`Turn::spend_code`], [`Turn::issue`]. The right bank takes them in one go.

use super::reason::Shown;
use super::rows::{CodeLife, End, Entry, Grant, GrantIx, Takes};
use super::{ClientIx, Digest, LoginIx, Refusal, Seconds, Secret, Turn, UserIx};
use crate::reference::rules::{
    Binding, CodeRedirect, PublicRefreshToken, PublicWorks, Reconnect, Replay, Reuse,
};

/// A code that was found good for this client.
#[derive(Debug)]
pub struct Redemption {
    login: LoginIx,
    user: UserIx,
    client: ClientIx,
}

/// A code that is spent, and the grants that have to go before what it gives is there.
#[derive(Debug)]
pub struct Spent {
    redemption: Redemption,
    evicts: Vec<GrantIx>,
}

/// What a token request gave.
#[derive(Debug)]
pub struct Issued {
    pub access: Secret,
    /// `None` for a public client.
    pub refresh: Option<Secret>,
    pub client: ClientIx,
    pub user: UserIx,
    pub from: Source,
}

/// What was given for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    Code,
    RefreshToken,
}

impl Turn<'_> {
    /// Looks at a code that `client`, authenticated, wants to exchange. A refusal changes nothing, but for a replay by
    /// the code's own client: that revokes what the code gave (RFC 6749 §4.1.2).
    pub fn check_code(
        &mut self,
        client: ClientIx,
        code: &str,
        redirect_uri: &str,
    ) -> Result<Redemption, Refusal> {
        if !self.serves(client, PublicWorks::NoExchange) {
            return Err(Refusal::BadClientSecret);
        }
        let Some(Entry::Code(login)) = self.world.entries.get(&Digest::of(code)).copied() else {
            return Err(Refusal::BadCode);
        };
        self.check_owner(login, client)?;
        let (user, code) = self.world.code(login).ok_or(Refusal::BadCode)?;
        let (born, life) = (code.born, code.life);
        match life {
            CodeLife::Fresh => {}
            CodeLife::Dead(End::Disconnected) => return Err(self.disconnected(user, client, Shown::Code)),
            CodeLife::Dead(_) => return Err(Refusal::BadCode),
            CodeLife::Spent { at, grant } => {
                if !self.may_reuse(self.rules.code.reuse, at) {
                    self.punish_replay(grant);
                    return Err(Refusal::UsedCode);
                }
            }
        }
        let login_row = &self.world.logins[login.0];
        let right_redirect = match self.rules.code.redirect {
            CodeRedirect::Equal => login_row.redirect_uri == redirect_uri,
            CodeRedirect::NotCompared => true,
            CodeRedirect::MayBeOmitted => redirect_uri.is_empty() || login_row.redirect_uri == redirect_uri,
            CodeRedirect::AnyRegistered => self.redirect_uris(client).iter().any(|uri| uri == redirect_uri),
        };
        if !right_redirect {
            return Err(Refusal::OtherRedirectUri);
        }
        if self.now >= born.saturating_add(self.rules.code.seconds) {
            return Err(Refusal::ExpiredCode);
        }
        if self.turned_away(user, client, Reconnect::NoExchange) {
            return Err(Refusal::BadCode);
        }
        Ok(Redemption { login, user, client })
    }

    /// Marks the code as used, and picks the tokens that its exchange will kill. Refused if the user has disconnected the
    /// client since it was looked at.
    pub fn spend_code(&mut self, redemption: Redemption) -> Result<Spent, Refusal> {
        self.must_be_connected(&redemption)?;
        self.world.set_code_life(redemption.login, CodeLife::Spent { at: self.now, grant: None });
        Ok(Spent { evicts: self.evicted_by(redemption.user, redemption.client), redemption })
    }

    /// "Acquiring a new access token will invalidate any other token you own for that user" (Monzo API docs,
    /// "Authenticating requests"): kills what was picked, and gives the new tokens. Refused if the user has disconnected
    /// the client meanwhile.
    pub fn issue(&mut self, spent: Spent) -> Result<Issued, Refusal> {
        self.must_be_connected(&spent.redemption)?;
        for grant in spent.evicts {
            self.evict_grant(grant);
        }
        let Redemption { login, user, client } = spent.redemption;
        let grant = GrantIx(self.world.grants.len());
        self.world.grants.push(Grant {
            login,
            user,
            client,
            born: self.now,
            last_used: None,
            over: None,
            access: Vec::new(),
            refresh: Vec::new(),
        });
        self.world.note_grant(login, grant);
        let access = self.mint_access(grant, user);
        let wanted =
            self.confidential(client) || self.rules.public.refresh_token == PublicRefreshToken::Issued;
        let refresh = wanted.then(|| self.mint_refresh(grant));
        self.revive_by_reconnecting(grant);
        Ok(Issued { access, refresh, client, user, from: Source::Code })
    }

    /// What a refused exchange must not do: gives tokens all the same, the code untouched.
    pub fn issue_unspent(&mut self, redemption: Redemption) -> Result<Issued, Refusal> {
        self.issue(Spent { redemption, evicts: Vec::new() })
    }

    /// The client that a code or refresh token was given to.
    pub fn owner_of(&self, secret: &str) -> Option<ClientIx> {
        match *self.world.entries.get(&Digest::of(secret))? {
            Entry::Code(login) => Some(self.login_client(login)),
            Entry::Refresh(token) => {
                let grant = self.world.refresh[token].grant;
                Some(self.world.grants[grant.0].client)
            }
            Entry::Login(_) | Entry::Access(_) => None,
        }
    }

    /// Whether something spent at that time works again. Only a refresh token can be an older one of several.
    pub(super) fn may_reuse(&self, rule: Reuse, spent_at: Seconds) -> bool {
        match rule {
            Reuse::Refused | Reuse::OlderAllowed => false,
            Reuse::Allowed => true,
            Reuse::Within(seconds) => self.now < spent_at.saturating_add(seconds),
        }
    }

    fn must_be_connected(&self, redemption: &Redemption) -> Result<(), Refusal> {
        match self.world.code(redemption.login).map(|(_, code)| code.life) {
            Some(CodeLife::Dead(End::Disconnected)) => {
                Err(self.disconnected(redemption.user, redemption.client, Shown::Code))
            }
            _ => Ok(()),
        }
    }

    fn check_owner(&mut self, login: LoginIx, client: ClientIx) -> Result<(), Refusal> {
        if self.login_client(login) == client {
            return Ok(());
        }
        match self.rules.code.client {
            Binding::Anyone => Ok(()),
            Binding::Bound => {
                let life = self.world.code(login).map(|(_, code)| code.life);
                Err(self.not_yours(Shown::Code, matches!(life, Some(CodeLife::Dead(End::Disconnected)))))
            }
            Binding::BurnedByOthers => {
                self.world.set_code_life(login, CodeLife::Dead(End::Abused));
                Err(Refusal::BadCode)
            }
        }
    }

    fn punish_replay(&mut self, grant: Option<GrantIx>) {
        let Some(grant) = grant else { return };
        let takes = match self.rules.code.replay {
            Replay::RevokesNothing => return,
            Replay::RevokesAll => Takes::ALL,
            Replay::RevokesAccessOnly => Takes { access: true, refresh: false },
        };
        self.world.end_grant(grant, End::Abused, takes);
        self.world.end_approval(self.world.grants[grant.0].login);
    }
}

#[cfg(test)]
mod tests {
    use super::super::scene::{CALLBACK, Scene};
    use super::*;

    #[test]
    fn a_code_works_once() {
        let mut scene = Scene::default();
        let code = scene.code("alice", "server");
        scene.exchange("server", &code).expect("first");
        assert_eq!(scene.exchange("server", &code).expect_err("second"), Refusal::UsedCode);
    }

    #[test]
    fn a_replay_revokes_what_the_code_gave() {
        let mut scene = Scene::default();
        let code = scene.code("alice", "server");
        let given = scene.exchange("server", &code).expect("first");
        let _ = scene.exchange("server", &code);
        assert!(scene.whoami(&given.access).is_err());
        assert!(scene.refresh("server", given.refresh.as_ref().expect("given")).is_err());
    }

    #[test]
    fn a_replay_leaves_newer_logins_alone() {
        let mut scene = Scene::default();
        let code = scene.code("alice", "server");
        scene.exchange("server", &code).expect("first");
        let newer = scene.login("alice", "server");
        let _ = scene.exchange("server", &code);
        assert!(scene.whoami(&newer.access).is_ok());
    }

    #[test]
    fn a_code_is_for_its_own_client_and_survives_the_try_of_another() {
        let mut scene = Scene::default();
        let code = scene.code("alice", "server");
        assert_eq!(scene.exchange("other", &code).expect_err("not theirs"), Refusal::BadCode);
        let given = scene.exchange("server", &code).expect("its own");
        assert_eq!(scene.exchange("other", &code).expect_err("not theirs"), Refusal::BadCode);
        assert!(scene.whoami(&given.access).is_ok());
    }

    #[test]
    fn a_code_is_for_its_own_redirect_uri_and_survives_another() {
        let mut scene = Scene::default();
        let code = scene.code("alice", "server");
        for wrong in ["", "https://server-app.example/oauth/callback/"] {
            let refused = scene.exchange_at("server", &code, wrong).expect_err("another");
            assert_eq!(refused, Refusal::OtherRedirectUri);
        }
        assert!(scene.exchange_at("server", &code, CALLBACK).is_ok());
    }

    #[test]
    fn a_code_lives_five_minutes() {
        let mut scene = Scene::default();
        let (in_time, late) = (scene.code("alice", "server"), scene.code("bob", "server"));
        scene.turn(|turn| turn.advance(299));
        scene.exchange("server", &in_time).expect("in time");
        scene.turn(|turn| turn.advance(1));
        assert_eq!(scene.exchange("server", &late).expect_err("late"), Refusal::ExpiredCode);
    }

    #[test]
    fn an_exchange_evicts_the_earlier_tokens_of_that_user_and_client_only() {
        let mut scene = Scene::default();
        let old = scene.login("alice", "server");
        let elsewhere = scene.login("alice", "other");
        let of_bob = scene.login("bob", "server");
        let new = scene.login("alice", "server");
        assert_eq!(scene.whoami(&old.access).expect_err("old"), Refusal::EvictedAccessToken);
        let refused = scene.refresh("server", old.refresh.as_ref().expect("given"));
        assert_eq!(refused.expect_err("old"), Refusal::EvictedRefreshToken);
        for live in [&elsewhere, &of_bob, &new] {
            assert!(scene.whoami(&live.access).is_ok());
        }
    }

    #[test]
    fn public_clients_get_no_refresh_token() {
        let mut scene = Scene::default();
        assert!(scene.login("alice", "public").refresh.is_none());
        assert!(scene.login("alice", "server").refresh.is_some());
    }

    #[test]
    fn a_token_is_no_code() {
        let mut scene = Scene::default();
        let given = scene.login("alice", "server");
        assert_eq!(scene.exchange("server", &given.access).expect_err("token"), Refusal::BadCode);
    }
}
