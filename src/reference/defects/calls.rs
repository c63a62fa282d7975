//! Defects of authenticated calls and approvals.

use super::{Defect, row};
use crate::reference::rules::{
    ApprovalReach, Approver, BadToken, Carrier, Finality, History, HistoryFrom, Identity, NoToken, Pending,
    RefreshApproves, Scheme,
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
    row("whoami.identity:first-user", "whoami names the user who came first to the client", |rules| {
        rules.whoami.identity = Identity::OldestUser
    }),
    row(
        "whoami.identity:after-refresh",
        "for a refreshed token whoami names the user who logged in last",
        |rules| rules.whoami.identity = Identity::NewestUserIfRefreshed,
    ),
    row(
        "whoami.identity:public-client",
        "for a public client's token whoami names another client",
        |rules| rules.whoami.identity = Identity::AnotherForPublic,
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
    row("whoami.no-token:data", "data without a token is refused as 403", |rules| {
        rules.whoami.no_token = NoToken::ForbiddenForData
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
    row("whoami.bad-token:last-character", "the last character of an access token does not count", |rules| {
        rules.whoami.bad_token = BadToken::LastCharacterIgnored
    }),
    row("whoami.bad-token:expired", "an expired access token is refused as 403", |rules| {
        rules.whoami.bad_token = BadToken::ExpiredIsForbidden
    }),
    row(
        "whoami.bad-token:evicted",
        "an access token that a newer login has ended is refused as 403",
        |rules| rules.whoami.bad_token = BadToken::EvictedIsForbidden,
    ),
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
    row("whoami.scheme:none", "a token without a word before it passes", |rules| {
        rules.whoami.scheme = Scheme::MayBeMissing
    }),
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
    row(
        "sca.no-permissions-before:public",
        "a public client's token opens data before the owner approves",
        |rules| rules.sca.pending = Pending::OpenForPublic,
    ),
    row(
        "sca.no-permissions-before:unauthorized",
        "before the owner approves data are refused as 401",
        |rules| rules.sca.pending = Pending::Unauthorized,
    ),
    row("sca.approval-opens-that-token", "one approval opens all that the user has pending", |rules| {
        rules.sca.reach = ApprovalReach::UsersPending
    }),
    row("sca.approval-opens-that-token:next-logins", "one approval opens later logins too", |rules| {
        rules.sca.reach = ApprovalReach::NextLogins
    }),
    row(
        "sca.approval-opens-that-token:whole-client",
        "one approval opens all that the client has pending",
        |rules| rules.sca.reach = ApprovalReach::ClientsPending,
    ),
    row(
        "sca.approval-opens-that-token:newest-login",
        "an approval opens the user's newest login, whichever was meant",
        |rules| rules.sca.reach = ApprovalReach::NewestLogin,
    ),
    row(
        "sca.approval-opens-that-token:later-tokens",
        "an approval opens tokens that are given after it",
        |rules| rules.sca.reach = ApprovalReach::TokensGivenLater,
    ),
    row("sca.denied-never-opens", "an approval after a denial opens", |rules| {
        rules.sca.finality = Finality::ApprovedAfterDenial
    }),
    row("sca.denied-never-opens:timed-out", "an approval after its time opens", |rules| {
        rules.sca.finality = Finality::ApprovedAfterTimeout
    }),
    row("sca.denied-never-opens:refreshed", "a refresh after a denial asks the owner again", |rules| {
        rules.sca.finality = Finality::RefreshAsksAgain
    }),
    row("sca.refresh-never-approves", "refreshing a pending token approves it", |rules| {
        rules.sca.refresh = RefreshApproves::Approves
    }),
    row(
        "sca.refresh-never-approves:second-time",
        "the second refresh of a pending token approves it",
        |rules| rules.sca.refresh = RefreshApproves::ApprovesTheSecondTime,
    ),
    row(
        "sca.refresh-never-approves:timed-out",
        "refreshing a token that was not approved in time approves it",
        |rules| rules.sca.refresh = RefreshApproves::ApprovesTheTimedOut,
    ),
    row("sca.only-the-owner", "another user's approval opens", |rules| rules.sca.approver = Approver::Anyone),
    row(
        "sca.only-the-owner:before-exchange",
        "another user's approval opens if it comes before the exchange",
        |rules| rules.sca.approver = Approver::AnyoneBeforeExchange,
    ),
    row(
        "sca.only-the-owner:who-waits-too",
        "the approval of a user who has a login of their own pending opens",
        |rules| rules.sca.approver = Approver::WhoeverWaitsToo,
    ),
    row(
        "sca.only-the-owner:public",
        "another user's approval opens what a public client was given",
        |rules| rules.sca.approver = Approver::AnyoneForPublic,
    ),
    row("sca.history-window", "the whole history stays open", |rules| {
        rules.sca.history_seconds = 86_400 * 366
    }),
    row("sca.history-window:since", "an explicit since reaches back beyond 90 days", |rules| {
        rules.sca.history = History::SinceUnlimited
    }),
    row("sca.history-window:listing", "a listing without since reaches back beyond 90 days", |rules| {
        rules.sca.history = History::ListingUnlimited
    }),
    row("sca.history-window:never", "the whole history is never open", |rules| rules.sca.history_seconds = 0),
    row(
        "sca.history-window:from-the-login",
        "the whole history is open for five minutes after the login",
        |rules| rules.sca.history_from = HistoryFrom::Login,
    ),
    row(
        "sca.history-window:from-the-token",
        "the whole history is open for five minutes after each refresh",
        |rules| rules.sca.history_from = HistoryFrom::Token,
    ),
    row(
        "sca.history-window:of-the-user",
        "an approval opens the whole history for every client of its user",
        |rules| rules.sca.history_from = HistoryFrom::UsersLastApproval,
    ),
];
