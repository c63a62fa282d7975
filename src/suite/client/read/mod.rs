//! How the steps of a suite for apps are written.
//!
//! - `verbs`: one form a verb; `values`: what stands behind keys; `leaves`: the keys of what is expected.

mod leaves;
mod values;
mod verbs;

use std::collections::BTreeSet;

use serde_json::Value as Json;

use super::{Count, Shown, Step, lint};
use crate::results::Level;
use crate::suite::app::Capability;
use crate::suite::case::{Span, User};
use crate::suite::catalogue::Side;
use crate::suite::read::begin::{self, Begun, begun};
use crate::suite::read::case::Script;
use crate::suite::read::form::{Property, object};
use crate::suite::read::value::{Defs, Value, Whole};
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
        let Begun { verb, given, expect, observe, .. } = begun(node, VERBS, &BESIDE, leaves, reader)?;
        let (key, verb_node) = verb?;
        let span = key.span();
        let verb = self::verb(key.get_ref(), verb_node, reader);
        Some(Step { verb: verb?, given: given?, expect: expect?, observe: observe?, span })
    }

    fn lint(steps: &[Option<Self>], level: Option<Level>, case: &Span, reader: &mut Reader) {
        lint::steps(steps, level, case, reader);
    }

    fn needs(steps: &[Self]) -> BTreeSet<Capability> {
        steps.iter().filter_map(|step| lint::need(&step.verb)).collect()
    }

    fn schema(defs: &mut Defs) -> Json {
        let verbs = verb_properties(defs);
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
        let leaves = object("What arrived at the bank, and what the app showed.", leaves);
        begin::schema(VERBS, verbs, leaves, Vec::new(), defs)
    }
}
