//! One case: its rounds, each in a fresh world, and the verdict that they come to together.

use std::time::{Duration, Instant};

use super::Options;
use super::evidence;
use super::plan::Selected;
use super::round::{End, RaceEnd, Round};
use super::scene::Racing;
use super::steps;
use super::tally::Tally;
use crate::results::{CaseResult, Level, Rounds, Verdict};
use crate::suite::Case;
use crate::target::Target;

/// Runs a case and reports it, whatever happens.
pub async fn run(selected: &Selected, target: &Target, options: &Options, run_began: Instant) -> CaseResult {
    let began = Instant::now();
    let mut waited = Duration::ZERO;
    let ended = match &selected.skip {
        Some(why) => Ended::without_rounds(Verdict::Skipped, why.clone()),
        None => rounds(selected, target, options, &mut waited).await,
    };
    let (verdict, reason) = weighed(selected.level, ended.verdict, ended.reason);
    let mut result = blank(selected, verdict, reason, options);
    result.rounds = ended.rounds;
    result.began_ms = began.duration_since(run_began).as_millis() as u64;
    result.duration_ms = began.elapsed().saturating_sub(waited).as_millis() as u64;
    if let Some(round) = ended.shown {
        round.tell(&selected.case, options, &mut result);
    }
    result
}

/// What is only recorded is never judged: where it could not be seen, there is nothing to record, and no reason to doubt the
/// server.
fn weighed(level: Level, verdict: Verdict, reason: Option<String>) -> (Verdict, Option<String>) {
    match (level, verdict) {
        (Level::Info, Verdict::Inconclusive) => {
            let why = reason.map_or_else(String::new, |reason| format!(": {reason}"));
            (Verdict::Skipped, Some(format!("this is recorded and not judged, and could not be seen{why}")))
        }
        _ => (verdict, reason),
    }
}

/// A case of which nothing was run.
pub fn blank(selected: &Selected, verdict: Verdict, reason: Option<String>, options: &Options) -> CaseResult {
    evidence::blank(&selected.case, selected.level, verdict, reason, options, |step| {
        (step.verb.word(), steps::title(step), step.span.clone())
    })
}

/// What all rounds together came to.
struct Ended {
    verdict: Verdict,
    reason: Option<String>,
    rounds: Option<Rounds>,
    shown: Option<Round>,
}

impl Ended {
    fn without_rounds(verdict: Verdict, reason: String) -> Ended {
        Ended { verdict, reason: Some(reason), rounds: None, shown: None }
    }
}

async fn rounds(selected: &Selected, target: &Target, options: &Options, waited: &mut Duration) -> Ended {
    let (case, asked) = (&*selected.case, selected.rounds);
    let serial = match serial_states(case, target, options, waited).await {
        Ok(serial) => serial,
        Err(ended) => return *ended,
    };
    let mut tally = Tally::default();
    let mut shown: Option<Round> = None;
    for number in 0..asked {
        let racing = Racing::Together { serial: serial.clone() };
        let round = match Round::run(case, target, options, number, racing, case.steps.len(), waited).await {
            Ok(round) => round,
            Err(why) => return Ended::without_rounds(Verdict::Error, why),
        };
        tally.count(&round);
        let heavier = |shown: &Round| round.end.weight() > shown.end.weight();
        let stop = matches!(round.end, End::Trouble(_) | End::NotApplicable(_));
        if shown.as_ref().is_none_or(heavier) {
            shown = Some(round);
        }
        if stop {
            break;
        }
    }
    let shown = shown.expect("a case has at least one round");
    let (verdict, reason) = tally.verdict(&shown, selected.level, asked);
    Ended { verdict, reason, rounds: tally.rounds(asked), shown: Some(shown) }
}

/// Runs the lanes of a case's race one after the other, in every order, and returns the end states.
async fn serial_states(
    case: &Case,
    target: &Target,
    options: &Options,
    waited: &mut Duration,
) -> Result<Vec<String>, Box<Ended>> {
    let Some((at, orders)) = case.steps.iter().enumerate().find_map(|(at, step)| {
        let orders = steps::serial_orders(step);
        (!orders.is_empty()).then_some((at, orders))
    }) else {
        return Ok(Vec::new());
    };
    let mut states: Vec<String> = Vec::new();
    for (number, order) in orders.into_iter().enumerate() {
        let racing = Racing::Serial(order);
        // Counted from the other end, so that no random choice is shared with a round.
        let round = Round::run(case, target, options, u32::MAX - number as u32, racing, at + 1, waited)
            .await
            .map_err(|why| Box::new(Ended::without_rounds(Verdict::Error, why)))?;
        match &round.race {
            Some(RaceEnd { state: Some(Ok(state)), .. }) => {
                if !states.contains(state) {
                    states.push(state.clone());
                }
            }
            told => {
                let (verdict, why) = match &round.end {
                    End::Trouble(why) => (Verdict::Error, why.clone()),
                    End::NotApplicable(why) => (Verdict::Skipped, why.clone()),
                    End::Inconclusive(why) => (Verdict::Inconclusive, why.clone()),
                    End::Met | End::Broken => {
                        let why = match told {
                            Some(RaceEnd { state: Some(Err(why)), .. }) => format!(": {why}"),
                            _ => String::new(),
                        };
                        (Verdict::Inconclusive, format!("an end state could not be told{why}"))
                    }
                };
                let reason = format!("one request after the other, before any race: {why}");
                return Err(Box::new(Ended {
                    verdict,
                    reason: Some(reason),
                    rounds: None,
                    shown: Some(round),
                }));
            }
        }
    }
    Ok(states)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_only_recorded_never_makes_a_server_suspect() {
        let unseen = || Some("the server answered 503".to_owned());
        let (verdict, reason) = weighed(Level::Info, Verdict::Inconclusive, unseen());
        assert_eq!(verdict, Verdict::Skipped);
        assert!(reason.is_some_and(|reason| reason.contains("recorded") && reason.contains("503")));
        for level in [Level::Must, Level::Should] {
            assert_eq!(weighed(level, Verdict::Inconclusive, unseen()), (Verdict::Inconclusive, unseen()));
        }
        assert_eq!(weighed(Level::Info, Verdict::Error, unseen()), (Verdict::Error, unseen()));
    }
}
