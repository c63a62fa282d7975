//! Defects on the way to the login page and back.

use super::{Defect, row};
use crate::reference::rules::{
    BadRequestLands, Denial, Duplicates, Markup, PageHeaders, Promise, RedirectMatch, RedirectQuery,
    ResponseType, StateAbsent, StateEcho, StateOnError, StateOwner,
};

pub(super) const TABLE: &[Defect] = &[
    row("state.echo-exact", "a + in the state comes back as a space", |rules| {
        rules.authorize.state_echo = StateEcho::PlusLeftRaw
    }),
    row("state.echo-exact:encoded-twice", "the state comes back percent-encoded once too often", |rules| {
        rules.authorize.state_echo = StateEcho::EncodedTwice
    }),
    row("state.echo-exact:truncated", "a state of more than 255 bytes comes back cut", |rules| {
        rules.authorize.state_echo = StateEcho::Truncated
    }),
    row("state.echo-exact:padding-lost", "= at the end of the state are lost", |rules| {
        rules.authorize.state_echo = StateEcho::PaddingLost
    }),
    row("state.echo-exact:ascii-only", "bytes outside ASCII come back as question marks", |rules| {
        rules.authorize.state_echo = StateEcho::AsciiOnly
    }),
    row("state.echo-exact:cut-at-nul", "the state comes back cut at its first NUL", |rules| {
        rules.authorize.state_echo = StateEcho::CutAtNul
    }),
    row("state.not-swapped", "a login gets the state of the client's newest login", |rules| {
        rules.authorize.state_owner = StateOwner::ClientsNewestLogin
    }),
    row("state.absent", "a state comes back that was never sent", |rules| {
        rules.authorize.state_absent = StateAbsent::Invented
    }),
    row("state.absent:empty", "an empty state comes back where none was sent", |rules| {
        rules.authorize.state_absent = StateAbsent::Empty
    }),
    row("state.on-error", "the state is dropped when the user says no", |rules| {
        rules.authorize.state_on_error = StateOnError::DroppedOnDenial
    }),
    row("state.on-error:bad-request", "the state is dropped when the request is wrong", |rules| {
        rules.authorize.state_on_error = StateOnError::DroppedOnBadRequest
    }),
    row("state.no-injection", "pages show parts of the request unescaped", |rules| {
        rules.authorize.markup = Markup::Raw
    }),
    row("state.no-injection:header-split", "a line break in the state begins a new header", |rules| {
        rules.authorize.header_values = Promise::Broken
    }),
    row("authorize.duplicate-parameter", "of a parameter given twice, the last counts", |rules| {
        rules.authorize.duplicates = Duplicates::LastWins
    }),
    row(
        "authorize.duplicate-parameter:first-wins",
        "of a parameter given twice, the first counts",
        |rules| rules.authorize.duplicates = Duplicates::FirstWins,
    ),
    row("authorize.unknown-parameter", "an unknown parameter is refused", |rules| {
        rules.authorize.unknown_ignored = Promise::Broken
    }),
    row("authorize.response-type", "any response type is taken as code", |rules| {
        rules.authorize.response_type = ResponseType::Anything
    }),
    row("authorize.response-type:any-case", "CODE is taken as code", |rules| {
        rules.authorize.response_type = ResponseType::AnyCase
    }),
    row("authorize.response-type:absent", "no response type is taken as code", |rules| {
        rules.authorize.response_type = ResponseType::MayBeAbsent
    }),
    row("authorize.denied", "a user's no gives a code all the same", |rules| {
        rules.authorize.denial = Denial::CodeAnyway
    }),
    row("authorize.denied:other-error", "a user's no comes back as server_error", |rules| {
        rules.authorize.denial = Denial::OtherError
    }),
    row("redirect.exact-match", "whatever begins with a registered redirect URI passes", |rules| {
        rules.authorize.redirect_match = RedirectMatch::Prefix
    }),
    row("redirect.exact-match:case", "a redirect URI in another case passes", |rules| {
        rules.authorize.redirect_match = RedirectMatch::IgnoresCase
    }),
    row("redirect.exact-match:trailing-slash", "a slash more at the end passes", |rules| {
        rules.authorize.redirect_match = RedirectMatch::IgnoresTrailingSlash
    }),
    row("redirect.exact-match:query", "a redirect URI with another query passes", |rules| {
        rules.authorize.redirect_match = RedirectMatch::IgnoresQuery
    }),
    row("redirect.exact-match:fragment", "a redirect URI with a fragment passes", |rules| {
        rules.authorize.redirect_match = RedirectMatch::IgnoresFragment
    }),
    row("redirect.exact-match:port", "a redirect URI on another port passes", |rules| {
        rules.authorize.redirect_match = RedirectMatch::IgnoresPort
    }),
    row("redirect.exact-match:scheme", "a redirect URI with another scheme passes", |rules| {
        rules.authorize.redirect_match = RedirectMatch::IgnoresScheme
    }),
    row("redirect.exact-match:host", "any path on a registered host passes", |rules| {
        rules.authorize.redirect_match = RedirectMatch::HostOnly
    }),
    row("redirect.exact-match:origin-prefix", "any host that begins with a registered one passes", |rules| {
        rules.authorize.redirect_match = RedirectMatch::OriginPrefix
    }),
    row("redirect.exact-match:subdomain", "subdomains of a registered host pass", |rules| {
        rules.authorize.redirect_match = RedirectMatch::Subdomains
    }),
    row(
        "redirect.exact-match:normalised",
        "a redirect URI that means the same after normalising passes",
        |rules| rules.authorize.redirect_match = RedirectMatch::Normalised,
    ),
    row("redirect.exact-match:other-clients", "another client's redirect URI passes", |rules| {
        rules.authorize.redirect_match = RedirectMatch::AnyClients
    }),
    row("redirect.never-open", "an unregistered redirect URI gets its error by redirect", |rules| {
        rules.authorize.bad_request_lands = BadRequestLands::OnBadRedirectUri
    }),
    row(
        "redirect.never-open:unknown-client",
        "an unknown client's redirect URI gets its error by redirect",
        |rules| rules.authorize.bad_request_lands = BadRequestLands::OnUnknownClientsUri,
    ),
    row("redirect.keeps-query", "the redirect URI's own query is lost", |rules| {
        rules.authorize.redirect_query = RedirectQuery::Lost
    }),
    row("redirect.keeps-query:doubled", "the redirect URI's own query comes twice", |rules| {
        rules.authorize.redirect_query = RedirectQuery::Doubled
    }),
    row(
        "redirect.keeps-query:second-question-mark",
        "a second question mark spoils the redirect URI's own query",
        |rules| rules.authorize.redirect_query = RedirectQuery::SecondQuestionMark,
    ),
    row("page.framing", "pages may be framed by anybody", |rules| {
        rules.authorize.headers = PageHeaders::Frameable
    }),
    row("page.framing:referer", "pages hand their address on as Referer", |rules| {
        rules.authorize.headers = PageHeaders::LeaksReferer
    }),
    row("page.framing:cross-origin", "pages may be read from any origin", |rules| {
        rules.authorize.headers = PageHeaders::CrossOriginReadable
    }),
];
