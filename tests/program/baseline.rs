//! Known failures: a baseline that accepts them, and what it takes to keep it true.

use std::fs;

use serde_json::Value;

use crate::common::stage::Stage;

/// Runs the program on the stage: its exit code, and all that it said.
fn grantspec(stage: &Stage, arguments: &[&str]) -> (Option<i32>, String) {
    let ended = stage.grantspec(arguments);
    (ended.code, ended.stdout + &ended.stderr)
}

/// A bank whose refresh tokens work more than once, judged by the cases about that.
const RUN: [&str; 6] = ["run", "refresh.single-use", "--defect", "refresh.single-use", "--report", "out"];

#[test]
fn a_baseline_made_from_a_run_accepts_it_until_the_failures_are_mended() {
    let stage = Stage::new();
    assert_eq!(grantspec(&stage, &RUN).0, Some(1));
    let (code, told) = grantspec(&stage, &["baseline", "write", "out", "--owner", "identity team"]);
    assert_eq!(code, Some(0), "{told}");
    let (code, told) = grantspec(&stage, &["baseline", "write", "out", "--owner", "identity team"]);
    assert!(code == Some(2) && told.contains("--replace"), "{told}");

    let (code, told) = grantspec(&stage, &[&RUN[..], &["--baseline", "baseline.toml"]].concat());
    assert_eq!(code, Some(0), "{told}");
    assert!(told.contains("Conformant but for known failures") && told.contains("identity team"), "{told}");
    let junit = fs::read_to_string(stage.path("out/junit.xml")).expect("it is written");
    assert!(junit.contains("known failure: ") && !junit.contains("<failure"), "{junit}");
    let page = fs::read_to_string(stage.path("out/index.html")).expect("it is written");
    assert!(page.contains("Known failures") && page.contains("identity team"));

    let (code, told) =
        grantspec(&stage, &["run", "refresh.single-use", "--report", "out", "--baseline", "baseline.toml"]);
    assert_eq!(code, Some(1), "{told}");
    assert!(told.contains("the baseline no longer holds") && told.contains("any more"), "{told}");
    let junit = fs::read_to_string(stage.path("out/junit.xml")).expect("it is written");
    assert!(junit.contains("<failure") && junit.contains("type=\"stale\""), "{junit}");
}

#[test]
fn what_is_not_in_the_baseline_fails_as_before() {
    let stage = Stage::new();
    let known = "[[known]]\ncase = 'whoami/no-token'\nreason = 'r'\nowner = 'o'\n";
    fs::write(stage.path("known.toml"), known).expect("the folder is writable");
    let (code, told) = grantspec(&stage, &[&RUN[..], &["--baseline", "known.toml"]].concat());
    assert!(code == Some(1) && told.contains("Not conformant"), "{told}");
}

#[test]
fn a_mistake_in_a_baseline_is_shown_where_it_is_before_anything_runs() {
    let stage = Stage::new();
    let known = "[[known]]\nrequirement = 'refresh.singel-use'\nreason = 'r'\nowner = 'o'\n";
    fs::write(stage.path("known.toml"), known).expect("the folder is writable");
    let (code, told) = grantspec(&stage, &["run", "--baseline", "known.toml"]);
    assert_eq!(code, Some(2), "{told}");
    assert!(
        told.contains("known.toml:2:15") && told.contains("did you mean `refresh.single-use`?"),
        "{told}"
    );
    assert!(!stage.path("reports").exists());
    let (code, told) = grantspec(&stage, &["run", "--baseline", "nothing.toml"]);
    assert!(code == Some(2) && told.contains("nothing.toml"), "{told}");
}

#[test]
fn the_schema_takes_what_is_written_and_refuses_what_reading_refuses() {
    let stage = Stage::new();
    let schema = stage.grantspec(&["schema", "baseline"]).stdout;
    let schema: Value = serde_json::from_str(&schema).expect("a schema is JSON");
    let validator = jsonschema::validator_for(&schema).expect("it is a schema");
    let json = |text: &str| toml::from_str::<Value>(text).expect("it is TOML");
    assert_eq!(grantspec(&stage, &RUN).0, Some(1));
    let (code, told) = grantspec(&stage, &["baseline", "write", "out", "--owner", "identity team"]);
    assert_eq!(code, Some(0), "{told}");
    let written = fs::read_to_string(stage.path("baseline.toml")).expect("it is written");
    assert!(written.contains("[[known]]") && validator.is_valid(&json(&written)), "{written}");

    let known = "[[known]]\ncase = 'whoami/no-token'\nreason = 'r'\nowner = 'o'\n";
    assert!(validator.is_valid(&json(known)));
    for wrong in [
        known.replace("owner", "ownr"),
        known.replace("reason = 'r'\n", ""),
        known.replace("'whoami/no-token'", "7"),
        known.replace("'r'", "''"),
        known.replace("known", "knwon"),
    ] {
        fs::write(stage.path("known.toml"), &wrong).expect("the folder is writable");
        let (code, told) = grantspec(&stage, &["run", "--baseline", "known.toml", "whoami/no-token"]);
        assert_eq!(code, Some(2), "{wrong}\n{told}");
        assert!(!validator.is_valid(&json(&wrong)), "{wrong}");
    }
}
