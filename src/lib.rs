//! grantspec: a protocol conformance test harness for what a bank promises about access to an account.
//!
//! The rooms, from the top down (arrows point down only):
//!
//! - [`cli`]: one file per subcommand; reads arguments, calls one thing below, chooses the exit code.
//! - [`prove`]: defects × cases: the kill matrix of the bundled bank.
//! - [`trials()`]: the suites as tests of a Rust program of its own.
//! - [`apptest`]: the app under test: a hostile bank, the user's browser, evidence of liveness.
//! - [`baseline`]: known failures, held against a run.
//! - [`engine`]: plan → run: worlds, steps (one verb per file), expectations, races.
//! - [`report`]: console, JUnit, HTML: each a pure function of results.
//! - [`target`]: the server under test: its file, the transport that records and redacts, control.
//! - [`demo`]: the demo app, a client of the bank.
//! - [`defect`]: named departures, a row each: what the bundled bank and the demo app can do wrong.
//! - [`mod@reference`]: the bundled bank: a pure ledger, and routes over it.
//! - [`suite`]: the suite language: types, reading with spans, lint, JSON Schema.
//! - [`watch`]: an app looked at while it is used by hand.
//! - [`results`]: the versioned data of `results.json`.

pub mod apptest;
pub mod baseline;
pub mod cli;
pub mod defect;
pub mod demo;
pub mod engine;
pub mod prove;
pub mod reference;
pub mod report;
pub mod results;
pub mod suite;
pub mod target;
mod trials;
pub mod watch;

pub use libtest_mimic;
pub use trials::{TrialOptions, TrialsError, trials, trials_with};
