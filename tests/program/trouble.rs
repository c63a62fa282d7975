//! A server in trouble on one of its routes: no case passes whose probe met the trouble, none fails that could not be
//! concluded, and every other case is judged as ever.

use std::collections::BTreeSet;
use std::future::ready;

use crate::common::proxy::Proxy;
use crate::common::stage::Stage;
use crate::common::sweep::Sweep;
use axum::body::{Body, Bytes};
use axum::response::Response;
use grantspec::results::{CaseResult, Exchange, Level, Verdict};
use http::request::Parts;

const TOKEN: &str = "/oauth2/token";
const WHOAMI: &str = "/ping/whoami";
const LOGOUT: &str = "/oauth2/logout";

fn json(status: u16, body: &'static str) -> Response {
    answer(status, "application/json", body)
}

fn html() -> Response {
    answer(200, "text/html; charset=utf-8", "<!doctype html><title>Welcome</title><p>Please log in.")
}

fn answer(status: u16, kind: &str, body: &'static str) -> Response {
    let head = Response::builder().status(status).header("content-type", kind);
    head.body(Body::from(body)).expect("it is an answer")
}

fn is_refresh(body: &[u8]) -> bool {
    String::from_utf8_lossy(body).contains("grant_type=refresh_token")
}

/// Sweeps a bank that gives this answer on this route, and holds every case against what can be known of such a bank.
fn nothing_is_concluded(route: &'static str, trouble: fn() -> Response) -> Sweep {
    let instead = move |parts: &Parts, _: &Bytes| (parts.uri.path() == route).then(|| ready(trouble()));
    nothing_is_concluded_where(instead, |exchange| path(exchange) == route)
}

fn nothing_is_concluded_where<F>(instead: F, met: impl Fn(&Exchange) -> bool) -> Sweep
where
    F: Fn(&Parts, &Bytes) -> Option<std::future::Ready<Response>> + Clone + Send + Sync + 'static,
{
    let stage = Stage::new();
    let bank = stage.bank(&[]);
    let proxy = stage.start(Proxy::start(bank.address(), instead));
    let sweep = stage.start(Sweep::of(&proxy.address));
    // What is only recorded is never judged: where it could not be seen, it is skipped.
    let only_recorded = |case: &CaseResult| case.level == Level::Info;
    assert!(
        sweep.cases.iter().all(|case| case.verdict != Verdict::Skipped || only_recorded(case)),
        "skipped is no verdict for a server in trouble"
    );
    for verdict in [Verdict::Fail, Verdict::Warn, Verdict::Error] {
        assert_eq!(
            sweep.with(verdict),
            [""; 0],
            "{} is no verdict for a server in trouble",
            verdict.as_str()
        );
    }
    let reached: BTreeSet<&str> = sweep.reached(met).into_iter().map(|case| case.id.as_str()).collect();
    assert!(!reached.is_empty(), "the trouble was met");
    for case in &sweep.cases {
        let due = match reached.contains(case.id.as_str()) {
            true if only_recorded(case) => Verdict::Skipped,
            true => Verdict::Inconclusive,
            false => Verdict::Pass,
        };
        assert_eq!(case.verdict, due, "{}: {:?}", case.id, case.reason);
    }
    sweep
}

fn path(exchange: &Exchange) -> String {
    url::Url::parse(&exchange.request.url).expect("results hold addresses").path().to_owned()
}

#[test]
fn token_requests_that_always_answer_500_conclude_nothing() {
    let sweep = nothing_is_concluded(TOKEN, || json(500, "{}"));
    let why = &sweep.with(Verdict::Inconclusive)[0];
    assert!(why.contains("could not prepare the probe: 500, the server's own trouble"), "{why}");
}

#[test]
fn token_requests_that_always_answer_429_conclude_nothing() {
    nothing_is_concluded(TOKEN, || json(429, "{}"));
}

#[test]
fn token_requests_that_get_a_web_page_conclude_nothing() {
    nothing_is_concluded(TOKEN, html);
}

#[test]
fn tokens_of_a_kind_that_was_not_promised_conclude_nothing() {
    nothing_is_concluded(TOKEN, || json(200, r#"[{"access_token": ["a", 1]}, null]"#));
}

#[test]
fn a_refresh_that_always_answers_500_says_nothing_of_what_logout_kills() {
    let sweep = nothing_is_concluded_where(
        |parts, body| (parts.uri.path() == TOKEN && is_refresh(body)).then(|| ready(json(500, "{}"))),
        |exchange| path(exchange) == TOKEN && is_refresh(exchange.request.body.text.as_bytes()),
    );
    let about_logout: Vec<_> =
        sweep.cases.iter().filter(|case| case.proves.contains(&"logout.kills-refresh".to_owned())).collect();
    assert!(!about_logout.is_empty());
    assert!(about_logout.iter().all(|case| case.verdict == Verdict::Inconclusive));
}

#[test]
fn a_whoami_that_always_answers_500_says_nothing_of_which_tokens_live() {
    nothing_is_concluded(WHOAMI, || json(500, "{}"));
}

#[test]
fn a_whoami_that_gets_a_web_page_says_nothing_of_which_tokens_live() {
    nothing_is_concluded(WHOAMI, html);
}

#[test]
fn a_logout_that_always_answers_500_has_harmed_nobody_and_shown_nothing() {
    nothing_is_concluded(LOGOUT, || json(500, "{}"));
}
