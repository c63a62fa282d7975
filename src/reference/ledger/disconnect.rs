//! One-click disconnection: the user ends, in one action, all that a client has of them. "We will of course “log you
//! out”, revoking the third parties access and refresh tokens if you ask us" (Monzo community forum, "One-Click
//! Disconnections for Third Party API Account Access").
//!
//! Tokens, codes, pending approvals and mandates of that user and that client end; nothing else does. Two steps:
//! [`Turn::begin_disconnection`], [`Turn::disconnect`]. The right bank takes them in one go.

use super::rows::{
    CodeLife, Disconnected, End, GrantIx, Life, MandateStanding, RefreshLife, Stage, Standing,
};
use super::{ClientIx, LoginIx, Turn, UserIx};
use crate::reference::rules::{DisconnectReach, DisconnectSpares, Orphans, PendingCodes, UnderWay};

/// A disconnection that has begun, and how much there was in the world by then.
#[derive(Debug)]
pub struct Disconnection {
    user: UserIx,
    client: ClientIx,
    grants: usize,
    access: usize,
    refresh: usize,
}

impl Turn<'_> {
    /// The user asks for a client to be disconnected.
    pub fn begin_disconnection(&self, user: UserIx, client: ClientIx) -> Disconnection {
        Disconnection {
            user,
            client,
            grants: self.world.grants.len(),
            access: self.world.access.len(),
            refresh: self.world.refresh.len(),
        }
    }

    /// Ends what there is to end. A code whose exchange is under way gives nothing any more, nor does a refresh token.
    pub fn disconnect(&mut self, begun: Disconnection) {
        let reach = self.rules.consent.reach;
        let theirs = |user: UserIx, client: ClientIx| {
            (user == begun.user || reach == DisconnectReach::WholeClient)
                && (client == begun.client || reach == DisconnectReach::WholeUser)
        };
        let grants: Vec<GrantIx> = self
            .grants_where(|_, grant| theirs(grant.user, grant.client))
            .into_iter()
            .filter(|grant| !self.spared(*grant, &begun))
            .collect();
        let ends_tokens = grants.iter().any(|grant| self.world.grants[grant.at()].over.is_none());
        for at in (0..self.world.logins.len()).map(LoginIx::new).rev() {
            let Stage::Allowed { user, .. } = self.world.logins[at.at()].stage else { continue };
            let client = self.login_client(at);
            let elsewhere = user == begun.user && client != begun.client;
            if theirs(user, client) || (elsewhere && reach == DisconnectReach::OtherCodes) {
                self.end_code(at, ends_tokens);
            }
            let approval = theirs(user, client) && self.rules.consent.ends_approval.kept();
            if approval || (elsewhere && reach == DisconnectReach::OtherApprovals) {
                self.world.end_approval(at);
            }
        }
        for grant in grants {
            self.end_by_disconnection(grant, &begun);
        }
        self.end_mandates(|user, client| {
            theirs(user, client)
                || (user == begun.user && client != begun.client && reach == DisconnectReach::OtherMandates)
        });
        let Disconnection { user, client, .. } = begun;
        let known = self.world.disconnections.iter().position(|row| row.user == user && row.client == client);
        let at = self.now;
        if let Some(known) = known {
            self.world.disconnections[known].at = at;
        } else {
            self.world.disconnections.push(Disconnected { user, client, at });
        }
    }

    /// Whether this user has disconnected this client before.
    pub(super) fn disconnected_before(&self, user: UserIx, client: ClientIx) -> bool {
        self.world.disconnections.iter().any(|row| row.user == user && row.client == client)
    }

    /// A grant that a disconnection passes over: none.
    fn spared(&self, at: GrantIx, begun: &Disconnection) -> bool {
        let grant = &self.world.grants[at.at()];
        match self.rules.consent.spares {
            DisconnectSpares::Nothing
            | DisconnectSpares::Access
            | DisconnectSpares::Refresh
            | DisconnectSpares::Refreshed => false,
            DisconnectSpares::Expired => {
                let mut access = grant.access.iter().map(|token| &self.world.access[*token]);
                access.all(|row| row.life != Life::Live || row.expires <= self.now)
            }
            DisconnectSpares::PublicClients => !self.confidential(grant.client),
            DisconnectSpares::Unapproved => {
                !matches!(self.standing(grant.login), Some(Standing::Approved { .. }))
            }
            DisconnectSpares::OlderLogins => {
                let newest = self.world.grants.iter().rfind(|other| other.client == grant.client);
                newest.is_some_and(|newest| newest.user != grant.user)
            }
            DisconnectSpares::SecondTime => self.disconnected_before(begun.user, begun.client),
        }
    }

    fn end_by_disconnection(&mut self, at: GrantIx, begun: &Disconnection) {
        let (spares, under_way) = (self.rules.consent.spares, self.rules.consent.under_way);
        if under_way == UnderWay::Codes && at.at() >= begun.grants {
            return;
        }
        let grant = &mut self.world.grants[at.at()];
        let known_grant = at.at() < begun.grants;
        let missed =
            |token: usize, known: usize| known_grant && under_way == UnderWay::Tokens && token >= known;
        let later = |nth: usize| nth > 0 && spares == DisconnectSpares::Refreshed;
        let mut outlives = false;
        for (nth, &token) in grant.access.iter().enumerate() {
            let life = &mut self.world.access[token].life;
            if *life != Life::Live {
                continue;
            }
            if spares == DisconnectSpares::Access || later(nth) || missed(token, begun.access) {
                outlives = true;
            } else {
                *life = Life::Dead(End::Disconnected);
            }
        }
        for (nth, &token) in grant.refresh.iter().enumerate() {
            let life = &mut self.world.refresh[token].life;
            if *life != RefreshLife::Live {
                continue;
            }
            if spares == DisconnectSpares::Refresh || later(nth) || missed(token, begun.refresh) {
                outlives = true;
            } else {
                *life = RefreshLife::Dead(End::Disconnected);
            }
        }
        if !outlives {
            grant.over.get_or_insert(End::Disconnected);
        }
    }

    /// `ends_tokens`: whether the disconnection ends tokens too. Called for the newest login first.
    fn end_code(&mut self, login: LoginIx, ends_tokens: bool) {
        let Some((user, code)) = self.world.code(login) else { return };
        if !matches!(code.life, CodeLife::Fresh | CodeLife::Spent { grant: None, .. }) {
            return;
        }
        let client = self.login_client(login);
        let lives = match self.rules.consent.codes {
            PendingCodes::Die => false,
            PendingCodes::Live => true,
            PendingCodes::LiveBesideTokens => ends_tokens,
            PendingCodes::LiveWithoutTokens => !ends_tokens,
            PendingCodes::OlderLive => self.world.logins[login.at() + 1..].iter().any(|newer| {
                newer.client == client && matches!(newer.stage, Stage::Allowed { user: u, .. } if u == user)
            }),
            PendingCodes::LiveIfPublic => !self.confidential(client),
        };
        if !lives {
            self.world.set_code_life(login, CodeLife::Dead(End::Disconnected));
        }
    }

    fn end_mandates(&mut self, theirs: impl Fn(UserIx, ClientIx) -> bool) {
        let rule = self.rules.mandate.orphans;
        let mut first = true;
        for at in (0..self.world.mandates.len()).rev() {
            let mandate = &self.world.mandates[at];
            let since = match mandate.standing {
                MandateStanding::Pending => None,
                MandateStanding::Active { since } => Some(since),
                _ => continue,
            };
            if !theirs(mandate.user, mandate.client) {
                continue;
            }
            let newest = std::mem::take(&mut first);
            let ends = match rule {
                Orphans::Cancelled => true,
                Orphans::Untouched => false,
                Orphans::NewestCancelled => newest,
                Orphans::PendingUntouched => since.is_some(),
            };
            if ends {
                self.world.mandates[at].standing = self.cancelled(since);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Refusal;
    use super::super::scene::Scene;

    #[test]
    fn tokens_codes_and_approvals_of_that_pair_end_and_nothing_else() {
        let mut scene = Scene::default();
        let (login, code) = scene.landed("alice", "server");
        let issued = scene.login("alice", "server");
        let elsewhere = scene.login("alice", "other");
        let (other_login, other_code) = scene.landed("alice", "public");
        let bobs = scene.login("bob", "server");
        scene.disconnect("alice", "server");
        assert!(scene.whoami(&issued.access).is_err());
        assert!(scene.refresh("server", issued.refresh.as_ref().expect("given")).is_err());
        assert!(scene.exchange("server", &code).is_err());
        assert_eq!(scene.approve(&login, "alice"), Err(Refusal::ApprovalOver));
        assert!(scene.whoami(&elsewhere.access).is_ok());
        assert!(scene.whoami(&bobs.access).is_ok());
        assert!(scene.exchange("public", &other_code).is_ok());
        assert_eq!(scene.approve(&other_login, "alice"), Ok(()));
    }

    #[test]
    fn every_generation_of_a_refreshed_grant_ends() {
        let mut scene = Scene::default();
        let first = scene.login("alice", "server");
        let second = scene.refresh("server", first.refresh.as_ref().expect("given")).expect("refreshes");
        scene.disconnect("alice", "server");
        assert!(scene.whoami(&second.access).is_err());
        assert!(scene.refresh("server", second.refresh.as_ref().expect("given")).is_err());
    }

    #[test]
    fn a_new_login_begins_anew_and_revives_nothing() {
        let mut scene = Scene::default();
        let (login, old) = scene.pending("alice", "server");
        scene.approve(&login, "alice").expect("pending");
        let code = scene.code("alice", "server");
        scene.disconnect("alice", "server");
        let (_, new) = scene.pending("alice", "server");
        assert!(scene.whoami(&new.access).is_ok());
        assert!(scene.accounts(&new.access).is_err(), "the owner has not approved it");
        assert!(scene.whoami(&old.access).is_err());
        assert!(scene.exchange("server", &code).is_err());
        assert!(scene.refresh("server", new.refresh.as_ref().expect("given")).is_ok());
    }

    #[test]
    fn an_exchange_or_a_refresh_that_is_under_way_gives_nothing_any_more() {
        let mut scene = Scene::default();
        let code = scene.code("alice", "server");
        let spent = scene.turn(|turn| {
            let client = turn.client_by_role("server").expect("a role");
            let redemption = turn.check_code(client, code.expose(), super::super::scene::CALLBACK);
            turn.spend_code(redemption.expect("a fresh code")).expect("a fresh code")
        });
        scene.disconnect("alice", "server");
        assert!(scene.turn(|turn| turn.issue(spent)).is_err());

        let issued = scene.login("alice", "server");
        let token = issued.refresh.expect("given");
        let claimed = scene.turn(|turn| {
            let client = turn.client_by_role("server").expect("a role");
            let asked = super::super::Asked::plainly(token.expose());
            let rotating = turn.check_refresh(client, asked).expect("good");
            turn.claim_refresh(rotating).expect("good")
        });
        scene.disconnect("alice", "server");
        assert!(scene.turn(|turn| turn.rotate(claimed, &token)).is_err());
    }
}
