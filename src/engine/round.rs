//! One round of a case: its steps in order, in a world of their own, until one of them decides.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::{Duration, Instant};

use super::Options;
use super::acquaint::acquaint;
use super::answer::{Answer, Came, Facts};
use super::evidence::{Done, Evidence};
use super::judge::{Break, Judgement, judge, observe};
use super::kept::{self, Doubt};
use super::lag;
use super::left_out;
use super::scene::{NeverSaved, Racing, Scene};
use super::steps;
use super::tidy::tidy;
use crate::results::{CaseResult, Observation, SampleSeen, Standing};
use crate::suite::{Case, Need, Verb};
use crate::target::{Redactor, Tape, Target};

/// Exchanges of one step that results keep; of more, the first ones and the one that decided.
const KEPT: usize = 40;

/// Why a case is skipped whose probe needs what was refused before.
const UNPROBED: &str =
    "the server refuses what the probe begins with, and that is in order: there is nothing to probe";

/// Why a case is skipped whose probe needs a refresh token that came from a refresh.
const SPENT: &str = "there is nothing to probe: a refresh gives no new refresh token and ends the one that was used, which \
                     `refresh.rotates` is about";

/// How one round ended.
#[derive(Debug)]
pub enum End {
    Met,
    Broken,
    Inconclusive(String),
    Trouble(String),
    NotApplicable(String),
}

impl End {
    /// Of a case's rounds, the one with the most is shown.
    pub fn weight(&self) -> u8 {
        match self {
            End::Met => 0,
            End::Inconclusive(_) => 1,
            End::NotApplicable(_) => 2,
            End::Trouble(_) => 3,
            End::Broken => 4,
        }
    }
}

/// What a race ended in.
pub struct RaceEnd {
    /// The state that it left, or why none could be told; `None` where nobody asked.
    pub state: Option<Result<String, String>>,
    pub spread_us: u64,
    pub method: &'static str,
}

/// One round, with its recording.
pub struct Round {
    pub end: End,
    pub race: Option<RaceEnd>,
    steps: Vec<Step>,
    sample: Option<SampleSeen>,
    tape: Tape,
}

/// One step of a round.
struct Step {
    done: Done,
    observed: bool,
    /// What it showed of another node.
    heard: Option<Observation>,
    /// What was expected and can't be looked at on this target: why.
    left_out: Vec<String>,
}

impl Round {
    /// Runs the first `steps` steps in a world of their own. An error says why there was no world. Adds to `waited` how long it
    /// took until there was one: where users and clients are few, other cases had them.
    pub async fn run(
        case: &Case,
        target: &Target,
        options: &Options,
        number: u32,
        racing: Racing,
        steps: usize,
        waited: &mut Duration,
    ) -> Result<Round, String> {
        let asked = Instant::now();
        let world = target.make_world().await.map_err(|error| error.to_string());
        *waited += asked.elapsed();
        let world = world?;
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
                        done.push(Step::not_run(from));
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
            // Where no race could be made, the answer says why.
            let learning = matches!((&scene.racing, &answer.facts), (Racing::Serial(_), Facts::Race(_)));
            let judgement = match &step.observe {
                _ if learning => Judgement::Met,
                Some(_) => observe(step, &answer),
                None => judge(step, &answer, &scene),
            };
            let heard = lag::look(step, &answer, options.evidence, &mut scene).await;
            if !matches!(step.verb, Verb::Call(_) | Verb::Grid(_)) {
                scene.changed = Some(Instant::now());
            }
            let (standing, mut ended, breaks) = come_to(judgement, case);
            done.push(Step {
                done: Done {
                    standing,
                    said: answer.said.clone(),
                    exchanges: from..scene.tape.len(),
                    deciding: answer.exchange,
                    breaks,
                },
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
            && let Some(Step { done: last, .. }) = done.last_mut()
        {
            let control = kept::control(&mut scene).await;
            last.exchanges.end = scene.tape.len();
            if let Err(doubt) = control {
                end = match doubt {
                    Doubt::Spent => End::NotApplicable(SPENT.to_owned()),
                    Doubt::Unproven(why) => End::Inconclusive(why),
                };
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
    pub fn broken_by(&self) -> String {
        let first = self.steps.iter().flat_map(|step| &step.done.breaks).next();
        first.map_or_else(String::new, |first| format!("expected: {}; got: {}", first.expected, first.got))
    }

    /// Puts the round into the result, redacted.
    pub fn tell(self, case: &Case, options: &Options, result: &mut CaseResult) {
        if !options.evidence && result.reason.is_none() {
            return;
        }
        let done = self.steps.iter().map(|step| &step.done);
        let mut evidence = Evidence::of(self.tape, done, KEPT, options);
        for (number, (told, step)) in case.steps.iter().zip(&self.steps).enumerate() {
            for why in &step.left_out {
                if !result.observations.iter().any(|seen| seen.is_left_out() && seen.seen == *why) {
                    result.observations.push(Observation::left_out(why.clone()));
                }
            }
            if let (Some(about), true) = (&told.observe, step.observed) {
                let seen = evidence.text(&step.done.said);
                result.observations.push(Observation { about: about.clone(), seen });
            }
            result.observations.extend(step.heard.clone());
            evidence.tell(number, &step.done, &case.source, result);
        }
        result.reason = result.reason.take().map(|reason| evidence.text(&reason));
        result.sample = self.sample.map(|sample| redact_sample(sample, evidence.redactor()));
    }
}

/// How a step stands, how the round ends with it if it does, and what broke.
fn come_to(judgement: Judgement, case: &Case) -> (Standing, Option<End>, Vec<Break>) {
    let (standing, ended) = match judgement {
        Judgement::Met => (Standing::Met, None),
        Judgement::Broken(breaks) => return (Standing::Broken, Some(End::Broken), breaks),
        Judgement::Inconclusive(why) => (Standing::Unprepared, Some(End::Inconclusive(why))),
        Judgement::Unmet(why) => {
            let end = supposed(case).map_or(End::Inconclusive(why), End::NotApplicable);
            (Standing::Unprepared, Some(end))
        }
        Judgement::Trouble(why) => (Standing::Unprepared, Some(End::Trouble(why))),
        Judgement::NotApplicable(why) => (Standing::NotRun, Some(End::NotApplicable(why))),
    };
    (standing, ended, Vec::new())
}

/// Why there is nothing to probe where the server does not keep what the case supposes.
fn supposed(case: &Case) -> Option<String> {
    let missing: Vec<String> =
        case.supposes.iter().map(|(id, what)| format!("{what}, which `{id}` is about")).collect();
    (!missing.is_empty()).then(|| format!("there is nothing to probe: {}", missing.join(", or ")))
}

impl Step {
    fn not_run(at: usize) -> Step {
        Step {
            done: Done {
                standing: Standing::NotRun,
                said: "not run: what it works on was never granted".to_owned(),
                exchanges: at..at,
                deciding: None,
                breaks: Vec::new(),
            },
            observed: false,
            heard: None,
            left_out: Vec::new(),
        }
    }
}

fn redact_sample(mut sample: SampleSeen, redactor: &Redactor) -> SampleSeen {
    sample.tests.iter_mut().for_each(|test| *test = redactor.text(test));
    sample
}
