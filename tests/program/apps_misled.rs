//! Mistakes in app files that look like the app's own: nothing is held against the app, and what is to be corrected is named.

use std::fs;

use grantspec::results::{CaseResult, Verdict};

use crate::common::app::{self, Trouble};
use crate::common::stage::{Ended, Stage};
use crate::puppet;

const SHORT: &str = "[limits]\naction_ms = 2000\nquiet_ms = 50\nlongest_quiet_ms = 100\nrequests = 20";

/// The file of a right app, where one text of it is replaced by another.
fn mistaken(stage: &Stage, from: &str, to: &str) -> String {
    let path = app::start(stage, Trouble::None, SHORT);
    let text = fs::read_to_string(&path).expect("it was just written");
    assert!(text.contains(from), "the file has no {from:?}: {text}");
    text.replace(from, to)
}

/// The file of the demo app with such a mistake.
fn mistaken_demo(from: &str, to: &str) -> String {
    let text = include_str!("../../fixtures/apps/demo.toml");
    assert!(text.contains(from), "the file has no {from:?}");
    text.replace(from, to)
}

fn judge(stage: &Stage, text: &str, case: &str) -> (Ended, CaseResult) {
    fs::write(stage.path("app.toml"), text).expect("the folder is writable");
    let ended = stage.grantspec(&["app", "--app", "app.toml", "--quiet", "--report", "reports", case]);
    let results = fs::read_to_string(stage.path("reports/results.json")).expect("it is written");
    let results: grantspec::results::Run = serde_json::from_str(&results).expect("it is in its own form");
    let case = results.cases.into_iter().next().expect("a case was run");
    (ended, case)
}

/// Judges an app by one case, which must be inconclusive for a reason with these words.
fn inconclusive(stage: &Stage, text: &str, case: &str, words: &[&str]) -> String {
    let (ended, case) = judge(stage, text, case);
    assert_eq!((case.verdict, ended.code), (Verdict::Inconclusive, Some(1)), "{ended}");
    let reason = case.reason.unwrap_or_default();
    for word in words {
        assert!(reason.contains(word), "no {word:?} in: {reason}");
    }
    reason
}

#[test]
fn an_app_that_goes_to_another_bank_is_told_where_it_went_and_what_to_correct() {
    let stage = Stage::new();
    let text = mistaken(&stage, "bank={bank}", "bank=http://127.0.0.1:9");
    let words =
        ["sent its user to http://127.0.0.1:9/oauth2/authorize, which is not the bank", "bank.port = 9"];
    inconclusive(&stage, &text, "app-login/code-once-granted", &words);
    let text = mistaken(&stage, "bank={bank}", "bank=https://bank.example");
    let words = ["sent its user to https://bank.example/oauth2/authorize", "bank.hosts"];
    inconclusive(&stage, &text, "app-login/code-once-granted", &words);
}

#[test]
fn a_command_with_a_link_to_another_bank_is_told_so() {
    let stage = Stage::new();
    let text = puppet::file("{bank}", "http://127.0.0.1:9", "log-in", SHORT);
    let words = ["sent its user to http://127.0.0.1:9/oauth2/authorize", "{bank} in connect.command"];
    inconclusive(&stage, &text, "app-login/code-once-granted", &words);
}

#[test]
fn the_bank_by_another_name_of_this_machine_is_the_bank() {
    let stage = Stage::new();
    let port = app::free_port();
    let text = mistaken(&stage, "bank={bank}", &format!("bank=http://localhost:{port}"));
    let text = format!("{text}\n[bank]\nport = {port}\n");
    let (ended, case) = judge(&stage, &text, "app-login/code-once-granted");
    assert_eq!(case.verdict, Verdict::Pass, "{ended}");
}

#[test]
fn a_login_that_is_asked_for_at_a_wrong_address_names_the_address_and_the_key() {
    let stage = Stage::new();
    let text = mistaken(&stage, "/connect?", "/conect?");
    let words = ["answered 404 to GET http://127.0.0.1:", "/conect", "correct connect.get"];
    inconclusive(&stage, &text, "app-login/code-once-granted", &words);
}

#[test]
fn a_secret_that_is_not_the_registered_one_is_no_broken_promise_and_is_not_told() {
    let stage = Stage::new();
    let text = mistaken(&stage, "secret={client_secret}", "secret=of-another-client");
    let words = ["401 invalid_client", "the client_secret that the app sent", "hand it {client_secret}"];
    for case in ["app-secrets/secret-in-body", "app-login/code-once-granted"] {
        let reason = inconclusive(&stage, &text, case, &words);
        assert!(!reason.contains("of-another-client"), "{reason}");
    }
}

#[test]
fn an_address_of_the_app_file_that_is_not_there_breaks_no_promise() {
    let stage = Stage::new();
    for (from, to, case, word) in [
        ("/disconnect\"", "/disconect\"", "app-leaving/disconnect-races-refresh", "correct disconnect.post"),
        ("/use\"", "/usee\"", "app-refresh/no-storm-on-401", "correct use.post"),
        (
            "[status]\nget = \"http://127.0.0.1:{port}/\"",
            "[status]\nget = \"http://127.0.0.1:{port}/state\"",
            "app-login/no-user-mix-up",
            "correct status.get",
        ),
        ("/refresh\"", "/refrsh\"", "app-leaving/discards-refresh-token", "correct refresh.post"),
    ] {
        inconclusive(&stage, &mistaken_demo(from, to), case, &[word, "answered 404"]);
    }
}
