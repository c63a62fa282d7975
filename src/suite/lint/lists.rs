//! What is expected of an owner's list: on it or off it, and off it only where the case shows that it can be on it.

use crate::suite::case::{Check, Leaf, Listed, Step};
use crate::suite::code::Code;
use crate::suite::read::Reader;

/// Judges one step: nothing is on its list and off it.
pub fn lint(step: &Step, reader: &mut Reader) {
    let leaves = || step.given.iter().chain(&step.expect);
    let on: Vec<(&str, &Leaf)> = leaves().flat_map(|leaf| named(leaf, true)).collect();
    for (name, off) in leaves().flat_map(|leaf| named(leaf, false)) {
        if let Some((_, on)) = on.iter().find(|(other, _)| *other == name) {
            let mistake = reader
                .mistake(
                    Code::ListedTwice,
                    off.span.clone(),
                    format!("`{name}` is to be on this list and off it"),
                )
                .also(&reader.source, on.span.clone(), "on it")
                .help("drop one of the two");
            reader.note(mistake);
        }
    }
}

/// Judges one step among those of its case: what must be off a list stands beside something that is on one.
pub fn control(step: &Step, steps: &[&Step], reader: &mut Reader) {
    let Some(off) = step.expect.iter().find(|leaf| !named(leaf, false).is_empty()) else {
        return;
    };
    let mut same = steps.iter().filter(|other| other.verb.word() == step.verb.word());
    let shown = same.any(|other| {
        let mut leaves = other.given.iter().chain(&other.expect);
        leaves.any(|leaf| !named(leaf, true).is_empty())
    });
    if shown {
        return;
    }
    let mistake = reader
        .mistake(Code::NoControl, off.span.clone(), "no step shows that anything can be on this list")
        .label("so a list that is always empty would pass")
        .help(format!("add a `{}` with `lists` to this case", step.verb.word()));
    reader.note(mistake);
}

/// What a leaf expects on a list (or, for `on = false`, off it), by name.
fn named(leaf: &Leaf, on: bool) -> Vec<(&str, &Leaf)> {
    let listed = match &leaf.check {
        Check::Lists(listed) if on => listed,
        Check::ListsNot(listed) if !on => listed,
        _ => return Vec::new(),
    };
    match listed {
        Listed::Clients(clients) => clients.iter().map(|client| (client.0.as_str(), leaf)).collect(),
        Listed::Mandates(mandates) => mandates.iter().map(|mandate| (mandate.0.as_str(), leaf)).collect(),
    }
}
