//! Choices about what a user has allowed third parties: the list of them, disconnection, and what is told of it.

use super::{Gap, Promise};
use crate::reference::ledger::Seconds;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConsentRules {
    pub listing: ConsentListing,
    pub since: ListedSince,
    /// Whether the list says what each third party may read.
    pub access_named: Promise,
    pub reach: DisconnectReach,
    pub spares: DisconnectSpares,
    pub codes: PendingCodes,
    pub under_way: UnderWay,
    /// Whether a disconnection ends an approval that is still to come.
    pub ends_approval: Promise,
    pub reason: ReasonTold,
    /// Whether data endpoints give the reason too.
    pub data_reason: Promise,
    pub reason_reach: ReasonReach,
    pub revives: Revives,
    pub reconnect: Reconnect,
    /// Whether a new connection asks the owner's approval anew.
    pub asks_again: Promise,
}

/// Who stands on the list of connected third parties.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ConsentListing {
    /// Whoever can use, or refresh, what the user allowed.
    #[default]
    Living,
    Nobody,
    /// Those who once could, too.
    EndedToo,
    /// Those that were disconnected, too.
    DisconnectedToo,
    /// Nobody whose access token has expired.
    LiveAccessOnly,
    ConfidentialOnly,
    /// The one that was connected last.
    NewestOnly,
    /// Those of all users.
    EveryonesToo,
}

/// Since when a third party is said to be connected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ListedSince {
    /// Since the owner approved.
    #[default]
    Approval,
    /// Since its last refresh.
    LastToken,
    /// Since now.
    Now,
}

/// What a disconnection ends besides.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DisconnectReach {
    /// Nothing: it is about one user and one client.
    #[default]
    UserAndClient,
    /// All that the user has with any client.
    WholeUser,
    /// All that the client has of any user.
    WholeClient,
    /// The user's codes for other clients.
    OtherCodes,
    /// The approvals that the user has still to give to other clients.
    OtherApprovals,
    /// The user's mandates of other clients.
    OtherMandates,
}

/// Which tokens outlive a disconnection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DisconnectSpares {
    #[default]
    Nothing,
    Access,
    Refresh,
    /// What came of a refresh.
    Refreshed,
    /// Grants whose access token has expired.
    Expired,
    PublicClients,
    /// Grants that the owner has not approved.
    Unapproved,
    /// All, unless the client's newest login is this user's.
    OlderLogins,
    /// All, if the same pair was disconnected before.
    SecondTime,
}

/// What a disconnection does to codes that are not exchanged yet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PendingCodes {
    #[default]
    Die,
    Live,
    /// They live if there are tokens to end as well.
    LiveBesideTokens,
    /// They live if there is no token to end.
    LiveWithoutTokens,
    /// Only the newest dies.
    OlderLive,
    /// Those of public clients live.
    LiveIfPublic,
}

/// What is picked for ending before the lock is let go, so that what comes in between is missed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UnderWay {
    /// Nothing: all of it happens under one lock.
    #[default]
    Nothing,
    Tokens,
    Codes,
}

impl UnderWay {
    /// Between picking and ending.
    pub fn gap(self) -> Gap {
        if self == UnderWay::Nothing { Gap::Closed } else { Gap::Open }
    }
}

/// What a disconnected client is told on its next call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ReasonTold {
    /// That the user disconnected it.
    #[default]
    Told,
    /// What whoever shows a token that nobody issued is told.
    AsUnknown,
    /// Only the status.
    Bare,
    /// That what it shows has expired.
    AsExpired,
    /// The reason, but not for an access token.
    NotOnCalls,
    /// The reason, but not for a refresh token.
    NotOnRefresh,
    /// The reason, but not for a code.
    NotOnExchange,
    NotToPublicClients,
    /// The reason, for so many seconds.
    Until(Seconds),
}

/// Whom the reason reaches besides the client that was disconnected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ReasonReach {
    #[default]
    OwnClient,
    /// Whoever shows the refresh token.
    OthersWithToken,
    /// Whoever shows the code.
    OthersWithCode,
    /// Every client that shows a dead access token of that user.
    UsersOtherClients,
    /// The client itself, for dead access tokens of other users.
    ClientsOtherUsers,
}

/// What a new connection brings back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Revives {
    #[default]
    Nothing,
    Tokens,
    RefreshTokens,
    Codes,
}

/// What a client that was disconnected once gets by a new login.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reconnect {
    #[default]
    Everything,
    /// Its codes are refused.
    NoExchange,
    /// Its refresh tokens are refused.
    NoRefresh,
}
