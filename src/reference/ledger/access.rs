//! What an access token is good for: whom it names, and what it opens.

use super::history::{DAY, pence};
use super::reason::Shown;
use super::rows::{Access, End, Entry, GrantIx, Life, RefreshLife, Standing};
use super::{APPROVAL_SECONDS, ClientIx, Digest, LoginIx, Refusal, Seconds, Turn, UserIx};
use crate::reference::rules::{
    ApprovalReach, BadToken, Expiry, HistoryFrom, Identity as IdentityRule, Pending, PublicWorks, Remembered,
};

/// An access token that lives.
#[derive(Clone, Copy, Debug)]
pub struct Bearer {
    pub(super) grant: GrantIx,
    /// `None` if it is another kind of token, which is good for nothing in the right bank.
    pub(super) token: Option<usize>,
    pub user: UserIx,
    pub client: ClientIx,
}

/// What whoami says (Monzo API docs, "Authenticating requests").
#[derive(Debug, PartialEq, Eq)]
pub struct Identity {
    pub authenticated: bool,
    pub client_id: String,
    pub user_id: String,
}

/// Where data is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Endpoint {
    Accounts,
    Balance,
    Transactions,
    /// Setting up mandates, and payments under them.
    Mandates,
}

impl Turn<'_> {
    /// The bearer of this token, if it lives.
    pub fn bearer(&self, token: &str) -> Result<Bearer, Refusal> {
        let digest = Digest::of_access(self.rules.whoami.bad_token, token);
        let bearer = match self.access_entry(digest).or_else(|| self.entry(Digest::of(token))) {
            Some(Entry::Access(token)) => self.live_access(token)?,
            Some(entry) => self.stand_in(entry).ok_or(Refusal::BadAccessToken)?,
            None => return Err(Refusal::BadAccessToken),
        };
        if !self.serves(bearer.client, PublicWorks::NoCalls) {
            return Err(Refusal::BadAccessToken);
        }
        Ok(bearer)
    }

    /// The bearer of this token where data is: the same.
    pub fn reader(&self, token: &str) -> Result<Bearer, Refusal> {
        self.bearer(token).or_else(|refusal| self.remembered(token).ok_or(refusal))
    }

    /// Whom a token names. It does so before the owner's approval too.
    pub fn identity(&self, bearer: Bearer) -> Identity {
        let rule = self.rules.whoami.identity;
        let mut grants = self.world.grants.iter().rev();
        let refreshed = || self.world.grants[bearer.grant.at()].access.len() > 1;
        let (user, mut client) = match rule {
            IdentityRule::NewestUser => grants.find(|grant| grant.client == bearer.client),
            IdentityRule::NewestUserIfRefreshed if refreshed() => {
                grants.find(|grant| grant.client == bearer.client)
            }
            IdentityRule::OldestUser => grants.rfind(|grant| grant.client == bearer.client),
            IdentityRule::NewestClient => grants.find(|grant| grant.user == bearer.user),
            _ => None,
        }
        .map_or((bearer.user, bearer.client), |grant| (grant.user, grant.client));
        if rule == IdentityRule::AnotherForPublic && !self.confidential(client) {
            client = self.another_client(client);
        }
        Identity {
            authenticated: rule != IdentityRule::NotAuthenticated,
            client_id: self.client_id(client).to_owned(),
            user_id: self.user_id(user).to_owned(),
        }
    }

    /// When the owner approved this; refused as long as they have not (Monzo API docs, "Strong Customer
    /// Authentication"), and once they have to confirm it.
    pub fn permit(&self, bearer: Bearer, endpoint: Endpoint) -> Result<Seconds, Refusal> {
        let approved = self.approved(bearer, endpoint)?;
        match self.confirm_by(self.world.grants[bearer.grant.at()].login) {
            Some(by) if self.now >= by => Err(Refusal::ConfirmationDue),
            _ => Ok(approved),
        }
    }

    /// When the owner approved this, however long ago.
    pub(super) fn approved(&self, bearer: Bearer, endpoint: Endpoint) -> Result<Seconds, Refusal> {
        let login = self.world.grants[bearer.grant.at()].login;
        let open_early = match self.rules.sca.pending {
            Pending::Closed | Pending::Unauthorized => false,
            Pending::Open => true,
            Pending::OpenForPublic => !self.confidential(bearer.client),
            Pending::AccountsOpen => endpoint == Endpoint::Accounts,
            Pending::BalanceOpen => endpoint == Endpoint::Balance,
            Pending::TransactionsOpen => endpoint == Endpoint::Transactions,
        };
        match self.standing(login) {
            Some(Standing::Approved { at }) if self.is_opened(bearer) => Ok(self.history_begins(bearer, at)),
            Some(Standing::Pending) if open_early => Ok(self.now),
            _ if self.rules.sca.pending == Pending::Unauthorized => Err(Refusal::BadAccessToken),
            _ => Err(Refusal::NotApproved {
                client_id: self.client_id(bearer.client).to_owned(),
                user_id: self.user_id(bearer.user).to_owned(),
            }),
        }
    }

    /// The account of a user.
    pub fn account_id(&self, user: UserIx) -> &str {
        &self.world.users[user.at()].account_id
    }

    /// What is on the account of a user, and what was spent from it since the day began (in UTC), which is negative. In
    /// minor units.
    pub fn balance(&self, user: UserIx) -> (i64, i64) {
        let today = self.now - self.now % DAY;
        let taken = self.taken_from(user);
        let sum = |since| -> i64 {
            let paid = taken.iter().filter(|(paid, _)| paid.at >= since);
            paid.map(|(paid, _)| pence(paid.amount)).sum()
        };
        (self.world.users[user.at()].seed.balance + sum(0), sum(today))
    }

    /// The name of a user.
    pub fn user_name(&self, user: UserIx) -> &'static str {
        &self.world.users[user.at()].seed.name
    }

    /// When the world, and with it every account, was made.
    pub fn opened(&self) -> Seconds {
        self.world.started
    }

    /// How a login's approval stands by now. `None` before the user has logged in, or said no.
    pub(super) fn standing(&self, login: LoginIx) -> Option<Standing> {
        let approval = self.world.logins[login.at()].approval?;
        let late = self.now >= approval.born.saturating_add(APPROVAL_SECONDS);
        Some(match approval.standing {
            Standing::Pending if late => Standing::TimedOut,
            standing => standing,
        })
    }

    /// The bearer of an access token, if it lives.
    pub(super) fn live_access(&self, token: usize) -> Result<Bearer, Refusal> {
        let row = &self.world.access[token];
        match row.life {
            Life::Dead(End::Evicted) => Err(Refusal::EvictedAccessToken),
            Life::Dead(End::Disconnected) => {
                Err(self.disconnected(row.user, self.world.grants[row.grant.at()].client, Shown::Access))
            }
            Life::Dead(_) => Err(self.ended(row.user, self.world.grants[row.grant.at()].client)),
            Life::Live if self.now >= self.expires(row) => Err(Refusal::ExpiredAccessToken),
            Life::Live => Ok(self.bearer_of(token)),
        }
    }

    /// When an access token that nothing ends before dies: that is settled when it is given.
    fn expires(&self, token: &Access) -> Seconds {
        if self.rules.token.expiry != Expiry::Sliding {
            return token.expires;
        }
        let used = self.world.grants[token.grant.at()].last_used;
        used.map_or(token.expires, |used| token.expires.max(used.saturating_add(self.lifetime())))
    }

    pub(super) fn access_row(&self, token: &str) -> Option<usize> {
        match self.access_entry(Digest::of(token)) {
            Some(Entry::Access(at)) => Some(at),
            _ => None,
        }
    }

    pub(super) fn bearer_of(&self, token: usize) -> Bearer {
        let row = &self.world.access[token];
        Bearer { grant: row.grant, token: Some(token), user: row.user, client: row.client }
    }

    /// What is dead is good for nothing, wherever it is shown.
    fn remembered(&self, token: &str) -> Option<Bearer> {
        let token = self.access_row(token)?;
        let row = &self.world.access[token];
        let knows = match self.rules.whoami.remembered {
            Remembered::None => false,
            Remembered::Expired => row.life == Life::Live && self.now >= row.expires,
            Remembered::Replaced => row.life == Life::Dead(End::Replaced),
            Remembered::Evicted => row.life == Life::Dead(End::Evicted),
            Remembered::LoggedOut => row.life == Life::Dead(End::LoggedOut),
        };
        (knows || self.data_has_not_heard(token)).then(|| self.bearer_of(token))
    }

    /// Whether the approval of its login opens this token: it opens all of them.
    fn is_opened(&self, bearer: Bearer) -> bool {
        let given_before = bearer.token.is_some_and(|token| !self.world.access[token].approved);
        self.rules.sca.reach != ApprovalReach::TokensGivenLater || !given_before
    }

    /// What the time of the whole history counts from: from the approval.
    fn history_begins(&self, bearer: Bearer, approved: Seconds) -> Seconds {
        let login = &self.world.logins[self.world.grants[bearer.grant.at()].login.at()];
        let begins = match self.rules.sca.history_from {
            HistoryFrom::Approval => None,
            HistoryFrom::Login => login.approval.map(|approval| approval.born),
            HistoryFrom::Token => bearer.token.map(|token| self.world.access[token].born),
            HistoryFrom::UsersLastApproval => {
                let of_user = self.world.grants.iter().filter(|grant| grant.user == bearer.user);
                let approved = of_user.filter_map(|grant| match self.standing(grant.login) {
                    Some(Standing::Approved { at }) => Some(at),
                    _ => None,
                });
                approved.max()
            }
        };
        begins.unwrap_or(approved)
    }

    /// What is no access token is good for nothing.
    fn stand_in(&self, entry: Entry) -> Option<Bearer> {
        let grant = match (entry, self.rules.whoami.bad_token) {
            (Entry::Refresh(token), BadToken::RefreshTokenPasses) => {
                let row = &self.world.refresh[token];
                (row.life == RefreshLife::Live).then_some(row.grant)
            }
            (Entry::Code(login), BadToken::CodePasses) => self.grant_of_code(login),
            _ => None,
        }?;
        let row = &self.world.grants[grant.at()];
        Some(Bearer { grant, token: None, user: row.user, client: row.client })
    }
}

#[cfg(test)]
mod tests {
    use super::super::scene::Scene;
    use super::*;

    #[test]
    fn a_token_names_its_own_user_and_client() {
        let mut scene = Scene::default();
        let mut seen = Vec::new();
        for (user, client) in [("alice", "server"), ("bob", "server"), ("alice", "public")] {
            seen.push((scene.login(user, client), user, client));
        }
        for (issued, user, client) in seen {
            let identity = scene.whoami(&issued.access).expect("lives");
            assert!(identity.authenticated);
            assert_eq!(identity.user_id, scene.user_id(user));
            assert_eq!(identity.client_id, scene.client_id(client));
        }
    }

    #[test]
    fn a_token_lives_to_its_expiry_and_no_longer() {
        let mut scene = Scene::default();
        let token = scene.login("alice", "server").access;
        scene.turn(|turn| turn.advance(21_599));
        assert!(scene.whoami(&token).is_ok());
        scene.turn(|turn| turn.advance(1));
        assert_eq!(scene.whoami(&token).expect_err("expired"), Refusal::ExpiredAccessToken);
    }

    #[test]
    fn a_refresh_token_a_code_and_a_damaged_token_are_no_access_tokens() {
        let mut scene = Scene::default();
        let code = scene.code("alice", "server");
        let issued = scene.exchange("server", &code).expect("exchanges");
        let access = issued.access.expose();
        let refresh = issued.refresh.as_ref().expect("given").expose();
        let shorter = &access[..access.len() - 1];
        let swapped: String = access
            .chars()
            .map(|c| if c.is_lowercase() { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() })
            .collect();
        for bad in [refresh, code.expose(), shorter, &swapped, ""] {
            let refused = scene.turn(|turn| turn.bearer(bad).map(|_| ()));
            assert_eq!(refused, Err(Refusal::BadAccessToken));
        }
    }

    #[test]
    fn nothing_opens_before_the_owner_approves_but_whoami_answers() {
        let mut scene = Scene::default();
        let (login, issued) = scene.pending("alice", "server");
        assert!(scene.whoami(&issued.access).is_ok());
        let refused = scene.accounts(&issued.access).expect_err("pending");
        assert_eq!(
            refused,
            Refusal::NotApproved { client_id: scene.client_id("server"), user_id: scene.user_id("alice") }
        );
        scene.approve(&login, "alice").expect("pending");
        assert!(scene.accounts(&issued.access).is_ok());
    }
}
