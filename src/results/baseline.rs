//! Known failures: what a baseline file accepts, and what of it no longer holds.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Place;

/// The baseline that a run was held against.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Baseline {
    /// The file, as it was named when it was read.
    pub file: String,
    /// In the order of the file.
    pub entries: Vec<BaselineEntry>,
}

/// A known failure, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BaselineEntry {
    pub kind: BaselineKind,
    /// The requirement's id, or the case's: with its variant, or without for all of them.
    pub id: String,
    /// Why the failure is accepted.
    pub reason: String,
    /// Who sees to it that it ends.
    pub owner: String,
    /// The last day on which it is accepted, such as `2027-01-31`. `None`: every day.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub until: Option<String>,
    /// Where it stands in the file.
    pub place: Place,
    /// How many cases of the run it accepts. A case that two entries name is accepted by the one that names the case.
    pub accepts: usize,
    /// Why the entry fails the run: nothing fails any more, it matches nothing, or its time is over.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub stale: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum BaselineKind {
    Requirement,
    Case,
}

impl BaselineKind {
    pub fn as_str(self) -> &'static str {
        match self {
            BaselineKind::Requirement => "requirement",
            BaselineKind::Case => "case",
        }
    }
}

impl Baseline {
    /// The entries that fail the run, each with why.
    pub fn stale(&self) -> impl Iterator<Item = (&BaselineEntry, &str)> {
        self.entries.iter().filter_map(|entry| Some((entry, entry.stale.as_deref()?)))
    }
}
