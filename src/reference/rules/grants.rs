//! Choices about the life of a grant: refreshing, newer logins, logging out, clients without a secret.

use super::{Binding, Gap, Promise, Reuse};

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RefreshRules {
    pub reuse: Reuse,
    pub rotation: Rotation,
    /// Whether the access token before it dies.
    pub kills_old_access: Promise,
    /// Whether a refresh still works when the access token has expired.
    pub works_after_expiry: Promise,
    /// Between finding a refresh token good and marking it spent.
    pub spend_gap: Gap,
    /// Between marking it spent and issuing what follows.
    pub issue_gap: Gap,
    pub reuse_revokes: ReuseRevokes,
    pub client: Binding,
    /// Whether a try with a wrong secret leaves the token as it was.
    pub failed_attempt_keeps_token: Promise,
    pub extras: Extras,
    pub refusal: RefreshRefusal,
    pub kind: RefreshKind,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PublicRules {
    pub refresh_token: PublicRefreshToken,
    /// Whether the refresh grant is closed to public clients.
    pub refresh_grant_refused: Promise,
    /// Whether a confidential client without its secret is refused, instead of passing as a public one.
    pub no_downgrade: Promise,
    pub works: PublicWorks,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OneRules {
    /// Whether an exchange kills earlier access tokens.
    pub kills_access: Promise,
    /// Whether an exchange kills earlier refresh tokens.
    pub kills_refresh: Promise,
    pub reach: EvictionReach,
    pub moment: EvictionMoment,
    /// Between picking the tokens to kill and killing them.
    pub evict_gap: Gap,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogoutRules {
    pub kills_access: Promise,
    pub kills_refresh: Promise,
    pub reach: LogoutReach,
    pub way: LogoutWay,
    pub repeated: LogoutRepeated,
    /// Whether logging out ends an approval that is still to come.
    pub ends_approval: Promise,
}

/// What a refresh gives (Monzo API docs, "Refreshing access").
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Rotation {
    /// A new access token and a new refresh token.
    #[default]
    Both,
    /// No refresh token.
    NoRefreshToken,
    /// The refresh token that was used, which goes on working.
    SameRefreshToken,
}

/// What the reuse of a spent refresh token does to its family (RFC 9700 §4.14.2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ReuseRevokes {
    #[default]
    Family,
    Nothing,
    AccessOnly,
}

/// What parameters beyond the documented ones do to a refresh (RFC 6749 §6).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Extras {
    #[default]
    Ignored,
    /// `user_id` chooses whose token it will be.
    UserIdHonoured,
    /// `scope` brings the approval along.
    ScopeApproves,
}

/// How a bad refresh token is refused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RefreshRefusal {
    /// 401 with `invalid_grant`.
    #[default]
    InvalidGrant,
    /// 401 and not a word.
    Bare,
    /// 500.
    Breaks,
}

/// What passes as a refresh token.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RefreshKind {
    #[default]
    RefreshOnly,
    AccessToo,
    CodeToo,
}

/// What a public client gets for a refresh token (Monzo API docs, "Client confidentiality").
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PublicRefreshToken {
    #[default]
    Absent,
    Issued,
    EmptyText,
}

/// Whether public clients are served.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PublicWorks {
    #[default]
    Fully,
    /// Their exchanges are refused.
    NoExchange,
    /// Their calls are refused.
    NoCalls,
}

/// Whose earlier tokens an exchange kills.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum EvictionReach {
    /// Those of the same user and the same client.
    #[default]
    UserAndClient,
    /// Those of all users of the client.
    WholeClient,
    /// Those of all clients of the user.
    WholeUser,
}

/// When earlier tokens die.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum EvictionMoment {
    #[default]
    Exchange,
    /// As soon as the user has logged in, whatever the answer.
    Login,
    /// Also when the user says no.
    Denial,
}

/// Whose tokens a logout kills.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogoutReach {
    #[default]
    Grant,
    WholeUser,
    WholeClient,
}

/// What a logout may look like (Monzo API docs, "Log Out").
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogoutWay {
    /// POST with the token in the header.
    #[default]
    PostWithHeader,
    /// GET too.
    GetToo,
    /// The token in the form body too.
    BodyToo,
    /// The token in the query too.
    QueryToo,
    /// Without a token it says 200 as well.
    TokenOptional,
}

/// What a second logout with the same token does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogoutRepeated {
    /// 401, and nothing else.
    #[default]
    Refused,
    /// It kills what the user and the client have by now.
    KillsNewer,
    /// 500.
    Breaks,
}
