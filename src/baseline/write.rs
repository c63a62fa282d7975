//! A baseline made from a run: an entry for each case that does not pass, for somebody to put reasons to.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use chrono::NaiveDate;

use super::apply::is_acceptable;
use crate::results::{CaseResult, Run, Verdict};

/// What stands in every entry of a baseline that is made.
#[derive(Clone, Debug)]
pub struct Draft {
    pub owner: String,
    /// Why the failures are accepted. `None`: what was found stands in its place.
    pub reason: Option<String>,
    pub until: Option<NaiveDate>,
    /// Whether warnings, which fail only a strict run, are written too.
    pub warnings: bool,
}

/// The file, and how many entries it has. One entry stands for a case if all its variants that were judged fail, else for
/// each variant that does.
pub fn written(run: &Run, draft: &Draft) -> (String, usize) {
    let wanted =
        |case: &&CaseResult| is_acceptable(case.verdict) && (draft.warnings || case.verdict != Verdict::Warn);
    let mut left: BTreeMap<&str, bool> = BTreeMap::new();
    for case in run.cases.iter().filter(|case| case.verdict != Verdict::Skipped) {
        *left.entry(plain(&case.id)).or_insert(true) &= wanted(&case);
    }
    let mut entries: Vec<(&str, &CaseResult)> = Vec::new();
    for case in run.cases.iter().filter(wanted) {
        let id = if left[plain(&case.id)] { plain(&case.id) } else { &case.id };
        if entries.last().is_none_or(|(last, _)| *last != id) {
            entries.push((id, case));
        }
    }
    let mut text = format!(
        "# Known failures of {}, for `grantspec run --baseline`. Made from the run of {}.\n\
         # An entry that no longer fails, matches nothing or is out of date fails the run: take it out then.\n",
        one_line(&run.target.name),
        one_line(&run.started),
    );
    for (id, case) in &entries {
        let found = case.reason.as_deref().unwrap_or(case.verdict.as_str());
        let reason = draft.reason.as_deref().unwrap_or(found);
        let _ = write!(
            text,
            "\n[[known]]\ncase = {}\nreason = {}\nowner = {}\n",
            quoted(id),
            quoted(reason),
            quoted(&draft.owner)
        );
        if let Some(until) = draft.until {
            let _ = writeln!(text, "until = {until}");
        }
    }
    (text, entries.len())
}

fn plain(id: &str) -> &str {
    id.split('[').next().unwrap_or(id)
}

/// A comment ends with its line.
fn one_line(text: &str) -> String {
    text.chars().map(|character| if character.is_control() { ' ' } else { character }).collect()
}

/// A TOML basic string.
fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}
