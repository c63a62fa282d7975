//! `junit.xml`: one suite element per suite, for the test view of a pipeline.
//!
//! A broken *must* is a `failure`, and so is a case that could not be concluded; a broken *should* passes, and says
//! so in a property and in its output; the harness's own trouble is an `error`. What a baseline accepts is `skipped`, with the
//! reason and what was found: a pipeline stays green, and its test view does not call it a pass. The entries are test cases of
//! a suite `baseline`, and fail where they no longer hold. The file has no control character: what a target sent is made
//! visible first.

use std::collections::HashMap;
use std::time::Duration;

use chrono::DateTime;
use quick_junit::{NonSuccessKind, Property, Report, SerializeError, TestCase, TestCaseStatus, TestSuite};

use crate::results::{Baseline, CaseResult, Requirement, Run, SuiteSeen, Verdict};

use super::console::{self, Style};
use super::{tally, visible};

/// How long an attribute's value may get, in characters.
const SHORT: usize = 500;

/// The results could not be written as XML.
#[derive(Debug, thiserror::Error)]
#[error("writing XML failed: {0}")]
pub struct RenderError(#[from] SerializeError);

/// The run as JUnit XML, after the schema of Jenkins' xUnit plugin (`junit-10.xsd`) and with `properties` in a test
/// case, which Jenkins' JUnit plugin and GitLab read and that schema lacks.
pub fn render(run: &Run) -> Result<String, RenderError> {
    let requirements: HashMap<&str, &Requirement> =
        run.requirements.iter().map(|requirement| (requirement.id.as_str(), requirement)).collect();

    let mut cases: HashMap<&str, Vec<&CaseResult>> = HashMap::new();
    for case in &run.cases {
        cases.entry(&case.suite).or_default().push(case);
    }
    let mut report = Report::new(format!("grantspec: {}", visible::line(&run.target.name, SHORT)));
    report.set_time(Duration::from_millis(run.duration_ms));
    for seen in &run.suites {
        let of_suite = cases.remove(seen.id.as_str()).unwrap_or_default();
        report.add_test_suite(suite(run, seen, &of_suite, &requirements));
    }
    if let Some(baseline) = &run.baseline {
        report.add_test_suite(known_failures(baseline));
    }
    // The schema has no `skipped` at the root. Quotes inside values are escaped, so that the first match is the root's.
    Ok(report.to_string()?.replacen(&format!(" skipped=\"{}\"", report.skipped), "", 1))
}

fn suite(
    run: &Run,
    seen: &SuiteSeen,
    cases: &[&CaseResult],
    requirements: &HashMap<&str, &Requirement>,
) -> TestSuite {
    let mut suite = TestSuite::new(visible::line(&seen.id, SHORT));
    // Cases run at once, so that their times add up to more than the run's.
    suite.set_time(Duration::from_millis(cases.iter().map(|case| case.duration_ms).sum()));
    if let Ok(started) = DateTime::parse_from_rfc3339(&run.started) {
        suite.set_timestamp(started);
    }
    suite.extra.insert("file".into(), visible::line(&seen.file, SHORT).into());
    let mut properties = vec![
        ("about", seen.about.clone()),
        ("target", run.target.base.clone()),
        ("grantspec", run.version.clone()),
        ("edition", tally::edition(run)),
    ];
    properties.extend(tally::seed(run).map(|seed| ("seed", seed.to_string())));
    properties.extend(tally::left_out(run).map(|told| ("left-out", told)));
    if run.interrupted {
        properties.push(("interrupted", "true".to_owned()));
    }
    for (name, value) in properties {
        suite.add_property(Property::new(name, visible::line(&value, SHORT)));
    }
    for case in cases {
        suite.add_test_case(test_case(run, case, requirements));
    }
    suite
}

/// The baseline's entries: each holds, or fails.
fn known_failures(baseline: &Baseline) -> TestSuite {
    let mut suite = TestSuite::new("baseline");
    suite.extra.insert("file".into(), visible::line(&baseline.file, SHORT).into());
    for entry in &baseline.entries {
        let mut status = TestCaseStatus::success();
        if let Some(stale) = &entry.stale {
            status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            status.set_type("stale");
            status.set_message(visible::line(stale, SHORT));
        }
        let name = format!("{} {}", entry.kind.as_str(), visible::line(&entry.id, SHORT));
        let mut test_case = TestCase::new(name, status);
        test_case.set_classname("baseline");
        test_case.extra.insert("file".into(), visible::line(&baseline.file, SHORT).into());
        test_case.extra.insert("line".into(), entry.place.line.to_string().into());
        let until = entry.until.iter().map(|day| ("until", day));
        for (name, value) in [("reason", &entry.reason), ("owner", &entry.owner)].into_iter().chain(until) {
            test_case.add_property(Property::new(name, visible::line(value, SHORT)));
        }
        test_case.add_property(Property::new("accepts", entry.accepts.to_string()));
        suite.add_test_case(test_case);
    }
    suite
}

fn test_case(run: &Run, case: &CaseResult, requirements: &HashMap<&str, &Requirement>) -> TestCase {
    let mut test_case = TestCase::new(visible::line(&case.id, SHORT), status(run, case));
    test_case.set_classname(visible::line(&case.suite, SHORT));
    test_case.set_time(Duration::from_millis(case.duration_ms));
    test_case.add_property(Property::new("file", visible::line(&case.place.file, SHORT)));
    test_case.add_property(Property::new("line", case.place.line.to_string()));
    for id in &case.proves {
        test_case.add_property(Property::new("requirement", visible::line(id, SHORT)));
        if let Some(requirement) = requirements.get(id.as_str()) {
            test_case.add_property(Property::new("source", visible::line(&requirement.source, SHORT)));
            if let Some(reading) = requirement.reading() {
                let told = match requirement.departure() {
                    Some((_, reason)) => format!("{} ({}): {reason}", reading.id, reading.weight()),
                    None => format!("{} ({}), the default", reading.id, reading.weight()),
                };
                test_case.add_property(Property::new("reading", visible::line(&told, SHORT)));
            }
        }
    }
    test_case.add_property(Property::new("level", case.level.as_str()));
    if let Some(seed) = tally::seed(run) {
        test_case.add_property(Property::new("seed", seed.to_string()));
    }
    let mut told = Vec::new();
    if let Some(rounds) = &case.rounds {
        let (concluded, asked, broken) = (rounds.concluded, rounds.asked, rounds.broken);
        told.push(("rounds", format!("{concluded} of {asked} concluded, {broken} broken")));
        told.push(("confidence", rounds.confidence.clone()));
        told.extend(tally::missed(rounds).map(|missed| ("miss", missed)));
    }
    if let Some(sample) = &case.sample {
        told.extend(sample.tests.iter().map(|test| ("sample", test.clone())));
        told.push(("confidence", sample.confidence.clone()));
    }
    for (name, value) in told {
        test_case.add_property(Property::new(name, visible::line(&value, SHORT)));
    }
    if let Some(entry) = run.accepts(case) {
        test_case.add_property(Property::new("accepted", visible::line(&tally::acceptance(entry), SHORT)));
        test_case.set_system_out(console::case_block(case, run, Style::Plain));
    } else if case.verdict == Verdict::Warn {
        test_case.add_property(Property::new("warning", message(case)));
        test_case.set_system_out(console::case_block(case, run, Style::Plain));
    }
    test_case
}

fn status(run: &Run, case: &CaseResult) -> TestCaseStatus {
    if let Some(entry) = run.accepts(case) {
        let (found, why) = (message(case), tally::acceptance(entry));
        let mut skipped = TestCaseStatus::skipped();
        skipped.set_type("known-failure");
        skipped.set_message(visible::line(&format!("known failure: {why}; found: {found}"), SHORT));
        return skipped;
    }
    let mut status = match case.verdict {
        Verdict::Pass | Verdict::Warn => return TestCaseStatus::success(),
        Verdict::Skipped => {
            let mut skipped = TestCaseStatus::skipped();
            skipped.set_message(message(case));
            return skipped;
        }
        Verdict::Fail | Verdict::Inconclusive => TestCaseStatus::non_success(NonSuccessKind::Failure),
        Verdict::Error => TestCaseStatus::non_success(NonSuccessKind::Error),
    };
    status.set_type(case.verdict.as_str());
    status.set_message(message(case));
    status.set_description(console::case_block(case, run, Style::Plain));
    status
}

fn message(case: &CaseResult) -> String {
    visible::line(case.reason.as_deref().unwrap_or(case.verdict.as_str()), SHORT)
}
