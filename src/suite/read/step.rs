//! One step: a table with one verb, and what is expected of it. Here stands the list of verbs; adding one is adding a
//! form and a line.

use std::collections::BTreeSet;

use serde_json::{Value as Json, json};
use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use super::case::Script;
use super::expect::{Leaves, properties as leaf_properties};
use super::form::{Property, object};
use super::speak::Speak;
use super::value::{Defs, Prose, Value, Whole};
use super::verbs::{
    AdvanceForm, ApproveForm, AuthorizeForm, CallForm, CancelForm, ConnectedForm, DenyForm, DisconnectForm,
    ExchangeForm, GridForm, LandForm, LoginForm, LogoutForm, MandateForm, MandatesForm, OpenForm,
    OverloadForm, PayForm, RaceForm, RefreshForm, RequestForm, RestartForm, SampleForm,
};
use super::wording::{listed, meant_or_list, near, shown};
use super::{Node, Reader, in_file_order};
use crate::results::Level;
use crate::suite::case::{Need, Span, Step, Verb};
use crate::suite::catalogue::Side;
use crate::suite::code::Code;
use crate::suite::{lint, needs};

macro_rules! verbs {
    ($($word:literal: $Form:ident,)*) => {
        /// Every verb's word.
        pub const VERBS: &[&str] = &[$($word),*];

        fn verb(word: &str, node: Node<'_>, reader: &mut Reader) -> Option<Verb> {
            match word {
                $($word => $Form::read(node, reader)?.verb(node.span(), reader),)*
                _ => None,
            }
        }

        fn verb_property(word: &'static str, defs: &mut Defs) -> Option<Property> {
            match word {
                $($word => {
                    let schema = $Form::schema(defs);
                    defs.insert($word.to_owned(), schema);
                    Some(Property { key: $word, required: false, schema: json!({ "$ref": concat!("#/$defs/", $word) }) })
                })*
                _ => None,
            }
        }
    };
}

verbs! {
    "open": OpenForm,
    "land": LandForm,
    "authorize": AuthorizeForm,
    "exchange": ExchangeForm,
    "login": LoginForm,
    "approve": ApproveForm,
    "deny": DenyForm,
    "refresh": RefreshForm,
    "call": CallForm,
    "logout": LogoutForm,
    "request": RequestForm,
    "disconnect": DisconnectForm,
    "connected": ConnectedForm,
    "mandate": MandateForm,
    "mandates": MandatesForm,
    "pay": PayForm,
    "cancel": CancelForm,
    "grid": GridForm,
    "advance": AdvanceForm,
    "restart": RestartForm,
    "overload": OverloadForm,
    "race": RaceForm,
    "sample": SampleForm,
}

const MOST_NODES: u64 = 8;

/// The verbs that are a single request, so that several can be sent at one instant.
const LANES: [&str; 9] =
    ["exchange", "refresh", "call", "logout", "approve", "deny", "disconnect", "pay", "cancel"];
/// The verbs whose requests can be sent to another node than the first.
const AT_A_NODE: [&str; 7] = ["exchange", "refresh", "call", "logout", "request", "pay", "grid"];
const BESIDE: [&str; 4] = ["node", "given", "expect", "observe"];

impl Script for Step {
    const SIDE: Side = Side::Bank;
    type Need = Need;

    fn read(node: Node<'_>, reader: &mut Reader) -> Option<Self> {
        read(node, reader)
    }

    fn lint(steps: &[Option<Self>], level: Option<Level>, case: &Span, reader: &mut Reader) {
        lint::steps(steps, level, case, reader);
    }

    fn needs(steps: &[Self]) -> BTreeSet<Need> {
        needs::of(steps)
    }

    fn schema(defs: &mut Defs) -> Json {
        schema(defs)
    }
}

/// Reads one step, or notes what is wrong with it.
fn read(node: Node<'_>, reader: &mut Reader) -> Option<Step> {
    let DeValue::Table(entries) = node.get_ref() else {
        reader.wrong_type(node, "a step: a table with a verb");
        return None;
    };
    let verb = the_verb(entries, node, VERBS, &BESIDE, reader);
    let word = verb.as_ref().map(|(key, _)| key.get_ref().to_string());

    let leaves = |key: &str, reader: &mut Reader| match entries.get_key_value(key) {
        Some((key, node)) => Leaves::read(key, node, word.as_deref(), reader),
        None => Some(Vec::new()),
    };
    let given = leaves("given", reader);
    let expect = leaves("expect", reader);
    let observe = observed(entries, reader);

    let at = match entries.get_key_value("node") {
        Some((key, node)) => the_node(key, node, word.as_deref(), reader).map(Some),
        None => Some(None),
    };

    let (key, verb_node) = verb?;
    let span = key.span();
    let verb = self::verb(key.get_ref(), verb_node, reader);
    Some(Step { verb: verb?, given: given?, expect: expect?, observe: observe?, node: at?, span })
}

/// Which node a step's requests go to, if its verb, as far as it could be told, sends any there.
fn the_node(
    key: &Spanned<DeString<'_>>,
    node: Node<'_>,
    verb: Option<&str>,
    reader: &mut Reader,
) -> Option<u8> {
    if let Some(verb) = verb.filter(|verb| !AT_A_NODE.contains(verb)) {
        let message = format!("`{verb}` is not sent to a node of one's choice");
        let mistake = reader.mistake(Code::NodeElsewhere, key.span(), message);
        reader.note(mistake.help(format!("`node` goes with {}", listed(&AT_A_NODE))));
        return None;
    }
    let number = Whole::<1, MOST_NODES>::read(node, reader)?.0;
    Some(u8::try_from(number).expect("the declared range fits"))
}

/// The words of a step that observes; `None` if they can't be read.
pub fn observed(entries: &DeTable<'_>, reader: &mut Reader) -> Option<Option<String>> {
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

/// The one verb of a table, one of `words`, if it has one. Every other key must be among `beside`.
pub fn the_verb<'a>(
    entries: &'a DeTable<'a>,
    node: Node<'_>,
    words: &[&str],
    beside: &[&str],
    reader: &mut Reader,
) -> Option<(&'a Spanned<DeString<'a>>, Node<'a>)> {
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

/// The lanes of a race: tables with one verb that is a single request.
pub fn lanes(node: Node<'_>, reader: &mut Reader) -> Option<Vec<Verb>> {
    let DeValue::Array(items) = node.get_ref() else {
        reader.wrong_type(node, "a list of lanes");
        return None;
    };
    if items.is_empty() {
        let mistake = reader.mistake(Code::RaceLane, node.span(), "a race without a lane");
        reader.note(mistake.help(format!("a lane is one of {}", listed(&LANES))));
        return None;
    }
    let read: Vec<Option<Verb>> = items.iter().map(|item| lane(item, reader)).collect();
    read.into_iter().collect()
}

fn lane(node: Node<'_>, reader: &mut Reader) -> Option<Verb> {
    let DeValue::Table(entries) = node.get_ref() else {
        reader.wrong_type(node, "a lane: a table with a verb");
        return None;
    };
    let (key, value) = the_verb(entries, node, VERBS, &[], reader)?;
    let word = key.get_ref();
    let read = verb(word, value, reader);
    if !LANES.contains(&word.as_ref()) {
        let message = format!("`{word}` is not a single request and can't be raced");
        let mistake = reader.mistake(Code::RaceLane, key.span(), message);
        reader.note(mistake.help(format!("a lane is one of {}", listed(&LANES))));
        return None;
    }
    read
}

/// A step in the schema.
fn schema(defs: &mut Defs) -> Json {
    let mut properties: Vec<Property> = VERBS.iter().filter_map(|word| verb_property(word, defs)).collect();
    let leaves = leaf_properties(defs);
    defs.insert("Leaves".to_owned(), object("What an answer must be like; at least one key.", leaves));
    let leaves = |about: &str| json!({ "$ref": "#/$defs/Leaves", "minProperties": 1, "description": about });
    properties.push(Property::of::<Option<Whole<1, MOST_NODES>>>(
        "node",
        "Which of the target's nodes its requests go to. Default 1, the base address.",
        defs,
    ));
    properties.push(Property {
        key: "given",
        required: false,
        schema: leaves("A precondition: if it does not hold, nothing can be concluded."),
    });
    properties.push(Property {
        key: "expect",
        required: false,
        schema: leaves("What is judged: if it does not hold, the requirement is broken."),
    });
    properties.push(Property::of::<Option<Prose>>(
        "observe",
        "Records what came under these words and judges nothing. Excludes `given` and `expect`.",
        defs,
    ));
    let mut step = object("One verb, and what is expected of it.", properties);
    step["oneOf"] = VERBS.iter().map(|word| json!({ "required": [word] })).collect();
    step["dependentSchemas"] =
        json!({ "observe": { "not": { "anyOf": [{ "required": ["given"] }, { "required": ["expect"] }] } } });
    step
}

/// The verbs of a lane in the schema. Each refers to the definition that a step's verb has.
pub fn lane_properties() -> Vec<Property> {
    let reference = |key: &'static str| json!({ "$ref": format!("#/$defs/{key}") });
    LANES.into_iter().map(|key| Property { key, required: false, schema: reference(key) }).collect()
}
