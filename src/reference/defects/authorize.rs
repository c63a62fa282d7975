//! Defects on the way to the login page and back.

use super::{Defect, row};
use crate::reference::rules::{
    BadRequestLands, Denial, Duplicates, HeaderValues, Markup, PageHeaders, Promise, RedirectMatch,
    RedirectQuery, ResponseType, StateAbsent, StateEcho, StateOnError, StateOwner,
};

pub(super) const TABLE: &[Defect] = &[
    row("state.echo-exact", "a + in the state comes back as a space", |rules| {
        rules.authorize.state_echo = StateEcho::PlusLeftRaw
    }),
    row("state.echo-exact:encoded-twice", "the state comes back percent-encoded once too often", |rules| {
        rules.authorize.state_echo = StateEcho::EncodedTwice
    }),
    row("state.echo-exact:truncated", "a state of more than 255 bytes comes back cut", |rules| {
        rules.authorize.state_echo = StateEcho::Truncated(255)
    }),
    row("state.echo-exact:truncated-at-1024", "a state of more than 1024 bytes comes back cut", |rules| {
        rules.authorize.state_echo = StateEcho::Truncated(1024)
    }),
    row("state.echo-exact:plus-for-space", "a blank in the state comes back as a +", |rules| {
        rules.authorize.state_echo = StateEcho::PlusForSpace
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
    row(
        "state.echo-exact:decoded-twice",
        "what looks percent-encoded in the state comes back decoded",
        |rules| rules.authorize.state_echo = StateEcho::DecodedTwice,
    ),
    row("state.echo-exact:lower-case", "the state comes back in lower case", |rules| {
        rules.authorize.state_echo = StateEcho::LowerCase
    }),
    row("state.echo-exact:as-number", "a state of digits comes back without its leading zeros", |rules| {
        rules.authorize.state_echo = StateEcho::AsNumber
    }),
    row("state.echo-exact:trimmed", "blanks at the ends of the state are lost", |rules| {
        rules.authorize.state_echo = StateEcho::Trimmed
    }),
    row("state.echo-exact:cut-at-semicolon", "the state comes back cut at its first semicolon", |rules| {
        rules.authorize.state_echo = StateEcho::CutAtSemicolon
    }),
    row("state.echo-exact:as-html", "the state comes back escaped as in HTML", |rules| {
        rules.authorize.state_echo = StateEcho::AsHtml
    }),
    row("state.echo-exact:composed", "letters and their combining accents come back as one", |rules| {
        rules.authorize.state_echo = StateEcho::Composed
    }),
    row("state.not-swapped", "a login gets the state of the client's newest login", |rules| {
        rules.authorize.state_owner = StateOwner::ClientsNewestLogin
    }),
    row(
        "state.not-swapped:queue",
        "a client's logins get their states in the order in which they were opened",
        |rules| rules.authorize.state_owner = StateOwner::ClientsOldestOpenLogin,
    ),
    row("state.absent", "a state comes back that was never sent", |rules| {
        rules.authorize.state_absent = StateAbsent::Invented
    }),
    row("state.absent:empty", "an empty state comes back where none was sent", |rules| {
        rules.authorize.state_absent = StateAbsent::Empty
    }),
    row(
        "state.absent:of-the-login-before",
        "a login without a state gets that of the client's login before",
        |rules| rules.authorize.state_absent = StateAbsent::OfTheLoginBefore,
    ),
    row("state.on-error", "the state is dropped when the user says no", |rules| {
        rules.authorize.state_on_error = StateOnError::DroppedOnDenial
    }),
    row("state.on-error:bad-request", "the state is dropped when the request is wrong", |rules| {
        rules.authorize.state_on_error = StateOnError::DroppedOnBadRequest
    }),
    row("state.on-error:encoded-twice", "the state of a denial is percent-encoded once too often", |rules| {
        rules.authorize.state_on_error = StateOnError::EncodedTwiceOnDenial
    }),
    row("state.no-injection", "the request comes back in attributes of the page, unescaped", |rules| {
        rules.authorize.markup = Markup::InAttributes
    }),
    row("state.no-injection:header-split", "a line break in a parameter begins a new header", |rules| {
        rules.authorize.header_values = HeaderValues::Split
    }),
    row(
        "state.no-injection:single-quotes",
        "the request comes back between single quotes, which are not escaped",
        |rules| rules.authorize.markup = Markup::InSingleQuotes,
    ),
    row("state.no-injection:text", "the request comes back in the text of the page, unescaped", |rules| {
        rules.authorize.markup = Markup::InText
    }),
    row(
        "state.no-injection:script",
        "the request comes back in a script, escaped for strings but not for HTML",
        |rules| rules.authorize.markup = Markup::InScript,
    ),
    row("state.no-injection:comment", "the request comes back in a comment of the page", |rules| {
        rules.authorize.markup = Markup::InComment
    }),
    row(
        "state.no-injection:encoded-header-split",
        "a line break that was percent-encoded twice begins a new header",
        |rules| rules.authorize.header_values = HeaderValues::SplitWhenDecoded,
    ),
    row(
        "state.no-injection:wide-header-split",
        "a character whose low byte is a line break begins a new header",
        |rules| rules.authorize.header_values = HeaderValues::SplitByLowBytes,
    ),
    row("authorize.duplicate-parameter", "of a parameter given twice, the last counts", |rules| {
        rules.authorize.duplicates = Duplicates::LastWins
    }),
    row(
        "authorize.duplicate-parameter:first-wins",
        "of a parameter given twice, the first counts",
        |rules| rules.authorize.duplicates = Duplicates::FirstWins,
    ),
    row(
        "authorize.duplicate-parameter:same-value",
        "a parameter given twice with one value passes",
        |rules| rules.authorize.duplicates = Duplicates::SameAllowed,
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
    row(
        "authorize.response-type:hybrid",
        "a response type with code among other words is taken as code",
        |rules| rules.authorize.response_type = ResponseType::CodeAmongOthers,
    ),
    row("authorize.denied", "a user's no gives a code all the same", |rules| {
        rules.authorize.denial = Denial::CodeAnyway
    }),
    row("authorize.denied:other-error", "a user's no comes back as server_error", |rules| {
        rules.authorize.denial = Denial::OtherError
    }),
    row("authorize.denied:after-a-yes", "a user who has said yes before gets a code for a no", |rules| {
        rules.authorize.denial = Denial::CodeIfAllowedBefore
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
    row("redirect.exact-match:not-checked", "any redirect URI passes", |rules| {
        rules.authorize.redirect_match = RedirectMatch::Anything
    }),
    row("redirect.never-open", "an unregistered redirect URI gets its error by redirect", |rules| {
        rules.authorize.bad_request_lands = BadRequestLands::OnBadRedirectUri
    }),
    row(
        "redirect.never-open:unknown-client",
        "an unknown client's redirect URI gets its error by redirect",
        |rules| rules.authorize.bad_request_lands = BadRequestLands::OnUnknownClientsUri,
    ),
    row(
        "redirect.never-open:missing",
        "without a redirect URI the error goes to the client's first one",
        |rules| rules.authorize.bad_request_lands = BadRequestLands::OnMissingRedirectUri,
    ),
    row(
        "redirect.never-open:wrong-response-type",
        "an unregistered redirect URI gets the error about a wrong response type",
        |rules| rules.authorize.bad_request_lands = BadRequestLands::OnWrongResponseType,
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
    row(
        "redirect.keeps-query:lost-on-denial",
        "the redirect URI's own query is lost when the user says no",
        |rules| rules.authorize.redirect_query = RedirectQuery::LostOnErrors,
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
