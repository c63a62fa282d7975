//! Defects of refreshing.

use super::{Defect, row};
use crate::reference::rules::{
    AfterExpiry, Binding, Extras, FailedAttempt, Gap, OldAccess, RefreshKind, RefreshRefusal, Remembered,
    Reuse, ReuseRevokes, Rotation,
};

pub(super) const TABLE: &[Defect] = &[
    row("refresh.single-use", "a refresh token works again and again", |rules| {
        rules.refresh.reuse = Reuse::Allowed
    }),
    row("refresh.single-use:grace-window", "a refresh token works again for 30 seconds", |rules| {
        rules.refresh.reuse = Reuse::Within(30)
    }),
    row(
        "refresh.single-use:mark-forgotten",
        "a used refresh token works again a week later, when nobody remembers that it was used",
        |rules| rules.refresh.reuse = Reuse::ForgottenAfter(7 * 86_400),
    ),
    row("refresh.single-use:remembers-one", "only the refresh token spent last is refused", |rules| {
        rules.refresh.reuse = Reuse::OlderAllowed
    }),
    row(
        "refresh.single-use:after-logout",
        "a used refresh token works again once its grant was logged out",
        |rules| rules.refresh.reuse = Reuse::AfterLogout,
    ),
    row(
        "refresh.single-use:after-newer-login",
        "a used refresh token works again once a newer login has ended its grant",
        |rules| rules.refresh.reuse = Reuse::AfterNewerLogin,
    ),
    row(
        "refresh.single-use:after-login-elsewhere",
        "a used refresh token works again once the user has logged in to another client",
        |rules| rules.refresh.reuse = Reuse::AfterLoginElsewhere,
    ),
    row(
        "refresh.single-use:after-logout-elsewhere",
        "a used refresh token works again once the user has logged out of another client",
        |rules| rules.refresh.reuse = Reuse::AfterLogoutElsewhere,
    ),
    row(
        "refresh.single-use:after-others-login",
        "a used refresh token works again once another user has logged in",
        |rules| rules.refresh.reuse = Reuse::AfterOthersLogin,
    ),
    row(
        "refresh.single-use:after-others-logout",
        "a used refresh token works again once another user has logged out",
        |rules| rules.refresh.reuse = Reuse::AfterOthersLogout,
    ),
    row(
        "refresh.single-use:after-expiry",
        "a used refresh token works again once the access token that it gave has expired",
        |rules| rules.refresh.reuse = Reuse::AfterExpiry,
    ),
    row(
        "refresh.single-use:while-pending",
        "a refresh token works again and again until the owner has approved",
        |rules| rules.refresh.reuse = Reuse::WhilePending,
    ),
    row(
        "refresh.single-use:used-after-expiry",
        "a refresh token works twice if its access token had expired the first time",
        |rules| rules.refresh.reuse = Reuse::UsedAfterExpiry,
    ),
    row(
        "refresh.single-use:later-generations",
        "a refresh token that came from a refresh works again and again",
        |rules| rules.refresh.reuse = Reuse::FromRefresh,
    ),
    row("refresh.rotates", "a refresh gives no new refresh token", |rules| {
        rules.refresh.rotation = Rotation::NoRefreshToken
    }),
    row("refresh.rotates:same-refresh", "a refresh gives the same refresh token again", |rules| {
        rules.refresh.rotation = Rotation::SameRefreshToken
    }),
    row(
        "refresh.rotates:from-the-second",
        "from the second refresh on the refresh token stays the same",
        |rules| rules.refresh.rotation = Rotation::SameFromTheSecond,
    ),
    row(
        "refresh.rotates:after-expiry",
        "a refresh gives no new refresh token once the access token has expired",
        |rules| rules.refresh.rotation = Rotation::NoneAfterExpiry,
    ),
    row("refresh.kills-old-access", "the access token before a refresh lives on", |rules| {
        rules.refresh.old_access = OldAccess::LivesOn
    }),
    row(
        "refresh.kills-old-access:from-the-second",
        "from the second refresh on the access token before lives on",
        |rules| rules.refresh.old_access = OldAccess::LivesOnIfRefreshed,
    ),
    row("refresh.kills-old-access:data", "the access token before a refresh still reads data", |rules| {
        rules.whoami.remembered = Remembered::Replaced
    }),
    row("refresh.works-after-expiry", "a refresh is refused once the access token has expired", |rules| {
        rules.refresh.after_expiry = AfterExpiry::Refused
    }),
    row(
        "refresh.works-after-expiry:second-time",
        "a refresh is refused once an access token that came from a refresh has expired",
        |rules| rules.refresh.after_expiry = AfterExpiry::RefusedIfRefreshed,
    ),
    row("refresh.one-winner", "several refreshes with one token at once all succeed", |rules| {
        (rules.refresh.spend_gap, rules.refresh.late_spend_gap) = (Gap::Open, Gap::Open)
    }),
    row(
        "refresh.one-winner:after-expiry",
        "several refreshes at once all succeed once the access token has expired",
        |rules| rules.refresh.late_spend_gap = Gap::Open,
    ),
    row("refresh.reuse-revokes-family", "the reuse of a spent refresh token revokes nothing", |rules| {
        rules.refresh.reuse_revokes = ReuseRevokes::Nothing
    }),
    row(
        "refresh.reuse-revokes-family:access-only",
        "the reuse of a spent refresh token leaves the new one alive",
        |rules| rules.refresh.reuse_revokes = ReuseRevokes::AccessOnly,
    ),
    row(
        "refresh.reuse-revokes-family:next-generation",
        "the reuse of a spent refresh token spares what is two generations later",
        |rules| rules.refresh.reuse_revokes = ReuseRevokes::NextGenerationOnly,
    ),
    row("refresh.bound-to-client", "another client can use the refresh token", |rules| {
        rules.refresh.client = Binding::Anyone
    }),
    row(
        "refresh.bound-to-client:burned",
        "another client's try burns the refresh token for its owner",
        |rules| rules.refresh.client = Binding::BurnedByOthers,
    ),
    row(
        "refresh.bound-to-client:burned-by-public",
        "a public client's try burns the refresh token for its owner",
        |rules| rules.refresh.client = Binding::BurnedByPublic,
    ),
    row(
        "refresh.bound-to-client:burned-by-strangers",
        "the try of a client that nobody registered burns the refresh token for its owner",
        |rules| rules.refresh.client = Binding::BurnedByStrangers,
    ),
    row(
        "refresh.bound-to-client:users-clients",
        "another client that the user has logged in to can use the refresh token",
        |rules| rules.refresh.client = Binding::UsersClients,
    ),
    row(
        "refresh.failed-attempt-keeps-token",
        "a try with a wrong secret consumes the refresh token",
        |rules| rules.refresh.failed_attempt = FailedAttempt::BurnsIt,
    ),
    row(
        "refresh.failed-attempt-keeps-token:without-secret",
        "a try without a secret consumes the refresh token",
        |rules| rules.refresh.failed_attempt = FailedAttempt::BurnsItWithoutSecret,
    ),
    row(
        "refresh.failed-attempt-keeps-token:after-expiry",
        "a try with a wrong secret consumes the refresh token once the access token has expired",
        |rules| rules.refresh.failed_attempt = FailedAttempt::BurnsItAfterExpiry,
    ),
    row("refresh.no-escalation", "a refresh with a user_id gives that user's token", |rules| {
        rules.refresh.extras = Extras::UserIdHonoured
    }),
    row("refresh.no-escalation:scope", "a refresh with a scope is approved by it", |rules| {
        rules.refresh.extras = Extras::ScopeApproves
    }),
    row("refresh.no-escalation:approved", "a refresh that says it is approved is approved", |rules| {
        rules.refresh.extras = Extras::ApprovedHonoured
    }),
    row(
        "refresh.no-escalation:client",
        "a refresh gives its tokens to the client that it names, whose secret it need not show",
        |rules| rules.refresh.extras = Extras::ClientIdHonoured,
    ),
    row("refresh.error-code", "a bad refresh token is refused without a reason", |rules| {
        rules.refresh.refusal = RefreshRefusal::Bare
    }),
    row("refresh.error-code:server-error", "a bad refresh token breaks the bank", |rules| {
        rules.refresh.refusal = RefreshRefusal::Breaks
    }),
    row("refresh.error-code:missing", "a refresh without a refresh token breaks the bank", |rules| {
        rules.refresh.refusal = RefreshRefusal::BreaksIfMissing
    }),
    row("refresh.access-token-is-not-refresh-token", "an access token works as a refresh token", |rules| {
        rules.refresh.kind = RefreshKind::AccessToo
    }),
    row("refresh.access-token-is-not-refresh-token:code", "a code works as a refresh token", |rules| {
        rules.refresh.kind = RefreshKind::CodeToo
    }),
];
