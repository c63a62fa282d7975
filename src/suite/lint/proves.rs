//! What a case says it proves: known requirements, all of one level.

use crate::results::Level;
use crate::suite::case::Span;
use crate::suite::catalogue::{Catalogue, Side};
use crate::suite::code::Code;
use crate::suite::read::wording::{near, shown};
use crate::suite::read::{Reader, Written};

/// Gives what the case weighs, if it could be told.
pub fn proves(proves: &[Written], side: Side, catalogue: &Catalogue, reader: &mut Reader) -> Option<Level> {
    let mut first: Option<(&Written, Level)> = None;
    for (index, written) in proves.iter().enumerate() {
        let Some(entry) = catalogue.entries.iter().find(|entry| entry.id == written.text) else {
            if catalogue.is_whole {
                unknown(written, catalogue, reader);
            }
            continue;
        };
        if entry.side.is_some_and(|of| of != side) {
            let (of, steps) = match side {
                Side::Bank => ("an app", "bank"),
                Side::App => ("a bank", "app"),
            };
            let message =
                format!("`{}` is a promise of {of}, and the steps here try the {steps}'s", entry.id);
            let mistake = reader.mistake(Code::WrongSide, written.span.clone(), message);
            reader
                .note(mistake.help("suites for apps stand in a folder `client`, those for banks outside it"));
        }
        if proves[..index].iter().any(|earlier| earlier.text == written.text) {
            let message = format!("`{}` is named twice", shown(&written.text));
            let mistake = reader.mistake(Code::DuplicateRequirement, written.span.clone(), message);
            reader.note(mistake);
        }
        if entry.has_readings && proves.len() > 1 {
            let message = format!("`{}` has readings, and the case proves more than that", written.text);
            let mistake = reader.mistake(Code::ReadingBeside, written.span.clone(), message);
            reader.note(mistake.help("make a case of its own for it, which a target's choice can leave out"));
        }
        match (first, entry.level) {
            (None, Some(level)) => first = Some((written, level)),
            (Some((other, weighed)), Some(level)) if level != weighed => {
                let message = format!(
                    "`{}` is a *{}*, but `{}` is a *{}*",
                    written.text,
                    level.as_str(),
                    other.text,
                    weighed.as_str()
                );
                let mistake = reader
                    .mistake(Code::MixedLevels, written.span.clone(), message)
                    .also(&reader.source, other.span.clone(), weighed.as_str())
                    .help("make two cases of it");
                reader.note(mistake.label(level.as_str()));
            }
            _ => {}
        }
    }
    first.map(|(_, level)| level)
}

/// A case is in no edition that lacks what it proves. `since`: what the case says, or the first edition; `written`: where it
/// says so; `case`: where its id stands.
pub fn older_than_promise(
    since: &str,
    written: Option<&Written>,
    case: &Span,
    proves: &[Written],
    catalogue: &Catalogue,
    reader: &mut Reader,
) {
    // An edition that nobody knows is another mistake, and has been noted.
    if catalogue.editions.position(since).is_none() {
        return;
    }
    for named in proves {
        let Some(entry) = catalogue.entries.iter().find(|entry| entry.id == named.text) else { continue };
        if catalogue.editions.has(since, &entry.since) {
            continue;
        }
        let message = format!("the case is there since {since}, and `{}` since {}", entry.id, entry.since);
        let span = written.map_or(case.clone(), |written| written.span.clone());
        let mistake = reader.mistake(Code::OlderThanPromise, span, message);
        let mistake = mistake.also(&reader.source, named.span.clone(), "what it proves");
        reader.note(mistake.help(format!("give the case `since = \"{}\"`", entry.since)));
    }
}

fn unknown(written: &Written, catalogue: &Catalogue, reader: &mut Reader) {
    let known = catalogue.entries.iter().map(|entry| entry.id.as_str());
    let message = format!("the catalogue has no requirement `{}`", shown(&written.text));
    let help = match near(&written.text, known) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => format!("requirements stand in {}", catalogue.source.path),
    };
    let mistake = reader.mistake(Code::UnknownRequirement, written.span.clone(), message).help(help);
    reader.note(mistake);
}
