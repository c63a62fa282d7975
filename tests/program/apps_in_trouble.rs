//! Apps in every kind of trouble: what is said names the cause, and nothing passes.

use std::fs;
use std::time::Duration;

use grantspec::results::{CaseResult, Verdict};

use crate::common::app::{self, Trouble};
use crate::common::stage::{Ended, Stage};
use crate::puppet;

/// Short, so that a trouble shows soon; the silence that is watched is no part of these tests.
const SHORT: &str = "[limits]\naction_ms = 500\nquiet_ms = 50\nlongest_quiet_ms = 100\nrequests = 20";

fn judge(stage: &Stage, app: &str, filters: &[&str]) -> (Ended, CaseResult) {
    let reports = stage.path("reports");
    let reports = reports.to_str().expect("the folder's name is UTF-8");
    let ended = stage.grantspec(&[&["app", "--app", app, "--quiet", "--report", reports], filters].concat());
    let results = ended.results();
    let case = results.cases.into_iter().next().expect("a case was run");
    (ended, case)
}

/// Judges the app by one case, which must be inconclusive for a reason with these words.
fn inconclusive(stage: &Stage, app: &str, words: &[&str]) {
    let (ended, case) = judge(stage, app, &["app-login/giant-code"]);
    assert_eq!(case.verdict, Verdict::Inconclusive, "{ended}");
    assert_eq!(ended.code, Some(1), "{ended}");
    let reason = case.reason.unwrap_or_default();
    for word in words {
        assert!(reason.contains(word), "no {word:?} in: {reason}");
    }
}

fn commands(stage: &Stage, command: &str, lines: &str) -> String {
    write(
        stage,
        &format!(
            "name = 'App'\nredirect_uri = 'http://127.0.0.1:{{port}}/callback'\n{lines}\n[connect]\ncommand = {command}\n\
             [use]\ncommand = ['true']\n"
        ),
    )
}

fn write(stage: &Stage, text: &str) -> String {
    let path = stage.path("app.toml");
    fs::write(&path, text).expect("the folder is writable");
    path.display().to_string()
}

#[test]
fn an_app_in_no_trouble_passes() {
    let stage = Stage::new();
    let app = app::start(&stage, Trouble::None, SHORT);
    let (ended, case) = judge(&stage, &app, &["app-login/code-once-granted"]);
    assert_eq!((case.verdict, ended.code), (Verdict::Pass, Some(0)), "{ended}");
}

#[test]
fn an_app_is_told_by_a_file_that_is_there_when_it_begins() {
    let stage = Stage::new();
    let lines = "[start]\ncommand = ['sh', '-c', 'cp app.conf seen.conf; sleep 300']\n\
                 config = { path = 'app.conf', text = 'bank={bank} id={client_id} secret={client_secret}' }";
    let app = app::start(&stage, Trouble::None, &format!("{SHORT}\n{lines}"));
    let (ended, case) = judge(&stage, &app, &["app-login/code-once-granted"]);
    assert_eq!((case.verdict, ended.code), (Verdict::Pass, Some(0)), "{ended}");
    let seen = fs::read_to_string(stage.path("seen.conf")).expect("the app has read its file");
    let words: Vec<&str> = seen.split(' ').collect();
    assert!(words[0].starts_with("bank=http://127.0.0.1:"), "{}", words[0]);
    assert!(words[1].starts_with("id=oauth2client_"), "{}", words[1]);
    assert!(words[2].len() > "secret=".len() + 20, "the secret is filled in");
}

#[test]
fn an_app_that_offers_another_try_after_a_refusal_passes() {
    let stage = Stage::new();
    let app = app::start(&stage, Trouble::OffersAnotherTry, SHORT);
    let (ended, case) = judge(&stage, &app, &["app-login/denied"]);
    assert_eq!((case.verdict, ended.code), (Verdict::Pass, Some(0)), "{ended}");
}

#[test]
fn an_app_that_never_calls_the_bank_is_inconclusive() {
    let stage = Stage::new();
    let app = app::start(&stage, Trouble::NeverCalls, SHORT);
    inconclusive(&stage, &app, &["due to end in an exchange", "none came", "answered its callback with 200"]);
}

#[test]
fn an_app_that_hangs_is_inconclusive() {
    let stage = Stage::new();
    let app = app::start(&stage, Trouble::Hangs, SHORT);
    inconclusive(&stage, &app, &["the app did not answer: time-out"]);
}

#[test]
fn an_app_that_redirects_for_ever_is_inconclusive() {
    let stage = Stage::new();
    let app = app::start(&stage, Trouble::RedirectsForEver, SHORT);
    inconclusive(&stage, &app, &["redirects for ever"]);
}

#[test]
fn an_app_that_listens_elsewhere_is_inconclusive() {
    let stage = Stage::new();
    let app = app::start(&stage, Trouble::ListensElsewhere, SHORT);
    inconclusive(&stage, &app, &["nobody listens for the callback at http://127.0.0.1:", "another port"]);
}

#[test]
fn a_disconnection_that_the_app_turns_away_is_inconclusive() {
    let stage = Stage::new();
    let app = app::start(&stage, Trouble::None, SHORT);
    for case in ["app-leaving/discards-on-disconnect", "app-leaving/logout-on-disconnect"] {
        let (ended, case) = judge(&stage, &app, &[case]);
        assert_eq!(case.verdict, Verdict::Inconclusive, "{ended}");
        let reason = case.reason.unwrap_or_default();
        assert!(reason.contains("answered 404 when it was asked to disconnect"), "{reason}");
    }
}

#[test]
fn an_app_that_ends_what_is_left_a_second_later_leaves_nothing_behind() {
    let stage = Stage::new();
    let app = app::start(&stage, Trouble::TidiesUpLate, SHORT);
    let (ended, case) = judge(&stage, &app, &["app-leaving/disconnect-races-refresh"]);
    assert_eq!((case.verdict, ended.code), (Verdict::Pass, Some(0)), "{ended}");
}

#[test]
fn a_storm_is_stopped_after_the_number_that_is_stated_and_fails() {
    let stage = Stage::new();
    let app = app::start(&stage, Trouble::Storms, SHORT);
    let (ended, case) = judge(&stage, &app, &["app-refresh/no-storm-on-401"]);
    assert_eq!((case.verdict, ended.code), (Verdict::Fail, Some(1)), "{ended}");
    let reason = case.reason.unwrap_or_default();
    assert!(reason.contains("the storm was stopped after 20 requests"), "{reason}");
}

#[test]
fn a_command_that_hangs_without_a_link_is_inconclusive_with_its_last_words() {
    let stage = Stage::new();
    let app = commands(&stage, "['sh', '-c', 'echo starting; sleep 300']", SHORT);
    inconclusive(&stage, &app, &["gave no link to the bank within 500 ms", "its last words: starting"]);
}

#[test]
fn a_command_that_is_killed_is_inconclusive_and_the_signal_is_named() {
    let stage = Stage::new();
    let app = commands(&stage, "['sh', '-c', 'kill -9 $$']", SHORT);
    inconclusive(&stage, &app, &["ended by signal 9 and gave no link"]);
}

#[test]
fn what_an_app_leaves_behind_is_ended() {
    let stage = Stage::new();
    let beats = stage.path("beats");
    let app = commands(
        &stage,
        &format!(
            "['sh', '-c', '(while :; do echo beat >> {}; sleep 0.02; done) & sleep 0.1']",
            beats.display()
        ),
        SHORT,
    );
    inconclusive(&stage, &app, &["gave no link"]);
    let heard = || fs::metadata(&beats).map(|file| file.len()).unwrap_or_default();
    let then = heard();
    assert!(then > 0, "it never ran");
    std::thread::sleep(Duration::from_millis(300));
    assert_eq!(heard(), then, "it still runs");
}

#[test]
fn a_command_logs_in_by_the_link_in_its_output_and_ends() {
    let stage = Stage::new();
    let app = write(&stage, &puppet::file("{bank}", "{bank}", "log-in", ""));
    let (ended, case) = judge(&stage, &app, &["app-login/abort-on-mismatch[state-flipped]"]);
    assert_eq!((case.verdict, ended.code), (Verdict::Pass, Some(0)), "{ended}");
    assert!(
        case.steps.iter().all(|step| step.outcome.contains("its command ends with exit code 0")),
        "{ended}"
    );
}

#[test]
fn a_command_that_opens_the_link_itself_logs_in() {
    let stage = Stage::new();
    let app = write(&stage, &puppet::file("{bank}", "{bank}", "log-in-and-open-the-link", ""));
    let (ended, case) = judge(&stage, &app, &["app-login/code-once-granted"]);
    assert_eq!((case.verdict, ended.code), (Verdict::Pass, Some(0)), "{ended}");
}

const HOSTS: &str = "[bank]\nhosts = ['login.bank.example', 'api.bank.example']";

fn proxied(begins: &str) -> String {
    puppet::file("https://api.bank.example", "https://login.bank.example", begins, HOSTS)
}

#[test]
fn hosts_that_are_compiled_in_are_met_by_the_proxy_and_no_others_are() {
    let stage = Stage::new();
    let app = write(&stage, &proxied("log-in"));
    let (ended, case) = judge(&stage, &app, &["app-secrets/tokens-stay-in-place"]);
    assert_eq!((case.verdict, ended.code), (Verdict::Pass, Some(0)), "{ended}");
    let seen: Vec<&str> = case.observations.iter().map(|seen| seen.seen.as_str()).collect();
    assert_eq!(seen, ["telemetry.example"], "{ended}");
}

#[test]
fn an_app_behind_the_proxy_that_verifies_certificates_passes() {
    let stage = Stage::new();
    let app = write(&stage, &proxied("log-in"));
    let (ended, case) = judge(&stage, &app, &["app-secrets/verifies-tls[other-host]"]);
    assert_eq!((case.verdict, ended.code), (Verdict::Pass, Some(0)), "{ended}");
}

#[test]
fn an_app_that_takes_no_notice_of_the_proxy_is_inconclusive() {
    let stage = Stage::new();
    let app = write(&stage, &proxied("log-in-without-proxy"));
    inconclusive(&stage, &app, &["nothing asked the proxy", "HTTPS_PROXY"]);
}

#[test]
fn an_app_that_cannot_be_told_whom_to_trust_is_inconclusive() {
    let stage = Stage::new();
    // Its own environment wins over what the harness sets.
    let other = stage.path("another-authority.pem");
    let authority = rcgen::generate_simple_self_signed(["bank.example".to_owned()]).expect("a certificate");
    fs::write(&other, authority.cert.pem()).expect("the folder is writable");
    let trusts = format!("PUPPET = 'log-in', SSL_CERT_FILE = '{}'", other.display());
    let text = proxied("log-in").replacen("PUPPET = 'log-in'", &trusts, 1);
    inconclusive(&stage, &write(&stage, &text), &["does not trust the bank's certificate", "{ca_file}"]);
}

#[test]
fn a_program_whose_standard_input_stays_open_does_not_end_with_it() {
    let stage = Stage::new();
    let started = |stdin: &str| {
        let text = format!(
            "name = 'App'\nredirect_uri = 'http://127.0.0.1:{{port}}/callback'\n[limits]\nstart_ms = 300\n\
             [connect]\nget = 'http://127.0.0.1:{{port}}/'\n[use]\nget = 'http://127.0.0.1:{{port}}/'\n\
             [start]\ncommand = ['sh', '-c', 'cat; exit 7']\n{stdin}\n"
        );
        let (ended, case) = judge(&stage, &write(&stage, &text), &["app-login/giant-code"]);
        assert_eq!(case.verdict, Verdict::Error, "{ended}");
        case.reason.unwrap_or_default()
    };
    let reason = started("");
    assert!(reason.contains("ended with exit code 7 before it was up"), "{reason}");
    let reason = started("stdin = 'open'");
    assert!(reason.contains("was not up after 300 ms"), "{reason}");
    let asks =
        "['sh', '-c', 'read line; echo heard $line; read more; echo that was all']\ninput = \"yes\\n\"";
    inconclusive(&stage, &commands(&stage, asks, SHORT), &["heard yes / that was all"]);
    let asks = format!("{asks}\nstdin = 'open'");
    inconclusive(&stage, &commands(&stage, &asks, SHORT), &["gave no link", "its last words: heard yes"]);
}

#[test]
fn further_ports_are_others_and_the_same_for_a_name() {
    let stage = Stage::new();
    let app = commands(&stage, "['echo', '{port}', '{port.api}', '{port.web}', '{port.api}']", SHORT);
    let (ended, case) = judge(&stage, &app, &["app-login/giant-code"]);
    let reason = case.reason.unwrap_or_default();
    let words = reason.split("its last words: ").nth(1).unwrap_or_else(|| panic!("{ended}"));
    let ports: Vec<u16> = words.split(' ').map(|port| port.parse().expect("a port's number")).collect();
    let [own, api, web, again] = ports[..] else { panic!("{reason}") };
    assert!(api == again && own != api && api != web && own != web, "{reason}");
}
