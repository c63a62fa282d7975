//! Defects × cases: the suites against the bundled bank as it should be, and then with each defect alone.
//!
//! A conformance tool is trusted when its checks are known to fail where they should and only there. What follows from the
//! answers is in `judge`; this file only gathers them.

mod judge;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{Semaphore, mpsc, watch};
use tokio::task::JoinSet;

use crate::engine::{self, Options, Plan};
use crate::reference::defects::{self, Defect};
use crate::reference::{self, Running};
use crate::results::{CaseResult, Matrix, Verdict};
use crate::suite::{Case, Library, Verb};
use crate::target::{OpenError, Target, TargetError, TargetFile};

/// Banks that run side by side.
const BANKS: usize = 3;
/// Cases at a time on each of them.
const JOBS: usize = 8;

/// How long the gap of a race defect stays open: wide enough to be met on a busy machine. What a narrow one takes is
/// measured by benches/race.rs.
const WINDOW: Duration = Duration::from_millis(1);

/// How often a race of the defect's own promise that found nothing is run again: whether it meets the gap is luck.
const RACE_AGAIN: u64 = 3;

/// What keeps the matrix from being made.
#[derive(Debug, thiserror::Error)]
pub enum ProveError {
    #[error("no defect, no requirement and no case contains {}; `grantspec list defects` shows all", filters.join(" or "))]
    NothingSelected { filters: Vec<String> },
    #[error("failed to start the bundled bank: {0}")]
    Bank(#[from] std::io::Error),
    #[error(transparent)]
    Target(#[from] OpenError),
    #[error(transparent)]
    Address(#[from] TargetError),
}

/// What each case said of one bank.
pub struct Heard {
    /// `None` is the bank without a defect.
    pub defect: Option<&'static Defect>,
    /// Case id → verdict and reason.
    pub verdicts: BTreeMap<String, (Verdict, Option<String>)>,
}

/// Holds every case against every defect whose id contains one of `filters` (all if there is none), and says after each
/// bank how many are done of how many.
///
/// With filters, only what is about those defects is judged: no requirement or case is called uncovered.
pub async fn prove(
    library: &Library,
    filters: &[String],
    seed: u64,
    mut done: impl FnMut(usize, usize),
) -> Result<Matrix, ProveError> {
    let wanted = |defect: &&'static Defect| {
        filters.is_empty() || filters.iter().any(|filter| defect.id.contains(filter.as_str()))
    };
    let chosen: Vec<&'static Defect> = defects::ALL.iter().copied().filter(wanted).collect();
    if chosen.is_empty() {
        return Err(ProveError::NothingSelected { filters: filters.to_vec() });
    }
    let began = Instant::now();
    // One HTTP client serves for all banks; where it points to is never asked.
    let client = Target::open(TargetFile::at("http://127.0.0.1")?)?;
    let plan = Arc::new(Plan::select(library, &[], Some(&client)));
    let seats = Arc::new(Semaphore::new(BANKS));
    let mut banks = JoinSet::new();
    for defect in std::iter::once(None).chain(chosen.iter().copied().map(Some)) {
        let (client, plan, seats) = (client.clone(), plan.clone(), seats.clone());
        banks.spawn(async move {
            let _seat = seats.acquire_owned().await.expect("the semaphore is never closed");
            hear(&client, Plan::clone(&plan), defect, seed).await
        });
    }
    let mut heard = Vec::new();
    while let Some(bank) = banks.join_next().await {
        heard.push(bank.expect("no task of this set is cancelled, and none panics")?);
        done(heard.len(), chosen.len() + 1);
    }
    let order = |defect: &Defect| chosen.iter().position(|known| known.id == defect.id);
    heard.sort_by_key(|heard| heard.defect.map(order));
    let mut matrix = judge::matrix(library, &heard, filters.is_empty());
    matrix.duration_ms = began.elapsed().as_millis() as u64;
    Ok(matrix)
}

/// Runs every case against a bank with one defect, or with none.
///
/// Requests are handed to the bank's routes without a network in between: it would take most of the time, and what it does
/// is proved by the run against the bank as it is. Races travel, for they are about what happens on the way.
async fn hear(
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
    let target = client.elsewhere(TargetFile::at(bank.address())?)?.directly(bank.nodes());
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
    let mut verdicts = BTreeMap::new();
    let collecting = async {
        while let Some(case) = arriving.recv().await {
            verdicts.insert(case.id, (case.verdict, case.reason));
        }
    };
    tokio::join!(engine::run(&plan, &target, &options, stopped, results), collecting);
    let races = |case: &Case| case.steps.iter().any(|step| matches!(step.verb, Verb::Race(_)));
    let own_races = plan.cases.iter().filter(|selected| is_own(&selected.case) && races(&selected.case));
    for selected in own_races.filter(|_| defect.is_some()) {
        for again in 1..=RACE_AGAIN {
            if verdicts.get(&selected.case.id).is_none_or(|(verdict, _)| *verdict != Verdict::Pass) {
                break;
            }
            let options = Options { seed: seed.wrapping_add(again), ..options.clone() };
            let result = engine::run_case(selected, &target, &options).await;
            verdicts.insert(result.id, (result.verdict, result.reason));
        }
    }
    Ok(Heard { defect, verdicts })
}
