//! What a user has allowed: "a place in the app where you can see … what companies have read access" (Monzo community
//! forum, "One-Click Disconnections for Third Party API Account Access"), and the confirmation that it may go on.
//!
//! No document says how long read access lasts. This bank asks its owner again after 90 days, as the rules on strong
//! customer authentication did for years; until they say yes, data stay closed, and nothing else changes: whoami
//! answers, tokens can be refreshed, mandates go on. Saying yes opens no older history: that takes a new login.

use super::rows::{End, Grant, GrantIx, Life, RefreshLife, Standing};
use super::{Bearer, ClientIx, LoginIx, Refusal, Seconds, Turn, UserIx};
use crate::reference::rules::{ConsentListing, ListedSince};

/// How long data stay open before the owner is asked again.
pub const CONFIRM_SECONDS: Seconds = 90 * 86_400;

/// What an approved client may read.
const READABLE: &[&str] = &["accounts", "balance", "transactions"];

/// A third party that the user has connected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connection {
    pub client: ClientIx,
    /// What it may read by now: nothing before the approval, and nothing when it has to be confirmed.
    pub may_read: &'static [&'static str],
    /// When the owner approved; while that is to come, when its tokens were given.
    pub since: Seconds,
    /// When it last made a call.
    pub last_used: Option<Seconds>,
    /// When the owner has to confirm it. `None` before the approval.
    pub confirm_by: Option<Seconds>,
}

impl Turn<'_> {
    /// The third parties that `user` has connected: those with a token that works, or that can be refreshed, unless its
    /// owner refused to approve it. In the order of the clients.
    pub fn connections(&self, user: UserIx) -> Vec<Connection> {
        let rule = self.rules.consent.listing;
        let whose = |grant: &Grant| grant.user == user || rule == ConsentListing::EveryonesToo;
        let mut newest: Vec<GrantIx> = Vec::new();
        for client in (0..self.world.clients.len()).map(ClientIx::new) {
            let theirs = self.grants_where(|_, grant| grant.client == client && whose(grant));
            newest.extend(theirs.into_iter().rfind(|grant| self.listed(*grant)));
        }
        if rule == ConsentListing::NewestOnly {
            let last = newest.iter().map(|grant| grant.at()).max();
            newest.retain(|grant| Some(grant.at()) == last);
        }
        newest.into_iter().map(|grant| self.connection(grant)).collect()
    }

    /// The owner says that a client may go on reading. Gives the time at which they are asked again.
    pub fn confirm(&mut self, user: UserIx, client: ClientIx) -> Result<Seconds, Refusal> {
        let theirs = self.grants_where(|_, grant| grant.user == user && grant.client == client);
        let approved = |grant: &GrantIx| {
            let login = self.world.grants[grant.at()].login;
            self.lives(*grant) && matches!(self.standing(login), Some(Standing::Approved { .. }))
        };
        let grant = theirs.into_iter().rfind(approved).ok_or(Refusal::NotConnected)?;
        let login = self.world.grants[grant.at()].login;
        if let Some(approval) = &mut self.world.logins[login.at()].approval {
            approval.confirmed = Some(self.now);
        }
        Ok(self.now.saturating_add(CONFIRM_SECONDS))
    }

    /// Notes that a client has used what it was given.
    pub fn used(&mut self, bearer: Bearer) {
        let now = Some(self.now);
        if let Some(grant) = self.world.grants.brush_unless(bearer.grant.at(), |grant| grant.last_used == now)
        {
            grant.last_used = now;
        }
    }

    /// When the owner has to confirm what they approved by this login; `None` if they have not approved.
    pub(super) fn confirm_by(&self, login: LoginIx) -> Option<Seconds> {
        let Some(Standing::Approved { at }) = self.standing(login) else { return None };
        let confirmed = self.world.logins[login.at()].approval.and_then(|approval| approval.confirmed);
        Some(confirmed.unwrap_or(at).saturating_add(CONFIRM_SECONDS))
    }

    /// Whether a token of this grant works, or can be refreshed.
    pub(super) fn lives(&self, grant: GrantIx) -> bool {
        let row = &self.world.grants[grant.at()];
        let mut refresh = row.refresh.iter().map(|token| self.world.refresh[*token].life);
        self.has_live_access(row) || refresh.any(|life| life == RefreshLife::Live)
    }

    fn has_live_access(&self, grant: &Grant) -> bool {
        let mut access = grant.access.iter().map(|token| &self.world.access[*token]);
        access.any(|row| row.life == Life::Live && self.now < row.expires)
    }

    fn listed(&self, at: GrantIx) -> bool {
        let grant = &self.world.grants[at.at()];
        let standing = self.standing(grant.login);
        let allowed = matches!(standing, Some(Standing::Pending | Standing::Approved { .. }));
        let lives = allowed && self.lives(at);
        match self.rules.consent.listing {
            ConsentListing::Living | ConsentListing::NewestOnly | ConsentListing::EveryonesToo => lives,
            ConsentListing::Nobody => false,
            ConsentListing::EndedToo => lives || grant.over == Some(End::LoggedOut),
            ConsentListing::DisconnectedToo => lives || grant.over == Some(End::Disconnected),
            ConsentListing::LiveAccessOnly => lives && self.has_live_access(grant),
            ConsentListing::ConfidentialOnly => lives && self.confidential(grant.client),
        }
    }

    fn connection(&self, at: GrantIx) -> Connection {
        let grant = &self.world.grants[at.at()];
        let confirm_by = self.confirm_by(grant.login);
        let open = confirm_by.is_some_and(|by| self.now < by) && self.rules.consent.access_named.kept();
        let since = match self.rules.consent.since {
            ListedSince::Approval => match self.standing(grant.login) {
                Some(Standing::Approved { at }) => at,
                _ => grant.born,
            },
            ListedSince::LastToken => {
                grant.access.last().map_or(grant.born, |token| self.world.access[*token].born)
            }
            ListedSince::Now => self.now,
        };
        Connection {
            client: grant.client,
            may_read: if open { READABLE } else { &[] },
            since,
            last_used: grant.last_used,
            confirm_by,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::scene::Scene;
    use super::*;

    fn listed(scene: &mut Scene, user: &str) -> Vec<String> {
        scene.turn(|turn| {
            let user = turn.user_by_role(user).expect("a role");
            let connections = turn.connections(user);
            connections.iter().map(|one| turn.client_name(one.client).to_owned()).collect()
        })
    }

    fn connection(scene: &mut Scene) -> Connection {
        let alice = |turn: &mut Turn<'_>| {
            let alice = turn.user_by_role("alice").expect("a role");
            turn.connections(alice).pop().expect("a connection")
        };
        scene.turn(alice)
    }

    #[test]
    fn a_user_sees_what_they_have_connected_until_it_ends() {
        let mut scene = Scene::default();
        assert!(listed(&mut scene, "alice").is_empty());
        scene.login("alice", "server");
        let public = scene.login("alice", "public");
        scene.login("bob", "other");
        assert_eq!(listed(&mut scene, "alice"), ["Public App", "Server App"]);
        assert_eq!(listed(&mut scene, "bob"), ["Other App"]);
        scene.logout(&public.access).expect("lives");
        assert_eq!(listed(&mut scene, "alice"), ["Server App"]);
        scene.disconnect("alice", "server");
        assert!(listed(&mut scene, "alice").is_empty());
    }

    #[test]
    fn what_can_be_refreshed_is_listed_and_what_was_refused_is_not() {
        let mut scene = Scene::default();
        scene.login("alice", "server");
        scene.login("alice", "public");
        let (denied, _) = scene.pending("alice", "other");
        scene.deny(&denied, "alice").expect("pending");
        assert_eq!(listed(&mut scene, "alice"), ["Public App", "Server App"]);
        let (kept, _) = scene.pending("alice", "server");
        scene.approve(&kept, "alice").expect("pending");
        scene.turn(|turn| turn.advance(100_000));
        assert_eq!(listed(&mut scene, "alice"), ["Server App"]);
    }

    #[test]
    fn it_says_what_may_be_read_and_since_when_and_when_it_was_used() {
        let mut scene = Scene::default();
        let (login, issued) = scene.pending("alice", "server");
        let pending = connection(&mut scene);
        assert_eq!((pending.may_read.len(), pending.confirm_by, pending.last_used), (0, None, None));
        scene.turn(|turn| turn.advance(60));
        scene.approve(&login, "alice").expect("pending");
        let approved = scene.turn(|turn| turn.now());
        scene.turn(|turn| turn.advance(60));
        let refreshed = scene.refresh("server", issued.refresh.as_ref().expect("given")).expect("refreshes");
        scene.turn(|turn| {
            let bearer = turn.bearer(refreshed.access.expose()).expect("lives");
            turn.used(bearer);
        });
        let seen = connection(&mut scene);
        assert_eq!((seen.may_read, seen.since), (READABLE, approved));
        assert_eq!(seen.last_used, Some(approved + 60));
        assert_eq!(seen.confirm_by, Some(approved + CONFIRM_SECONDS));
    }

    #[test]
    fn data_close_after_ninety_days_until_the_owner_confirms() {
        let mut scene = Scene::default();
        let (login, issued) = scene.pending("alice", "server");
        scene.approve(&login, "alice").expect("pending");
        scene.turn(|turn| turn.advance(CONFIRM_SECONDS - 1));
        let issued = scene.refresh("server", issued.refresh.as_ref().expect("given")).expect("refreshes");
        assert!(scene.accounts(&issued.access).is_ok());
        scene.turn(|turn| turn.advance(1));
        assert_eq!(scene.accounts(&issued.access), Err(Refusal::ConfirmationDue));
        assert!(scene.whoami(&issued.access).is_ok());
        assert!(connection(&mut scene).may_read.is_empty());
        scene.turn(|turn| {
            let alice = turn.user_by_role("alice").expect("a role");
            let server = turn.client_by_role("server").expect("a role");
            turn.confirm(alice, server).expect("connected");
            let other = turn.client_by_role("other").expect("a role");
            assert_eq!(turn.confirm(alice, other), Err(Refusal::NotConnected));
        });
        assert!(scene.accounts(&issued.access).is_ok());
        scene.turn(|turn| turn.advance(CONFIRM_SECONDS));
        let issued = scene.refresh("server", issued.refresh.as_ref().expect("given")).expect("refreshes");
        assert_eq!(scene.accounts(&issued.access), Err(Refusal::ConfirmationDue));
    }
}
