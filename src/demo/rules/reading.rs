//! Choices of reading from the bank.

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReadingRules {
    pub pending: Pending,
    pub pace: Pace,
    pub revoked: Revoked,
    pub identity: Identity,
}

/// What a call does before the owner has approved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pending {
    #[default]
    PollsAndEnds,
    /// As if the token were bad: refresh.
    Refreshes,
    /// A new login.
    LogsInAgain,
    PollsForEver,
    /// Without a pause between the calls.
    Hammers,
    /// The tokens are discarded.
    Discards,
}

/// How the app treats a bank that is busy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pace {
    #[default]
    BacksOff,
    /// After a 429 the same at once, many times.
    AtOnceAfterThrottle,
    /// After a 5xx the same at once, many times.
    AtOnceAfterServerError,
    /// Waits, but not as long as `Retry-After` says.
    IgnoresRetryAfter,
    /// After a 429 to a refresh the same at once, many times.
    AtOnceWhenRefreshing,
}

/// What the news leads to that the user has disconnected the app in the bank.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Revoked {
    #[default]
    DiscardsAndSaysWhy,
    /// The call is repeated, many times.
    Hammers,
    /// The browser is sent to the bank for a new login.
    LogsInAgain,
    /// The tokens are discarded, and nothing is said.
    SaysNothing,
    /// The tokens are kept, and tried with each use.
    KeepsTokens,
}

/// Whom the app takes its user for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Identity {
    /// Whom both the token answer and whoami name.
    #[default]
    Checked,
    /// Whom the token answer named, whatever whoami says.
    WhoamiIgnored,
    /// Whom whoami names, whatever the token answer named.
    WhoamiOnly,
    /// Whom whoami named first to anybody.
    FirstOfAll,
    /// Accounts that were read for one user are shown to the next.
    SharedCache,
}
