//! What a file says of the server as a whole: header lines and keys, where answers have what they are for, how it names a
//! disconnection, slashes, and time.

use std::fs;
use std::future::ready;
use std::sync::{Arc, Mutex};

use axum::body::{Body, Bytes};
use axum::response::Response;
use grantspec::results::{Exit, Verdict};
use http::request::Parts;
use serde_json::Value;

use super::all_pass;
use crate::common::proxy::Proxy;
use crate::common::stage::{Stage, text_of};

const CASES: [&str; 3] = ["refresh/rotates[server]", "logout/kills-access[server]", "refresh/one-winner"];
const API_KEY: &str = "a-7d10c95e64fb";
const CONTROL_KEY: &str = "c-31f8be02a9d7";

const USUAL: &str = "[endpoints]
authorize = '/oauth2/authorize'
token = '/oauth2/token'
whoami = '/ping/whoami'
accounts = '/accounts'
control = '/control'
";

fn response(status: u16, location: &str) -> Response {
    let response = Response::builder().status(status).header("location", location).body(Body::empty());
    response.expect("it is a response")
}

#[test]
fn header_lines_and_the_key_of_the_control_api_go_with_every_request_and_into_no_report() {
    let stage = Stage::new();
    let bank = stage.bank(&[]);
    let guarded = |parts: &Parts, _: &Bytes| {
        let shows = |name: &str, due: &str| parts.headers.get(name).is_some_and(|value| value == due);
        let control = parts.uri.path().starts_with("/control");
        let may = shows("x-api-key", API_KEY)
            && shows("x-tenant", "blue")
            && (!control || shows("authorization", &format!("Bearer {CONTROL_KEY}")));
        (!may).then(|| ready(response(403, "/")))
    };
    let front = stage.start(Proxy::start(bank.address(), guarded));
    fs::write(stage.path("api-key"), format!("{API_KEY}\n")).expect("the folder is writable");
    let more = "[headers]\nx-tenant = 'blue'\nx-api-key = { file = 'api-key' }\n[control]\nkey_env = 'CONTROL_KEY'\n";
    let (file, env) = (stage.target(&front.address, more), [("CONTROL_KEY", CONTROL_KEY)]);
    let ended = stage.run_with(&env, &file, &CASES);
    all_pass(&ended, &CASES);
    for name in ["index.html", "junit.xml", "results.json"] {
        let report = text_of(&ended.reports.join(name));
        assert!(!report.contains(API_KEY) && !report.contains(CONTROL_KEY), "{name}");
    }
    for missing in ["x-tenant = 'blue'\n", "x-api-key = { file = 'api-key' }\n", "key_env = 'CONTROL_KEY'\n"]
    {
        let file = stage.target(&front.address, &more.replace(missing, ""));
        let ended = stage.run_with(&env, &file, &CASES[..1]);
        assert_ne!(ended.code, Some(Exit::Conformant as i32), "without {missing}\n{ended}");
    }
}

#[test]
fn data_is_looked_for_where_the_file_says_that_it_is() {
    let stage = Stage::new();
    let bank = stage.bank(&[]);
    for (gives, conformant) in [("/accounts", true), ("/accounts/0/id", true), ("/data", false)] {
        let line = format!("accounts = {{ url = '/accounts', gives = '{gives}' }}");
        let file = stage.target(bank.address(), &USUAL.replace("accounts = '/accounts'", &line));
        let ended = stage.run(&file, &["sca/approval-opens[server]"]);
        assert_eq!(ended.code == Some(Exit::Conformant as i32), conformant, "{gives}\n{ended}");
    }
}

#[test]
fn a_disconnection_is_told_by_the_names_that_the_file_gives_and_by_no_others() {
    let stage = Stage::new();
    let bank = stage.bank(&[]);
    for (name, exit) in [
        ("unauthorized.bad_access_token.revoked_by_user", Exit::Conformant),
        ("gone_by_the_users_wish", Exit::NotConformant),
    ] {
        let file = stage.target(bank.address(), &format!("disconnected_errors = ['{name}']"));
        let ended = stage.run(&file, &["consent/told-by-whoami[server]"]);
        assert_eq!(ended.results().cases.len(), 1, "{ended}");
        assert_eq!(ended.code, Some(exit as i32), "{name}\n{ended}");
    }
}

#[test]
fn a_redirect_to_the_same_address_but_for_a_slash_is_followed_and_no_other() {
    let stage = Stage::new();
    let bank = stage.bank(&[]);
    let elsewhere = stage.start(Proxy::start(bank.address(), |_, _| None::<std::future::Ready<Response>>));
    let away = format!("{}/ping/whoami", elsewhere.address);
    for (to, follow, passes) in [
        ("/ping/whoami", true, true),
        ("/ping/whoami", false, false),
        (away.as_str(), true, false),
        ("/ping//whoami", true, false),
    ] {
        let leads = to.to_owned();
        let slashes = move |parts: &Parts, _: &Bytes| match parts.uri.path() == "/ping/whoami/" {
            true => Some(ready(response(308, &leads))),
            false => None,
        };
        let front = stage.start(Proxy::start(bank.address(), slashes));
        let line = format!("whoami = {{ url = '/ping/whoami/', follow_slash = {follow} }}");
        let file = stage.target(&front.address, &USUAL.replace("whoami = '/ping/whoami'", &line));
        let ended = stage.run(&file, &["whoami/identity[alice]"]);
        assert_eq!(ended.code == Some(Exit::Conformant as i32), passes, "{to}, {follow}\n{ended}");
    }
    assert!(elsewhere.passed().is_empty(), "a token went to another server");
}

#[test]
fn a_token_is_looked_at_as_long_after_its_expiry_as_the_file_allows_it_to_live() {
    let stage = Stage::new();
    let bank = stage.bank(&[]);
    let moved: Arc<Mutex<u64>> = Arc::default();
    let count = Arc::clone(&moved);
    let watched = move |parts: &Parts, body: &Bytes| {
        if parts.uri.path().ends_with("/advance") {
            let asked: Value = serde_json::from_slice(body).expect("the control API is spoken to in JSON");
            *count.lock().expect("nobody panics holding it") += asked["seconds"].as_u64().expect("a number");
        }
        None::<std::future::Ready<Response>>
    };
    let front = stage.start(Proxy::start(bank.address(), watched));
    let passed = |more: &str| {
        all_pass(
            &stage.run(&stage.target(&front.address, more), &["code/expiry-honest"]),
            &["code/expiry-honest"],
        );
        std::mem::take(&mut *moved.lock().expect("nobody panics holding it"))
    };
    // Each of these cases passes the moment by a minute, or by what is allowed if that is more.
    let (usual, late) = (passed(""), passed("[limits]\nexpiry_tolerance_s = 600\n"));
    assert!(late > usual && (late - usual) % 540 == 0, "{usual} s and {late} s");
}

#[test]
fn time_that_cannot_be_moved_is_waited_for_only_where_that_is_wanted_and_short_enough() {
    let stage = Stage::new();
    let bank = stage.bank(&[]);
    let more = "[lacks]\nclock = 'it runs on real time'\n[limits]\nlongest_wait_s = 1\n";
    let file = stage.target(bank.address(), more);
    for (flags, part) in [(&[][..], "it runs on real time"), (&["--slow"], "limits.longest_wait_s")] {
        let ended = stage.run(&file, &[&["code/expires[server]"], flags].concat());
        let case = &ended.results().cases[0];
        let reason = case.reason.as_deref().unwrap_or_default();
        assert!(case.verdict == Verdict::Skipped && reason.contains(part), "{reason}\n{ended}");
    }
}
