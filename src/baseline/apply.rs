//! A baseline held against what a run found: which cases it accepts, and which of its entries fail the run.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate};

use super::{Baseline, Entry};
use crate::results::{self, BaselineEntry, BaselineKind, CaseResult, LeftOutKind, Run, Verdict};

impl Baseline {
    /// Marks the cases of `run` that are accepted, and notes what became of each entry. The day is the run's own, UTC.
    pub fn apply(&self, run: &mut Run) {
        let today =
            DateTime::parse_from_rfc3339(&run.started).map(|started| started.to_utc().date_naive()).ok();
        let stale: Vec<Option<String>> = self.entries.iter().map(|entry| stale(entry, run, today)).collect();
        let mut accepts = vec![0; self.entries.len()];
        for case in &mut run.cases {
            let open = |(at, entry): &(usize, &Entry)| {
                entry.cases.contains(&case.id) && !is_over(entry, today) && stale[*at].is_none()
            };
            let naming = self.entries.iter().enumerate().filter(open);
            // The one that names the case says more about it than the one that names all of its requirement.
            let by =
                naming.min_by_key(|(_, entry)| entry.kind == BaselineKind::Requirement).map(|(at, _)| at);
            case.accepted = by.filter(|_| is_acceptable(case.verdict));
            if let Some(by) = case.accepted {
                accepts[by] += 1;
            }
        }
        let entry = |((entry, stale), accepts): ((&Entry, Option<String>), usize)| BaselineEntry {
            kind: entry.kind,
            id: entry.id.clone(),
            reason: entry.reason.clone(),
            owner: entry.owner.clone(),
            until: entry.until.map(|day| day.to_string()),
            place: entry.place.clone(),
            accepts,
            stale,
        };
        let entries = self.entries.iter().zip(stale).zip(accepts).map(entry).collect();
        run.baseline = Some(results::Baseline { file: self.file.clone(), entries });
    }
}

/// What a known failure can be: an error says nothing about the target.
pub(super) fn is_acceptable(verdict: Verdict) -> bool {
    matches!(verdict, Verdict::Fail | Verdict::Warn | Verdict::Inconclusive)
}

fn is_over(entry: &Entry, today: Option<NaiveDate>) -> bool {
    entry.until.zip(today).is_some_and(|(until, today)| today > until)
}

/// Why the entry fails the run.
fn stale(entry: &Entry, run: &Run, today: Option<NaiveDate>) -> Option<String> {
    if let Some(until) = entry.until.filter(|_| is_over(entry, today)) {
        return Some(format!("its last day was {until}: mend the failure, or agree on a new day"));
    }
    let is_newer = |id: &&String| {
        let case = id.split('[').next();
        let left_out = run.edition.left_out.iter().filter(|left| left.kind == LeftOutKind::Case);
        left_out.into_iter().any(|left| Some(left.id.as_str()) == case)
    };
    let ran: HashMap<&str, &CaseResult> = run.cases.iter().map(|case| (case.id.as_str(), case)).collect();
    let mut verdicts = Vec::new();
    for id in entry.cases.iter().filter(|id| !is_newer(id)) {
        // Of what was not selected nothing can be said.
        verdicts.push(ran.get(id.as_str())?.verdict);
    }
    let cases = |count: usize| match count {
        1 => "its case".to_owned(),
        _ => format!("all of its {count} cases"),
    };
    if verdicts.is_empty() {
        return Some("what it names is newer than the edition judged by: leave it out".to_owned());
    }
    if verdicts.iter().all(|verdict| *verdict == Verdict::Skipped) {
        let skipped = if verdicts.len() == 1 { "was" } else { "were" };
        return Some(format!(
            "{} {skipped} skipped, so that it accepts nothing: leave it out",
            cases(verdicts.len())
        ));
    }
    let holds = |verdict: &Verdict| is_acceptable(*verdict) || *verdict == Verdict::Error;
    if verdicts.iter().any(holds) {
        return None;
    }
    let none = if verdicts.len() == 1 { "its case does not fail" } else { "none of its cases fails" };
    Some(format!("{none} any more: leave it out"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::results::Exit;
    use crate::suite::Library;

    /// A run of 27 November 2026 with these cases.
    fn run(cases: &[(&str, Verdict)]) -> Run {
        let case = |(id, verdict): &(&str, Verdict)| {
            json!({
                "id": id, "suite": "s", "about": "a", "proves": [], "level": "must",
                "place": { "file": "f", "line": 1, "column": 1, "text": "", "width": 1 },
                "verdict": verdict, "findings": [], "observations": [], "steps": [],
                "began_ms": 0, "duration_ms": 0, "rerun": "",
            })
        };
        let run = json!({
            "schema": crate::results::SCHEMA, "version": "1", "started": "2026-11-27T23:59:59Z", "duration_ms": 1, "seed": 1,
            "interrupted": false, "command": "", "target": { "name": "t", "base": "http://t", "lacks": {} },
            "suites": [], "edition": { "judged": "1", "newest": "1", "left_out": [] }, "requirements": [],
            "documents": [], "cases": cases.iter().map(case).collect::<Vec<_>>(), "notes": [],
        });
        serde_json::from_value(run).expect("it is a run")
    }

    fn applied(entries: &str, cases: &[(&str, Verdict)]) -> Run {
        let baseline = Baseline::read("known.toml", entries, &Library::shipped()).expect("it has no mistake");
        let mut run = run(cases);
        baseline.apply(&mut run);
        run
    }

    fn stale(run: &Run) -> Option<&str> {
        run.baseline.as_ref().and_then(|baseline| baseline.entries[0].stale.as_deref())
    }

    const UNTIL: &str = "[[known]]\ncase = 'whoami/no-token'\nreason = 'r'\nowner = 'o'\nuntil = ";

    /// An entry of one case, without an end.
    fn entry(case: &str) -> String {
        format!("[[known]]\ncase = '{case}'\nreason = 'r'\nowner = 'o'\n")
    }

    #[test]
    fn what_is_known_does_not_fail_the_run_and_what_is_new_does() {
        let known = entry("whoami/no-token");
        for verdict in [Verdict::Fail, Verdict::Inconclusive, Verdict::Warn] {
            let run = applied(&known, &[("whoami/no-token", verdict)]);
            assert_eq!((run.exit(true), stale(&run)), (Exit::Conformant, None), "{verdict:?}");
        }
        let run = applied(&known, &[("whoami/no-token", Verdict::Fail), ("whoami/identity", Verdict::Fail)]);
        assert_eq!((run.cases[0].accepted, run.cases[1].accepted), (Some(0), None));
        assert_eq!(run.exit(false), Exit::NotConformant);
    }

    #[test]
    fn an_error_of_the_harness_is_no_known_failure_and_takes_no_entry_away() {
        let run = applied(&entry("whoami/no-token"), &[("whoami/no-token", Verdict::Error)]);
        assert_eq!((run.exit(false), stale(&run)), (Exit::Trouble, None));
    }

    #[test]
    fn an_entry_that_passes_or_was_skipped_fails_the_run() {
        let other = ("whoami/identity", Verdict::Pass);
        for (verdict, why) in
            [(Verdict::Pass, "does not fail any more"), (Verdict::Skipped, "accepts nothing")]
        {
            let run = applied(&entry("whoami/no-token"), &[("whoami/no-token", verdict), other]);
            assert!(stale(&run).is_some_and(|told| told.contains(why)), "{run:?}");
            assert_eq!(run.exit(false), Exit::NotConformant);
        }
    }

    #[test]
    fn an_entry_counts_on_its_last_day_and_not_after() {
        let failed = [("whoami/no-token", Verdict::Fail)];
        assert_eq!(applied(&format!("{UNTIL}2026-11-27"), &failed).exit(false), Exit::Conformant);
        let over = applied(&format!("{UNTIL}2026-11-26"), &failed);
        assert_eq!((over.exit(false), over.cases[0].accepted), (Exit::NotConformant, None));
        assert!(stale(&over).is_some_and(|told| told.contains("2026-11-26")), "{over:?}");
        let passed = applied(&format!("{UNTIL}2026-11-26"), &[("whoami/no-token", Verdict::Pass)]);
        assert_eq!(passed.exit(false), Exit::NotConformant);
    }

    #[test]
    fn nothing_is_said_of_an_entry_whose_cases_did_not_all_run() {
        let run = applied(&entry("state/echo-exact"), &[("state/echo-exact[plus]", Verdict::Pass)]);
        assert_eq!((run.exit(false), stale(&run)), (Exit::Conformant, None));
        let run = applied(&entry("whoami/no-token"), &[("state/echo-exact[plus]", Verdict::Pass)]);
        assert_eq!((run.exit(false), stale(&run)), (Exit::Conformant, None));
    }

    #[test]
    fn a_case_is_accepted_by_the_entry_that_names_it_and_no_entry_is_idle_for_that() {
        let both = format!(
            "[[known]]\nrequirement = 'whoami.no-token'\nreason = 'r'\nowner = 'o'\n{}",
            entry("whoami/no-token")
        );
        let run = applied(&both, &[("whoami/no-token", Verdict::Fail)]);
        assert_eq!((run.cases[0].accepted, stale(&run)), (Some(1), None));
    }
}
