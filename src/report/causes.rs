//! Why cases ended as errors, where one cause ended several: a server that goes away in the middle of a run ends every case that is
//! left, and that is one thing to tell.

use crate::results::{CaseResult, Run, TroubleKind, Verdict};

/// So many causes are told; where there are more, each case tells its own.
const TOLD: usize = 3;

/// What ended a case: what was wrong with the line, if that is in its reason, or else the reason. `None` if it is no error.
pub fn of(case: &CaseResult) -> Option<&str> {
    let reason = case.reason.as_deref().filter(|_| case.verdict == Verdict::Error)?;
    let kinds = [
        TroubleKind::Connect,
        TroubleKind::Reset,
        TroubleKind::TimeOut,
        TroubleKind::TooLong,
        TroubleKind::Garbage,
    ];
    let trouble = kinds.iter().filter_map(|kind| reason.find(&format!("{}: ", kind.as_str()))).min();
    // What follows a semicolon is advice, and other for each place that it is given in.
    let cause = trouble.map_or(reason, |at| reason[at..].split(';').next().unwrap_or_default());
    (!cause.is_empty()).then_some(cause)
}

/// The causes that ended several cases, each with how many, those of most cases first.
pub fn shared(run: &Run) -> Vec<(&str, usize)> {
    let mut causes: Vec<(&str, usize)> = Vec::new();
    for cause in run.cases.iter().filter_map(of) {
        match causes.iter_mut().find(|(known, _)| *known == cause) {
            Some((_, count)) => *count += 1,
            None => causes.push((cause, 1)),
        }
    }
    causes.retain(|(_, count)| *count > 1);
    causes.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    causes
}

/// The same in sentences: `612 cases ended as an error because of one thing: no connection: Connection refused`.
pub fn told(run: &Run) -> Vec<String> {
    let shared = shared(run).into_iter().take(TOLD);
    shared
        .map(|(cause, count)| format!("{count} cases ended as an error because of one thing: {cause}"))
        .collect()
}
