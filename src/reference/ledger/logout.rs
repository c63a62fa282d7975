//! How a client ends its own access, and how a user ends a client's.

use super::rows::{CodeLife, End, Entry, Grant, GrantIx, Stage, Takes};
use super::{ClientIx, Digest, LoginIx, Refusal, Turn, UserIx};
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

    /// The user disconnects the client in the bank's app: tokens, codes and pending approvals of both end.
    pub fn disconnect(&mut self, user: UserIx, client: ClientIx) {
        for grant in self.grants_where(|_, grant| grant.user == user && grant.client == client) {
            self.world.end_grant(grant, End::Disconnected, Takes::ALL);
        }
        for at in 0..self.world.logins.len() {
            let login = &mut self.world.logins[at];
            if login.client != client {
                continue;
            }
            if let Stage::Allowed { user: who, code } = &mut login.stage
                && *who == user
            {
                if matches!(code.life, CodeLife::Fresh) {
                    code.life = CodeLife::Dead;
                }
                self.world.end_approval(LoginIx(at));
            }
        }
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

    fn grants_where(&self, wanted: impl Fn(GrantIx, &Grant) -> bool) -> Vec<GrantIx> {
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

    #[test]
    fn a_disconnection_ends_tokens_codes_and_approvals_of_that_pair_only() {
        let mut scene = Scene::default();
        let (login, code) = scene.landed("alice", "server");
        let issued = scene.login("alice", "server");
        let elsewhere = scene.login("alice", "other");
        let bobs = scene.login("bob", "server");
        scene.turn(|turn| {
            let user = turn.user_by_role("alice").expect("there is one");
            let client = turn.client_by_role("server").expect("there is one");
            turn.disconnect(user, client);
        });
        assert!(scene.whoami(&issued.access).is_err());
        assert!(scene.refresh("server", issued.refresh.as_ref().expect("given")).is_err());
        assert_eq!(scene.exchange("server", &code).expect_err("dead"), Refusal::BadCode);
        assert_eq!(scene.approve(&login, "alice"), Err(Refusal::ApprovalOver));
        assert!(scene.whoami(&elsewhere.access).is_ok());
        assert!(scene.whoami(&bobs.access).is_ok());
        let again = scene.login("alice", "server");
        assert!(scene.whoami(&again.access).is_ok());
    }
}
