//! One case: its steps in order on a stage of its own, and the verdict that they come to.

use std::time::Instant;

use super::acts::{self, Facts};
use super::canary;
use super::judge::{End, Judged, judged, verdict};
use super::plan::Selected;
use super::stage::Stage;
use super::tell::{Done, recorded, said, sample_seen, tell};
use super::{Judging, titles};
use crate::engine::{self, Options};
use crate::results::{CaseResult, Observation, SampleSeen, Standing, Verdict};
use crate::suite::client::{Step, Verb};

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
    engine::blank(&selected.case, selected.level, verdict, reason, options, |step| {
        (step.verb.word(), titles::title(step, &selected.case.steps), step.span.clone())
    })
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
    tell(selected, stage, &done, options, &mut result);
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
        let Judged { standing, ended, breaks, deciding } = judged(step, &facts, stage);
        remember(step, standing, &facts, stage);
        let on_tape = |request: usize| numbers.iter().find(|(known, _)| *known == request).map(|(_, at)| *at);
        done.push(Done {
            step: number,
            did: engine::Done {
                standing,
                said: said(step, &facts, stage),
                exchanges: from..stage.tape.len(),
                deciding: deciding.and_then(on_tape),
                breaks,
            },
            recorded: step.observe.is_some().then(|| recorded(&facts, stage)),
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
        let judged = judged(step, &facts, stage);
        if let Judged { standing, ended: Some(broken @ End::Broken(_)), breaks, .. } = judged {
            let (said, at) = (said(step, &facts, stage), stage.tape.len());
            let did = engine::Done { standing, said, exchanges: at..at, deciding: None, breaks };
            done.push(Done { step: number, did, recorded: None });
            return broken;
        }
    }
    ended
}

/// What the app shows when all is well, to be compared with what it shows when not.
fn remember(step: &Step, standing: Standing, facts: &Facts, stage: &mut Stage) {
    if facts.did.status.is_some_and(|status| status < 400) {
        stage.remembered.worked.insert(step.verb.word());
    }
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
