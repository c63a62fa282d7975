//! The folder of a run: what is written there, and reading it again.

mod report_support;

use std::fs;

use grantspec::report::{ReadError, WriteError, read, schema, write};

#[test]
fn what_was_written_reads_again_the_same() {
    let dir = tempfile::tempdir().expect("a folder for the test");
    let run = report_support::run();
    let nested = dir.path().join("reports/first");
    let written = write(&nested, &run).expect("the folder is writable");
    for path in [&nested, &written.results] {
        let again = read(path).expect("it was just written");
        assert_eq!(serde_json::to_value(again).expect("JSON"), serde_json::to_value(&run).expect("JSON"));
    }
    let mut names: Vec<_> = fs::read_dir(&nested)
        .expect("it is there")
        .map(|entry| entry.expect("it is there").file_name())
        .collect();
    names.sort();
    assert_eq!(names, ["index.html", "junit.xml", "results.json"], "nothing else is left behind");
}

#[test]
fn a_file_that_cannot_be_written_is_named_and_stops_no_other() {
    let dir = tempfile::tempdir().expect("a folder for the test");
    fs::create_dir_all(dir.path().join("junit.xml/in-the-way")).expect("the folder is writable");
    let error = write(dir.path(), &report_support::run()).expect_err("a folder is where the file should be");
    let text = error.to_string();
    assert!(text.contains("junit.xml") && !text.contains("index.html"), "{text}");
    assert!(text.contains("grantspec report render"), "the results are there: {text}");
    assert!(dir.path().join("results.json").is_file() && dir.path().join("index.html").is_file());
    assert_eq!(fs::read_dir(dir.path()).expect("it is there").count(), 3, "no part of a file is left");
}

#[test]
fn a_report_folder_that_cannot_be_made_is_named() {
    let dir = tempfile::tempdir().expect("a folder for the test");
    let file = dir.path().join("file");
    fs::write(&file, "").expect("the folder is writable");
    let error = write(&file.join("reports"), &report_support::run()).expect_err("a file is in the way");
    assert!(matches!(error, WriteError::Folder { .. }), "{error}");
}

#[test]
fn results_of_another_version_are_refused_by_name() {
    let dir = tempfile::tempdir().expect("a folder for the test");
    let path = dir.path().join("results.json");
    fs::write(&path, r#"{"schema": "grantspec.results/9", "new": true}"#).expect("the folder is writable");
    let error = read(&path).expect_err("another version");
    assert!(
        matches!(&error, ReadError::OtherVersion { found, .. } if found == "grantspec.results/9"),
        "{error}"
    );
}

#[test]
fn what_are_no_results_is_refused_with_its_place() {
    let dir = tempfile::tempdir().expect("a folder for the test");
    let path = dir.path().join("results.json");
    assert!(matches!(read(dir.path()), Err(ReadError::Unreadable { .. })));
    fs::write(&path, "{\n  \"schema\":").expect("the folder is writable");
    let error = read(&path).expect_err("half a file");
    assert!(error.to_string().contains("line 2"), "{error}");
    fs::write(&path, r#"{"schema": "grantspec.results/1"}"#).expect("the folder is writable");
    assert!(matches!(read(&path), Err(ReadError::Shape { .. })));
}

#[test]
fn the_committed_schema_is_fresh() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/results.schema.json");
    let made = schema::results();
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(path, &made).expect("fixtures are writable");
    }
    let committed = fs::read_to_string(path).expect("the schema is committed");
    assert!(committed == made, "fixtures/results.schema.json is stale: run this test with UPDATE_GOLDEN=1");
}

#[test]
fn written_results_fit_the_schema_and_others_do_not() {
    let dir = tempfile::tempdir().expect("a folder for the test");
    let written = write(dir.path(), &report_support::run()).expect("the folder is writable");
    let mut results: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(written.results).expect("it was just written"))
            .expect("JSON");
    let schema: serde_json::Value = serde_json::from_str(&schema::results()).expect("JSON");
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    let mistakes: Vec<String> = validator.iter_errors(&results).map(|mistake| mistake.to_string()).collect();
    assert!(mistakes.is_empty(), "{mistakes:#?}");
    results["cases"][0]["verdict"] = "fine".into();
    assert!(!validator.is_valid(&results));
}
