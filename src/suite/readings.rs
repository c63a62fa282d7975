//! Readings of a requirement: what can be judged where the documents leave room, and which of it is the default.

use serde_json::{Value as Json, json};

use super::case::Span;
use super::catalogue::{LEVELS, RequirementId};
use super::code::Code;
use super::read::case::Id;
use super::read::form::form;
use super::read::value::{Defs, Prose, Value};
use super::read::wording::shown;
use super::read::{Node, Reader};
use crate::results::{Level, Reading};

form! {
    /// One way to read the documents.
    struct ReadingForm {
        /// Kebab-case, unique in its requirement.
        id: Id,
        /// What the requirement weighs under it, or `not-judged`.
        level: Weight,
        /// What is judged under it, in one sentence without a full stop.
        judged: Prose,
        /// Why the documents can be read so, and why they are or are not.
        why: Prose,
        /// Whether it is judged unless a target file says otherwise. Exactly one reading of a requirement is.
        default: Option<bool>,
    }
}

/// What a requirement weighs under a reading; `None` if it is not judged.
pub struct Weight(Option<Level>, Span);

const NOT_JUDGED: &str = "not-judged";

impl Value for Weight {
    fn read(node: Node<'_>, reader: &mut Reader) -> Option<Self> {
        let written = reader.text(node)?;
        if written.text == NOT_JUDGED {
            return Some(Self(None, written.span));
        }
        let found = LEVELS.into_iter().find(|level| level.as_str() == written.text);
        if found.is_none() {
            let known = LEVELS.map(Level::as_str).into_iter().chain([NOT_JUDGED]);
            reader.unknown_word(&written, "level of a reading", known);
        }
        found.map(|level| Self(Some(level), written.span))
    }

    fn schema(_: &mut Defs) -> Json {
        json!({ "enum": ["must", "should", "info", NOT_JUDGED] })
    }
}

/// The readings of one requirement, or `None` if something is wrong with them. `form`: what stands in the catalogue, as
/// far as it could be read; `level`: what the requirement weighs.
pub(super) fn read(
    form: Option<Option<Vec<ReadingForm>>>,
    requirement: &RequirementId,
    level: Option<Level>,
    reader: &mut Reader,
) -> Option<Vec<Reading>> {
    let Some(forms) = form? else { return Some(Vec::new()) };
    let id = requirement.written();
    for (index, form) in forms.iter().enumerate() {
        if let Some(first) = forms[..index].iter().find(|first| first.id.text == form.id.text) {
            let message = format!("`{}` has two readings `{}`", id.text, shown(&form.id.text));
            let mistake = reader.mistake(Code::DuplicateRequirement, form.id.span.clone(), message);
            reader.note(mistake.also(&reader.source, first.id.span.clone(), "the first one"));
        }
    }
    let defaults: Vec<&ReadingForm> = forms.iter().filter(|form| form.default == Some(true)).collect();
    let mistake = match defaults.as_slice() {
        [_] if forms.len() < 2 => {
            Some((id.span.clone(), "has one reading, which leaves nothing to choose".to_owned()))
        }
        [default] => level.filter(|level| default.level.0 != Some(*level)).map(|level| {
            let why = format!("is a *{}*, which its default reading is not", level.as_str());
            (default.level.1.clone(), why)
        }),
        [] => Some((id.span.clone(), "has no default among its readings".to_owned())),
        [_, second, ..] => {
            Some((second.id.span.clone(), "has a second default among its readings".to_owned()))
        }
    };
    if let Some((span, why)) = mistake {
        let mistake = reader
            .mistake(Code::DefaultReading, span, format!("`{}` {why}", id.text))
            .help("give it two readings or more, and the one that weighs what the requirement does `default = true`");
        reader.note(mistake);
        return None;
    }
    let reading = |form: ReadingForm| Reading {
        id: form.id.text,
        judged: form.judged.0,
        level: form.level.0,
        why: form.why.0,
        default: form.default == Some(true),
    };
    Some(forms.into_iter().map(reading).collect())
}
