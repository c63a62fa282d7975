//! Making tokens, and making room for them: "your client may only have one active access token at a time, per user"
//! (Monzo API docs, "Authenticating requests").

use super::rows::{Access, End, Entry, Grant, GrantIx, Life, Refresh, RefreshLife, Standing, Takes};
use super::{ClientIx, LoginIx, Seconds, Secret, Turn, UserIx};
use crate::reference::rules::{ApprovalReach, EvictionMoment, EvictionReach, Expiry, RefreshReach, Takeover};

impl Turn<'_> {
    /// Kills every token of this user and this client before an exchange, if the bank does it at this moment.
    pub(super) fn evict_at(&mut self, moment: EvictionMoment, user: UserIx, client: ClientIx) {
        if self.rules.one.moment == moment {
            for grant in self.evicted_by(user, client) {
                self.evict_grant(grant, true);
            }
        }
    }

    /// An access token of this grant, in the name of this user and this client.
    pub(super) fn mint_access(&mut self, grant: GrantIx, user: UserIx, client: ClientIx) -> Secret {
        let (secret, digest, beginning) = self.mint.access(self.rules.whoami.bad_token, self.now);
        let asks = self.rules.sca.reach == ApprovalReach::TokensGivenLater;
        let approved = || self.standing(self.world.grants[grant.at()].login);
        let approved = !asks || matches!(approved(), Some(Standing::Approved { .. }));
        let token = self.world.access.push(Access {
            digest,
            beginning: beginning.map(Box::new),
            grant,
            user,
            client,
            born: self.now,
            expires: self.expiry(grant),
            approved,
            life: Life::Live,
        });
        self.world.grants.complete(grant.at()).access.push(token);
        for digest in [Some(digest), beginning].into_iter().flatten() {
            self.enter(digest, Entry::Access(token));
        }
        secret
    }

    pub(super) fn mint_refresh(&mut self, grant: GrantIx) -> Secret {
        let (secret, digest) = self.mint.refresh(self.now);
        let token = self.world.refresh.push(Refresh { digest, grant, life: RefreshLife::Live });
        self.world.grants.complete(grant.at()).refresh.push(token);
        self.enter(digest, Entry::Refresh(token));
        secret
    }

    /// How long an access token is said to live.
    pub fn lifetime(&self) -> Seconds {
        self.rules.token.lifetime.0
    }

    /// When an access token that is given now dies.
    fn expiry(&self, grant: GrantIx) -> Seconds {
        const FAR: Seconds = 7200;
        let lifetime = self.lifetime();
        let row = &self.world.grants[grant.at()];
        match self.rules.token.expiry {
            Expiry::Honest => self.now.saturating_add(lifetime),
            Expiry::Late => self.now.saturating_add(lifetime.saturating_add(FAR)),
            Expiry::Early => self.now.saturating_add(lifetime.saturating_sub(FAR)),
            Expiry::Never => Seconds::MAX,
            Expiry::NeverForPublic if !self.confidential(row.client) => Seconds::MAX,
            Expiry::FromTheLogin if !row.access.is_empty() => self.world.access[row.access[0]].expires,
            Expiry::NeverOnceRefreshed if !row.access.is_empty() => Seconds::MAX,
            Expiry::NeverForPublic | Expiry::NeverOnceRefreshed | Expiry::FromTheLogin | Expiry::Sliding => {
                self.now.saturating_add(lifetime)
            }
        }
    }

    /// Which grants an exchange by this user and this client ends.
    pub(super) fn evicted_by(&self, user: UserIx, client: ClientIx) -> Vec<GrantIx> {
        let reach = self.rules.one.reach;
        if reach == EvictionReach::UserAndClient {
            let theirs = self.world.grants_of.get(&(user, client)).into_iter().flatten().copied();
            return theirs.filter(|grant| self.world.grants[grant.at()].over.is_none()).collect();
        }
        let reaches = |grant: &Grant| {
            grant.over.is_none()
                && (grant.user == user || reach == EvictionReach::WholeClient)
                && (grant.client == client || reach == EvictionReach::WholeUser)
        };
        let grants = self.world.grants.iter().enumerate();
        grants.filter(|(_, grant)| reaches(grant)).map(|(at, _)| GrantIx::new(at)).collect()
    }

    /// Ends a grant for a newer login, which is `approved` or not yet.
    pub(super) fn evict_grant(&mut self, grant: GrantIx, approved: bool) {
        let (access, refresh) = (self.rules.one.access, self.rules.one.refresh);
        let takes = Takes {
            access: self.takes_over(access, grant, approved),
            refresh: self.takes_over(refresh, grant, approved),
        };
        self.world.end_grant(grant, End::Evicted, takes);
        if access != Takeover::KillsUntilApproved {
            self.world.end_approval(self.world.grants[grant.at()].login);
        }
    }

    /// What the approval of a login must not have to do: end the grants before its own.
    pub(super) fn take_over_late(&mut self, login: LoginIx) {
        let late = Takeover::KillsOnceApproved;
        if self.rules.one.access != late && self.rules.one.refresh != late {
            return;
        }
        let own = self.world.grants.iter().enumerate().rfind(|(_, grant)| grant.login == login);
        let Some((own, grant)) = own else { return };
        let (user, client) = (grant.user, grant.client);
        for earlier in self.evicted_by(user, client).into_iter().filter(|earlier| earlier.at() < own) {
            self.evict_grant(earlier, true);
        }
    }

    /// What a refresh must not do: end other grants than its own.
    pub(super) fn evict_by_refresh(&mut self, own: GrantIx) {
        let reach = self.rules.one.refresh_reach;
        if reach == RefreshReach::Grant {
            return;
        }
        let (user, client) = (self.world.grants[own.at()].user, self.world.grants[own.at()].client);
        for grant in self.grants_where(|_, grant| match reach {
            RefreshReach::Grant => false,
            RefreshReach::WholeClient => grant.client == client && grant.user != user,
            RefreshReach::WholeUser => grant.user == user && grant.client != client,
        }) {
            self.world.end_grant(grant, End::Evicted, Takes::ALL);
        }
    }

    fn takes_over(&self, rule: Takeover, grant: GrantIx, approved: bool) -> bool {
        let row = &self.world.grants[grant.at()];
        let same_user = |other: &&Grant| other.user == row.user;
        match rule {
            Takeover::Kills | Takeover::KillsUntilApproved => true,
            Takeover::Spares => false,
            Takeover::SparesRefreshed => row.access.len() == 1,
            Takeover::SparesUnrefreshed => row.access.len() > 1,
            Takeover::KillsOnceApproved => approved,
            Takeover::KillsTheFirst => {
                let earlier = self.world.grants[..grant.at()].iter().filter(same_user);
                earlier.filter(|other| other.client == row.client).count() == 0
            }
            Takeover::KillsTheUsersNewest => {
                self.world.grants[grant.at() + 1..].iter().filter(same_user).count() == 0
            }
            Takeover::KillsTheClientsNewest => {
                let later = &self.world.grants[grant.at() + 1..];
                !later.iter().any(|other| other.client == row.client && other.user != row.user)
            }
            Takeover::SparesExpired => {
                row.access.last().is_some_and(|newest| self.now < self.world.access[*newest].expires)
            }
            Takeover::KillsAtTheSameNode => row.node == self.seat.node,
            Takeover::SparesPublic => self.confidential(row.client),
        }
    }
}
