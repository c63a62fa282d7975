//! A baseline's file, from its bytes: with every mistake in it, or held against the suites.

use std::sync::Arc;

use chrono::NaiveDate;
use serde_json::{Value as Json, json};
use toml::de::DeValue;

use super::{Baseline, Entry};
use crate::results::BaselineKind;
use crate::suite::code::Code;
use crate::suite::read::file::whole;
use crate::suite::read::form::{Lenient, form, of_file};
use crate::suite::read::value::{Defs, Prose, Value};
use crate::suite::read::wording::{near, shown};
use crate::suite::read::{Node, Reader, Written};
use crate::suite::{Case, Diagnostic, Library, Source, Span};

form! {
    /// A baseline of grantspec: known failures that don't fail a run.
    struct BaselineForm {
        /// The known failures, one `[[known]]` each.
        known: Lenient<Option<Vec<Known>>>,
    }
}

form! {
    /// A known failure: a requirement, or a case, whose failures are accepted.
    struct KnownForm {
        /// The requirement whose cases may fail, such as `refresh.single-use`. This or `case`.
        requirement: Lenient<Option<Written>>,
        /// The case that may fail: `suite/case[variant]`, or `suite/case` for all its variants.
        case: Lenient<Option<Written>>,
        /// Why the failure is accepted.
        reason: Lenient<Prose>,
        /// Who sees to it that it ends.
        owner: Lenient<Prose>,
        /// The last day on which it is accepted. Default: every day.
        until: Lenient<Option<Day>>,
    }
}

/// A known failure, and where it stands.
pub struct Known(KnownForm, Span);

/// A day without a time.
pub struct Day(NaiveDate);

impl Baseline {
    /// The baseline that `text` is. `path` is the name it is shown under; its ids are held against `library`.
    ///
    /// # Errors
    ///
    /// Every mistake in it.
    pub fn read(path: &str, text: &str, library: &Library) -> Result<Baseline, Vec<Diagnostic>> {
        let entries = whole(Arc::new(Source::new(path, text)), text, |node, reader| {
            let known = BaselineForm::read(node, reader)?.known.0?.unwrap_or_default();
            // All are read, so that every mistake is noted.
            let entries: Vec<_> = known.into_iter().map(|known| entry(known, library, reader)).collect();
            note_repeated(&entries, reader);
            entries.into_iter().map(|entry| entry.map(|(entry, _)| entry)).collect()
        })?;
        Ok(Baseline { file: path.to_owned(), entries })
    }
}

/// JSON Schema (2020-12) of a baseline's file.
pub fn schema() -> Json {
    of_file::<BaselineForm>("grantspec baseline", None)
}

fn entry(Known(form, span): Known, library: &Library, reader: &mut Reader) -> Option<(Entry, Written)> {
    let (kind, written) = match (form.requirement.0?, form.case.0?) {
        (Some(requirement), None) => (BaselineKind::Requirement, requirement),
        (None, Some(case)) => (BaselineKind::Case, case),
        (requirement, _) => {
            let message = match requirement {
                Some(_) => "a known failure that names a requirement and a case",
                None => "a known failure that names no requirement and no case",
            };
            let mistake = reader.mistake(Code::OneOf, span, message);
            reader.note(mistake.help("give `requirement` or `case`, and not both"));
            return None;
        }
    };
    let cases = match kind {
        BaselineKind::Requirement => of_requirement(&written, library, reader)?,
        BaselineKind::Case => named(&written, library, reader)?,
    };
    let entry = Entry {
        kind,
        id: written.text.clone(),
        reason: form.reason.0?.0,
        owner: form.owner.0?.0,
        until: form.until.0?.map(|day| day.0),
        place: reader.source.place(&written.span),
        cases,
    };
    Some((entry, written))
}

fn of_requirement(written: &Written, library: &Library, reader: &mut Reader) -> Option<Vec<String>> {
    let known = || library.catalogue.requirements.iter().map(|requirement| requirement.id.as_str());
    let id = written.text.as_str();
    if !known().any(|known| known == id) {
        let message = format!("the catalogue has no requirement `{}`", shown(id));
        let help = match near(id, known()) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => "`grantspec list requirements` shows all".to_owned(),
        };
        let mistake = reader.mistake_in(written, Code::UnknownRequirement, message);
        reader.note(mistake.help(help));
        return None;
    }
    let cases: Vec<String> = all(library)
        .filter(|case| case.proves.iter().any(|proved| proved == id))
        .map(|case| case.id.clone())
        .collect();
    if cases.is_empty() {
        let message = format!("no case proves `{id}`, so that it can't fail");
        let mistake = reader.mistake_in(written, Code::UnknownCase, message);
        reader.note(mistake.help("leave it out"));
        return None;
    }
    Some(cases)
}

fn named(written: &Written, library: &Library, reader: &mut Reader) -> Option<Vec<String>> {
    let id = written.text.as_str();
    let means = |case: &&Case| case.id == id || case.without_variant() == id;
    let cases: Vec<String> = all(library).filter(means).map(|case| case.id.clone()).collect();
    if !cases.is_empty() {
        return Some(cases);
    }
    let known = || all(library).flat_map(|case| [case.id.as_str(), case.without_variant()]);
    let help = match near(id, known()) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => "`grantspec list cases` shows all".to_owned(),
    };
    let mistake = reader.mistake_in(written, Code::UnknownCase, format!("there is no case `{}`", shown(id)));
    reader.note(mistake.help(help));
    None
}

fn all(library: &Library) -> impl Iterator<Item = &Case> {
    library.suites.iter().flat_map(|suite| &suite.cases)
}

fn note_repeated(entries: &[Option<(Entry, Written)>], reader: &mut Reader) {
    let entries: Vec<&(Entry, Written)> = entries.iter().flatten().collect();
    for (at, (entry, written)) in entries.iter().enumerate() {
        let first = entries[..at].iter().find(|(first, _)| first.kind == entry.kind && first.id == entry.id);
        if let Some((_, first)) = first {
            let message = format!("`{}` is a known failure twice", shown(&entry.id));
            let mistake = reader.mistake(Code::KnownTwice, written.span.clone(), message);
            reader.note(mistake.also(&reader.source, first.span.clone(), "the first time"));
        }
    }
}

impl Value for Known {
    fn read(node: Node<'_>, reader: &mut Reader) -> Option<Self> {
        KnownForm::read(node, reader).map(|form| Self(form, node.span()))
    }

    fn schema(defs: &mut Defs) -> Json {
        KnownForm::schema(defs)
    }
}

impl Value for Day {
    fn read(node: Node<'_>, reader: &mut Reader) -> Option<Self> {
        let day = match node.get_ref() {
            DeValue::Datetime(written) if written.time.is_none() => written.date,
            _ => None,
        };
        let day = day.and_then(|day| {
            NaiveDate::from_ymd_opt(i32::from(day.year), u32::from(day.month), u32::from(day.day))
        });
        if day.is_none() {
            reader.wrong_type(node, "a day, such as 2027-01-31 (without quotes)");
        }
        day.map(Self)
    }

    fn schema(_: &mut Defs) -> Json {
        json!({ "type": "string", "format": "date" })
    }
}
