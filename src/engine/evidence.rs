//! What a case shows for its verdict: each step in a line, broken expectations, and the exchanges that are kept, all
//! redacted. It judges nothing.

use std::ops::Range;

use super::Options;
use super::judge::Break;
use crate::results::{CaseResult, Exchange, Finding, Level, Standing, StepResult, Verdict};
use crate::suite::{Case, Script, Source, Span};
use crate::target::{Redactor, Tape};

/// Longest text of a finding or a reason, in bytes.
const LONGEST_TEXT: usize = 1_200;

/// What one step did.
pub struct Done {
    pub standing: Standing,
    /// What came of it, in one line.
    pub said: String,
    /// Its exchanges on the tape.
    pub exchanges: Range<usize>,
    /// The exchange on the tape that decided.
    pub deciding: Option<usize>,
    pub breaks: Vec<Break>,
}

/// The recording of a case that has ended: what is kept of it, and what redacts every text of the case.
pub struct Evidence {
    exchanges: Vec<Option<Exchange>>,
    redactor: Redactor,
}

impl Evidence {
    /// Of each step's exchanges, the first `most` are kept and the one that decided; none if the options say so.
    pub fn of<'a>(
        tape: Tape,
        done: impl Iterator<Item = &'a Done> + Clone,
        most: usize,
        options: &Options,
    ) -> Evidence {
        let keeps = |number: usize| {
            options.evidence
                && done.clone().any(|done| {
                    done.exchanges.contains(&number)
                        && (number - done.exchanges.start < most || done.deciding == Some(number))
                })
        };
        let (exchanges, redactor) = tape.finish(keeps);
        Evidence { exchanges, redactor }
    }

    /// What redacts texts that are not to be shortened.
    pub fn redactor(&self) -> &Redactor {
        &self.redactor
    }

    /// A text as results show it.
    pub fn text(&self, text: &str) -> String {
        shortened(self.redactor.text(text))
    }

    /// Puts what a step did into the result. Its number counts the case's steps from 0.
    pub fn tell(&mut self, step: usize, done: &Done, source: &Source, result: &mut CaseResult) {
        let kept: Vec<usize> =
            done.exchanges.clone().filter(|number| self.exchanges[*number].is_some()).collect();
        for broken in &done.breaks {
            result.findings.push(Finding {
                place: source.place(&broken.span),
                step,
                exchange: done.deciding.and_then(|number| kept.iter().position(|kept| *kept == number)),
                expected: self.text(&broken.expected),
                got: self.text(&broken.got),
            });
        }
        let shown = &mut result.steps[step];
        shown.standing = done.standing;
        shown.outcome = self.text(&done.said);
        shown.left_out = (done.exchanges.len() - kept.len()) as u64;
        shown.exchanges = kept.iter().filter_map(|number| self.exchanges[*number].take()).collect();
    }
}

/// A case of which nothing was run. `shown` gives a step's word, its title and where it stands.
pub fn blank<S: Script>(
    case: &Case<S>,
    level: Level,
    verdict: Verdict,
    reason: Option<String>,
    options: &Options,
    shown: impl Fn(&S) -> (&'static str, String, Span),
) -> CaseResult {
    let not_run = |step: &S| {
        let (verb, title, span) = shown(step);
        StepResult {
            verb: verb.to_owned(),
            title,
            place: case.source.place(&span),
            standing: Standing::NotRun,
            outcome: "not run".to_owned(),
            exchanges: Vec::new(),
            left_out: 0,
        }
    };
    CaseResult {
        id: case.id.clone(),
        suite: case.suite.clone(),
        about: case.about.clone(),
        proves: case.proves.clone(),
        level,
        place: case.source.place(&case.span),
        verdict,
        reason,
        accepted: None,
        findings: Vec::new(),
        observations: Vec::new(),
        steps: case.steps.iter().map(not_run).collect(),
        rounds: None,
        sample: None,
        began_ms: 0,
        duration_ms: 0,
        rerun: format!("{} '{}'", options.rerun, case.id),
    }
}

/// Leaves out the middle of a text that nobody would read to its end: the ends are where values differ.
fn shortened(text: String) -> String {
    if text.len() <= LONGEST_TEXT {
        return text;
    }
    let head = &text[..text.floor_char_boundary(LONGEST_TEXT * 2 / 3)];
    let tail = &text[text.ceil_char_boundary(text.len() - LONGEST_TEXT / 4)..];
    format!("{head} … {tail}")
}
