//! The page as a whole: what stands above the cases, their order, and how much of each is shown.

use std::cmp::Reverse;
use std::collections::HashMap;

use askama::Template;

use crate::report::tally::{self, Counts, Standing};
use crate::report::{causes, visible};
use crate::results::{BaselineEntry, CaseResult, Requirement, Run, Verdict};

use super::anchor::{case_anchor, link, requirement_anchor};
use super::case::{CaseView, Detail, PromiseView, VerdictView};
use super::prose::{Piece, prose};
use super::story::Row;
use super::trace::{self, DocumentView};

/// So many cases are shown with requests and answers: those that are not a pass first.
const FULL: usize = 300;

const SHORT: usize = 300;

/// So many broken promises are named above everything else.
const BROKEN: usize = 12;

/// The order of the groups of cases.
const ORDER: [Verdict; 6] =
    [Verdict::Fail, Verdict::Warn, Verdict::Inconclusive, Verdict::Error, Verdict::Skipped, Verdict::Pass];

#[derive(Template)]
#[template(path = "page.html")]
pub struct Page {
    policy: String,
    style: &'static str,
    script: &'static str,
    target: String,
    base: String,
    /// Whether an app was judged, and its onboarding record stands beside this page.
    record: bool,
    sentence: String,
    /// The verdict that the sentence is about.
    heaviest: &'static str,
    /// The promises that were broken, the first of them, and how many more there are.
    broken: Vec<BrokenView>,
    broken_title: String,
    broken_left_out: usize,
    started: String,
    started_text: String,
    took: String,
    version: String,
    tested_with: String,
    command: String,
    counts: Vec<(VerdictView, usize)>,
    total: usize,
    /// What ended several cases at once.
    causes: Vec<String>,
    notes: Vec<Vec<Piece>>,
    /// What the target lacks, why, and how many cases were skipped for it.
    lacks: Vec<(String, String, usize)>,
    known: Option<KnownView>,
    edition: String,
    /// What is newer than the edition, if anything was left out for it.
    left_out: Option<String>,
    /// Promises that are not read by the catalogue's default, and how they are read.
    departures: Vec<(PromiseView, String)>,
    /// Cases are shown without requests and answers, because there are too many.
    shortened: bool,
    full: usize,
    suites: Vec<(String, String)>,
    /// What needs a reader, and what does not.
    troubled: Vec<Group>,
    quiet: Vec<Group>,
    sections: Vec<SectionView>,
    documents: Vec<DocumentView>,
}

/// A promise that was broken, with a link to the first case that shows it.
struct BrokenView {
    promise: PromiseView,
    link: String,
    sign: &'static str,
    class: &'static str,
    /// How many of its cases broke.
    told: String,
}

struct Group {
    /// Unique on the page.
    anchor: &'static str,
    verdict: VerdictView,
    title: &'static str,
    about: &'static str,
    cases: Vec<CaseView>,
}

/// The baseline: what it accepts, and what of it no longer holds.
struct KnownView {
    file: String,
    /// Each entry with a case: what it names, how many cases it accepts, why.
    entries: Vec<(String, usize, String)>,
    stale: Vec<String>,
}

struct SectionView {
    name: String,
    rows: Vec<RowView>,
}

struct RowView {
    anchor: String,
    promise: PromiseView,
    standing: &'static str,
    sign: &'static str,
    class: &'static str,
    cells: Vec<CellView>,
}

/// How many cases of a requirement came to a verdict, with a link to the first of them.
struct CellView {
    verdict: VerdictView,
    count: usize,
    link: String,
}

impl Page {
    pub fn of(run: &Run) -> Page {
        let sections = tally::by_section(run);
        let counts = Counts::of(run.cases.iter().map(|case| case.verdict));
        let open = Counts::of(tally::unaccepted(run).map(|case| case.verdict));
        let requirements: HashMap<&str, &Requirement> =
            run.requirements.iter().map(|requirement| (requirement.id.as_str(), requirement)).collect();
        let groups = groups(run, &requirements);
        let broken: Vec<&tally::Promise<'_>> = broken(&sections);
        let shortened = groups.iter().any(|group| group.cases.iter().any(|case| case.compact));
        let (quiet, troubled): (Vec<Group>, Vec<Group>) =
            groups.into_iter().partition(|group| group.cases.iter().all(|case| case.settled));
        Page {
            policy: super::policy(),
            style: super::STYLE,
            script: super::SCRIPT,
            target: visible::line(&run.target.name, SHORT),
            base: visible::line(&run.target.base, SHORT),
            record: run.app.is_some(),
            sentence: tally::sentence(run),
            heaviest: open.present().next().map_or("skipped", |(verdict, _)| verdict.as_str()),
            broken_title: match broken.len() {
                1 => "1 promise is broken".to_owned(),
                count => format!("{count} promises are broken"),
            },
            broken_left_out: broken.len().saturating_sub(BROKEN),
            broken: broken.into_iter().take(BROKEN).filter_map(broken_view).collect(),
            started: visible::line(&run.started, 40),
            started_text: tally::day_and_time(&run.started),
            took: tally::duration(run.duration_ms),
            version: visible::line(&run.version, 40),
            tested_with: visible::line(&tally::tested_with(run), 80),
            command: visible::line(&run.command, 2_000),
            counts: ORDER.map(|verdict| (VerdictView::of(verdict), counts.get(verdict))).to_vec(),
            total: counts.total(),
            causes: causes::told(run).iter().map(|told| visible::line(told, 2_000)).collect(),
            notes: run.notes.iter().map(|note| prose(note, SHORT)).collect(),
            lacks: run
                .target
                .lacks
                .iter()
                .map(|(capability, reason)| {
                    let skipped = skipped_for(capability, run);
                    (visible::line(capability, SHORT), visible::line(reason, SHORT), skipped)
                })
                .collect(),
            known: known(run),
            edition: visible::line(&tally::edition(run), SHORT),
            left_out: tally::left_out(run).map(|told| visible::line(&told, 20_000)),
            departures: tally::departures(run)
                .map(|(requirement, told)| (PromiseView::of(requirement), visible::line(&told, 2_000)))
                .collect(),
            shortened,
            full: FULL,
            suites: run
                .suites
                .iter()
                .map(|suite| (visible::line(&suite.id, SHORT), visible::line(&suite.about, SHORT)))
                .collect(),
            troubled,
            quiet,
            sections: sections.iter().map(section_view).collect(),
            documents: trace::of(run, &sections),
        }
    }
}

/// How many cases were skipped because the target lacks this.
fn skipped_for(capability: &str, run: &Run) -> usize {
    let begins = format!("the target lacks {capability}:");
    let skipped = run.cases.iter().filter(|case| case.verdict == Verdict::Skipped);
    skipped.filter(|case| case.reason.as_ref().is_some_and(|reason| reason.starts_with(&begins))).count()
}

/// The broken promises: a *must* before a *should*, and of these in the catalogue's order.
fn broken<'a>(sections: &'a [tally::Section<'_>]) -> Vec<&'a tally::Promise<'a>> {
    let promises = || sections.iter().flat_map(|section| &section.promises);
    let with = |standing| promises().filter(move |promise| promise.standing == standing);
    with(Standing::Broken).chain(with(Standing::Warned)).collect()
}

fn broken_view(promise: &tally::Promise<'_>) -> Option<BrokenView> {
    let shows = |case: &&&CaseResult| matches!(case.verdict, Verdict::Fail | Verdict::Warn);
    let first = promise.cases.iter().filter(shows).min_by_key(|case| Reverse(case.verdict))?;
    let count = promise.cases.iter().filter(shows).count();
    let (class, sign) = standing_look(promise.standing);
    Some(BrokenView {
        promise: PromiseView::of(promise.requirement),
        link: link(&case_anchor(&first.id)),
        sign,
        class,
        told: match promise.cases.len() {
            1 => "its only case shows it".to_owned(),
            all if count == 1 => format!("1 of its {all} cases shows it"),
            all => format!("{count} of its {all} cases show it"),
        },
    })
}

fn groups(run: &Run, requirements: &HashMap<&str, &Requirement>) -> Vec<Group> {
    let every_pass_in_full = run.cases.len() <= FULL;
    let mut left = FULL;
    let mut groups = Vec::new();
    // What is accepted stands behind what needs a reader.
    let accepted = ORDER.map(|verdict| (verdict, true)).into_iter();
    let (quiet, troubled): (Vec<Verdict>, Vec<Verdict>) =
        ORDER.into_iter().partition(|verdict| matches!(verdict, Verdict::Skipped | Verdict::Pass));
    let open = |verdicts: Vec<Verdict>| verdicts.into_iter().map(|verdict| (verdict, false));
    for (verdict, is_accepted) in open(troubled).chain(accepted).chain(open(quiet)) {
        let mut cases = Vec::new();
        let numbered = run.cases.iter().enumerate();
        for (number, case) in
            numbered.filter(|(_, case)| case.verdict == verdict && case.accepted.is_some() == is_accepted)
        {
            let wanted = !matches!(verdict, Verdict::Pass | Verdict::Skipped) || every_pass_in_full;
            let detail = if wanted && left > 0 { Detail::Full } else { Detail::Compact };
            left -= usize::from(detail == Detail::Full);
            cases.push(CaseView::of(case, number, detail, run, requirements));
        }
        if cases.is_empty() {
            continue;
        }
        let known: Option<&mut Group> = groups.iter_mut().find(|group: &&mut Group| group.anchor == "known");
        match known.filter(|_| is_accepted) {
            Some(known) => known.cases.extend(cases),
            None => {
                let (anchor, title, about) = heading(verdict, is_accepted);
                groups.push(Group { anchor, verdict: VerdictView::of(verdict), title, about, cases });
            }
        }
    }
    groups
}

fn known(run: &Run) -> Option<KnownView> {
    let baseline = run.baseline.as_ref()?;
    let accepting = baseline.entries.iter().filter(|entry| entry.accepts > 0);
    let shown = |entry: &BaselineEntry| {
        (visible::line(&entry.id, SHORT), entry.accepts, visible::line(&tally::acceptance(entry), 2_000))
    };
    Some(KnownView {
        file: visible::line(&baseline.file, SHORT),
        entries: accepting.map(shown).collect(),
        stale: tally::stale(run).map(|told| visible::line(&told, 2_000)).collect(),
    })
}

/// A group's anchor, its title, and what it means.
fn heading(verdict: Verdict, is_accepted: bool) -> (&'static str, &'static str, &'static str) {
    if is_accepted {
        let about =
            "These promises are broken, and the baseline accepts it for now. That does not fail the run.";
        return ("known", "Known failures", about);
    }
    let (title, about) = match verdict {
        Verdict::Fail => ("Failures", "What must be kept was broken."),
        Verdict::Warn => ("Warnings", "Best practice was departed from. That does not fail the run."),
        Verdict::Inconclusive => (
            "Inconclusive",
            "The probe was made, but the answers prove nothing either way: a rate limit, a server error, a time-out, or a \
             step that prepares the probe did not come about.",
        ),
        Verdict::Error => (
            "Errors",
            "The harness, or the line to the target, broke. This says nothing about what was tested.",
        ),
        Verdict::Skipped => ("Skipped", "The target lacks what these cases need. Nothing was judged."),
        Verdict::Pass => ("Passed", "The promise was probed and kept."),
    };
    (verdict.as_str(), title, about)
}

fn section_view(section: &tally::Section<'_>) -> SectionView {
    SectionView { name: visible::line(section.name, SHORT), rows: section.promises.iter().map(row).collect() }
}

/// The colour's name and the sign of what became of a promise.
pub fn standing_look(standing: Standing) -> (&'static str, &'static str) {
    match standing {
        Standing::Broken => ("fail", "✗"),
        Standing::Undecided => ("inconclusive", "?"),
        Standing::Warned => ("warn", "!"),
        Standing::NotJudged => ("skipped", "–"),
        Standing::PartlyJudged | Standing::Kept | Standing::Recorded => ("pass", "✓"),
    }
}

fn row(promise: &tally::Promise<'_>) -> RowView {
    let (class, sign) = standing_look(promise.standing);
    let cells = ORDER.map(|verdict| {
        let first = promise.cases.iter().find(|case| case.verdict == verdict);
        CellView {
            verdict: VerdictView::of(verdict),
            count: promise.counts.get(verdict),
            link: first.map_or(String::new(), |case| link(&case_anchor(&case.id))),
        }
    });
    RowView {
        anchor: requirement_anchor(&promise.requirement.id),
        promise: PromiseView::of(promise.requirement),
        standing: promise.standing.as_str(),
        sign,
        class,
        cells: cells.into(),
    }
}
