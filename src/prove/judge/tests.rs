//! What follows from what was heard.

use super::*;
use crate::demo;
use crate::reference::defects;

/// What all cases say of a bank: pass, but for these.
fn heard(defect: Option<&str>, but: &[(&str, Verdict)]) -> Heard {
    let library = Library::shipped();
    let pass = Said { verdict: Verdict::Pass, reason: None, recorded: String::new() };
    let probes = probes(&library, Subject::Bank);
    let mut said: BTreeMap<String, Said> =
        probes.iter().map(|probe| (probe.id.to_owned(), pass.clone())).collect();
    for (case, verdict) in but {
        said.get_mut(*case).unwrap_or_else(|| panic!("there is a case {case}")).verdict = *verdict;
    }
    let flaw = |id| Flaw::from(defects::find(id).expect("there is such a defect"));
    Heard { defect: defect.map(flaw), said }
}

fn kinds(heard: &[Heard], whole: bool) -> Vec<(ProblemKind, String)> {
    let library = Library::shipped();
    let probes = probes(&library, Subject::Bank);
    let heard = heard.to_vec();
    let evidence = Evidence { subject: Subject::Bank, library: &library, probes, heard, whole };
    evidence.matrix().1.into_iter().map(|problem| (problem.kind, problem.about)).collect()
}

#[test]
fn a_defect_is_noticed_only_by_a_case_of_its_own_that_breaks() {
    let own = own_case();
    let noticed = heard(Some("refresh.single-use"), &[(&own, Verdict::Fail)]);
    assert_eq!(kinds(&[noticed], false), []);
    for honest in [Verdict::Inconclusive, Verdict::Error, Verdict::Pass, Verdict::Skipped] {
        let missed = heard(Some("refresh.single-use"), &[(&own, honest)]);
        let survivor = (ProblemKind::Survivor, "refresh.single-use".to_owned());
        assert_eq!(kinds(&[missed], false), [survivor], "{honest:?}");
    }
}

#[test]
fn breaking_for_another_promise_needs_a_reason() {
    let both = heard(Some("refresh.rotates"), &[(&own_case(), Verdict::Fail), (&rotating(), Verdict::Fail)]);
    assert_eq!(kinds(&[both], false), [(ProblemKind::Unexplained, own_case())]);
    let explained = heard(
        Some("public.works:calls"),
        &[
            ("sca/approval-opens[public]", Verdict::Fail),
            ("confidentiality/public-client-works", Verdict::Fail),
        ],
    );
    assert_eq!(kinds(&[explained], false), []);
}

#[test]
fn a_bank_without_a_defect_passes_everything() {
    let own = own_case();
    let wrong = heard(None, &[(&own, Verdict::Inconclusive)]);
    assert_eq!(kinds(&[wrong], false), [(ProblemKind::FalseAlarm, own)]);
}

#[test]
fn only_a_whole_matrix_says_what_is_missing() {
    let good = [heard(None, &[])];
    assert_eq!(kinds(&good, false), []);
    let kinds = kinds(&good, true);
    assert!(
        kinds.contains(&(ProblemKind::Toothless, own_case())),
        "no defect was tried, so none was noticed"
    );
    assert!(kinds.contains(&(ProblemKind::Uncovered, "refresh.single-use".to_owned())));
}

/// An app that was heard of by one case.
fn recorded(defect: Option<&str>, recorded: &str) -> Heard {
    let flaw = |id| Flaw::from(demo::defects::find(id).expect("there is such a defect"));
    let said = Said { verdict: Verdict::Pass, reason: None, recorded: recorded.to_owned() };
    let said = BTreeMap::from([("app-leaving/deletes-data-on-disconnect".to_owned(), said)]);
    Heard { defect: defect.map(flaw), said }
}

#[test]
fn what_is_only_recorded_is_noticed_by_another_record() {
    let library = Library::shipped();
    for (left, noticed) in [("nothing", false), ("everything", true)] {
        let heard = vec![recorded(None, "nothing"), recorded(Some("app.deletes-data-on-disconnect"), left)];
        let probes = probes(&library, Subject::App);
        let evidence = Evidence { subject: Subject::App, library: &library, probes, heard, whole: false };
        assert_eq!(evidence.matrix().1.is_empty(), noticed, "{left}");
        assert_eq!(evidence.doubts().is_empty(), noticed, "{left}");
    }
}

#[test]
fn a_second_look_is_for_what_was_missed_and_never_for_what_broke() {
    let library = Library::shipped();
    let doubts = |heard: &[Heard]| {
        let (probes, heard) = (probes(&library, Subject::Bank), heard.to_vec());
        let evidence = Evidence { subject: Subject::Bank, library: &library, probes, heard, whole: false };
        evidence.doubts()
    };
    let own = own_case();
    let hazy = heard(None, &[(&own, Verdict::Inconclusive)]);
    assert_eq!(doubts(&[hazy]), [(0, own.clone())]);
    let alarm = heard(None, &[(&own, Verdict::Fail)]);
    assert_eq!(doubts(std::slice::from_ref(&alarm)), [], "a case that broke stands by it");
    let missed = heard(Some("refresh.single-use"), &[(&own, Verdict::Inconclusive)]);
    assert!(doubts(&[alarm.clone(), missed]).contains(&(1, own.clone())));
    let noticed = heard(Some("refresh.single-use"), &[(&own, Verdict::Fail)]);
    assert_eq!(doubts(&[alarm, noticed]), []);
}

#[test]
fn every_promise_that_is_judged_has_a_case_and_a_defect() {
    let library = Library::shipped();
    let bank = defects::ALL.iter().map(|defect| defect.requirement());
    let defects: BTreeSet<&str> =
        bank.chain(demo::defects::ALL.iter().map(|defect| defect.requirement())).collect();
    let (bank, app) = (probes(&library, Subject::Bank), probes(&library, Subject::App));
    let proved: BTreeSet<&str> =
        bank.iter().chain(&app).flat_map(|probe| probe.proves).map(String::as_str).collect();
    let judged = library.catalogue.requirements.iter().filter(|known| known.level != Level::Info);
    for id in judged.map(|known| known.id.as_str()) {
        assert!(proved.contains(id), "{id} has no case");
        assert!(defects.contains(id), "{id} has no defect");
    }
}

fn own_case() -> String {
    proving("refresh.single-use")
}

fn rotating() -> String {
    proving("refresh.rotates")
}

fn proving(requirement: &str) -> String {
    let library = Library::shipped();
    let mut cases = library.suites.iter().flat_map(|suite| &suite.cases);
    let case = cases.find(|case| case.proves.iter().any(|id| id == requirement));
    case.expect("every requirement with a defect has a case").id.clone()
}
