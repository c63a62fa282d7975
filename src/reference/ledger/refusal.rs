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
    #[error("The user disconnected your app: only a new login that they approve gives it access again")]
    DisconnectedAccessToken,
    #[error("The user disconnected your app: it can be refreshed no more, only connected again")]
    DisconnectedRefreshToken,
    #[error("The user disconnected your app: codes from before can be exchanged no more")]
    DisconnectedCode,
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
    #[error("this is not the PIN: {left} more tries")]
    WrongPin { left: u8 },
    #[error("this was not the PIN for the fifth time: the request is refused")]
    TooManyPins,
    #[error("there are as many clients as can be registered")]
    TooManyClients,
    #[error("only the user who logged in can decide this")]
    NotTheOwner,
    #[error("the account's owner has to confirm that your app may go on reading: 90 days have passed")]
    ConfirmationDue,
    #[error("the user has not connected this client, or has not approved it")]
    NotConnected,
    #[error("no mandate of this user and client has this id")]
    UnknownMandate,
    #[error("the user has not approved this mandate")]
    MandateNotApproved,
    #[error("The user cancelled this mandate")]
    MandateCancelled,
    #[error("the mandate does not allow this amount")]
    OverMandate,
    #[error("the mandate's payment of this period has been taken already")]
    TooOften,
    #[error("the mandate is over, or was never approved")]
    MandateOver,
    /// Only a defective bank says this.
    #[error("no")]
    Unexplained,
    /// Only a defective bank says this.
    #[error("something went wrong on our side")]
    Breakdown,
}
