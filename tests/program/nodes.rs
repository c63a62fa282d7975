//! Several nodes, restarts and overload on servers that offer them in another way than the bundled bank, or not at all.

use std::future::ready;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::body::{Body, Bytes};
use axum::response::Response;
use grantspec::results::Verdict;
use http::request::Parts;

use crate::common::proxy::Proxy;
use crate::common::stage::Stage;

fn answer(status: u16) -> Response {
    let head = Response::builder().status(status).header("retry-after", "0");
    head.body(Body::from("{}")).expect("it is an answer")
}

fn ends(parts: &Parts, with: &str) -> bool {
    parts.uri.path().ends_with(with)
}

/// The verdict of a case on the bank behind a proxy, and its reason.
fn judged<F>(stage: &Stage, broken: &[&str], case: &str, instead: F) -> (Verdict, String)
where
    F: Fn(&Parts, &Bytes) -> Option<std::future::Ready<Response>> + Clone + Send + Sync + 'static,
{
    let bank = stage.bank(broken);
    let proxy = stage.start(Proxy::start(bank.address(), instead));
    let results = stage.run(&proxy.address, &[case]).results();
    let [case] = &results.cases[..] else { panic!("one case") };
    (case.verdict, case.reason.clone().unwrap_or_default())
}

#[test]
fn a_bank_behind_a_balancer_is_asked_at_its_nodes() {
    let stage = Stage::new();
    let straight = |_: &Parts, _: &Bytes| None;
    let case = "nodes/logged-out[server]";
    assert_eq!(judged(&stage, &[], case, straight).0, Verdict::Pass);
    let broken = judged(&stage, &["node.invalidation-everywhere:logout"], case, straight);
    assert_eq!(broken.0, Verdict::Fail);
}

#[test]
fn how_late_another_node_hears_is_told_beside_the_verdict() {
    let stage = Stage::new();
    let bank = stage.bank(&["node.invalidation-everywhere:late"]);
    let results = stage.run(bank.address(), &["nodes/logged-out[server]"]).results();
    let case = &results.cases[0];
    assert_eq!(case.verdict, Verdict::Fail);
    let told = &case.observations[0];
    assert_eq!(told.about, "whether node 2 had heard");
    let after = told.seen.rsplit("had after ").next().and_then(|rest| rest.strip_suffix(" ms"));
    let after: u64 = after.and_then(|number| number.parse().ok()).expect("it is measured");
    assert!(after >= 700, "the bank says it 750 ms late: {}", told.seen);
}

#[test]
fn what_a_control_api_cannot_do_skips_the_case_and_says_so() {
    for (status, told) in [(404, "can't start the target anew"), (501, "it has no such thing for tests")] {
        let stage = Stage::new();
        let no_restart =
            move |parts: &Parts, _: &Bytes| ends(parts, "/restart").then(|| ready(answer(status)));
        let (verdict, why) = judged(&stage, &[], "nodes/replaced-stays-dead", no_restart);
        assert_eq!(verdict, Verdict::Skipped, "{why}");
        assert!(why.contains(told), "{why}");
    }
}

#[test]
fn where_the_control_api_cannot_throttle_a_burst_brings_the_429() {
    let stage = Stage::new();
    let asked = Arc::new(AtomicUsize::new(0));
    // The login and the first refresh ask it twice, the burst in tens: the 429s begin in its fourth ten, and meet the next
    // refresh too.
    let limited = move |parts: &Parts, _: &Bytes| {
        if ends(parts, "/throttle") {
            return Some(ready(answer(501)));
        }
        if !ends(parts, "/oauth2/token") {
            return None;
        }
        let number = asked.fetch_add(1, Ordering::SeqCst);
        (40..43).contains(&number).then(|| ready(answer(429)))
    };
    let (verdict, why) = judged(&stage, &[], "nodes/refresh-can-be-repeated", limited);
    assert_eq!(verdict, Verdict::Pass, "{why}");
}

#[test]
fn a_server_that_never_says_429_passes_nothing() {
    let stage = Stage::new();
    let unlimited = |parts: &Parts, _: &Bytes| ends(parts, "/throttle").then(|| ready(answer(404)));
    let (verdict, why) = judged(&stage, &[], "nodes/refresh-can-be-repeated", unlimited);
    assert_eq!(verdict, Verdict::Skipped);
    assert!(why.contains("none was answered 429"), "{why}");
}
