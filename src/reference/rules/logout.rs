//! Choices about logging out: what it looks like, and what it ends.

use super::Gap;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogoutRules {
    pub access: LogoutTakes,
    pub refresh: LogoutTakes,
    pub reach: LogoutReach,
    pub way: LogoutWay,
    pub token: LogoutToken,
    pub repeated: LogoutRepeated,
    pub late_approval: LateApproval,
    /// Between finding out whose token it is and ending what they have by then, in a bank that forgets the token over it.
    pub reach_gap: Gap,
}

/// What a logout does to the access tokens, or the refresh tokens, of a grant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogoutTakes {
    #[default]
    Kills,
    Spares,
    /// They live on, if they came from a refresh.
    SparesRefreshed,
    /// They live on, if the client is public.
    SparesPublic,
    /// They are dead until the user logs in again.
    UntilNextLogin,
    /// They are dead until the access token would have expired.
    UntilExpiry,
}

/// Whose tokens a logout kills.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogoutReach {
    #[default]
    Grant,
    WholeUser,
    WholeClient,
    /// All of the user's, if it is a public client that logs out.
    WholeUserFromPublic,
    /// The refresh tokens that the user has with other clients.
    UsersRefreshTokens,
}

/// What a logout may look like (Monzo API docs, "Log Out").
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogoutWay {
    /// POST with the token in the header.
    #[default]
    PostWithHeader,
    /// GET too.
    GetToo,
    /// Whatever the verb.
    AnyVerb,
    /// The token in the form body too.
    BodyToo,
    /// The token in the query too.
    QueryToo,
    /// The token in a cookie too.
    CookieToo,
    /// Without a token it says 200 as well.
    TokenOptional,
}

/// What names the grant that is logged out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogoutToken {
    #[default]
    AccessToken,
    /// Its refresh token too.
    RefreshTokenToo,
    /// The code that it came from too.
    CodeToo,
    /// The first 16 characters of its access token.
    FirstCharacters,
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
    /// 404.
    NotFound,
}

/// What an approval does that comes after the logout of what it is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LateApproval {
    #[default]
    Nothing,
    Revives,
    /// It brings the refresh token back.
    RevivesRefresh,
}
