//! The kill matrix: which case notices which defect of the bundled bank, or of the demo app.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Level, Verdict};

/// The version of the shape below.
pub const MATRIX_SCHEMA: &str = "grantspec.matrix/2";

/// Defects × cases, for banks and for apps.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Matrix {
    /// Always [`MATRIX_SCHEMA`].
    pub schema: String,
    /// Version of the grantspec that made it.
    pub version: String,
    /// Edition of the catalogue.
    pub edition: String,
    pub duration_ms: u64,
    /// Whether every defect was tried; if not, nothing is said of cases without one.
    pub whole: bool,
    /// Those that were tried, banks first.
    pub sides: Vec<SideMatrix>,
    /// Everything that keeps the proof from standing; empty is good.
    pub problems: Vec<Problem>,
}

/// Whose promises are judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Subject {
    Bank,
    App,
}

/// What each case said of a bank, or an app, with each defect alone, and of one with none.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SideMatrix {
    pub subject: Subject,
    pub duration_ms: u64,
    /// How many cases were held against how many defects, the bank or the app without any included.
    pub runs: u64,
    /// In the order of the defects' table.
    pub defects: Vec<DefectRow>,
    /// In the order of the suites' files.
    pub cases: Vec<CaseRow>,
    /// In the order of the catalogue: those that have a case or a defect.
    pub requirements: Vec<RequirementRow>,
}

/// One defect, alone in a bank or an app.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DefectRow {
    pub id: String,
    /// What was done wrong.
    pub about: String,
    pub requirement: String,
    /// Cases that prove the requirement and broke, as they should.
    pub killed_by: Vec<String>,
    /// Cases that prove another requirement and broke too.
    pub also_breaks: Vec<Collateral>,
    /// Cases that could not be concluded: they were honest, and kill nothing.
    pub undecided: Vec<String>,
}

/// A case that broke under a defect of another requirement.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Collateral {
    pub case: String,
    pub verdict: Verdict,
    /// Why that is in order, as the case's `also` says. `None` is a problem.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reason: Option<String>,
}

/// One case.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CaseRow {
    pub id: String,
    pub proves: Vec<String>,
    /// Defects of its own requirements that it kills.
    pub kills: Vec<String>,
}

/// One requirement.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RequirementRow {
    pub id: String,
    pub level: Level,
    pub promise: String,
    pub cases: u32,
    pub defects: u32,
    pub killed: u32,
}

/// Something that keeps the proof from standing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Problem {
    pub kind: ProblemKind,
    /// The defect, case or requirement that it is about.
    pub about: String,
    /// What is wrong and what to do, in one sentence.
    pub text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ProblemKind {
    /// A case does not pass where there is no defect.
    FalseAlarm,
    /// No case of the defect's requirement breaks.
    Survivor,
    /// A case breaks under no defect of its requirements.
    Toothless,
    /// A case breaks under a defect of another requirement, and nobody wrote why.
    Unexplained,
    /// A requirement has no case, or no defect.
    Uncovered,
    /// An `also` that names nothing that breaks the case.
    IdleReason,
}

impl Subject {
    pub fn as_str(self) -> &'static str {
        match self {
            Subject::Bank => "bank",
            Subject::App => "app",
        }
    }
}

impl ProblemKind {
    pub fn as_str(self) -> &'static str {
        match self {
            ProblemKind::FalseAlarm => "false alarm",
            ProblemKind::Survivor => "survivor",
            ProblemKind::Toothless => "toothless",
            ProblemKind::Unexplained => "unexplained",
            ProblemKind::Uncovered => "uncovered",
            ProblemKind::IdleReason => "idle reason",
        }
    }
}
