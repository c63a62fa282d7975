//! The suites as tests of a program of its own: for a server that is written in Rust, in its own `cargo test`.
//!
//! ```no_run
//! use grantspec::target::TargetFile;
//!
//! // tests/conformance.rs, with `harness = false` in Cargo.toml
//! fn main() -> std::process::ExitCode {
//!     let arguments = libtest_mimic::Arguments::from_args();
//!     let text = std::fs::read_to_string("conformance.toml").expect("the target file is there");
//!     let target = TargetFile::parse("conformance.toml", &text).expect("the target file is right");
//!     let trials = grantspec::trials(target).expect("the target can be called");
//!     libtest_mimic::run(&arguments, trials).exit_code()
//! }
//! ```
//!
//! `examples/own_server.rs` starts the server too. The version of libtest-mimic that trials are for is
//! [`grantspec::libtest_mimic`](crate::libtest_mimic).

use std::sync::Arc;

use libtest_mimic::{Failed, Trial};
use tokio::runtime::Runtime;

use crate::engine::{self, Options, Plan, Selected, Terms, TermsError};
use crate::report::console::{Style, case_alone};
use crate::results::{Requirement, Verdict};
use crate::suite::Library;
use crate::target::{OpenError, Target, TargetFile};

/// Why there are no trials.
#[derive(Debug, thiserror::Error)]
pub enum TrialsError {
    #[error(transparent)]
    Terms(#[from] TermsError),
    #[error(transparent)]
    Target(#[from] OpenError),
    #[error("failed to start a runtime for the requests: {0}")]
    Runtime(#[from] std::io::Error),
}

/// How trials are judged.
#[derive(Clone, Copy, Debug, Default)]
pub struct TrialOptions {
    /// Whether a warning fails its trial.
    pub strict: bool,
}

/// One trial for each shipped case, variants apart, judged as `grantspec run --target` judges it: what fails, could not be
/// concluded or ended in an error fails its trial; a warning does not. A case that the target can't be asked is a trial that is
/// ignored, and its kind says why; the kind of the others is what they prove.
///
/// Trials share one runtime, and run as many at a time as the test program's `--test-threads` lets.
///
/// # Errors
/// An edition or a reading that the target file names and the catalogue lacks; a target that can't be opened.
pub fn trials(target: TargetFile) -> Result<Vec<Trial>, TrialsError> {
    trials_with(target, TrialOptions::default())
}

/// [`trials`], judged otherwise.
///
/// # Errors
/// As [`trials`].
pub fn trials_with(target: TargetFile, options: TrialOptions) -> Result<Vec<Trial>, TrialsError> {
    let library = Library::shipped();
    let terms = Terms::of(&library, &target, None)?;
    let target = Target::open(target)?;
    let plan = Plan::under(&terms, &library, &[], Some(&target));
    let stage = Arc::new(Stage {
        runtime: Runtime::new()?,
        target,
        strict: options.strict,
        options: Options { jobs: 1, seed: rand::random(), rerun: "cargo test --".to_owned(), evidence: true },
        requirements: terms.requirements,
    });
    Ok(plan.cases.into_iter().map(|selected| trial(selected, Arc::clone(&stage))).collect())
}

/// What all trials share.
struct Stage {
    runtime: Runtime,
    target: Target,
    strict: bool,
    options: Options,
    requirements: Vec<Requirement>,
}

fn trial(selected: Selected, stage: Arc<Stage>) -> Trial {
    let skip = selected.skip.clone();
    let kind = skip.clone().unwrap_or_else(|| selected.case.proves.join(", "));
    Trial::test(selected.case.id.clone(), move || {
        let judging = engine::run_case(&selected, &stage.target, &stage.options);
        let result = stage.runtime.block_on(judging);
        match result.verdict {
            Verdict::Pass => Ok(()),
            Verdict::Warn if !stage.strict => Ok(()),
            _ => Err(Failed::from(case_alone(&result, &stage.requirements, Style::Plain))),
        }
    })
    .with_kind(kind)
    .with_ignored_flag(skip.is_some())
}
