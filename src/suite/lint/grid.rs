//! A grid names every grant that was saved so far, each with one fate.

use std::collections::BTreeSet;

use crate::suite::case::{Grant, Span, Step, Verb};
use crate::suite::code::Code;
use crate::suite::read::Reader;
use crate::suite::read::mention::{Deed, Kind};
use crate::suite::read::wording::listed;

/// Judges a step, if it is a grid. `index`: which step of the case it is.
pub fn lint(index: usize, step: &Step, reader: &mut Reader) {
    let Verb::Grid(grid) = &step.verb else {
        return;
    };
    let fates = [&grid.live, &grid.dead, &grid.either];
    one_fate_each(index, &fates, "a grant's access token lives, is dead, or may be either", reader);
    let refresh_fates = [&grid.refreshable, &grid.spent];
    one_fate_each(index, &refresh_fates, "a grant's refresh token works or is spent", reader);

    let named: BTreeSet<&str> =
        fates.iter().flat_map(|list| list.iter()).map(|grant| grant.0.as_str()).collect();
    let missing: Vec<String> = reader
        .mentions
        .iter()
        .filter(|mention| mention.deed == Deed::Save && mention.kind == Kind::Grant && mention.step < index)
        .filter(|mention| !named.contains(mention.name.as_str()))
        .map(|mention| mention.name.clone())
        .collect();
    if !missing.is_empty() {
        let message = format!("this grid leaves out {}", listed(&missing));
        let mistake = reader
            .mistake(Code::GridIncomplete, step.span.clone(), message)
            .label("names every grant saved so far")
            .help("put each into `live`, `dead` or `either`");
        reader.note(mistake);
    }
}

fn one_fate_each(index: usize, lists: &[&Vec<Grant>], help: &str, reader: &mut Reader) {
    let mut seen = BTreeSet::new();
    for grant in lists.iter().flat_map(|list| list.iter()) {
        if seen.insert(grant) {
            continue;
        }
        let message = format!("`{grant}` has two fates in this grid");
        let mistake = match places(index, grant, reader).as_slice() {
            [first, .., last] => reader.mistake(Code::GridTwice, last.clone(), message).also(
                &reader.source,
                first.clone(),
                "the first one",
            ),
            places => reader.mistake(Code::GridTwice, places.first().cloned().unwrap_or_default(), message),
        };
        reader.note(mistake.help(help));
    }
}

/// Where a grid mentions a grant, in the order of the text.
fn places(index: usize, grant: &Grant, reader: &Reader) -> Vec<Span> {
    let here = reader.mentions.iter().filter(|mention| mention.step == index && mention.name == grant.0);
    let mut places: Vec<Span> = here.map(|mention| mention.span.clone()).collect();
    places.sort_by_key(|span| span.start);
    places
}
