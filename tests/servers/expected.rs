//! What is true of a server, and where a run says otherwise.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use grantspec::report::tally::{self, Standing};
use grantspec::results::{CaseResult, Run, Verdict};
use serde::Deserialize;

/// Requirement → evidence, by what is true of the requirement.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expected {
    kept: BTreeMap<String, String>,
    /// Kept as far as it can be asked: some probes can't be made, or prove nothing.
    #[serde(default)]
    unproven: BTreeMap<String, String>,
    broken: BTreeMap<String, String>,
    /// Neither can be said.
    open: BTreeMap<String, String>,
    /// Any of them can be right, from one time to the next.
    #[serde(default)]
    varies: BTreeMap<String, String>,
}

impl Expected {
    pub fn of(name: &str) -> Expected {
        let path =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/servers").join(name).join("expected.toml");
        let text = fs::read_to_string(&path).expect("the server's expectations are there");
        toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    /// Every requirement of which the run says something else, with the evidence that it is otherwise; and every one that the
    /// expectations leave out.
    pub fn differences(&self, run: &Run) -> Vec<String> {
        let sections = tally::by_section(run);
        let promises = sections.iter().flat_map(|section| &section.promises);
        promises
            .filter_map(|promise| {
                let id = promise.requirement.id.as_str();
                // A finding is one, also beside probes that came to nothing.
                let found = |case: &&CaseResult| matches!(case.verdict, Verdict::Fail | Verdict::Warn);
                let said = match promise.standing {
                    _ if promise.cases.iter().any(found) => "broken",
                    Standing::Kept | Standing::PartlyJudged => "kept",
                    _ => "open",
                };
                let truth: [(_, &[&str], _); 4] = [
                    ("kept", &["kept"], &self.kept),
                    ("kept, but not wholly provable", &["kept", "open"], &self.unproven),
                    ("broken", &["broken"], &self.broken),
                    ("open", &["open"], &self.open),
                ];
                let Some((due, right, evidence)) =
                    truth.into_iter().find_map(|(due, right, those)| Some((due, right, those.get(id)?)))
                else {
                    let is_known = self.varies.contains_key(id);
                    return (!is_known).then(|| format!("  {id}: nothing is said about it"));
                };
                let cases: Vec<String> = promise
                    .cases
                    .iter()
                    .filter(|case| case.reason.is_some())
                    .take(6)
                    .map(|case| {
                        let reason = case.reason.as_deref().unwrap_or_default();
                        format!("\n      {} {}: {reason}", case.verdict.as_str(), case.id)
                    })
                    .collect();
                (!right.contains(&said)).then(|| {
                    let standing = promise.standing.as_str();
                    format!("  {id}: {due} ({evidence}), judged {standing}{}", cases.concat())
                })
            })
            .collect()
    }
}
