//! Choices on the way to the login page and back.

use super::Promise;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuthorizeRules {
    pub state_echo: StateEcho,
    pub state_owner: StateOwner,
    pub state_absent: StateAbsent,
    pub state_on_error: StateOnError,
    pub markup: Markup,
    /// Whether line breaks in a state stay out of the answer's headers.
    pub header_values: Promise,
    pub duplicates: Duplicates,
    /// Whether unknown parameters are ignored.
    pub unknown_ignored: Promise,
    pub response_type: ResponseType,
    pub denial: Denial,
    pub redirect_match: RedirectMatch,
    pub bad_request_lands: BadRequestLands,
    pub redirect_query: RedirectQuery,
    pub headers: PageHeaders,
}

/// How a state is written into the redirect (RFC 6749 §4.1.2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StateEcho {
    /// Form-encoded once, every byte.
    #[default]
    Exact,
    /// A `+` is left as it is, and so becomes a space.
    PlusLeftRaw,
    /// Encoded twice.
    EncodedTwice,
    /// Cut after 255 bytes.
    Truncated,
    /// Trailing `=` are lost.
    PaddingLost,
    /// Bytes outside ASCII become `?`.
    AsciiOnly,
    /// Cut at the first NUL, as C strings are.
    CutAtNul,
}

/// Whose state goes back with a redirect.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StateOwner {
    #[default]
    ThisLogin,
    /// That of the login which the same client opened last.
    ClientsNewestLogin,
}

/// What goes back when no state was sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StateAbsent {
    #[default]
    Nothing,
    /// A random one.
    Invented,
    /// `state=` without a value.
    Empty,
}

/// Whether redirected errors carry the state (RFC 6749 §4.1.2.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StateOnError {
    #[default]
    Returned,
    /// Not when the user said no.
    DroppedOnDenial,
    /// Not when the request was wrong.
    DroppedOnBadRequest,
}

/// How text from a request gets into a page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Markup {
    #[default]
    Escaped,
    /// As it came; and the login page carries the state with it.
    Raw,
}

/// What becomes of a parameter given twice (RFC 6749 §3.1, §3.2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Duplicates {
    #[default]
    Refused,
    FirstWins,
    LastWins,
}

/// Which response types lead to a login.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ResponseType {
    /// `code`, and nothing else.
    #[default]
    CodeOnly,
    /// Whatever is sent is taken as `code`.
    Anything,
    /// `CODE` too.
    AnyCase,
    /// None sent is taken as `code`.
    MayBeAbsent,
}

/// What comes of a user's no (RFC 6749 §4.1.2.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Denial {
    #[default]
    AccessDenied,
    /// A code all the same.
    CodeAnyway,
    /// Another error than `access_denied`.
    OtherError,
}

/// Which redirect URIs pass as registered (RFC 9700 §2.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RedirectMatch {
    /// String for string.
    #[default]
    Exact,
    /// Whatever a registered one is the beginning of.
    Prefix,
    IgnoresCase,
    IgnoresTrailingSlash,
    IgnoresQuery,
    IgnoresFragment,
    IgnoresPort,
    IgnoresScheme,
    /// Any path on a registered host.
    HostOnly,
    /// Whatever begins with a registered scheme and host, host names that go on after it included.
    OriginPrefix,
    /// Any host that ends with a registered one.
    Subdomains,
    /// Dot segments and percent-encodings are resolved first.
    Normalised,
    /// What any client registered passes for every client.
    AnyClients,
}

/// Whether a request that can't be trusted is redirected (RFC 6749 §4.1.2.1: it must not be).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BadRequestLands {
    #[default]
    OnErrorPage,
    /// An unregistered redirect URI gets its error by redirect.
    OnBadRedirectUri,
    /// An unknown client's redirect URI gets its error by redirect.
    OnUnknownClientsUri,
}

/// What becomes of a registered redirect URI's own query (RFC 6749 §3.1.2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RedirectQuery {
    #[default]
    Kept,
    Lost,
    Doubled,
    /// Parameters follow after a second question mark.
    SecondQuestionMark,
}

/// Security headers of pages (RFC 9700 §2.6, §4.16).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PageHeaders {
    #[default]
    All,
    /// Nothing keeps the page out of a frame.
    Frameable,
    /// The page's address goes out in `Referer`.
    LeaksReferer,
    /// Other origins may read the page.
    CrossOriginReadable,
}
