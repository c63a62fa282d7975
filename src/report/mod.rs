//! The reports: each a pure function of a [`Run`](crate::results::Run), so that saved results can be rendered again.
//!
//! - [`files`]: the folder of a run: `results.json`, `junit.xml`, `index.html`; writing and reading it.
//! - [`console`]: what a terminal or a pipeline's log shows, during the run and after it.
//! - [`junit`]: what a pipeline's test view reads.
//! - [`html`]: one file for people, without outside resources.
//! - [`onboarding`]: what the team that lets apps in files, where an app was judged.
//! - [`matrix`]: what `prove` found, which is no run.
//!
//! What they share: [`tally`] (counts, and what became of each promise), [`causes`] (what ended several cases), [`visible`] (text from a target, made harmless
//! and visible) and `evidence` (an exchange in one line) and `json` (how results are broken into lines).
//! Nothing here decides a verdict or an exit code.

pub mod causes;
pub mod console;
mod evidence;
pub mod files;
pub mod html;
mod json;
pub mod junit;
pub mod matrix;
pub mod onboarding;
pub mod schema;
pub mod tally;
pub mod visible;

pub use files::{ReadError, WriteError, Written, read, write};
