//! What a run found: the versioned data behind `results.json`.
//!
//! Every report is a function of a [`Run`] and of nothing else, so that saved results can be rendered again. Nothing in
//! here knows how the facts were gathered. Every string that came from a target has been redacted before it got here:
//! tokens, codes and secrets appear as labels such as `‹alice·server·access 1›`.

mod app;
mod baseline;
mod document;
mod edition;
mod exchange;
mod matrix;
mod requirement;
mod verdict;

pub use app::AppSeen;
pub use baseline::{Baseline, BaselineEntry, BaselineKind};
pub use document::{Document, Part, Sentence};
pub use edition::{Edition, LeftOut, LeftOutKind};
pub use exchange::{Body, Exchange, Field, Reply, Request, Response, Trouble, TroubleKind};
pub use matrix::{
    CaseRow, Collateral, DefectRow, MATRIX_SCHEMA, Matrix, Problem, ProblemKind, RequirementRow, SideMatrix,
    Subject,
};
pub use requirement::{Chosen, KnownDefect, Level, Reading, Requirement};
pub use verdict::{Exit, Verdict};

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The version of the shape below. A reader refuses results of another version.
pub const SCHEMA: &str = "grantspec.results/1";

/// One run of suites against one target.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Run {
    /// Always [`SCHEMA`].
    pub schema: String,
    /// Version of the grantspec that ran, such as `0.1.0`.
    pub version: String,
    /// When the run began: RFC 3339, UTC.
    pub started: String,
    /// Wall time of the whole run in milliseconds.
    pub duration_ms: u64,
    /// What every random choice of the harness was drawn from.
    pub seed: u64,
    /// Whether the run was stopped before every selected case had run.
    pub interrupted: bool,
    /// The command that makes this run again, as one line for a shell.
    pub command: String,
    pub target: TargetSeen,
    /// What is said of the app, where an app was judged and not a bank.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub app: Option<AppSeen>,
    /// The suites that had a case selected, in the order of their files.
    pub suites: Vec<SuiteSeen>,
    /// The edition of the catalogue that the run judged by.
    pub edition: Edition,
    /// The whole catalogue of that edition, in its order.
    pub requirements: Vec<Requirement>,
    /// The documents that the catalogue was made from.
    pub documents: Vec<Document>,
    /// In the order of the suites' files, not of time.
    pub cases: Vec<CaseResult>,
    /// The known failures that the run was held against.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub baseline: Option<Baseline>,
    /// What the reader should know about the run as a whole (defects switched on, a shortened run …).
    pub notes: Vec<String>,
}

/// The server that was judged.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TargetSeen {
    pub name: String,
    /// Base address, without a path's trailing slash.
    pub base: String,
    /// Capabilities that the target says it lacks, each with its reason.
    pub lacks: BTreeMap<String, String>,
}

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SuiteSeen {
    pub id: String,
    pub about: String,
    /// The suite's file, as it was named when it was read.
    pub file: String,
}

/// One case, one variant of it.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CaseResult {
    /// `suite/case` or `suite/case[variant]`: unique and stable.
    pub id: String,
    pub suite: String,
    pub about: String,
    /// Ids of the requirements it proves.
    pub proves: Vec<String>,
    /// What a violation weighs: the level of those requirements.
    pub level: Level,
    pub place: Place,
    pub verdict: Verdict,
    /// The reason for any verdict but pass, in one line without a full stop.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reason: Option<String>,
    /// Index into the baseline's entries: the one that accepts what the case came to, so that it does not fail the run.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub accepted: Option<usize>,
    /// What broke, each with its evidence. Empty for pass and skipped.
    pub findings: Vec<Finding>,
    /// What was seen and is recorded without being judged.
    pub observations: Vec<Observation>,
    /// The steps of the round that is shown: the first that broke, else the first.
    pub steps: Vec<StepResult>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub rounds: Option<Rounds>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub sample: Option<SampleSeen>,
    /// Milliseconds from the run's start to the case's.
    pub began_ms: u64,
    pub duration_ms: u64,
    /// The command that runs this case again, as one line for a shell.
    pub rerun: String,
}

/// A place in a suite's file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Place {
    pub file: String,
    /// From 1.
    pub line: u32,
    /// From 1, in characters.
    pub column: u32,
    /// The line's own text.
    pub text: String,
    /// How many characters from `column` on are meant, at least 1.
    pub width: u32,
}

impl Run {
    /// How a process that made this run ends. What the baseline accepts is no reason to fail, an entry of it that no longer
    /// holds is one. `strict` makes a warning count as a failure.
    pub fn exit(&self, strict: bool) -> Exit {
        let exit = Exit::of(self.cases.iter().map(CaseResult::weighed), strict);
        let is_stale = self.baseline.iter().any(|baseline| baseline.stale().next().is_some());
        if exit == Exit::Conformant && is_stale { Exit::NotConformant } else { exit }
    }

    /// The baseline's entry that accepts what the case came to.
    pub fn accepts(&self, case: &CaseResult) -> Option<&BaselineEntry> {
        self.baseline.as_ref()?.entries.get(case.accepted?)
    }
}

impl CaseResult {
    /// The verdict as far as the run's end is concerned: what is accepted counts as a pass.
    fn weighed(&self) -> Verdict {
        if self.accepted.is_some() { Verdict::Pass } else { self.verdict }
    }
}

impl Place {
    /// The line's text before what is meant, what is meant, and the text after it. A column or width beyond the line's
    /// end means its end.
    pub fn parts(&self) -> (&str, &str, &str) {
        let at = |chars: usize| self.text.char_indices().nth(chars).map_or(self.text.len(), |(byte, _)| byte);
        let start = (self.column as usize).saturating_sub(1);
        let (from, to) = (at(start), at(start.saturating_add(self.width as usize)));
        (&self.text[..from], &self.text[from..to], &self.text[to..])
    }
}

/// One broken expectation, with what broke it.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Finding {
    /// The expectation's own place in the suite.
    pub place: Place,
    /// Index into the case's steps.
    pub step: usize,
    /// Index into that step's exchanges: the answer that broke it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub exchange: Option<usize>,
    /// What was due, such as `the request is refused: a 4xx other than 429, and nothing granted`.
    pub expected: String,
    /// What came, such as `200 with ‹alice·server·access 2›`.
    pub got: String,
}

/// Something seen that no requirement judges.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Observation {
    pub about: String,
    pub seen: String,
}

/// What observations are about that say what a case could not look at.
const LEFT_OUT: &str = "not judged on this target";

impl Observation {
    /// That a case could not look at all that it expects, and why.
    pub fn left_out(why: String) -> Observation {
        Observation { about: LEFT_OUT.to_owned(), seen: why }
    }

    pub fn is_left_out(&self) -> bool {
        self.about == LEFT_OUT
    }
}

/// What one step did.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StepResult {
    /// The verb, such as `refresh`.
    pub verb: String,
    /// Who did what, as a sentence fragment: `server refreshes first`.
    pub title: String,
    pub place: Place,
    pub standing: Standing,
    /// What came of it, such as `granted ‹alice·server·access 2›` or `refused: 401 invalid_token`.
    pub outcome: String,
    /// In order of their sending. Races and samples keep a few of many: see [`StepResult::left_out`].
    pub exchanges: Vec<Exchange>,
    /// How many exchanges of this step were not kept.
    pub left_out: u64,
}

/// How a step ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// As it should.
    Met,
    /// An expectation broke.
    Broken,
    /// It prepared the probe and did not come about, so nothing can be concluded.
    Unprepared,
    /// Not run: an earlier step ended the case, or what it needs was never granted.
    NotRun,
}

/// How often a case was repeated from a fresh world, and what that is worth.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rounds {
    pub asked: u32,
    /// Rounds that came to a conclusion.
    pub concluded: u32,
    /// Rounds in which an expectation broke.
    pub broken: u32,
    /// How the copies were released, such as `HTTP/2, last frames in one write`. Only for races.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub release: Option<String>,
    /// Time between the first and the last copy's release, median over rounds, in microseconds. Only for races.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub spread_us: Option<u64>,
    /// How likely it is that a fault was there and no round showed it. Empty where one was found, or no round concluded.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub misses: Vec<Miss>,
    /// What this many rounds say, in a sentence or two.
    pub confidence: String,
}

/// The chance that every round of a case misses a fault.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Miss {
    /// In how many of 100 rounds the fault shows, on average.
    pub shows_percent: u32,
    /// From 0 to 1.
    pub chance: f64,
}

/// A sample of values that should be unguessable.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SampleSeen {
    /// How many values of each kind were drawn.
    pub count: u32,
    /// One line for each kind and test, such as `access tokens: no value came twice`.
    pub tests: Vec<String>,
    /// What passing says, in one sentence.
    pub confidence: String,
}
