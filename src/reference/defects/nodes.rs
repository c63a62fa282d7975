//! Defects of a bank on several machines, of one that is started anew, and of one with more requests than it can answer.

use std::time::Duration;

use super::{Defect, row};
use crate::reference::rules::{Forgets, Throttled, Unheard};

/// Long enough to be met by whoever asks the other node next, on a busy machine too.
const LAG: Duration = Duration::from_millis(750);

pub(super) const TABLE: &[Defect] = &[
    row(
        "node.invalidation-everywhere",
        "the other nodes never hear that an access token was ended",
        |rules| rules.node.unheard = Unheard::Ends,
    ),
    row(
        "node.invalidation-everywhere:late",
        "the other nodes hear 750 ms late that an access token was ended",
        |rules| {
            rules.node.unheard = Unheard::Ends;
            rules.node.lag = Some(LAG);
        },
    ),
    row("node.invalidation-everywhere:logout", "the other nodes never hear of a logout", |rules| {
        rules.node.unheard = Unheard::Logouts
    }),
    row(
        "node.invalidation-everywhere:refresh",
        "the other nodes never hear that a refresh has replaced an access token",
        |rules| rules.node.unheard = Unheard::Refreshes,
    ),
    row(
        "node.invalidation-everywhere:new-login",
        "the other nodes never hear that a newer login has ended an access token",
        |rules| rules.node.unheard = Unheard::Logins,
    ),
    row(
        "node.invalidation-everywhere:disconnection",
        "the other nodes never hear that an access token was disconnected",
        |rules| rules.node.unheard = Unheard::Disconnections,
    ),
    row(
        "node.invalidation-everywhere:public",
        "the other nodes never hear that a public client's access token was ended",
        |rules| rules.node.unheard = Unheard::PublicEnds,
    ),
    row(
        "node.invalidation-everywhere:refreshed",
        "the other nodes never hear that an access token was ended that came from a refresh",
        |rules| rules.node.unheard = Unheard::RefreshedEnds,
    ),
    row(
        "node.invalidation-everywhere:data",
        "the other nodes never hear where data is that an access token was ended; whoami knows",
        |rules| rules.node.unheard = Unheard::EndsWhereDataIs,
    ),
    row(
        "node.invalidation-everywhere:from-the-second",
        "what ends an access token at the second node is never heard of at the first",
        |rules| rules.node.unheard = Unheard::EndsAtOthers,
    ),
    row(
        "node.invalidation-everywhere:spent-refresh-token",
        "the other nodes never hear that a refresh token was used",
        |rules| rules.node.unheard = Unheard::SpentRefreshTokens,
    ),
    row(
        "node.invalidation-everywhere:dead-refresh-token",
        "the other nodes never hear that a refresh token was ended",
        |rules| rules.node.unheard = Unheard::DeadRefreshTokens,
    ),
    row("node.invalidation-everywhere:code", "the other nodes never hear that a code was used", |rules| {
        rules.node.unheard = Unheard::UsedCodes
    }),
    row(
        "node.invalidation-everywhere:mandate",
        "the other nodes never hear that a mandate was cancelled",
        |rules| rules.node.unheard = Unheard::CancelledMandates,
    ),
    row("restart.dead-stays-dead", "a restart brings every ended access token back", |rules| {
        rules.node.forgets = Forgets::Ends
    }),
    row(
        "restart.dead-stays-dead:replaced",
        "a restart brings access tokens back that were refreshed",
        |rules| rules.node.forgets = Forgets::Replacements,
    ),
    row(
        "restart.dead-stays-dead:evicted",
        "a restart brings access tokens back that a newer login had ended",
        |rules| rules.node.forgets = Forgets::Evictions,
    ),
    row("restart.dead-stays-dead:logout", "a restart forgets logouts", |rules| {
        rules.node.forgets = Forgets::Logouts
    }),
    row(
        "restart.dead-stays-dead:logout-refresh",
        "after a restart refresh tokens work that were logged out",
        |rules| rules.node.forgets = Forgets::RefreshLogouts,
    ),
    row("restart.dead-stays-dead:disconnection", "a restart forgets disconnections", |rules| {
        rules.node.forgets = Forgets::Disconnections
    }),
    row(
        "restart.dead-stays-dead:used-refresh-token",
        "a restart forgets that refresh tokens were used",
        |rules| rules.node.forgets = Forgets::SpentRefreshTokens,
    ),
    row("restart.dead-stays-dead:used-code", "a restart forgets that codes were used", |rules| {
        rules.node.forgets = Forgets::UsedCodes
    }),
    row("restart.dead-stays-dead:mandate", "a restart forgets that mandates were cancelled", |rules| {
        rules.node.forgets = Forgets::CancelledMandates
    }),
    row("restart.dead-stays-dead:expired", "after a restart expired access tokens work", |rules| {
        rules.node.forgets = Forgets::Expiries
    }),
    row("restart.dead-stays-dead:lost-access", "a restart loses every access token", |rules| {
        rules.node.forgets = Forgets::LiveAccess
    }),
    row(
        "restart.dead-stays-dead:lost-refreshed",
        "a restart loses access tokens that came from a refresh",
        |rules| rules.node.forgets = Forgets::LiveRefreshedAccess,
    ),
    row("restart.dead-stays-dead:lost-refresh", "a restart loses every refresh token", |rules| {
        rules.node.forgets = Forgets::LiveRefresh
    }),
    row("restart.dead-stays-dead:lost-approval", "a restart loses the owners' approvals", |rules| {
        rules.node.forgets = Forgets::Approvals
    }),
    row("restart.dead-stays-dead:approved", "a restart approves whatever waits for its owner", |rules| {
        rules.node.forgets = Forgets::Waiting
    }),
    row(
        "overload.no-side-effect",
        "a request that is turned away with 429 is dealt with all the same",
        |rules| rules.node.throttled = Throttled::Everything,
    ),
    row(
        "overload.no-side-effect:refresh",
        "a refresh that is turned away burns its refresh token",
        |rules| rules.node.throttled = Throttled::Refreshes,
    ),
    row(
        "overload.no-side-effect:reuse",
        "a refresh that is turned away counts as the reuse of its refresh token",
        |rules| rules.node.throttled = Throttled::CountsAsReuse,
    ),
    row("overload.no-side-effect:code", "an exchange that is turned away burns its code", |rules| {
        rules.node.throttled = Throttled::Exchanges
    }),
    row("overload.no-side-effect:logout", "a logout that is turned away takes place", |rules| {
        rules.node.throttled = Throttled::Logouts
    }),
    row("overload.no-side-effect:payment", "a payment that is turned away is taken", |rules| {
        rules.node.throttled = Throttled::Payments
    }),
    row("overload.no-side-effect:access", "a call that is turned away ends its access token", |rules| {
        rules.node.throttled = Throttled::LogsOut
    }),
];
