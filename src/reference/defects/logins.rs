//! Defects of public clients, and of newer logins beside older ones.

use super::{Defect, row};
use crate::reference::rules::{
    Downgrade, EvictionMoment, EvictionReach, Gap, PublicRefreshGrant, PublicRefreshToken, PublicWorks,
    RefreshReach, Remembered, Takeover,
};

pub(super) const TABLE: &[Defect] = &[
    row("public.no-refresh-token", "a public client gets a refresh token", |rules| {
        rules.public.refresh_token = PublicRefreshToken::Issued
    }),
    row("public.no-refresh-token:empty", "a public client gets an empty refresh token", |rules| {
        rules.public.refresh_token = PublicRefreshToken::EmptyText
    }),
    row(
        "public.no-refresh-token:second-login",
        "a public client gets a refresh token from a user's second login on",
        |rules| rules.public.refresh_token = PublicRefreshToken::IssuedTheSecondTime,
    ),
    row(
        "public.no-refresh-token:beside-another",
        "a public client gets a refresh token of a user who has one with another client",
        |rules| rules.public.refresh_token = PublicRefreshToken::IssuedBesideAnother,
    ),
    row("public.no-refresh-grant", "a public client can refresh, with anyone's token", |rules| {
        rules.public.refresh_grant = PublicRefreshGrant::Open
    }),
    row(
        "public.no-refresh-grant:known-users",
        "a public client can refresh with any token of a user who has logged in to it",
        |rules| rules.public.refresh_grant = PublicRefreshGrant::OpenForTheirUsers,
    ),
    row(
        "public.no-refresh-grant:own-token",
        "a public client gets refresh tokens, and can refresh with them",
        |rules| {
            rules.public.refresh_token = PublicRefreshToken::Issued;
            rules.public.refresh_grant = PublicRefreshGrant::OpenForTheirOwn;
        },
    ),
    row("public.no-downgrade", "a confidential client without its secret passes as a public one", |rules| {
        rules.public.downgrade = Downgrade::WithoutSecret
    }),
    row("public.no-downgrade:refresh", "a confidential client can refresh without its secret", |rules| {
        rules.public.downgrade = Downgrade::WithoutSecretAtRefresh
    }),
    row(
        "public.no-downgrade:by-look-of-secret",
        "a confidential client that shows a public client's secret passes as a public one",
        |rules| rules.public.downgrade = Downgrade::ByLookOfSecret,
    ),
    row("public.works", "a public client can't exchange its codes", |rules| {
        rules.public.works = PublicWorks::NoExchange
    }),
    row("public.works:calls", "a public client's tokens don't work", |rules| {
        rules.public.works = PublicWorks::NoCalls
    }),
    row(
        "public.works:after-expiry",
        "a public client can't exchange a code once the user's access token has expired",
        |rules| rules.public.works = PublicWorks::NoReturn,
    ),
    row("one.new-login-kills-access", "the access token of an earlier login lives on", |rules| {
        rules.one.access = Takeover::Spares
    }),
    row(
        "one.new-login-kills-access:refreshed",
        "an access token that came from a refresh lives on after a new login",
        |rules| rules.one.access = Takeover::SparesRefreshed,
    ),
    row(
        "one.new-login-kills-access:once-approved",
        "the earlier access token dies only when the new login is approved",
        |rules| rules.one.access = Takeover::KillsOnceApproved,
    ),
    row(
        "one.new-login-kills-access:first-only",
        "only the first login's access token dies by a newer one",
        |rules| rules.one.access = Takeover::KillsTheFirst,
    ),
    row(
        "one.new-login-kills-access:after-login-elsewhere",
        "the earlier access token lives on if the user has logged in to another client since",
        |rules| rules.one.access = Takeover::KillsTheUsersNewest,
    ),
    row(
        "one.new-login-kills-access:public",
        "the access token of an earlier login with a public client lives on",
        |rules| rules.one.access = Takeover::SparesPublic,
    ),
    row(
        "one.new-login-kills-access:only-if-same-node",
        "the earlier access token lives on if the new login comes to another node",
        |rules| rules.one.access = Takeover::KillsAtTheSameNode,
    ),
    row(
        "one.new-login-kills-access:remembers-one",
        "the earlier access token lives on if another user has logged in to the client since",
        |rules| rules.one.access = Takeover::KillsTheClientsNewest,
    ),
    row(
        "one.new-login-kills-access:late-approval",
        "a late approval of the earlier login brings its access token back",
        |rules| rules.one.access = Takeover::KillsUntilApproved,
    ),
    row(
        "one.new-login-kills-access:data",
        "the access token of an earlier login still reads data",
        |rules| rules.whoami.remembered = Remembered::Evicted,
    ),
    row("one.new-login-kills-refresh", "the refresh token of an earlier login lives on", |rules| {
        rules.one.refresh = Takeover::Spares
    }),
    row(
        "one.new-login-kills-refresh:refreshed",
        "a refresh token that came from a refresh lives on after a new login",
        |rules| rules.one.refresh = Takeover::SparesRefreshed,
    ),
    row(
        "one.new-login-kills-refresh:once-approved",
        "the earlier refresh token dies only when the new login is approved",
        |rules| rules.one.refresh = Takeover::KillsOnceApproved,
    ),
    row(
        "one.new-login-kills-refresh:unused",
        "the refresh token of an earlier login lives on if nothing was refreshed since",
        |rules| rules.one.refresh = Takeover::SparesUnrefreshed,
    ),
    row(
        "one.new-login-kills-refresh:remembers-one",
        "the earlier refresh token lives on if another user has logged in to the client since",
        |rules| rules.one.refresh = Takeover::KillsTheClientsNewest,
    ),
    row(
        "one.new-login-kills-refresh:after-expiry",
        "the refresh token of an earlier login lives on if the access token beside it has expired",
        |rules| rules.one.refresh = Takeover::SparesExpired,
    ),
    row("one.other-users-survive", "a new login kills the tokens of the client's other users", |rules| {
        rules.one.reach = EvictionReach::WholeClient
    }),
    row(
        "one.other-users-survive:refresh",
        "a refresh kills the tokens of the client's other users",
        |rules| rules.one.refresh_reach = RefreshReach::WholeClient,
    ),
    row("one.other-clients-survive", "a new login kills the user's tokens at other clients", |rules| {
        rules.one.reach = EvictionReach::WholeUser
    }),
    row("one.other-clients-survive:refresh", "a refresh kills the user's tokens at other clients", |rules| {
        rules.one.refresh_reach = RefreshReach::WholeUser
    }),
    row("one.only-at-exchange", "earlier tokens die as soon as the user has logged in", |rules| {
        rules.one.moment = EvictionMoment::Login
    }),
    row("one.only-at-exchange:denied", "earlier tokens die when the user says no to a new login", |rules| {
        rules.one.moment = EvictionMoment::Denial
    }),
    row(
        "one.only-at-exchange:opened",
        "the tokens of the user who was there last die when the login page is opened",
        |rules| rules.one.moment = EvictionMoment::Opening,
    ),
    row(
        "one.only-at-exchange:failed",
        "earlier tokens die when an exchange fails for want of the secret",
        |rules| rules.one.moment = EvictionMoment::FailedAuthentication,
    ),
    row("one.only-at-exchange:tried", "earlier tokens die when anybody tries the new code", |rules| {
        rules.one.moment = EvictionMoment::AnyAttempt
    }),
    row("one.concurrent-logins", "two exchanges at once leave two tokens alive", |rules| {
        rules.one.evict_gap = Gap::Open
    }),
    row("one.concurrent-logins:none-left", "two exchanges at once kill each other's token", |rules| {
        rules.one.late_evict_gap = Gap::Open
    }),
];
