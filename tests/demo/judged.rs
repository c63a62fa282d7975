//! The demo app under judgement, in this process: what is made of an app that can't be judged well, and of the harness's own
//! faults.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use grantspec::apptest::{self, Begun, Ended, Inside, Judging, Plan, Told};
use grantspec::demo::{self, Secret, defects};
use grantspec::engine::{Options, Terms};
use grantspec::reference;
use grantspec::results::{CaseResult, Verdict};
use grantspec::suite::{AppFile, Library};
use tokio::sync::{mpsc, watch};

/// How the demo app is begun here.
#[derive(Clone, Debug)]
struct Demo {
    patience: Duration,
    defects: Vec<&'static str>,
    /// Instead of the one that the bank knows.
    redirect_uri: Option<&'static str>,
}

impl Default for Demo {
    fn default() -> Self {
        Demo { patience: Duration::from_secs(30), defects: Vec::new(), redirect_uri: None }
    }
}

#[derive(Debug)]
struct Playing(demo::Running);

impl Inside for Demo {
    fn begin(&self, told: Told) -> Result<Box<dyn Begun>, String> {
        let redirect_uri = self.redirect_uri.map(|uri| uri.parse().expect("an address"));
        let options = demo::Options {
            redirect_uri: Some(redirect_uri.unwrap_or(told.redirect_uri)),
            unit: Duration::from_millis(10),
            patience: self.patience,
            defects: self.defects.iter().map(|id| defects::find(id).expect("the defect exists")).collect(),
            ..demo::Options::new(told.bank, told.client_id, Some(Secret::new(told.client_secret)))
        };
        let app = demo::Running::start(options, told.port).map_err(|error| error.to_string())?;
        Ok(Box::new(Playing(app)))
    }
}

impl Begun for Playing {
    fn ended(&self) -> Option<Ended> {
        self.0.has_ended().then_some(Ended { code: Some(3), signal: None })
    }
}

fn bank() -> Router {
    reference::routes(&reference::Options::default(), &[]).pop().expect("a bank has at least one node")
}

fn file() -> AppFile {
    let text = include_str!("../../fixtures/apps/demo.toml");
    let mut file = AppFile::read("demo.toml", text).expect("it has no mistake");
    file.bank.tls = false;
    file.limits.quiet_ms = 100;
    file
}

/// What the cases say of the app, one after the other.
async fn judged(demo: Demo, file: AppFile, routes: Router, cases: &str) -> Vec<CaseResult> {
    let text = format!("[suite]\nid = 'mine'\nabout = 'What is tried here'\n{cases}");
    let library = Library::read(&[("client/mine.toml", text)]).expect("the suite has no mistake");
    let plan = Plan::under(&Terms::usual_of_apps(&library), &library, &[], Some(&file));
    let judging = Judging::new(file.clone(), routes).expect("an authority").inside(file, Arc::new(demo));
    let options = Options { jobs: 1, seed: 0, rerun: "grantspec app".to_owned(), evidence: true };
    let (_stop, stopped) = watch::channel(false);
    let (results, mut arriving) = mpsc::unbounded_channel();
    apptest::run(&plan, &judging, &options, stopped, results).await;
    let mut judged = Vec::new();
    while let Some(result) = arriving.recv().await {
        judged.push(result);
    }
    judged.sort_by(|a, b| a.id.cmp(&b.id));
    judged
}

fn reason(result: &CaseResult) -> &str {
    result.reason.as_deref().unwrap_or_default()
}

const LOGINS: &str = "
[[case]]
id = 'one'
proves = ['app.code-once']
about = 'A code is sent once'
[[case.step]]
connect = {}
[[case.step]]
connect = {}
expect = { exchanges = 1 }
[[case]]
id = 'two'
proves = ['app.code-once']
about = 'A code is sent once, again'
[[case.step]]
connect = {}
[[case.step]]
connect = {}
expect = { exchanges = 1 }
";

#[tokio::test]
async fn a_panic_is_an_error_of_its_case_and_the_rest_is_judged() {
    let first = Arc::new(AtomicBool::new(true));
    let routes = bank().layer(from_fn(move |request: Request, next: Next| {
        assert!(!first.swap(false, Ordering::SeqCst), "broken on purpose");
        next.run(request)
    }));
    let judged = judged(Demo::default(), file(), routes, LOGINS).await;
    let verdicts: Vec<Verdict> = judged.iter().map(|result| result.verdict).collect();
    assert!(verdicts.contains(&Verdict::Error) && verdicts.contains(&Verdict::Pass), "{verdicts:?}");
    let broken = judged.iter().find(|result| result.verdict == Verdict::Error).expect("one is");
    assert!(reason(broken).contains("broken on purpose"), "{}", reason(broken));
}

#[tokio::test]
async fn a_panic_while_the_bank_answers_the_app_is_an_error() {
    let routes = bank().layer(from_fn(|request: Request, next: Next| {
        assert_ne!(request.uri().path(), "/oauth2/token", "broken on purpose");
        next.run(request)
    }));
    for result in judged(Demo::default(), file(), routes, LOGINS).await {
        assert_eq!(result.verdict, Verdict::Error, "{}", reason(&result));
        assert!(
            reason(&result).contains("the harness broke while it played the bank"),
            "{}",
            reason(&result)
        );
    }
}

#[tokio::test]
async fn a_secret_out_of_place_is_found_though_no_login_came_about() {
    let case = "
[[case]]
id = 'search'
proves = ['app.secret-in-body']
about = 'The secret stands nowhere else'
[[case.step]]
connect = {}
[[case.step]]
use = {}
[[case.step]]
search = { lists = 'client-secret' }
expect = { leaks = 0 }
";
    for (defects, verdict) in
        [(vec![], Verdict::Inconclusive), (vec!["app.secret-in-body:authorize"], Verdict::Fail)]
    {
        let lost = Demo { redirect_uri: Some("http://127.0.0.1:1/callback"), defects, ..Demo::default() };
        let judged = judged(lost, file(), bank(), case).await;
        assert_eq!(judged[0].verdict, verdict, "{}", reason(&judged[0]));
        assert_eq!(judged[0].findings.len(), usize::from(verdict == Verdict::Fail));
    }
}

#[tokio::test]
async fn a_token_that_the_app_never_had_is_not_held_against_it() {
    let case = "
[[case]]
id = 'race'
proves = ['app.disconnect-races-refresh']
about = 'Nothing is left behind'
[[case.step]]
connect = { lifetime = 1 }
[[case.step]]
expire = {}
[[case.step]]
answer = { to = 'refresh', delay_ms = 3000 }
[[case.step]]
use = { wait = false }
given = { refreshes = 1 }
[[case.step]]
disconnect = {}
expect = { live_tokens = 0 }
";
    let hasty = Demo { patience: Duration::from_millis(700), ..Demo::default() };
    let judged = judged(hasty, file(), bank(), case).await;
    assert_eq!(judged[0].verdict, Verdict::Inconclusive, "{}", reason(&judged[0]));
    assert!(reason(&judged[0]).contains("gave its token request up"), "{}", reason(&judged[0]));
}

#[tokio::test]
async fn a_word_that_is_always_shown_tells_nothing() {
    let case = "
[[case]]
id = 'told'
proves = ['app.revoked-by-user']
about = 'The user is told'
[[case.step]]
connect = {}
[[case.step]]
use = {}
[[case.step]]
revoke = {}
[[case.step]]
use = {}
given = { calls = 'at least 1' }
expect = { answer = 'reason-shown' }
";
    for (word, verdict) in [
        ("demo app", Verdict::Inconclusive),
        ("forgotten its access", Verdict::Pass),
        ("elephant", Verdict::Fail),
    ] {
        let file = AppFile { ended_words: vec![word.to_owned()], ..file() };
        let judged = judged(Demo::default(), file, bank(), case).await;
        assert_eq!(judged[0].verdict, verdict, "{word}: {}", reason(&judged[0]));
    }
}
