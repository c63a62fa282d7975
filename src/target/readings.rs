//! What a target file wants to be judged by: an edition of the catalogue, and readings of its promises, each with where it
//! says so.

use crate::results::Place;
use crate::suite::read::Reader;
use crate::suite::read::Written;
use crate::suite::read::form::form;
use crate::suite::read::keyed::Keyed;
use crate::suite::read::value::Prose;

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

form! {
    /// How a promise is read.
    struct ChoiceForm {
        /// One of the requirement's readings.
        reading: Written,
        /// Why the documents are read so, in a few words. Reports give it.
        reason: Prose,
    }
}

/// The choices in the order of the file.
pub(super) fn choices(written: Keyed<ChoiceForm>, reader: &Reader) -> Vec<Choice> {
    let choice = |(requirement, choice): (Written, ChoiceForm)| Choice {
        requirement_at: reader.source.place(&requirement.span),
        requirement: requirement.text,
        reading_at: reader.source.place(&choice.reading.span),
        reading: choice.reading.text,
        reason: choice.reason.0,
    };
    written.0.into_iter().map(choice).collect()
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
