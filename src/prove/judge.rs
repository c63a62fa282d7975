//! What the answers of all banks prove, and what keeps them from proving it. Pure.

use std::collections::{BTreeMap, BTreeSet};

use super::Heard;
use crate::reference::defects::Defect;
use crate::results::{
    CaseRow, Collateral, DefectRow, Level, MATRIX_SCHEMA, Matrix, Problem, ProblemKind, RequirementRow,
    Verdict,
};
use crate::suite::{Case, Library};

/// Makes the matrix. `whole` says that no defect was left out, so that what is missing can be told.
pub fn matrix(library: &Library, heard: &[Heard], whole: bool) -> Matrix {
    let cases: Vec<&Case> = library.suites.iter().flat_map(|suite| &suite.cases).collect();
    let mut problems = Vec::new();
    for good in heard.iter().filter(|heard| heard.defect.is_none()) {
        problems.extend(false_alarms(good));
    }
    let mut used = BTreeSet::new();
    let rows: Vec<DefectRow> = heard
        .iter()
        .filter_map(|heard| Some(defect_row(heard.defect?, heard, &cases, &mut used, &mut problems)))
        .collect();
    let case_rows: Vec<CaseRow> = cases.iter().map(|case| case_row(case, &rows)).collect();
    let requirements = requirement_rows(library, &cases, &rows);
    if whole {
        // A promise that is only recorded breaks under nothing.
        let recorded =
            |id: &String| library.catalogue.requirement(id).is_some_and(|known| known.level == Level::Info);
        let judged = case_rows.iter().filter(|row| !row.proves.iter().all(recorded));
        problems.extend(judged.filter(|row| row.kills.is_empty()).map(toothless));
        problems.extend(requirements.iter().filter_map(uncovered));
        problems.extend(idle(&cases, &used));
    }
    problems.sort_by_key(|problem| problem.kind);
    Matrix {
        schema: MATRIX_SCHEMA.to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        edition: library.catalogue.edition.clone(),
        duration_ms: 0,
        whole,
        runs: heard.iter().map(|heard| heard.verdicts.len() as u64).sum(),
        defects: rows,
        cases: case_rows,
        requirements,
        problems,
    }
}

/// A broken promise, whichever its weight.
fn broke(verdict: Verdict) -> bool {
    matches!(verdict, Verdict::Fail | Verdict::Warn)
}

fn false_alarms(good: &Heard) -> impl Iterator<Item = Problem> + '_ {
    good.verdicts.iter().filter(|(_, (verdict, _))| *verdict != Verdict::Pass).map(
        |(case, (verdict, reason))| {
            let why = reason.as_deref().map(|why| format!(": {why}")).unwrap_or_default();
            Problem {
                kind: ProblemKind::FalseAlarm,
                about: case.clone(),
                text: format!("{} on the bank without a defect{why}", verdict.as_str()),
            }
        },
    )
}

fn defect_row(
    defect: &Defect,
    heard: &Heard,
    cases: &[&Case],
    used: &mut BTreeSet<(String, String)>,
    problems: &mut Vec<Problem>,
) -> DefectRow {
    let mut row = DefectRow {
        id: defect.id.to_owned(),
        about: defect.about.to_owned(),
        requirement: defect.requirement().to_owned(),
        killed_by: Vec::new(),
        also_breaks: Vec::new(),
        undecided: Vec::new(),
    };
    for case in cases {
        let Some((verdict, reason)) = heard.verdicts.get(&case.id) else { continue };
        let own = case.proves.iter().any(|id| id == defect.requirement());
        match verdict {
            verdict if broke(*verdict) && own => row.killed_by.push(case.id.clone()),
            verdict if broke(*verdict) => {
                let explained =
                    [defect.id, defect.requirement()].into_iter().find(|id| case.also.contains_key(*id));
                if let Some(id) = explained {
                    used.insert((case.name.clone(), id.to_owned()));
                } else {
                    problems.push(Problem {
                        kind: ProblemKind::Unexplained,
                        about: case.id.clone(),
                        text: format!(
                            "breaks under {}, which is none of what it proves ({}): make it narrower, or say in its `also` why; {}",
                            defect.id,
                            case.proves.join(", "),
                            reason.as_deref().unwrap_or_default()
                        ),
                    });
                }
                row.also_breaks.push(Collateral {
                    case: case.id.clone(),
                    verdict: *verdict,
                    reason: explained.and_then(|id| case.also.get(id).cloned()),
                });
            }
            Verdict::Pass | Verdict::Skipped => {}
            _ => row.undecided.push(case.id.clone()),
        }
    }
    if row.killed_by.is_empty() {
        let undecided = row.undecided.iter().filter(|id| {
            cases
                .iter()
                .any(|case| case.id == **id && case.proves.iter().any(|id| id == defect.requirement()))
        });
        let undecided: Vec<&str> = undecided.map(String::as_str).collect();
        let seen = if undecided.is_empty() {
            "every case of its requirement passes".to_owned()
        } else {
            format!("no case of its requirement breaks (undecided: {})", undecided.join(", "))
        };
        problems.push(Problem {
            kind: ProblemKind::Survivor,
            about: defect.id.to_owned(),
            text: format!("{seen}, though {}: add a probe", defect.about),
        });
    }
    row
}

fn case_row(case: &Case, rows: &[DefectRow]) -> CaseRow {
    let kills = rows.iter().filter(|row| row.killed_by.contains(&case.id)).map(|row| row.id.clone());
    CaseRow { id: case.id.clone(), proves: case.proves.clone(), kills: kills.collect() }
}

fn toothless(row: &CaseRow) -> Problem {
    Problem {
        kind: ProblemKind::Toothless,
        about: row.id.clone(),
        text: format!(
            "breaks under no defect of {}: add a defect that only it notices, or drop it",
            row.proves.join(", ")
        ),
    }
}

fn requirement_rows(library: &Library, cases: &[&Case], rows: &[DefectRow]) -> Vec<RequirementRow> {
    let row = |requirement: &crate::results::Requirement| {
        let own: Vec<&DefectRow> = rows.iter().filter(|row| row.requirement == requirement.id).collect();
        RequirementRow {
            id: requirement.id.clone(),
            level: requirement.level,
            promise: requirement.promise.clone(),
            cases: cases.iter().filter(|case| case.proves.contains(&requirement.id)).count() as u32,
            defects: own.len() as u32,
            killed: own.iter().filter(|row| !row.killed_by.is_empty()).count() as u32,
        }
    };
    library.catalogue.requirements.iter().map(row).filter(|row| row.cases > 0 || row.defects > 0).collect()
}

fn uncovered(row: &RequirementRow) -> Option<Problem> {
    let missing = match (row.cases, row.defects) {
        _ if row.level == Level::Info => return None,
        (0, _) => "case",
        (_, 0) => "defect",
        _ => return None,
    };
    Some(Problem {
        kind: ProblemKind::Uncovered,
        about: row.id.clone(),
        text: format!(
            "has no {missing}: a promise is covered when a case proves it and a defect shows that the case bites"
        ),
    })
}

/// Reasons that explain nothing that happened, by case (whichever variant).
fn idle<'a>(cases: &'a [&Case], used: &'a BTreeSet<(String, String)>) -> impl Iterator<Item = Problem> + 'a {
    let written: BTreeMap<(String, String), &str> = cases
        .iter()
        .flat_map(|case| case.also.keys().map(|id| ((case.name.clone(), id.clone()), case.suite.as_str())))
        .collect();
    written.into_iter().filter(|(key, _)| !used.contains(key)).map(|((name, id), suite)| Problem {
        kind: ProblemKind::IdleReason,
        about: format!("{suite}/{name}"),
        text: format!("its `also` names {id}, which does not break it: drop the reason"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reference::defects;

    /// What all cases say of a bank: pass, but for these.
    fn heard(defect: Option<&str>, but: &[(&str, Verdict)]) -> Heard {
        let library = Library::shipped();
        let cases = library.suites.iter().flat_map(|suite| &suite.cases);
        let mut verdicts: BTreeMap<String, (Verdict, Option<String>)> =
            cases.map(|case| (case.id.clone(), (Verdict::Pass, None))).collect();
        for (case, verdict) in but {
            let told = verdicts.get_mut(*case).unwrap_or_else(|| panic!("there is a case {case}"));
            told.0 = *verdict;
        }
        Heard { defect: defect.map(|id| defects::find(id).expect("there is such a defect")), verdicts }
    }

    fn kinds(heard: &[Heard], whole: bool) -> Vec<(ProblemKind, String)> {
        let problems = matrix(&Library::shipped(), heard, whole).problems;
        problems.into_iter().map(|problem| (problem.kind, problem.about)).collect()
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
        let both =
            heard(Some("refresh.rotates"), &[(&own_case(), Verdict::Fail), (&rotating(), Verdict::Fail)]);
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
}
