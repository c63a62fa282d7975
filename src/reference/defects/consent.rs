//! Defects of what a user sees and ends of third parties, and of what is told of it.

use super::{Defect, row};
use crate::reference::rules::{
    ConsentListing, DisconnectReach, DisconnectSpares, ListedSince, PendingCodes, Promise, ReasonReach,
    ReasonTold, Reconnect, Revives, UnderWay,
};

pub(super) const TABLE: &[Defect] = &[
    row("consent.listed", "connected third parties are not listed", |rules| {
        rules.consent.listing = ConsentListing::Nobody
    }),
    row("consent.listed:after-logout", "a third party that has logged out is still listed", |rules| {
        rules.consent.listing = ConsentListing::EndedToo
    }),
    row("consent.listed:after-disconnection", "a disconnected third party is still listed", |rules| {
        rules.consent.listing = ConsentListing::DisconnectedToo
    }),
    row(
        "consent.listed:expired-access",
        "a third party whose access token has expired is not listed, though it can refresh",
        |rules| rules.consent.listing = ConsentListing::LiveAccessOnly,
    ),
    row("consent.listed:public", "clients that can't keep a secret are not listed", |rules| {
        rules.consent.listing = ConsentListing::ConfidentialOnly
    }),
    row("consent.listed:newest-only", "only the third party that was connected last is listed", |rules| {
        rules.consent.listing = ConsentListing::NewestOnly
    }),
    row("consent.listed:other-users", "the third parties of all users are listed", |rules| {
        rules.consent.listing = ConsentListing::EveryonesToo
    }),
    row("consent.listed:no-access", "the list does not say what a third party may read", |rules| {
        rules.consent.access_named = Promise::Broken
    }),
    row(
        "consent.listed:since-refresh",
        "a third party is listed as connected since its last refresh",
        |rules| rules.consent.since = ListedSince::LastToken,
    ),
    row("consent.listed:since-now", "a third party is listed as connected since now", |rules| {
        rules.consent.since = ListedSince::Now
    }),
    row("consent.one-click", "a disconnected access token lives on", |rules| {
        rules.consent.spares = DisconnectSpares::Access
    }),
    row("consent.one-click:refresh-survives", "a disconnected refresh token lives on", |rules| {
        rules.consent.spares = DisconnectSpares::Refresh
    }),
    row(
        "consent.one-click:refreshed-survives",
        "a disconnection ends what the login gave, and not what was refreshed from it",
        |rules| rules.consent.spares = DisconnectSpares::Refreshed,
    ),
    row(
        "consent.one-click:expired-access",
        "a disconnection passes over a third party whose access token has expired",
        |rules| rules.consent.spares = DisconnectSpares::Expired,
    ),
    row(
        "consent.one-click:public",
        "a disconnection passes over clients that can't keep a secret",
        |rules| rules.consent.spares = DisconnectSpares::PublicClients,
    ),
    row("consent.one-click:unapproved", "a disconnection passes over what is not approved yet", |rules| {
        rules.consent.spares = DisconnectSpares::Unapproved
    }),
    row(
        "consent.one-click:newest-login-only",
        "a disconnection does nothing if another user logged in to the client later",
        |rules| rules.consent.spares = DisconnectSpares::OlderLogins,
    ),
    row("consent.one-click:once", "a second disconnection of the same third party does nothing", |rules| {
        rules.consent.spares = DisconnectSpares::SecondTime
    }),
    row(
        "consent.one-click:revived-by-approval",
        "an approval after a disconnection brings the tokens back",
        |rules| rules.consent.ends_approval = Promise::Broken,
    ),
    row(
        "consent.one-click:refresh-under-way",
        "a refresh under way at a disconnection gives tokens that live",
        |rules| rules.consent.under_way = UnderWay::Tokens,
    ),
    row("consent.pending-code-dies", "a code from before a disconnection can be exchanged", |rules| {
        rules.consent.codes = PendingCodes::Live
    }),
    row(
        "consent.pending-code-dies:beside-tokens",
        "a disconnection that ends tokens leaves codes alive",
        |rules| rules.consent.codes = PendingCodes::LiveBesideTokens,
    ),
    row(
        "consent.pending-code-dies:without-tokens",
        "a disconnection that finds no token to end leaves codes alive",
        |rules| rules.consent.codes = PendingCodes::LiveWithoutTokens,
    ),
    row("consent.pending-code-dies:newest-only", "a disconnection ends only the newest code", |rules| {
        rules.consent.codes = PendingCodes::OlderLive
    }),
    row(
        "consent.pending-code-dies:public",
        "a disconnection leaves codes of clients that can't keep a secret alive",
        |rules| rules.consent.codes = PendingCodes::LiveIfPublic,
    ),
    row(
        "consent.pending-code-dies:exchange-under-way",
        "an exchange under way at a disconnection gives tokens that live",
        |rules| rules.consent.under_way = UnderWay::Codes,
    ),
    row("consent.only-that-one", "a disconnection ends all that the user has with any client", |rules| {
        rules.consent.reach = DisconnectReach::WholeUser
    }),
    row(
        "consent.only-that-one:other-users",
        "a disconnection ends all that the client has of any user",
        |rules| rules.consent.reach = DisconnectReach::WholeClient,
    ),
    row(
        "consent.only-that-one:other-codes",
        "a disconnection ends the user's codes for other clients",
        |rules| rules.consent.reach = DisconnectReach::OtherCodes,
    ),
    row(
        "consent.only-that-one:other-approvals",
        "a disconnection ends what the user has still to approve for other clients",
        |rules| rules.consent.reach = DisconnectReach::OtherApprovals,
    ),
    row(
        "consent.only-that-one:other-mandates",
        "a disconnection cancels the user's mandates of other clients",
        |rules| rules.consent.reach = DisconnectReach::OtherMandates,
    ),
    row(
        "consent.reason-given",
        "a disconnected client is told what it would be told of a token that nobody issued",
        |rules| rules.consent.reason = ReasonTold::AsUnknown,
    ),
    row("consent.reason-given:bare-401", "a disconnected client gets a bare 401", |rules| {
        rules.consent.reason = ReasonTold::Bare
    }),
    row("consent.reason-given:as-expired", "a disconnected token is said to have expired", |rules| {
        rules.consent.reason = ReasonTold::AsExpired
    }),
    row("consent.reason-given:not-on-calls", "whoami and data don't say why", |rules| {
        rules.consent.reason = ReasonTold::NotOnCalls
    }),
    row("consent.reason-given:not-on-data", "data endpoints don't say why, though whoami does", |rules| {
        rules.consent.data_reason = Promise::Broken
    }),
    row("consent.reason-given:not-on-refresh", "a refused refresh does not say why", |rules| {
        rules.consent.reason = ReasonTold::NotOnRefresh
    }),
    row("consent.reason-given:not-on-exchange", "a refused exchange does not say why", |rules| {
        rules.consent.reason = ReasonTold::NotOnExchange
    }),
    row("consent.reason-given:not-to-public", "clients that can't keep a secret are not told why", |rules| {
        rules.consent.reason = ReasonTold::NotToPublicClients
    }),
    row("consent.reason-given:for-an-hour", "the reason is forgotten after an hour", |rules| {
        rules.consent.reason = ReasonTold::Until(3600)
    }),
    row(
        "consent.reason-given:to-other-clients",
        "another client that shows the refresh token is told that the user disconnected it",
        |rules| rules.consent.reason_reach = ReasonReach::OthersWithToken,
    ),
    row(
        "consent.reason-given:to-others-with-code",
        "another client that shows the code is told that the user disconnected it",
        |rules| rules.consent.reason_reach = ReasonReach::OthersWithCode,
    ),
    row(
        "consent.reason-given:users-other-clients",
        "other clients' dead tokens of that user are said to be disconnected too",
        |rules| rules.consent.reason_reach = ReasonReach::UsersOtherClients,
    ),
    row(
        "consent.reason-given:other-users",
        "the client's dead tokens of other users are said to be disconnected too",
        |rules| rules.consent.reason_reach = ReasonReach::ClientsOtherUsers,
    ),
    row("consent.reconnect-is-fresh", "connecting again revives the old tokens", |rules| {
        rules.consent.revives = Revives::Tokens
    }),
    row(
        "consent.reconnect-is-fresh:refresh-revived",
        "connecting again revives the old refresh token",
        |rules| rules.consent.revives = Revives::RefreshTokens,
    ),
    row("consent.reconnect-is-fresh:code-revived", "connecting again revives codes from before", |rules| {
        rules.consent.revives = Revives::Codes
    }),
    row(
        "consent.reconnect-is-fresh:refused",
        "a client that was disconnected can't be connected again",
        |rules| rules.consent.reconnect = Reconnect::NoExchange,
    ),
    row(
        "consent.reconnect-is-fresh:no-refresh",
        "a client that was disconnected and connected again can't refresh",
        |rules| rules.consent.reconnect = Reconnect::NoRefresh,
    ),
    row(
        "consent.reconnect-is-fresh:approval-remembered",
        "a client that is connected again is open before the owner approves",
        |rules| rules.consent.asks_again = Promise::Broken,
    ),
];
