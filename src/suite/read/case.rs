//! One case of a file: its own keys once, its steps once for every variant.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Value as Json, json};
use toml::de::DeValue;

use super::also::Also;
use super::each::{Each, Variant};
use super::form::{Form, Lenient, form};
use super::value::{Defs, Prose, Value, Whole};
use super::wording::shown;
use super::{Node, Reader, Variables, Written};
use crate::results::Level;
use crate::suite::case::{Case, Need, Span, Step};
use crate::suite::catalogue::{Catalogue, Side};
use crate::suite::code::Code;
use crate::suite::lint;

/// What a case is made of: steps of the bank's side, or of the app's.
pub trait Script: Clone + Sized {
    /// Whose promises it proves.
    const SIDE: Side;

    /// What it can need of what is judged.
    type Need: Value + Copy + Ord + std::fmt::Debug + std::fmt::Display;

    /// Reads one step, or notes what is wrong with it.
    fn read(node: Node<'_>, reader: &mut Reader) -> Option<Self>;

    /// Judges the steps of one variant; those that could not be read are `None`.
    fn lint(steps: &[Option<Self>], level: Option<Level>, case: &Span, reader: &mut Reader);

    /// What these steps show to be needed.
    fn needs(steps: &[Self]) -> BTreeSet<Self::Need>;

    /// A step in the schema.
    fn schema(defs: &mut Defs) -> Json;
}

form! {
    /// A case: steps that prove requirements.
    struct CaseForm {
        /// Kebab-case, unique in the suite.
        id: Lenient<Id>,
        /// Ids of the requirements that it proves, at least one, all of one level.
        proves: Lenient<Vec<Written>>,
        /// Other requirements (`refresh.rotates`), or single defects of them (`refresh.rotates:same-refresh`), that
        /// break the case too, each with the reason why that is in order. `grantspec prove` holds it against what breaks.
        also: Lenient<Option<Also>>,
        /// Other requirements without which there is nothing to probe, each with what is missing then. Where the answer to a
        /// step shows that its `given` does not hold, the case is skipped for that reason.
        supposes: Lenient<Option<Also>>,
        /// What is promised, in one sentence without a full stop.
        about: Lenient<Prose>,
        /// The first edition of the catalogue that has it. Default: the first of all.
        since: Lenient<Option<Written>>,
        /// How often it runs, each time in a fresh world. Default 1.
        rounds: Lenient<Option<Whole<1, 1000>>>,
        /// What the target must be able to do, besides what the steps show.
        needs: Lenient<Option<Needs>>,
        /// Variants: a list of values, or a table of names and values. `"$key"` in a step stands for the value.
        each: Lenient<Option<Each>>,
        /// The steps, one `[[case.step]]` each.
        step: Lenient<Option<Steps>>,
    }
}

/// A case as far as it could be read.
pub struct ReadCase<S: Script> {
    pub id: Option<Id>,
    pub proves: Vec<Written>,
    /// Its variants, in the order of their values; none if anything is wrong with it.
    pub variants: Vec<Case<S>>,
}

/// An id in kebab-case.
#[derive(Clone, Debug)]
pub struct Id {
    pub text: String,
    pub span: Span,
}

/// The steps. They are read once for each variant, by [`read`]; as a value they are only known to be there.
pub struct Steps;

/// What a case says it needs besides. Which words there are goes by the side: they are read by [`read`].
pub struct Needs;

/// Reads a case with all its variants. `suite` is the suite's id, if it could be read.
pub fn read<S: Script>(
    node: Node<'_>,
    suite: Option<&str>,
    catalogue: &Catalogue,
    reader: &mut Reader,
) -> Option<ReadCase<S>> {
    let table = reader.table(node, &CaseForm::keys())?;
    reader.used.clear();
    reader.lost.clear();
    reader.variables = Variables::Meaningless;
    let form = CaseForm::fields(&table, reader)?;
    if matches!(form.step.0, Some(None)) {
        no_steps(node.span(), reader);
    }

    let nodes: &[_] = match table.entry("step").map(|(_, node)| node.get_ref()) {
        Some(DeValue::Array(items)) => items,
        _ => &[],
    };
    let added: Option<Vec<S::Need>> = match table.entry("needs") {
        Some((_, node)) if matches!(form.needs.0, Some(Some(_))) => Vec::read(node, reader),
        Some(_) => None,
        None => Some(Vec::new()),
    };
    let proves = form.proves.0.unwrap_or_default();
    let level = lint::proves(&proves, S::SIDE, catalogue, reader);
    if let Some(Some(also)) = &form.also.0 {
        also.lint(&proves, catalogue, reader);
    }
    if let Some(Some(supposes)) = &form.supposes.0 {
        supposes.lint(&proves, catalogue, reader);
    }
    let written = form.since.0.as_ref().and_then(Option::as_ref);
    let since = catalogue.editions.since(written, reader);
    let case_span = form.id.0.as_ref().map_or(node.span(), |id| id.span.clone());

    lint::older_than_promise(&since, written, &case_span, &proves, catalogue, reader);

    let variants = match &form.each.0 {
        Some(Some(each)) => each.variants(),
        Some(None) => vec![Variant::default()],
        None => Vec::new(),
    };
    let mut read: Vec<(Option<String>, Vec<S>)> = Vec::new();
    for variant in variants {
        reader.variables = Variables::Of(variant.choices);
        let steps = read_steps::<S>(nodes, reader);
        S::lint(&steps, level, &case_span, reader);
        if let Some(steps) = steps.into_iter().collect() {
            read.push((variant.name, steps));
        }
    }
    match &form.each.0 {
        Some(Some(each)) => each.note_unused(reader),
        Some(None) => {}
        None => {
            reader.variables = Variables::Unreadable;
            read_steps::<S>(nodes, reader);
        }
    }
    reader.variables = Variables::Meaningless;

    let typed = |(variant, steps): (Option<String>, Vec<S>)| {
        let (id, about) = (form.id.0.as_ref()?, form.about.0.as_ref()?);
        let reasons = |those: &Option<Also>| {
            let those = those.iter().flat_map(|those| &those.0);
            those.map(|(id, why)| (id.text.clone(), why.clone())).collect()
        };
        let (also, supposes) = (form.also.0.as_ref()?, form.supposes.0.as_ref()?);
        let (rounds, added, suite) = (form.rounds.0.as_ref()?, added.as_ref()?, suite?);
        let mut needs = S::needs(&steps);
        needs.extend(added.iter().copied());
        Some(Case {
            id: match variant {
                Some(variant) => format!("{suite}/{}[{variant}]", id.text),
                None => format!("{suite}/{}", id.text),
            },
            suite: suite.to_owned(),
            name: id.text.clone(),
            about: about.0.clone(),
            proves: proves.iter().map(|written| written.text.clone()).collect(),
            also: reasons(also),
            supposes: reasons(supposes),
            since: since.clone(),
            rounds: rounds.as_ref().map_or(1, Whole::small),
            needs,
            steps,
            source: Arc::clone(&reader.source),
            span: id.span.clone(),
        })
    };
    let variants = read.into_iter().filter_map(typed).collect();
    Some(ReadCase { id: form.id.0, proves, variants })
}

fn read_steps<S: Script>(nodes: &[toml::Spanned<DeValue<'_>>], reader: &mut Reader) -> Vec<Option<S>> {
    reader.mentions.clear();
    let mut steps = Vec::new();
    for (index, node) in nodes.iter().enumerate() {
        reader.step = index;
        steps.push(S::read(node, reader));
    }
    steps
}

fn no_steps(span: Span, reader: &mut Reader) {
    let mistake = reader.mistake(Code::NoSteps, span, "a case without steps");
    reader.note(mistake.help("add a `[[case.step]]` with a verb"));
}

impl Value for Steps {
    fn read(node: Node<'_>, reader: &mut Reader) -> Option<Self> {
        match node.get_ref() {
            DeValue::Array(items) if items.is_empty() => no_steps(node.span(), reader),
            DeValue::Array(_) => return Some(Self),
            _ => reader.wrong_type(node, "a list of steps: `[[case.step]]`"),
        }
        None
    }

    fn schema(defs: &mut Defs) -> Json {
        json!({ "type": "array", "minItems": 1, "items": Step::schema(defs) })
    }
}

impl Value for Needs {
    fn read(node: Node<'_>, reader: &mut Reader) -> Option<Self> {
        if matches!(node.get_ref(), DeValue::Array(_)) {
            return Some(Self);
        }
        reader.wrong_type(node, "a list");
        None
    }

    fn schema(defs: &mut Defs) -> Json {
        Vec::<Need>::schema(defs)
    }
}

impl Value for Id {
    fn read(node: Node<'_>, reader: &mut Reader) -> Option<Self> {
        let written = reader.text(node)?;
        if is_kebab(&written.text) {
            return Some(Self { text: written.text, span: written.span });
        }
        let message = format!("`{}` is not kebab-case", shown(&written.text));
        let suggestion = kebab(&written.text);
        let mistake = reader.mistake_in(&written, Code::BadName, message).help(if is_kebab(&suggestion) {
            format!("write it as `{suggestion}`")
        } else {
            "an id is lower-case letters and digits, in words joined by `-`".to_owned()
        });
        reader.note(mistake);
        None
    }

    fn schema(_: &mut Defs) -> Json {
        json!({ "type": "string", "pattern": "^[a-z0-9]+(-[a-z0-9]+)*$" })
    }
}

/// Lower-case letters and digits, in words joined by `-`.
pub fn is_kebab(text: &str) -> bool {
    text.split('-')
        .all(|word| !word.is_empty() && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit()))
}

/// `Single useCase_2` as `single-use-case-2`, as far as that goes.
fn kebab(text: &str) -> String {
    let mut spread = String::new();
    for c in text.chars().take(80) {
        match c {
            'A'..='Z' => spread.extend(['-', c.to_ascii_lowercase()]),
            'a'..='z' | '0'..='9' => spread.push(c),
            _ => spread.push('-'),
        }
    }
    spread.split('-').filter(|word| !word.is_empty()).collect::<Vec<_>>().join("-")
}
