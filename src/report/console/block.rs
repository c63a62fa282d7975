//! One case that is not a pass, so that somebody who knows nothing of the suite understands what to mend.

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use crate::report::tally::{self, advises};
use crate::report::{evidence, visible};
use crate::results::{BaselineEntry, CaseResult, Finding, Place, Requirement, Run, Verdict};

use super::Style;

/// How long a line's text may get, in characters.
const LONG: usize = 600;

/// What was promised and where, the suite's own line with a caret, what was expected, sent and got, why it matters, how
/// to mend it, and the command that runs the case again. Ends with a line end.
pub fn case_block(case: &CaseResult, run: &Run, style: Style) -> String {
    block(case, &run.requirements, run.accepts(case), style)
}

/// The same for a case that no run holds.
pub fn case_alone(case: &CaseResult, requirements: &[Requirement], style: Style) -> String {
    block(case, requirements, None, style)
}

fn block(
    case: &CaseResult,
    requirements: &[Requirement],
    accepted: Option<&BaselineEntry>,
    style: Style,
) -> String {
    let renderer = match style {
        Style::Plain => Renderer::plain(),
        Style::Coloured => Renderer::styled(),
    };
    let mut groups = vec![first(case)];
    groups.extend(case.findings.iter().skip(1).map(|finding| {
        let title = Level::NOTE.with_name("also").secondary_title(visible::line(&finding.got, LONG));
        told(Group::with_title(title).element(snippet(&finding.place, None)), case, finding)
    }));
    groups.extend(
        case.proves
            .iter()
            .filter_map(|id| requirements.iter().find(|requirement| requirement.id == *id))
            .map(|requirement| promise(requirement, case.verdict)),
    );
    if let (Some(rounds), Some(first)) = (&case.rounds, groups.first_mut()) {
        let told = format!("{} of {} concluded. {}", rounds.concluded, rounds.asked, rounds.confidence);
        *first = std::mem::replace(first, Group::with_level(Level::NOTE)).element(note("rounds", &told));
    }
    if let (Some(entry), Some(first)) = (accepted, groups.first_mut()) {
        let told = note("accepted", &tally::acceptance(entry));
        *first = std::mem::replace(first, Group::with_level(Level::NOTE)).element(told);
    }
    if let Some(last) = groups.pop() {
        groups.push(last.element(note("rerun", &case.rerun)));
    }
    let mut text = renderer.decor_style(DecorStyle::Ascii).render(&groups);
    text.push('\n');
    text
}

fn first(case: &CaseResult) -> Group<'static> {
    let level = match case.verdict {
        Verdict::Fail | Verdict::Error => Level::ERROR,
        Verdict::Warn | Verdict::Inconclusive => Level::WARNING,
        Verdict::Skipped | Verdict::Pass => Level::INFO,
    };
    let title = level
        .with_name(case.verdict.as_str())
        .primary_title(visible::line(&case.about, LONG))
        .id(visible::line(&case.id, LONG));
    let reason = case.reason.as_deref();
    match case.findings.first() {
        Some(finding) => told(title.element(snippet(&finding.place, reason)), case, finding),
        None => title.element(snippet(&case.place, reason)),
    }
}

/// The suite's line, with a caret under what is meant.
fn snippet(place: &Place, label: Option<&str>) -> Snippet<'static, annotate_snippets::Annotation<'static>> {
    let (before, meant, after) = place.parts();
    let [before, meant, after] = [before, meant, after].map(|part| visible::line(part, LONG));
    let span = before.len()..before.len() + meant.len();
    Snippet::source(format!("{before}{meant}{after}"))
        .line_start(place.line as usize)
        .path(visible::line(&place.file, LONG))
        .annotation(AnnotationKind::Primary.span(span).label(label.map(|label| visible::line(label, LONG))))
}

fn told(group: Group<'static>, case: &CaseResult, finding: &Finding) -> Group<'static> {
    let mut group = group.element(note("expected", &finding.expected)).element(note("got", &finding.got));
    if let Some(exchange) = evidence::began(case, finding) {
        group = group.element(note("asked", &evidence::sent(&exchange.request)));
    }
    if let Some(exchange) = evidence::of(case, finding) {
        group = group
            .element(note("sent", &evidence::sent(&exchange.request)))
            .element(note("answer", &evidence::answered(&exchange.reply)));
    }
    group
}

fn promise(requirement: &Requirement, verdict: Verdict) -> Group<'static> {
    let title = Level::NOTE
        .with_name("promise")
        .secondary_title(visible::line(&requirement.promise, LONG))
        .id(format!("{}, {}", visible::line(&requirement.id, LONG), requirement.level.as_str()));
    let source = match &requirement.quote {
        Some(quote) => format!("\"{quote}\" ({})", requirement.source),
        None => requirement.source.clone(),
    };
    let mut group =
        Group::with_title(title).element(note("source", &source)).element(note("why", &requirement.why));
    if advises(verdict) {
        group = group.element(note("mend", &requirement.mend));
    }
    let Some(reading) = requirement.reading() else { return group };
    let chosen = match requirement.departure() {
        Some((_, reason)) => format!("chosen in the target file: {reason}"),
        None => "the default; a target file can choose another".to_owned(),
    };
    let told = format!("{} (`{}`, {}; {chosen})", reading.judged, reading.id, reading.weight());
    group.element(note("reading", &told))
}

fn note(name: &'static str, text: &str) -> annotate_snippets::Message<'static> {
    Level::NOTE.with_name(name).message(visible::line(text, LONG))
}
