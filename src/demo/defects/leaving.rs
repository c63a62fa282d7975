//! Defects of a disconnection.

use super::{Defect, row};
use crate::demo::rules::{Discard, Filed, LateRefresh, Logout, Stored};

pub(super) const TABLE: &[Defect] = &[
    row("app.logout-on-disconnect", "the bank is not told", |rules| rules.leaving.logout = Logout::Never),
    row(
        "app.logout-on-disconnect:wrong-path",
        "the bank is told at an address that it does not have",
        |rules| rules.leaving.logout = Logout::WrongPath,
    ),
    row(
        "app.logout-on-disconnect:failure-ignored",
        "a bank that could not take the logout is not told again",
        |rules| rules.leaving.logout = Logout::FailureIgnored,
    ),
    row(
        "app.logout-on-disconnect:first-token",
        "the bank is told with the token of the login, which a refresh has ended",
        |rules| rules.leaving.logout = Logout::WithTheFirstToken,
    ),
    row("app.logout-on-disconnect:no-token", "the bank is told without the token", |rules| {
        rules.leaving.logout = Logout::WithoutToken
    }),
    row("app.logout-on-disconnect:get", "the bank is told by GET", |rules| {
        rules.leaving.logout = Logout::ByGet
    }),
    row("app.discards-on-disconnect", "the tokens are kept, and work on", |rules| {
        rules.leaving.discard = Discard::Nothing
    }),
    row("app.discards-on-disconnect:timer", "a timer goes on reading", |rules| {
        rules.leaving.discard = Discard::TimerGoesOn
    }),
    row("app.discards-on-disconnect:restart", "a restart brings the tokens back", |rules| {
        rules.filed = Filed::DiscardedTokens
    }),
    row("app.discards-on-disconnect:refresh-token", "the refresh token is kept", |rules| {
        rules.leaving.discard = Discard::NotTheRefreshToken
    }),
    row("app.discards-on-disconnect:worker", "another worker keeps its copy of the tokens", |rules| {
        rules.leaving.discard = Discard::NotTheOtherWorker
    }),
    row(
        "app.discards-on-disconnect:unreachable",
        "the tokens are kept if the bank could not be told",
        |rules| rules.leaving.discard = Discard::OnlyWhenTold,
    ),
    row("app.deletes-data-on-disconnect", "what was read is still shown", |rules| {
        rules.leaving.stored = Stored::Kept
    }),
    row("app.disconnect-races-refresh", "a refresh that was under way brings the tokens back", |rules| {
        rules.leaving.race = LateRefresh::Kept
    }),
    row(
        "app.disconnect-races-refresh:not-told",
        "the tokens of a refresh that was under way live on at the bank",
        |rules| rules.leaving.race = LateRefresh::Forgotten,
    ),
];
