//! What a target file wants to be judged by: an edition of the catalogue, and readings of its promises, each with where it
//! says so.

use std::collections::BTreeMap;
use std::ops::Range;

use serde::Deserialize;
use toml::Spanned;

use super::file::TargetError;
use crate::results::Place;
use crate::suite::Source;

/// `[readings]`: requirement → the reading that is judged instead of the default, with the reason that reports give.
///
/// What requirements and readings there are, only the catalogue knows: whoever has it holds the choices against it, and
/// points at `at` where one is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    pub requirement: String,
    pub requirement_at: Place,
    pub reading: String,
    pub reading_at: Place,
    /// Never blank.
    pub reason: String,
}

/// An edition of the catalogue that a target file names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pinned {
    pub edition: String,
    pub at: Place,
}

/// As it is written.
pub(super) type Written = BTreeMap<Spanned<String>, Spanned<WrittenChoice>>;

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WrittenChoice {
    reading: Spanned<String>,
    reason: Option<String>,
}

pub(super) fn pinned(written: Spanned<String>, path: &str, text: &str) -> Pinned {
    let at = Source::new(path, text).place(&written.span());
    Pinned { edition: written.into_inner(), at }
}

/// The choices in the order of the file.
pub(super) fn choices(written: Written, path: &str, text: &str) -> Result<Vec<Choice>, TargetError> {
    let source = Source::new(path, text);
    let mut written: Vec<_> = written.into_iter().collect();
    written.sort_by_key(|(requirement, _)| requirement.span().start);
    let choice = |(requirement, choice): (Spanned<String>, Spanned<WrittenChoice>)| {
        let at = |span: Range<usize>| source.place(&span);
        let (choice_span, choice) = (choice.span(), choice.into_inner());
        let Some(reason) = choice.reason.filter(|reason| !reason.trim().is_empty()) else {
            let requirement = requirement.into_inner();
            return Err(TargetError::ReadingWithoutReason { at: pointed(&at(choice_span)), requirement });
        };
        Ok(Choice {
            requirement_at: at(requirement.span()),
            requirement: requirement.into_inner(),
            reading_at: at(choice.reading.span()),
            reading: choice.reading.into_inner(),
            reason,
        })
    };
    written.into_iter().map(choice).collect()
}

/// A place in two texts: what goes before a message, `file:line:column`, and the line with carets that goes after it.
pub fn pointed(place: &Place) -> Box<(String, String)> {
    let head = format!("{}:{}:{}", place.file, place.line, place.column);
    let (number, column) = (place.line.to_string(), place.column as usize);
    let margin = " ".repeat(number.len());
    let carets = "^".repeat(place.width as usize);
    let line = format!(
        "\n{margin} |\n{number} | {}\n{margin} | {}{carets}",
        place.text,
        " ".repeat(column.saturating_sub(1))
    );
    Box::new((head, line))
}
