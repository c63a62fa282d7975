//! Variants of a case: `each`, its values and their names.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};
use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use super::form::form;
use super::value::{Defs, Value, Whole};
use super::wording::shown;
use super::{Node, Reader, in_file_order};
use crate::suite::case::Span;
use crate::suite::code::Code;

/// One value of a key of `each`.
#[derive(Clone, Debug)]
pub struct Choice {
    pub text: String,
    pub span: Span,
}

/// The keys of `each` and their named values, in file order.
pub struct Each(Vec<Key>);

struct Key {
    name: String,
    span: Span,
    choices: Vec<(String, Choice)>,
}

/// One variant: what stands in brackets behind the case's id, if anything, and its values.
#[derive(Default)]
pub struct Variant {
    pub name: Option<String>,
    pub choices: BTreeMap<String, Choice>,
}

form! {
    /// A long value: `repeat`, so many times.
    struct Repeated {
        /// What is repeated.
        repeat: String,
        /// How often.
        times: Whole<1, 65_536>,
    }
}

/// More variants than this are a slip: keys multiply.
const MOST_VARIANTS: usize = 500;
/// Bytes of one value.
const LONGEST_VALUE: usize = 1 << 20;

impl Each {
    /// Every combination, the last key varying fastest.
    pub fn variants(&self) -> Vec<Variant> {
        let mut variants = vec![(Vec::new(), BTreeMap::new())];
        for key in &self.0 {
            variants = variants
                .into_iter()
                .flat_map(|(names, choices)| {
                    key.choices.iter().map(move |(name, choice)| {
                        let (mut names, mut choices) = (names.clone(), choices.clone());
                        names.push(name.as_str());
                        choices.insert(key.name.clone(), choice.clone());
                        (names, choices)
                    })
                })
                .collect();
        }
        variants
            .into_iter()
            .map(|(names, choices)| Variant { name: (!names.is_empty()).then(|| names.join(",")), choices })
            .collect()
    }

    /// Notes each key that no step of any variant used.
    pub fn note_unused(&self, reader: &mut Reader) {
        for key in &self.0 {
            let lost = reader.lost.contains(&format!("${}", key.name));
            if !reader.used.contains(&key.name) && !lost {
                let message = format!("no step uses `${}`", key.name);
                let mistake = reader
                    .mistake(Code::UnusedVariable, key.span.clone(), message)
                    .label("makes variants that are all the same")
                    .help(format!("write `\"${}\"` where its value belongs, or drop the key", key.name));
                reader.note(mistake);
            }
        }
    }
}

impl Value for Each {
    fn read(node: Node<'_>, reader: &mut Reader) -> Option<Self> {
        let DeValue::Table(entries) = node.get_ref() else {
            reader.wrong_type(node, "a table of names, each with its values");
            return None;
        };
        let read: Vec<_> =
            in_file_order(entries).into_iter().map(|(name, node)| key(name, node, reader)).collect();
        let keys: Vec<Key> = read.into_iter().collect::<Option<_>>()?;
        let count = keys.iter().try_fold(1_usize, |count, key| count.checked_mul(key.choices.len()));
        if count.is_none_or(|count| count > MOST_VARIANTS) {
            let message = format!("more than {MOST_VARIANTS} variants");
            let mistake = reader.mistake(Code::OutOfRange, node.span(), message);
            reader.note(mistake.help("the values of all keys are combined: make several cases of it"));
            return None;
        }
        Some(Self(keys))
    }

    fn schema(defs: &mut Defs) -> Json {
        let repeated = Repeated::schema(defs);
        let name = json!({ "pattern": NAME_PATTERN });
        let list =
            json!({ "type": "array", "minItems": 1, "items": { "type": "string", "pattern": NAME_PATTERN } });
        let named = json!({
            "type": "object",
            "minProperties": 1,
            "propertyNames": name,
            "additionalProperties": { "anyOf": [{ "type": "string" }, repeated] },
        });
        json!({
            "type": "object",
            "propertyNames": { "pattern": "^[a-z][a-z0-9_-]*$" },
            "additionalProperties": { "anyOf": [list, named] },
        })
    }
}

/// What can stand in the brackets of a case's id.
const NAME_PATTERN: &str = "^[A-Za-z0-9._-]{1,40}$";

fn is_name(text: &str) -> bool {
    (1..=40).contains(&text.len()) && text.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c))
}

/// Whether `name` can be a key of `each`, so that `$name` stands for something.
pub fn is_variable(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_".contains(c))
}

fn key(name: &Spanned<DeString<'_>>, node: Node<'_>, reader: &mut Reader) -> Option<Key> {
    if !is_variable(name.get_ref()) {
        let message = format!("`{}` is no name for a key of `each`", shown(name.get_ref()));
        let mistake = reader.mistake(Code::BadName, name.span(), message);
        reader.note(
            mistake.help("a name is a lower-case letter, then lower-case letters, digits, `-` and `_`"),
        );
        return None;
    }
    let choices = match node.get_ref() {
        DeValue::Array(items) => listed_choices(items, reader),
        DeValue::Table(entries) => named_choices(entries, reader),
        _ => {
            reader.wrong_type(node, "a list of values, or a table of names and values");
            return None;
        }
    }?;
    if choices.is_empty() {
        let mistake =
            reader.mistake(Code::SaysNothing, node.span(), format!("`{}` has no value", name.get_ref()));
        reader.note(mistake.label("a case without variants would never run"));
        return None;
    }
    Some(Key { name: name.get_ref().to_string(), span: name.span(), choices })
}

fn listed_choices(items: &[Spanned<DeValue<'_>>], reader: &mut Reader) -> Option<Vec<(String, Choice)>> {
    let mut choices: Vec<(String, Choice)> = Vec::new();
    let mut sound = true;
    for item in items {
        let Some(text) = String::read(item, reader) else {
            sound = false;
            continue;
        };
        if !is_name(&text) {
            unfit_name(&text, item.span(), reader);
            sound = false;
        } else if let Some((_, first)) = choices.iter().find(|(name, _)| *name == text) {
            let mistake = reader
                .mistake(Code::DuplicateVariant, item.span(), format!("`{text}` stands in the list twice"))
                .also(&reader.source, first.span.clone(), "the first time");
            reader.note(mistake);
            sound = false;
        } else {
            choices.push((text.clone(), Choice { text, span: item.span() }));
        }
    }
    sound.then_some(choices)
}

fn named_choices(entries: &DeTable<'_>, reader: &mut Reader) -> Option<Vec<(String, Choice)>> {
    let mut choices = Vec::new();
    let mut sound = true;
    for (name, node) in in_file_order(entries) {
        if !is_name(name.get_ref()) {
            unfit_name(name.get_ref(), name.span(), reader);
            sound = false;
        }
        match value(node, reader) {
            Some(text) => choices.push((name.get_ref().to_string(), Choice { text, span: node.span() })),
            None => sound = false,
        }
    }
    sound.then_some(choices)
}

fn value(node: Node<'_>, reader: &mut Reader) -> Option<String> {
    if !node.get_ref().is_table() {
        return String::read(node, reader);
    }
    let repeated = Repeated::read(node, reader)?;
    let times = usize::try_from(repeated.times.0).expect("the declared range fits");
    if repeated.repeat.len().saturating_mul(times) > LONGEST_VALUE {
        let mistake = reader.mistake(Code::OutOfRange, node.span(), "the value is longer than 1 MiB");
        reader.note(mistake.label("repeated too often"));
        return None;
    }
    Some(repeated.repeat.repeat(times))
}

fn unfit_name(text: &str, span: Span, reader: &mut Reader) {
    let message = format!("`{}` can't be the name of a variant", shown(text));
    let mistake = reader.mistake(Code::BadName, span, message).help(
        "a name is 1 to 40 letters, digits, `.`, `_` and `-`: give the value one with `{ name = \"…\" }`",
    );
    reader.note(mistake);
}
