//! Servers that are no bank, or hardly a server: the program's message, its exit code and its reports, with a few cases.

use grantspec::results::{Exit, Run, Verdict};
use wiremock::matchers::{any, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::common::raw::{self, Manners};
use crate::common::stage::{Ended, Stage};

/// Some that use the token endpoint and whoami, and one (the first) that uses neither.
const SOME: [&str; 4] =
    ["state/on-denial", "code/fields", "refresh/single-use-at-once", "logout/kills-refresh"];
/// Nobody is kept waiting by a server that never answers; no honest answer is due in these runs.
const IMPATIENT: &str = "[limits]\nrequest_ms = 300\nbody_bytes = 65536";
/// For runs in which most answers are honest ones, and must arrive on a busy machine too.
const PATIENT: &str = "[limits]\nrequest_ms = 5000\nbody_bytes = 65536";

/// A target that can't even make a world: every case is an error that says why, and so does standard error.
#[track_caller]
fn unusable(stage: &Stage, ended: &Ended, message: &str) {
    assert_eq!(ended.code, Some(Exit::Trouble as i32), "{ended}");
    assert!(ended.stderr.contains("the control API at http://127.0.0.1:"), "{ended}");
    assert!(ended.stderr.contains(message), "{message} is due: {ended}");
    let run = ended.results();
    assert!(run.cases.len() >= SOME.len());
    for case in &run.cases {
        assert_eq!(case.verdict, Verdict::Error, "{}", case.id);
        assert!(case.reason.as_ref().is_some_and(|reason| reason.contains(message)), "{:?}", case.reason);
    }
    rendered_again(stage, ended);
}

#[track_caller]
fn rendered_again(stage: &Stage, ended: &Ended) {
    let reports = ended.reports.to_str().expect("the folder's name is UTF-8");
    let again = stage.grantspec(&["report", "render", reports]);
    assert_eq!(again.code, Some(Exit::Conformant as i32), "{again}");
    ended.results();
}

#[test]
fn a_target_that_nobody_listens_at_is_named() {
    let stage = Stage::new();
    let nobody = stage.start(raw::nobody());
    let ended = stage.run(&nobody, &SOME);
    unusable(&stage, &ended, "no connection");
    assert!(ended.stderr.contains("is the target running, and is its address right?"), "{ended}");
}

#[test]
fn each_way_of_being_no_http_server_is_told_apart() {
    for (manners, message) in [
        (Manners::Hang, "no whole answer within 300 ms"),
        (Manners::HangInBody, "no whole answer within 300 ms"),
        (Manners::ResetAtOnce, "connection broken"),
        (Manners::ResetInBody, "connection broken"),
        (Manners::TooShort, "connection broken"),
        (Manners::Endless, "cut off after 65536 bytes"),
        (Manners::EndlessHeaders, "not HTTP"),
        (Manners::Garbage, "not HTTP"),
        (Manners::Noise, "not HTTP"),
    ] {
        let stage = Stage::new();
        let server = stage.start(raw::start(manners));
        let ended = stage.run(&stage.target(&server, IMPATIENT), &SOME);
        unusable(&stage, &ended, message);
    }
}

#[test]
fn a_target_that_answers_everything_alike_is_no_bank() {
    for (answer, message) in [
        (ResponseTemplate::new(500), "answered 500 where a new world was due"),
        (ResponseTemplate::new(429), "answered 429 where a new world was due"),
        (ResponseTemplate::new(404), "answered 404 where a new world was due"),
        (ResponseTemplate::new(302).insert_header("location", "/"), "answered 302 where a new world was due"),
        (
            ResponseTemplate::new(200).set_body_raw("<p>Welcome", "text/html"),
            "gave a world that can't be used",
        ),
        (ResponseTemplate::new(201).set_body_raw("{}", "application/json"), "missing field `world`"),
        (ResponseTemplate::new(201).set_body_raw(NO_BOB, "application/json"), "it has no user bob"),
    ] {
        let stage = Stage::new();
        let server = stage.start(async {
            let server = MockServer::start().await;
            Mock::given(any()).respond_with(answer).mount(&server).await;
            server
        });
        let ended = stage.run(&server.uri(), &SOME);
        unusable(&stage, &ended, message);
    }
}

const NO_BOB: &str = r#"{"world": "w", "now": 0, "approval_seconds": 1, "clients": {},
    "users": {"alice": {"user_id": "u", "account_id": "a"}}}"#;

/// A good bank, one of whose endpoints is somewhere else. Cases that meet it come to `due`, all others pass.
#[track_caller]
fn only_there(stage: &Stage, endpoint: &str, elsewhere: &str, due: Verdict, message: &str) -> Run {
    let bank = stage.bank(&[]);
    let there = format!("{elsewhere}/there");
    let usual = [
        ("authorize", "/oauth2/authorize"),
        ("token", "/oauth2/token"),
        ("whoami", "/ping/whoami"),
        ("logout", "/oauth2/logout"),
        ("accounts", "/accounts"),
        ("balance", "/balance"),
        ("transactions", "/transactions"),
        ("mandates", "/mandates"),
        ("control", "/control"),
    ];
    let endpoints = usual.map(|(name, path)| {
        let at = if name == endpoint { there.as_str() } else { path };
        format!("{name} = '{at}'\n")
    });
    let more = format!("{PATIENT}\n[endpoints]\n{}", endpoints.concat());
    let ended = stage.run(&stage.target(bank.address(), &more), &SOME);
    let run = ended.results();
    let mut met = 0;
    for case in &run.cases {
        let mut exchanges = case.steps.iter().flat_map(|step| &step.exchanges);
        let reached = exchanges.any(|exchange| exchange.request.url.starts_with(&there));
        met += usize::from(reached);
        let due = if reached { due } else { Verdict::Pass };
        assert_eq!(case.verdict, due, "{}: {:?}\n{ended}", case.id, case.reason);
        if reached {
            assert!(case.reason.as_ref().is_some_and(|said| said.contains(message)), "{:?}", case.reason);
        }
    }
    assert!(met > 0, "the trouble was met");
    let exit = if due == Verdict::Error { Exit::Trouble } else { Exit::NotConformant };
    assert_eq!(ended.code, Some(exit as i32), "{ended}");
    rendered_again(stage, &ended);
    run
}

#[test]
fn a_token_endpoint_in_trouble_leaves_the_other_cases_alone() {
    for (manners, due, message) in [
        (Manners::Hang, Verdict::Inconclusive, "no whole answer within 5000 ms"),
        (Manners::ResetInBody, Verdict::Inconclusive, "connection broken"),
        (Manners::Endless, Verdict::Inconclusive, "cut off after 65536 bytes"),
        (Manners::Garbage, Verdict::Error, "not HTTP"),
    ] {
        let stage = Stage::new();
        let server = stage.start(raw::start(manners));
        let run = only_there(&stage, "token", &server, due, message);
        assert!(run.cases.iter().any(|case| case.verdict == Verdict::Pass), "what needs no token is judged");
    }
}

#[test]
fn a_whoami_that_nobody_listens_at_breaks_only_what_asks_it() {
    let stage = Stage::new();
    let nobody = stage.start(raw::nobody());
    only_there(&stage, "whoami", &nobody, Verdict::Error, "no connection");
}

#[test]
fn a_login_page_that_redirects_in_a_loop_is_left() {
    let stage = Stage::new();
    let server = stage.start(async {
        let server = MockServer::start().await;
        let onward = |to: &str| ResponseTemplate::new(302).insert_header("location", to);
        Mock::given(method("GET")).and(path("/there")).respond_with(onward("/more")).mount(&server).await;
        Mock::given(method("GET")).and(path("/more")).respond_with(onward("there?")).mount(&server).await;
        server
    });
    only_there(&stage, "authorize", &server.uri(), Verdict::Inconclusive, "a redirect loop");
}

#[test]
fn a_login_page_that_is_any_page_is_no_login() {
    let stage = Stage::new();
    let server = stage.start(async {
        let server = MockServer::start().await;
        let page = ResponseTemplate::new(200).set_body_raw("<p>Welcome", "text/html");
        Mock::given(method("GET")).respond_with(page).mount(&server).await;
        server
    });
    let without = "a page without a login to complete";
    only_there(&stage, "authorize", &server.uri(), Verdict::Inconclusive, without);
}
