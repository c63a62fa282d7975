//! What a case did, put into its result: each step in a line, and its exchanges, redacted.

use super::acts::{self, Facts};
use super::hostile::By;
use super::plan::Selected;
use super::stage::Stage;
use crate::engine::{self, Evidence, Options};
use crate::results::{CaseResult, Observation, SampleSeen};
use crate::suite::client::{Step, Verb};
use crate::suite::{USERS, User};

/// Exchanges of one step that results keep.
const KEPT: usize = 60;
/// Longest text of a page that is recorded, in bytes.
const LONGEST_RECORD: usize = 400;

/// One step of a case.
pub struct Done {
    /// Its number in the case.
    pub step: usize,
    pub did: engine::Done,
    /// What it records without judging it.
    pub recorded: Option<String>,
}

/// What came of a step, in one line.
pub fn said(step: &Step, facts: &Facts, stage: &Stage) -> String {
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
    if did.asks_for_login {
        parts.push("its command asks its user to log in at the bank, and waits".to_owned());
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
        for (_, one) in acts::since(facts, &books.arrived).filter(|(_, one)| one.by == By::App) {
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
pub fn recorded(facts: &Facts, stage: &Stage) -> String {
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

pub fn sample_seen(tests: &[String]) -> SampleSeen {
    SampleSeen {
        count: tests.first().and_then(|test| test.split(' ').nth(1)).and_then(|word| word.parse().ok()).unwrap_or(0),
        tests: tests.to_vec(),
        confidence: "Statistical tests find counters, clocks and short values; they can't prove that nobody can guess.".to_owned(),
    }
}

/// Puts what was done into the result, redacted.
pub fn tell(selected: &Selected, stage: Stage, done: &[Done], options: &Options, result: &mut CaseResult) {
    let case = &selected.case;
    let mut evidence = Evidence::of(stage.tape, done.iter().map(|done| &done.did), KEPT, options);
    for Done { step, did, recorded } in done {
        if let (Some(about), Some(seen)) = (&case.steps[*step].observe, recorded) {
            result.observations.push(Observation { about: about.clone(), seen: seen.clone() });
        }
        evidence.tell(*step, did, &case.source, result);
    }
    result.reason = result.reason.take().map(|reason| evidence.text(&reason));
    for observation in &mut result.observations {
        observation.seen = evidence.text(&observation.seen);
    }
}
