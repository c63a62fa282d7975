//! One case: its steps in order on a stage of its own, and the verdict that they come to.

use std::ops::Range;
use std::sync::Arc;
use std::time::Instant;

use super::Judging;
use super::acts::{self, Facts};
use super::checks::{Looked, contract, look};
use super::plan::Selected;
use super::stage::Stage;
use super::titles;
use crate::engine::Options;
use crate::results::{CaseResult, Finding, Level, Observation, SampleSeen, Standing, StepResult, Verdict};
use crate::suite::Span;
use crate::suite::client::{Check, Connect, Shown, Step, Verb};

/// Exchanges of one step that results keep.
const KEPT: usize = 60;
/// Longest text of a finding or a reason, in bytes.
const LONGEST_TEXT: usize = 1_200;

/// Runs a case and reports it, whatever happens.
pub async fn run(
    selected: &Selected,
    judging: &Judging,
    options: &Options,
    run_began: Instant,
) -> CaseResult {
    let began = Instant::now();
    let mut result = match &selected.skip {
        Some(why) => blank(selected, Verdict::Skipped, Some(why.clone()), options),
        None => played(selected, judging, options).await,
    };
    result.began_ms = began.duration_since(run_began).as_millis() as u64;
    result.duration_ms = began.elapsed().as_millis() as u64;
    result
}

/// A case of which nothing was run.
pub fn blank(selected: &Selected, verdict: Verdict, reason: Option<String>, options: &Options) -> CaseResult {
    let case = &selected.case;
    CaseResult {
        id: case.id.clone(),
        suite: case.suite.clone(),
        about: case.about.clone(),
        proves: case.proves.clone(),
        level: selected.level,
        place: case.source.place(&case.span),
        verdict,
        reason,
        findings: Vec::new(),
        observations: Vec::new(),
        steps: case
            .steps
            .iter()
            .map(|step| StepResult {
                verb: step.verb.word().to_owned(),
                title: titles::title(&step.verb),
                place: case.source.place(&step.span),
                standing: Standing::NotRun,
                outcome: "not run".to_owned(),
                exchanges: Vec::new(),
                left_out: 0,
            })
            .collect(),
        rounds: None,
        sample: None,
        accepted: None,
        began_ms: 0,
        duration_ms: 0,
        rerun: format!("{} '{}'", options.rerun, case.id),
    }
}

/// How a case ended.
#[derive(Debug)]
enum End {
    Met,
    Broken(String),
    Inconclusive(String),
    Trouble(String),
    NotApplicable(String),
}

/// One broken expectation.
struct Break {
    span: Span,
    expected: String,
    got: String,
    /// The request's number at the bank.
    request: Option<usize>,
}

/// What one step did.
struct Done {
    standing: Standing,
    said: String,
    exchanges: Range<usize>,
    /// The exchange on the tape that decided.
    deciding: Option<usize>,
    breaks: Vec<Break>,
}

async fn played(selected: &Selected, judging: &Judging, options: &Options) -> CaseResult {
    let app = Arc::clone(&judging.app);
    let mut stage = match Stage::set(app, judging.routes.clone(), Arc::clone(&judging.authority)).await {
        Ok(stage) => stage,
        Err(error) => return blank(selected, Verdict::Error, Some(error.to_string()), options),
    };
    let (end, done, sample) = match stage.start().await {
        Ok(()) => steps(selected, &mut stage).await,
        Err(error) => (End::Trouble(error.to_string()), Vec::new(), None),
    };
    stage.strike().await;
    let refused = stage.hostile.books().refused_hosts.clone();
    let (verdict, reason) = verdict(&end, selected.level);
    let mut result = blank(selected, verdict, reason, options);
    if !refused.is_empty() {
        result.observations.push(Observation {
            about: "hosts that the app wanted to reach through the proxy, and could not".to_owned(),
            seen: refused.join(", "),
        });
    }
    tell(selected, stage, done, options, &mut result);
    result.sample = sample;
    result
}

async fn steps(selected: &Selected, stage: &mut Stage) -> (End, Vec<Done>, Option<SampleSeen>) {
    let mut done = Vec::new();
    let mut sample = None;
    for (number, step) in selected.case.steps.iter().enumerate() {
        let from = stage.tape.len();
        let facts = acts::run(step, number, stage).await;
        let numbers = stage.roll();
        if let Some((_, tests)) = &facts.sample {
            sample = Some(sample_seen(tests));
        }
        let (standing, ended, breaks) = judged(step, &facts, stage);
        remember(step, &facts, stage);
        let on_tape = |request: usize| numbers.iter().find(|(known, _)| *known == request).map(|(_, at)| *at);
        done.push(Done {
            standing,
            said: said(step, &facts, stage),
            exchanges: from..stage.tape.len(),
            deciding: breaks.first().and_then(|first| first.request).and_then(on_tape),
            breaks,
        });
        if let Some(ended) = ended {
            return (ended, done, sample);
        }
    }
    (End::Met, done, sample)
}

/// What a disconnection looks like that went well, to be compared with one that did not.
fn remember(step: &Step, facts: &Facts, stage: &mut Stage) {
    if matches!(step.verb, Verb::Disconnect(_)) && stage.remembered.disconnected.is_none() {
        stage.remembered.disconnected = Some(facts.did.gist());
    }
}

fn judged(step: &Step, facts: &Facts, stage: &Stage) -> (Standing, Option<End>, Vec<Break>) {
    let inconclusive = |why: String| (Standing::Unprepared, Some(End::Inconclusive(why)), Vec::new());
    let did = &facts.did;
    if let Some(why) = &did.broken {
        return (Standing::Unprepared, Some(End::Trouble(why.clone())), Vec::new());
    }
    if let Some(why) = &did.not_applicable {
        return (Standing::NotRun, Some(End::NotApplicable(why.clone())), Vec::new());
    }
    let mut breaks = Vec::new();
    let mut unclear = None;
    // What arrived is a fact whatever came back to the browser.
    for leaf in &step.expect {
        match look(&leaf.check, facts, stage) {
            Looked::Holds => {}
            Looked::Breaks { expected, got, request } => {
                breaks.push(Break { span: leaf.span.clone(), expected, got, request });
            }
            Looked::Unclear(why) => unclear = unclear.or(Some(why)),
            Looked::NotApplicable(why) => {
                return (Standing::NotRun, Some(End::NotApplicable(why)), Vec::new());
            }
        }
    }
    // A step that judges what it did not prepare would judge something else.
    for leaf in &step.given {
        match look(&leaf.check, facts, stage) {
            Looked::Holds => {}
            Looked::Breaks { expected, got, .. } => {
                return inconclusive(format!(
                    "could not prepare the probe: due was: {expected}; came: {got}"
                ));
            }
            Looked::Unclear(why) => return inconclusive(format!("could not prepare the probe: {why}")),
            Looked::NotApplicable(why) => {
                return (Standing::NotRun, Some(End::NotApplicable(why)), Vec::new());
            }
        }
    }
    if let (Some(crashed), Some(first)) = (&facts.crashed, step.expect.first())
        && !breaks.iter().any(|broken| broken.got == *crashed)
    {
        breaks.push(Break {
            span: first.span.clone(),
            expected: "the app goes on".to_owned(),
            got: crashed.clone(),
            request: None,
        });
    }
    if !breaks.is_empty() {
        let first = &breaks[0];
        let why = format!("expected {}; got {}", first.expected, first.got);
        return (Standing::Broken, Some(End::Broken(why)), breaks);
    }
    if let Some(crashed) = &facts.crashed {
        return inconclusive(crashed.clone());
    }
    if let Some(why) = &did.trouble {
        return inconclusive(why.clone());
    }
    if let Some(why) = unclear {
        return inconclusive(why);
    }
    if let Some(what) = facts.unasked.iter().find(|what| **what == "asked whoami") {
        let why = format!("the app never {what} here");
        return (Standing::NotRun, Some(End::NotApplicable(why)), Vec::new());
    }
    if let Some(what) = facts.unasked.first() {
        return inconclusive(format!(
            "the app never {what} here, so that the bank's answer could not be delivered; if it never does, say so under [lacks] \
             in the app file"
        ));
    }
    if step.observe.is_none() && step.expect.is_empty() && step.given.is_empty() {
        if let Err(why) = contract(&step.verb, facts, stage) {
            return inconclusive(format!("could not prepare the probe: {why}"));
        }
    } else if let Some(status) = did.status.filter(|status| *status >= 500)
        && is_hostile(&step.verb)
        && !step.expect.iter().any(|leaf| leaf.check == Check::Shown(Shown::Sound))
    {
        return inconclusive(format!(
            "the app answered the callback with {status}: nothing came to the bank, but whether it aborted or broke can't be told"
        ));
    }
    (Standing::Met, None, Vec::new())
}

/// Whether a callback was changed, or delivered where it does not belong.
fn is_hostile(verb: &Verb) -> bool {
    matches!(verb, Verb::Connect(Connect { tamper: Some(_), .. }) | Verb::Callback(_))
}

fn verdict(end: &End, level: Level) -> (Verdict, Option<String>) {
    match end {
        End::Met => (Verdict::Pass, None),
        End::Inconclusive(why) => (Verdict::Inconclusive, Some(why.clone())),
        End::Trouble(why) => (Verdict::Error, Some(why.clone())),
        End::NotApplicable(why) => (Verdict::Skipped, Some(why.clone())),
        End::Broken(why) => match level {
            Level::Must => (Verdict::Fail, Some(why.clone())),
            Level::Should => (Verdict::Warn, Some(why.clone())),
            Level::Info => (Verdict::Pass, Some(why.clone())),
        },
    }
}

/// What came of a step, in one line.
fn said(step: &Step, facts: &Facts, stage: &Stage) -> String {
    let did = &facts.did;
    if let Some(why) = did.broken.as_ref().or(did.trouble.as_ref()).or(did.not_applicable.as_ref()) {
        return why.clone();
    }
    let mut parts = Vec::new();
    if did.to_bank {
        parts.push("the app sends its user to the bank's login".to_owned());
    }
    if let Some(status) = did.status {
        parts.push(format!("the app answers {status}"));
    }
    if let Some(ended) = did.ended {
        parts.push(format!("its command ends {ended}"));
    }
    if let Verb::Search(_) = step.verb {
        parts.push(match facts.leaks.len() {
            0 => "found nowhere else".to_owned(),
            found => format!("found in {found} places"),
        });
    }
    if let Some((_, tests)) = &facts.sample {
        parts.extend(tests.iter().cloned());
    }
    if acts::acts(&step.verb) {
        let books = stage.hostile.books();
        let mut counts: Vec<(&'static str, usize)> = Vec::new();
        for (_, one) in
            acts::since(facts, &books.arrived).filter(|(_, one)| one.by == super::hostile::By::App)
        {
            match counts.iter_mut().find(|(known, _)| *known == one.kind.about()) {
                Some((_, count)) => *count += 1,
                None => counts.push((one.kind.about(), 1)),
            }
        }
        let counted = counts.iter().map(|(about, count)| format!("{count} × {about}"));
        let counted = counted.collect::<Vec<_>>().join(", ");
        let came = if counted.is_empty() {
            "nothing arrived at the bank".to_owned()
        } else {
            format!("arrived: {counted}")
        };
        parts.push(format!("{came}; then {} ms of silence", facts.watched.as_millis()));
    }
    if facts.stormed {
        parts.push(format!("the storm was stopped after {} requests", stage.hostile.most()));
    }
    if step.observe.is_some() {
        let gist = did.gist();
        let end = gist.floor_char_boundary(400);
        parts.push(format!("shown: {}", &gist[..end]));
        let left = stage.files(&stage.app.state);
        let ids: Vec<&str> = ["alice", "bob"]
            .into_iter()
            .filter(|user| {
                let known = stage.world.user(&crate::suite::User((*user).to_owned()));
                left.iter().any(|(_, text)| text.contains(&known.user_id) || text.contains(&known.account_id))
            })
            .collect();
        if !stage.app.state.is_empty() {
            parts.push(match ids.as_slice() {
                [] => "in the files where it stores things no id of a user or an account is left".to_owned(),
                ids => format!("the files where it stores things still hold ids of {}", ids.join(" and ")),
            });
        }
    }
    if parts.is_empty() { "done".to_owned() } else { parts.join("; ") }
}

fn sample_seen(tests: &[String]) -> SampleSeen {
    SampleSeen {
        count: tests.first().and_then(|test| test.split(' ').nth(1)).and_then(|word| word.parse().ok()).unwrap_or(0),
        tests: tests.to_vec(),
        confidence: "Statistical tests find counters, clocks and short values; they can't prove that nobody can guess.".to_owned(),
    }
}

/// Puts what was done into the result, redacted.
fn tell(selected: &Selected, stage: Stage, done: Vec<Done>, options: &Options, result: &mut CaseResult) {
    let case = &selected.case;
    let evidence = options.evidence;
    let keeps = |number: usize| {
        evidence
            && done.iter().any(|done| {
                done.exchanges.contains(&number)
                    && (number - done.exchanges.start < KEPT || done.deciding == Some(number))
            })
    };
    let (mut exchanges, redactor) = stage.tape.finish(keeps);
    let text = |text: &str| shortened(redactor.text(text));
    for ((index, step), done) in case.steps.iter().enumerate().zip(&done) {
        if let Some(about) = &step.observe {
            result.observations.push(Observation { about: about.clone(), seen: text(&done.said) });
        }
        let kept: Vec<usize> = done.exchanges.clone().filter(|number| exchanges[*number].is_some()).collect();
        for broken in &done.breaks {
            result.findings.push(Finding {
                place: case.source.place(&broken.span),
                step: index,
                exchange: done.deciding.and_then(|number| kept.iter().position(|kept| *kept == number)),
                expected: text(&broken.expected),
                got: text(&broken.got),
            });
        }
        let shown = &mut result.steps[index];
        shown.standing = done.standing;
        shown.outcome = text(&done.said);
        shown.left_out = (done.exchanges.len() - kept.len()) as u64;
        shown.exchanges = kept.iter().filter_map(|number| exchanges[*number].take()).collect();
    }
    result.reason = result.reason.take().map(|reason| text(&reason));
    for observation in &mut result.observations {
        observation.seen = text(&observation.seen);
    }
}

fn shortened(text: String) -> String {
    if text.len() <= LONGEST_TEXT {
        return text;
    }
    let head = &text[..text.floor_char_boundary(LONGEST_TEXT * 2 / 3)];
    let tail = &text[text.ceil_char_boundary(text.len() - LONGEST_TEXT / 4)..];
    format!("{head} … {tail}")
}
