//! The demo app with one defect, or none, held against the suites for apps.
//!
//! What a client case takes is mostly waiting: for silence, for a token to end. So apps live in this process, one for each run
//! of a case, and very many run at a time. How long silence is watched follows each app's own reaction, so that a busy machine
//! makes it longer; what a busy machine may have hidden all the same is looked at again, with more patience and less company.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;

use super::judge::{Evidence, Flaw, Heard, Said, broke};
use super::{ProveError, room};
use crate::apptest::{self, Begun, Ended, Inside, Judging, Plan, Selected, Told};
use crate::demo::defects::Defect;
use crate::demo::{self, Secret};
use crate::engine::{Options, Terms};
use crate::reference;
use crate::results::{CaseResult, Verdict};
use crate::suite::app::{AppFile, Capability, Confidentiality};

/// The app file of the demo app, but for what its program is told.
const FILE: &str = include_str!("../../fixtures/apps/demo.toml");

/// The demo app's shortest pause: its timers, polls and retries are multiples.
const UNIT: Duration = Duration::from_millis(10);

/// Begun logins of a sample, where it is not the states that are wrong: enough to see that it works.
const GLANCE: u32 = 40;

/// How a demo app ends that a defect ends: as its program would.
const CRASHED: Ended = Ended { code: Some(3), signal: None };

/// How much patience, and how much company, runs of cases have.
#[derive(Clone, Copy, Debug)]
struct Pace {
    /// Runs at a time.
    seats: usize,
    /// Silence that is watched at least. Longer than the demo app's longest pause between two acts of a defect.
    quiet_ms: u64,
}

/// Silence of the first look, where there are many at a time.
const FIRST_QUIET_MS: u64 = 120;
const SECOND_LOOK: Pace = Pace { seats: 8, quiet_ms: 600 };

/// One run of a case.
struct Turn {
    /// The position of what is heard.
    at: usize,
    defect: Option<&'static Defect>,
    selected: Selected,
    client: Confidentiality,
}

/// What all runs share.
struct Stage {
    judging: Judging,
    file: AppFile,
    options: Options,
}

/// Runs every case against an app without a defect, and against one with each of `chosen`.
pub async fn hear(
    evidence: &mut Evidence<'_>,
    chosen: &[&'static Defect],
    seed: u64,
    done: &mut impl FnMut(usize, usize),
) -> Result<(), ProveError> {
    let file = AppFile::read("fixtures/apps/demo.toml", FILE).expect("a test of this file reads it");
    let mut routes = reference::routes(&reference::Options::default(), &[]);
    let routes = routes.pop().expect("a bank has at least one node");
    let options = Options { jobs: 1, seed, rerun: "grantspec app".to_owned(), evidence: false };
    let stage = Stage { judging: Judging::new(file.clone(), routes)?, file, options };
    let terms = Terms::usual_of_apps(evidence.library);
    let cases = Plan::under(&terms, evidence.library, &[], Some(&stage.file)).cases;
    let apps: Vec<Option<&'static Defect>> =
        std::iter::once(None).chain(chosen.iter().copied().map(Some)).collect();
    let blank = |defect: &Option<&Defect>| Heard { defect: defect.map(Flaw::from), said: BTreeMap::new() };
    evidence.heard = apps.iter().map(blank).collect();

    let every = apps.iter().enumerate().flat_map(|(at, defect)| {
        cases.iter().flat_map({
            let stage = &stage;
            move |selected| stage.turns(at, *defect, selected)
        })
    });
    let turns: Vec<Turn> = every.collect();
    let (mut now, mut of) = (0, turns.len());
    let first_look = Pace { seats: room::seats(), quiet_ms: FIRST_QUIET_MS };
    let mut tick = |of: usize| {
        now += 1;
        done(now, of);
    };
    for (at, result) in stage.run(turns, first_look, || tick(of)).await {
        keep(&mut evidence.heard[at].said, result);
    }

    let doubts = evidence.doubts();
    let case = |id: &str| cases.iter().find(|selected| selected.case.id == id);
    let again = doubts.iter().filter_map(|(at, id)| Some(stage.turns(*at, apps[*at], case(id)?)));
    let again: Vec<Turn> = again.flatten().collect();
    of += again.len();
    let mut looked = BTreeMap::<usize, BTreeMap<String, Said>>::new();
    for (at, result) in stage.run(again, SECOND_LOOK, || tick(of)).await {
        keep(looked.entry(at).or_default(), result);
    }
    for (at, said) in looked {
        let conclusive = |said: &Said| broke(said.verdict) || said.verdict == Verdict::Pass;
        evidence.heard[at].said.extend(said.into_iter().filter(|(_, said)| conclusive(said)));
    }
    Ok(())
}

/// Keeps what a case said. Of the two kinds of client that the right app can be, the worse one counts.
fn keep(said: &mut BTreeMap<String, Said>, result: CaseResult) {
    let records = result.observations.iter().map(|record| without_numbers(&record.seen));
    let recorded = records.collect::<Vec<_>>().join("\n");
    let new = Said { verdict: result.verdict, reason: result.reason, recorded };
    match said.entry(result.id) {
        Entry::Vacant(place) => drop(place.insert(new)),
        Entry::Occupied(mut known) if known.get().verdict == Verdict::Pass => drop(known.insert(new)),
        Entry::Occupied(_) => {}
    }
}

/// A record without ids and times, which differ from one run to the next.
fn without_numbers(text: &str) -> String {
    let words = text.split_whitespace().filter(|word| !word.contains(|c: char| c.is_ascii_digit()));
    words.collect::<Vec<_>>().join(" ")
}

impl Stage {
    /// The runs of a case: as a confidential client, and as a public one too where there is no defect, as far as such a client
    /// can be asked.
    fn turns(&self, at: usize, defect: Option<&'static Defect>, selected: &Selected) -> Vec<Turn> {
        let turn = |client| Turn { at, defect, selected: selected.clone(), client };
        let public = AppFile { client: Confidentiality::Public, ..self.file.clone() };
        let is_asked = selected.case.needs.iter().all(|need| public.lacks(*need).is_none());
        let mut turns = vec![turn(Confidentiality::Confidential)];
        if defect.is_none() && is_asked {
            turns.push(turn(Confidentiality::Public));
        }
        turns
    }

    async fn run(&self, turns: Vec<Turn>, pace: Pace, mut tick: impl FnMut()) -> Vec<(usize, CaseResult)> {
        let mut under_way = JoinSet::new();
        let mut results = Vec::new();
        let mut turns = turns.into_iter();
        loop {
            while under_way.len() < pace.seats {
                let Some(turn) = turns.next() else { break };
                let (judging, options) = (self.judging(&turn, pace), self.options.clone());
                under_way.spawn(async move {
                    (turn.at, apptest::run_case(&turn.selected, &judging, &options).await)
                });
            }
            let Some(ended) = under_way.join_next().await else { return results };
            results.push(ended.expect("no task of this set is cancelled, and a case catches its panics"));
            tick();
        }
    }

    /// An app with the turn's defect, which lives in this process.
    fn judging(&self, turn: &Turn, pace: Pace) -> Judging {
        let mut file = AppFile { client: turn.client, ..self.file.clone() };
        let needs_tls = turn.selected.case.needs.contains(&Capability::Tls);
        file.bank.tls = needs_tls;
        file.limits.quiet_ms = pace.quiet_ms;
        let states = turn.selected.case.proves.iter().any(|id| id == "app.state-unguessable");
        let is_own = turn
            .defect
            .is_none_or(|defect| turn.selected.case.proves.iter().any(|id| id == defect.requirement()));
        if states && !is_own {
            file.limits.sample = GLANCE;
        }
        self.judging.inside(file, Arc::new(Demo { defect: turn.defect, client: turn.client }))
    }
}

/// How a demo app of this process is begun.
#[derive(Debug)]
struct Demo {
    defect: Option<&'static Defect>,
    client: Confidentiality,
}

/// A demo app that was.
#[derive(Debug)]
struct Playing(demo::Running);

impl Inside for Demo {
    fn begin(&self, told: Told) -> Result<Box<dyn Begun>, String> {
        let secret = (self.client == Confidentiality::Confidential).then(|| Secret::new(told.client_secret));
        let options = demo::Options {
            redirect_uri: Some(told.redirect_uri),
            state: Some(told.folder.join("state.json")),
            log: Some(told.folder.join("app.log")),
            ca: told.ca_file,
            unit: UNIT,
            defects: self.defect.into_iter().collect(),
            ..demo::Options::new(told.bank, told.client_id, secret)
        };
        let app = demo::Running::start(options, told.port).map_err(|error| error.to_string())?;
        Ok(Box::new(Playing(app)))
    }
}

impl Begun for Playing {
    fn ended(&self) -> Option<Ended> {
        self.0.has_ended().then_some(CRASHED)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_demo_apps_file_is_read_and_lacks_nothing() {
        let file = AppFile::read("fixtures/apps/demo.toml", FILE).expect("it has no mistake");
        for (need, word) in Capability::ALL {
            assert_eq!(file.lacks(*need), None, "{word}");
        }
    }
}
