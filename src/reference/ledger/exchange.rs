//! Exchanging an authorization code (RFC 6749 §4.1.3), and the rule of one active token per user and client.
//!
//! Three steps: [`Turn::check_code`], [`Turn::spend_code`], [`Turn::issue`]. The right bank takes them in one go.

use super::reason::Shown;
use super::reuse::Used;
use super::rows::{CodeLife, End, Entry, Grant, GrantIx, Places, Standing, Takes};
use super::{ClientIx, Digest, LoginIx, Refusal, Secret, Turn, UserIx};
use crate::reference::rules::{
    CodeRedirect, EvictionMoment, Gap, PublicRefreshToken, PublicWorks, Reconnect, Replay,
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
    pub(super) grant: GrantIx,
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
        let Some(Entry::Code(login)) = self.entry(Digest::of(code)) else {
            return Err(Refusal::BadCode);
        };
        self.evict_for(login, EvictionMoment::AnyAttempt);
        self.check_owner(login, client)?;
        let (user, code) = self.world.code(login).ok_or(Refusal::BadCode)?;
        let (born, life) = (code.born, code.life);
        match life {
            CodeLife::Fresh => {}
            CodeLife::Dead(End::Disconnected) => return Err(self.disconnected(user, client, Shown::Code)),
            CodeLife::Dead(_) => return Err(Refusal::BadCode),
            CodeLife::Spent { at, grant } => {
                if !self.may_reuse(self.rules.code.reuse, Used { at, grant, token: None }) {
                    self.punish_replay(grant);
                    return Err(Refusal::UsedCode);
                }
            }
        }
        let login_row = &self.world.logins[login.at()];
        let right_redirect = match self.rules.code.redirect {
            CodeRedirect::Equal => login_row.redirect_uri == redirect_uri,
            CodeRedirect::NotCompared => true,
            CodeRedirect::NotComparedForPublic => {
                !self.confidential(client) || login_row.redirect_uri == redirect_uri
            }
            CodeRedirect::MayBeOmitted => redirect_uri.is_empty() || login_row.redirect_uri == redirect_uri,
            CodeRedirect::AnyRegistered => self.redirect_uris(client).iter().any(|uri| uri == redirect_uri),
            CodeRedirect::Prefix => redirect_uri.starts_with(&login_row.redirect_uri),
            CodeRedirect::IgnoresQuery => {
                login_row.redirect_uri.split('?').next() == redirect_uri.split('?').next()
            }
            CodeRedirect::IgnoresCase => login_row.redirect_uri.eq_ignore_ascii_case(redirect_uri),
        };
        if !right_redirect {
            return Err(Refusal::OtherRedirectUri);
        }
        let lasts = match self.confidential(client) {
            true => self.rules.code.seconds,
            false => self.rules.code.public_seconds,
        };
        if self.now >= born.saturating_add(lasts) {
            return Err(Refusal::ExpiredCode);
        }
        if !self.serves(client, PublicWorks::NoReturn) && self.returns(user, client) {
            return Err(Refusal::BadClientSecret);
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
        let evicts = match self.rules.one.late_evict_gap {
            Gap::Closed => self.evicted_by(redemption.user, redemption.client),
            Gap::Open | Gap::Wide => Vec::new(),
        };
        Ok(Spent { evicts, redemption })
    }

    /// "Acquiring a new access token will invalidate any other token you own for that user" (Monzo API docs,
    /// "Authenticating requests"): kills what was picked, and gives the new tokens. Refused if the user has disconnected
    /// the client meanwhile.
    pub fn issue(&mut self, spent: Spent) -> Result<Issued, Refusal> {
        self.must_be_connected(&spent.redemption)?;
        let Redemption { login, user, client } = spent.redemption;
        let approved = matches!(self.standing(login), Some(Standing::Approved { .. }));
        for grant in spent.evicts {
            self.evict_grant(grant, approved);
        }
        self.forget_logouts(user, client);
        let wants_refresh = self.confidential(client) || self.public_gets_refresh(user, client);
        let grant = GrantIx::new(self.world.grants.push(Grant {
            login,
            user,
            client,
            born: self.now,
            node: self.seat.node,
            last_used: None,
            over: None,
            access: Places::new(),
            refresh: Places::new(),
        }));
        self.world.index_grant(grant);
        self.world.note_grant(login, grant);
        let access = self.mint_access(grant, user, client);
        let refresh = wants_refresh.then(|| self.mint_refresh(grant));
        self.revive_by_reconnecting(grant);
        Ok(Issued { access, refresh, client, user, from: Source::Code, grant })
    }

    /// Kills what is older than what an exchange gave, in a bank that does it afterwards.
    pub fn evict_late(&mut self, issued: &Issued) {
        if self.rules.one.late_evict_gap != Gap::Closed && issued.from == Source::Code {
            for grant in self.evicted_by(issued.user, issued.client) {
                if grant != issued.grant {
                    self.evict_grant(grant, true);
                }
            }
        }
    }

    /// A try to exchange a code by its own client, who could not show a right secret: changes nothing.
    pub fn exchange_attempt_failed(&mut self, code: &str) {
        if let Some(Entry::Code(login)) = self.entry(Digest::of(code)) {
            self.evict_for(login, EvictionMoment::FailedAuthentication);
        }
    }

    /// A try of a code or a refresh token by a client that nobody registered: changes nothing.
    pub fn tried_by_stranger(&mut self, secret: &str) {
        match self.entry(Digest::of(secret)) {
            Some(Entry::Code(login)) if self.burns(self.rules.code.client, None) => {
                self.world.set_code_life(login, CodeLife::Dead(End::Abused));
            }
            Some(Entry::Refresh(token)) if self.burns(self.rules.refresh.client, None) => self.burn(token),
            _ => {}
        }
    }

    /// What a refused exchange must not do: gives tokens all the same, the code untouched.
    pub fn issue_unspent(&mut self, redemption: Redemption) -> Result<Issued, Refusal> {
        self.issue(Spent { redemption, evicts: Vec::new() })
    }

    /// The client that a code or refresh token was given to.
    pub fn owner_of(&self, secret: &str) -> Option<ClientIx> {
        match self.entry(Digest::of(secret))? {
            Entry::Code(login) => Some(self.login_client(login)),
            Entry::Refresh(token) => {
                let grant = self.world.refresh[token].grant;
                Some(self.world.grants[grant.at()].client)
            }
            Entry::Login(_) | Entry::Access(_) => None,
        }
    }

    fn check_owner(&mut self, login: LoginIx, client: ClientIx) -> Result<(), Refusal> {
        let owner = self.login_client(login);
        let user = self.world.code(login).map(|(user, _)| user);
        let rule = self.rules.code.client;
        if owner == client || user.is_some_and(|user| self.may_use(rule, owner, user, client)) {
            return Ok(());
        }
        let life = self.world.code(login).map(|(_, code)| code.life);
        if self.burns(rule, Some(client)) {
            self.world.set_code_life(login, CodeLife::Dead(End::Abused));
        }
        Err(self.not_yours(Shown::Code, matches!(life, Some(CodeLife::Dead(End::Disconnected)))))
    }

    fn evict_for(&mut self, login: LoginIx, moment: EvictionMoment) {
        if let Some((user, _)) = self.world.code(login) {
            self.evict_at(moment, user, self.login_client(login));
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

    /// Whether a public client gets a refresh token all the same: never.
    fn public_gets_refresh(&self, user: UserIx, client: ClientIx) -> bool {
        let mut theirs = self.world.grants.iter().filter(|grant| grant.user == user);
        match self.rules.public.refresh_token {
            PublicRefreshToken::Absent | PublicRefreshToken::EmptyText => false,
            PublicRefreshToken::Issued => true,
            PublicRefreshToken::IssuedTheSecondTime => theirs.any(|grant| grant.client == client),
            PublicRefreshToken::IssuedBesideAnother => theirs.any(|grant| self.confidential(grant.client)),
        }
    }

    /// Whether this user comes back to this client after their access token has expired.
    fn returns(&self, user: UserIx, client: ClientIx) -> bool {
        let mut theirs = self.world.access.iter().filter(|a| a.user == user && a.client == client);
        theirs.any(|access| access.expires <= self.now)
    }

    fn punish_replay(&mut self, grant: Option<GrantIx>) {
        let Some(grant) = grant else { return };
        let refreshed = self.world.grants[grant.at()].access.len() > 1;
        let takes = match self.rules.code.replay {
            Replay::RevokesNothing => return,
            Replay::SparesRefreshed if refreshed => return,
            Replay::SparesPublic if !self.confidential(self.world.grants[grant.at()].client) => return,
            Replay::RevokesAll | Replay::SparesRefreshed | Replay::SparesPublic => Takes::ALL,
            Replay::RevokesAccessOnly => Takes { access: true, refresh: false },
        };
        self.world.end_grant(grant, End::Abused, takes);
        self.world.end_approval(self.world.grants[grant.at()].login);
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
