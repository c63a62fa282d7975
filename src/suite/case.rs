//! The typed form of a suite: every name resolved, every variant spelled out, every expectation with its source span.
//!
//! How each key is written in TOML stands at its field. All spans are byte ranges of the suite's own text.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use super::read::case::Script;

/// Byte range in a [`Source`]'s text.
pub type Span = Range<usize>;

/// One file, kept whole so that findings can show its lines.
#[derive(Debug, PartialEq, Eq)]
pub struct Source {
    /// The name it is shown under, such as `suites/server/refresh.toml`.
    pub path: String,
    pub text: String,
    /// Where each line begins, in bytes: a place is found without reading all of the file before it.
    pub(super) lines: Vec<usize>,
}

/// One suite file: of steps on the bank's side, unless said otherwise.
#[derive(Clone, Debug)]
pub struct Suite<S: Script = Step> {
    pub id: String,
    pub about: String,
    pub source: Arc<Source>,
    /// In file order, variants in the order of their values.
    pub cases: Vec<Case<S>>,
}

/// One case, one variant of it.
#[derive(Clone, Debug)]
pub struct Case<S: Script = Step> {
    /// `suite/name`, or `suite/name[variant]`.
    pub id: String,
    pub suite: String,
    pub name: String,
    pub about: String,
    /// Ids of the catalogue, at least one, all of one level.
    pub proves: Vec<String>,
    /// Other requirements (or defects of them) that break it too, and why that is in order.
    pub also: BTreeMap<String, String>,
    /// Promises without which there is nothing to probe, and what is missing then: where a `given` does not hold because the
    /// server keeps none of them, the case is skipped.
    pub supposes: BTreeMap<String, String>,
    /// The first edition of the catalogue that has it.
    pub since: String,
    /// How often to run it, each time in a fresh world; at least 1.
    pub rounds: u32,
    /// What the target must be able to do: derived from the steps, and `needs`.
    pub needs: BTreeSet<S::Need>,
    /// At least one.
    pub steps: Vec<S>,
    pub source: Arc<Source>,
    /// The case's `id` value in the source.
    pub span: Span,
}

impl Case {
    /// Its id without the variant: `suite/name`.
    pub fn without_variant(&self) -> &str {
        self.id.split('[').next().unwrap_or(&self.id)
    }
}

/// One verb and what is expected of it.
#[derive(Clone, Debug)]
pub struct Step {
    pub verb: Verb,
    /// Preconditions: if one does not hold, nothing can be concluded.
    pub given: Vec<Leaf>,
    /// What is judged. A step without any must keep its verb's contract (see [`Verb`]), as a precondition.
    pub expect: Vec<Leaf>,
    /// Records what came under these words, judges nothing. Excludes `given` and `expect`.
    pub observe: Option<String>,
    /// Which of the target's nodes its requests go to, from 1; the first if it doesn't say.
    pub node: Option<u8>,
    /// The verb's key in the source.
    pub span: Span,
}

/// One expectation and where it stands.
#[derive(Clone, Debug)]
pub struct Leaf {
    pub check: Check,
    /// `key = value` in the source, from the key's first byte to the value's last.
    pub span: Span,
}

macro_rules! names {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub String);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )*};
}

names! {
    /// The handle of a login page that was opened and not yet landed.
    Page;
    /// The handle of what came back on the redirect URI.
    Code;
    /// The handle of the tokens that one login gave, or one refresh.
    Grant;
    /// The handle of a payment mandate.
    Mandate;
    /// A user by role: `alice`, `bob`.
    User;
    /// A client by role: `server` (confidential), `other` (a second confidential one), `public`.
    Client;
}

/// The roles that a world has.
pub const USERS: [&str; 2] = ["alice", "bob"];
/// The roles that a world has.
pub const CLIENTS: [&str; 3] = ["server", "other", "public"];

/// Declares an enum whose variants are written as fixed words in a suite.
macro_rules! words {
    ($(
        $(#[doc = $doc:literal])*
        $name:ident { $($(#[doc = $vdoc:literal])* $variant:ident = $word:literal,)* }
    )*) => {$(
        $(#[doc = $doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[doc = $vdoc])* $variant,)* }

        impl $name {
            /// Every value and the word it is written as.
            pub const ALL: &'static [($name, &'static str)] = &[$(($name::$variant, $word),)*];

            /// What the whole list is about, and what each value of `ALL` means, as documented above.
            pub const ABOUT: (&'static str, &'static [&'static str]) =
                (concat!($($doc),*), &[$(concat!("" $(, $vdoc)*),)*]);

            /// The word it is written as.
            pub fn word(self) -> &'static str {
                match self { $($name::$variant => $word,)* }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.word())
            }
        }
    )*};
}
pub(in crate::suite) use words;

words! {
    /// What a target must be able to do for a case to run.
    Need {
        /// A user can be sent through a login, as often as a case wants.
        Login = "login",
        /// A second user.
        TwoUsers = "two-users",
        /// The second confidential client.
        OtherClient = "other-client",
        /// A client that can't keep a secret.
        PublicClient = "public-client",
        /// A registered redirect URI with a query of its own.
        RedirectQuery = "redirect-query",
        /// The owner can say no on the login page.
        Denial = "denial",
        /// Data stays closed until the owner approves in the app.
        Approval = "approval",
        /// The target's clock can be moved.
        Clock = "clock",
        /// There is a logout endpoint.
        Logout = "logout",
        /// It takes the access token in the Authorization header.
        BearerLogout = "bearer-logout",
        /// Whoami takes the access token in the Authorization header.
        BearerWhoami = "bearer-whoami",
        /// There are data endpoints.
        Data = "data",
        /// Among them, the list of accounts.
        Accounts = "accounts",
        /// Among them, an account's balance.
        Balance = "balance",
        /// Among them, an account's transactions.
        Transactions = "transactions",
        /// Refresh tokens are issued to confidential clients.
        Refresh = "refresh",
        /// The owner can disconnect a client in the bank's app.
        Disconnect = "disconnect",
        /// The owner's list of connected third parties can be read.
        Consents = "consents",
        /// There are payment mandates.
        Mandates = "mandates",
        /// There is a second address of the same state.
        Nodes = "nodes",
        /// The target can be started anew in the midst of a case.
        Restart = "restart",
        /// Requests can be made to be turned away with 429: through the control API, or by a burst of them.
        Overload = "overload",
    }

    /// How often a payment can be taken under a mandate.
    Period { Weekly = "weekly", Monthly = "monthly", }

    /// What the owner answers on the login page.
    Decision { Allow = "allow", Deny = "deny", }

    /// Where a token answers, or data.
    Endpoint {
        Whoami = "whoami",
        Accounts = "accounts",
        Balance = "balance",
        /// The latest transactions: no `since`.
        Transactions = "transactions",
        /// All transactions there ever were: the same endpoint, with a `since` from before the bank was founded.
        History = "history",
    }

    /// An endpoint that a raw request can go to by its name, wherever the target has it.
    Address {
        Authorize = "authorize",
        Token = "token",
        Whoami = "whoami",
        Logout = "logout",
        Accounts = "accounts",
        Balance = "balance",
        Transactions = "transactions",
        Mandates = "mandates",
    }

    /// An endpoint that can be made to turn requests away.
    Door {
        Token = "token",
        Logout = "logout",
        Whoami = "whoami",
        Accounts = "accounts",
        Balance = "balance",
        Transactions = "transactions",
        /// Setting up mandates, and payments under them.
        Mandates = "mandates",
    }

    /// Which redirect URI an authorize or exchange request names.
    Redirect {
        /// The client's first registered one.
        Registered = "registered",
        /// Its registered one that has a query.
        WithQuery = "with-query",
        /// Another client's registered one (`other`'s for `server`, else `server`'s).
        OtherClients = "other-clients",
        /// On a host that nobody registered.
        Foreign = "foreign",
        /// The first letter of the path in the other case.
        PathCase = "path-case",
        /// A slash more at the end.
        TrailingSlash = "trailing-slash",
        /// Another port. Not applicable to a loopback address (RFC 8252 §7.3).
        Port = "port",
        /// `http` for `https`, or the other way round.
        Scheme = "scheme",
        /// A `/x/..` in the path.
        DotDot = "dot-dot",
        /// A `/x/%2e%2e` in the path.
        EncodedDotDot = "encoded-dot-dot",
        /// A letter of the path percent-encoded.
        EncodedLetter = "encoded-letter",
        /// The registered host as userinfo before `@` and a foreign host.
        Userinfo = "userinfo",
        /// A query that was not registered.
        ExtraQuery = "extra-query",
        /// A label more before the host.
        Subdomain = "subdomain",
        /// The registered host as the beginning of a longer foreign one.
        HostSuffix = "host-suffix",
        /// A path that the registered one is a prefix of.
        PathSuffix = "path-suffix",
        /// A fragment.
        Fragment = "fragment",
        /// A backslash and `@` that some parsers read as the end of the host.
        Backslash = "backslash",
        /// An empty string.
        Empty = "empty",
        /// The parameter left out.
        Omitted = "omitted",
    }

    /// Which secret a client shows.
    Secret {
        Right = "right",
        /// Of the same length and alphabet, but another.
        Wrong = "wrong",
        Empty = "empty",
        /// The right one without its last character.
        Prefix = "prefix",
        /// The right one and a character more.
        Longer = "longer",
        /// The right one with its letters in the other case.
        OtherCase = "other-case",
        /// Another client's right one (`other`'s for `server`, else `server`'s).
        OtherClients = "other-clients",
        /// The public client's right one.
        PublicClients = "public-clients",
        Omitted = "omitted",
    }

    /// How client credentials travel.
    Credentials {
        /// As the target file says: the way that is right for the target.
        Usual = "usual",
        /// In the request's URL, not in the body.
        Query = "query",
        /// Right by Basic, wrong in the body.
        BasicRightBodyWrong = "basic-right-body-wrong",
        /// Wrong by Basic, right in the body.
        BasicWrongBodyRight = "basic-wrong-body-right",
    }

    /// How a token request is encoded.
    Encoding {
        /// `application/x-www-form-urlencoded` in the body: the right way.
        Form = "form",
        /// The same parameters as a JSON object in the body.
        Json = "json",
        /// The same parameters in the URL's query, no body.
        Query = "query",
    }

    /// Which token of a grant is shown, and in what state.
    Token {
        Access = "access",
        Refresh = "refresh",
        /// The refresh token; where none was issued, the access token: whatever there is to refresh with.
        RefreshOrAccess = "refresh-or-access",
        /// The authorization code that the grant came from.
        Code = "code",
        /// The access token with one bit of one character in its middle flipped.
        Flipped = "flipped",
        /// The access token without its last character.
        Truncated = "truncated",
        /// The access token twice in a row.
        Doubled = "doubled",
        /// The access token with its letters in the other case.
        OtherCase = "other-case",
        /// A token-like random string that nobody issued.
        Random = "random",
        /// Characters that no token has: quotes, braces, percent signs.
        Malformed = "malformed",
        /// 64 KiB of letters.
        Huge = "huge",
        /// The empty string after the scheme.
        Empty = "empty",
        /// No credentials at all.
        Nothing = "none",
    }

    /// How a token travels.
    Carrier {
        /// `Authorization: Bearer …`: the right way.
        Header = "header",
        /// `?access_token=…`
        Query = "query",
        /// `access_token=…` in a form body.
        Form = "form",
        /// `Cookie: access_token=…`
        Cookie = "cookie",
        /// The same `Authorization` header twice.
        TwoHeaders = "two-headers",
    }

    /// What came of a request as a whole.
    Outcome {
        /// It was done: a 2xx that gives what the verb asks for; for an authorization, a code on the redirect URI.
        Granted = "granted",
        /// A 4xx other than 429, and nothing granted; for an authorization, no code anywhere.
        Refused = "refused",
        /// Either of these.
        Any = "any",
        /// It was turned away with 429. Only a precondition: no promise says when a server does that.
        Throttled = "throttled",
    }

    /// How the state on the callback compares with the one sent, after one form decoding.
    StateRule {
        /// The callback has it, once, the same byte for byte.
        Same = "same",
        /// The callback has none.
        Absent = "absent",
        /// The same, or the request was refused.
        SameOrRefused = "same-or-refused",
    }

    /// Where an authorization may have led.
    Landing {
        /// To no address but the client's registered redirect URI, string for string (the bank's own pages aside).
        RegisteredOnly = "registered-only",
        /// Nowhere but the bank's own pages.
        Nowhere = "nowhere",
        /// To the redirect URI, its own query once and unchanged.
        KeepsQuery = "keeps-query",
    }

    /// What a token answer says of the refresh token.
    RefreshRule {
        Present = "present",
        /// No such key, or null.
        Absent = "absent",
        /// Present, and another than the one that was used.
        New = "new",
    }

    /// Properties that an answer has or lacks, each a check of its own.
    Trait {
        /// A token answer with every documented field: `access_token`, `client_id`, `expires_in` (a positive whole
        /// number), `token_type` Bearer in any case, `user_id`; with the right client and user.
        TokenFields = "token-fields",
        /// An access token other than every earlier one of the case.
        NewAccess = "new-access",
        /// `Cache-Control` with `no-store`.
        NoStore = "no-store",
        /// `Content-Type: application/json`.
        Json = "json",
        /// `WWW-Authenticate: Bearer …`.
        BearerChallenge = "bearer-challenge",
        /// `X-Frame-Options: DENY|SAMEORIGIN`, or CSP `frame-ancestors` 'none' or 'self'.
        NoFraming = "no-framing",
        /// A `Referrer-Policy` that keeps the query from other origins.
        NoReferrer = "no-referrer",
        /// No `Access-Control-Allow-Origin` for a foreign origin.
        NoCrossOrigin = "no-cross-origin",
        /// Nothing that was sent in split a header, or became an element or attribute of a page.
        NoInjection = "no-injection",
        /// A 4xx other than 429, whichever: unlike `outcome = "refused"`, a 500 breaks this.
        ClientError = "client-error",
        /// A transaction older than 90 days is listed.
        OldHistory = "old-history",
        /// None is listed, or the request is refused.
        NoOldHistory = "no-old-history",
        /// A refusal that says that the user has disconnected the client, in words or by a name that the target file
        /// gives (`disconnected_errors`).
        DisconnectReason = "disconnect-reason",
        /// An answer that does not say so.
        NoDisconnectReason = "no-disconnect-reason",
        /// Of every listed third party, what it may read: at least one thing.
        AccessNamed = "access-named",
        /// Of every listed mandate of the case, its third party, payee, amount, currency and period, as they were agreed.
        TermsNamed = "terms-named",
        /// The statistical tests of a sample find nothing.
        Unguessable = "unguessable",
        /// A race ended in a state that running its lanes one after the other, in some order, also ends in.
        Serial = "serial",
    }
}

/// What a verb does. Its contract — what must come of it when a step says nothing else — stands at each.
#[derive(Clone, Debug)]
pub enum Verb {
    /// Contract: an authorization page, or a redirect to one.
    Open(Open),
    /// Contract: for `allow` a code on the redirect URI; for `deny` no code.
    Land(Land),
    /// `open` and `land` in one. Contract: as `land`.
    Authorize(Authorize),
    /// Contract: an access token.
    Exchange(Exchange),
    /// `authorize`, `exchange` and (unless `approve = false`) `approve` in one. Contract: all of it.
    Login(Login),
    /// The owner approves in the app. Contract: done.
    Approve(Approve),
    /// The owner says no in the app. Contract: done.
    Deny(Approve),
    /// Contract: an access token.
    Refresh(Refresh),
    /// Contract: a 2xx; for whoami with an identity.
    Call(Call),
    /// Contract: a 2xx.
    Logout(Logout),
    /// Any request at all. Contract: a 2xx; from a named endpoint with what it is for.
    Request(Request),
    /// The owner disconnects the client in the app. Contract: done.
    Disconnect(Disconnect),
    /// The third parties that the owner sees as connected. Contract: a list of them.
    Connected(Connected),
    /// A client sets a payment mandate up, and (unless `approve = false`) its owner approves it. Contract: all of it.
    Mandate(SetUp),
    /// The payment mandates that the owner sees. Contract: a list of them.
    Mandates(Mandates),
    /// A client takes a payment under a mandate. Contract: a 2xx.
    Pay(Pay),
    /// The owner cancels a mandate. Contract: done.
    Cancel(Cancel),
    /// Which tokens of the case live. Contract: as it says.
    Grid(Grid),
    /// Moves the target's clock. Contract: done.
    Advance(Advance),
    /// The target is started anew. Contract: done.
    Restart,
    /// Makes the target turn the next request to an endpoint away. Contract: done.
    Overload(Overload),
    /// Sends every lane at one instant.
    Race(Race),
    /// Logs in many times and keeps what was given. Contract: every login works.
    Sample(Sample),
}

/// An authorization request. All keys but `client` are optional.
#[derive(Clone, Debug)]
pub struct AuthorizeRequest {
    pub client: Client,
    pub state: StateSent,
    pub redirect: Redirect,
    /// `set = { response_type = "token" }`: parameters replaced or added.
    pub set: Vec<(String, Text)>,
    /// `omit = ["response_type"]`
    pub omit: Vec<String>,
    /// `twice = { client_id = "client:other" }`: sent once more, after the right one.
    pub twice: Vec<(String, Text)>,
}

/// The state that an authorization request carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StateSent {
    /// Key absent: a fresh random one.
    Fresh,
    /// `state = "…"`, this very string.
    Exactly(String),
    /// `omit = ["state"]`
    Omitted,
}

/// A parameter's value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Text {
    Plain(String),
    /// `user:bob`: that user's id.
    UserId(User),
    /// `client:other`: that client's id.
    ClientId(Client),
    /// `same`: the value that the request already has. Only in `twice`.
    Same,
}

/// `open = { client, save, … }`
#[derive(Clone, Debug)]
pub struct Open {
    pub request: AuthorizeRequest,
    pub save: Option<Page>,
}

/// `land = { page, user, decide = "allow", save }`
#[derive(Clone, Debug)]
pub struct Land {
    pub page: Page,
    pub user: User,
    pub decide: Decision,
    pub save: Option<Code>,
}

/// `authorize = { user, client, decide = "allow", save, … }`
#[derive(Clone, Debug)]
pub struct Authorize {
    pub user: User,
    pub request: AuthorizeRequest,
    pub decide: Decision,
    pub save: Option<Code>,
}

/// What a token request differs in from the right one. Every key is optional.
#[derive(Clone, Debug)]
pub struct TokenRequest {
    /// `by = "other"`: another client than the handle's own sends it, with its own credentials.
    pub by: Option<Client>,
    pub secret: Secret,
    pub credentials: Credentials,
    /// `method = "GET"`. Default POST.
    pub method: String,
    pub encoding: Encoding,
    /// `set = { grant_type = "x" }`: parameters replaced or added.
    pub set: Vec<(String, Text)>,
    pub omit: Vec<String>,
    pub twice: Vec<(String, Text)>,
}

/// `exchange = { code, save, redirect = "registered", … }`
#[derive(Clone, Debug)]
pub struct Exchange {
    pub code: Code,
    /// Key absent: the one that was sent when the code was asked for.
    pub redirect: Option<Redirect>,
    pub request: TokenRequest,
    pub save: Option<Grant>,
}

/// `login = { user, client, approve = true, save }`
#[derive(Clone, Debug)]
pub struct Login {
    pub user: User,
    pub client: Client,
    pub approve: bool,
    pub save: Option<Grant>,
}

/// `approve = { grant = "first", user = "bob" }`, `approve = { code = "c" }` or `approve = { mandate = "m" }`
#[derive(Clone, Debug)]
pub struct Approve {
    /// What is approved: the login of a grant or of a code, or a mandate.
    pub of: Origin,
    /// Key absent: the user who logged in.
    pub user: Option<User>,
}

/// What names something that the owner is asked to approve.
#[derive(Clone, Debug)]
pub enum Origin {
    Grant(Grant),
    Code(Code),
    Mandate(Mandate),
}

/// `refresh = { grant, token = "refresh", save, … }`
#[derive(Clone, Debug)]
pub struct Refresh {
    pub grant: Grant,
    pub token: Token,
    pub request: TokenRequest,
    pub save: Option<Grant>,
}

/// `call = { whoami = "first", token = "access", send = "header", scheme = "Bearer" }`
#[derive(Clone, Debug)]
pub struct Call {
    pub endpoint: Endpoint,
    pub grant: Grant,
    pub token: Token,
    pub send: Carrier,
    /// The word before the token. Default `Bearer`.
    pub scheme: String,
}

/// `logout = { grant, token = "access", send = "header", method = "POST" }`
#[derive(Clone, Debug)]
pub struct Logout {
    pub grant: Grant,
    pub token: Token,
    pub send: Carrier,
    pub method: String,
}

/// `request = { client, method = "GET", to = "whoami", headers = { … }, query = { … }, form = { … } }`, or `body = "…"` for
/// `form`. Nothing is added to it: no credentials, no token.
#[derive(Clone, Debug)]
pub struct Request {
    /// Who sends it, in the report's eyes.
    pub client: Client,
    pub method: String,
    pub to: Destination,
    /// In the order of the file.
    pub headers: Vec<(String, Template)>,
    pub query: Vec<(String, Template)>,
    pub body: RequestBody,
}

/// Where a raw request goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Destination {
    /// `to = "token"`
    Address(Address),
    /// `to = "/accounts/{alice.id}"`: under the target's base.
    Path(Template),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RequestBody {
    None,
    /// `form = { … }`: form encoded, with that content type unless `headers` says another.
    Form(Vec<(String, Template)>),
    /// `body = "…"`, as it stands.
    Text(Template),
}

/// A text with values in it: `Bearer {first.access}`. Only raw requests have any.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Template(pub Vec<Piece>);

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    Text(String),
    /// `{first.access}`
    Access(Grant),
    /// `{first.refresh}`
    Refresh(Grant),
    /// `{landed.code}`
    Code(Code),
    /// `{alice.id}`
    UserId(User),
    /// `{server.id}`
    ClientId(Client),
    /// `{server.secret}`
    ClientSecret(Client),
}

/// As it was written, but for what was doubled.
impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|piece| match piece {
            Piece::Text(text) => f.write_str(text),
            Piece::Access(grant) => write!(f, "{{{grant}.access}}"),
            Piece::Refresh(grant) => write!(f, "{{{grant}.refresh}}"),
            Piece::Code(code) => write!(f, "{{{code}.code}}"),
            Piece::UserId(user) => write!(f, "{{{user}.id}}"),
            Piece::ClientId(client) => write!(f, "{{{client}.id}}"),
            Piece::ClientSecret(client) => write!(f, "{{{client}.secret}}"),
        })
    }
}

/// `disconnect = { user, client }`
#[derive(Clone, Debug)]
pub struct Disconnect {
    pub user: User,
    pub client: Client,
}

/// `connected = { user }`
#[derive(Clone, Debug)]
pub struct Connected {
    pub user: User,
}

/// `mandate = { grant, payee = "Sky TV", amount = 3000, period = "monthly", approve = true, save }`
#[derive(Clone, Debug)]
pub struct SetUp {
    /// Whose client asks, with its access token.
    pub grant: Grant,
    pub payee: String,
    /// Pence.
    pub amount: u64,
    pub period: Period,
    pub approve: bool,
    pub save: Option<Mandate>,
}

/// `mandates = { user }`
#[derive(Clone, Debug)]
pub struct Mandates {
    pub user: User,
}

/// `pay = { mandate, grant, amount = 3000 }`
#[derive(Clone, Debug)]
pub struct Pay {
    pub mandate: Mandate,
    /// Whose access token is shown. Key absent: that of the grant that set the mandate up.
    pub grant: Option<Grant>,
    /// Pence. Key absent: as agreed.
    pub amount: Option<u64>,
}

/// `cancel = { mandate, user }`
#[derive(Clone, Debug)]
pub struct Cancel {
    pub mandate: Mandate,
    /// Key absent: the mandate's owner.
    pub user: Option<User>,
}

/// `grid = { live = ["a"], dead = ["b"], either = [], refreshable = ["a"], spent = ["b"] }`
///
/// `live`, `dead` and `either` name every grant saved so far: whoami is asked with each one's access token, and a live
/// one must say the right user and client. Then the refresh tokens of `spent` and of `refreshable` are used, in this order.
#[derive(Clone, Debug)]
pub struct Grid {
    pub live: Vec<Grant>,
    pub dead: Vec<Grant>,
    pub either: Vec<Grant>,
    pub refreshable: Vec<Grant>,
    pub spent: Vec<Grant>,
}

/// `advance = { seconds = 300 }`, `advance = { to_expiry_of = "first", less = 60 }` or `… more = 60`
#[derive(Clone, Debug)]
pub enum Advance {
    Seconds(u64),
    /// To that grant's `expires_in` after it was given, and so many seconds more (negative: less).
    Expiry {
        of: Grant,
        offset: i64,
    },
    /// `advance = { past = "approval" }`: to just after the time in which an approval must come.
    PastApproval,
}

/// `overload = { of = "token", grant = "first" }`
#[derive(Clone, Debug)]
pub struct Overload {
    pub of: Door,
    /// Whose client and token a burst is sent with, where the control API can't throttle.
    pub grant: Grant,
}

/// `race = { copies = 8, all = [ { refresh = { grant = "first" } } ] }`
///
/// Every lane is a single request: `exchange`, `refresh`, `call`, `logout`, `approve`, `deny`, `disconnect`, `pay`, `cancel`; each is sent `copies` times
/// (default 1), all at one instant. What they gave is judged by [`Check::TokensAtMost`], [`Check::LiveAtMost`],
/// [`Check::LiveExactly`] and [`Trait::Serial`].
#[derive(Clone, Debug)]
pub struct Race {
    pub copies: u32,
    pub lanes: Vec<Verb>,
}

/// `sample = { user, client, count = 200 }`
#[derive(Clone, Debug)]
pub struct Sample {
    pub user: User,
    pub client: Client,
    pub count: u32,
}

/// One thing that is expected of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Check {
    /// `outcome = "refused"`
    Outcome(Outcome),
    /// `status = 401` or `status = [400, 401]`: any of these.
    Status(Vec<u16>),
    /// `error = "invalid_grant"` or a list: any of these as `error` or as `code` in the JSON body, or as `error` on the
    /// callback.
    Error(Vec<String>),
    /// `state = "same"`
    State(StateRule),
    /// `landing = "registered-only"`
    Landing(Landing),
    /// `refresh_token = "absent"`
    RefreshToken(RefreshRule),
    /// `user = "alice"`: the user whom the answer names.
    User(User),
    /// `client = "server"`: the client whom the answer names.
    Client(Client),
    /// `lists = ["server"]`: each of these is on the list.
    Lists(Listed),
    /// `lists_not = ["server"]`: none of these is.
    ListsNot(Listed),
    /// `since = "first"`: the client of this grant is listed as connected since the grant was given, give or take some
    /// minutes.
    Since(Grant),
    /// `has = ["no-store"]`: each of these.
    Has(Trait),
    /// `tokens_at_most = 1`: distinct access tokens that a race gave, and distinct refresh tokens.
    TokensAtMost(u32),
    /// `live_at_most = 1`: how many of a race's distinct access tokens live afterwards.
    LiveAtMost(u32),
    /// `live_exactly = 1`: how many of a race's distinct access tokens live afterwards.
    LiveExactly(u32),
}

/// What can be on an owner's list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Listed {
    /// Connected third parties.
    Clients(Vec<Client>),
    /// Mandates that can take payments.
    Mandates(Vec<Mandate>),
}

impl Request {
    /// Every text of it that can hold values.
    pub fn templates(&self) -> impl Iterator<Item = &Template> {
        let path = match &self.to {
            Destination::Path(path) => Some(path),
            Destination::Address(_) => None,
        };
        let (form, text) = match &self.body {
            RequestBody::None => (&[][..], None),
            RequestBody::Form(form) => (form.as_slice(), None),
            RequestBody::Text(text) => (&[][..], Some(text)),
        };
        let pairs = self.headers.iter().chain(&self.query).chain(form);
        pairs.map(|(_, template)| template).chain(path).chain(text)
    }
}

impl Verb {
    /// The key it is written as.
    pub fn word(&self) -> &'static str {
        match self {
            Verb::Open(_) => "open",
            Verb::Land(_) => "land",
            Verb::Authorize(_) => "authorize",
            Verb::Exchange(_) => "exchange",
            Verb::Login(_) => "login",
            Verb::Approve(_) => "approve",
            Verb::Deny(_) => "deny",
            Verb::Refresh(_) => "refresh",
            Verb::Call(_) => "call",
            Verb::Logout(_) => "logout",
            Verb::Request(_) => "request",
            Verb::Disconnect(_) => "disconnect",
            Verb::Connected(_) => "connected",
            Verb::Mandate(_) => "mandate",
            Verb::Mandates(_) => "mandates",
            Verb::Pay(_) => "pay",
            Verb::Cancel(_) => "cancel",
            Verb::Grid(_) => "grid",
            Verb::Advance(_) => "advance",
            Verb::Restart => "restart",
            Verb::Overload(_) => "overload",
            Verb::Race(_) => "race",
            Verb::Sample(_) => "sample",
        }
    }
}
