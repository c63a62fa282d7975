//! What the answers of all banks, or of all apps, prove, and what keeps them from proving it. Pure.

use std::collections::{BTreeMap, BTreeSet};

use crate::defect::Defect;
use crate::results::{
    CaseRow, Collateral, DefectRow, Level, Problem, ProblemKind, Requirement, RequirementRow, SideMatrix,
    Subject, Verdict,
};
use crate::suite::{Case, Library, Script, Side};

/// What is known of a case, whichever side it is for.
#[derive(Clone, Copy, Debug)]
pub struct Probe<'a> {
    pub id: &'a str,
    name: &'a str,
    suite: &'a str,
    pub proves: &'a [String],
    also: &'a BTreeMap<String, String>,
}

impl<'a, S: Script> From<&'a Case<S>> for Probe<'a> {
    fn from(case: &'a Case<S>) -> Self {
        Probe { id: &case.id, name: &case.name, suite: &case.suite, proves: &case.proves, also: &case.also }
    }
}

impl Probe<'_> {
    /// Whether it is there to notice this defect.
    pub fn is_for(&self, flaw: Flaw) -> bool {
        self.proves.iter().any(|id| id == flaw.requirement)
    }
}

/// What is known of a defect, whoever has it.
#[derive(Clone, Copy, Debug)]
pub struct Flaw {
    pub id: &'static str,
    about: &'static str,
    pub requirement: &'static str,
}

impl<Rules> From<&Defect<Rules>> for Flaw {
    fn from(defect: &Defect<Rules>) -> Self {
        Flaw { id: defect.id, about: defect.about, requirement: defect.requirement() }
    }
}

/// What a case said.
#[derive(Clone, Debug)]
pub struct Said {
    pub verdict: Verdict,
    pub reason: Option<String>,
    /// What it recorded and does not judge.
    pub recorded: String,
}

/// What each case said of one bank, or one app.
#[derive(Clone, Debug)]
pub struct Heard {
    /// `None` is the one without a defect.
    pub defect: Option<Flaw>,
    /// By case id.
    pub said: BTreeMap<String, Said>,
}

/// Everything that a side's proof is made of.
pub struct Evidence<'a> {
    pub subject: Subject,
    pub library: &'a Library,
    /// In the order of the suites' files.
    pub probes: Vec<Probe<'a>>,
    /// The one without a defect first.
    pub heard: Vec<Heard>,
    /// Whether no defect was left out, so that what is missing can be told.
    pub whole: bool,
}

/// Cases for banks, or those for apps.
pub fn probes(library: &Library, subject: Subject) -> Vec<Probe<'_>> {
    match subject {
        Subject::Bank => library.suites.iter().flat_map(|suite| &suite.cases).map(Probe::from).collect(),
        Subject::App => library.apps.iter().flat_map(|suite| &suite.cases).map(Probe::from).collect(),
    }
}

/// A broken promise, whichever its weight.
pub fn broke(verdict: Verdict) -> bool {
    matches!(verdict, Verdict::Fail | Verdict::Warn)
}

impl Evidence<'_> {
    /// Makes one side of the matrix.
    pub fn matrix(&self) -> (SideMatrix, Vec<Problem>) {
        let mut problems = Vec::new();
        for good in self.heard.iter().filter(|heard| heard.defect.is_none()) {
            problems.extend(self.false_alarms(good));
        }
        let mut used = BTreeSet::new();
        let rows = self.heard.iter();
        let rows: Vec<DefectRow> = rows
            .filter_map(|heard| Some(self.defect_row(heard.defect?, heard, &mut used, &mut problems)))
            .collect();
        let case_rows: Vec<CaseRow> = self.probes.iter().map(|probe| case_row(probe, &rows)).collect();
        let requirements = self.requirement_rows(&rows);
        if self.whole {
            let judged = case_rows.iter().filter(|row| !row.proves.iter().all(|id| self.is_recorded(id)));
            problems.extend(judged.filter(|row| row.kills.is_empty()).map(toothless));
            problems.extend(requirements.iter().filter_map(uncovered));
            problems.extend(self.idle(&used));
        }
        let runs = self.heard.iter().map(|heard| heard.said.len() as u64).sum();
        let side = SideMatrix {
            subject: self.subject,
            duration_ms: 0,
            runs,
            defects: rows,
            cases: case_rows,
            requirements,
        };
        (side, problems)
    }

    /// A promise that is recorded and never judged.
    fn is_recorded(&self, requirement: &str) -> bool {
        self.library.catalogue.requirement(requirement).is_some_and(|known| known.level == Level::Info)
    }

    fn good(&self) -> Option<&Heard> {
        self.heard.iter().find(|heard| heard.defect.is_none())
    }

    /// Whether a case that is there for it noticed the defect: by its verdict, or, where the promise is only recorded, by a
    /// record that differs from the one of what is right.
    fn noticed(&self, probe: &Probe<'_>, flaw: Flaw, said: &Said) -> bool {
        if !probe.is_for(flaw) {
            return false;
        }
        if !self.is_recorded(flaw.requirement) {
            return broke(said.verdict);
        }
        let right = self.good().and_then(|good| good.said.get(probe.id));
        said.verdict == Verdict::Pass && right.is_some_and(|right| right.recorded != said.recorded)
    }

    /// What a second look may mend, as the position of what was heard and the case's id: where a machine that is busy with
    /// others may be the reason why a case came to no conclusion, or did not notice what it is there for.
    pub fn doubts(&self) -> Vec<(usize, String)> {
        let mut doubts = BTreeSet::new();
        let bites = |heard: &Heard, flaw: Flaw, probe: &Probe<'_>| {
            heard.said.get(probe.id).is_some_and(|said| self.noticed(probe, flaw, said))
        };
        let with_defect =
            || self.heard.iter().enumerate().filter_map(|(at, heard)| Some((at, heard, heard.defect?)));
        for (at, heard) in self.heard.iter().enumerate().filter(|(_, heard)| heard.defect.is_none()) {
            let undecided = heard
                .said
                .iter()
                .filter(|(_, said)| !matches!(said.verdict, Verdict::Pass) && !broke(said.verdict));
            doubts.extend(undecided.map(|(id, _)| (at, id.clone())));
        }
        for (at, heard, flaw) in with_defect() {
            let own: Vec<&Probe<'_>> = self.probes.iter().filter(|probe| probe.is_for(flaw)).collect();
            if !own.iter().any(|probe| bites(heard, flaw, probe)) {
                doubts.extend(own.iter().map(|probe| (at, probe.id.to_owned())));
            }
        }
        if !self.whole {
            return doubts.into_iter().collect();
        }
        for probe in &self.probes {
            let own: Vec<_> = with_defect().filter(|(_, _, flaw)| probe.is_for(*flaw)).collect();
            if !own.iter().any(|(_, heard, flaw)| bites(heard, *flaw, probe)) {
                doubts.extend(own.iter().map(|(at, ..)| (*at, probe.id.to_owned())));
            }
            for id in probe.also.keys() {
                let named = with_defect().filter(|(_, _, flaw)| flaw.id == id || flaw.requirement == id);
                let named: Vec<usize> = named.map(|(at, ..)| at).collect();
                let variants = self.probes.iter().filter(|other| {
                    other.name == probe.name && other.suite == probe.suite && other.also.contains_key(id)
                });
                let variants: Vec<&Probe<'_>> = variants.collect();
                let happened = named.iter().any(|at| {
                    let said = &self.heard[*at].said;
                    variants.iter().any(|one| said.get(one.id).is_some_and(|said| broke(said.verdict)))
                });
                if !happened {
                    doubts.extend(named.iter().map(|at| (*at, probe.id.to_owned())));
                }
            }
        }
        doubts.into_iter().collect()
    }

    fn false_alarms<'a>(&self, good: &'a Heard) -> impl Iterator<Item = Problem> + use<'a> {
        let subject = self.subject.as_str();
        good.said.iter().filter(|(_, said)| said.verdict != Verdict::Pass).map(move |(case, said)| {
            let why = said.reason.as_deref().map(|why| format!(": {why}")).unwrap_or_default();
            Problem {
                kind: ProblemKind::FalseAlarm,
                about: case.clone(),
                text: format!("{} on the {subject} without a defect{why}", said.verdict.as_str()),
            }
        })
    }

    fn defect_row(
        &self,
        flaw: Flaw,
        heard: &Heard,
        used: &mut BTreeSet<(String, String)>,
        problems: &mut Vec<Problem>,
    ) -> DefectRow {
        let mut row = DefectRow {
            id: flaw.id.to_owned(),
            about: flaw.about.to_owned(),
            requirement: flaw.requirement.to_owned(),
            killed_by: Vec::new(),
            also_breaks: Vec::new(),
            undecided: Vec::new(),
        };
        for probe in &self.probes {
            let Some(said) = heard.said.get(probe.id) else { continue };
            match said.verdict {
                _ if self.noticed(probe, flaw, said) => row.killed_by.push(probe.id.to_owned()),
                verdict if broke(verdict) => {
                    let explained =
                        [flaw.id, flaw.requirement].into_iter().find(|id| probe.also.contains_key(*id));
                    if let Some(id) = explained {
                        used.insert((probe.name.to_owned(), id.to_owned()));
                    } else {
                        problems.push(unexplained(probe, flaw, said));
                    }
                    row.also_breaks.push(Collateral {
                        case: probe.id.to_owned(),
                        verdict,
                        reason: explained.and_then(|id| probe.also.get(id).cloned()),
                    });
                }
                Verdict::Pass | Verdict::Skipped => {}
                _ => row.undecided.push(probe.id.to_owned()),
            }
        }
        if row.killed_by.is_empty() {
            problems.push(self.survivor(flaw, &row));
        }
        row
    }

    fn survivor(&self, flaw: Flaw, row: &DefectRow) -> Problem {
        let own = self.probes.iter().filter(|probe| probe.is_for(flaw));
        let undecided: Vec<&str> =
            own.map(|probe| probe.id).filter(|id| row.undecided.iter().any(|known| known == id)).collect();
        let seen = if undecided.is_empty() {
            "every case of its requirement passes".to_owned()
        } else {
            format!("no case of its requirement breaks (undecided: {})", undecided.join(", "))
        };
        Problem {
            kind: ProblemKind::Survivor,
            about: flaw.id.to_owned(),
            text: format!("{seen}, though {}: add a probe", flaw.about),
        }
    }

    fn requirement_rows(&self, rows: &[DefectRow]) -> Vec<RequirementRow> {
        let row = |requirement: &Requirement| {
            let own: Vec<&DefectRow> = rows.iter().filter(|row| row.requirement == requirement.id).collect();
            let proving = self.probes.iter().filter(|probe| probe.proves.contains(&requirement.id));
            RequirementRow {
                id: requirement.id.clone(),
                level: requirement.level,
                promise: requirement.promise.clone(),
                cases: proving.count() as u32,
                defects: own.len() as u32,
                killed: own.iter().filter(|row| !row.killed_by.is_empty()).count() as u32,
            }
        };
        let side = match self.subject {
            Subject::Bank => Side::Bank,
            Subject::App => Side::App,
        };
        let catalogue = &self.library.catalogue;
        let own = catalogue.requirements.iter().filter(|known| catalogue.side(&known.id) == side);
        own.map(row).filter(|row| row.cases > 0 || row.defects > 0).collect()
    }

    /// Reasons that explain nothing that happened, by case (whichever variant).
    fn idle<'a>(&'a self, used: &'a BTreeSet<(String, String)>) -> impl Iterator<Item = Problem> + 'a {
        let written: BTreeMap<(String, String), &str> = self
            .probes
            .iter()
            .flat_map(|probe| probe.also.keys().map(|id| ((probe.name.to_owned(), id.clone()), probe.suite)))
            .collect();
        written.into_iter().filter(|(key, _)| !used.contains(key)).map(|((name, id), suite)| Problem {
            kind: ProblemKind::IdleReason,
            about: format!("{suite}/{name}"),
            text: format!("its `also` names {id}, which does not break it: drop the reason"),
        })
    }
}

fn unexplained(probe: &Probe<'_>, flaw: Flaw, said: &Said) -> Problem {
    Problem {
        kind: ProblemKind::Unexplained,
        about: probe.id.to_owned(),
        text: format!(
            "breaks under {}, which is none of what it proves ({}): make it narrower, or say in its `also` why; {}",
            flaw.id,
            probe.proves.join(", "),
            said.reason.as_deref().unwrap_or_default()
        ),
    }
}

fn case_row(probe: &Probe<'_>, rows: &[DefectRow]) -> CaseRow {
    let kills = rows.iter().filter(|row| row.killed_by.iter().any(|id| id == probe.id));
    CaseRow {
        id: probe.id.to_owned(),
        proves: probe.proves.to_vec(),
        kills: kills.map(|row| row.id.clone()).collect(),
    }
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

#[cfg(test)]
mod tests;
