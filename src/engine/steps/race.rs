//! `race`: several requests at one instant, judged by what came out of it: how many distinct tokens were given, how many of
//! them live, and whether the end state is one that some serial order also leads to.

use std::collections::{BTreeSet, HashSet};
use std::time::Duration;

use rand::RngExt;
use rand::seq::SliceRandom;

use super::call::ask;
use super::login::right_token_request;
use super::{Single, refresh, settle, single};
use crate::engine::answer::{Answer, Came, Facts, RaceFacts};
use crate::engine::scene::{GrantHeld, Held, NeverSaved, Racing, Scene};
use crate::suite::{Check, Endpoint, Exchange, Grant, Need, Race, Refresh, Step, Token, Trait, Verb};

/// Longest time in microseconds that one lane is sent after another, in the half of the rounds that stagger different lanes.
const LONGEST_PAUSE_US: u64 = 250;

/// The orders in which a race's lanes can run one after the other, if the step asks for a serial end state.
pub fn serial_orders(step: &Step) -> Vec<Vec<usize>> {
    let serial = |leaf: &crate::suite::Leaf| leaf.check == Check::Has(Trait::Serial);
    match &step.verb {
        Verb::Race(race) if step.expect.iter().any(serial) => permutations(race.lanes.len()),
        _ => Vec::new(),
    }
}

pub async fn run(race: &Race, scene: &mut Scene<'_>) -> Result<Answer, NeverSaved> {
    let racing = scene.racing.clone();
    let mut run = Run::default();
    let outcome = match &racing {
        Racing::Together { .. } => run.together(race, scene).await?,
        Racing::Serial(order) => run.serially(race, order, scene).await?,
    };
    if let Err(answer) = outcome {
        return Ok(answer);
    }
    Ok(run.conclude(race, &racing, scene).await)
}

pub fn title(race: &Race) -> String {
    let lanes: Vec<&str> = race.lanes.iter().map(Verb::word).collect();
    match (race.copies, lanes.as_slice()) {
        (1, _) => format!("{} at one instant", lanes.join(" and ")),
        (copies, [one]) => format!("{copies} × {one} at one instant"),
        (copies, _) => format!("{copies} × each of {} at one instant", lanes.join(", ")),
    }
}

/// What came of each copy of each lane.
#[derive(Default)]
struct Run {
    /// Lane, what came of it, and what it was given.
    ended: Vec<(usize, Came, Option<GrantHeld>)>,
    refused_with: Vec<String>,
    spread_us: u64,
    method: &'static str,
    last: Option<usize>,
}

impl Run {
    async fn together(
        &mut self,
        race: &Race,
        scene: &mut Scene<'_>,
    ) -> Result<Result<(), Answer>, NeverSaved> {
        let mut singles: Vec<(usize, Single)> = Vec::new();
        for _ in 0..race.copies {
            for (lane, verb) in race.lanes.iter().enumerate() {
                match single(verb, scene).await? {
                    Ok(single) => singles.push((lane, single)),
                    Err(answer) => return Ok(Err(answer)),
                }
            }
        }
        // A server may serve what came last first; no lane shall always be the one.
        singles.shuffle(&mut scene.random);
        let requests: Vec<_> = singles.iter().map(|(_, single)| single.request.clone()).collect();
        let pauses: Vec<Duration> = if race.lanes.len() > 1 && scene.random.random_bool(0.5) {
            requests
                .iter()
                .map(|_| Duration::from_micros(scene.random.random_range(0..LONGEST_PAUSE_US)))
                .collect()
        } else {
            Vec::new()
        };
        let released = scene.target.release(&requests, &pauses).await;
        self.spread_us = released.spread.as_micros() as u64;
        self.method = released.method;
        for ((lane, single), (at, took, reply)) in singles.into_iter().zip(released.replies) {
            let number = scene.tape.record_took(
                &single.actor,
                &single.purpose,
                at,
                took,
                single.request,
                reply.clone(),
            );
            self.enter(race, lane, number, &reply, scene)?;
        }
        self.ended.sort_by_key(|(lane, ..)| *lane);
        Ok(Ok(()))
    }

    async fn serially(
        &mut self,
        race: &Race,
        order: &[usize],
        scene: &mut Scene<'_>,
    ) -> Result<Result<(), Answer>, NeverSaved> {
        // All requests are made before the first is sent, as in a race: none knows what another was given.
        let mut singles = Vec::new();
        for verb in &race.lanes {
            match single(verb, scene).await? {
                Ok(single) => singles.push(Some(single)),
                Err(answer) => return Ok(Err(answer)),
            }
        }
        for &lane in order {
            if let Some(single) = singles[lane].take() {
                let (number, reply) = scene.send(&single.actor, &single.purpose, single.request).await;
                self.enter(race, lane, number, &reply, scene)?;
            }
        }
        self.ended.sort_by_key(|(lane, ..)| *lane);
        Ok(Ok(()))
    }

    fn enter(
        &mut self,
        race: &Race,
        lane: usize,
        number: usize,
        reply: &crate::target::Reply,
        scene: &mut Scene<'_>,
    ) -> Result<(), NeverSaved> {
        let verb = saving(&race.lanes[lane]);
        let answer = settle(&verb, scene, number, reply)?;
        let held = match scene.held.remove(LANE) {
            Some(Held::Grant(grant)) => Some(grant),
            _ => None,
        };
        if answer.came != Came::Granted && !self.refused_with.contains(&answer.said) {
            self.refused_with.push(answer.said);
        }
        self.last = Some(number);
        self.ended.push((lane, answer.came, held));
        Ok(())
    }

    /// Looks at what lives, and keeps what the lanes save.
    async fn conclude(self, race: &Race, racing: &Racing, scene: &mut Scene<'_>) -> Answer {
        let mut accesses = HashSet::new();
        let given: Vec<(usize, GrantHeld)> = self
            .ended
            .iter()
            .filter_map(|(lane, _, held)| Some((*lane, held.clone()?)))
            .filter(|(_, held)| accesses.insert(held.access.clone()))
            .collect();
        let refreshes: BTreeSet<&str> =
            self.ended.iter().filter_map(|(_, _, held)| held.as_ref()?.refresh.as_deref()).collect();
        let mut live = Some(0);
        for (_, held) in &given {
            match ask(Endpoint::Whoami, held, scene).await.came {
                Came::Granted => live = live.map(|live| live + 1),
                Came::Refused => {}
                _ => live = None,
            }
        }
        let counted = |wanted: &Came| self.ended.iter().filter(|(_, came, _)| came == wanted).count() as u32;
        let granted = counted(&Came::Granted);
        let unanswered = self.ended.len() as u32 - granted - counted(&Came::Refused);
        let serial = match racing {
            Racing::Together { serial } => serial.clone(),
            Racing::Serial(_) => Vec::new(),
        };
        let wanted = matches!(racing, Racing::Serial(_)) || !serial.is_empty();
        let state = if wanted { Some(self.state(race, &given, scene).await) } else { None };
        for (lane, held) in &given {
            let save = match &race.lanes[*lane] {
                Verb::Exchange(exchange) => &exchange.save,
                Verb::Refresh(refresh) => &refresh.save,
                _ => &None,
            };
            if let Some(save) = save.as_ref().filter(|save| !scene.held.contains_key(&save.0)) {
                scene.held.insert(save.0.clone(), Held::Grant(held.clone()));
            }
        }
        for lane in &race.lanes {
            if let Verb::Exchange(Exchange { save: Some(save), .. })
            | Verb::Refresh(Refresh { save: Some(save), .. }) = lane
            {
                scene.held.entry(save.0.clone()).or_insert(Held::Never);
            }
        }
        let facts = RaceFacts {
            given: given.len().max(refreshes.len()) as u32,
            live,
            unanswered,
            state,
            serial,
            spread_us: self.spread_us,
            method: self.method,
        };
        let lives = live.map_or("unknown how many live".to_owned(), |live| format!("{live} of them live"));
        let mut said = format!(
            "{granted} of {} granted, {} distinct {} given, {lives}",
            self.ended.len(),
            facts.given,
            if facts.given == 1 { "token" } else { "tokens" },
        );
        if !self.refused_with.is_empty() {
            said.push_str(&format!("; the others: {}", self.refused_with.join(", ")));
        }
        let broken = self.ended.iter().find_map(|(_, came, _)| match came {
            Came::Broken(why) => Some(why.clone()),
            _ => None,
        });
        // A race is judged by what came out of it; if nothing did, it has shown nothing.
        let came = match broken {
            Some(why) if granted == 0 => Came::Broken(why),
            _ if granted == 0 => {
                Came::Unclear(format!("no copy was granted: {}", self.refused_with.join(", ")))
            }
            _ => Came::Granted,
        };
        let answer = Answer { facts: Facts::Race(Box::new(facts)), ..Answer::new(came, said) };
        Answer { exchange: self.last, ..answer }
    }

    /// The end state in words: what each lane came to, and of every grant whether its access token lives, opens data, and
    /// its refresh token works (the new ones tried first: trying a spent one may end the family).
    async fn state(
        &self,
        race: &Race,
        given: &[(usize, GrantHeld)],
        scene: &mut Scene<'_>,
    ) -> Result<String, String> {
        let mut state = Vec::new();
        for (lane, came, _) in &self.ended {
            let came = match came {
                Came::Granted => "granted",
                Came::Refused => "refused",
                Came::Unclear(why) | Came::Broken(why) | Came::NotApplicable(why) => return Err(why.clone()),
            };
            state.push(format!("{} {came}", race.lanes[*lane].word()));
        }
        let mut grants: Vec<(String, GrantHeld)> = given
            .iter()
            .map(|(lane, held)| {
                (format!("what {} {} gave", race.lanes[*lane].word(), lane + 1), held.clone())
            })
            .collect();
        let mut before: Vec<(String, GrantHeld)> = scene
            .held
            .iter()
            .filter_map(|(name, held)| match held {
                Held::Grant(grant) => Some((name.clone(), grant.clone())),
                _ => None,
            })
            .collect();
        before.sort_by(|one, other| one.0.cmp(&other.0));
        grants.extend(before);
        // Without such an endpoint nothing is open or closed: what lives and what can be refreshed is the whole state.
        let has_data = [Need::Data, Need::Accounts].iter().all(|need| scene.target.lacks(*need).is_none());
        let mut lives = Vec::new();
        for (_, grant) in &grants {
            let access = told(&ask(Endpoint::Whoami, grant, scene).await)?;
            let open = match has_data {
                true => Some(told(&ask(Endpoint::Accounts, grant, scene).await)?),
                false => None,
            };
            lives.push((access, open));
        }
        let kept = scene.kept.clone();
        for ((name, grant), (access, open)) in grants.iter().zip(lives) {
            let usable = if grant.refresh.is_some() {
                scene.held.insert(LANE.to_owned(), Held::Grant(grant.clone()));
                let trial = Refresh {
                    grant: Grant(LANE.to_owned()),
                    token: Token::Refresh,
                    request: right_token_request(),
                    save: None,
                };
                let answer = refresh::run(&trial, scene).await.map_err(|_| "a handle was lost".to_owned())?;
                scene.held.remove(LANE);
                Some(told(&answer)?)
            } else {
                None
            };
            let word = |yes: bool, [one, other]: [&'static str; 2]| if yes { one } else { other };
            let refresh = usable.map_or("", |usable| word(usable, [", refreshable", ", not refreshable"]));
            let data = open.map_or("", |open| word(open, [", data open", ", data closed"]));
            state.push(format!("{name}: {}{data}{refresh}", word(access, ["alive", "dead"])));
        }
        // Both kinds of runs look in this way, so that a refusal here is compared and not judged.
        scene.kept = kept;
        Ok(state.join("; "))
    }
}

/// The handle that holds what a lane was given; no name in a suite has a space.
const LANE: &str = "race's lane";

/// The verb with its grant saved under [`LANE`].
fn saving(verb: &Verb) -> Verb {
    let mut verb = verb.clone();
    match &mut verb {
        Verb::Exchange(exchange) => exchange.save = Some(Grant(LANE.to_owned())),
        Verb::Refresh(refresh) => refresh.save = Some(Grant(LANE.to_owned())),
        _ => {}
    }
    verb
}

/// Whether it was granted; if that can't be told, what came instead.
fn told(answer: &Answer) -> Result<bool, String> {
    match answer.came {
        Came::Granted => Ok(true),
        Came::Refused => Ok(false),
        _ => Err(answer.said.clone()),
    }
}

fn permutations(count: usize) -> Vec<Vec<usize>> {
    if count == 0 {
        return vec![Vec::new()];
    }
    permutations(count - 1)
        .into_iter()
        .flat_map(|shorter| {
            (0..count).map(move |at| {
                let mut longer = shorter.clone();
                longer.insert(at, count - 1);
                longer
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_order_is_tried_once() {
        let orders: HashSet<Vec<usize>> = permutations(3).into_iter().collect();
        assert_eq!(orders.len(), 6);
        assert!(orders.iter().all(|order| order.iter().collect::<HashSet<_>>().len() == 3));
    }
}
