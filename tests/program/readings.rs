//! Readings that a target file chooses, as the program shows them.

use grantspec::results::{Level, Verdict};

use crate::common::stage::{Stage, text_of};

/// A bank on which a new login leaves the old refresh token alive: what the narrow reading allows.
const NARROW: &str = "one.new-login-kills-refresh";

fn choosing(reading: &str) -> String {
    format!(
        "[readings]\n\"one.new-login-kills-refresh\" = {{ reading = \"{reading}\", reason = \"section 4 of our contract\" }}"
    )
}

#[test]
fn a_chosen_reading_changes_what_a_requirement_weighs() {
    let stage = Stage::new();
    let bank = stage.bank(&[NARROW]);
    let usual = stage.run(&stage.target(bank.address(), ""), &[NARROW]);
    assert_eq!(usual.code, Some(0), "{usual}");
    assert!(usual.results().cases.iter().any(|case| case.verdict == Verdict::Warn), "{usual}");
    let strict = stage.run(&stage.target(bank.address(), &choosing("every-token-required")), &[NARROW]);
    assert_eq!(strict.code, Some(1), "{strict}");
    let run = strict.results();
    assert!(
        run.cases.iter().any(|case| case.verdict == Verdict::Fail && case.level == Level::Must),
        "{strict}"
    );
}

#[test]
fn a_reading_that_judges_nothing_skips_the_cases_and_every_report_says_so() {
    let stage = Stage::new();
    let bank = stage.bank(&[NARROW]);
    let ended = stage.run(&stage.target(bank.address(), &choosing("access-only")), &["one."]);
    assert_eq!(ended.code, Some(0), "{ended}");
    let run = ended.results();
    let (left_out, judged): (Vec<_>, Vec<_>) =
        run.cases.iter().partition(|case| case.proves.iter().any(|id| id == NARROW));
    assert!(!left_out.is_empty() && left_out.iter().all(|case| case.verdict == Verdict::Skipped), "{ended}");
    assert!(judged.iter().all(|case| case.verdict == Verdict::Pass), "{ended}");
    let console = ended.stdout.clone();
    for text in
        [console, text_of(&ended.reports.join("index.html")), text_of(&ended.reports.join("junit.xml"))]
    {
        assert!(text.contains("access-only") && text.contains("section 4 of our contract"), "{text}");
    }
}

#[test]
fn a_choice_that_names_nothing_is_shown_in_its_line_and_corrected() {
    let stage = Stage::new();
    let refused = |more: &str, parts: &[&str]| {
        let ended = stage.run(&stage.target("http://127.0.0.1:1", more), &[]);
        assert_eq!(ended.code, Some(2), "{ended}");
        for part in parts {
            assert!(ended.stderr.contains(part), "expected {part:?}\n{ended}");
        }
    };
    let choice = |requirement: &str, rest: &str| format!("[readings]\n\"{requirement}\" = {{ {rest} }}");
    refused(
        &choice("one.new-login-kills-refresj", "reading = \"access-only\", reason = \"x\""),
        &["target.toml:4:1", "did you mean one.new-login-kills-refresh?", "^^^^"],
    );
    refused(
        &choice(NARROW, "reading = \"acces-only\", reason = \"x\""),
        &["target.toml:4:45", "did you mean access-only?", "every-token, every-token-required, access-only"],
    );
    refused(&choice(NARROW, "reading = \"access-only\""), &["target.toml:4:33", "`reason` is missing"]);
    refused(
        &choice("refresh.single-use", "reading = \"access-only\", reason = \"x\""),
        &["target.toml:4:1", "refresh.single-use has no readings"],
    );
}
