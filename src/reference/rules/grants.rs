//! Choices about the life of a grant: refreshing, newer logins, clients without a secret.

use super::{Binding, Gap, Reuse};

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RefreshRules {
    pub reuse: Reuse,
    pub rotation: Rotation,
    pub old_access: OldAccess,
    pub after_expiry: AfterExpiry,
    /// Between finding a refresh token good and marking it spent.
    pub spend_gap: Gap,
    /// The same when the access token has expired.
    pub late_spend_gap: Gap,
    /// Between marking it spent and issuing what follows.
    pub issue_gap: Gap,
    pub reuse_revokes: ReuseRevokes,
    pub client: Binding,
    pub failed_attempt: FailedAttempt,
    pub extras: Extras,
    pub refusal: RefreshRefusal,
    pub kind: RefreshKind,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PublicRules {
    pub refresh_token: PublicRefreshToken,
    pub refresh_grant: PublicRefreshGrant,
    pub downgrade: Downgrade,
    pub works: PublicWorks,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OneRules {
    pub access: Takeover,
    pub refresh: Takeover,
    pub reach: EvictionReach,
    pub refresh_reach: RefreshReach,
    pub moment: EvictionMoment,
    /// Between picking the tokens to kill and killing them.
    pub evict_gap: Gap,
    /// Between giving new tokens and killing all others, in a bank that does it in this order.
    pub late_evict_gap: Gap,
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
    /// The same from the second refresh on.
    SameFromTheSecond,
    /// No refresh token, if the access token had expired.
    NoneAfterExpiry,
}

/// What a refresh does to the access token before it (Monzo API docs, "Refreshing access").
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OldAccess {
    #[default]
    Dies,
    LivesOn,
    /// It lives on, if it came from a refresh itself.
    LivesOnIfRefreshed,
}

/// Whether a refresh works when the access token has expired, which is what it is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AfterExpiry {
    #[default]
    Works,
    Refused,
    /// It does not, if that access token came from a refresh.
    RefusedIfRefreshed,
}

/// What a try by its own client, that can't show its secret, does to a refresh token.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FailedAttempt {
    #[default]
    Nothing,
    BurnsIt,
    /// It burns it, if no secret was shown at all.
    BurnsItWithoutSecret,
    /// It burns it, if the access token has expired.
    BurnsItAfterExpiry,
}

/// What the reuse of a spent refresh token does to its family (RFC 9700 §4.14.2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ReuseRevokes {
    #[default]
    Family,
    Nothing,
    AccessOnly,
    /// The tokens that came from it, but not those that were refreshed from these.
    NextGenerationOnly,
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
    /// `approved` does.
    ApprovedHonoured,
    /// The refresh token says which client has to show its secret, `client_id` whose token it will be.
    ClientIdHonoured,
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
    /// 500 if there is none at all.
    BreaksIfMissing,
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
    /// Issued to who has logged in before.
    IssuedTheSecondTime,
    /// Issued to who has one with a confidential client.
    IssuedBesideAnother,
}

/// Whether the refresh grant is open to public clients (Monzo API docs, "Refreshing access").
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PublicRefreshGrant {
    #[default]
    Closed,
    /// With anybody's refresh token.
    Open,
    /// With a refresh token of a user who has logged in to them.
    OpenForTheirUsers,
    /// With a refresh token that they were given themselves.
    OpenForTheirOwn,
}

/// Whether a confidential client passes as a public one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Downgrade {
    #[default]
    Never,
    /// If it shows no secret.
    WithoutSecret,
    /// If it shows no secret, to refresh.
    WithoutSecretAtRefresh,
    /// If it shows what looks like a public client's secret.
    ByLookOfSecret,
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
    /// Their exchanges are refused for a user whose token has expired.
    NoReturn,
}

/// What an exchange does to an earlier access token, or an earlier refresh token, of the same user and client.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Takeover {
    #[default]
    Kills,
    Spares,
    /// It lives on, if it came from a refresh.
    SparesRefreshed,
    /// It lives on, if it did not come from a refresh.
    SparesUnrefreshed,
    /// It dies when the new login is approved.
    KillsOnceApproved,
    /// It dies, if it is of the first login.
    KillsTheFirst,
    /// It dies, if the user has logged in nowhere else since.
    KillsTheUsersNewest,
    /// It lives on, if the client is public.
    SparesPublic,
    /// It dies, but comes back when its own login is approved.
    KillsUntilApproved,
    /// It dies, if it came from the node that the new login came to.
    KillsAtTheSameNode,
    /// It dies, if no other user has logged in to the client since.
    KillsTheClientsNewest,
    /// It lives on, if the access token beside it has expired.
    SparesExpired,
}

/// Whose tokens a refresh kills beside those of its own grant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RefreshReach {
    #[default]
    Grant,
    /// Those of all users of the client.
    WholeClient,
    /// Those of all clients of the user.
    WholeUser,
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
    /// As soon as the login page is opened, for the user who was there last.
    Opening,
    /// At an exchange that fails because the client can't show its secret.
    FailedAuthentication,
    /// At any try of a code, whoever makes it.
    AnyAttempt,
}
