//! Editions of the catalogue: which there are, in which order, and since which of them something stands in it.

use super::code::Code;
use super::read::value::Prose;
use super::read::wording::{listed, shown};
use super::read::{Reader, Written};

/// The catalogue's editions, the oldest first, its own last.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Editions(Vec<String>);

impl Editions {
    /// From `edition` and `editions`. Empty if neither could be read, which is noted.
    pub(super) fn read(own: Option<Prose>, all: Option<Option<Vec<Written>>>, reader: &mut Reader) -> Self {
        let (Some(own), Some(all)) = (own, all) else { return Self::default() };
        let Some(all) = all else { return Self(vec![own.0]) };
        for (index, written) in all.iter().enumerate() {
            if all[..index].iter().any(|earlier| earlier.text == written.text) {
                let message = format!("the edition `{}` stands in the list twice", shown(&written.text));
                let mistake = reader.mistake(Code::UnknownEdition, written.span.clone(), message);
                reader.note(mistake.help("name each once, the oldest first"));
            }
        }
        match all.last() {
            Some(last) if last.text == own.0 => {}
            last => {
                let span = last.map_or(0..0, |last| last.span.clone());
                let message =
                    format!("the last of `editions` is not the catalogue's own, `{}`", shown(&own.0));
                let mistake = reader.mistake(Code::UnknownEdition, span, message);
                reader.note(mistake.help("name the editions from the oldest to `edition`"));
            }
        }
        Self(all.into_iter().map(|written| written.text).collect())
    }

    /// The oldest first.
    pub fn all(&self) -> &[String] {
        &self.0
    }

    /// The first edition, since which everything stands in the catalogue that says nothing else.
    pub fn first(&self) -> &str {
        self.0.first().map_or("", String::as_str)
    }

    /// Which one it is, counted from the oldest; `None` if it is none of them.
    pub fn position(&self, edition: &str) -> Option<usize> {
        self.0.iter().position(|known| known == edition)
    }

    /// Whether what is there `since` one edition is in another. Unknown editions are as old as can be.
    pub fn has(&self, edition: &str, since: &str) -> bool {
        self.position(since).unwrap_or(0) <= self.position(edition).unwrap_or(usize::MAX)
    }

    /// What a key `since` says: an edition, noted if it is unknown, or the first one.
    pub(super) fn since(&self, written: Option<&Written>, reader: &mut Reader) -> String {
        let Some(written) = written else { return self.first().to_owned() };
        if self.position(&written.text).is_none() && !self.0.is_empty() {
            let message = format!("the catalogue has no edition `{}`", shown(&written.text));
            let mistake = reader.mistake_in(written, Code::UnknownEdition, message);
            reader.note(mistake.help(format!("there is {}", listed(&self.0))));
        }
        written.text.clone()
    }
}
