//! Texts on pages and in requests: names in braces stand for what is known of whoever logs in.

use super::{KINDS, named};
use crate::suite::code::Code;
use crate::suite::read::keyed::Keyed;
use crate::suite::read::wording::{listed, near, shown};
use crate::suite::read::{Reader, Written};

/// Each text of a table, by its key.
pub fn texts(written: Option<Keyed<Written>>, reader: &mut Reader) -> Option<Vec<(String, String)>> {
    let read: Vec<Option<(String, String)>> = written
        .unwrap_or_default()
        .0
        .into_iter()
        .map(|(name, text)| Some((name.text, template(text, reader)?)))
        .collect();
    read.into_iter().collect()
}

/// A text whose names in braces can stand for something.
pub fn template(written: Written, reader: &mut Reader) -> Option<String> {
    let dotted = |name: &str| {
        let plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
        name.chars().all(plain)
            && name.split('.').count() == 2
            && name.split('.').all(|part| !part.is_empty())
    };
    for (at, _) in written.text.match_indices('{') {
        let from = &written.text[at..];
        let Some((name, _)) = from[1..].split_once('}') else { continue };
        if named(from).is_none() && dotted(name) {
            let kinds = KINDS.map(|kind| kind.trim_end_matches('.'));
            let message = format!("`{{{}}}` stands for nothing", shown(name));
            let kind = name.split('.').next().unwrap_or_default();
            let help = match near(kind, kinds) {
                Some(meant) => format!("did you mean `{{{meant}.…}}`?"),
                None => format!("there are values of {}", listed(&kinds)),
            };
            let mistake = reader.mistake_in(&written, Code::BadText, message).help(help);
            reader.note(mistake);
            return None;
        }
    }
    Some(written.text)
}

/// A text, unless it is blank.
pub fn says_something(written: Written, reader: &mut Reader) -> Option<Written> {
    if written.text.trim().is_empty() {
        let mistake = reader.mistake_in(&written, Code::BadText, "a text that says nothing");
        reader.note(mistake.label("expected some words"));
        return None;
    }
    Some(written)
}
