//! How the steps of a suite for apps are written.
//!
//! - `verbs`: one form a verb; `values`: what stands behind keys; `leaves`: the keys of what is expected.

mod leaves;
mod values;
mod verbs;

use std::collections::BTreeSet;

use serde_json::{Value as Json, json};
use toml::de::DeValue;

use super::{Count, Shown, Step, lint};
use crate::results::Level;
use crate::suite::app::Capability;
use crate::suite::case::{Span, User};
use crate::suite::catalogue::Side;
use crate::suite::read::case::Script;
use crate::suite::read::form::{Property, object};
use crate::suite::read::step::{observed, the_verb};
use crate::suite::read::value::{Defs, Prose, Value, Whole};
use crate::suite::read::{Node, Reader};

pub use leaves::LEAVES;
use leaves::leaves;
use verbs::{VERBS, verb, verb_properties};

/// What can stand beside a verb.
const BESIDE: [&str; 3] = ["given", "expect", "observe"];

impl Script for Step {
    const SIDE: Side = Side::App;
    type Need = Capability;

    fn read(node: Node<'_>, reader: &mut Reader) -> Option<Self> {
        let DeValue::Table(entries) = node.get_ref() else {
            reader.wrong_type(node, "a step: a table with a verb");
            return None;
        };
        let verb = the_verb(entries, node, VERBS, &BESIDE, reader);
        let word = verb.as_ref().map(|(key, _)| key.get_ref().to_string());
        let mut both = ["given", "expect"].map(|key| match entries.get_key_value(key) {
            Some((key, node)) => leaves(key, node, word.as_deref(), reader),
            None => Some(Vec::new()),
        });
        let observe = observed(entries, reader);
        let (key, verb_node) = verb?;
        let verb = self::verb(key.get_ref(), verb_node, reader);
        let [given, expect] = &mut both;
        Some(Step {
            verb: verb?,
            given: given.take()?,
            expect: expect.take()?,
            observe: observe?,
            span: key.span(),
        })
    }

    fn lint(steps: &[Option<Self>], level: Option<Level>, case: &Span, reader: &mut Reader) {
        lint::steps(steps, level, case, reader);
    }

    fn needs(steps: &[Self]) -> BTreeSet<Capability> {
        steps.iter().filter_map(|step| lint::need(&step.verb)).collect()
    }

    fn schema(defs: &mut Defs) -> Json {
        let mut properties = verb_properties(defs);
        let leaf = |key: &'static str, defs: &mut Defs| Property {
            key,
            required: false,
            schema: match key {
                "spacing_ms" | "first_after_ms" => Whole::<1, 30_000>::schema(defs),
                "answer" => Shown::schema(defs),
                "shows" | "shows_not" => User::schema(defs),
                _ => Count::schema(defs),
            },
        };
        let leaves: Vec<Property> = LEAVES.iter().map(|key| leaf(key, defs)).collect();
        defs.insert(
            "Leaves".to_owned(),
            object("What arrived at the bank, and what the app showed.", leaves),
        );
        for (key, about) in [
            ("given", "A precondition: if it does not hold, nothing can be concluded."),
            ("expect", "What is judged: if it does not hold, the requirement is broken."),
        ] {
            let schema = json!({ "$ref": "#/$defs/Leaves", "minProperties": 1, "description": about });
            properties.push(Property { key, required: false, schema });
        }
        properties.push(Property::of::<Option<Prose>>(
            "observe",
            "Records what came under these words and judges nothing. Excludes `given` and `expect`.",
            defs,
        ));
        let mut step = object("One verb, and what is expected of it.", properties);
        step["oneOf"] = VERBS.iter().map(|word| json!({ "required": [word] })).collect();
        step
    }
}
