//! The catalogue of requirements: what the bank promises, where it says so, why it matters. One file,
//! `requirements.toml`, read with the same machinery as suites.

use std::sync::Arc;

use serde_json::{Value as Json, json};
use toml::de::{DeTable, DeValue};

use super::case::{Source, Span, words};
use super::code::Code;
use super::diagnostic::Diagnostic;
use super::editions::Editions;
use super::read::case::is_kebab;
use super::read::file::{stands_on_its_own, syntax_mistakes};
use super::read::form::{Lenient, form};
use super::read::value::{Defs, Prose, Value, word_values};
use super::read::wording::{meant_or_list, shown};
use super::read::{Node, Reader, Written};
use super::readings::{self, ReadingForm};
use crate::results::{Chosen, Level, Reading, Requirement};

/// Every promise that a case can prove.
#[derive(Clone, Debug)]
pub struct Catalogue {
    /// Which edition of the catalogue it is, such as `2026.1`.
    pub edition: String,
    /// Every edition, this one last.
    pub editions: Editions,
    /// In the order of the file.
    pub requirements: Vec<Requirement>,
    pub source: Arc<Source>,
    pub(super) entries: Vec<Entry>,
    /// Whether every entry is known; if not, an unknown requirement may stand in the broken part.
    pub(super) is_whole: bool,
}

words! {
    /// Whose promises a section holds.
    Side {
        /// What a bank promises to apps and users.
        Bank = "bank",
        /// What an app that connects to a bank has to keep.
        App = "app",
    }
}

word_values! {
    Side: "side",
}

/// What suites need to know of a requirement, even if its entry is broken elsewhere.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub id: String,
    pub span: Span,
    pub section: Option<String>,
    /// Whose promise it is, if its section could be told.
    pub side: Option<Side>,
    pub level: Option<Level>,
    /// Whether it has readings to choose from.
    pub has_readings: bool,
    /// The first edition that has it.
    pub since: String,
}

form! {
    /// The catalogue of requirements.
    struct CatalogueForm {
        /// Which edition it is.
        edition: Lenient<Prose>,
        /// Every edition there was, the oldest first, this one last. Without it there is only this one.
        editions: Lenient<Option<Vec<Written>>>,
        /// The headings.
        section: Lenient<Vec<SectionForm>>,
        /// The requirements.
        requirement: Lenient<Vec<RequirementForm>>,
    }
}

form! {
    /// A heading of the catalogue.
    struct SectionForm {
        /// Kebab-case, unique.
        id: Lenient<Written>,
        /// The heading.
        title: Lenient<Prose>,
        /// Whose promises it holds. Default `bank`.
        side: Lenient<Option<Side>>,
    }
}

form! {
    /// One promise.
    struct RequirementForm {
        /// `name.name`, both kebab-case; unique.
        id: Lenient<RequirementId>,
        /// The section's id.
        section: Lenient<Written>,
        /// What it weighs.
        level: Lenient<Level>,
        /// The promise in one sentence.
        promise: Lenient<Prose>,
        /// The source's own words.
        quote: Lenient<Option<Prose>>,
        /// Where the promise stands.
        source: Lenient<Prose>,
        /// What a broken promise lets happen.
        why: Lenient<Prose>,
        /// What to change.
        mend: Lenient<Prose>,
        /// The first edition that has it. Default: the first of all.
        since: Lenient<Option<Written>>,
        /// How the documents can be read where they leave room, one `[[requirement.reading]]` each.
        reading: Lenient<Option<Vec<ReadingForm>>>,
    }
}

/// `refresh.single-use`
pub struct RequirementId(Written);

impl Catalogue {
    /// The requirement with this id.
    pub fn requirement(&self, id: &str) -> Option<&Requirement> {
        self.requirements.iter().find(|requirement| requirement.id == id)
    }

    /// Whose promise the requirement is. What is not known is the bank's.
    pub fn side(&self, id: &str) -> Side {
        let entry = self.entries.iter().find(|entry| entry.id == id);
        entry.and_then(|entry| entry.side).unwrap_or(Side::Bank)
    }

    /// Reads the catalogue as far as it can be read, and every mistake in it.
    pub(super) fn read(source: Arc<Source>) -> (Self, Vec<Diagnostic>) {
        let text = Arc::clone(&source);
        let (tree, errors) = DeTable::parse_recoverable(&text.text);
        let mut reader = Reader::new(Arc::clone(&source));
        let span = tree.span();
        let node = toml::Spanned::new(span, DeValue::Table(tree.into_inner()));
        let mut catalogue = Self {
            edition: String::new(),
            editions: Editions::default(),
            requirements: Vec::new(),
            source: Arc::clone(&source),
            entries: Vec::new(),
            is_whole: false,
        };
        if let Some(form) = CatalogueForm::read(&node, &mut reader) {
            catalogue.fill(form, &mut reader);
        }
        catalogue.is_whole &= errors.is_empty();
        let mut found = syntax_mistakes(&source, &errors);
        let is_toml = found.is_empty();
        let others = reader.into_found();
        found.extend(
            others.into_iter().filter(|mistake| is_toml || stands_on_its_own(mistake, &source, &errors)),
        );
        found.sort_by_key(Diagnostic::start);
        (catalogue, found)
    }

    /// One without any requirement, beside which no suite can be blamed for naming one.
    pub(super) fn unreadable(source: Arc<Source>) -> Self {
        Self {
            edition: String::new(),
            editions: Editions::default(),
            requirements: Vec::new(),
            source,
            entries: Vec::new(),
            is_whole: false,
        }
    }

    fn fill(&mut self, form: CatalogueForm, reader: &mut Reader) {
        self.edition = form.edition.0.as_ref().map_or_else(String::new, |edition| edition.0.clone());
        self.editions = Editions::read(form.edition.0, form.editions.0, reader);
        self.is_whole = form.requirement.0.is_some();
        let sections = sections(form.section.0.unwrap_or_default(), reader);
        for mut form in form.requirement.0.unwrap_or_default() {
            let Some(requirement_id) = &form.id.0 else {
                self.is_whole = false;
                continue;
            };
            let RequirementId(id) = requirement_id;
            if let Some(first) = self.entries.iter().find(|entry| entry.id == id.text) {
                duplicate(id, &first.span, reader);
                continue;
            }
            let section =
                form.section.0.as_ref().and_then(|written| known_section(written, &sections, reader));
            let since = self.editions.since(form.since.0.as_ref().and_then(Option::as_ref), reader);
            self.entries.push(Entry {
                id: id.text.clone(),
                span: id.span.clone(),
                section: section.map(|section| section.id.text.clone()),
                side: section.map(|section| section.side),
                level: form.level.0,
                has_readings: matches!(form.reading.0, Some(Some(_))),
                since: since.clone(),
            });
            let readings = readings::read(form.reading.0.take(), requirement_id, form.level.0, reader);
            self.requirements
                .extend(section.and_then(|section| requirement(form, &section.title, since, readings?)));
        }
    }
}

struct Section {
    id: Written,
    title: String,
    side: Side,
}

fn sections(forms: Vec<SectionForm>, reader: &mut Reader) -> Vec<Section> {
    let mut sections: Vec<Section> = Vec::new();
    for form in forms {
        let Some(id) = form.id.0 else { continue };
        let title = form.title.0.map_or_else(String::new, |title| title.0);
        match sections.iter().find(|section| section.id.text == id.text) {
            Some(first) => duplicate(&id, &first.id.span, reader),
            None => {
                let side = form.side.0.flatten().unwrap_or(Side::Bank);
                sections.push(Section { id, title, side });
            }
        }
    }
    sections
}

fn duplicate(id: &Written, first: &Span, reader: &mut Reader) {
    let message = format!("`{}` stands in the catalogue twice", shown(&id.text));
    let mistake = reader.mistake(Code::DuplicateRequirement, id.span.clone(), message).also(
        &reader.source,
        first.clone(),
        "the first time",
    );
    reader.note(mistake);
}

fn known_section<'s>(written: &Written, sections: &'s [Section], reader: &mut Reader) -> Option<&'s Section> {
    let found = sections.iter().find(|section| section.id.text == written.text);
    if found.is_none() {
        let known: Vec<&str> = sections.iter().map(|section| section.id.text.as_str()).collect();
        let message = format!("there is no section `{}`", shown(&written.text));
        let mistake = reader.mistake(Code::UnknownSection, written.span.clone(), message);
        reader.note(mistake.help(meant_or_list(&written.text, &known)));
    }
    found
}

fn requirement(
    form: RequirementForm,
    section: &str,
    since: String,
    readings: Vec<Reading>,
) -> Option<Requirement> {
    let default = readings.iter().find(|reading| reading.default);
    Some(Requirement {
        id: form.id.0?.0.text,
        section: section.to_owned(),
        level: form.level.0?,
        promise: form.promise.0?.0,
        quote: form.quote.0?.map(|quote| quote.0),
        source: form.source.0?.0,
        why: form.why.0?.0,
        mend: form.mend.0?.0,
        since,
        cases: Vec::new(),
        defects: Vec::new(),
        chosen: default.map(|reading| Chosen { reading: reading.id.clone(), reason: None }),
        readings,
    })
}

pub(super) const LEVELS: [Level; 3] = [Level::Must, Level::Should, Level::Info];

impl Value for Level {
    fn read(node: Node<'_>, reader: &mut Reader) -> Option<Self> {
        let written = reader.text(node)?;
        let found = LEVELS.into_iter().find(|level| level.as_str() == written.text);
        if found.is_none() {
            reader.unknown_word(&written, "level", LEVELS.map(Level::as_str));
        }
        found
    }

    fn schema(_: &mut Defs) -> Json {
        json!({ "enum": LEVELS.map(Level::as_str) })
    }
}

impl RequirementId {
    /// What was written.
    pub(super) fn written(&self) -> &Written {
        &self.0
    }
}

impl Value for RequirementId {
    fn read(node: Node<'_>, reader: &mut Reader) -> Option<Self> {
        let written = reader.text(node)?;
        if written.text.split_once('.').is_some_and(|(area, name)| is_kebab(area) && is_kebab(name)) {
            return Some(Self(written));
        }
        let message = format!("`{}` is no id of a requirement", shown(&written.text));
        let mistake = reader.mistake(Code::BadName, written.span, message);
        reader.note(mistake.help("an id is two kebab-case names and a dot, such as `refresh.single-use`"));
        None
    }

    fn schema(_: &mut Defs) -> Json {
        json!({ "type": "string", "pattern": "^[a-z0-9-]+\\.[a-z0-9-]+$" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Catalogue, Vec<Diagnostic>) {
        Catalogue::read(Arc::new(Source::new("requirements.toml", text)))
    }

    const ONE: &str = r#"
        edition = "2026.1"
        [[section]]
        id = "refresh"
        title = "Refreshing access"
        [[requirement]]
        id = "refresh.single-use"
        section = "refresh"
        level = "must"
        promise = "A refresh token works once"
        source = "the documents"
        why = "A stolen one could be used again"
        mend = "Forget it when it is used"
    "#;

    #[test]
    fn a_requirement_stands_under_its_section_s_title() {
        let (catalogue, found) = read(ONE);
        assert_eq!(found, []);
        let requirement = catalogue.requirement("refresh.single-use").expect("it is there");
        assert_eq!((requirement.section.as_str(), requirement.level), ("Refreshing access", Level::Must));
        assert_eq!(requirement.quote, None);
    }

    #[test]
    fn a_requirement_that_stands_twice_is_a_mistake() {
        let second = &ONE[ONE.find("[[requirement]]").expect("it has one")..];
        let (catalogue, found) = read(&format!("{ONE}\n{second}"));
        assert_eq!(
            found.iter().map(|mistake| mistake.code).collect::<Vec<_>>(),
            [Code::DuplicateRequirement]
        );
        assert_eq!(catalogue.requirements.len(), 1);
    }
}
