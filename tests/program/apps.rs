//! Apps under test, by the command: the demo app right and broken, and apps in every kind of trouble.

use std::fs;

use crate::common::stage::Stage;

/// An app file for the demo app, with these further arguments.
fn demo(stage: &Stage, arguments: &str) -> String {
    let text = include_str!("../../fixtures/apps/demo.toml");
    let begun = "\"demo-app\",";
    assert!(text.contains(begun), "the file starts the demo app");
    let path = stage.path("app.toml");
    fs::write(&path, text.replace(begun, &format!("{begun} {arguments}"))).expect("the folder is writable");
    path.display().to_string()
}

/// An app file with these lines, which says the rest itself.
fn file(stage: &Stage, lines: &str) -> String {
    let path = stage.path("app.toml");
    let text = format!("name = 'App'\nredirect_uri = 'http://127.0.0.1:{{port}}/callback'\n{lines}");
    fs::write(&path, text).expect("the folder is writable");
    path.display().to_string()
}

/// Runs the cases: the exit code, what was said, and `results.json`.
fn run(stage: &Stage, app: &str, filters: &[&str]) -> (Option<i32>, String, String) {
    let ended = stage.grantspec(&[&["app", "--app", app, "--quiet", "--report", "out"], filters].concat());
    let results = fs::read_to_string(stage.path("out/results.json")).unwrap_or_default();
    (ended.code, ended.stdout + &ended.stderr, results)
}

#[test]
fn an_app_that_aborts_passes_and_nothing_it_was_given_is_told() {
    let stage = Stage::new();
    let app = demo(&stage, "");
    let (code, told, results) = run(&stage, &app, &["app-login/abort-on-mismatch[state-flipped]"]);
    assert_eq!(code, Some(0), "{told}");
    assert!(results.contains("‹alice·access 1›") && results.contains("ms of silence"), "{results}");
    assert!(!results.contains("mnzconf."), "a secret is told");
    let junit = fs::read_to_string(stage.path("out/junit.xml")).expect("it is written");
    assert!(junit.contains("app.abort-on-mismatch"), "{junit}");
}

#[test]
fn where_no_log_file_is_named_the_report_and_the_record_say_that_none_was_searched() {
    let stage = Stage::new();
    let app = demo(&stage, "");
    let text = fs::read_to_string(&app).expect("it was just written");
    let unread = "No log file was searched";
    for (logs, said) in [(true, false), (false, true)] {
        let kept: Vec<&str> = text.lines().filter(|line| logs || !line.starts_with("logs")).collect();
        assert_eq!(kept.len() < text.lines().count(), !logs, "the file names log files");
        fs::write(&app, kept.join("\n")).expect("the folder is writable");
        let (code, told, results) = run(&stage, &app, &["app-login/abort-on-mismatch[state-flipped]"]);
        assert_eq!(code, Some(0), "{told}");
        assert_eq!(results.contains(unread), said, "{results}");
        let record = fs::read_to_string(stage.path("out/onboarding.md")).expect("it is written");
        assert_eq!(record.contains(unread), said, "{record}");
    }
}

#[test]
fn an_app_that_takes_any_state_fails_by_what_arrived_at_the_bank() {
    let stage = Stage::new();
    let app = demo(&stage, "\"--defect\", \"app.abort-on-mismatch\",");
    let (code, told, _) = run(&stage, &app, &["app-login/abort-on-mismatch[state-flipped]"]);
    assert_eq!(code, Some(1), "{told}");
    assert!(told.contains("POST /oauth2/token"), "{told}");
}

#[test]
fn an_app_that_ends_at_once_is_an_error_with_its_last_words() {
    let stage = Stage::new();
    let app = file(
        &stage,
        "[start]\ncommand = ['{grantspec}', 'demo-app', '--nonsense']\n[connect]\nget = 'http://127.0.0.1:{port}/'\n[use]\nget = 'http://127.0.0.1:{port}/'",
    );
    let (code, told, _) = run(&stage, &app, &["app-login/giant-code"]);
    assert_eq!(code, Some(3), "{told}");
    assert!(
        told.contains("ended with exit code 2 before it was up") && told.contains("--nonsense"),
        "{told}"
    );
}

#[test]
fn a_program_that_is_not_there_is_an_error_that_names_it() {
    let stage = Stage::new();
    let app =
        file(&stage, "[connect]\ncommand = ['./no-such-program']\n[use]\ncommand = ['./no-such-program']");
    let (code, told, _) = run(&stage, &app, &["app-login/giant-code"]);
    assert_eq!(code, Some(3), "{told}");
    assert!(told.contains("failed to start `./no-such-program`"), "{told}");
}

#[test]
fn a_command_that_gives_no_link_is_inconclusive_and_says_so() {
    let stage = Stage::new();
    let app = file(
        &stage,
        "[connect]\ncommand = ['{grantspec}', '--version']\n[use]\ncommand = ['{grantspec}', '--version']",
    );
    let (code, told, _) = run(&stage, &app, &["app-login/giant-code"]);
    assert_eq!(code, Some(1), "{told}");
    assert!(told.contains("gave no link to the bank"), "{told}");
}

#[test]
fn an_app_that_is_not_there_is_inconclusive_and_says_so() {
    let stage = Stage::new();
    let app =
        file(&stage, "[connect]\nget = 'http://127.0.0.1:{port}/'\n[use]\nget = 'http://127.0.0.1:{port}/'");
    let (code, told, _) = run(&stage, &app, &["app-login/giant-code"]);
    assert_eq!(code, Some(1), "{told}");
    assert!(told.contains("the app did not answer: no connection"), "{told}");
}

#[test]
fn a_mistake_in_an_app_file_is_pointed_at() {
    let stage = Stage::new();
    let app =
        file(&stage, "[connect]\ngot = 'http://127.0.0.1:{port}/'\n[use]\nget = 'http://127.0.0.1:{port}/'");
    let (code, told, _) = run(&stage, &app, &[]);
    assert_eq!(code, Some(2), "{told}");
    assert!(told.contains("did you mean `get`?") && told.contains("got = "), "{told}");
}

#[test]
fn a_logout_at_another_address_is_named() {
    let stage = Stage::new();
    let app = demo(&stage, "\"--defect\", \"app.logout-on-disconnect:wrong-path\",");
    let (code, told, _) = run(&stage, &app, &["app-leaving/logout-on-disconnect"]);
    assert_eq!(code, Some(1), "{told}");
    assert!(told.contains("got: none; what came: POST /"), "{told}");
}
