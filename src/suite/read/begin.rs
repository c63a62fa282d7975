//! How a step begins, on either side: a table with one verb, and beside it what is expected of it.

use serde_json::{Value as Json, json};
use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use super::form::{Property, object};
use super::value::{Defs, Prose, Value};
use super::wording::{listed, meant_or_list, near, shown};
use super::{Node, Reader, in_file_order};
use crate::suite::code::Code;

/// A key, and where it stands.
pub type Key<'a> = Spanned<DeString<'a>>;

/// A step but for what its verb says. What could not be read is `None`.
pub struct Begun<'a, L> {
    /// All that the step's table holds.
    pub entries: &'a DeTable<'a>,
    pub verb: Option<(&'a Key<'a>, Node<'a>)>,
    pub given: Option<Vec<L>>,
    pub expect: Option<Vec<L>>,
    pub observe: Option<Option<String>>,
}

impl<L> Begun<'_, L> {
    /// The word of the verb, as far as it could be told.
    pub fn word(&self) -> Option<&str> {
        self.verb.map(|(key, _)| key.get_ref().as_ref())
    }
}

/// Reads a step that has one verb of `words`, and no other keys than those `beside`. What stands behind `given` and `expect`
/// is read by `leaves`, which is told the verb.
pub fn begun<'a, L>(
    node: Node<'a>,
    words: &[&str],
    beside: &[&str],
    leaves: impl Fn(&Key<'_>, Node<'_>, Option<&str>, &mut Reader) -> Option<Vec<L>>,
    reader: &mut Reader,
) -> Option<Begun<'a, L>> {
    let DeValue::Table(entries) = node.get_ref() else {
        reader.wrong_type(node, "a step: a table with a verb");
        return None;
    };
    let verb = the_verb(entries, node, words, beside, reader);
    let word = verb.map(|(key, _)| key.get_ref().as_ref());
    let mut leaves = |key: &str| match entries.get_key_value(key) {
        Some((key, node)) => leaves(key, node, word, reader),
        None => Some(Vec::new()),
    };
    let (given, expect) = (leaves("given"), leaves("expect"));
    let observe = observed(entries, reader);
    Some(Begun { entries, verb, given, expect, observe })
}

/// A step in the schema: `verbs`, one of `words`, and what stands beside each. The keys behind `given` and `expect` are
/// `leaves`.
pub fn schema(
    words: &[&str],
    mut verbs: Vec<Property>,
    leaves: Json,
    beside: Vec<Property>,
    defs: &mut Defs,
) -> Json {
    defs.insert("Leaves".to_owned(), leaves);
    verbs.extend(beside);
    for (key, about) in [
        ("given", "A precondition: if it does not hold, nothing can be concluded."),
        ("expect", "What is judged: if it does not hold, the requirement is broken."),
    ] {
        let schema = json!({ "$ref": "#/$defs/Leaves", "minProperties": 1, "description": about });
        verbs.push(Property { key, required: false, schema });
    }
    verbs.push(Property::of::<Option<Prose>>(
        "observe",
        "Records what came under these words and judges nothing. Excludes `given` and `expect`.",
        defs,
    ));
    let mut step = object("One verb, and what is expected of it.", verbs);
    step["oneOf"] = words.iter().map(|word| json!({ "required": [word] })).collect();
    step["dependentSchemas"] =
        json!({ "observe": { "not": { "anyOf": [{ "required": ["given"] }, { "required": ["expect"] }] } } });
    step
}

/// The one verb of a table, one of `words`, if it has one. Every other key must be among `beside`.
pub fn the_verb<'a>(
    entries: &'a DeTable<'a>,
    node: Node<'_>,
    words: &[&str],
    beside: &[&str],
    reader: &mut Reader,
) -> Option<(&'a Key<'a>, Node<'a>)> {
    let entries = in_file_order(entries);
    let is_verb = |key: &str| words.contains(&key);
    let (verbs, others): (Vec<_>, Vec<_>) = entries.into_iter().partition(|(key, _)| is_verb(key.get_ref()));
    let (_, unknown): (Vec<_>, Vec<_>) =
        others.into_iter().partition(|(key, _)| beside.contains(&key.get_ref().as_ref()));

    let mut known = words.to_vec();
    known.extend(beside);
    for (key, value) in &unknown {
        // With a verb beside it, it is no second one.
        let meant_beside = near(key.get_ref(), beside.iter().copied()).is_some();
        if verbs.is_empty() && !meant_beside {
            reader.lose(value);
            let mistake = reader
                .mistake(Code::UnknownVerb, key.span(), format!("unknown verb `{}`", shown(key.get_ref())))
                .help(meant_or_list(key.get_ref(), words));
            reader.note(mistake);
        } else {
            reader.unknown_key(key, value, if verbs.is_empty() { &known } else { beside });
        }
    }
    match verbs.as_slice() {
        [one] => Some(*one),
        [] => {
            if unknown.is_empty() {
                let mistake = reader
                    .mistake(Code::NoVerb, node.span(), "a step without a verb")
                    .label("does nothing")
                    .help(format!("choose from {}", listed(words)));
                reader.note(mistake);
            }
            None
        }
        [first, more @ ..] => {
            for (key, value) in more {
                reader.lose(value);
                let message = format!("`{}` is a second verb in one step", key.get_ref());
                let mistake = reader
                    .mistake(Code::SeveralVerbs, key.span(), message)
                    .also(&reader.source, first.0.span(), "the first verb")
                    .help("begin another `[[case.step]]` before it");
                reader.note(mistake);
            }
            Some(*first)
        }
    }
}

/// The words of a step that observes; `None` if they can't be read.
fn observed(entries: &DeTable<'_>, reader: &mut Reader) -> Option<Option<String>> {
    let Some((key, node)) = entries.get_key_value("observe") else {
        return Some(None);
    };
    for other in ["given", "expect"] {
        if let Some((beside, _)) = entries.get_key_value(other) {
            let message = format!("`{other}` stands beside `observe`, which only records");
            let mistake = reader
                .mistake(Code::ObserveBeside, beside.span(), message)
                .also(&reader.source, key.span(), "this step observes")
                .help("make two steps of it, or drop one of the two");
            reader.note(mistake);
        }
    }
    Prose::read(node, reader).map(|words| Some(words.0))
}
