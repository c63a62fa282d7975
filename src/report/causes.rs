//! Why cases came to no end, where one cause kept several from it: a server that goes away in the middle of a run ends every case
//! that is left, a wrong address in a target file all that need it, and that is one thing to tell.

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

/// The causes that kept several cases from an end, by the verdict that they got for it, each with how many, those of most first.
fn shared(run: &Run) -> Vec<(Verdict, &str, usize)> {
    let mut causes: Vec<(Verdict, &str, usize)> = Vec::new();
    let unconcluded = run.cases.iter().filter(|case| case.verdict == Verdict::Inconclusive);
    let unconcluded = unconcluded.filter_map(|case| case.reason.as_deref());
    let ended = run.cases.iter().filter_map(of).map(|cause| (Verdict::Error, cause));
    for (verdict, cause) in ended.chain(unconcluded.map(|reason| (Verdict::Inconclusive, reason))) {
        match causes.iter_mut().find(|(known, text, _)| (*known, *text) == (verdict, cause)) {
            Some((.., count)) => *count += 1,
            None => causes.push((verdict, cause, 1)),
        }
    }
    causes.retain(|(.., count)| *count > 1);
    causes.sort_by_key(|(.., count)| std::cmp::Reverse(*count));
    causes
}

/// The same in sentences: `612 cases ended as an error because of one thing: no connection: Connection refused`.
pub fn told(run: &Run) -> Vec<String> {
    let sentence = |(verdict, cause, count): (Verdict, &str, usize)| {
        let ended = match verdict {
            Verdict::Error => "ended as an error",
            _ => "could not be concluded",
        };
        format!("{count} cases {ended} because of one thing: {cause}")
    };
    shared(run).into_iter().take(TOLD).map(sentence).collect()
}
