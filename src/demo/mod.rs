//! The demo app: a small web app that reads a user's accounts from the bank, as an account information service does.
//!
//! It keeps every promise that the catalogue has for apps, or breaks the ones that are named, so that the suites for apps
//! can be shown to notice. It is a client of the bank and nothing more: it knows no route but OAuth's and those that read.
//!
//! | page | what it does |
//! |---|---|
//! | `GET /` | shows whether the user is connected, as whom, and what was read |
//! | `GET /connect` | sends the browser to the bank |
//! | `GET /callback` | takes the code that the browser brings back, and exchanges it |
//! | `POST /use` | reads whoami and the accounts |
//! | `POST /refresh` | refreshes now |
//! | `POST /disconnect` | discards the tokens and what was read, and tells the bank |
//!
//! A browser is known by its cookie; it has one connection at most. `data-state` of the page's `main` says in a word how
//! it stands: `connected`, `waiting` or `disconnected`.
//!
//! - [`rules`]: every choice that the app makes, as a value; the default is the right one.
//! - [`defects`]: named departures, each a change of one rule.
//! - `books`: the tokens of all users, and the file that keeps them.
//! - `line`: requests to the bank; `answer`: what its answers say.
//! - `login`, `reading`, `refresh`, `leaving`: what the app does.

mod answer;
mod app;
mod books;
pub mod defects;
mod journal;
mod leaving;
mod line;
mod login;
mod page;
mod params;
mod reading;
mod refresh;
pub mod rules;
mod running;
mod secret;
mod serve;
mod tls;
mod visitors;

use std::path::PathBuf;
use std::time::Duration;

use url::Url;

use defects::Defect;

pub use app::App;
pub use books::BooksError;
pub use line::LineError;
pub use running::Running;
pub use secret::Secret;
pub use serve::{End, serve};

/// How to run the app.
#[derive(Clone, Debug)]
pub struct Options {
    /// Base address of the bank.
    pub bank: Url,
    pub client_id: String,
    /// `None` makes it a public client.
    pub client_secret: Option<Secret>,
    /// Where the bank sends users back to. `None` is `/callback` at the address that the app listens on.
    pub redirect_uri: Option<Url>,
    /// The file that keeps the tokens; without one they end with the process.
    pub state: Option<PathBuf>,
    /// Where the app writes down what it does.
    pub log: Option<PathBuf>,
    /// A file with certificates (PEM) that the app trusts besides the system's.
    pub ca: Option<PathBuf>,
    /// Whether `HTTPS_PROXY` and its like are followed.
    pub proxies: bool,
    /// The first pause of the app wherever it waits before it asks again. Later ones are multiples of it.
    pub unit: Duration,
    /// How long the app waits for an answer of the bank.
    pub patience: Duration,
    /// What shall be wrong with the app. Nothing by default.
    pub defects: Vec<&'static Defect>,
}

impl Options {
    /// An app that connects to this bank, with tokens in memory and pauses of a second.
    pub fn new(bank: Url, client_id: impl Into<String>, client_secret: Option<Secret>) -> Options {
        Options {
            bank,
            client_id: client_id.into(),
            client_secret,
            redirect_uri: None,
            state: None,
            log: None,
            ca: None,
            proxies: false,
            unit: Duration::from_secs(1),
            patience: Duration::from_secs(10),
            defects: Vec::new(),
        }
    }
}

/// Why the app can't start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error(transparent)]
    Books(#[from] BooksError),
    #[error(transparent)]
    Line(#[from] LineError),
    #[error("failed to write the log {}: {source}; choose another file with --log", path.display())]
    Log { path: PathBuf, source: std::io::Error },
    #[error("failed to listen on port {port}: {source}; port 0 takes any that is free")]
    Listen { port: u16, source: std::io::Error },
}
