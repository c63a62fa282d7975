//! What a step does: a variant for each verb, with what its author says of it.

use super::{
    AuthorizeRequest, Carrier, Client, Code, Decision, Door, Endpoint, Grant, Mandate, Page, Period,
    Redirect, Request, Token, TokenRequest, User,
};

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
/// Every lane is a single request: `exchange`, `refresh`, `call`, `logout`, `approve`, `deny`, `disconnect`, `pay`,
/// `cancel`; each is sent `copies` times (default 1), all at one instant. What they gave is judged by `tokens_at_most`,
/// `live_at_most`, `live_exactly` and `serial`.
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
