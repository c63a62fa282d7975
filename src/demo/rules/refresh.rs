//! Choices of refreshing.

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RefreshRules {
    pub newest: Newest,
    pub reuse: Reuse,
    pub flight: Flight,
    pub public: PublicRefresh,
    pub dead: DeadGrant,
    pub storm: Storm,
}

/// Which refresh token is kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Newest {
    #[default]
    Kept,
    /// The first one stays for ever.
    FirstStays,
    /// From the second refresh on, the one before stays.
    StaysFromTheSecond,
}

/// When a refresh token is sent again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reuse {
    #[default]
    Never,
    /// When its answer got lost.
    AfterSilence,
    /// When its answer was a 5xx.
    AfterServerError,
    /// When the app was killed before the answer came.
    AfterRestart,
    /// When the answer made no sense.
    AfterNonsense,
}

/// How many refreshes may be under way for one user.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Flight {
    #[default]
    Single,
    /// Each request refreshes for itself.
    Each,
    /// One after the other, though the first one would do.
    Queued,
}

/// What is done without a refresh token.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PublicRefresh {
    #[default]
    AsksUser,
    /// An empty one is sent.
    Empty,
    /// The access token is sent in its place.
    AccessToken,
    /// The app asks for a token of its own.
    ClientCredentials,
    /// The dead access token is kept, and sent again with each use.
    KeepsDeadToken,
}

/// What a refused refresh leads to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DeadGrant {
    #[default]
    Stops,
    /// The same again, many times.
    Loops,
    /// The tokens stay, and are tried with each use.
    TriedWithEachUse,
    /// The same again if a newer login pushed it out.
    LoopsIfEvicted,
    /// A timer tries again.
    TriedByTimer,
}

/// What a call does whose token is refused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Storm {
    #[default]
    OneRefreshOneRetry,
    /// Refresh and retry until it works.
    UntilItWorks,
    /// Three refreshes and three retries.
    Three,
    /// The same call again, many times, without a refresh.
    CallsAgain,
    /// Nothing ever again, not even after a new login.
    StuckForEver,
}
