//! The reference bank: what the documents promise, made runnable, and breakable in named ways.
//!
//! - [`ledger`]: the books, a pure state machine; no I/O, no clock, no randomness of its own.
//! - [`rules`]: every choice that the bank makes, as a value; the default is the right one.
//! - [`defects`]: named departures, each a change of one rule.
//! - `http`: the routes over the ledger that machines use.
//! - `pages`: what a person sees: logging in, the phone, connected apps, mandates, developer tools.
//! - [`control`]: what tests need and no real bank has: worlds, a clock, logins without a browser.
//! - `store`: a file for the ledger, where it shall survive a restart. Otherwise everything is in memory.
//!
//! One base URL serves all worlds; which one a request belongs to follows from the client id, the login or the token in it,
//! and never shows.

mod bank;
mod connections;
pub mod control;
pub mod defects;
mod http;
pub mod ledger;
mod notices;
mod pages;
pub mod rules;
mod running;
mod store;
mod throttle;

use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::middleware::from_fn;

use bank::Bank;
use defects::Defect;
use ledger::{EXPIRES_IN, Fixture, Ledger, Seconds, Secret};
use rules::{Lifetime, Rules};
use store::Store;

pub use connections::serve;
pub use running::Running;
pub use store::{Complain, StoreError};

/// How to serve.
#[derive(Clone, Debug)]
pub struct Options {
    /// What shall be wrong with the bank. Nothing by default.
    pub defects: Vec<&'static Defect>,
    /// How long the gap of a race defect stays open. 100 µs by default.
    pub window: Duration,
    /// How long an access token lives: 21600 seconds by default.
    pub token_lifetime: Seconds,
    /// What whoever uses the control API must show. By default it is open to everybody.
    pub control_key: Option<Secret>,
    /// Whether notices of what users did may leave this machine. By default they may not.
    pub notify_anywhere: bool,
    /// How long after a notice that was not taken it is sent again; then twice as long each time. 1 s by default.
    pub notice_pause: Duration,
    /// What a fresh world holds. By default two users and three clients.
    pub fixture: &'static Fixture,
}

impl Options {
    fn rules(&self) -> Rules {
        let mut rules = Rules::default();
        rules.token.lifetime = Lifetime(self.token_lifetime);
        for defect in &self.defects {
            (defect.apply)(&mut rules);
        }
        rules
    }
}

impl Default for Options {
    fn default() -> Self {
        Options {
            defects: Vec::new(),
            window: Duration::from_micros(100),
            token_lifetime: EXPIRES_IN,
            control_key: None,
            notify_anywhere: false,
            notice_pause: Duration::from_secs(1),
            fixture: Fixture::embedded(),
        }
    }
}

/// The bank's routes, with a bank of their own behind them: those of each of its nodes, which are to answer at
/// `addresses`. Without any, it has one node.
///
/// Race defects need a runtime with several worker threads: on one, nobody comes in through the gap.
pub fn routes(options: &Options, addresses: &[String]) -> Vec<Router> {
    let rules = options.rules();
    let ledger = Arc::new(Mutex::new(Ledger::new(rules.clone())));
    over(Bank::nodes(rules, options, addresses, ledger, None), options)
}

/// The same, with the ledger kept in the file at `path`, which is made if there is none: every answer rests on what is
/// durable there, and a bank that starts with the file goes on where another one stopped.
///
/// Has to be called within a runtime: notices that wait in the file are sent from then on.
///
/// # Errors
/// If the file can't be used. What goes wrong with it later is told to `complain`; requests are answered 503 meanwhile.
pub fn kept_routes(
    options: &Options,
    addresses: &[String],
    path: PathBuf,
    complain: Complain,
) -> Result<Vec<Router>, StoreError> {
    let rules = options.rules();
    let (store, ledger) = Store::open(path, &rules, options.fixture, complain)?;
    let nodes = Bank::nodes(rules, options, addresses, ledger, Some(store));
    nodes.iter().take(1).for_each(Bank::send_what_waits);
    Ok(kept(nodes, options))
}

/// Over nodes with a store.
fn kept(nodes: Vec<Bank>, options: &Options) -> Vec<Router> {
    over(nodes, options).into_iter().map(|routes| routes.layer(from_fn(store::settled))).collect()
}

fn over(nodes: Vec<Bank>, options: &Options) -> Vec<Router> {
    let nodes: Vec<Arc<Bank>> = nodes.into_iter().map(Arc::new).collect();
    let control = nodes.first().map(|first| control::Control::begin(first, options));
    let node = |bank: Arc<Bank>| {
        let pages = pages::router(Arc::clone(&bank));
        let api = http::router(Arc::clone(&bank)).merge(pages);
        match &control {
            Some(control) => api.merge(control.router(bank)),
            None => api,
        }
    };
    nodes.into_iter().map(node).collect()
}
