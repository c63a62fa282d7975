//! Every reason why the ledger says no. What that looks like on the wire is the routes' affair.

use thiserror::Error;

#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Refusal {
    #[error("no client has this id")]
    UnknownClient,
    #[error("the client did not prove who it is")]
    BadClientSecret,
    #[error("clients that can't keep a secret may not use refresh tokens")]
    PublicRefresh,
    #[error("the authorization code is not valid")]
    BadCode,
    #[error("the authorization code has been used already")]
    UsedCode,
    #[error("the authorization code has expired")]
    ExpiredCode,
    #[error("the redirect URI is not the one that the code was asked for with")]
    OtherRedirectUri,
    #[error("the refresh token is not valid")]
    BadRefreshToken,
    #[error("the refresh token has been evicted due to a login elsewhere")]
    EvictedRefreshToken,
    #[error("the access token is not valid")]
    BadAccessToken,
    #[error("Access token has expired")]
    ExpiredAccessToken,
    #[error("Access token has been evicted due to a login elsewhere")]
    EvictedAccessToken,
    #[error("the account's owner has not approved access")]
    NotApproved { client_id: String, user_id: String },
    #[error("transactions older than 90 days need a fresh approval")]
    HistoryClosed,
    #[error("no account of this user has this id")]
    UnknownAccount,
    #[error("no login has this id")]
    UnknownLogin,
    #[error("the login is over")]
    LoginOver,
    #[error("nothing is pending here any more")]
    ApprovalOver,
    #[error("only the user who logged in can decide this")]
    NotTheOwner,
    /// Only a defective bank says this.
    #[error("something went wrong on our side")]
    Breakdown,
}
