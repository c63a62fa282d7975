//! Choices on the way to the login page and back.

use super::Promise;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuthorizeRules {
    pub state_echo: StateEcho,
    pub state_owner: StateOwner,
    pub state_absent: StateAbsent,
    pub state_on_error: StateOnError,
    pub markup: Markup,
    pub header_values: HeaderValues,
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
    /// A blank comes back as a `+`: encoded for a form, then for an address.
    PlusForSpace,
    /// Cut after so many bytes.
    Truncated(usize),
    /// Trailing `=` are lost.
    PaddingLost,
    /// Bytes outside ASCII become `?`.
    AsciiOnly,
    /// Cut at the first NUL, as C strings are.
    CutAtNul,
    /// Cut at the first semicolon, as by those who still take it for a separator.
    CutAtSemicolon,
    LowerCase,
    /// One of digits only is read as a number.
    AsNumber,
    /// Blanks at its ends are lost.
    Trimmed,
    /// What looks percent-encoded in it is decoded.
    DecodedTwice,
    /// `&`, `<`, `>` and `"` are written as in HTML.
    AsHtml,
    /// A letter and the accent that follows it become one character (Unicode's form C).
    Composed,
}

/// Whose state goes back with a redirect.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StateOwner {
    #[default]
    ThisLogin,
    /// That of the login which the same client opened last.
    ClientsNewestLogin,
    /// That of the client's login which has been open for longest, of those that have a state.
    ClientsOldestOpenLogin,
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
    /// That of the client's login before.
    OfTheLoginBefore,
}

/// Whether redirected errors carry the state (RFC 6749 §4.1.2.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StateOnError {
    #[default]
    Returned,
    /// Not when the user said no.
    DroppedOnDenial,
    /// When the user said no, percent-encoded once too often.
    EncodedTwiceOnDenial,
    /// Not when the request was wrong.
    DroppedOnBadRequest,
}

/// Whether the answer to an authorization request repeats the request, and where in its HTML. No place is escaped in the
/// way that it needs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Markup {
    /// It does not, but for what is wrong in it, escaped.
    #[default]
    Escaped,
    /// In attributes between double quotes, as it came.
    InAttributes,
    /// In attributes between single quotes, with double quotes escaped.
    InSingleQuotes,
    /// In the text, as it came.
    InText,
    /// In a string of a script, with quotes and backslashes escaped.
    InScript,
    /// In a comment, as it came.
    InComment,
}

/// What a line break in a parameter of an authorization request does to the answer's headers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HeaderValues {
    /// Nothing.
    #[default]
    Kept,
    /// It begins a new one.
    Split,
    /// It begins a new one where it came percent-encoded twice.
    SplitWhenDecoded,
    /// It begins a new one where characters are cut down to bytes that are line breaks.
    SplitByLowBytes,
}

/// What becomes of a parameter given twice (RFC 6749 §3.1, §3.2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Duplicates {
    #[default]
    Refused,
    FirstWins,
    LastWins,
    /// Refused only if it differs.
    SameAllowed,
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
    /// Whatever has `code` among its words.
    CodeAmongOthers,
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
    /// A code, if the user has said yes to this client before.
    CodeIfAllowedBefore,
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
    /// Whatever it is.
    Anything,
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
    /// An unregistered redirect URI gets the error about a wrong response type by redirect.
    OnWrongResponseType,
    /// Without a redirect URI the error goes to the first one that the client registered.
    OnMissingRedirectUri,
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
    LostOnErrors,
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
