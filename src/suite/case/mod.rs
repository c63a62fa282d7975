//! The typed form of a suite: every name resolved, every variant spelled out, every expectation with its source span.
//!
//! How each key is written in TOML stands at its field. All spans are byte ranges of the suite's own text.
//!
//! - `verbs`: what a step does; `requests`: what it sends, and how that may differ from the right request.
//! - `checks`: what is expected of an answer.
//! - `words`: what is written as one of a few fixed words; `handles`: what an author names.

mod checks;
mod handles;
mod requests;
mod verbs;
mod words;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use super::read::case::Script;

pub use checks::*;
pub use handles::*;
pub use requests::*;
pub use verbs::*;
pub(in crate::suite) use words::words;
pub use words::*;

/// Byte range in a [`Source`]'s text.
pub type Span = Range<usize>;

/// One file, kept whole so that findings can show its lines.
#[derive(Debug, PartialEq, Eq)]
pub struct Source {
    /// The name it is shown under, such as `suites/server/refresh.toml`.
    pub path: String,
    pub text: String,
    /// Where each line begins, in bytes: a place is found without reading all of the file before it.
    pub(super) lines: Vec<usize>,
}

/// One suite file: of steps on the bank's side, unless said otherwise.
#[derive(Clone, Debug)]
pub struct Suite<S: Script = Step> {
    pub id: String,
    pub about: String,
    pub source: Arc<Source>,
    /// In file order, variants in the order of their values.
    pub cases: Vec<Case<S>>,
}

/// One case, one variant of it.
#[derive(Clone, Debug)]
pub struct Case<S: Script = Step> {
    /// `suite/name`, or `suite/name[variant]`.
    pub id: String,
    pub suite: String,
    pub name: String,
    pub about: String,
    /// Ids of the catalogue, at least one, all of one level.
    pub proves: Vec<String>,
    /// Other requirements (or defects of them) that break it too, and why that is in order.
    pub also: BTreeMap<String, String>,
    /// Promises without which there is nothing to probe, and what is missing then: where a `given` does not hold because the
    /// server keeps none of them, the case is skipped.
    pub supposes: BTreeMap<String, String>,
    /// The first edition of the catalogue that has it.
    pub since: String,
    /// How often to run it, each time in a fresh world; at least 1.
    pub rounds: u32,
    /// What the target must be able to do: derived from the steps, and `needs`.
    pub needs: BTreeSet<S::Need>,
    /// At least one.
    pub steps: Vec<S>,
    pub source: Arc<Source>,
    /// The case's `id` value in the source.
    pub span: Span,
}

impl Case {
    /// Its id without the variant: `suite/name`.
    pub fn without_variant(&self) -> &str {
        self.id.split('[').next().unwrap_or(&self.id)
    }
}

/// One verb and what is expected of it.
#[derive(Clone, Debug)]
pub struct Step {
    pub verb: Verb,
    /// Preconditions: if one does not hold, nothing can be concluded.
    pub given: Vec<Leaf>,
    /// What is judged. A step without any must keep its verb's contract (see [`Verb`]), as a precondition.
    pub expect: Vec<Leaf>,
    /// Records what came under these words, judges nothing. Excludes `given` and `expect`.
    pub observe: Option<String>,
    /// Which of the target's nodes its requests go to, from 1; the first if it doesn't say.
    pub node: Option<u8>,
    /// The verb's key in the source.
    pub span: Span,
}

/// One expectation and where it stands.
#[derive(Clone, Debug)]
pub struct Leaf<C = Check> {
    pub check: C,
    /// `key = value` in the source, from the key's first byte to the value's last.
    pub span: Span,
}
