//! Defects in the life of a grant: refreshing, public clients, newer logins.

use super::{Defect, row};
use crate::reference::rules::{
    Binding, EvictionMoment, EvictionReach, Extras, Gap, Promise, PublicRefreshToken, PublicWorks,
    RefreshKind, RefreshRefusal, Reuse, ReuseRevokes, Rotation,
};

pub(super) const TABLE: &[Defect] = &[
    row("refresh.single-use", "a refresh token works again and again", |rules| {
        rules.refresh.reuse = Reuse::Allowed
    }),
    row("refresh.single-use:grace-window", "a refresh token works again for 30 seconds", |rules| {
        rules.refresh.reuse = Reuse::Within(30)
    }),
    row("refresh.single-use:remembers-one", "only the refresh token spent last is refused", |rules| {
        rules.refresh.reuse = Reuse::OlderAllowed
    }),
    row("refresh.rotates", "a refresh gives no new refresh token", |rules| {
        rules.refresh.rotation = Rotation::NoRefreshToken
    }),
    row("refresh.rotates:same-refresh", "a refresh gives the same refresh token again", |rules| {
        rules.refresh.rotation = Rotation::SameRefreshToken
    }),
    row("refresh.kills-old-access", "the access token before a refresh lives on", |rules| {
        rules.refresh.kills_old_access = Promise::Broken
    }),
    row("refresh.works-after-expiry", "a refresh is refused once the access token has expired", |rules| {
        rules.refresh.works_after_expiry = Promise::Broken
    }),
    row("refresh.one-winner", "several refreshes with one token at once all succeed", |rules| {
        rules.refresh.spend_gap = Gap::Open
    }),
    row("refresh.reuse-revokes-family", "the reuse of a spent refresh token revokes nothing", |rules| {
        rules.refresh.reuse_revokes = ReuseRevokes::Nothing
    }),
    row(
        "refresh.reuse-revokes-family:access-only",
        "the reuse of a spent refresh token leaves the new one alive",
        |rules| rules.refresh.reuse_revokes = ReuseRevokes::AccessOnly,
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
        "refresh.failed-attempt-keeps-token",
        "a try with a wrong secret consumes the refresh token",
        |rules| rules.refresh.failed_attempt_keeps_token = Promise::Broken,
    ),
    row("refresh.no-escalation", "a refresh with a user_id gives that user's token", |rules| {
        rules.refresh.extras = Extras::UserIdHonoured
    }),
    row("refresh.no-escalation:scope", "a refresh with a scope is approved by it", |rules| {
        rules.refresh.extras = Extras::ScopeApproves
    }),
    row("refresh.error-code", "a bad refresh token is refused without a reason", |rules| {
        rules.refresh.refusal = RefreshRefusal::Bare
    }),
    row("refresh.error-code:server-error", "a bad refresh token breaks the bank", |rules| {
        rules.refresh.refusal = RefreshRefusal::Breaks
    }),
    row("refresh.access-token-is-not-refresh-token", "an access token works as a refresh token", |rules| {
        rules.refresh.kind = RefreshKind::AccessToo
    }),
    row("refresh.access-token-is-not-refresh-token:code", "a code works as a refresh token", |rules| {
        rules.refresh.kind = RefreshKind::CodeToo
    }),
    row("public.no-refresh-token", "a public client gets a refresh token", |rules| {
        rules.public.refresh_token = PublicRefreshToken::Issued
    }),
    row("public.no-refresh-token:empty", "a public client gets an empty refresh token", |rules| {
        rules.public.refresh_token = PublicRefreshToken::EmptyText
    }),
    row("public.no-refresh-grant", "a public client can refresh, with anyone's token", |rules| {
        rules.public.refresh_grant_refused = Promise::Broken
    }),
    row("public.no-downgrade", "a confidential client without its secret passes as a public one", |rules| {
        rules.public.no_downgrade = Promise::Broken
    }),
    row("public.works", "a public client can't exchange its codes", |rules| {
        rules.public.works = PublicWorks::NoExchange
    }),
    row("public.works:calls", "a public client's tokens don't work", |rules| {
        rules.public.works = PublicWorks::NoCalls
    }),
    row("one.new-login-kills-access", "the access token of an earlier login lives on", |rules| {
        rules.one.kills_access = Promise::Broken
    }),
    row("one.new-login-kills-refresh", "the refresh token of an earlier login lives on", |rules| {
        rules.one.kills_refresh = Promise::Broken
    }),
    row("one.other-users-survive", "a new login kills the tokens of the client's other users", |rules| {
        rules.one.reach = EvictionReach::WholeClient
    }),
    row("one.other-clients-survive", "a new login kills the user's tokens at other clients", |rules| {
        rules.one.reach = EvictionReach::WholeUser
    }),
    row("one.only-at-exchange", "earlier tokens die as soon as the user has logged in", |rules| {
        rules.one.moment = EvictionMoment::Login
    }),
    row("one.only-at-exchange:denied", "earlier tokens die when the user says no to a new login", |rules| {
        rules.one.moment = EvictionMoment::Denial
    }),
    row("one.concurrent-logins", "two exchanges at once leave two tokens alive", |rules| {
        rules.one.evict_gap = Gap::Open
    }),
];
