//! Choices about authenticated calls, and about the owner's approval that opens them.

use super::{Gap, Promise};
use crate::reference::ledger::Seconds;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WhoamiRules {
    pub identity: Identity,
    pub no_token: NoToken,
    pub bad_token: BadToken,
    pub carrier: Carrier,
    pub scheme: Scheme,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScaRules {
    pub pending: Pending,
    pub reach: ApprovalReach,
    pub finality: Finality,
    /// Whether a refresh leaves the approval as it is.
    pub refresh_never_approves: Promise,
    /// Whether only the login's own user may approve.
    pub only_the_owner: Promise,
    /// Between finding an approval pending and deciding it.
    pub decide_gap: Gap,
    /// How long after the approval the whole history is open.
    pub history_seconds: Seconds,
    pub history: History,
}

impl Default for ScaRules {
    fn default() -> Self {
        ScaRules {
            pending: Pending::Closed,
            reach: ApprovalReach::ThisLogin,
            finality: Finality::Final,
            refresh_never_approves: Promise::Kept,
            only_the_owner: Promise::Kept,
            decide_gap: Gap::Closed,
            history_seconds: 300,
            history: History::Limited,
        }
    }
}

/// Whom whoami names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Identity {
    #[default]
    OfTheToken,
    /// The user who logged in last at the token's client.
    NewestUser,
    /// The client at which the token's user logged in last.
    NewestClient,
    /// The right ones, with `authenticated` false.
    NotAuthenticated,
}

/// How a call without a token is answered (RFC 6750 §3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NoToken {
    #[default]
    Challenged,
    /// 401 without `WWW-Authenticate`.
    Unchallenged,
    /// 200.
    Answered,
    /// 500.
    Breaks,
}

/// What becomes of a bad access token.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BadToken {
    #[default]
    Refused,
    /// Only the first 16 characters count.
    FirstCharactersCount,
    IgnoresCase,
    RefreshTokenPasses,
    CodePasses,
    /// Refused without `invalid_token`.
    NoErrorKey,
    /// 500 for what doesn't look like a token.
    Breaks,
}

/// Where a call's token may stand (Monzo API docs, "Authenticating requests").
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Carrier {
    /// In one `Authorization` header.
    #[default]
    HeaderOnly,
    QueryToo,
    FormToo,
    CookieToo,
    /// Of several `Authorization` headers the first counts.
    SeveralHeaders,
}

/// Which authentication schemes carry a token (RFC 7235 §2.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scheme {
    /// `Bearer`, in any case.
    #[default]
    Bearer,
    /// `Bearer` in exactly this spelling.
    CaseSensitive,
    /// Whatever word stands before the token.
    Any,
}

/// What a token opens before the owner has approved (Monzo API docs, "Strong Customer Authentication").
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pending {
    #[default]
    Closed,
    Open,
    AccountsOpen,
    BalanceOpen,
    TransactionsOpen,
}

/// What an approval opens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ApprovalReach {
    #[default]
    ThisLogin,
    /// Every pending login of the user.
    UsersPending,
    /// Later logins of the same user and client too.
    NextLogins,
}

/// Whether a decision, or its absence, is the last word.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Finality {
    #[default]
    Final,
    ApprovedAfterDenial,
    ApprovedAfterTimeout,
}

/// What can be read after the history window (Monzo API docs, "List transactions").
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum History {
    /// 90 days.
    #[default]
    Limited,
    /// An explicit `since` reaches farther.
    SinceUnlimited,
    /// A listing without `since` reaches farther.
    ListingUnlimited,
}
