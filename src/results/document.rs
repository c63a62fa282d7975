//! The documents that the catalogue was made from, sentence by sentence.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A chapter or a page, quoted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Document {
    /// Such as `authentication`.
    pub id: String,
    pub title: String,
    /// The publication that it stands in, as the sources of requirements name it: `Monzo API docs`.
    pub source: String,
    /// In its own order.
    pub parts: Vec<Part>,
}

/// What stands under one heading.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Part {
    pub heading: String,
    pub sentences: Vec<Sentence>,
}

/// A sentence, and what became of it: requirements, or none for a reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Sentence {
    /// The document's own words.
    pub text: String,
    /// Ids of the requirements that it became. Empty only if there is a reason.
    pub became: Vec<String>,
    /// Why it became none.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub none: Option<String>,
}
