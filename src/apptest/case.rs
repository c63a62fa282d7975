//! One case: its steps in order on a stage of its own, and the verdict that they come to.

use std::ops::Range;
use std::time::Instant;

use super::acts::{self, Facts};
use super::canary;
use super::judge::{Break, End, judged, verdict};
use super::plan::Selected;
use super::stage::Stage;
use super::{Judging, titles};
use crate::engine::Options;
use crate::results::{CaseResult, Finding, Observation, SampleSeen, Standing, StepResult, Verdict};
use crate::suite::client::{Step, Verb};
use crate::suite::{USERS, User};

/// Exchanges of one step that results keep.
const KEPT: usize = 60;
/// Longest text of a page that is recorded, in bytes.
const LONGEST_RECORD: usize = 400;
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

/// What one step did.
struct Done {
    /// Its number in the case.
    step: usize,
    standing: Standing,
    said: String,
    /// What it records without judging it.
    recorded: Option<String>,
    exchanges: Range<usize>,
    /// The exchange on the tape that decided.
    deciding: Option<usize>,
    breaks: Vec<Break>,
}

async fn played(selected: &Selected, judging: &Judging, options: &Options) -> CaseResult {
    let mut stage = match Stage::set(judging).await {
        Ok(stage) => stage,
        Err(error) => return blank(selected, Verdict::Error, Some(error.to_string()), options),
    };
    let (end, done, sample) = match stage.start().await {
        Ok(()) => steps(selected, &mut stage).await,
        Err(error) => (End::Trouble(error.to_string()), Vec::new(), None),
    };
    stage.strike().await;
    let end = match &stage.hostile.books().broke {
        // What the app met then was no bank.
        Some(why) => {
            End::Trouble(format!("the harness broke while it played the bank: {why}; please report it"))
        }
        None => end,
    };
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
    let steps = &selected.case.steps;
    let mut done = Vec::new();
    let mut sample = None;
    for (number, step) in steps.iter().enumerate() {
        let from = stage.tape.len();
        let facts = acts::run(step, number, stage).await;
        let numbers = stage.roll();
        if let Some((_, tests)) = &facts.sample {
            sample = Some(sample_seen(tests));
        }
        let (standing, ended, breaks) = judged(step, &facts, stage);
        remember(step, standing, &facts, stage);
        let on_tape = |request: usize| numbers.iter().find(|(known, _)| *known == request).map(|(_, at)| *at);
        done.push(Done {
            step: number,
            standing,
            said: said(step, &facts, stage),
            recorded: step.observe.is_some().then(|| recorded(&facts, stage)),
            exchanges: from..stage.tape.len(),
            deciding: breaks.first().and_then(|first| first.request).and_then(on_tape),
            breaks,
        });
        if let Some(ended) = ended {
            return (found_all_the_same(ended, steps, number + 1, stage, &mut done), done, sample);
        }
    }
    (End::Met, done, sample)
}

/// A secret out of place is evidence, whatever else failed: where a case ends early without a finding, its searches that are
/// left are made in what was seen until then.
fn found_all_the_same(ended: End, steps: &[Step], left: usize, stage: &Stage, done: &mut Vec<Done>) -> End {
    if matches!(ended, End::Met | End::Broken(_)) {
        return ended;
    }
    for (number, step) in steps.iter().enumerate().skip(left) {
        let Verb::Search(secrets) = &step.verb else { continue };
        let facts = Facts { leaks: canary::search(secrets, stage), ..Facts::default() };
        if let (standing, Some(broken @ End::Broken(_)), breaks) = judged(step, &facts, stage) {
            let (said, at) = (said(step, &facts, stage), stage.tape.len());
            done.push(Done {
                step: number,
                standing,
                said,
                recorded: None,
                exchanges: at..at,
                deciding: None,
                breaks,
            });
            return broken;
        }
    }
    ended
}

/// What the app shows when all is well, to be compared with what it shows when not.
fn remember(step: &Step, standing: Standing, facts: &Facts, stage: &mut Stage) {
    match &step.verb {
        Verb::Disconnect(_) if stage.remembered.disconnected.is_none() => {
            stage.remembered.disconnected = Some(facts.did.gist());
        }
        // Nothing is expected of these but that they work.
        Verb::Connect(_) | Verb::Use(_)
            if step.given.is_empty() && step.expect.is_empty() && standing == Standing::Met =>
        {
            stage.remembered.well.push(facts.did.gist().to_lowercase());
        }
        _ => {}
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
        parts.push(recorded(facts, stage));
    }
    if parts.is_empty() { "done".to_owned() } else { parts.join("; ") }
}

/// What is shown, and what is left in the app's files, where a case only records it.
fn recorded(facts: &Facts, stage: &Stage) -> String {
    let shown = facts.did.words();
    let mut parts = vec![format!("shown: {}", &shown[..shown.floor_char_boundary(LONGEST_RECORD)])];
    let left = stage.files(&stage.app.state);
    let of = |user: &&str| {
        let known = stage.world.user(&User((*user).to_owned()));
        left.iter().any(|(_, text)| text.contains(&known.user_id) || text.contains(&known.account_id))
    };
    if !stage.app.state.is_empty() {
        parts.push(match USERS.into_iter().filter(of).collect::<Vec<_>>().as_slice() {
            [] => "in the files where it stores things no id of a user or an account is left".to_owned(),
            ids => format!("the files where it stores things still hold ids of {}", ids.join(" and ")),
        });
    }
    parts.join("; ")
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
    for done in &done {
        let (index, step) = (done.step, &case.steps[done.step]);
        if let (Some(about), Some(seen)) = (&step.observe, &done.recorded) {
            result.observations.push(Observation { about: about.clone(), seen: text(seen) });
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
