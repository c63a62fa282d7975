//! Refreshing access (RFC 6749 §6): "a one-time operation" (Monzo API docs, "Refreshing access").
//!
//! Three steps: [`Turn::check_refresh`], [`Turn::claim_refresh`], [`Turn::rotate`]. The right bank takes them in one
//! go.

use super::exchange::{Issued, Source};
use super::reason::Shown;
use super::rows::{CodeLife, End, Entry, GrantIx, Life, RefreshLife, Takes};
use super::{ClientIx, Digest, Refusal, Secret, Turn, UserIx};
use crate::reference::rules::{
    Binding, Extras, Promise, Reconnect, RefreshKind, Reuse, ReuseRevokes, Rotation,
};

/// What a refresh request says, beyond who asks.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    pub refresh_token: &'a str,
    /// Not part of the documented request.
    pub user_id: Option<&'a str>,
    /// Not part of the documented request.
    pub scope: Option<&'a str>,
}

/// A refresh token that was found good.
#[derive(Debug)]
pub struct Rotating {
    grant: GrantIx,
    user: UserIx,
    spends: Option<usize>,
    /// The grant's live access tokens.
    kills: Vec<usize>,
    approves: bool,
}

/// A refresh token that is spent; what follows it is still to come.
#[derive(Debug)]
pub struct Claimed(Rotating);

impl Turn<'_> {
    /// Looks at a refresh token that `client`, authenticated, wants to use. A refusal changes nothing, but for the reuse
    /// of a spent token by its own client: that ends the whole family (RFC 9700 §4.14.2).
    pub fn check_refresh(&mut self, client: ClientIx, asked: Asked<'_>) -> Result<Rotating, Refusal> {
        let public = !self.confidential(client);
        if public && self.rules.public.refresh_grant_refused.kept() {
            return Err(Refusal::PublicRefresh);
        }
        let (grant, spends) = self.find_refresh(asked.refresh_token)?;
        if self.world.grants[grant.0].client != client && !public {
            match (self.rules.refresh.client, spends) {
                (Binding::Anyone, _) => {}
                (Binding::BurnedByOthers, Some(token)) => {
                    self.burn(token);
                    return Err(Refusal::BadRefreshToken);
                }
                (_, token) => {
                    let life = token.map(|token| self.world.refresh[token].life);
                    let disconnected = life == Some(RefreshLife::Dead(End::Disconnected));
                    return Err(self.not_yours(Shown::Refresh, disconnected));
                }
            }
        }
        if let Some(token) = spends {
            self.check_refresh_life(grant, token)?;
        }
        let row = &self.world.grants[grant.0];
        if self.turned_away(row.user, row.client, Reconnect::NoRefresh) {
            return Err(Refusal::BadRefreshToken);
        }
        let (owner, access) = (row.user, row.access.clone());
        let live = |token: &usize| self.world.access[*token].life == Life::Live;
        let kills: Vec<usize> = access.into_iter().filter(live).collect();
        let expired = kills.iter().all(|&token| self.world.access[token].expires <= self.now);
        if expired && !self.rules.refresh.works_after_expiry.kept() {
            return Err(Refusal::BadRefreshToken);
        }
        let extras = self.rules.refresh.extras;
        let chosen = asked.user_id.filter(|_| extras == Extras::UserIdHonoured);
        let chosen = self.world.users.iter().position(|user| Some(&*user.id) == chosen);
        Ok(Rotating {
            grant,
            user: chosen.map_or(owner, UserIx),
            spends,
            kills,
            approves: asked.scope.is_some() && extras == Extras::ScopeApproves,
        })
    }

    /// Marks the token as used. Refused if its grant has ended since it was looked at, unless by the reuse of this very
    /// token: of several copies at once, none must be refused for what another one did.
    pub fn claim_refresh(&mut self, rotating: Rotating) -> Result<Claimed, Refusal> {
        if self.world.grants[rotating.grant.0].over.is_some_and(|end| end != End::Abused) {
            return Err(Refusal::BadRefreshToken);
        }
        let keeps = self.rules.refresh.rotation == Rotation::SameRefreshToken;
        if let Some(token) = rotating.spends.filter(|_| !keeps) {
            self.world.refresh[token].life = RefreshLife::Spent { at: self.now };
        }
        Ok(Claimed(rotating))
    }

    /// "Refreshing an access token will invalidate the previous token, if it is still valid": gives the new pair.
    /// `used` is the refresh token that was shown. Refused if the user has disconnected the client since it was claimed.
    pub fn rotate(&mut self, claimed: Claimed, used: &Secret) -> Result<Issued, Refusal> {
        let Claimed(rotating) = claimed;
        let row = &self.world.grants[rotating.grant.0];
        if row.over == Some(End::Disconnected) {
            return Err(self.disconnected(row.user, row.client, Shown::Refresh));
        }
        if self.rules.refresh.kills_old_access.kept() {
            for token in rotating.kills {
                let life = &mut self.world.access[token].life;
                if *life == Life::Live {
                    *life = Life::Dead(End::Replaced);
                }
            }
        }
        if rotating.approves || !self.rules.sca.refresh_never_approves.kept() {
            self.approve_by_refresh(rotating.grant);
        }
        let access = self.mint_access(rotating.grant, rotating.user);
        let refresh = match self.rules.refresh.rotation {
            Rotation::Both => Some(self.mint_refresh(rotating.grant)),
            Rotation::NoRefreshToken => None,
            Rotation::SameRefreshToken => Some(used.clone()),
        };
        Ok(Issued {
            access,
            refresh,
            client: self.world.grants[rotating.grant.0].client,
            user: rotating.user,
            from: Source::RefreshToken,
        })
    }

    /// A try with this token by somebody who could not show a right secret: changes nothing.
    pub fn refresh_attempt_failed(&mut self, refresh_token: &str) {
        if self.rules.refresh.failed_attempt_keeps_token == Promise::Broken
            && let Ok((_, Some(token))) = self.find_refresh(refresh_token)
        {
            self.burn(token);
        }
    }

    fn find_refresh(&self, token: &str) -> Result<(GrantIx, Option<usize>), Refusal> {
        let found = self.world.entries.get(&Digest::of(token));
        let grant = match (found, self.rules.refresh.kind) {
            (Some(Entry::Refresh(token)), _) => {
                return Ok((self.world.refresh[*token].grant, Some(*token)));
            }
            (Some(Entry::Access(token)), RefreshKind::AccessToo) => {
                let row = &self.world.access[*token];
                (row.life == Life::Live).then_some(row.grant)
            }
            (Some(Entry::Code(login)), RefreshKind::CodeToo) => self.grant_of_code(*login),
            _ => None,
        };
        let grant = grant.ok_or(Refusal::BadRefreshToken)?;
        Ok((grant, None))
    }

    pub(super) fn grant_of_code(&self, login: super::LoginIx) -> Option<GrantIx> {
        match self.world.code(login)?.1.life {
            CodeLife::Spent { grant, .. } => grant.filter(|g| self.world.grants[g.0].over.is_none()),
            CodeLife::Fresh | CodeLife::Dead(_) => None,
        }
    }

    fn check_refresh_life(&mut self, grant: GrantIx, token: usize) -> Result<(), Refusal> {
        match self.world.refresh[token].life {
            RefreshLife::Live => Ok(()),
            RefreshLife::Dead(End::Evicted) => Err(Refusal::EvictedRefreshToken),
            RefreshLife::Dead(End::Disconnected) => {
                let row = &self.world.grants[grant.0];
                Err(self.disconnected(row.user, row.client, Shown::Refresh))
            }
            RefreshLife::Dead(_) => Err(Refusal::BadRefreshToken),
            RefreshLife::Spent { at } => {
                let rule = self.rules.refresh.reuse;
                let forgotten = rule == Reuse::OlderAllowed && !self.newest_spent(grant, token);
                if self.world.grants[grant.0].over.is_none() && (self.may_reuse(rule, at) || forgotten) {
                    return Ok(());
                }
                self.punish_reuse(grant);
                Err(Refusal::BadRefreshToken)
            }
        }
    }

    fn newest_spent(&self, grant: GrantIx, token: usize) -> bool {
        let spent = |t: &&usize| matches!(self.world.refresh[**t].life, RefreshLife::Spent { .. });
        self.world.grants[grant.0].refresh.iter().rfind(spent) == Some(&token)
    }

    fn punish_reuse(&mut self, grant: GrantIx) {
        let takes = match self.rules.refresh.reuse_revokes {
            ReuseRevokes::Nothing => return,
            ReuseRevokes::Family => Takes::ALL,
            ReuseRevokes::AccessOnly => Takes { access: true, refresh: false },
        };
        self.world.end_grant(grant, End::Abused, takes);
        self.world.end_approval(self.world.grants[grant.0].login);
    }

    fn burn(&mut self, token: usize) {
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
        scene.turn(|turn| turn.refresh_attempt_failed(refresh_of(&first).expose()));
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
            let asked =
                Asked { refresh_token: token.expose(), user_id: bob.as_deref(), scope: Some("everything") };
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
