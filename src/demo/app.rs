//! The app itself: what all requests share.

use std::collections::{HashMap, HashSet};
use std::net::SocketAddr;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use super::books::{Books, Grant};
use super::journal::Journal;
use super::line::Line;
use super::login::Logins;
use super::rules::Rules;
use super::secret::Secret;
use super::visitors::Visitors;
use super::{Options, StartError};

/// How often a storm repeats itself: enough to be told from anything polite, and an end.
pub const STORM: usize = 40;

/// The app behind all pages.
#[derive(Debug)]
pub struct App {
    pub rules: Rules,
    pub line: Line,
    pub books: Books,
    pub journal: Journal,
    pub visitors: Visitors,
    pub logins: Logins,
    /// See [`Options::unit`].
    pub unit: Duration,
    /// One refresh at a time for a session.
    turns: Mutex<HashMap<String, Arc<tokio::sync::Mutex<()>>>>,
    /// Until when the bank asked a session's requests to wait.
    holds: Mutex<HashMap<String, Instant>>,
    /// Sessions whose approval is waited for.
    polls: Mutex<HashSet<String>>,
    /// Whether somebody sees to the logouts that the bank has not taken yet.
    pub settling: AtomicBool,
    /// Ends the app without a word.
    pub crash: tokio::sync::Notify,
    /// What defects remember, and the right app never looks at.
    pub stale: Stale,
}

/// The memory of defective apps.
#[derive(Debug, Default)]
pub struct Stale {
    /// What is left of a session after its disconnection.
    pub left: Mutex<HashMap<String, Left>>,
    /// The first user that whoami named to anybody.
    pub first_user: OnceLock<String>,
    /// The first accounts that were read for anybody.
    pub first_accounts: OnceLock<Vec<String>>,
    /// The access token of each session's login.
    pub first_tokens: Mutex<HashMap<String, Secret>>,
    /// Sessions that will never work again.
    pub stuck: Mutex<HashSet<String>>,
}

/// What a defective app keeps of a grant.
#[derive(Clone, Debug)]
pub enum Left {
    Grant(Grant),
    RefreshToken(Secret),
}

impl App {
    /// The app that will listen at this address.
    ///
    /// # Errors
    /// If the file with the tokens or the certificates can't be read, or the log can't be written.
    pub fn new(options: &Options, address: SocketAddr) -> Result<App, StartError> {
        let redirect_uri = match &options.redirect_uri {
            Some(uri) => uri.to_string(),
            None => format!("http://{address}/callback"),
        };
        let mut rules = Rules::default();
        for defect in &options.defects {
            (defect.apply)(&mut rules);
        }
        let books = Books::open(options.state.clone(), rules.filed)?;
        Ok(App {
            line: Line::new(options, &redirect_uri, rules.secrets.clone())?,
            journal: Journal::open(options.log.clone())?,
            visitors: Visitors::knowing(books.sessions()),
            books,
            rules,
            logins: Logins::default(),
            unit: options.unit,
            turns: Mutex::default(),
            holds: Mutex::default(),
            polls: Mutex::default(),
            settling: AtomicBool::new(false),
            crash: tokio::sync::Notify::new(),
            stale: Stale::default(),
        })
    }

    /// The turn to refresh for a session.
    pub fn turn(&self, session: &str) -> Arc<tokio::sync::Mutex<()>> {
        locked(&self.turns).entry(session.to_owned()).or_default().clone()
    }

    /// Asks nothing for a session for so long.
    pub fn hold(&self, session: &str, pause: Duration) {
        let until = Instant::now() + pause;
        let mut holds = locked(&self.holds);
        let known = holds.entry(session.to_owned()).or_insert(until);
        *known = until.max(*known);
    }

    /// How long a session's requests still have to wait, if they have to.
    pub fn held(&self, session: &str) -> Option<Duration> {
        let left = locked(&self.holds).get(session)?.saturating_duration_since(Instant::now());
        (!left.is_zero()).then_some(left)
    }

    /// Whether nobody waits for this session's approval yet, and the caller does from now on.
    pub fn begin_polling(&self, session: &str) -> bool {
        locked(&self.polls).insert(session.to_owned())
    }

    pub fn end_polling(&self, session: &str) {
        locked(&self.polls).remove(session);
    }
}

/// What a panic left is whole: nothing that is done under these locks can panic half-way.
pub fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
