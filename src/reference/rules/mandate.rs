//! Choices about payment mandates.

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MandateRules {
    pub listing: MandateListing,
    pub terms: ListedTerms,
    pub cancelled: Cancelled,
    pub cancellable: Cancellable,
    pub orphans: Orphans,
    pub payer: Payer,
}

/// Which mandates the user sees as active.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MandateListing {
    /// The user's own that can take payments.
    #[default]
    Active,
    Nothing,
    /// The newest of them.
    NewestOnly,
    /// Those of all users.
    EveryonesToo,
    /// Cancelled ones too.
    CancelledToo,
    /// Those that have taken no payment yet.
    UnpaidOnly,
}

/// What the list says of a mandate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ListedTerms {
    #[default]
    Whole,
    NoPayee,
    NoAmount,
    NoPeriod,
    NoClient,
    /// The amount of the newest mandate stands at all of them.
    NewestAmount,
}

/// What a cancelled mandate still takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Cancelled {
    #[default]
    Nothing,
    Payments,
    /// Payments of the period in which it was cancelled.
    ThisPeriod,
    /// Payments of later periods.
    LaterPeriods,
    /// Payments with tokens that were given afterwards.
    WithNewTokens,
}

/// When the user can cancel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Cancellable {
    #[default]
    AtWill,
    /// Not once a payment was taken.
    BeforePayments,
    /// Not once the third party has logged out.
    WhileConnected,
    /// Not while it waits for its approval: that it was cancelled is said, and forgotten.
    OnceApproved,
}

/// What becomes of mandates when their third party is disconnected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Orphans {
    #[default]
    Cancelled,
    Untouched,
    /// Only the newest one is cancelled.
    NewestCancelled,
    /// What is not approved yet can be approved all the same.
    PendingUntouched,
}

/// Whose token can take a payment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Payer {
    /// A live one of the mandate's own user and client.
    #[default]
    Live,
    /// One that the user has disconnected, too.
    DisconnectedToo,
    /// One of another user of the client, too.
    AnyUsers,
}
