//! Defects of logging out.

use super::{Defect, row};
use crate::reference::rules::{
    Gap, LateApproval, LogoutReach, LogoutRepeated, LogoutTakes, LogoutToken, LogoutWay, Remembered,
};

pub(super) const TABLE: &[Defect] = &[
    row("logout.kills-access", "the access token lives on after logging out", |rules| {
        rules.logout.access = LogoutTakes::Spares
    }),
    row(
        "logout.kills-access:refreshed",
        "an access token that came from a refresh lives on after logging out",
        |rules| rules.logout.access = LogoutTakes::SparesRefreshed,
    ),
    row("logout.kills-access:public", "a public client's access token lives on after logging out", |rules| {
        rules.logout.access = LogoutTakes::SparesPublic
    }),
    row(
        "logout.kills-access:until-next-login",
        "an access token that was logged out lives again when the user logs in again",
        |rules| rules.logout.access = LogoutTakes::UntilNextLogin,
    ),
    row("logout.kills-access:data", "an access token that was logged out still reads data", |rules| {
        rules.whoami.remembered = Remembered::LoggedOut
    }),
    row("logout.kills-refresh", "the refresh token lives on after logging out", |rules| {
        rules.logout.refresh = LogoutTakes::Spares
    }),
    row(
        "logout.kills-refresh:refreshed",
        "a refresh token that came from a refresh lives on after logging out",
        |rules| rules.logout.refresh = LogoutTakes::SparesRefreshed,
    ),
    row(
        "logout.kills-refresh:until-expiry",
        "a refresh token that was logged out works again when the access token has expired",
        |rules| rules.logout.refresh = LogoutTakes::UntilExpiry,
    ),
    row("logout.only-this-grant", "logging out kills the user's tokens at other clients", |rules| {
        rules.logout.reach = LogoutReach::WholeUser
    }),
    row(
        "logout.only-this-grant:other-users",
        "logging out kills the tokens of the client's other users",
        |rules| rules.logout.reach = LogoutReach::WholeClient,
    ),
    row(
        "logout.only-this-grant:from-public",
        "logging out of a public client kills all of the user's tokens",
        |rules| rules.logout.reach = LogoutReach::WholeUserFromPublic,
    ),
    row(
        "logout.only-this-grant:refresh-tokens",
        "logging out kills the user's refresh tokens at other clients",
        |rules| rules.logout.reach = LogoutReach::UsersRefreshTokens,
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
    row("logout.needs-token:any-verb", "any verb logs out", |rules| rules.logout.way = LogoutWay::AnyVerb),
    row("logout.needs-token:cookie", "a token in a cookie logs out", |rules| {
        rules.logout.way = LogoutWay::CookieToo
    }),
    row(
        "logout.needs-token:first-characters",
        "the first 16 characters of an access token are enough to log out",
        |rules| rules.logout.token = LogoutToken::FirstCharacters,
    ),
    row(
        "logout.needs-token:refresh-token",
        "a refresh token in the access token's place logs out",
        |rules| rules.logout.token = LogoutToken::RefreshTokenToo,
    ),
    row("logout.needs-token:code", "a code in the access token's place logs out", |rules| {
        rules.logout.token = LogoutToken::CodeToo
    }),
    row("logout.repeatable", "logging out with a dead token kills the newer one", |rules| {
        rules.logout.repeated = LogoutRepeated::KillsNewer
    }),
    row("logout.repeatable:server-error", "logging out with a dead token breaks the bank", |rules| {
        rules.logout.repeated = LogoutRepeated::Breaks
    }),
    row("logout.repeatable:not-found", "logging out with a dead token is answered 404", |rules| {
        rules.logout.repeated = LogoutRepeated::NotFound
    }),
    row("logout.during-sca", "an approval after logging out brings the token back", |rules| {
        rules.logout.late_approval = LateApproval::Revives
    }),
    row(
        "logout.during-sca:refresh-token",
        "an approval after logging out brings the refresh token back",
        |rules| rules.logout.late_approval = LateApproval::RevivesRefresh,
    ),
    row("logout.races", "a refresh under way at the logout gives a token that lives", |rules| {
        rules.refresh.issue_gap = Gap::Open
    }),
    row("logout.races:approve-deny", "an approval and a denial at once both succeed", |rules| {
        rules.sca.decide_gap = Gap::Open
    }),
    row("logout.races:newer-login", "a logout under way at a newer login ends that one", |rules| {
        rules.logout.reach_gap = Gap::Wide
    }),
    row(
        "logout.races:approve-logout",
        "an approval under way at the logout brings the token back",
        |rules| rules.sca.write_back_gap = Gap::Wide,
    ),
];
