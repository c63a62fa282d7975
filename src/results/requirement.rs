//! What was judged: promises, what each weighs, and how the documents were read where they leave room.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How much a requirement weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Recorded, never judged.
    Info,
    /// Best practice: a violation is a warning.
    Should,
    /// The bank's own words, or an RFC's MUST that they rest on: a violation is a failure.
    Must,
}

impl Level {
    pub fn as_str(self) -> &'static str {
        match self {
            Level::Info => "info",
            Level::Should => "should",
            Level::Must => "must",
        }
    }
}

/// A promise of the catalogue, as it stood when the run was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Requirement {
    /// `section.name`, such as `refresh.single-use`.
    pub id: String,
    /// The heading it stands under, such as `Refreshing access`.
    pub section: String,
    /// What it weighs under the reading that was judged; the catalogue's own level if it was not judged at all.
    pub level: Level,
    /// The promise in one sentence.
    pub promise: String,
    /// The source's own words, where it has any.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub quote: Option<String>,
    /// Where the promise stands, such as `Monzo API docs, "Refreshing access"` or `RFC 6749 §4.1.2`.
    pub source: String,
    /// What a broken promise lets happen, for somebody who has to decide how urgent it is.
    pub why: String,
    /// What the server's engineer has to change.
    pub mend: String,
    /// The first edition of the catalogue that has it.
    pub since: String,
    /// How the documents can be read where they leave room, the default among them. Empty where they say it plainly.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub readings: Vec<Reading>,
    /// Which of them was judged. There is one wherever there are readings.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub chosen: Option<Chosen>,
    /// Ids of the cases that prove it, without variants, whether or not the run had them.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub cases: Vec<String>,
    /// The bundled bank's defects that break it: with each of them the cases are proved to fail.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub defects: Vec<KnownDefect>,
}

/// A way to break a requirement on purpose.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KnownDefect {
    /// The requirement's id, with a word after a colon for further ways.
    pub id: String,
    /// What a bank with it does.
    pub about: String,
}

/// One way to read the documents.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Reading {
    /// Unique in its requirement, such as `access-only`.
    pub id: String,
    /// What is judged under it, in one sentence.
    pub judged: String,
    /// What the requirement weighs under it. `None`: it is not judged.
    pub level: Option<Level>,
    /// Why the documents can be read so, and why they are or are not.
    pub why: String,
    /// Whether it is judged unless the target file says otherwise. One of a requirement's readings is.
    pub default: bool,
}

/// The reading that was judged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Chosen {
    pub reading: String,
    /// Why the target file chose it. `None`: it is the default, and nobody chose another.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reason: Option<String>,
}

impl Requirement {
    /// The reading that was judged, if the documents leave room for several.
    pub fn reading(&self) -> Option<&Reading> {
        let chosen = self.chosen.as_ref()?;
        self.readings.iter().find(|reading| reading.id == chosen.reading)
    }

    /// The reading that was judged and the reason for it, where the target file departs from the default.
    pub fn departure(&self) -> Option<(&Reading, &str)> {
        let reading = self.reading().filter(|reading| !reading.default)?;
        Some((reading, self.chosen.as_ref()?.reason.as_deref().unwrap_or("no reason was given")))
    }
}

impl Reading {
    /// What it weighs, in a word: `must`, `should`, `info` or `not judged`.
    pub fn weight(&self) -> &'static str {
        self.level.map_or("not judged", Level::as_str)
    }
}
