//! `junit.xml` as pipelines read it: after the rules of `junit-10.xsd` of Jenkins' xUnit plugin, but for the properties of a
//! case, which that schema knows of suites only and which Jenkins' JUnit plugin and GitLab read.

mod report_support;

use std::collections::HashSet;

use grantspec::report::junit;
use roxmltree::{Document, Node};

#[test]
fn a_run_is_told_in_junit() {
    insta::assert_snapshot!(junit::render(&report_support::run()).expect("it is XML"));
}

#[test]
fn it_keeps_to_the_schema_also_with_hostile_content() {
    let mut run = report_support::run();
    check(&junit::render(&run).expect("it is XML"));
    run.target.name = report_support::HOSTILE.into();
    for case in &mut run.cases {
        case.reason = Some(report_support::HOSTILE.into());
        case.about = report_support::HOSTILE.into();
        case.rerun = report_support::HOSTILE.into();
    }
    for suite in &mut run.suites {
        suite.about = report_support::HOSTILE.into();
    }
    let xml = junit::render(&run).expect("it is XML");
    check(&xml);
    assert!(
        xml.contains("\\u{202E}dekcirt") && xml.contains("\\u{0}\\u{1B}[31m"),
        "what was sent stays visible"
    );
    assert!(!xml.chars().any(|c| c.is_control() && c != '\n'), "and no control character is in it");
}

#[test]
fn only_a_must_and_what_could_not_be_concluded_are_failures() {
    let xml = junit::render(&report_support::run()).expect("it is XML");
    let document = Document::parse(&xml).expect("well-formed");
    let of = |tag: &str| -> Vec<&str> {
        let tagged = document.descendants().filter(|node| node.has_tag_name(tag));
        tagged.filter_map(|node| node.parent_element()?.attribute("name")).collect()
    };
    assert_eq!(of("failure"), ["refresh/single-use", "code/single-use"]);
    assert_eq!(of("error"), ["logout/kills-access"]);
    assert_eq!(of("skipped"), ["logout/stays-dead"]);
    assert_eq!(of("system-out"), ["refresh/error-code[token=wrong]"], "a warning passes and says so");
}

#[test]
fn the_check_itself_finds_what_the_schema_forbids() {
    for wrong in [
        "<testsuites><testcase name='a'/></testsuites>",
        "<testsuites><testsuite name='a' tests='0' failures='0'/></testsuites>",
        "<testsuites><testsuite name='a' tests='1' failures='0' errors='0'><testcase/></testsuite></testsuites>",
        "<testsuites><testsuite name='a' tests='1' failures='0' errors='0'><testcase name='b' colour='red'/></testsuite></testsuites>",
        "<testsuites><testsuite name='a' tests='2' failures='0' errors='0'><testcase name='b'/></testsuite></testsuites>",
    ] {
        assert!(!mistakes(&Document::parse(wrong).expect("well-formed")).is_empty(), "{wrong}");
    }
}

fn check(xml: &str) {
    let document = Document::parse(xml).unwrap_or_else(|error| panic!("{error}: {xml}"));
    let mistakes = mistakes(&document);
    assert!(mistakes.is_empty(), "{mistakes:#?}");
    let names: Vec<&str> = document
        .descendants()
        .filter(|node| node.has_tag_name("testcase"))
        .filter_map(|node| node.attribute("name"))
        .collect();
    assert_eq!(names.iter().collect::<HashSet<_>>().len(), names.len(), "a case's name is unique by itself");
}

/// An element: attributes it needs, attributes it may have, elements it may hold, and whether it may hold text.
struct Rule {
    tag: &'static str,
    needs: &'static [&'static str],
    may: &'static [&'static str],
    holds: &'static [&'static str],
    text: bool,
}

const RULES: [Rule; 9] = [
    Rule {
        tag: "testsuites",
        needs: &[],
        may: &["name", "time", "tests", "failures", "errors"],
        holds: &["testsuite"],
        text: false,
    },
    Rule {
        tag: "testsuite",
        needs: &["name", "tests", "failures", "errors"],
        may: &["time", "skipped", "timestamp", "hostname", "id", "package", "file", "log", "url", "group"],
        holds: &["properties", "testcase", "system-out", "system-err"],
        text: false,
    },
    Rule {
        tag: "testcase",
        needs: &["name"],
        may: &["classname", "time", "group"],
        // `properties` is the one thing that the XSD lacks here.
        holds: &["properties", "skipped", "error", "failure", "system-out", "system-err"],
        text: false,
    },
    Rule { tag: "properties", needs: &[], may: &[], holds: &["property"], text: false },
    Rule { tag: "property", needs: &["name", "value"], may: &[], holds: &[], text: false },
    Rule { tag: "failure", needs: &[], may: &["type", "message"], holds: &[], text: true },
    Rule { tag: "error", needs: &[], may: &["type", "message"], holds: &[], text: true },
    Rule { tag: "skipped", needs: &[], may: &["type", "message"], holds: &[], text: true },
    Rule { tag: "system-out", needs: &[], may: &[], holds: &[], text: true },
];

fn mistakes(document: &Document<'_>) -> Vec<String> {
    let mut mistakes = Vec::new();
    if !document.root_element().has_tag_name("testsuites") {
        mistakes.push("the root is no testsuites".to_owned());
    }
    for node in document.descendants().filter(Node::is_element) {
        let tag = node.tag_name().name();
        let Some(rule) = RULES.iter().find(|rule| rule.tag == tag) else {
            mistakes.push(format!("{tag} is unknown"));
            continue;
        };
        mistakes.extend(
            rule.needs
                .iter()
                .filter(|name| !node.has_attribute(**name))
                .map(|name| format!("{tag} lacks {name}")),
        );
        for attribute in node.attributes() {
            if !rule.needs.contains(&attribute.name()) && !rule.may.contains(&attribute.name()) {
                mistakes.push(format!("{tag} has {}", attribute.name()));
            }
        }
        for child in node.children() {
            if child.is_element() && !rule.holds.contains(&child.tag_name().name()) {
                mistakes.push(format!("{tag} holds {}", child.tag_name().name()));
            }
            if child.is_text() && !rule.text && !child.text().unwrap_or_default().trim().is_empty() {
                mistakes.push(format!("{tag} holds text"));
            }
        }
        if tag == "testsuite" {
            mistakes.extend(wrong_counts(node));
        }
        if tag == "testcase" {
            let verdicts = node
                .children()
                .filter(|child| matches!(child.tag_name().name(), "skipped" | "error" | "failure"))
                .count();
            if verdicts > 1 {
                mistakes.push("testcase has more than one verdict".to_owned());
            }
        }
    }
    mistakes
}

fn wrong_counts(suite: Node<'_, '_>) -> Vec<String> {
    let cases = || suite.children().filter(|child| child.has_tag_name("testcase"));
    let with =
        |tag: &str| cases().filter(|case| case.children().any(|child| child.has_tag_name(tag))).count();
    let counts = [
        ("tests", cases().count()),
        ("failures", with("failure")),
        ("errors", with("error")),
        ("skipped", with("skipped")),
    ];
    counts
        .iter()
        .filter(|(name, count)| suite.attribute(*name).is_some_and(|said| said != count.to_string()))
        .map(|(name, count)| format!("testsuite says another number of {name} than {count}"))
        .collect()
}
