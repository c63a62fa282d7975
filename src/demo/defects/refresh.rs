//! Defects of refreshing.

use super::{Defect, row};
use crate::demo::rules::{DeadGrant, Filed, Flight, Newest, PublicRefresh, Reuse, Storm};

pub(super) const TABLE: &[Defect] = &[
    row("app.uses-newest-refresh", "the first refresh token is used for ever", |rules| {
        rules.refresh.newest = Newest::FirstStays
    }),
    row(
        "app.uses-newest-refresh:from-the-second",
        "from the second refresh on the refresh token is not replaced",
        |rules| rules.refresh.newest = Newest::StaysFromTheSecond,
    ),
    row("app.uses-newest-refresh:restart", "a restart brings the first refresh token back", |rules| {
        rules.filed = Filed::FirstRefreshToken
    }),
    row("app.never-reuses-refresh", "a refresh token is sent again when no answer came", |rules| {
        rules.refresh.reuse = Reuse::AfterSilence
    }),
    row("app.never-reuses-refresh:server-error", "a refresh token is sent again after a 5xx", |rules| {
        rules.refresh.reuse = Reuse::AfterServerError
    }),
    row(
        "app.never-reuses-refresh:nonsense",
        "a refresh token is sent again after an answer without sense",
        |rules| rules.refresh.reuse = Reuse::AfterNonsense,
    ),
    row(
        "app.never-reuses-refresh:killed",
        "a refresh token is sent again if the app was killed meanwhile",
        |rules| rules.refresh.reuse = Reuse::AfterRestart,
    ),
    row("app.single-flight-refresh", "each request refreshes for itself", |rules| {
        rules.refresh.flight = Flight::Each
    }),
    row(
        "app.single-flight-refresh:queued",
        "requests refresh one after the other, though one refresh would do",
        |rules| rules.refresh.flight = Flight::Queued,
    ),
    row("app.public-reauthenticates", "an empty refresh token is sent", |rules| {
        rules.refresh.public = PublicRefresh::Empty
    }),
    row("app.public-reauthenticates:access-token", "the access token is sent as a refresh token", |rules| {
        rules.refresh.public = PublicRefresh::AccessToken
    }),
    row("app.public-reauthenticates:client-credentials", "the app asks for a token of its own", |rules| {
        rules.refresh.public = PublicRefresh::ClientCredentials
    }),
    row(
        "app.public-reauthenticates:stuck",
        "the dead token is tried with each use, and the user is not asked",
        |rules| rules.refresh.public = PublicRefresh::KeepsDeadToken,
    ),
    row("app.dead-grant-stops", "a refused refresh is repeated, many times", |rules| {
        rules.refresh.dead = DeadGrant::Loops
    }),
    row(
        "app.dead-grant-stops:evicted",
        "a refresh that a newer login has ended is repeated, many times",
        |rules| rules.refresh.dead = DeadGrant::LoopsIfEvicted,
    ),
    row("app.dead-grant-stops:each-use", "a dead refresh token is tried with each use", |rules| {
        rules.refresh.dead = DeadGrant::TriedWithEachUse
    }),
    row("app.dead-grant-stops:timer", "a timer tries a dead refresh token", |rules| {
        rules.refresh.dead = DeadGrant::TriedByTimer
    }),
    row("app.no-storm-on-401", "refreshes and retries until it works", |rules| {
        rules.refresh.storm = Storm::UntilItWorks
    }),
    row("app.no-storm-on-401:three", "three refreshes and three retries", |rules| {
        rules.refresh.storm = Storm::Three
    }),
    row(
        "app.no-storm-on-401:no-refresh",
        "the call is repeated with the refused token, many times",
        |rules| rules.refresh.storm = Storm::CallsAgain,
    ),
    row(
        "app.no-storm-on-401:stuck",
        "after one refused token nothing works any more, not even a new login",
        |rules| rules.refresh.storm = Storm::StuckForEver,
    ),
];
