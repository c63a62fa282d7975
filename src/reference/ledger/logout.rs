//! How a client ends its own access.

use super::rows::{End, Entry, Grant, GrantIx, Takes};
use super::{Digest, Refusal, Turn};
use crate::reference::rules::{LogoutReach, LogoutRepeated};

impl Turn<'_> {
    /// "Invalidate the token instantly … You will not be able to refresh the access token" (Monzo API docs, "Log Out"):
    /// ends the token's grant, and what it waits for.
    pub fn logout(&mut self, token: &str) -> Result<(), Refusal> {
        let bearer = match self.bearer(token) {
            Ok(bearer) => bearer,
            Err(refusal) => return Err(self.logout_again(token, refusal)),
        };
        let takes = Takes {
            access: self.rules.logout.kills_access.kept(),
            refresh: self.rules.logout.kills_refresh.kept(),
        };
        let reach = self.rules.logout.reach;
        for grant in self.grants_where(|at, grant| match reach {
            LogoutReach::Grant => at == bearer.grant,
            LogoutReach::WholeUser => grant.user == bearer.user,
            LogoutReach::WholeClient => grant.client == bearer.client,
        }) {
            self.world.end_grant(grant, End::LoggedOut, takes);
            if self.rules.logout.ends_approval.kept() {
                self.world.end_approval(self.world.grants[grant.0].login);
            }
        }
        Ok(())
    }

    /// A second logout with one token.
    fn logout_again(&mut self, token: &str, refusal: Refusal) -> Refusal {
        let digest = Digest::of_access(self.rules.whoami.bad_token, token);
        let Some(Entry::Access(token)) = self.world.entries.get(&digest).copied() else {
            return refusal;
        };
        match self.rules.logout.repeated {
            LogoutRepeated::Refused => refusal,
            LogoutRepeated::Breaks => Refusal::Breakdown,
            LogoutRepeated::KillsNewer => {
                let grant = &self.world.grants[self.world.access[token].grant.0];
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
        let wanted = grants.filter(|(at, grant)| wanted(GrantIx(*at), grant));
        wanted.map(|(at, _)| GrantIx(at)).collect()
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
