//! Baselines: known failures that don't fail a run, as long as somebody answers for them. What a file says, held against
//! what a run found; and a file made from a run. How a run ends is [`Run::exit`](crate::results::Run::exit)'s.
//!
//! ```toml
//! [[known]]
//! requirement = "refresh.single-use"        # every case that proves it; or case = "refresh/single-use-at-once[server]"
//! reason = "the new token store rotates"    # why it is accepted
//! owner = "identity team"                   # who sees to it that it ends
//! until = 2027-01-31                        # the last day on which it is accepted; without it, every day
//! ```
//!
//! A case without its variant means all its variants. What is accepted is a failure, a warning, or what could not be concluded,
//! never an error of the harness. An entry fails the run where none of its cases fails any more, where it matches nothing that
//! was judged, and after its last day: a list of known failures is only worth something while it is true. Of a run that
//! was filtered or stopped only those entries are held to that whose cases all ran.

mod apply;
mod read;
mod write;

use chrono::NaiveDate;

use crate::results::{BaselineKind, Place};

pub use read::schema;
pub use write::{Draft, written};

/// A baseline file without a mistake.
#[derive(Clone, Debug)]
pub struct Baseline {
    /// The file, by the name it was read under.
    pub file: String,
    /// In the order of the file.
    entries: Vec<Entry>,
}

/// A known failure.
#[derive(Clone, Debug)]
struct Entry {
    kind: BaselineKind,
    id: String,
    reason: String,
    owner: String,
    until: Option<NaiveDate>,
    place: Place,
    /// Ids of all cases that it means, at least one.
    cases: Vec<String>,
}
