//! One case: its rounds, each in a fresh world, and the verdict that they come to together.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::Range;
use std::time::Instant;

use super::Options;
use super::acquaint::acquaint;
use super::answer::{Answer, Came, Facts};
use super::confidence;
use super::judge::{Break, Judgement, judge, observe};
use super::kept;
use super::lag;
use super::left_out;
use super::plan::Selected;
use super::scene::{NeverSaved, Racing, Scene};
use super::steps;
use super::tidy::tidy;
use crate::results::{
    CaseResult, Finding, Level, Observation, Place, Rounds, SampleSeen, Standing, StepResult, Verdict,
};
use crate::suite::{Case, Need, Step, Verb};
use crate::target::{Redactor, Tape, Target};

/// Exchanges of one step that results keep; of more, the first ones and the one that decided.
const KEPT: usize = 40;

/// Longest text of a finding or a reason, in bytes.
const LONGEST_TEXT: usize = 1_200;

/// Why a case is skipped whose probe needs what was refused before.
const UNPROBED: &str =
    "the server refuses what the probe begins with, and that is in order: there is nothing to probe";

/// Runs a case and reports it, whatever happens.
pub async fn run(selected: &Selected, target: &Target, options: &Options, run_began: Instant) -> CaseResult {
    let began = Instant::now();
    let case = &selected.case;
    let ended = match &selected.skip {
        Some(why) => Ended::without_rounds(Verdict::Skipped, why.clone()),
        None => rounds(selected, target, options).await,
    };
    let (verdict, reason) = weighed(selected.level, ended.verdict, ended.reason);
    let mut result = blank(selected, verdict, reason, options);
    result.rounds = ended.rounds;
    result.began_ms = began.duration_since(run_began).as_millis() as u64;
    result.duration_ms = began.elapsed().as_millis() as u64;
    if let Some(round) = ended.shown {
        round.tell(case, options.evidence, &mut result);
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
        accepted: None,
        findings: Vec::new(),
        observations: Vec::new(),
        steps: case.steps.iter().map(|step| not_run(case, step)).collect(),
        rounds: None,
        sample: None,
        began_ms: 0,
        duration_ms: 0,
        rerun: format!("{} '{}'", options.rerun, case.id),
    }
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

async fn rounds(selected: &Selected, target: &Target, options: &Options) -> Ended {
    let (case, asked) = (&*selected.case, selected.rounds);
    let serial = match serial_states(case, target, options).await {
        Ok(serial) => serial,
        Err(ended) => return *ended,
    };
    let mut tally = Tally::default();
    let mut shown: Option<Round> = None;
    for number in 0..asked {
        let racing = Racing::Together { serial: serial.clone() };
        let round = match Round::run(case, target, options, number, racing, case.steps.len()).await {
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
async fn serial_states(case: &Case, target: &Target, options: &Options) -> Result<Vec<String>, Box<Ended>> {
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
        let round = Round::run(case, target, options, u32::MAX - number as u32, racing, at + 1)
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

/// How many rounds came to what.
#[derive(Default)]
struct Tally {
    run: u32,
    concluded: u32,
    broken: u32,
    spreads: Vec<u64>,
    method: Option<&'static str>,
}

impl Tally {
    fn count(&mut self, round: &Round) {
        self.run += 1;
        self.concluded += u32::from(matches!(round.end, End::Met | End::Broken));
        self.broken += u32::from(matches!(round.end, End::Broken));
        if let Some(race) = &round.race {
            self.spreads.push(race.spread_us);
            self.method = Some(race.method);
        }
    }

    fn verdict(&self, shown: &Round, level: Level, asked: u32) -> (Verdict, Option<String>) {
        let of_rounds = |text: String| {
            if asked > 1 { format!("{text} (in {} of {} rounds)", self.broken, self.run) } else { text }
        };
        match &shown.end {
            End::Trouble(why) => (Verdict::Error, Some(why.clone())),
            End::NotApplicable(why) => (Verdict::Skipped, Some(why.clone())),
            End::Broken => {
                let why = of_rounds(shown.broken_by());
                match level {
                    Level::Must => (Verdict::Fail, Some(why)),
                    Level::Should => (Verdict::Warn, Some(why)),
                    // Recorded, never judged.
                    Level::Info => (Verdict::Pass, Some(why)),
                }
            }
            // A few rounds may be lost to a busy server; what the others show stands, and their number is reported.
            End::Inconclusive(why) if self.concluded * 2 < asked => {
                let lost = self.run - self.concluded;
                let why =
                    if asked > 1 { format!("{why} (in {lost} of {} rounds)", self.run) } else { why.clone() };
                (Verdict::Inconclusive, Some(why))
            }
            End::Inconclusive(_) | End::Met => (Verdict::Pass, None),
        }
    }

    fn rounds(mut self, asked: u32) -> Option<Rounds> {
        if asked < 2 && self.method.is_none() {
            return None;
        }
        self.spreads.sort_unstable();
        let spread_us = self.spreads.get(self.spreads.len() / 2).copied();
        Some(Rounds {
            asked,
            concluded: self.concluded,
            broken: self.broken,
            release: self.method.map(str::to_owned),
            spread_us,
            misses: confidence::misses(self.concluded, self.broken),
            confidence: confidence::of_rounds(self.concluded, self.broken),
        })
    }
}

/// How one round ended.
#[derive(Debug)]
enum End {
    Met,
    Broken,
    Inconclusive(String),
    Trouble(String),
    NotApplicable(String),
}

impl End {
    /// The round with the most is the one that is shown.
    fn weight(&self) -> u8 {
        match self {
            End::Met => 0,
            End::Inconclusive(_) => 1,
            End::NotApplicable(_) => 2,
            End::Trouble(_) => 3,
            End::Broken => 4,
        }
    }
}

/// Why there is nothing to probe where the server does not keep what the case supposes.
fn supposed(case: &Case) -> Option<String> {
    let missing: Vec<String> =
        case.supposes.iter().map(|(id, what)| format!("{what}, which `{id}` is about")).collect();
    (!missing.is_empty()).then(|| format!("there is nothing to probe: {}", missing.join("; ")))
}

struct RaceEnd {
    state: Option<Result<String, String>>,
    spread_us: u64,
    method: &'static str,
}

/// One round, with its recording.
struct Round {
    end: End,
    steps: Vec<Done>,
    race: Option<RaceEnd>,
    sample: Option<SampleSeen>,
    tape: Tape,
}

/// What one step of a round did.
struct Done {
    standing: Standing,
    said: String,
    exchanges: Range<usize>,
    deciding: Option<usize>,
    breaks: Vec<Break>,
    observed: bool,
    /// What it showed of another node.
    heard: Option<Observation>,
    /// What was expected and can't be looked at on this target: why.
    left_out: Vec<String>,
}

impl Round {
    /// Runs the first `steps` steps in a world of their own. An error says why there was no world.
    async fn run(
        case: &Case,
        target: &Target,
        options: &Options,
        number: u32,
        racing: Racing,
        steps: usize,
    ) -> Result<Round, String> {
        let world = target.make_world().await.map_err(|error| error.to_string())?;
        let mut hasher = DefaultHasher::new();
        (options.seed, &case.id, number).hash(&mut hasher);
        let about_nodes = case.needs.contains(&Need::Nodes);
        let mut scene = Scene::new(target, world, hasher.finish(), racing, about_nodes);
        acquaint(&mut scene).await?;
        let mut done = Vec::new();
        let mut end = End::Met;
        let (mut race, mut sample) = (None, None);
        // Whether a judged step was left out because the step before it, and not the probe, was refused.
        let mut unprobed = false;
        let mut in_doubt = false;
        for step in &case.steps[..steps] {
            let from = scene.tape.len();
            let refusals = scene.kept.refusals;
            let answer = match scene.go_to(step.node) {
                Err(why) => Answer::new(Came::NotApplicable(why), ""),
                Ok(()) => match steps::run(&step.verb, &mut scene).await {
                    Ok(answer) => answer,
                    Err(never) => {
                        unprobed |= matches!(never, NeverSaved::NotRun) && !step.expect.is_empty();
                        done.push(Done::not_run(from));
                        continue;
                    }
                },
            };
            match &answer.facts {
                Facts::Race(facts) => {
                    race = Some(RaceEnd {
                        state: facts.state.clone(),
                        spread_us: facts.spread_us,
                        method: facts.method,
                    });
                }
                Facts::Sample(facts) => sample = Some(facts.seen.clone()),
                _ => {}
            }
            // A serial run only learns the end states: there is nothing to hold them against yet.
            let learning = matches!((&scene.racing, &step.verb), (Racing::Serial(_), Verb::Race(_)));
            let judgement = match &step.observe {
                _ if learning => Judgement::Met,
                Some(_) => observe(step, &answer),
                None => judge(step, &answer, &scene),
            };
            let heard = lag::look(step, &answer, options.evidence, &mut scene).await;
            if !matches!(step.verb, Verb::Call(_) | Verb::Grid(_)) {
                scene.changed = Some(Instant::now());
            }
            let (standing, mut ended, breaks) = match judgement {
                Judgement::Met => (Standing::Met, None, Vec::new()),
                Judgement::Broken(breaks) => (Standing::Broken, Some(End::Broken), breaks),
                Judgement::Inconclusive(why) => {
                    (Standing::Unprepared, Some(End::Inconclusive(why)), Vec::new())
                }
                Judgement::Unmet(why) => {
                    let end = supposed(case).map_or(End::Inconclusive(why), End::NotApplicable);
                    (Standing::Unprepared, Some(end), Vec::new())
                }
                Judgement::Trouble(why) => (Standing::Unprepared, Some(End::Trouble(why)), Vec::new()),
                Judgement::NotApplicable(why) => {
                    (Standing::NotRun, Some(End::NotApplicable(why)), Vec::new())
                }
            };
            done.push(Done {
                standing,
                said: answer.said.clone(),
                exchanges: from..scene.tape.len(),
                deciding: answer.exchange,
                breaks,
                observed: step.observe.is_some(),
                heard,
                left_out: left_out::of(step, target.file()),
            });
            if ended.is_none()
                && let Some(Err(why)) = steps::calm(step, &answer).await
            {
                ended = Some(End::Inconclusive(why));
            }
            if let Some(ended) = ended {
                in_doubt = matches!(ended, End::Broken) && scene.kept.refusals > refusals;
                end = ended;
                break;
            }
        }
        let probed = matches!(scene.racing, Racing::Together { .. }) && matches!(end, End::Met);
        if (probed || in_doubt)
            && let Some(last) = done.last_mut()
        {
            let control = kept::control(&mut scene).await;
            last.exchanges.end = scene.tape.len();
            if let Err(why) = control {
                end = End::Inconclusive(why);
                last.breaks.clear();
                last.standing = Standing::Unprepared;
            }
        }
        if unprobed && matches!(end, End::Met) {
            end = End::NotApplicable(UNPROBED.to_owned());
        }
        tidy(&mut scene).await;
        target.drop_world(&scene.world).await;
        Ok(Round { end, steps: done, race, sample, tape: scene.tape })
    }

    /// The first expectation that broke, in one line.
    fn broken_by(&self) -> String {
        let first = self.steps.iter().flat_map(|done| &done.breaks).next();
        first.map_or_else(String::new, |first| format!("expected: {}; got: {}", first.expected, first.got))
    }

    /// Puts the round into the result, redacted.
    fn tell(self, case: &Case, evidence: bool, result: &mut CaseResult) {
        if !evidence && result.reason.is_none() {
            return;
        }
        let keeps = |number: usize| {
            evidence
                && self.steps.iter().any(|done| {
                    done.exchanges.contains(&number)
                        && (number - done.exchanges.start < KEPT || done.deciding == Some(number))
                })
        };
        let (mut exchanges, redactor) = self.tape.finish(keeps);
        let text = |text: &str| shortened(redactor.text(text));
        for ((index, step), done) in case.steps.iter().enumerate().zip(&self.steps) {
            for why in &done.left_out {
                if !result.observations.iter().any(|seen| seen.is_left_out() && seen.seen == *why) {
                    result.observations.push(Observation::left_out(why.clone()));
                }
            }
            if let (Some(about), true) = (&step.observe, done.observed) {
                result.observations.push(Observation { about: about.clone(), seen: text(&done.said) });
            }
            result.observations.extend(done.heard.clone());
            let kept: Vec<usize> =
                done.exchanges.clone().filter(|number| exchanges[*number].is_some()).collect();
            for broken in &done.breaks {
                result.findings.push(Finding {
                    place: case.source.place(&broken.span),
                    step: index,
                    exchange: done.deciding.and_then(|number| kept.iter().position(|kept| *kept == number)),
                    expected: text(&broken.expected),
                    got: text(&broken.got),
                });
            }
            result.steps[index] = StepResult {
                verb: step.verb.word().to_owned(),
                title: steps::title(step),
                place: case.source.place(&step.span),
                standing: done.standing,
                outcome: text(&done.said),
                left_out: (done.exchanges.len() - kept.len()) as u64,
                exchanges: kept.iter().filter_map(|number| exchanges[*number].take()).collect(),
            };
        }
        result.reason = result.reason.take().map(|reason| text(&reason));
        result.sample = self.sample.map(|sample| redact_sample(sample, &redactor));
    }
}

impl Done {
    fn not_run(at: usize) -> Done {
        Done {
            standing: Standing::NotRun,
            said: "not run: what it works on was never granted".to_owned(),
            exchanges: at..at,
            deciding: None,
            breaks: Vec::new(),
            observed: false,
            heard: None,
            left_out: Vec::new(),
        }
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

fn redact_sample(mut sample: SampleSeen, redactor: &Redactor) -> SampleSeen {
    sample.tests.iter_mut().for_each(|test| *test = redactor.text(test));
    sample
}

fn not_run(case: &Case, step: &Step) -> StepResult {
    let place: Place = case.source.place(&step.span);
    StepResult {
        verb: step.verb.word().to_owned(),
        title: steps::title(step),
        place,
        standing: Standing::NotRun,
        outcome: "not run".to_owned(),
        exchanges: Vec::new(),
        left_out: 0,
    }
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
