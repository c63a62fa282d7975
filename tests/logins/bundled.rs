//! The bundled bank, its users logging in by its real pages.

use grantspec::engine::{self, Options, Plan};
use grantspec::reference::{self, Running};
use grantspec::results::{CaseResult, Verdict};
use grantspec::suite::Library;
use grantspec::target::login::{Approval, Driver};
use grantspec::target::{Target, TargetFile};

const FORM: &str = r#"
driver = "form"
[[step]]
when = "input[name=email]"
fill = { email = "{user.email}" }
allow = { press = "Continue" }
deny = { press = "Cancel" }
"#;

async fn run(defects: &[&str], filters: &[&str]) -> Vec<CaseResult> {
    run_with(defects, filters, Approval::default()).await
}

async fn run_with(defects: &[&str], filters: &[&str], approval: Approval) -> Vec<CaseResult> {
    let defects = defects.iter().map(|id| reference::defects::find(id).expect("the defect exists")).collect();
    let options = reference::Options { defects, ..reference::Options::default() };
    let bank = Running::start(options).await.expect("a port of loopback is free");
    let mut file = TargetFile::at(bank.address()).expect("it is an address");
    file.approval = approval;
    file.login = Driver::parse("target.toml", FORM).expect("it is right");
    let target = Target::open(file).expect("an HTTP client can be set up");
    let filters: Vec<String> = filters.iter().map(|filter| (*filter).to_owned()).collect();
    let plan = Plan::select(&Library::shipped(), &filters, Some(&target));
    let options = Options { jobs: 16, seed: 0, rerun: "grantspec run".to_owned(), evidence: true };
    let (sender, mut results) = tokio::sync::mpsc::unbounded_channel();
    let (_never, stop) = tokio::sync::watch::channel(false);
    engine::run(&plan, &target, &options, stop, sender).await;
    let mut all = Vec::new();
    while let Some(result) = results.recv().await {
        all.push(result);
    }
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn every_shipped_case_passes_where_users_fill_in_the_banks_own_page() {
    let results = run(&[], &[]).await;
    let failed: Vec<_> = results
        .iter()
        .filter(|result| result.verdict != Verdict::Pass)
        .map(|result| (&result.id, result.verdict, &result.reason))
        .collect();
    assert!(failed.is_empty() && results.len() > 100, "{failed:#?}");
}

/// Of each kind one.
const ON_THE_WAY: [&str; 9] = [
    "state.echo-exact",
    "state.not-swapped",
    "state.on-error",
    "state.no-injection",
    "authorize.response-type",
    "authorize.denied",
    "redirect.exact-match",
    "redirect.never-open",
    "page.framing",
];

/// What goes wrong on the way to the page and back must show whoever fills it in: as a finding, not as a login that is stuck.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_broken_about_the_way_there_and_back_is_found_by_way_of_the_page_too() {
    let mut missed = Vec::new();
    for id in ON_THE_WAY {
        let defect = reference::defects::find(id).expect("the defect exists");
        let results = run(&[defect.id], &[defect.requirement()]).await;
        let found = results.iter().any(|result| matches!(result.verdict, Verdict::Fail | Verdict::Warn));
        let stuck: Vec<_> = results
            .iter()
            .filter(|result| result.verdict == Verdict::Error)
            .map(|result| (result.id.clone(), result.reason.clone()))
            .collect();
        if !found || !stuck.is_empty() {
            missed.push((defect.id, found, stuck));
        }
    }
    assert!(missed.is_empty(), "{missed:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_of_the_target_file_approve_and_deny_also_in_a_race() {
    let text = r#"
        driver = "request"
        approve = [{ url = "/control/worlds/{login.world}/approve", json = '{"login": "{login.id}", "user": "{user.role}"}' }]
        deny = [{ url = "/control/worlds/{login.world}/deny", json = '{"login": "{login.id}", "user": "{user.role}"}' }]
    "#;
    let approval = Approval::parse("target.toml", text).expect("it is right");
    let filters = ["sca.denied-never-opens", "sca.only-the-owner", "logout.races"];
    let results = run_with(&[], &filters, approval).await;
    let failed: Vec<_> = results
        .iter()
        .filter(|result| result.verdict != Verdict::Pass)
        .map(|result| (&result.id, result.verdict, &result.reason))
        .collect();
    assert!(failed.is_empty() && results.len() > 5, "{failed:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn where_tokens_work_without_an_approval_cases_about_it_are_skipped() {
    let approval = Approval::parse("target.toml", "driver = 'none'").expect("it is right");
    let results = run_with(&[], &["sca.denied-never-opens", "logout.kills-access"], approval).await;
    let (about, others): (Vec<_>, Vec<_>) =
        results.iter().partition(|result| result.proves.iter().any(|id| id.starts_with("sca.")));
    let skipped = |result: &&CaseResult| {
        let why = result.reason.clone().unwrap_or_default();
        result.verdict == Verdict::Skipped && why.contains("lacks approval: tokens work without")
    };
    assert!(!about.is_empty() && about.iter().all(skipped), "{about:?}");
    assert!(others.iter().any(|result| result.verdict == Verdict::Pass), "{others:?}");
}
