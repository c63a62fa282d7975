//! Choices of a disconnection.

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LeavingRules {
    pub logout: Logout,
    pub discard: Discard,
    pub stored: Stored,
    pub race: LateRefresh,
}

/// How the bank learns of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Logout {
    /// By a logout, which is repeated later if the bank could not take it.
    #[default]
    Told,
    Never,
    /// Sent to an address that the bank doesn't have, and the 404 is ignored.
    WrongPath,
    /// Sent once; a failure is ignored.
    FailureIgnored,
    /// Sent without the token.
    WithoutToken,
    /// Sent by GET.
    ByGet,
    /// Sent with the access token of the login, though it has been refreshed since.
    WithTheFirstToken,
}

/// What is left of the tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Discard {
    #[default]
    Everything,
    /// All of them, behind a page that says they are gone.
    Nothing,
    /// A timer goes on reading.
    TimerGoesOn,
    /// The refresh token.
    NotTheRefreshToken,
    /// The copy of another worker.
    NotTheOtherWorker,
    /// All of them if the bank could not be told.
    OnlyWhenTold,
}

/// What is left of what was read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Stored {
    #[default]
    Deleted,
    Kept,
}

/// What happens to tokens that a refresh brings after the disconnection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LateRefresh {
    /// They are not kept, and the bank is told.
    #[default]
    LoggedOut,
    Kept,
    /// They are not kept, but live on at the bank.
    Forgotten,
}
