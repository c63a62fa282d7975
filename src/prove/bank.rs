//! The bundled bank with one defect, or none, held against the suites for banks.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Semaphore, mpsc, watch};
use tokio::task::JoinSet;

use super::ProveError;
use super::judge::{Flaw, Heard, Said};
use crate::engine::{self, Options, Plan};
use crate::reference::defects::Defect;
use crate::reference::{self, Running};
use crate::results::{CaseResult, Verdict};
use crate::suite::{Case, Library, Verb};
use crate::target::{Target, TargetFile};

/// Banks that run side by side.
const BANKS: usize = 3;
/// Cases at a time on each of them.
const JOBS: usize = 8;

/// How long the gap of a race defect stays open: wide enough to be met on a busy machine. What a narrow one takes is
/// measured by benches/race.rs.
const WINDOW: Duration = Duration::from_millis(1);

/// How often a race of the defect's own promise that found nothing is run again: whether it meets the gap is luck.
const RACE_AGAIN: u64 = 3;

/// Runs every case against a bank without a defect, and against one with each of `chosen`.
pub async fn hear(
    library: &Library,
    chosen: &[&'static Defect],
    seed: u64,
    done: &mut impl FnMut(usize, usize),
) -> Result<Vec<Heard>, ProveError> {
    // One HTTP client serves for all banks; where it points to is never asked.
    let client = Target::open(TargetFile::at("http://127.0.0.1")?)?;
    let plan = Arc::new(Plan::select(library, &[], Some(&client)));
    let seats = Arc::new(Semaphore::new(BANKS));
    let mut banks = JoinSet::new();
    for (at, defect) in std::iter::once(None).chain(chosen.iter().copied().map(Some)).enumerate() {
        let (client, plan, seats) = (client.clone(), plan.clone(), seats.clone());
        banks.spawn(async move {
            let _seat = seats.acquire_owned().await.expect("the semaphore is never closed");
            hear_one(&client, Plan::clone(&plan), defect, seed).await.map(|heard| (at, heard))
        });
    }
    let mut heard = Vec::new();
    while let Some(bank) = banks.join_next().await {
        heard.push(bank.expect("no task of this set is cancelled, and none panics")?);
        done(heard.len(), chosen.len() + 1);
    }
    heard.sort_by_key(|(at, _)| *at);
    Ok(heard.into_iter().map(|(_, heard)| heard).collect())
}

/// Runs every case against a bank with one defect, or with none.
///
/// Requests are handed to the bank's routes without a network in between: it would take most of the time, and what it does
/// is proved by the run against the bank as it is. Races travel, for they are about what happens on the way.
async fn hear_one(
    client: &Target,
    mut plan: Plan,
    defect: Option<&'static Defect>,
    seed: u64,
) -> Result<Heard, ProveError> {
    let options = reference::Options {
        defects: defect.into_iter().collect(),
        window: WINDOW,
        ..reference::Options::default()
    };
    let bank = Running::start(options).await?;
    let target = client.elsewhere(TargetFile::at(bank.address())?)?.directly(&bank.routes("/"));
    let is_own =
        |case: &Case| defect.is_none_or(|defect| case.proves.iter().any(|id| id == defect.requirement()));
    for selected in &mut plan.cases {
        if !is_own(&selected.case) {
            // Whether it breaks by the way shows in one round; only a defect of its own may take luck to meet.
            selected.rounds = 1;
        }
    }
    let options = Options { jobs: JOBS, seed, rerun: "grantspec run".to_owned(), evidence: false };
    let (_stop, stopped) = watch::channel(false);
    let (results, mut arriving) = mpsc::unbounded_channel::<CaseResult>();
    let mut said: BTreeMap<String, Said> = BTreeMap::new();
    let collecting = async {
        while let Some(case) = arriving.recv().await {
            said.insert(case.id.clone(), told(case));
        }
    };
    tokio::join!(engine::run(&plan, &target, &options, stopped, results), collecting);
    let races = |case: &Case| case.steps.iter().any(|step| matches!(step.verb, Verb::Race(_)));
    let own_races = plan.cases.iter().filter(|selected| is_own(&selected.case) && races(&selected.case));
    for selected in own_races.filter(|_| defect.is_some()) {
        for again in 1..=RACE_AGAIN {
            if said.get(&selected.case.id).is_none_or(|said| said.verdict != Verdict::Pass) {
                break;
            }
            let options = Options { seed: seed.wrapping_add(again), ..options.clone() };
            let result = engine::run_case(selected, &target, &options).await;
            said.insert(result.id.clone(), told(result));
        }
    }
    Ok(Heard { defect: defect.map(Flaw::from), said })
}

fn told(case: CaseResult) -> Said {
    // Nothing that a bank has a defect for is only recorded.
    Said { verdict: case.verdict, reason: case.reason, recorded: String::new() }
}
