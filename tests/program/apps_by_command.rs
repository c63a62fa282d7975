//! Apps that are a command with a listener of its own for as long as a login takes, and what of them can be told.

use std::fs;

use grantspec::results::{CaseResult, Verdict};

use crate::common::stage::{Ended, Stage};
use crate::puppet;

fn judge(stage: &Stage, text: &str, filter: &str) -> (Ended, CaseResult) {
    fs::write(stage.path("app.toml"), text).expect("the folder is writable");
    let reports = stage.path("reports");
    let reports = reports.to_str().expect("the folder's name is UTF-8");
    let ended = stage.grantspec(&["app", "--app", "app.toml", "--quiet", "--report", reports, filter]);
    let case = ended.results().cases.into_iter().next().expect("a case was run");
    (ended, case)
}

#[test]
fn a_command_that_ended_with_its_login_can_be_sent_no_callback_again() {
    let stage = Stage::new();
    let app = puppet::file("{bank}", "{bank}", "log-in", "");
    for case in ["app-login/state-one-time", "app-login/state-spent-by-failure"] {
        let (ended, case) = judge(&stage, &app, case);
        assert_eq!(case.verdict, Verdict::Skipped, "{ended}");
        let reason = case.reason.unwrap_or_default();
        assert!(reason.contains("ended with its login"), "{reason}");
    }
}

#[test]
fn a_command_that_ends_before_its_callback_is_inconclusive_and_says_how() {
    let stage = Stage::new();
    let link = "{bank}/oauth2/authorize?response_type=code&client_id={client_id}&redirect_uri={redirect_uri}&state=s";
    let app = format!(
        "name = 'App'\nredirect_uri = 'http://127.0.0.1:{{port}}/callback'\n[connect]\n\
         command = ['sh', '-c', 'echo \"{link}\"; echo out of luck; exit 3']\n[use]\ncommand = ['true']\n"
    );
    let (ended, case) = judge(&stage, &app, "app-login/code-once-granted");
    assert_eq!(case.verdict, Verdict::Inconclusive, "{ended}");
    let reason = case.reason.unwrap_or_default();
    for word in ["ended with exit code 3 before its callback came", "out of luck"] {
        assert!(reason.contains(word), "no {word:?} in: {reason}");
    }
}

#[test]
fn behind_the_proxy_too_a_secret_that_follows_a_redirect_is_found() {
    let stage = Stage::new();
    let hosts = "[bank]\nhosts = ['login.bank.example', 'api.bank.example']";
    let app = puppet::file("https://api.bank.example", "https://login.bank.example", "log-in", hosts);
    let (ended, case) = judge(&stage, &app, "app-secrets/no-secret-across-origins[307]");
    assert_eq!(case.verdict, Verdict::Fail, "{ended}");
    let reason = case.reason.unwrap_or_default();
    assert!(reason.contains("client secret 1› in a request to another origin"), "{reason}");
}

#[test]
fn an_address_with_two_slashes_for_one_is_the_banks_all_the_same() {
    let stage = Stage::new();
    let app = puppet::file("{bank}/", "{bank}", "log-in", "");
    let (ended, case) = judge(&stage, &app, "app-secrets/tokens-stay-in-place");
    assert_eq!(case.verdict, Verdict::Pass, "{ended}");
}

#[test]
fn a_command_that_asks_its_user_to_log_in_again_is_judged_by_what_it_sent_until_then() {
    let stage = Stage::new();
    let app = puppet::file("{bank}", "{bank}", "log-in", "");
    let (ended, case) = judge(&stage, &app, "app-login/bad-token-answer[html]");
    assert_eq!(case.verdict, Verdict::Pass, "{ended}");
    let asked =
        case.steps.iter().any(|step| step.outcome.contains("asks its user to log in at the bank, and waits"));
    assert!(asked, "{ended}");
}
