//! Defects of reading.

use super::{Defect, row};
use crate::demo::rules::{Identity, Pace, Pending, Revoked};

pub(super) const TABLE: &[Defect] = &[
    row("app.pending-sca", "a token that waits for approval is refreshed", |rules| {
        rules.reading.pending = Pending::Refreshes
    }),
    row(
        "app.pending-sca:new-login",
        "while the approval is due, the user is sent to the bank again",
        |rules| rules.reading.pending = Pending::LogsInAgain,
    ),
    row("app.pending-sca:endless", "the app looks for ever whether the owner has approved", |rules| {
        rules.reading.pending = Pending::PollsForEver
    }),
    row("app.pending-sca:hammers", "the app looks whether the owner has approved without a pause", |rules| {
        rules.reading.pending = Pending::Hammers
    }),
    row("app.pending-sca:discards", "a token that waits for approval is discarded", |rules| {
        rules.reading.pending = Pending::Discards
    }),
    row("app.backs-off", "after a 429 the same is sent at once, many times", |rules| {
        rules.reading.pace = Pace::AtOnceAfterThrottle
    }),
    row("app.backs-off:server-error", "after a 5xx the same is sent at once, many times", |rules| {
        rules.reading.pace = Pace::AtOnceAfterServerError
    }),
    row("app.backs-off:retry-after", "the app does not wait as long as the bank asks", |rules| {
        rules.reading.pace = Pace::IgnoresRetryAfter
    }),
    row(
        "app.backs-off:refresh",
        "a refresh that the bank turned away with 429 is sent again at once, many times",
        |rules| rules.reading.pace = Pace::AtOnceWhenRefreshing,
    ),
    row(
        "app.revoked-by-user",
        "a call that was refused because the user has disconnected is repeated, many times",
        |rules| rules.reading.revoked = Revoked::Hammers,
    ),
    row(
        "app.revoked-by-user:new-login",
        "a user who has disconnected at the bank is sent there again",
        |rules| rules.reading.revoked = Revoked::LogsInAgain,
    ),
    row(
        "app.revoked-by-user:silent",
        "a user who has disconnected at the bank is not told why nothing works",
        |rules| rules.reading.revoked = Revoked::SaysNothing,
    ),
    row(
        "app.revoked-by-user:keeps",
        "tokens that the user has revoked are kept, and tried with each use",
        |rules| rules.reading.revoked = Revoked::KeepsTokens,
    ),
    row("app.no-user-mix-up", "what whoami says is not looked at", |rules| {
        rules.reading.identity = Identity::WhoamiIgnored
    }),
    row(
        "app.no-user-mix-up:whoami",
        "whoever whoami names is shown, though the token is another's",
        |rules| rules.reading.identity = Identity::WhoamiOnly,
    ),
    row("app.no-user-mix-up:first", "everybody is shown as the first user", |rules| {
        rules.reading.identity = Identity::FirstOfAll
    }),
    row("app.no-user-mix-up:cache", "everybody is shown the first user's accounts", |rules| {
        rules.reading.identity = Identity::SharedCache
    }),
];
