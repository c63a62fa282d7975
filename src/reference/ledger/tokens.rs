//! Making tokens, and making room for them: "your client may only have one active access token at a time, per user"
//! (Monzo API docs, "Authenticating requests").

use super::rows::{Access, End, Entry, Grant, GrantIx, Life, Refresh, RefreshLife, Takes};
use super::{ClientIx, EXPIRES_IN, Seconds, Secret, Turn, UserIx};
use crate::reference::rules::{EvictionReach, Expiry};

impl Turn<'_> {
    /// Kills every earlier token of this user and this client.
    pub(super) fn evict(&mut self, user: UserIx, client: ClientIx) {
        for grant in self.evicted_by(user, client) {
            self.evict_grant(grant);
        }
    }

    pub(super) fn mint_access(&mut self, grant: GrantIx, user: UserIx) -> Secret {
        let (secret, digest) = self.mint.access(self.rules.whoami.bad_token, self.now);
        let token = self.world.access.len();
        self.world.access.push(Access {
            grant,
            user,
            born: self.now,
            expires: self.expiry(),
            life: Life::Live,
        });
        self.world.grants[grant.0].access.push(token);
        self.world.entries.insert(digest, Entry::Access(token));
        secret
    }

    pub(super) fn mint_refresh(&mut self, grant: GrantIx) -> Secret {
        let (secret, digest) = self.mint.secret(self.now);
        let token = self.world.refresh.len();
        self.world.refresh.push(Refresh { grant, life: RefreshLife::Live });
        self.world.grants[grant.0].refresh.push(token);
        self.world.entries.insert(digest, Entry::Refresh(token));
        secret
    }

    /// When an access token that is given now dies.
    pub(super) fn expiry(&self) -> Seconds {
        const FAR: Seconds = 7200;
        match self.rules.token.expiry {
            Expiry::Honest => self.now.saturating_add(EXPIRES_IN),
            Expiry::Late => self.now.saturating_add(EXPIRES_IN + FAR),
            Expiry::Early => self.now.saturating_add(EXPIRES_IN - FAR),
            Expiry::Never => Seconds::MAX,
        }
    }

    /// Which grants an exchange by this user and this client ends.
    pub(super) fn evicted_by(&self, user: UserIx, client: ClientIx) -> Vec<GrantIx> {
        let reach = self.rules.one.reach;
        let reaches = |grant: &Grant| {
            grant.over.is_none()
                && (grant.user == user || reach == EvictionReach::WholeClient)
                && (grant.client == client || reach == EvictionReach::WholeUser)
        };
        let grants = self.world.grants.iter().enumerate();
        grants.filter(|(_, grant)| reaches(grant)).map(|(at, _)| GrantIx(at)).collect()
    }

    pub(super) fn evict_grant(&mut self, grant: GrantIx) {
        let takes = Takes {
            access: self.rules.one.kills_access.kept(),
            refresh: self.rules.one.kills_refresh.kept(),
        };
        self.world.end_grant(grant, End::Evicted, takes);
        self.world.end_approval(self.world.grants[grant.0].login);
    }
}
