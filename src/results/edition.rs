//! Which edition of the catalogue a run was judged by, and what was left out of it for being newer.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The catalogue's edition, as far as a run is concerned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Edition {
    /// The one that was judged by, such as `2026.1`.
    pub judged: String,
    /// The newest that the catalogue had. The same, unless the run was pinned to an older one.
    pub newest: String,
    /// What is newer than the edition judged by, in the order of the catalogue and then of the suites' files.
    pub left_out: Vec<LeftOut>,
}

/// A requirement or a case that is newer than the edition judged by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LeftOut {
    pub kind: LeftOutKind,
    /// A requirement's id, or a case's without its variant.
    pub id: String,
    /// The first edition that has it.
    pub since: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum LeftOutKind {
    Requirement,
    Case,
}
