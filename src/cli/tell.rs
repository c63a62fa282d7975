//! What a run came to, told on the console.

use std::collections::HashSet;

use super::folder::Folder;
use super::output::out;
use crate::report::causes;
use crate::report::console::{Style, case_block, summary};
use crate::results::{CaseResult, Run, Verdict};

/// Cases that are told in full on the console; the reports have all.
const TOLD: usize = 12;

/// Says what a run came to, the worst first, and where its reports are, if they are anywhere.
pub fn tell(run: &Run, folder: Option<&Folder>) {
    let style = Style::of_stdout(&std::io::stdout());
    let mut text = String::new();
    let mut worth_telling: Vec<&CaseResult> = run
        .cases
        .iter()
        .filter(|case| !matches!(case.verdict, Verdict::Pass | Verdict::Skipped) && case.accepted.is_none())
        .collect();
    worth_telling.sort_by_key(|case| std::cmp::Reverse(case.verdict));
    // Where nothing could be run, every case ends so for the same reason, and it has been said.
    if let [first, _, ..] = worth_telling[..]
        && worth_telling.len() == run.cases.len()
        && worth_telling.iter().all(|case| case.verdict == Verdict::Error && case.reason == first.reason)
    {
        worth_telling.clear();
    }
    let all = worth_telling.len();
    let mut known: HashSet<&str> = HashSet::new();
    worth_telling.retain(|case| causes::of(case).is_none_or(|cause| known.insert(cause)));
    for case in worth_telling.iter().take(TOLD) {
        text.push_str(&case_block(case, run, style));
        text.push('\n');
    }
    let told = worth_telling.len().min(TOLD);
    if all > told {
        text.push_str(&format!("… and {} more: see the reports.\n\n", all - told));
    }
    text.push_str(&summary(run, style));
    if let Some(folder) = folder {
        text.push_str(&format!("\nReports: {}\n", folder.shown().join("index.html").display()));
    }
    out(&text);
}
