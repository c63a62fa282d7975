//! Defects of payment mandates.

use super::{Defect, row};
use crate::reference::rules::{Cancellable, Cancelled, ListedTerms, MandateListing, Orphans, Payer};

pub(super) const TABLE: &[Defect] = &[
    row("mandate.listed", "mandates are not listed", |rules| rules.mandate.listing = MandateListing::Nothing),
    row("mandate.listed:newest-only", "only the newest mandate is listed", |rules| {
        rules.mandate.listing = MandateListing::NewestOnly
    }),
    row("mandate.listed:other-users", "the mandates of all users are listed", |rules| {
        rules.mandate.listing = MandateListing::EveryonesToo
    }),
    row("mandate.listed:cancelled-too", "a cancelled mandate is still listed as active", |rules| {
        rules.mandate.listing = MandateListing::CancelledToo
    }),
    row("mandate.listed:unpaid-only", "a mandate is not listed once a payment was taken", |rules| {
        rules.mandate.listing = MandateListing::UnpaidOnly
    }),
    row("mandate.listed:no-payee", "the list does not say who is paid", |rules| {
        rules.mandate.terms = ListedTerms::NoPayee
    }),
    row("mandate.listed:no-amount", "the list does not say how much", |rules| {
        rules.mandate.terms = ListedTerms::NoAmount
    }),
    row("mandate.listed:no-period", "the list does not say how often", |rules| {
        rules.mandate.terms = ListedTerms::NoPeriod
    }),
    row("mandate.listed:no-client", "the list does not say which third party", |rules| {
        rules.mandate.terms = ListedTerms::NoClient
    }),
    row("mandate.listed:newest-amount", "the newest mandate's amount stands at all of them", |rules| {
        rules.mandate.terms = ListedTerms::NewestAmount
    }),
    row("mandate.cancel", "a cancelled mandate takes payments", |rules| {
        rules.mandate.cancelled = Cancelled::Payments
    }),
    row(
        "mandate.cancel:until-next-period",
        "a cancelled mandate takes a payment until its period ends",
        |rules| rules.mandate.cancelled = Cancelled::ThisPeriod,
    ),
    row(
        "mandate.cancel:this-period-only",
        "a cancelled mandate takes payments from the next period on",
        |rules| rules.mandate.cancelled = Cancelled::LaterPeriods,
    ),
    row("mandate.cancel:new-tokens", "a cancelled mandate takes payments by tokens given later", |rules| {
        rules.mandate.cancelled = Cancelled::WithNewTokens
    }),
    row(
        "mandate.cancel:while-pending",
        "a mandate that was cancelled before its approval can be approved all the same",
        |rules| rules.mandate.cancellable = Cancellable::OnceApproved,
    ),
    row("mandate.cancel:before-payments", "a mandate can't be cancelled once a payment was taken", |rules| {
        rules.mandate.cancellable = Cancellable::BeforePayments
    }),
    row(
        "mandate.cancel:while-connected",
        "a mandate can't be cancelled once its client has logged out",
        |rules| rules.mandate.cancellable = Cancellable::WhileConnected,
    ),
    row("mandate.outlives-nothing", "a disconnected client takes payments with its old token", |rules| {
        rules.mandate.orphans = Orphans::Untouched;
        rules.mandate.payer = Payer::DisconnectedToo;
    }),
    row(
        "mandate.outlives-nothing:other-users-token",
        "a disconnected client takes payments with another user's token",
        |rules| {
            rules.mandate.orphans = Orphans::Untouched;
            rules.mandate.payer = Payer::AnyUsers;
        },
    ),
    row(
        "mandate.outlives-nothing:still-active",
        "mandates stay active when their client is disconnected",
        |rules| rules.mandate.orphans = Orphans::Untouched,
    ),
    row(
        "mandate.outlives-nothing:newest-only",
        "a disconnection cancels only the client's newest mandate",
        |rules| rules.mandate.orphans = Orphans::NewestCancelled,
    ),
    row(
        "mandate.outlives-nothing:pending",
        "a mandate that waited for its approval can be approved after the disconnection",
        |rules| rules.mandate.orphans = Orphans::PendingUntouched,
    ),
];
