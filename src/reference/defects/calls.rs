//! Defects of authenticated calls, approvals and logging out.

use super::{Defect, row};
use crate::reference::rules::{
    ApprovalReach, BadToken, Carrier, Finality, Gap, History, Identity, LogoutReach, LogoutRepeated,
    LogoutWay, NoToken, Pending, Promise, Scheme,
};

pub(super) const TABLE: &[Defect] = &[
    row("whoami.identity", "whoami names the user who logged in last", |rules| {
        rules.whoami.identity = Identity::NewestUser
    }),
    row("whoami.identity:client", "whoami names the client that the user logged in to last", |rules| {
        rules.whoami.identity = Identity::NewestClient
    }),
    row(
        "whoami.identity:not-authenticated",
        "whoami says that a living token is not authenticated",
        |rules| rules.whoami.identity = Identity::NotAuthenticated,
    ),
    row("whoami.no-token", "whoami answers without a token", |rules| {
        rules.whoami.no_token = NoToken::Answered
    }),
    row(
        "whoami.no-token:no-challenge",
        "a call without a token is refused without WWW-Authenticate",
        |rules| rules.whoami.no_token = NoToken::Unchallenged,
    ),
    row("whoami.no-token:server-error", "a call without a token breaks the bank", |rules| {
        rules.whoami.no_token = NoToken::Breaks
    }),
    row("whoami.bad-token", "only the first 16 characters of an access token count", |rules| {
        rules.whoami.bad_token = BadToken::FirstCharactersCount
    }),
    row("whoami.bad-token:case", "an access token in another case passes", |rules| {
        rules.whoami.bad_token = BadToken::IgnoresCase
    }),
    row("whoami.bad-token:refresh-token", "a refresh token passes as an access token", |rules| {
        rules.whoami.bad_token = BadToken::RefreshTokenPasses
    }),
    row("whoami.bad-token:code", "a code passes as an access token", |rules| {
        rules.whoami.bad_token = BadToken::CodePasses
    }),
    row("whoami.bad-token:error-code", "a bad token is refused without invalid_token", |rules| {
        rules.whoami.bad_token = BadToken::NoErrorKey
    }),
    row("whoami.bad-token:server-error", "a malformed token breaks the bank", |rules| {
        rules.whoami.bad_token = BadToken::Breaks
    }),
    row("whoami.header-only", "a token in the query counts", |rules| {
        rules.whoami.carrier = Carrier::QueryToo
    }),
    row("whoami.header-only:form", "a token in a form body counts", |rules| {
        rules.whoami.carrier = Carrier::FormToo
    }),
    row("whoami.header-only:cookie", "a token in a cookie counts", |rules| {
        rules.whoami.carrier = Carrier::CookieToo
    }),
    row("whoami.header-only:two-headers", "of two Authorization headers the first counts", |rules| {
        rules.whoami.carrier = Carrier::SeveralHeaders
    }),
    row("whoami.scheme", "bearer in lower case is refused", |rules| {
        rules.whoami.scheme = Scheme::CaseSensitive
    }),
    row("whoami.scheme:any", "any word before the token passes", |rules| rules.whoami.scheme = Scheme::Any),
    row("sca.no-permissions-before", "data is open before the owner approves", |rules| {
        rules.sca.pending = Pending::Open
    }),
    row("sca.no-permissions-before:accounts", "accounts are open before the owner approves", |rules| {
        rules.sca.pending = Pending::AccountsOpen
    }),
    row("sca.no-permissions-before:balance", "balances are open before the owner approves", |rules| {
        rules.sca.pending = Pending::BalanceOpen
    }),
    row(
        "sca.no-permissions-before:transactions",
        "transactions are open before the owner approves",
        |rules| rules.sca.pending = Pending::TransactionsOpen,
    ),
    row("sca.approval-opens-that-token", "one approval opens all that the user has pending", |rules| {
        rules.sca.reach = ApprovalReach::UsersPending
    }),
    row("sca.approval-opens-that-token:next-logins", "one approval opens later logins too", |rules| {
        rules.sca.reach = ApprovalReach::NextLogins
    }),
    row("sca.denied-never-opens", "an approval after a denial opens", |rules| {
        rules.sca.finality = Finality::ApprovedAfterDenial
    }),
    row("sca.denied-never-opens:timed-out", "an approval after its time opens", |rules| {
        rules.sca.finality = Finality::ApprovedAfterTimeout
    }),
    row("sca.refresh-never-approves", "refreshing a pending token approves it", |rules| {
        rules.sca.refresh_never_approves = Promise::Broken
    }),
    row("sca.only-the-owner", "another user's approval opens", |rules| {
        rules.sca.only_the_owner = Promise::Broken
    }),
    row("sca.history-window", "the whole history stays open", |rules| {
        rules.sca.history_seconds = 86_400 * 366
    }),
    row("sca.history-window:since", "an explicit since reaches back beyond 90 days", |rules| {
        rules.sca.history = History::SinceUnlimited
    }),
    row("sca.history-window:listing", "a listing without since reaches back beyond 90 days", |rules| {
        rules.sca.history = History::ListingUnlimited
    }),
    row("logout.kills-access", "the access token lives on after logging out", |rules| {
        rules.logout.kills_access = Promise::Broken
    }),
    row("logout.kills-refresh", "the refresh token lives on after logging out", |rules| {
        rules.logout.kills_refresh = Promise::Broken
    }),
    row("logout.only-this-grant", "logging out kills the user's tokens at other clients", |rules| {
        rules.logout.reach = LogoutReach::WholeUser
    }),
    row(
        "logout.only-this-grant:other-users",
        "logging out kills the tokens of the client's other users",
        |rules| rules.logout.reach = LogoutReach::WholeClient,
    ),
    row("logout.needs-token", "a GET logs out", |rules| rules.logout.way = LogoutWay::GetToo),
    row("logout.needs-token:body", "a token in the body logs out", |rules| {
        rules.logout.way = LogoutWay::BodyToo
    }),
    row("logout.needs-token:query", "a token in the query logs out", |rules| {
        rules.logout.way = LogoutWay::QueryToo
    }),
    row("logout.needs-token:no-token", "logging out without a token is answered 200", |rules| {
        rules.logout.way = LogoutWay::TokenOptional
    }),
    row("logout.repeatable", "logging out with a dead token kills the newer one", |rules| {
        rules.logout.repeated = LogoutRepeated::KillsNewer
    }),
    row("logout.repeatable:server-error", "logging out with a dead token breaks the bank", |rules| {
        rules.logout.repeated = LogoutRepeated::Breaks
    }),
    row("logout.during-sca", "an approval after logging out brings the token back", |rules| {
        rules.logout.ends_approval = Promise::Broken
    }),
    row("logout.races", "a refresh under way at the logout gives a token that lives", |rules| {
        rules.refresh.issue_gap = Gap::Open
    }),
    row("logout.races:approve-deny", "an approval and a denial at once both succeed", |rules| {
        rules.sca.decide_gap = Gap::Open
    }),
];
