//! Why access ended: what a third party is told about what its user disconnected. Nobody else is told: a client that
//! shows another one's token or code learns what it would learn of one that nobody issued.

use super::{ClientIx, Refusal, Turn, UserIx};
use crate::reference::rules::{ReasonReach, ReasonTold};

/// What a client shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shown {
    Access,
    Refresh,
    Code,
}

impl Turn<'_> {
    /// The refusal of what `client` had of `user` until the user disconnected it.
    pub(super) fn disconnected(&self, user: UserIx, client: ClientIx, shown: Shown) -> Refusal {
        let told = match self.rules.consent.reason {
            ReasonTold::Told => true,
            ReasonTold::AsUnknown => false,
            ReasonTold::Bare => return Refusal::Unexplained,
            ReasonTold::AsExpired => return shown.expired(),
            ReasonTold::NotOnCalls => shown != Shown::Access,
            ReasonTold::NotOnRefresh => shown != Shown::Refresh,
            ReasonTold::NotOnExchange => shown != Shown::Code,
            ReasonTold::NotToPublicClients => self.confidential(client),
            ReasonTold::Until(seconds) => {
                let theirs = self.world.disconnections.iter().rev();
                let last = theirs.filter(|row| row.user == user && row.client == client).map(|row| row.at);
                last.max().is_some_and(|at| self.now < at.saturating_add(seconds))
            }
        };
        if told { shown.disconnected() } else { shown.unknown() }
    }

    /// The refusal of an access token of `user` and `client` that ended for another reason.
    pub(super) fn ended(&self, user: UserIx, client: ClientIx) -> Refusal {
        let mut all = self.world.disconnections.iter();
        let told = match self.rules.consent.reason_reach {
            ReasonReach::OwnClient | ReasonReach::OthersWithToken | ReasonReach::OthersWithCode => false,
            ReasonReach::UsersOtherClients => all.any(|row| row.user == user && row.client != client),
            ReasonReach::ClientsOtherUsers => all.any(|row| row.client == client && row.user != user),
        };
        if told { Shown::Access.disconnected() } else { Shown::Access.unknown() }
    }

    /// The refusal of what another client has shown; `disconnected` says whether its user disconnected its own client.
    pub(super) fn not_yours(&self, shown: Shown, disconnected: bool) -> Refusal {
        let told = match self.rules.consent.reason_reach {
            ReasonReach::OthersWithToken => shown == Shown::Refresh,
            ReasonReach::OthersWithCode => shown == Shown::Code,
            _ => false,
        };
        if told && disconnected { shown.disconnected() } else { shown.unknown() }
    }
}

impl Shown {
    fn disconnected(self) -> Refusal {
        match self {
            Shown::Access => Refusal::DisconnectedAccessToken,
            Shown::Refresh => Refusal::DisconnectedRefreshToken,
            Shown::Code => Refusal::DisconnectedCode,
        }
    }

    fn unknown(self) -> Refusal {
        match self {
            Shown::Access => Refusal::BadAccessToken,
            Shown::Refresh => Refusal::BadRefreshToken,
            Shown::Code => Refusal::BadCode,
        }
    }

    /// What comes nearest to it: a refresh token of this bank never expires.
    fn expired(self) -> Refusal {
        match self {
            Shown::Access => Refusal::ExpiredAccessToken,
            Shown::Refresh => Refusal::EvictedRefreshToken,
            Shown::Code => Refusal::ExpiredCode,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::scene::Scene;
    use super::*;

    #[test]
    fn a_disconnected_client_learns_why_by_whatever_it_shows_next() {
        let mut scene = Scene::default();
        let issued = scene.login("alice", "server");
        let code = scene.code("alice", "server");
        scene.disconnect("alice", "server");
        let refresh = issued.refresh.as_ref().expect("given");
        assert_eq!(scene.whoami(&issued.access).expect_err("dead"), Refusal::DisconnectedAccessToken);
        assert_eq!(scene.accounts(&issued.access).expect_err("dead"), Refusal::DisconnectedAccessToken);
        assert_eq!(scene.refresh("server", refresh).expect_err("dead"), Refusal::DisconnectedRefreshToken);
        assert_eq!(scene.exchange("server", &code).expect_err("dead"), Refusal::DisconnectedCode);
        assert_eq!(scene.logout(&issued.access), Err(Refusal::DisconnectedAccessToken));
    }

    #[test]
    fn it_still_learns_why_when_its_token_would_have_expired() {
        let mut scene = Scene::default();
        let issued = scene.login("alice", "server");
        scene.disconnect("alice", "server");
        scene.turn(|turn| turn.advance(1_000_000));
        assert_eq!(scene.whoami(&issued.access).expect_err("dead"), Refusal::DisconnectedAccessToken);
    }

    #[test]
    fn another_client_that_shows_the_token_learns_nothing_of_it() {
        let mut scene = Scene::default();
        let issued = scene.login("alice", "server");
        let code = scene.code("alice", "server");
        scene.disconnect("alice", "server");
        let refresh = issued.refresh.as_ref().expect("given");
        assert_eq!(scene.refresh("other", refresh).expect_err("not its own"), Refusal::BadRefreshToken);
        assert_eq!(scene.refresh("public", refresh).expect_err("public"), Refusal::PublicRefresh);
        assert_eq!(scene.exchange("other", &code).expect_err("not its own"), Refusal::BadCode);
    }

    #[test]
    fn what_ended_for_another_reason_keeps_that_reason() {
        let mut scene = Scene::default();
        let evicted = scene.login("alice", "server");
        let logged_out = scene.login("alice", "server");
        scene.logout(&logged_out.access).expect("lives");
        scene.disconnect("alice", "server");
        assert_eq!(scene.whoami(&evicted.access).expect_err("old"), Refusal::EvictedAccessToken);
        assert_eq!(scene.whoami(&logged_out.access).expect_err("old"), Refusal::BadAccessToken);
    }
}
