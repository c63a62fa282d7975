//! A case as the page shows it.

use std::collections::HashMap;

use crate::report::tally::{self, duration};
use crate::report::{evidence, visible};
use crate::results::{CaseResult, Exchange, Finding, Place, Reading, Requirement, Run, Verdict};

use super::anchor::{case_anchor, link, requirement_anchor};
use super::prose::{Piece, prose};
use super::step::StepView;
use super::story::{self, Story};

const SHORT: usize = 300;
const LONG: usize = 2_000;
/// How much of a case is shown.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// With the story, requests and answers.
    Full,
    /// The steps only.
    Compact,
}

pub struct CaseView {
    /// Unique on the page; `link` is the same as a fragment of an address.
    pub anchor: String,
    pub link: String,
    /// Position in the run: makes ids of parts unique.
    pub number: usize,
    pub id: String,
    pub suite: String,
    pub about: String,
    pub verdict: VerdictView,
    pub open: bool,
    pub compact: bool,
    /// There is nothing to mend.
    pub settled: bool,
    /// Its promises were broken: how to mend that is worth telling.
    pub advises: bool,
    /// The ids of its requirements with a space between.
    pub proves: String,
    pub level: &'static str,
    pub took: String,
    pub reason: Option<String>,
    /// Why the baseline accepts it.
    pub accepted: Option<String>,
    pub promises: Vec<PromiseView>,
    pub findings: Vec<FindingView>,
    pub place: PlaceView,
    pub story: Option<Story>,
    pub steps: Vec<StepView>,
    pub rounds: Vec<(&'static str, String)>,
    pub tests: Vec<String>,
    pub observations: Vec<(String, String)>,
    pub rerun: String,
}

/// A verdict in a word, a sign, and the name of its colour.
#[derive(Clone, Copy)]
pub struct VerdictView {
    pub word: &'static str,
    pub sign: &'static str,
}

pub struct PromiseView {
    pub id: String,
    pub link: String,
    pub level: &'static str,
    pub promise: Vec<Piece>,
    pub quote: Option<String>,
    pub source: String,
    pub why: Vec<Piece>,
    pub mend: Vec<Piece>,
    /// Where the documents leave room: what was judged.
    pub reading: Option<ReadingView>,
}

/// How the documents were read where they leave room.
pub struct ReadingView {
    pub id: String,
    pub weight: &'static str,
    pub judged: String,
    pub why: String,
    /// Why the target file departs from the default reading.
    pub departs: Option<String>,
    /// The readings that were not judged: id, weight, and what would be judged.
    pub others: Vec<(String, &'static str, String)>,
}

pub struct FindingView {
    pub step: String,
    pub place: PlaceView,
    pub expected: String,
    pub got: String,
    /// The authorization request that the answer belongs to, where it came to a later one.
    pub began: Option<String>,
    /// The request and the answer in one line each.
    pub seen: Option<(String, String)>,
}

/// A line of a suite with a caret under what is meant.
pub struct PlaceView {
    pub at: String,
    pub line: u32,
    pub before: String,
    pub meant: String,
    pub after: String,
    /// Spaces and carets that stand under the line.
    pub caret: String,
}

impl CaseView {
    pub fn of(
        case: &CaseResult,
        number: usize,
        detail: Detail,
        run: &Run,
        requirements: &HashMap<&str, &Requirement>,
    ) -> CaseView {
        let full = detail == Detail::Full;
        let promises = case.proves.iter().filter_map(|id| requirements.get(id.as_str()));
        let steps = case.steps.iter().enumerate();
        CaseView {
            anchor: case_anchor(&case.id),
            link: link(&case_anchor(&case.id)),
            number,
            id: visible::line(&case.id, SHORT),
            suite: visible::line(&case.suite, SHORT),
            about: visible::line(&case.about, SHORT),
            verdict: VerdictView::of(case.verdict),
            open: case.verdict == Verdict::Fail && full && case.accepted.is_none(),
            compact: !full,
            advises: tally::advises(case.verdict),
            settled: matches!(case.verdict, Verdict::Pass | Verdict::Skipped),
            proves: visible::line(&case.proves.join(" "), SHORT),
            level: case.level.as_str(),
            took: duration(case.duration_ms),
            reason: case.reason.as_deref().map(|reason| visible::line(reason, LONG)),
            accepted: run.accepts(case).map(|entry| visible::line(&tally::acceptance(entry), LONG)),
            promises: promises.map(|requirement| PromiseView::of(requirement)).collect(),
            findings: case.findings.iter().map(|finding| FindingView::of(case, finding)).collect(),
            place: PlaceView::of(&case.place),
            story: full.then(|| story::of(case, &run.target.name, run.app.is_some())).flatten(),
            steps: steps.map(|(index, step)| StepView::of(case, index, step, full)).collect(),
            rounds: rounds(case),
            tests: case
                .sample
                .iter()
                .flat_map(|sample| &sample.tests)
                .map(|test| visible::line(test, SHORT))
                .collect(),
            observations: case
                .observations
                .iter()
                .map(|seen| (visible::line(&seen.about, SHORT), visible::line(&seen.seen, LONG)))
                .collect(),
            rerun: visible::line(&case.rerun, LONG),
        }
    }
}

impl VerdictView {
    pub fn of(verdict: Verdict) -> VerdictView {
        let sign = match verdict {
            Verdict::Pass => "✓",
            Verdict::Skipped => "–",
            Verdict::Warn => "!",
            Verdict::Inconclusive => "?",
            Verdict::Error => "⨯",
            Verdict::Fail => "✗",
        };
        VerdictView { word: verdict.as_str(), sign }
    }
}

impl PromiseView {
    pub fn of(requirement: &Requirement) -> PromiseView {
        PromiseView {
            id: visible::line(&requirement.id, SHORT),
            link: link(&requirement_anchor(&requirement.id)),
            level: requirement.level.as_str(),
            promise: prose(&requirement.promise, LONG),
            quote: requirement.quote.as_deref().map(|quote| visible::line(quote, LONG)),
            source: visible::line(&requirement.source, SHORT),
            why: prose(&requirement.why, LONG),
            mend: prose(&requirement.mend, LONG),
            reading: requirement.reading().map(|reading| ReadingView::of(requirement, reading)),
        }
    }
}

impl ReadingView {
    fn of(requirement: &Requirement, reading: &Reading) -> ReadingView {
        let others = requirement.readings.iter().filter(|other| other.id != reading.id);
        ReadingView {
            id: visible::line(&reading.id, SHORT),
            weight: reading.weight(),
            judged: visible::line(&reading.judged, LONG),
            why: visible::line(&reading.why, LONG),
            departs: requirement.departure().map(|(_, reason)| visible::line(reason, LONG)),
            others: others
                .map(|other| {
                    (visible::line(&other.id, SHORT), other.weight(), visible::line(&other.judged, LONG))
                })
                .collect(),
        }
    }
}

impl FindingView {
    fn of(case: &CaseResult, finding: &Finding) -> FindingView {
        let title = case.steps.get(finding.step).map_or("", |step| &step.title);
        let seen =
            |exchange: &Exchange| (evidence::sent(&exchange.request), evidence::answered(&exchange.reply));
        FindingView {
            step: format!("Step {}: {}", finding.step + 1, visible::line(title, SHORT)),
            place: PlaceView::of(&finding.place),
            expected: visible::line(&finding.expected, LONG),
            got: visible::line(&finding.got, LONG),
            began: evidence::began(case, finding).map(|exchange| evidence::sent(&exchange.request)),
            seen: evidence::of(case, finding).map(seen),
        }
    }
}

impl PlaceView {
    fn of(place: &Place) -> PlaceView {
        let (before, meant, after) = place.parts();
        let [before, meant, after] = [before, meant, after].map(|part| visible::line(part, SHORT));
        let caret = " ".repeat(before.chars().count()) + &"^".repeat(meant.chars().count().max(1));
        PlaceView {
            at: format!("{}:{}:{}", visible::line(&place.file, SHORT), place.line, place.column),
            line: place.line,
            before,
            meant,
            after,
            caret,
        }
    }
}

/// What repeating the case, or sampling, is worth.
fn rounds(case: &CaseResult) -> Vec<(&'static str, String)> {
    let mut told = Vec::new();
    if let Some(rounds) = &case.rounds {
        told.push((
            "Rounds",
            format!("{} of {} concluded, {} broken", rounds.concluded, rounds.asked, rounds.broken),
        ));
        if let Some(release) = &rounds.release {
            told.push(("Released by", visible::line(release, SHORT)));
        }
        if let Some(spread) = rounds.spread_us {
            told.push(("Spread", format!("{spread} µs between first and last, median")));
        }
        told.push(("What it says", visible::line(&rounds.confidence, LONG)));
        told.extend(tally::missed(rounds).map(|missed| ("How sure it is", missed)));
    }
    if let Some(sample) = &case.sample {
        told.push(("Sample", format!("{} values of each kind", sample.count)));
        told.push(("What it says", visible::line(&sample.confidence, LONG)));
    }
    told
}
