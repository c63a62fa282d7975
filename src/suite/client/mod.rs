//! The typed form of a suite for apps: what the bank answers, what the user's browser does, what the app is asked to do,
//! and what must, or must not, arrive at the bank because of it.
//!
//! A suite of the folder `client` is written in the same language as one for banks: the same heads, variants, handles and
//! judging keys (`given`, `expect`, `observe`). Its steps have these verbs, and none of the bank's side:
//!
//! | verb | keys; those with a value in brackets, and those in brackets, can be left out |
//! |---|---|
//! | `connect` | `user` ("alice"), (`tamper`), `deliver` (true), `approve` (true), (`lifetime` in seconds), (`save` a login) |
//! | `callback` | `of` a login, (`browser`: whose), (`tamper`), `times` (1): so many at once |
//! | `use`, `refresh`, `disconnect`, `status` | `user` ("alice"); `use` also `times` (1): so many at once, and `wait` (true): for its answer |
//! | `restart` | `how` ("stop") |
//! | `approve` | `of` a login |
//! | `revoke` | `user` ("alice"): disconnects the app in the bank |
//! | `expire` | `by` (1 second): access tokens given so far are past their lifetime, at the bank and by the app's clock |
//! | `answer` | `to`, `times` (1) or `always`; what: `status`, `body`, `content_type`, `retry_after`, `set`, `omit`, `elsewhere`, `delay_ms` with `until_answered`, `fails`, `together` |
//! | `certificate` | `kind`: what the bank shows from now on |
//! | `search` | `lists` of secrets that are looked for in everything seen so far |
//! | `sample` | `count` (200): logins that are only begun |
//! | `wait` | `seconds` |
//!
//! Each step that makes the app act watches what arrives at the bank until nothing has for a while. The while is some
//! times what the app took to react in the case's first login, within the limits of the app file; a command that ends, ends
//! it. What an `answer` prepares stays until it was given; one that was never asked for makes the case inconclusive.
//!
//! # What is expected
//!
//! Numbers are of requests that arrived at the bank since the step began: a whole number, or `"at most 1"`,
//! `"at least 1"`. `exchanges`, `refreshes` and `tokens` (any request to the token endpoint), `calls` (whoami and data),
//! `whoamis`, `logouts`, `authorizes` (a browser sent to the bank's login); `same_call`: the most often one call came;
//! `repeats`: token requests with a code or refresh token that an earlier one had sent; `stale`: refreshes with another
//! than the newest refresh token; `known_tokens`: requests that carry a token given before the step; `bad_tokens`: calls
//! with a token that the bank never gave; `newest_token`: requests that carry what the bank gave last; `handshakes`: TLS
//! connections that were begun, whatever came of them; `requests`: of any kind; `granted_refreshes`; `granted_logouts`; `used_after_logout`: requests
//! with an access token after a granted logout of the same step; `live_tokens`: access
//! tokens that the bank still takes when the step is over; `leaks` at `search`. `spacing_ms` and `first_after_ms` are times between
//! requests. `answer` is about what the app showed ([`Shown`]), `shows` and `shows_not` name a user.

mod lint;
mod read;

use std::fmt;

use super::case::{self, Span, User, words};

pub use read::LEAVES;

/// One verb and what is expected of it.
#[derive(Clone, Debug)]
pub struct Step {
    pub verb: Verb,
    /// Preconditions: if one does not hold, nothing can be concluded.
    pub given: Vec<Leaf>,
    /// What is judged. A step without any must keep its verb's contract, as a precondition.
    pub expect: Vec<Leaf>,
    /// Records what came under these words, judges nothing. Excludes `given` and `expect`.
    pub observe: Option<String>,
    /// The verb's key in the source.
    pub span: Span,
}

/// One expectation and where it stands.
pub type Leaf = case::Leaf<Check>;

/// The handle of a login at the app: its callback, and what the bank gave for it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Login(pub String);

impl fmt::Display for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

words! {
    /// What happens to a callback before it is delivered.
    Tamper {
        /// One bit of one character of the state flipped.
        StateFlipped = "state-flipped",
        /// The state without its last character.
        StateTruncated = "state-truncated",
        /// The state with its letters in the other case.
        StateOtherCase = "state-other-case",
        /// A character more behind the state.
        StateAppended = "state-appended",
        /// The state with a blank before and after it.
        StatePadded = "state-padded",
        /// The state of a login that somebody else has just begun at the app.
        StateOfAnother = "state-of-another",
        /// No state.
        StateAbsent = "state-absent",
        /// An empty state.
        StateEmpty = "state-empty",
        /// The right state, and a wrong one after it.
        StateTwice = "state-twice",
        /// A wrong state, and the right one after it.
        StateTwiceWrongFirst = "state-twice-wrong-first",
        /// No code, the right state.
        CodeAbsent = "code-absent",
        /// An empty code.
        CodeEmpty = "code-empty",
        /// The right code twice.
        CodeTwice = "code-twice",
        /// 32 KiB of code.
        CodeGiant = "code-giant",
        /// The owner said no: `error=access_denied` and the state, no code.
        Denied = "denied",
        /// The same, with markup in `error_description`.
        DeniedWithMarkup = "denied-with-markup",
        /// Markup where `error` has its code, no `error_description`, no code.
        ErrorWithMarkup = "error-with-markup",
        /// The code, the state, and `error=server_error` beside them.
        ErrorAndCode = "error-and-code",
    }

    /// Requests that an answer is for.
    To {
        /// Any request to the token endpoint.
        Token = "token",
        /// A code for tokens.
        Exchange = "exchange",
        /// A refresh token for tokens.
        Refresh = "refresh",
        Whoami = "whoami",
        /// Accounts, balance, transactions.
        Data = "data",
        /// Whoami and data.
        Calls = "calls",
        Logout = "logout",
    }

    /// How an answer fails to arrive.
    Break {
        /// The bank does what was asked, and the answer is lost: the connection ends without one.
        Lost = "lost",
        /// The bank does nothing, and the connection ends without an answer.
        Dropped = "dropped",
        /// The bank does what was asked, and the connection ends in the middle of the answer.
        Cut = "cut",
    }

    /// The certificate that the bank shows.
    CertificateKind {
        /// Of the run's own authority, which the app was told to trust, for the right name.
        Right = "right",
        /// Signed by itself.
        SelfSigned = "self-signed",
        /// Of an authority that nobody trusts.
        OtherAuthority = "other-authority",
        /// For another name.
        OtherHost = "other-host",
        /// Over since yesterday.
        Expired = "expired",
        /// Valid from tomorrow on.
        NotYetValid = "not-yet-valid",
    }

    /// How an app is restarted.
    Restart {
        /// Asked to end, as a supervisor would.
        Stop = "stop",
        /// Ended at once, without a word.
        Kill = "kill",
    }

    /// Secrets that are looked for.
    Secrets {
        /// Access and refresh tokens.
        Tokens = "tokens",
        /// The client's secret.
        ClientSecret = "client-secret",
        /// Authorization codes: in the app's output and logs only, for browsers carry them in addresses.
        Codes = "codes",
        /// Tokens, codes and the secret, in what was sent to another origin than the bank's.
        AtOtherOrigins = "at-other-origins",
    }

    /// What must be right about what the app showed or did.
    Shown {
        /// It answered, with anything below 500, and did not crash.
        Sound = "sound",
        /// A script or element that was sent in did not become one of the page.
        Escaped = "escaped",
        /// What failed at the bank was not hidden: it was tried again, or what the user is shown differs from what a success
        /// shows.
        FailureShown = "failure-shown",
        /// A user who said no at the bank is told so.
        RefusalShown = "refusal-shown",
        /// The login that was begun has another state than every one before it.
        NewState = "new-state",
        /// The user is told that the bank ended the access, or at least that there is none any more.
        ReasonShown = "reason-shown",
        /// The credentials stand in the body of every token request, not in a header or an address.
        SecretInBody = "secret-in-body",
        /// The statistical tests of a sample find nothing.
        Unguessable = "unguessable",
    }
}

/// How many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Count {
    Exactly(u32),
    AtMost(u32),
    AtLeast(u32),
}

impl Count {
    pub fn holds(self, number: usize) -> bool {
        match self {
            Count::Exactly(due) => number == due as usize,
            Count::AtMost(due) => number <= due as usize,
            Count::AtLeast(due) => number >= due as usize,
        }
    }

    /// Whether a silent app satisfies it, so that something must show that it was alive.
    pub fn may_be_none(self) -> bool {
        self.holds(0)
    }
}

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Count::Exactly(0) => f.write_str("no"),
            Count::Exactly(due) => write!(f, "{due}"),
            Count::AtMost(due) => write!(f, "at most {due}"),
            Count::AtLeast(due) => write!(f, "at least {due}"),
        }
    }
}

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counted {
    Exchanges,
    Refreshes,
    Tokens,
    Calls,
    Whoamis,
    Logouts,
    Authorizes,
    SameCall,
    Repeats,
    Stale,
    KnownTokens,
    BadTokens,
    NewestToken,
    Handshakes,
    Requests,
    GrantedRefreshes,
    GrantedLogouts,
    UsedAfterLogout,
    LiveTokens,
    Leaks,
}

/// One thing that is held against what came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Check {
    Number(Counted, Count),
    /// Milliseconds at least between two of the same call.
    Spacing(u64),
    /// Milliseconds at least between the first call and the next.
    FirstAfter(u64),
    Shown(Shown),
    Shows(User),
    ShowsNot(User),
}

/// What a step does.
#[derive(Clone, Debug)]
pub enum Verb {
    Connect(Connect),
    Callback(Callback),
    Use(Use),
    Refresh(User),
    Disconnect(User),
    Status(User),
    Restart(Restart),
    Approve(Login),
    Revoke(User),
    /// Seconds past their lifetime.
    Expire(u64),
    Answer(Answer),
    Certificate(CertificateKind),
    Search(Vec<Secrets>),
    Sample(u32),
    Wait(u64),
}

/// A login through the app: begun, at the bank, and back. Contract: the app exchanges the code, once, and is given tokens;
/// if it was tampered with or not delivered, that the bank's side of it was done.
#[derive(Clone, Debug)]
pub struct Connect {
    pub user: User,
    pub tamper: Option<Tamper>,
    pub deliver: bool,
    pub approve: bool,
    /// Seconds that the bank says its access tokens live, in this login and all that follows from it.
    pub lifetime: Option<u64>,
    pub save: Option<Login>,
}

/// A saved callback, delivered (again). Contract: the app answers it.
#[derive(Clone, Debug)]
pub struct Callback {
    pub of: Login,
    /// Whose browser; the login's own if nobody's.
    pub browser: Option<User>,
    pub tamper: Option<Tamper>,
    /// So many times at one moment.
    pub times: u32,
}

/// The app reads from the bank. Contract: a call is answered with what it asked for.
#[derive(Clone, Debug)]
pub struct Use {
    pub user: User,
    pub times: u32,
    /// Whether the app's answer is waited for before the next step.
    pub wait: bool,
}

/// What the bank answers instead.
#[derive(Clone, Debug, Default)]
pub struct Answer {
    /// `None` only while it is read.
    pub to: Option<To>,
    /// `None`: from now on, always.
    pub times: Option<u32>,
    pub status: Option<u16>,
    pub body: Option<String>,
    pub content_type: Option<String>,
    /// Seconds.
    pub retry_after: Option<u64>,
    /// Members of the bank's own JSON answer that are changed: a text, a number as text, `user:bob`.
    pub set: Vec<(String, String)>,
    pub omit: Vec<String>,
    /// Redirects to another origin with this status.
    pub elsewhere: Option<u16>,
    pub delay_ms: u64,
    /// Held back only until the app has answered what it is asked in the next step, at most `delay_ms`.
    pub until_answered: bool,
    pub broken: Option<Break>,
    /// Held back until so many have come, or none more comes.
    pub together: Option<u32>,
}

impl Verb {
    /// The verb's word in a suite.
    pub fn word(&self) -> &'static str {
        match self {
            Verb::Connect(_) => "connect",
            Verb::Callback(_) => "callback",
            Verb::Use(_) => "use",
            Verb::Refresh(_) => "refresh",
            Verb::Disconnect(_) => "disconnect",
            Verb::Status(_) => "status",
            Verb::Restart(_) => "restart",
            Verb::Approve(_) => "approve",
            Verb::Revoke(_) => "revoke",
            Verb::Expire(_) => "expire",
            Verb::Answer(_) => "answer",
            Verb::Certificate(_) => "certificate",
            Verb::Search(_) => "search",
            Verb::Sample(_) => "sample",
            Verb::Wait(_) => "wait",
        }
    }
}
