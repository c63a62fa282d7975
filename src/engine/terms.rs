//! What a run is judged by: the catalogue as of an edition, with the readings that the target file chose.

use std::collections::BTreeSet;

use crate::results::{Chosen, Edition, LeftOut, LeftOutKind, Level, Requirement};
use crate::suite::{Case, Library, Script, Side, near};
use crate::target::{Choice, TargetFile, pointed};

/// The requirements of a run, as they weigh in it.
#[derive(Clone, Debug)]
pub struct Terms {
    pub edition: Edition,
    /// Those of the edition, in the order of the catalogue.
    pub requirements: Vec<Requirement>,
    side: Side,
}

/// What is known of a case of either side.
struct Head<'a> {
    suite: &'a str,
    name: &'a str,
    proves: &'a [String],
    since: &'a str,
}

fn heads(library: &Library, side: Side) -> Vec<Head<'_>> {
    fn head<S: Script>(case: &Case<S>) -> Head<'_> {
        Head { suite: &case.suite, name: &case.name, proves: &case.proves, since: &case.since }
    }
    match side {
        Side::Bank => library.suites.iter().flat_map(|suite| &suite.cases).map(head).collect(),
        Side::App => library.apps.iter().flat_map(|suite| &suite.cases).map(head).collect(),
    }
}

/// Why a run can't be judged as its target file wants it.
#[derive(Debug, thiserror::Error)]
pub enum TermsError {
    /// `at` everywhere: file, line and column, and the line itself.
    #[error("{}: the catalogue has no edition {edition}; it has {known}{}", at.0, at.1)]
    UnknownEdition { at: Box<(String, String)>, edition: String, known: String },
    #[error("{}: the catalogue has no requirement {id}{}{}", at.0, meant(near), at.1)]
    UnknownRequirement { at: Box<(String, String)>, id: String, near: Option<String> },
    #[error("{}: {id} has no readings to choose from: the documents say it plainly; leave it out{}", at.0, at.1)]
    NothingToChoose { at: Box<(String, String)>, id: String },
    #[error("{}: {id} has no reading {reading}{}; its readings are {known}{}", at.0, meant(near), at.1)]
    UnknownReading {
        at: Box<(String, String)>,
        id: String,
        reading: String,
        near: Option<String>,
        known: String,
    },
}

fn meant(near: &Option<String>) -> String {
    near.as_ref().map_or_else(String::new, |near| format!(", did you mean {near}?"))
}

impl Terms {
    /// What banks promise, by the catalogue's default readings, with the cases that prove each requirement.
    pub fn usual(library: &Library) -> Terms {
        Terms::of_side(library, Side::Bank)
    }

    /// What apps have to keep, with the cases that prove each requirement.
    pub fn usual_of_apps(library: &Library) -> Terms {
        Terms::of_side(library, Side::App)
    }

    /// What apps have to keep, as of the edition `pinned`.
    ///
    /// # Errors
    ///
    /// An unknown edition.
    pub fn of_apps(library: &Library, pinned: Option<&str>) -> Result<Terms, TermsError> {
        let mut terms = Terms::usual_of_apps(library);
        if let Some(edition) = pinned {
            terms.pin(edition, Box::new(("--edition".to_owned(), String::new())), library)?;
        }
        Ok(terms)
    }

    fn of_side(library: &Library, side: Side) -> Terms {
        let newest = library.catalogue.edition.clone();
        let edition = Edition { judged: newest.clone(), newest, left_out: Vec::new() };
        let own = |requirement: &&Requirement| library.catalogue.side(&requirement.id) == side;
        let mut requirements: Vec<Requirement> =
            library.catalogue.requirements.iter().filter(own).cloned().collect();
        for case in heads(library, side) {
            let id = format!("{}/{}", case.suite, case.name);
            for requirement in requirements.iter_mut().filter(|known| case.proves.contains(&known.id)) {
                // Its variants stand one after the other.
                if requirement.cases.last() != Some(&id) {
                    requirement.cases.push(id.clone());
                }
            }
        }
        Terms { edition, requirements, side }
    }

    /// The catalogue as this target file reads it, as of the edition that it names; `pinned`, the command line's, goes before
    /// that.
    ///
    /// # Errors
    ///
    /// An unknown edition, or the first choice, in the order of the file, that names no requirement or none of its readings.
    pub fn of(library: &Library, file: &TargetFile, pinned: Option<&str>) -> Result<Terms, TermsError> {
        let mut terms = Terms::usual(library);
        // A choice for what is left out stays in order, so that one file serves several editions.
        for choice in &file.choices {
            terms.choose(choice)?;
        }
        match (pinned, &file.pinned) {
            (Some(edition), _) => {
                terms.pin(edition, Box::new(("--edition".to_owned(), String::new())), library)?
            }
            (None, Some(pinned)) => terms.pin(&pinned.edition, pointed(&pinned.at), library)?,
            (None, None) => {}
        }
        Ok(terms)
    }

    /// Whether the case is in the edition.
    pub fn has<S: Script>(&self, case: &Case<S>) -> bool {
        let id = case.id.split('[').next();
        !self
            .edition
            .left_out
            .iter()
            .any(|newer| newer.kind == LeftOutKind::Case && Some(newer.id.as_str()) == id)
    }

    fn pin(&mut self, edition: &str, at: Box<(String, String)>, library: &Library) -> Result<(), TermsError> {
        let editions = &library.catalogue.editions;
        if editions.position(edition).is_none() {
            let known = editions.all();
            return Err(TermsError::UnknownEdition {
                at,
                edition: edition.to_owned(),
                known: known.join(", "),
            });
        }
        edition.clone_into(&mut self.edition.judged);
        let is_newer = |since: &str| !editions.has(edition, since);
        let newer = self.requirements.extract_if(.., |requirement| is_newer(&requirement.since));
        let left_out = newer.map(|requirement| LeftOut {
            kind: LeftOutKind::Requirement,
            id: requirement.id,
            since: requirement.since,
        });
        self.edition.left_out.extend(left_out);
        let mut told = BTreeSet::new();
        for case in heads(library, self.side) {
            let id = format!("{}/{}", case.suite, case.name);
            if is_newer(case.since) && told.insert(id.clone()) {
                self.edition.left_out.push(LeftOut {
                    kind: LeftOutKind::Case,
                    id,
                    since: case.since.to_owned(),
                });
            }
        }
        Ok(())
    }

    /// A requirement of the run.
    pub fn requirement(&self, id: &str) -> Option<&Requirement> {
        self.requirements.iter().find(|requirement| requirement.id == id)
    }

    /// What a violation of the case weighs.
    pub fn level<S: Script>(&self, case: &Case<S>) -> Level {
        let levels =
            case.proves.iter().filter_map(|id| self.requirement(id)).map(|requirement| requirement.level);
        levels.max().unwrap_or(Level::Must)
    }

    /// Why the case is not judged: the reading that was chosen judges nothing.
    pub(super) fn left_out(&self, case: &Case) -> Option<String> {
        let requirements = case.proves.iter().filter_map(|id| self.requirement(id));
        requirements.into_iter().find_map(|requirement| {
            let (reading, reason) = requirement.departure().filter(|(reading, _)| reading.level.is_none())?;
            Some(format!(
                "{} is read as `{}` here, which is not judged: {reason}",
                requirement.id, reading.id
            ))
        })
    }

    fn choose(&mut self, choice: &Choice) -> Result<(), TermsError> {
        let Some(at) = self.requirements.iter().position(|known| known.id == choice.requirement) else {
            let known = self.requirements.iter().map(|known| known.id.as_str());
            return Err(TermsError::UnknownRequirement {
                at: pointed(&choice.requirement_at),
                near: near(&choice.requirement, known).map(str::to_owned),
                id: choice.requirement.clone(),
            });
        };
        let requirement = &mut self.requirements[at];
        if requirement.readings.is_empty() {
            return Err(TermsError::NothingToChoose {
                at: pointed(&choice.requirement_at),
                id: choice.requirement.clone(),
            });
        }
        let Some(reading) = requirement.readings.iter().find(|reading| reading.id == choice.reading) else {
            let known: Vec<&str> = requirement.readings.iter().map(|reading| reading.id.as_str()).collect();
            return Err(TermsError::UnknownReading {
                at: pointed(&choice.reading_at),
                id: choice.requirement.clone(),
                reading: choice.reading.clone(),
                near: near(&choice.reading, known.iter().copied()).map(str::to_owned),
                known: known.join(", "),
            });
        };
        requirement.level = reading.level.unwrap_or(requirement.level);
        requirement.chosen =
            Some(Chosen { reading: choice.reading.clone(), reason: Some(choice.reason.clone()) });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terms(choices: &str) -> Result<Terms, TermsError> {
        let text = format!("name = 'x'\nbase = 'http://h'\n[readings]\n{choices}");
        let file = TargetFile::parse("t.toml", &text).expect("it is a target file");
        Terms::of(&Library::shipped(), &file, None)
    }

    #[test]
    fn every_choice_of_the_catalogue_can_be_made() {
        for requirement in Library::shipped().catalogue.requirements {
            for reading in &requirement.readings {
                let choice =
                    format!("\"{}\" = {{ reading = \"{}\", reason = \"why\" }}", requirement.id, reading.id);
                let terms = terms(&choice).expect("the catalogue has it");
                let judged = terms.requirement(&requirement.id).expect("it is still there");
                assert_eq!(judged.reading(), Some(reading));
                assert_eq!(judged.level, reading.level.unwrap_or(requirement.level));
                assert_eq!(judged.departure().is_none(), reading.default);
            }
        }
    }

    #[test]
    fn a_choice_changes_no_other_requirement() {
        let terms = terms("\"code.replay-revokes\" = { reading = \"required\", reason = \"why\" }")
            .expect("it can be made");
        let usual = Terms::usual(&Library::shipped());
        let changed = terms.requirements.iter().zip(&usual.requirements).filter(|(one, other)| one != other);
        assert_eq!(changed.map(|(one, _)| one.id.as_str()).collect::<Vec<_>>(), ["code.replay-revokes"]);
    }
}
