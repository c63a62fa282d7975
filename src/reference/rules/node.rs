//! Choices of a bank that runs on several machines, is started anew, and has more requests than it can answer.

use std::time::Duration;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NodeRules {
    pub unheard: Unheard,
    /// How long the other nodes have not heard of it. `None`: they never do.
    pub lag: Option<Duration>,
    pub forgets: Forgets,
    pub throttled: Throttled,
}

/// What happens at one node without the others hearing of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Unheard {
    #[default]
    Nothing,
    /// The end of an access token.
    Ends,
    /// … by a logout.
    Logouts,
    /// … by a refresh.
    Refreshes,
    /// … by a newer login.
    Logins,
    /// … by its owner, who disconnects the client.
    Disconnections,
    /// … of a public client.
    PublicEnds,
    /// … that came from a refresh.
    RefreshedEnds,
    /// The end of an access token, where data is; whoami knows.
    EndsWhereDataIs,
    /// The end of an access token at any node but the first.
    EndsAtOthers,
    /// That a refresh token was used.
    SpentRefreshTokens,
    /// That a refresh token was ended, by anything but its use.
    DeadRefreshTokens,
    /// That a code was used.
    UsedCodes,
    /// That its owner cancelled a mandate.
    CancelledMandates,
}

/// What a restart makes the bank forget.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Forgets {
    #[default]
    Nothing,
    /// That access tokens were ended, by whatever.
    Ends,
    /// … by a refresh.
    Replacements,
    /// … by a newer login.
    Evictions,
    /// Logouts.
    Logouts,
    /// That refresh tokens were ended by a logout.
    RefreshLogouts,
    /// Disconnections.
    Disconnections,
    /// That a refresh token was used.
    SpentRefreshTokens,
    /// That a code was used.
    UsedCodes,
    /// That its owner cancelled a mandate.
    CancelledMandates,
    /// When access tokens that have expired by then were to expire.
    Expiries,
    /// Access tokens that live.
    LiveAccess,
    /// Access tokens that live and came from a refresh.
    LiveRefreshedAccess,
    /// Refresh tokens that live.
    LiveRefresh,
    /// That its owner approved a login.
    Approvals,
    /// That a login still waits for its owner's approval.
    Waiting,
}

/// What a request does that is turned away with 429 (RFC 6585 §4).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Throttled {
    #[default]
    Nothing,
    /// All that it would have done.
    Everything,
    /// All that it would have done, if it is a refresh.
    Refreshes,
    /// A refresh counts as one, and as the reuse of its token.
    CountsAsReuse,
    /// All that it would have done, if it is an exchange.
    Exchanges,
    /// All that it would have done, if it is a logout.
    Logouts,
    /// All that it would have done, if it is a payment.
    Payments,
    /// It logs its access token out.
    LogsOut,
}
