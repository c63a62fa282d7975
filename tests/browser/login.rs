//! The login driver `browser`: the bundled bank's page, and a page that a script makes.

use std::time::Duration;

use axum::Router;
use axum::extract::Query;
use axum::http::StatusCode;
use axum::response::Html;
use axum::routing::get;
use grantspec::engine::{self, Options, Plan};
use grantspec::reference::{self, Running};
use grantspec::results::{CaseResult, Verdict};
use grantspec::suite::Library;
use grantspec::target::login::Driver;
use grantspec::target::{Target, TargetFile};
use tokio::net::TcpListener;

use crate::chromium::left_out;

const STEPS: &str = r#"
driver = "browser"
seconds = 300
[[step]]
when = "input[name=email]"
fill = { email = "{user.email}" }
allow = { press = "Continue" }
deny = { press = "Cancel" }
"#;

const CASES: &str = r#"
[suite]
id = "mine"
about = "Logins in a browser"

[[case]]
id = "allowed"
proves = ["state.echo-exact"]
about = "A login and a denial come back"
[[case.step]]
authorize = { user = "alice", client = "server", state = "a b&c=d%25+é" }
expect = { outcome = "granted", state = "same" }
[[case.step]]
authorize = { user = "bob", client = "server", decide = "deny" }
expect = { outcome = "refused", error = "access_denied", state = "same" }

[[case]]
id = "refused"
proves = ["redirect.exact-match"]
about = "Another redirect URI is refused"
[[case.step]]
authorize = { user = "alice", client = "server" }
[[case.step]]
authorize = { user = "alice", client = "server", redirect = "foreign" }
expect = { outcome = "refused" }
"#;

async fn judged(base: &str, login: &str) -> Vec<CaseResult> {
    let library = Library::read(&[("mine.toml", CASES)]).expect("the suite is right");
    let mut file = TargetFile::at(base).expect("it is an address");
    file.login = Driver::parse("target.toml", login).expect("it is right");
    let target = Target::open(file).expect("an HTTP client can be set up");
    let plan = Plan::select(&library, &[], Some(&target));
    let options = Options { jobs: 1, seed: 0, rerun: "grantspec run".to_owned(), evidence: true };
    let mut results = Vec::new();
    for selected in &plan.cases {
        results.push(engine::run_case(selected, &target, &options).await);
    }
    results
}

fn told(results: &[CaseResult]) -> Vec<(Verdict, String)> {
    results.iter().map(|result| (result.verdict, result.reason.clone().unwrap_or_default())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_banks_page_is_filled_in_by_a_browser_and_the_redirect_is_read_from_its_address() {
    if left_out() {
        return;
    }
    let bank = Running::start(reference::Options::default()).await.expect("a port of loopback is free");
    let results = judged(bank.address(), STEPS).await;
    assert!(results.iter().all(|result| result.verdict == Verdict::Pass), "{:?}", told(&results));
}

/// A bank whose page is nothing without its script, and that goes to the app by script too.
async fn scripted(worlds: &str) -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port of loopback is free");
    let address = format!("http://{}", listener.local_addr().expect("it has an address"));
    let world = reqwest_world(worlds).await;
    let page = async |Query(asked): Query<std::collections::HashMap<String, String>>| {
        if asked["redirect_uri"].contains("foreign") {
            return (StatusCode::BAD_REQUEST, Html("<body>That is not the app's address.</body>".to_owned()));
        }
        let script = "<body><p>Loading</p><script>setTimeout(() => {
            document.body.innerHTML = '<input name=email><button type=button>Continue</button><button type=button>Cancel</button>';
            const back = outcome => {
                const asked = new URLSearchParams(location.search);
                const to = new URL(asked.get('redirect_uri'));
                to.searchParams.set(...outcome);
                to.searchParams.set('state', asked.get('state'));
                location = to;
            };
            const [yes, no] = document.querySelectorAll('button');
            yes.onclick = () => back(['code', document.querySelector('input').value]);
            no.onclick = () => back(['error', 'access_denied']);
        }, 300)</script></body>";
        (StatusCode::OK, Html(script.to_owned()))
    };
    let routes = Router::new()
        .route("/oauth2/authorize", get(page))
        .route("/control/worlds", axum::routing::post(async move || (StatusCode::CREATED, world)))
        .fallback(async || StatusCode::NO_CONTENT);
    tokio::spawn(async move { axum::serve(listener, routes).await });
    address
}

async fn reqwest_world(bank: &str) -> String {
    let url = format!("{bank}/control/worlds/standing").parse().expect("an address");
    let target = Target::open(TargetFile::at(bank).expect("an address")).expect("an HTTP client");
    let world = target.send(&grantspec::target::Outgoing::get(url)).await.expect("the bank answers");
    String::from_utf8(world.body.to_vec()).expect("it is JSON")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_its_script_makes_is_gone_through_and_one_that_is_not_known_is_no_verdict() {
    if left_out() {
        return;
    }
    let bank = Running::start(reference::Options::default()).await.expect("a port of loopback is free");
    let address = scripted(bank.address()).await;
    let results = judged(&address, STEPS).await;
    assert!(results.iter().all(|result| result.verdict == Verdict::Pass), "{:?}", told(&results));
    // What its script read from its own address can be filled in too.
    let by_query = STEPS.replace("{user.email}", "{page.query}");
    let results = judged(&address, &by_query).await;
    assert!(results.iter().all(|result| result.verdict == Verdict::Pass), "{:?}", told(&results));
    let changed = STEPS.replace("name=email", "name=user");
    let results = judged(&address, &changed).await;
    // A state that the case chose makes the request an altered one: then the page could be a refusal, but it asks for something.
    for ((verdict, reason), due) in told(&results).into_iter().zip([Verdict::Inconclusive, Verdict::Error]) {
        assert_eq!(verdict, due, "{reason}");
        assert!(reason.contains("no step of the login in the target file knows the page at"), "{reason}");
    }
    let exchanges = results[0].steps.iter().flat_map(|step| &step.exchanges);
    let pictures: Vec<&String> = exchanges.filter_map(|exchange| exchange.picture.as_ref()).collect();
    assert!(
        pictures.len() == 1 && pictures[0].starts_with("iVBORw0KGgo"),
        "a PNG of the page that it is stuck on"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_webdriver_program_cases_are_skipped_and_say_what_to_install() {
    let bank = Running::start(reference::Options::default()).await.expect("a port of loopback is free");
    let missing = format!("webdriver = './no-such-chromedriver'\n{STEPS}");
    let began = std::time::Instant::now();
    for (verdict, reason) in told(&judged(bank.address(), &missing).await) {
        assert_eq!(verdict, Verdict::Skipped, "{reason}");
        assert!(reason.contains("./no-such-chromedriver can't be run"), "{reason}");
    }
    assert!(began.elapsed() < Duration::from_secs(60));
}
