//! Verdicts, and the exit codes they lead to.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a case came to. The order is by weight: the heaviest of a run decides how the process ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// The promise was probed and kept.
    Pass,
    /// The target lacks what the case needs.
    Skipped,
    /// A *should* is broken.
    Warn,
    /// The probe was made, but nothing can be concluded: a 429, a 5xx or a time-out stood where an answer was due, or
    /// a step that prepares the probe did not come about.
    Inconclusive,
    /// The harness or the line to the target broke.
    Error,
    /// A *must* is broken.
    Fail,
}

impl Verdict {
    /// Every verdict, heaviest first.
    pub const ALL: [Verdict; 6] = [
        Verdict::Fail,
        Verdict::Error,
        Verdict::Inconclusive,
        Verdict::Warn,
        Verdict::Skipped,
        Verdict::Pass,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Verdict::Pass => "pass",
            Verdict::Skipped => "skipped",
            Verdict::Warn => "warn",
            Verdict::Inconclusive => "inconclusive",
            Verdict::Error => "error",
            Verdict::Fail => "fail",
        }
    }
}

/// How the process ends. The numbers are a contract with every pipeline that calls it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Every selected case was judged, and none failed.
    Conformant = 0,
    /// A case failed, or could not be concluded.
    NotConformant = 1,
    /// Wrong usage, or a mistake in a suite or target file.
    Usage = 2,
    /// The target can't be reached, or the harness broke.
    Trouble = 3,
    /// No case was judged: nothing was selected, or everything was skipped.
    NothingRan = 4,
    /// Stopped by a signal. What ran is reported all the same.
    Interrupted = 130,
}

impl Exit {
    /// The exit of a run whose cases came to these verdicts. `strict` makes a warning count as a failure.
    pub fn of(verdicts: impl IntoIterator<Item = Verdict>, strict: bool) -> Exit {
        let mut heaviest = None;
        for verdict in verdicts {
            // What was left out is no reason to doubt what was judged.
            if verdict != Verdict::Skipped {
                heaviest = heaviest.max(Some(verdict));
            }
        }
        match heaviest {
            None | Some(Verdict::Skipped) => Exit::NothingRan,
            Some(Verdict::Pass) => Exit::Conformant,
            Some(Verdict::Warn) if strict => Exit::NotConformant,
            Some(Verdict::Warn) => Exit::Conformant,
            Some(Verdict::Inconclusive | Verdict::Fail) => Exit::NotConformant,
            Some(Verdict::Error) => Exit::Trouble,
        }
    }
}

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> Self {
        std::process::ExitCode::from(exit as u8)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn skipped_cases_change_nothing_where_others_were_judged() {
        assert_eq!(Exit::of([Verdict::Pass, Verdict::Skipped], false), Exit::Conformant);
        assert_eq!(Exit::of([Verdict::Skipped, Verdict::Warn], false), Exit::Conformant);
        assert_eq!(Exit::of([Verdict::Fail, Verdict::Skipped], false), Exit::NotConformant);
        assert_eq!(Exit::of([Verdict::Skipped, Verdict::Skipped], false), Exit::NothingRan);
        assert_eq!(Exit::of([], false), Exit::NothingRan);
    }
}
