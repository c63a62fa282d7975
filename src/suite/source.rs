//! A suite's text and the places in it: from byte spans to what a person calls them, line and column.

use super::case::{Source, Span};
use crate::results::Place;

impl Source {
    /// A file by the name it is shown under.
    pub fn new(path: impl Into<String>, text: impl Into<String>) -> Source {
        let text = text.into();
        let lines =
            std::iter::once(0).chain(text.match_indices('\n').map(|(newline, _)| newline + 1)).collect();
        Source { path: path.into(), text, lines }
    }

    /// Where `span` begins, as a report shows it: line and column from 1, in characters, with the line's own text.
    ///
    /// A span that goes over several lines is cut at the end of its first; one that is empty still has a width of 1.
    /// A span outside the text, or one that cuts a character, is moved to the nearest place inside.
    pub fn place(&self, span: &Span) -> Place {
        let span = self.within(span);
        let number = self.line_at(span.start);
        let line_start = self.lines[number - 1];
        let rest = &self.text[line_start..];
        let line = rest.split('\n').next().unwrap_or(rest);
        let line = line.strip_suffix('\r').unwrap_or(line);
        let marked_end = span.end.min(line_start + line.len()).max(span.start);
        Place {
            file: self.path.clone(),
            line: counted(number),
            column: counted(self.text[line_start..span.start].chars().count() + 1),
            text: line.to_owned(),
            width: counted(self.text[span.start..marked_end].chars().count().max(1)),
        }
    }

    /// The number of the line that holds the byte at `offset`, from 1.
    pub(super) fn line_at(&self, offset: usize) -> usize {
        self.lines.partition_point(|start| *start <= offset)
    }

    /// The nearest span that lies in the text, between characters, and begins on a line that a person would count:
    /// what is behind the last line break is no line.
    pub(super) fn within(&self, span: &Span) -> Span {
        let last_line_end = self.text.trim_end_matches(['\n', '\r']).len();
        let mut start = self.text.floor_char_boundary(span.start);
        if start == self.text.len() {
            start = last_line_end;
        }
        let end = self.text.floor_char_boundary(span.end).max(start);
        start..end
    }
}

/// Lines and columns of files that fit into memory many times over.
fn counted(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(text: &str) -> Source {
        Source::new("suites/a.toml", text)
    }

    #[test]
    fn a_place_counts_lines_and_characters_from_one() {
        let source = source("first\nzwéi = 1\r\n");
        let start = source.text.find('=').expect("the text has one");
        let place = source.place(&(start..start + 3));
        assert_eq!((place.line, place.column, place.width), (2, 6, 3));
        assert_eq!(place.text, "zwéi = 1");
    }

    #[test]
    fn a_place_of_several_lines_is_cut_at_its_first() {
        let source = source("a = [\n  1,\n]\n");
        let place = source.place(&(4..12));
        assert_eq!((place.line, place.column, place.width), (1, 5, 1));
    }

    #[test]
    fn a_place_past_the_end_is_at_the_end() {
        let source = source("é");
        let place = source.place(&(1..99));
        assert_eq!((place.line, place.column, place.width), (1, 1, 1));
        assert_eq!(source.place(&(50..99)).column, 2);
    }
}
