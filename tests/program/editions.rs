//! A run that is pinned to an edition of the catalogue, as the program shows it.

use std::fs;

use grantspec::results::LeftOutKind;

use crate::common::stage::{Ended, Stage, text_of};

/// A catalogue of two editions: the newer has a promise and two cases more.
fn suites(stage: &Stage) {
    let requirement = |id: &str, since: &str| {
        format!(
            "[[requirement]]\nid = 'refresh.{id}'\nsince = '{since}'\nsection = 'refresh'\nlevel = 'must'\n\
             promise = 'It works'\nsource = 'the documents'\nwhy = 'So it is'\nmend = 'Make it so'\n"
        )
    };
    let case = |id: &str, since: &str, proves: &str| {
        format!(
            "[[case]]\nid = '{id}'\nsince = '{since}'\nproves = ['refresh.{proves}']\nabout = 'It works'\n\
             [[case.step]]\nlogin = {{ user = 'alice', client = 'server' }}\nexpect = {{ outcome = 'granted' }}\n"
        )
    };
    let catalogue = format!(
        "edition = '2026.2'\neditions = ['2026.1', '2026.2']\n[[section]]\nid = 'refresh'\ntitle = 'Refreshing'\n{}{}",
        requirement("old", "2026.1"),
        requirement("new", "2026.2"),
    );
    let suite = format!(
        "[suite]\nid = 'refresh'\nabout = 'Refreshing'\n{}{}{}",
        case("old", "2026.1", "old"),
        case("old-again", "2026.2", "old"),
        case("new", "2026.2", "new"),
    );
    fs::create_dir(stage.path("mine")).expect("the folder is writable");
    fs::write(stage.path("mine/requirements.toml"), catalogue).expect("the folder is writable");
    fs::write(stage.path("mine/refresh.toml"), suite).expect("the folder is writable");
}

fn run(stage: &Stage, more: &[&str]) -> Ended {
    let reports = stage.path("reports");
    let reports = reports.to_str().expect("the folder's name is UTF-8");
    stage.grantspec(&[&["run", "--suites", "mine", "--report", reports], more].concat())
}

#[test]
fn a_pinned_run_judges_what_the_edition_has_and_lists_the_rest() {
    let stage = Stage::new();
    suites(&stage);
    let ended = run(&stage, &["--edition", "2026.1"]);
    assert_eq!(ended.code, Some(0), "{ended}");
    let results = ended.results();
    let ids: Vec<&str> = results.cases.iter().map(|case| case.id.as_str()).collect();
    assert_eq!((ids, results.requirements.len()), (vec!["refresh/old"], 1));
    assert_eq!((results.edition.judged.as_str(), results.edition.newest.as_str()), ("2026.1", "2026.2"));
    let left_out: Vec<_> =
        results.edition.left_out.iter().map(|left| (left.kind, left.id.as_str())).collect();
    let case = LeftOutKind::Case;
    let due = [(LeftOutKind::Requirement, "refresh.new"), (case, "refresh/old-again"), (case, "refresh/new")];
    assert_eq!(left_out, due);
    assert!(results.cases[0].rerun.contains("--edition 2026.1"), "{}", results.cases[0].rerun);
    let html = text_of(&ended.reports.join("index.html"));
    for text in [&ended.stdout, &html, &text_of(&ended.reports.join("junit.xml"))] {
        assert!(
            text.contains("pinned edition 2026.1") && text.contains("refresh/old-again (since 2026.2)"),
            "{text}"
        );
    }
}

#[test]
fn the_target_file_pins_too_and_the_command_line_goes_before_it() {
    let stage = Stage::new();
    suites(&stage);
    let bank = stage.bank(&[]);
    let target = stage.target(bank.address(), "edition = '2026.1'");
    assert_eq!(run(&stage, &["--target", &target]).results().cases.len(), 1);
    let ended = run(&stage, &["--target", &target, "--edition", "2026.2"]);
    let results = ended.results();
    assert_eq!((results.cases.len(), results.edition.left_out.len()), (3, 0), "{ended}");
}

#[test]
fn an_unknown_edition_is_refused_with_those_that_are_known() {
    let stage = Stage::new();
    suites(&stage);
    let ended = run(&stage, &["--edition", "2026.3"]);
    assert_eq!(ended.code, Some(2), "{ended}");
    assert!(ended.stderr.contains("--edition") && ended.stderr.contains("2026.1, 2026.2"), "{ended}");
    let target = stage.target("http://127.0.0.1:1", "edition = '2025.1'");
    let ended = run(&stage, &["--target", &target]);
    assert!(ended.code == Some(2) && ended.stderr.contains("target.toml:3:11"), "{ended}");
}

#[test]
fn what_is_only_in_a_newer_edition_says_so() {
    let stage = Stage::new();
    suites(&stage);
    let ended = run(&stage, &["--edition", "2026.1", "refresh.new"]);
    assert_eq!(ended.code, Some(4), "{ended}");
    assert!(ended.stderr.contains("refresh.new is newer than the edition 2026.1"), "{ended}");
}
