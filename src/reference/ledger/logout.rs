//! How a client ends its own access.

use super::rows::{Access, End, Entry, Grant, GrantIx, Life, Takes};
use super::{Bearer, ClientIx, Digest, Refusal, Turn, UserIx};
use crate::reference::rules::{Gap, LateApproval, LogoutReach, LogoutRepeated, LogoutTakes, LogoutToken};

/// A token that was found to be good for logging out.
#[derive(Debug)]
pub struct Leaving(Bearer);

impl Turn<'_> {
    /// Looks at a token that somebody wants to log out with.
    pub fn check_logout(&mut self, token: &str) -> Result<Leaving, Refusal> {
        let found = self.bearer(token).or_else(|refusal| self.names_a_grant(token).ok_or(refusal));
        found.map(Leaving).map_err(|refusal| self.logout_again(token, refusal))
    }

    /// "Invalidate the token instantly … You will not be able to refresh the access token" (Monzo API docs, "Log Out"):
    /// ends the token's grant, and what it waits for.
    pub fn leave(&mut self, leaving: Leaving) {
        let Leaving(bearer) = leaving;
        let reach = self.rules.logout.reach;
        let from_public = !self.confidential(bearer.client);
        let forgotten = self.rules.logout.reach_gap != Gap::Closed;
        for grant in self.grants_where(|at, grant| match reach {
            LogoutReach::Grant if forgotten => grant.user == bearer.user && grant.client == bearer.client,
            LogoutReach::Grant => at == bearer.grant,
            LogoutReach::WholeUser => grant.user == bearer.user,
            LogoutReach::WholeClient => grant.client == bearer.client,
            LogoutReach::WholeUserFromPublic => {
                at == bearer.grant || (grant.user == bearer.user && from_public)
            }
            LogoutReach::UsersRefreshTokens => grant.user == bearer.user,
        }) {
            let spares_access = reach == LogoutReach::UsersRefreshTokens && grant != bearer.grant;
            let takes = Takes {
                access: !spares_access && self.logout_takes(self.rules.logout.access, grant),
                refresh: self.logout_takes(self.rules.logout.refresh, grant),
            };
            self.world.end_grant(grant, End::LoggedOut, takes);
            if self.rules.logout.late_approval == LateApproval::Nothing {
                self.world.end_approval(self.world.grants[grant.at()].login);
            }
        }
    }

    /// What a login must not do: bring back what was logged out.
    pub(super) fn forget_logouts(&mut self, user: UserIx, client: ClientIx) {
        if self.rules.logout.access != LogoutTakes::UntilNextLogin {
            return;
        }
        let theirs = |access: &Access| access.user == user && access.client == client;
        let out =
            self.world.access.touch_all(|access| theirs(access) && access.life == Life::Dead(End::LoggedOut));
        out.for_each(|access| access.life = Life::Live);
    }

    /// Whether the refresh token of a grant that was logged out works again: it never does.
    pub(super) fn logout_is_forgotten(&self, grant: GrantIx) -> bool {
        let mut access = self.world.grants[grant.at()].access.iter().map(|token| &self.world.access[*token]);
        self.rules.logout.refresh == LogoutTakes::UntilExpiry && access.all(|a| a.expires <= self.now)
    }

    fn logout_takes(&self, rule: LogoutTakes, grant: GrantIx) -> bool {
        let row = &self.world.grants[grant.at()];
        match rule {
            LogoutTakes::Kills | LogoutTakes::UntilNextLogin | LogoutTakes::UntilExpiry => true,
            LogoutTakes::Spares => false,
            LogoutTakes::SparesRefreshed => row.access.len() == 1,
            LogoutTakes::SparesPublic => self.confidential(row.client),
        }
    }

    /// What beside an access token names a grant to log out: nothing.
    fn names_a_grant(&self, token: &str) -> Option<Bearer> {
        let grant = match self.rules.logout.token {
            LogoutToken::AccessToken => None,
            LogoutToken::RefreshTokenToo => match self.entry(Digest::of(token))? {
                Entry::Refresh(token) => Some(self.world.refresh[token].grant),
                _ => None,
            },
            LogoutToken::CodeToo => match self.entry(Digest::of(token))? {
                Entry::Code(login) => self.grant_of_code(login),
                _ => None,
            },
            LogoutToken::FirstCharacters => match self.entry(Digest::of_beginning(token))? {
                Entry::Access(token) => self.live_access(token).ok().map(|bearer| bearer.grant),
                _ => None,
            },
        }?;
        let row = &self.world.grants[grant.at()];
        Some(Bearer { grant, token: None, user: row.user, client: row.client })
    }

    /// A second logout with one token.
    fn logout_again(&mut self, token: &str, refusal: Refusal) -> Refusal {
        let digest = Digest::of_access(self.rules.whoami.bad_token, token);
        let Some(Entry::Access(token)) = self.access_entry(digest) else {
            return refusal;
        };
        match self.rules.logout.repeated {
            LogoutRepeated::Refused => refusal,
            LogoutRepeated::Breaks => Refusal::Breakdown,
            LogoutRepeated::NotFound => Refusal::UnknownLogin,
            LogoutRepeated::KillsNewer => {
                let grant = &self.world.grants[self.world.access[token].grant.at()];
                let (user, client) = (grant.user, grant.client);
                for newer in self.grants_where(|_, g| g.user == user && g.client == client) {
                    self.world.end_grant(newer, End::LoggedOut, Takes::ALL);
                }
                refusal
            }
        }
    }

    /// The grants of which this is so, oldest first.
    pub(super) fn grants_where(&self, wanted: impl Fn(GrantIx, &Grant) -> bool) -> Vec<GrantIx> {
        let grants = self.world.grants.iter().enumerate();
        let wanted = grants.filter(|(at, grant)| wanted(GrantIx::new(*at), grant));
        wanted.map(|(at, _)| GrantIx::new(at)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::scene::Scene;
    use super::*;

    #[test]
    fn logging_out_kills_both_tokens_of_the_grant() {
        let mut scene = Scene::default();
        let issued = scene.login("alice", "server");
        scene.logout(&issued.access).expect("lives");
        assert!(scene.whoami(&issued.access).is_err());
        assert!(scene.refresh("server", issued.refresh.as_ref().expect("given")).is_err());
    }

    #[test]
    fn logging_out_leaves_other_users_and_clients_alone() {
        let mut scene = Scene::default();
        let mine = scene.login("alice", "server");
        let elsewhere = scene.login("alice", "other");
        let bobs = scene.login("bob", "server");
        scene.logout(&mine.access).expect("lives");
        assert!(scene.whoami(&elsewhere.access).is_ok());
        assert!(scene.whoami(&bobs.access).is_ok());
        assert!(scene.refresh("server", bobs.refresh.as_ref().expect("given")).is_ok());
    }

    #[test]
    fn logging_out_twice_is_refused_and_kills_nothing_newer() {
        let mut scene = Scene::default();
        let old = scene.login("alice", "server");
        scene.logout(&old.access).expect("lives");
        let new = scene.login("alice", "server");
        assert_eq!(scene.logout(&old.access), Err(Refusal::BadAccessToken));
        assert!(scene.whoami(&new.access).is_ok());
    }

    #[test]
    fn an_approval_after_logout_brings_nothing_back() {
        let mut scene = Scene::default();
        let (login, issued) = scene.pending("alice", "server");
        scene.logout(&issued.access).expect("lives");
        assert_eq!(scene.approve(&login, "alice"), Err(Refusal::ApprovalOver));
        assert!(scene.whoami(&issued.access).is_err());
    }
}
