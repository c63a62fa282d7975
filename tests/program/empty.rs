//! Targets that lack something: a case that notices a defect where everything is there does not pass over it where something is
//! missing. It is skipped or comes to no conclusion; or it says what it could not look at, and still notices other defects.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use grantspec::engine::{Options, Plan, run_case};
use grantspec::reference::defects::{self, Defect};
use grantspec::reference::{self, Running};
use grantspec::results::{CaseResult, Verdict};
use grantspec::suite::{Case, Library, Verb};
use grantspec::target::{Target, TargetFile};
use tokio::task::JoinSet;

/// Banks that run side by side.
const BANKS: usize = 4;

/// What a target lacks, and how its file says so.
const LACKING: [(&str, &str); 3] = [
    (
        "no client's id",
        "[identity]\nuser = '/user_id'\nauthenticated = '/authenticated'\n[token_answer]\nuser = '/user_id'\n",
    ),
    (
        "no user's id",
        "[identity]\nclient = '/client_id'\nauthenticated = '/authenticated'\n[token_answer]\nclient = '/client_id'\n",
    ),
    ("no approval and no data", "[lacks]\napproval = 'of no account'\ndata = 'there is none'\n"),
];

/// By what the target lacks, and the case's id: what it came to with each defect that it notices where nothing is lacking.
type Found = BTreeMap<(&'static str, String), Vec<CaseResult>>;

fn wanted(case: &Case, defect: &Defect) -> bool {
    let long = |verb: &Verb| matches!(verb, Verb::Race(_) | Verb::Sample(_));
    case.proves.iter().any(|id| id == defect.requirement()) && !case.steps.iter().any(|step| long(&step.verb))
}

/// Runs the cases that notice a defect on targets that lack something.
async fn look(
    defect: &'static Defect,
    library: Arc<Library>,
    client: Target,
) -> Vec<(&'static str, CaseResult)> {
    let options = reference::Options { defects: vec![defect], ..reference::Options::default() };
    let bank = Running::start(options).await.expect("a port of loopback is free");
    let options = Options { jobs: 1, seed: 1, rerun: String::new(), evidence: true };
    let mut noticed = BTreeSet::new();
    let mut found = Vec::new();
    for (lacking, more) in std::iter::once(("nothing", "")).chain(LACKING) {
        let text = format!("name = 'a bank'\nbase = '{}'\n{more}", bank.address());
        let file = TargetFile::parse("target.toml", &text).unwrap_or_else(|error| panic!("{error}"));
        let target = client.elsewhere(file).expect("an HTTP client").directly(&bank.routes("/"));
        let mut plan = Plan::select(&library, &[], Some(&target));
        plan.cases.retain(|selected| {
            wanted(&selected.case, defect) && (lacking == "nothing" || noticed.contains(&selected.case.id))
        });
        for selected in &plan.cases {
            let result = run_case(selected, &target, &options).await;
            if lacking != "nothing" {
                found.push((lacking, result));
            } else if matches!(result.verdict, Verdict::Fail | Verdict::Warn) {
                noticed.insert(result.id);
            }
        }
    }
    found
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_case_passes_over_a_defect_because_the_target_lacks_what_shows_it() {
    let library = Arc::new(Library::shipped());
    // One HTTP client serves for all banks; where it points to is never asked.
    let anywhere = TargetFile::at("http://127.0.0.1").expect("an address");
    let client = Target::open(anywhere).expect("an HTTP client");
    let look = |defect: &'static Defect| look(defect, library.clone(), client.clone());
    let mut waiting = defects::ALL.iter().copied();
    let mut running: JoinSet<_> = waiting.by_ref().take(BANKS).map(look).collect();
    let mut found = Found::new();
    while let Some(bank) = running.join_next().await {
        for (lacking, result) in bank.expect("no bank panics") {
            found.entry((lacking, result.id.clone())).or_default().push(result);
        }
        if let Some(next) = waiting.next() {
            running.spawn(look(next));
        }
    }
    assert!(found.len() > 300, "most cases were looked at: {}", found.len());
    let mut empty = Vec::new();
    for ((lacking, id), results) in found {
        let noticed = results.iter().any(|result| matches!(result.verdict, Verdict::Fail | Verdict::Warn));
        let told = |result: &CaseResult| result.observations.iter().any(|seen| seen.is_left_out());
        let mut passed = results.iter().filter(|result| result.verdict == Verdict::Pass);
        if passed.any(|result| !(noticed && told(result))) {
            empty.push(format!("{id}, with {lacking}"));
        }
    }
    assert!(empty.is_empty(), "pass over a defect that they are there to notice:\n{}", empty.join("\n"));
}
