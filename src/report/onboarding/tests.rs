//! Records of small runs.

use std::collections::BTreeMap;

use super::*;
use crate::results::{Edition, Observation, Place, Requirement, SCHEMA, TargetSeen};

fn requirement(id: &str, level: Level) -> Requirement {
    Requirement {
        id: id.to_owned(),
        section: "The app".to_owned(),
        level,
        promise: format!("The promise of {id}."),
        quote: None,
        source: "RFC 6749 §10.12".to_owned(),
        why: String::new(),
        mend: String::new(),
        since: "2026.1".to_owned(),
        readings: Vec::new(),
        chosen: None,
        cases: Vec::new(),
        defects: Vec::new(),
    }
}

fn case(id: &str, proves: &str, verdict: Verdict, reason: Option<&str>) -> CaseResult {
    CaseResult {
        id: id.to_owned(),
        suite: "app".to_owned(),
        about: format!("What {id} is about"),
        proves: vec![proves.to_owned()],
        level: Level::Must,
        place: Place { file: String::new(), line: 1, column: 1, text: String::new(), width: 1 },
        verdict,
        reason: reason.map(str::to_owned),
        accepted: None,
        findings: Vec::new(),
        observations: Vec::new(),
        steps: Vec::new(),
        rounds: None,
        sample: None,
        began_ms: 0,
        duration_ms: 0,
        rerun: String::new(),
    }
}

fn run(app: Option<AppSeen>) -> Run {
    let mut stored = case("app/stored", "app.stored", Verdict::Pass, None);
    stored
        .observations
        .push(Observation { about: "what is shown".to_owned(), seen: "<b>| nothing".to_owned() });
    Run {
        schema: SCHEMA.to_owned(),
        version: "0.1.0".to_owned(),
        started: "2026-11-27T08:00:00Z".to_owned(),
        duration_ms: 1_500,
        seed: 7,
        interrupted: false,
        command: "grantspec app --app app.toml".to_owned(),
        target: TargetSeen { name: "An app".to_owned(), base: String::new(), lacks: BTreeMap::new() },
        app,
        suites: Vec::new(),
        baseline: None,
        edition: Edition { judged: "2026.1".to_owned(), newest: "2026.1".to_owned(), left_out: Vec::new() },
        requirements: vec![
            requirement("app.kept", Level::Must),
            requirement("app.stored", Level::Info),
            requirement("app.unclear", Level::Must),
            requirement("app.never-run", Level::Must),
        ],
        documents: Vec::new(),
        cases: vec![
            case("app/kept", "app.kept", Verdict::Pass, None),
            stored,
            case("app/unclear", "app.unclear", Verdict::Inconclusive, Some("the app never called")),
        ],
        notes: Vec::new(),
    }
}

fn seen() -> AppSeen {
    AppSeen { version: Some("3.2".to_owned()), by: Some("Onboarding".to_owned()), confidential: true }
}

#[test]
fn a_run_against_a_bank_has_no_record() {
    assert!(markdown(&run(None)).is_none());
    assert!(html(&run(None)).is_none());
}

#[test]
fn it_says_who_ran_what_and_when() {
    let text = markdown(&run(Some(seen()))).expect("an app was judged");
    for line in [
        "# Onboarding record: An app",
        "| Version of the app | 3.2 |",
        "| Run by | Onboarding |",
        "| Run on | 27 November 2026, 08:00:00 UTC, for 1.5 s |",
        "| Judged by | catalogue 2026.1 |",
        "| Tested with | grantspec 0.1.0 |",
        "| kept | 2 |",
        "| not shown | 2 |",
    ] {
        assert!(text.lines().any(|shown| shown == line), "{line} is not in\n{text}");
    }
    let anonymous = markdown(&run(Some(AppSeen::default()))).expect("an app was judged");
    assert!(anonymous.contains("| Run by | not said |"), "nobody is made up");
}

#[test]
fn what_was_not_shown_is_never_called_kept_and_becomes_a_question() {
    let record = Record::of(&run(Some(seen()))).expect("an app was judged");
    let standing = |id: &str| {
        let shown = record.sections.iter().flat_map(|part| &part.promises).find(|shown| shown.id == id);
        shown.expect("every promise is there").standing
    };
    assert_eq!(standing("app.kept"), "kept");
    assert_eq!(standing("app.unclear"), "not shown: no conclusion");
    assert_eq!(standing("app.never-run"), "not shown: not judged");
    let unshown: Vec<&str> = record.unshown.iter().map(|(id, ..)| id.as_str()).collect();
    assert_eq!(unshown, ["app.unclear", "app.never-run"]);
    assert!(record.unshown[0].2.contains("the app never called"));
    for id in ["app.stored", "app.unclear", "app.never-run"] {
        assert!(record.questions.iter().any(|question| question.contains(id)), "nobody is asked about {id}");
    }
    assert!(!record.questions.iter().any(|question| question.contains("app.kept")));
}

#[test]
fn what_is_broken_is_named_first_with_how_to_mend_it() {
    let mut run = run(Some(seen()));
    run.cases.push(case("app/broken", "app.never-run", Verdict::Fail, Some("it came")));
    let broken = run.requirements.iter_mut().find(|known| known.id == "app.never-run").expect("it is there");
    (broken.why, broken.mend) = ("Anybody gets in.".to_owned(), "Lock the door.".to_owned());
    let text = markdown(&run).expect("an app was judged");
    let named = text.find("- **app.never-run**: The promise of app.never-run.").expect("it is named");
    assert!(named < text.find("## Promise by promise").expect("it goes on"), "{text}");
    assert!(text.contains("Anybody gets in.  \nTo mend it: Lock the door."), "{text}");
    let page = html(&run).expect("an app was judged");
    assert!(
        page.contains("<a href=\"#app.never-run\">") && page.contains("<article id=\"app.never-run\""),
        "{page}"
    );
    assert_eq!(text.matches("To mend it").count(), 1, "what is kept needs no mending");
}

#[test]
fn what_an_app_shows_is_text_in_both() {
    let run = run(Some(seen()));
    let page = html(&run).expect("an app was judged");
    assert!(!page.contains("<b>|") && page.contains("&#60;b&#62;| nothing"), "{page}");
    let text = markdown(&run).expect("an app was judged");
    assert!(text.contains(r"&lt;b&gt;\| nothing"), "{text}");
}

#[test]
fn what_is_to_be_mended_has_words_before_it_and_code_in_notes_is_code() {
    let mut run = run(Some(seen()));
    run.cases.push(case("app/broken", "app.never-run", Verdict::Fail, Some("it came")));
    run.notes.push("It names none (`logs` under `[files]`)".to_owned());
    let page = html(&run).expect("an app was judged");
    assert!(page.contains("(<code>logs</code> under <code>[files]</code>)"), "{page}");
    let words = "Broken, or against best practice:";
    assert!(page.contains(words), "{page}");
    assert!(markdown(&run).expect("an app was judged").contains(words));
}
