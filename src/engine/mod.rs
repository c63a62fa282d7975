//! From plan to results: every case in worlds of its own, all cases at once, steps in order.
//!
//! The engine makes requests through [`crate::target`], judges the answers by the case's expectations, and hands over a
//! [`CaseResult`] as each case ends. It prints nothing and writes nothing.
//!
//! - `plan`: which cases are run, under which `terms`; `together`: many at a time.
//! - `case`: one of them, all of its rounds, of which `tally` makes a verdict; `round`: its steps in a world of their own, which
//!   `scene` holds. What a step does is in `steps`; what comes before and after them in `acquaint`, `kept` and `tidy`.
//! - `answer`: what came of a step; `judge` holds it against what the step expects, one check after the other (`checks`).
//! - `evidence`: what a result shows for its verdict.

mod acquaint;
mod answer;
mod case;
mod challenge;
mod checks;
mod confidence;
mod evidence;
mod guess;
mod judge;
mod kept;
mod lag;
mod left_out;
mod page;
mod plan;
mod redirects;
mod round;
mod scene;
mod secrets;
mod steps;
mod tally;
mod terms;
mod tidy;
mod together;

pub use evidence::{Done, Evidence, blank};
pub use guess::examine;
pub use judge::Break;
pub use plan::{Plan, Selected};
pub use terms::{Terms, TermsError};
pub(crate) use together::{all, caught};

use std::cmp::Reverse;
use std::sync::Arc;
use std::time::Instant;

use tokio::sync::{mpsc, watch};

use crate::results::{CaseResult, Verdict};
use crate::target::Target;
use crate::target::login::Driver;

/// How a plan is run.
#[derive(Clone, Debug)]
pub struct Options {
    /// Cases that run at a time, at least 1.
    pub jobs: usize,
    /// What every random choice is drawn from, together with a case's id and round.
    pub seed: u64,
    /// How a case is run again: this text, then its id.
    pub rerun: String,
    /// Whether results hold what was sent and what came back, or only verdicts and reasons.
    pub evidence: bool,
}

/// Runs a plan and sends every case's result as it ends. Returns when all have ended, or soon after `stop` became true:
/// cases under way are then given up, and only those that had ended are reported.
pub async fn run(
    plan: &Plan,
    target: &Target,
    options: &Options,
    stop: watch::Receiver<bool>,
    results: mpsc::UnboundedSender<CaseResult>,
) {
    let began = Instant::now();
    let mut in_turn = plan.cases.clone();
    // What takes longest begins first, so that a run does not end in waiting for the last one.
    in_turn.sort_by_key(|selected| Reverse(selected.weight()));
    if matches!(target.login(), Driver::Token) {
        // What ends the tokens that are given comes last.
        in_turn.sort_by_key(Selected::spends);
    }
    let (target, shared) = (target.clone(), Arc::new(options.clone()));
    let cases = in_turn.into_iter().map(move |selected| {
        let (target, options) = (target.clone(), shared.clone());
        async move { one(&selected, &target, &options, began).await }
    });
    all(options.jobs, cases, stop, results).await;
}

/// Runs one case by itself.
pub async fn run_case(selected: &Selected, target: &Target, options: &Options) -> CaseResult {
    one(selected, target, options, Instant::now()).await
}

async fn one(selected: &Selected, target: &Target, options: &Options, began: Instant) -> CaseResult {
    let broke = |why| case::blank(selected, Verdict::Error, Some(why), options);
    caught(case::run(selected, target, options, began), broke).await
}

/// The results of a plan whose target can't be used at all: every case that is not skipped is an error, for this reason.
pub fn unusable(plan: &Plan, options: &Options, why: &str) -> Vec<CaseResult> {
    let result = |selected: &Selected| match &selected.skip {
        Some(skip) => case::blank(selected, Verdict::Skipped, Some(skip.clone()), options),
        None => case::blank(selected, Verdict::Error, Some(why.to_owned()), options),
    };
    plan.cases.iter().map(result).collect()
}
