//! One expectation against what came of a step.
//!
//! - `counts`: what arrived at the bank, and when; `shown`: what the app showed; `contract`: what each verb has to come to.

mod contract;
mod counts;
mod shown;

use std::time::Duration;

use super::acts::Facts;
use super::stage::Stage;
use crate::suite::client::{Check, Counted};

pub use contract::contract;

/// Requests that a finding names one by one.
const NAMED: usize = 4;

/// What came of looking.
pub enum Looked {
    Holds,
    Breaks {
        expected: String,
        got: String,
        request: Option<usize>,
    },
    Unclear(String),
    /// This app gives nothing to look at.
    NotApplicable(String),
}

/// Holds one check against the facts.
pub fn look(check: &Check, facts: &Facts, stage: &Stage) -> Looked {
    match check {
        Check::Number(Counted::Leaks, count) => counts::leaks(*count, facts),
        Check::Number(counted, count) => counts::number(*counted, *count, facts, stage),
        Check::Spacing(least) => counts::spacing(Duration::from_millis(*least), false, facts, stage),
        Check::FirstAfter(least) => counts::spacing(Duration::from_millis(*least), true, facts, stage),
        Check::Shown(shown) => shown::shown(*shown, facts, stage),
        Check::Shows(user) => shown::shows(user, true, facts, stage),
        Check::ShowsNot(user) => shown::shows(user, false, facts, stage),
    }
}
