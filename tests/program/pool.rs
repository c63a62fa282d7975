//! Fixed users and clients: whatever was run before with them, every case comes to the verdict that it comes to in a world of
//! its own.

use std::sync::Arc;

use grantspec::engine::{Options, Plan, run_case};
use grantspec::reference::{self, Running};
use grantspec::results::Verdict;
use grantspec::suite::{Library, Verb};
use grantspec::target::{Target, TargetFile};
use rand::SeedableRng;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;

/// Orders that are tried.
const ORDERS: u64 = 20;

/// A target file for a bank whose control API has made this many worlds; each is a set of users and clients.
async fn pooled(bank: &Running, sets: usize) -> Target {
    let maker = Target::open(TargetFile::at(bank.address()).expect("an address")).expect("an HTTP client");
    let mut text = format!("name = 'a pool'\nbase = '{}'\n", bank.address());
    for _ in 0..sets {
        let world = maker.make_world().await.expect("the bank makes worlds");
        let name = world.name.clone().expect("the control API names worlds");
        text.push_str(&format!("[[pool]]\nworld = '{name}'\n"));
        for (role, user) in world.users() {
            let (id, account) =
                (user.user_id().expect("it is given"), user.account_id.clone().unwrap_or_default());
            text.push_str(&format!("[pool.users.{role}]\nid = '{id}'\naccount = '{account}'\n"));
        }
        for (role, client) in world.clients() {
            let (id, secret) = (&client.client_id, client.client_secret.clone().unwrap_or_default());
            let uris = &client.redirect_uris;
            text.push_str(&format!(
                "[pool.clients.{role}]\nid = '{id}'\nsecret = '{secret}'\nredirect_uris = {uris:?}\n"
            ));
        }
    }
    let file = TargetFile::parse("pool.toml", &text).unwrap_or_else(|error| panic!("{error}"));
    Target::open(file).expect("an HTTP client")
}

/// One case of every suite that races, and all that make few requests.
fn some(plan: &mut Plan) {
    let races = |verb: &Verb| matches!(verb, Verb::Race(_));
    let mut raced: Vec<String> = Vec::new();
    plan.cases.retain_mut(|selected| {
        let case = &selected.case;
        let steps = &case.steps;
        if steps.iter().any(|step| matches!(step.verb, Verb::Sample(_))) {
            return false;
        }
        if !steps.iter().any(|step| races(&step.verb)) {
            selected.rounds = 1;
            return true;
        }
        let first = !raced.contains(&case.suite);
        raced.push(case.suite.clone());
        selected.rounds = 2;
        first
    });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_order_of_the_cases_changes_a_verdict() {
    let bank = Running::start(reference::Options::default()).await.expect("a port of loopback is free");
    let target = pooled(&bank, 4).await;
    let mut plan = Plan::select(&Library::shipped(), &[], Some(&target));
    some(&mut plan);
    assert!(plan.cases.len() > 100, "most cases are run");
    let options = Arc::new(Options { jobs: 4, seed: 1, rerun: String::new(), evidence: false });
    for order in 0..ORDERS {
        plan.cases.shuffle(&mut StdRng::seed_from_u64(order));
        let mut running = tokio::task::JoinSet::new();
        for selected in plan.cases.clone() {
            let (target, options) = (target.clone(), options.clone());
            running.spawn(async move { run_case(&selected, &target, &options).await });
        }
        while let Some(result) = running.join_next().await {
            let result = result.expect("no case panics");
            let skipped = result.verdict == Verdict::Skipped;
            assert!(
                result.verdict == Verdict::Pass || skipped,
                "{} in order {order}: {:?}: {:?}",
                result.id,
                result.verdict,
                result.reason
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_a_case_waited_for_others_is_none_of_its_time() {
    let bank = Running::start(reference::Options::default()).await.expect("a port of loopback is free");
    let target = pooled(&bank, 1).await;
    let mut plan = Plan::select(&Library::shipped(), &["refresh".to_owned()], Some(&target));
    plan.cases.retain(|selected| {
        let slow = |verb: &Verb| matches!(verb, Verb::Race(_) | Verb::Sample(_));
        selected.skip.is_none() && !selected.case.steps.iter().any(|step| slow(&step.verb))
    });
    plan.cases.truncate(16);
    assert_eq!(plan.cases.len(), 16, "there are enough");
    let options = Arc::new(Options { jobs: 16, seed: 1, rerun: String::new(), evidence: false });
    let began = std::time::Instant::now();
    let mut running = tokio::task::JoinSet::new();
    for selected in plan.cases {
        let (target, options) = (target.clone(), options.clone());
        running.spawn(async move { run_case(&selected, &target, &options).await.duration_ms });
    }
    let own: u64 = running.join_all().await.into_iter().sum();
    // One at a time has the users, so that their own times make up the whole; with the waiting, it is several times that.
    let whole = began.elapsed().as_millis() as u64;
    assert!(own <= whole * 3 / 2, "{own} ms of {whole} ms");
}
