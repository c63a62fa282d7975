//! Refreshing access (RFC 6749 §6): "a one-time operation" (Monzo API docs, "Refreshing access").
//!
//! Three steps: [`Turn::check_refresh`], [`Turn::claim_refresh`], [`Turn::rotate`]. The right bank takes them in one
//! go.

use super::exchange::{Issued, Source};
use super::reason::Shown;
use super::reuse::Used;
use super::rows::{CodeLife, End, Entry, GrantIx, Life, RefreshLife, Takes};
use super::{ClientIx, Digest, Refusal, Secret, Turn, UserIx};
use crate::reference::rules::{
    AfterExpiry, Extras, FailedAttempt, OldAccess, PublicRefreshGrant, Reconnect, RefreshKind, ReuseRevokes,
    Rotation,
};

/// What a refresh request says, beyond who asks.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    pub refresh_token: &'a str,
    /// Not part of the documented request.
    pub user_id: Option<&'a str>,
    /// Not part of the documented request.
    pub scope: Option<&'a str>,
    /// Not part of the documented request.
    pub approved: Option<&'a str>,
    /// Which client it names; who asks has been found out before.
    pub client_id: Option<&'a str>,
}

impl<'a> Asked<'a> {
    /// As documented.
    pub fn plainly(refresh_token: &'a str) -> Self {
        Asked { refresh_token, user_id: None, scope: None, approved: None, client_id: None }
    }
}

/// A refresh token that was found good.
#[derive(Debug)]
pub struct Rotating {
    grant: GrantIx,
    /// Why the grant was over, when it was looked at: never, in the right bank.
    over: Option<End>,
    user: UserIx,
    client: ClientIx,
    spends: Option<usize>,
    /// The grant's live access tokens.
    kills: Vec<usize>,
    /// Whether all of these have expired.
    expired: bool,
    approves: bool,
}

impl Rotating {
    /// Whether the access token has expired.
    pub fn is_late(&self) -> bool {
        self.expired
    }
}

/// A refresh token that is spent; what follows it is still to come.
#[derive(Debug)]
pub struct Claimed(Rotating);

impl Turn<'_> {
    /// Looks at a refresh token that `client`, authenticated, wants to use. A refusal changes nothing, but for the reuse
    /// of a spent token by its own client: that ends the whole family (RFC 9700 §4.14.2).
    pub fn check_refresh(&mut self, client: ClientIx, asked: Asked<'_>) -> Result<Rotating, Refusal> {
        let found = self.find_refresh(asked.refresh_token);
        let public = !self.confidential(client);
        let (grant, spends) = match found {
            Ok((grant, spends)) if public && !self.public_may_refresh(client, grant) => {
                self.refused_to(client, spends);
                return Err(Refusal::PublicRefresh);
            }
            Err(_) if public => return Err(Refusal::PublicRefresh),
            found => found?,
        };
        let (owner, user) = (self.world.grants[grant.at()].client, self.world.grants[grant.at()].user);
        if owner != client && !public && !self.may_use(self.rules.refresh.client, owner, user, client) {
            self.refused_to(client, spends);
            let life = spends.map(|token| self.world.refresh[token].life);
            let disconnected = life == Some(RefreshLife::Dead(End::Disconnected));
            return Err(self.not_yours(Shown::Refresh, disconnected));
        }
        if let Some(token) = spends {
            self.check_refresh_life(grant, token)?;
        }
        let row = &self.world.grants[grant.at()];
        if self.turned_away(row.user, row.client, Reconnect::NoRefresh) {
            return Err(Refusal::BadRefreshToken);
        }
        let owner = row.user;
        // Those that live are the newest: what ends one ends all that were there before it.
        let live = |token: &usize| self.world.access[*token].life == Life::Live;
        let kills: Vec<usize> = row.access.iter().rev().copied().take_while(live).collect();
        let expired = kills.iter().all(|&token| self.world.access[token].expires <= self.now);
        let works = match self.rules.refresh.after_expiry {
            AfterExpiry::Works => true,
            AfterExpiry::Refused => !expired,
            AfterExpiry::RefusedIfRefreshed => !expired || row.access.len() == 1,
        };
        if !works {
            return Err(Refusal::BadRefreshToken);
        }
        let extras = self.rules.refresh.extras;
        let named = asked.client_id.filter(|_| extras == Extras::ClientIdHonoured);
        let chosen = asked.user_id.filter(|_| extras == Extras::UserIdHonoured);
        let chosen = self.world.users.iter().position(|user| Some(&*user.id) == chosen);
        Ok(Rotating {
            grant,
            over: row.over,
            user: chosen.map_or(owner, UserIx::new),
            client: named.and_then(|id| self.client(id).ok()).unwrap_or(row.client),
            spends,
            kills,
            expired,
            approves: (asked.scope.is_some() && extras == Extras::ScopeApproves)
                || (asked.approved.is_some() && extras == Extras::ApprovedHonoured),
        })
    }

    /// Marks the token as used. Refused if its grant has ended since it was looked at, unless by the reuse of this very
    /// token: of several copies at once, none must be refused for what another one did.
    pub fn claim_refresh(&mut self, rotating: Rotating) -> Result<Claimed, Refusal> {
        let over = self.world.grants[rotating.grant.at()].over;
        if over != rotating.over && over.is_some_and(|end| end != End::Abused) {
            return Err(Refusal::BadRefreshToken);
        }
        let keeps = self.keeps_refresh_token(rotating.grant);
        if let Some(token) = rotating.spends.filter(|_| !keeps) {
            self.world.refresh[token].life = RefreshLife::Spent { at: self.now };
        }
        Ok(Claimed(rotating))
    }

    /// "Refreshing an access token will invalidate the previous token, if it is still valid": gives the new pair.
    /// `used` is the refresh token that was shown. Refused if the user has disconnected the client since it was claimed.
    pub fn rotate(&mut self, claimed: Claimed, used: &Secret) -> Result<Issued, Refusal> {
        let Claimed(rotating) = claimed;
        let row = &self.world.grants[rotating.grant.at()];
        if row.over == Some(End::Disconnected) {
            return Err(self.disconnected(row.user, row.client, Shown::Refresh));
        }
        let refreshed = self.world.grants[rotating.grant.at()].access.len() > 1;
        let kills = match self.rules.refresh.old_access {
            OldAccess::Dies => true,
            OldAccess::LivesOn => false,
            OldAccess::LivesOnIfRefreshed => !refreshed,
        };
        if kills {
            for token in rotating.kills {
                let life = &mut self.world.access[token].life;
                if *life == Life::Live {
                    *life = Life::Dead(End::Replaced);
                }
            }
        }
        self.refreshed(rotating.grant, rotating.approves);
        self.evict_by_refresh(rotating.grant);
        let access = self.mint_access(rotating.grant, rotating.user, rotating.client);
        let refresh = match self.rules.refresh.rotation {
            Rotation::NoRefreshToken => None,
            Rotation::NoneAfterExpiry if rotating.expired => None,
            _ if self.keeps_refresh_token(rotating.grant) => Some(used.clone()),
            _ => Some(self.mint_refresh(rotating.grant)),
        };
        Ok(Issued {
            access,
            refresh,
            client: rotating.client,
            user: rotating.user,
            from: Source::RefreshToken,
            grant: rotating.grant,
        })
    }

    /// The client that must show its secret to refresh: the one that is named.
    pub fn asked_for_secret(&self, named: ClientIx, refresh_token: &str) -> ClientIx {
        match self.rules.refresh.extras {
            Extras::ClientIdHonoured => self.owner_of(refresh_token).unwrap_or(named),
            _ => named,
        }
    }

    /// A try with this token by somebody who could not show a right secret, or showed none: changes nothing.
    pub fn refresh_attempt_failed(&mut self, refresh_token: &str, showed_one: bool) {
        let Ok((grant, Some(token))) = self.find_refresh(refresh_token) else { return };
        let burns = match self.rules.refresh.failed_attempt {
            FailedAttempt::Nothing => false,
            FailedAttempt::BurnsIt => true,
            FailedAttempt::BurnsItWithoutSecret => !showed_one,
            FailedAttempt::BurnsItAfterExpiry => {
                let mut access = self.world.grants[grant.at()].access.iter();
                access.all(|token| self.world.access[*token].expires <= self.now)
            }
        };
        if burns {
            self.burn(token);
        }
    }

    fn find_refresh(&self, token: &str) -> Result<(GrantIx, Option<usize>), Refusal> {
        let found = self.entry(Digest::of(token));
        let grant = match (found, self.rules.refresh.kind) {
            (Some(Entry::Refresh(token)), _) => {
                return Ok((self.world.refresh[token].grant, Some(token)));
            }
            (Some(Entry::Access(token)), RefreshKind::AccessToo) => {
                let row = &self.world.access[token];
                (row.life == Life::Live).then_some(row.grant)
            }
            (Some(Entry::Code(login)), RefreshKind::CodeToo) => self.grant_of_code(login),
            _ => None,
        };
        let grant = grant.ok_or(Refusal::BadRefreshToken)?;
        Ok((grant, None))
    }

    pub(super) fn grant_of_code(&self, login: super::LoginIx) -> Option<GrantIx> {
        match self.world.code(login)?.1.life {
            CodeLife::Spent { grant, .. } => grant.filter(|g| self.world.grants[g.at()].over.is_none()),
            CodeLife::Fresh | CodeLife::Dead(_) => None,
        }
    }

    fn check_refresh_life(&mut self, grant: GrantIx, token: usize) -> Result<(), Refusal> {
        match self.world.refresh[token].life {
            RefreshLife::Live => Ok(()),
            RefreshLife::Dead(End::Evicted) => Err(Refusal::EvictedRefreshToken),
            RefreshLife::Dead(End::Disconnected) => {
                let row = &self.world.grants[grant.at()];
                Err(self.disconnected(row.user, row.client, Shown::Refresh))
            }
            RefreshLife::Dead(End::LoggedOut) if self.logout_is_forgotten(grant) => Ok(()),
            RefreshLife::Dead(_) => Err(Refusal::BadRefreshToken),
            RefreshLife::Spent { at } => {
                let used = Used { at, grant: Some(grant), token: Some(token) };
                if self.may_reuse(self.rules.refresh.reuse, used) {
                    return Ok(());
                }
                self.punish_reuse(grant);
                Err(Refusal::BadRefreshToken)
            }
        }
    }

    /// Whether the refresh token that was used goes on working. It does not.
    fn keeps_refresh_token(&self, grant: GrantIx) -> bool {
        match self.rules.refresh.rotation {
            Rotation::SameRefreshToken => true,
            Rotation::SameFromTheSecond => self.world.grants[grant.at()].refresh.len() > 1,
            Rotation::Both | Rotation::NoRefreshToken | Rotation::NoneAfterExpiry => false,
        }
    }

    /// Whether a public client may refresh this grant. It may refresh none.
    fn public_may_refresh(&self, client: ClientIx, grant: GrantIx) -> bool {
        let (user, owner) = (self.world.grants[grant.at()].user, self.world.grants[grant.at()].client);
        let mut known = self.world.grants.iter().filter(|known| known.client == client);
        match self.rules.public.refresh_grant {
            PublicRefreshGrant::Closed => false,
            PublicRefreshGrant::Open => true,
            PublicRefreshGrant::OpenForTheirUsers => known.any(|known| known.user == user),
            PublicRefreshGrant::OpenForTheirOwn => owner == client,
        }
    }

    /// What becomes of a refresh token that was refused to a client: nothing.
    fn refused_to(&mut self, client: ClientIx, token: Option<usize>) {
        if let Some(token) = token.filter(|_| self.burns(self.rules.refresh.client, Some(client))) {
            self.burn(token);
        }
    }

    fn punish_reuse(&mut self, grant: GrantIx) {
        let generations = self.world.grants[grant.at()].refresh.len();
        let takes = match self.rules.refresh.reuse_revokes {
            ReuseRevokes::Nothing => return,
            ReuseRevokes::NextGenerationOnly if generations > 2 => return,
            ReuseRevokes::Family | ReuseRevokes::NextGenerationOnly => Takes::ALL,
            ReuseRevokes::AccessOnly => Takes { access: true, refresh: false },
        };
        self.world.end_grant(grant, End::Abused, takes);
        self.world.end_approval(self.world.grants[grant.at()].login);
    }

    pub(super) fn burn(&mut self, token: usize) {
        let life = &mut self.world.refresh[token].life;
        if *life == RefreshLife::Live {
            *life = RefreshLife::Dead(End::Abused);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::rows::Standing;
    use super::super::scene::Scene;
    use super::*;

    fn refresh_of(issued: &Issued) -> &Secret {
        issued.refresh.as_ref().expect("a confidential client gets one")
    }

    #[test]
    fn a_refresh_gives_a_new_pair_and_kills_the_old_access_token() {
        let mut scene = Scene::default();
        let old = scene.login("alice", "server");
        let new = scene.refresh("server", refresh_of(&old)).expect("refreshes");
        assert_ne!(old.access, new.access);
        assert_ne!(old.refresh, new.refresh);
        assert!(scene.whoami(&old.access).is_err());
        assert!(scene.whoami(&new.access).is_ok());
    }

    #[test]
    fn the_reuse_of_a_spent_token_ends_the_family() {
        let mut scene = Scene::default();
        let first = scene.login("alice", "server");
        let second = scene.refresh("server", refresh_of(&first)).expect("refreshes");
        assert!(scene.refresh("server", refresh_of(&first)).is_err());
        assert!(scene.refresh("server", refresh_of(&second)).is_err());
        assert!(scene.whoami(&second.access).is_err());
    }

    #[test]
    fn another_clients_try_changes_nothing() {
        let mut scene = Scene::default();
        let first = scene.login("alice", "server");
        let second = scene.refresh("server", refresh_of(&first)).expect("refreshes");
        for token in [refresh_of(&first), refresh_of(&second)] {
            assert!(scene.refresh("other", token).is_err());
        }
        assert!(scene.whoami(&second.access).is_ok());
        assert!(scene.refresh("server", refresh_of(&second)).is_ok());
    }

    #[test]
    fn a_try_with_a_wrong_secret_changes_nothing() {
        let mut scene = Scene::default();
        let first = scene.login("alice", "server");
        scene.turn(|turn| turn.refresh_attempt_failed(refresh_of(&first).expose(), true));
        assert!(scene.refresh("server", refresh_of(&first)).is_ok());
    }

    #[test]
    fn a_public_client_may_not_refresh_anything() {
        let mut scene = Scene::default();
        let grant = scene.login("alice", "server");
        let refused = scene.refresh("public", refresh_of(&grant));
        assert_eq!(refused.expect_err("public"), Refusal::PublicRefresh);
    }

    #[test]
    fn a_refresh_works_after_the_access_token_has_expired() {
        let mut scene = Scene::default();
        let old = scene.login("alice", "server");
        scene.turn(|turn| turn.advance(100_000));
        let new = scene.refresh("server", refresh_of(&old)).expect("refreshes");
        assert!(scene.whoami(&new.access).is_ok());
    }

    #[test]
    fn access_tokens_and_codes_are_no_refresh_tokens() {
        let mut scene = Scene::default();
        let code = scene.code("alice", "server");
        let grant = scene.exchange("server", &code).expect("exchanges");
        for token in [&code, &grant.access] {
            let refused = scene.refresh("server", token);
            assert_eq!(refused.expect_err("no refresh token"), Refusal::BadRefreshToken);
        }
        assert!(scene.whoami(&grant.access).is_ok());
    }

    #[test]
    fn an_approval_survives_a_refresh_but_never_comes_from_one() {
        let mut scene = Scene::default();
        let (login, pending) = scene.pending("alice", "server");
        let refreshed = scene.refresh("server", refresh_of(&pending)).expect("refreshes");
        assert!(scene.accounts(&refreshed.access).is_err());
        scene.approve(&login, "alice").expect("still pending");
        let again = scene.refresh("server", refresh_of(&refreshed)).expect("refreshes");
        assert!(scene.accounts(&again.access).is_ok());
    }

    #[test]
    fn extra_parameters_gain_nothing() {
        let mut scene = Scene::default();
        let grant = scene.login("alice", "server");
        let token = refresh_of(&grant).clone();
        let issued = scene.turn(|turn| {
            let bob = turn.user_by_role("bob").map(|bob| turn.user_id(bob).to_owned());
            let client = turn.client_by_role("server").expect("there is one");
            let asked = Asked {
                user_id: bob.as_deref(),
                scope: Some("everything"),
                approved: Some("true"),
                ..Asked::plainly(token.expose())
            };
            let rotating = turn.check_refresh(client, asked).expect("good");
            assert!(turn.world.logins.iter().all(|login| {
                !matches!(login.approval.map(|a| a.standing), Some(Standing::Approved { .. }))
            }));
            let claimed = turn.claim_refresh(rotating).expect("good");
            turn.rotate(claimed, &token).expect("good")
        });
        assert_eq!(issued.user, grant.user);
        assert!(scene.accounts(&issued.access).is_err());
    }
}
