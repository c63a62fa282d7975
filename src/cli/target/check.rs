//! `grantspec target check`: connects, logs in once, and says in plain words what was found and what a run will judge.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use clap::Args;

use super::hint;
use crate::cli::output::{complain, err, out};
use crate::engine::{self, Options, Plan, Terms};
use crate::report::visible;
use crate::results::{CaseResult, Exit, Standing, Verdict};
use crate::suite::Library;
use crate::target::{Target, TargetFile};

/// What is asked of the server: a suite like any other.
const SUITE: (&str, &str) = ("check.toml", include_str!("check.toml"));

/// Longest line of what a server said, in characters.
const LONG: usize = 600;

/// What is said of a run where the login failed.
const NOTHING_KNOWN: &str =
    "\nWhat a run would judge is not known: nobody has got in. Mend that first, and check again.\n";

/// Try a target file: connect, log in once, and say which cases will run.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  grantspec target check our-test-system.toml

Exit codes:
  0 it can be judged                  3 the server can't be reached, or nobody gets
  1 the login works, but not as the     through its login
    file describes the server         4 every case would be skipped
  2 a mistake in the file")]
pub struct Check {
    /// The target file.
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

impl Check {
    pub fn main(self) -> Exit {
        match tokio::runtime::Runtime::new() {
            Ok(runtime) => runtime.block_on(self.check()),
            Err(error) => {
                complain(format!("failed to start: {error}"));
                Exit::Trouble
            }
        }
    }

    async fn check(self) -> Exit {
        let path = self.file.display().to_string();
        let text = match std::fs::read_to_string(&self.file) {
            Ok(text) => text,
            Err(error) => {
                complain(format!("failed to read {path}: {error}; check the name, and who may read it"));
                return Exit::Usage;
            }
        };
        let file = match TargetFile::parse(&path, &text) {
            Ok(file) => file,
            Err(error) => {
                err(&format!("{error}\n"));
                return Exit::Usage;
            }
        };
        let library = Library::shipped();
        let terms = match Terms::of(&library, &file, None) {
            Ok(terms) => terms,
            Err(error) => {
                complain(error);
                return Exit::Usage;
            }
        };
        let target = match Target::open(file) {
            Ok(target) => target,
            Err(error) => {
                complain(error);
                return Exit::Usage;
            }
        };
        let base = target.file().base.as_str().trim_end_matches('/').to_owned();
        out(&format!("{} at {base}\n\n", visible::line(&target.file().name, 80)));
        let tried = tried(&target).await;
        out(&told(&tried));
        let plan = Plan::under(&terms, &library, &[], Some(&target));
        let got_in = matches!(tried[0].verdict, Verdict::Pass | Verdict::Warn | Verdict::Skipped);
        out(&if got_in { planned(&plan) } else { NOTHING_KNOWN.to_owned() });
        let exit = Exit::of(tried.iter().map(|case| case.verdict), false);
        let nothing_to_judge = plan.cases.iter().all(|selected| selected.skip.is_some());
        if exit == Exit::Conformant && nothing_to_judge { Exit::NothingRan } else { exit }
    }
}

/// The login and what follows, one after the other.
async fn tried(target: &Target) -> Vec<CaseResult> {
    let library = Library::read(&[SUITE]).expect("the suite has no mistake");
    let options = Options { jobs: 1, seed: 0, rerun: String::new(), evidence: true };
    let mut tried = Vec::new();
    for selected in Plan::select(&library, &[], Some(target)).cases {
        tried.push(engine::run_case(&selected, target, &options).await);
        // Where nobody gets in, nothing else is worth a try.
        if !matches!(tried[0].verdict, Verdict::Pass | Verdict::Warn) {
            break;
        }
    }
    tried
}

/// What was found, a line for each thing.
fn told(tried: &[CaseResult]) -> String {
    let mut text = String::new();
    for case in tried {
        let reason = visible::line(case.reason.as_deref().unwrap_or_default(), LONG);
        match case.verdict {
            Verdict::Pass | Verdict::Warn => text.push_str(&format!("✓ {}\n", case.about)),
            Verdict::Skipped => text.push_str(&format!("– {}: not asked: {reason}\n", case.about)),
            _ => text.push_str(&format!("✗ {}: {reason}\n", case.about)),
        }
        // What the login came to is worth telling; of the others only what went wrong.
        let is_wrong = !matches!(case.verdict, Verdict::Pass | Verdict::Warn | Verdict::Skipped);
        for step in case.steps.iter().filter(|step| step.standing != Standing::NotRun) {
            if is_wrong || case.id == "check/login" {
                let (title, outcome) = (visible::line(&step.title, 120), visible::line(&step.outcome, LONG));
                text.push_str(&format!("    {title}: {outcome}\n"));
            }
        }
        if let Some(hint) = hint::of(case) {
            text.push_str(&format!("    → {hint}\n"));
        }
    }
    text
}

/// What a run will judge, and what not and why.
fn planned(plan: &Plan) -> String {
    let judged = plan.cases.iter().filter(|selected| selected.skip.is_none()).count();
    let mut text = format!("\n{judged} of {} cases will run.\n", plan.cases.len());
    let mut skipped: BTreeMap<&str, usize> = BTreeMap::new();
    for reason in plan.cases.iter().filter_map(|selected| selected.skip.as_deref()) {
        *skipped.entry(reason).or_default() += 1;
    }
    let mut skipped: Vec<(&str, usize)> = skipped.into_iter().collect();
    skipped.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    for (reason, count) in skipped {
        text.push_str(&format!("  {count:4} skipped: {}\n", visible::line(reason, LONG)));
    }
    let promises = |with: bool| -> BTreeSet<&str> {
        let those = plan.cases.iter().filter(|selected| selected.skip.is_none() == with);
        those.flat_map(|selected| &selected.case.proves).map(String::as_str).collect()
    };
    let (asked, others) = (promises(true), promises(false));
    let never: Vec<&str> = others.difference(&asked).copied().collect();
    text.push_str(&format!("{} promises can be judged", asked.len()));
    match never.as_slice() {
        [] => text.push_str(".\n"),
        _ => text.push_str(&format!(", {} can't: {}.\n", never.len(), never.join(", "))),
    }
    text
}
