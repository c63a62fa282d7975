//! Handles: each is saved once, before it is used, used at all, and used as what it is.

use std::collections::BTreeMap;

use crate::suite::code::Code;
use crate::suite::read::Reader;
use crate::suite::read::mention::{Deed, Mention};
use crate::suite::read::wording::near;

/// Judges the mentions of the variant that was just read.
pub fn lint(reader: &mut Reader) {
    let mentions = std::mem::take(&mut reader.mentions);
    let mut saves: BTreeMap<&str, &Mention> = BTreeMap::new();
    for mention in mentions.iter().filter(|mention| mention.deed == Deed::Save) {
        match saves.get(mention.name.as_str()) {
            Some(first) => saved_twice(mention, first, reader),
            None => {
                saves.insert(&mention.name, mention);
            }
        }
    }
    for mention in mentions.iter().filter(|mention| mention.deed == Deed::Use) {
        match saves.get(mention.name.as_str()) {
            None => undefined(mention, &saves, reader),
            Some(save) if save.step >= mention.step => used_before_saved(mention, save, reader),
            Some(save) if save.kind != mention.kind => wrong_kind(mention, save, reader),
            Some(_) => {}
        }
    }
    for save in saves.values() {
        let used = mentions.iter().any(|mention| mention.deed == Deed::Use && mention.name == save.name);
        if !used && !reader.lost.contains(&save.name) {
            let mistake = reader
                .mistake(
                    Code::UnusedHandle,
                    save.span.clone(),
                    format!("nobody uses the {} `{}`", save.kind, save.name),
                )
                .help("use it in a later step, or don't save it");
            reader.note(mistake);
        }
    }
    reader.mentions = mentions;
}

fn saved_twice(mention: &Mention, first: &Mention, reader: &mut Reader) {
    let mistake = reader
        .mistake(Code::SavedTwice, mention.span.clone(), format!("`{}` is saved a second time", mention.name))
        .also(&reader.source, first.span.clone(), format!("saved here as a {}", first.kind))
        .help("give it another name");
    reader.note(mistake);
}

fn undefined(mention: &Mention, saves: &BTreeMap<&str, &Mention>, reader: &mut Reader) {
    // It may be what a step saves that could not be read.
    if reader.lost.contains(&mention.name) {
        return;
    }
    let earlier = |save: &&&Mention| save.kind == mention.kind && save.step < mention.step;
    let known: Vec<&str> = saves.values().filter(earlier).map(|save| save.name.as_str()).collect();
    let help = match near(&mention.name, known.iter().copied()) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => format!("save it with `save = \"{}\"`: {}", mention.name, mention.kind.saved_by()),
    };
    let mistake = reader
        .mistake(
            Code::UndefinedHandle,
            mention.span.clone(),
            format!("no step saves a {} `{}`", mention.kind, mention.name),
        )
        .help(help);
    reader.note(mistake);
}

fn used_before_saved(mention: &Mention, save: &Mention, reader: &mut Reader) {
    let mistake = reader
        .mistake(
            Code::UsedBeforeSaved,
            mention.span.clone(),
            format!("`{}` is used before it is saved", mention.name),
        )
        .also(&reader.source, save.span.clone(), "saved here");
    reader.note(mistake);
}

fn wrong_kind(mention: &Mention, save: &Mention, reader: &mut Reader) {
    let message = format!("`{}` is a {}, but a {} is due here", mention.name, save.kind, mention.kind);
    let mistake = reader
        .mistake(Code::WrongKind, mention.span.clone(), message)
        .label(format!("expected a {}", mention.kind))
        .also(&reader.source, save.span.clone(), format!("saved here as a {}", save.kind))
        .help(mention.kind.saved_by());
    reader.note(mistake);
}
