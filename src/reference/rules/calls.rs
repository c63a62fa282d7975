//! Choices about authenticated calls, and about the owner's approval that opens them.

use super::Gap;
use crate::reference::ledger::Seconds;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WhoamiRules {
    pub identity: Identity,
    pub no_token: NoToken,
    pub bad_token: BadToken,
    pub carrier: Carrier,
    pub scheme: Scheme,
    pub remembered: Remembered,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScaRules {
    pub pending: Pending,
    pub reach: ApprovalReach,
    pub finality: Finality,
    pub refresh: RefreshApproves,
    pub approver: Approver,
    /// Between finding an approval pending and deciding it.
    pub decide_gap: Gap,
    /// The same, in a bank that writes back the whole login as it was when it was looked at.
    pub write_back_gap: Gap,
    /// How long after the approval the whole history is open.
    pub history_seconds: Seconds,
    pub history_from: HistoryFrom,
    pub history: History,
}

impl Default for ScaRules {
    fn default() -> Self {
        ScaRules {
            pending: Pending::Closed,
            reach: ApprovalReach::ThisLogin,
            finality: Finality::Final,
            refresh: RefreshApproves::Nothing,
            approver: Approver::Owner,
            decide_gap: Gap::Closed,
            write_back_gap: Gap::Closed,
            history_seconds: 300,
            history_from: HistoryFrom::Approval,
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
    /// The user who logged in first at the token's client.
    OldestUser,
    /// For a refreshed token, the user who logged in last at its client.
    NewestUserIfRefreshed,
    /// For a public client's token, another client.
    AnotherForPublic,
}

/// Which dead access tokens the data endpoints still know as good, from the time when they were.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Remembered {
    #[default]
    None,
    Expired,
    /// Those that a refresh has replaced.
    Replaced,
    /// Those that a newer login has ended.
    Evicted,
    LoggedOut,
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
    /// 403 where data is.
    ForbiddenForData,
}

/// What becomes of a bad access token.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BadToken {
    #[default]
    Refused,
    /// Only the first 16 characters count.
    FirstCharactersCount,
    /// All characters count but the last one of 43.
    LastCharacterIgnored,
    IgnoresCase,
    RefreshTokenPasses,
    CodePasses,
    /// Refused without `invalid_token`.
    NoErrorKey,
    /// Refused as 403, if it has expired.
    ExpiredIsForbidden,
    /// Refused as 403, if a newer login has ended it.
    EvictedIsForbidden,
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
    /// No word before the token will do too.
    MayBeMissing,
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
    /// Open for public clients.
    OpenForPublic,
    /// Closed, as to a token that is not good: 401.
    Unauthorized,
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
    /// Every pending login at the client.
    ClientsPending,
    /// The newest login of the user and the client, whichever was meant.
    NewestLogin,
    /// Tokens of this login that are given after it.
    TokensGivenLater,
}

/// Who can approve.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Approver {
    /// The user who logged in.
    #[default]
    Owner,
    Anyone,
    /// Anyone, before the code is exchanged.
    AnyoneBeforeExchange,
    /// Whoever has a login of their own waiting at the client.
    WhoeverWaitsToo,
    /// Anyone, if the client is public.
    AnyoneForPublic,
}

/// What a refresh does to a pending approval.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RefreshApproves {
    #[default]
    Nothing,
    Approves,
    /// It approves what has been refreshed before.
    ApprovesTheSecondTime,
    /// It approves what nobody has decided in time.
    ApprovesTheTimedOut,
}

/// What the time in which the whole history is open counts from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HistoryFrom {
    #[default]
    Approval,
    /// The login.
    Login,
    /// The giving of the access token.
    Token,
    /// The user's last approval of anything.
    UsersLastApproval,
}

/// Whether a decision, or its absence, is the last word.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Finality {
    #[default]
    Final,
    ApprovedAfterDenial,
    ApprovedAfterTimeout,
    /// A refresh asks for it anew.
    RefreshAsksAgain,
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
