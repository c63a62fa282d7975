//! One step: a table with one verb, and what is expected of it. Here stands the list of verbs; adding one is adding a
//! form and a line.

use std::collections::BTreeSet;

use serde_json::{Value as Json, json};
use toml::de::DeValue;

use super::begin::{self, Begun, Key, begun, the_verb};
use super::case::Script;
use super::expect::{Leaves, properties as leaf_properties};
use super::form::{Property, object};
use super::speak::Speak;
use super::value::{Defs, Value, Whole};
use super::verbs::{
    AdvanceForm, ApproveForm, AuthorizeForm, CallForm, CancelForm, ConnectedForm, DenyForm, DisconnectForm,
    ExchangeForm, GridForm, LandForm, LoginForm, LogoutForm, MandateForm, MandatesForm, OpenForm,
    OverloadForm, PayForm, RaceForm, RefreshForm, RequestForm, RestartForm, SampleForm,
};
use super::wording::listed;
use super::{Node, Reader};
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
    let begun = begun(node, VERBS, &BESIDE, Leaves::read, reader)?;
    let at = match begun.entries.get_key_value("node") {
        Some((key, node)) => the_node(key, node, begun.word(), reader).map(Some),
        None => Some(None),
    };
    let Begun { verb, given, expect, observe, .. } = begun;
    let (key, verb_node) = verb?;
    let span = key.span();
    let verb = self::verb(key.get_ref(), verb_node, reader);
    Some(Step { verb: verb?, given: given?, expect: expect?, observe: observe?, node: at?, span })
}

/// Which node a step's requests go to, if its verb, as far as it could be told, sends any there.
fn the_node(key: &Key<'_>, node: Node<'_>, verb: Option<&str>, reader: &mut Reader) -> Option<u8> {
    if let Some(verb) = verb.filter(|verb| !AT_A_NODE.contains(verb)) {
        let message = format!("`{verb}` is not sent to a node of one's choice");
        let mistake = reader.mistake(Code::NodeElsewhere, key.span(), message);
        reader.note(mistake.help(format!("`node` goes with {}", listed(&AT_A_NODE))));
        return None;
    }
    let number = Whole::<1, MOST_NODES>::read(node, reader)?.0;
    Some(u8::try_from(number).expect("the declared range fits"))
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
    let verbs = VERBS.iter().filter_map(|word| verb_property(word, defs)).collect();
    let leaves = object("What an answer must be like; at least one key.", leaf_properties(defs));
    let node = Property::of::<Option<Whole<1, MOST_NODES>>>(
        "node",
        "Which of the target's nodes its requests go to. Default 1, the base address.",
        defs,
    );
    begin::schema(VERBS, verbs, leaves, vec![node], defs)
}

/// The verbs of a lane in the schema. Each refers to the definition that a step's verb has.
pub fn lane_properties() -> Vec<Property> {
    let reference = |key: &'static str| json!({ "$ref": format!("#/$defs/{key}") });
    LANES.into_iter().map(|key| Property { key, required: false, schema: reference(key) }).collect()
}
