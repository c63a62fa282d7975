//! One suite file, from its bytes.

use std::sync::Arc;

use serde_json::{Value as Json, json};
use toml::de::{DeTable, DeValue};

use super::case::{self, Id, Script};
use super::form::{Form, Lenient, form};
use super::value::{Defs, Prose, Value};
use super::wording::near;
use super::{Node, Reader, Written};
use crate::suite::case::{Source, Suite};
use crate::suite::catalogue::{Catalogue, Side};
use crate::suite::client;
use crate::suite::code::Code;
use crate::suite::diagnostic::Diagnostic;

form! {
    /// What the suite is.
    struct HeadForm {
        /// Kebab-case, unique among all suites. A case's full id is `suite/case`.
        id: Lenient<Id>,
        /// What its cases have in common, in a few words.
        about: Lenient<Prose>,
    }
}

form! {
    /// A suite of grantspec: cases that prove what a bank promises about access to an account.
    struct SuiteForm {
        /// What the suite is.
        suite: Lenient<HeadForm>,
        /// The cases, one `[[case]]` each.
        case: Lenient<Option<Cases>>,
    }
}

/// A file as far as it could be read.
pub struct ReadSuite {
    pub source: Arc<Source>,
    pub id: Option<Id>,
    /// Each case's id, and what it proves, as far as they could be read.
    pub cases: Vec<(Option<Id>, Vec<Written>)>,
    /// The suite, if nothing is wrong with it as a file of its own.
    pub suite: Option<AnySuite>,
    /// Whether it is TOML: if not, what it lacks may stand in the broken part.
    pub is_toml: bool,
}

/// A suite of either side.
pub enum AnySuite {
    Bank(Suite),
    App(Suite<client::Step>),
}

/// The cases. They are read one by one, by [`read`]; as a value they are only known to be there.
pub struct Cases;

/// Reads a suite, and every mistake that can be seen without the other files.
pub fn read(source: Arc<Source>, side: Side, catalogue: &Catalogue) -> (ReadSuite, Vec<Diagnostic>) {
    let text = Arc::clone(&source);
    let (tree, errors) = DeTable::parse_recoverable(&text.text);
    let mut reader = Reader::new(Arc::clone(&source));
    let span = tree.span();
    let node = toml::Spanned::new(span, DeValue::Table(tree.into_inner()));
    let mut read = match side {
        Side::Bank => suite(&node, catalogue, AnySuite::Bank, &mut reader),
        Side::App => suite(&node, catalogue, AnySuite::App, &mut reader),
    };

    let mut found = syntax_mistakes(&source, &errors);
    read.is_toml = found.is_empty();
    let others = reader.into_found();
    found.extend(
        others.into_iter().filter(|mistake| read.is_toml || stands_on_its_own(mistake, &source, &errors)),
    );
    found.sort_by_key(Diagnostic::start);
    if !found.is_empty() {
        read.suite = None;
    }
    (read, found)
}

/// Reads a file that stands by itself: what `build` makes of its table, or every mistake in it. `shown` is the file as
/// messages show it: the same text, but that something may be hidden in it.
pub fn whole<T>(
    shown: Arc<Source>,
    text: &str,
    build: impl FnOnce(Node<'_>, &mut Reader) -> Option<T>,
) -> Result<T, Vec<Diagnostic>> {
    let (tree, errors) = DeTable::parse_recoverable(text);
    let mut reader = Reader::new(Arc::clone(&shown));
    let span = tree.span();
    let node = toml::Spanned::new(span, DeValue::Table(tree.into_inner()));
    let built = build(&node, &mut reader);
    let mut found = syntax_mistakes(&shown, &errors);
    let is_toml = found.is_empty();
    let others = reader.into_found();
    found.extend(others.into_iter().filter(|mistake| is_toml || stands_on_its_own(mistake, &shown, &errors)));
    found.sort_by_key(Diagnostic::start);
    match built {
        Some(built) if found.is_empty() => Ok(built),
        _ => Err(found),
    }
}

fn suite<S: Script>(
    node: Node<'_>,
    catalogue: &Catalogue,
    any: impl Fn(Suite<S>) -> AnySuite,
    reader: &mut Reader,
) -> ReadSuite {
    let source = Arc::clone(&reader.source);
    let mut read = ReadSuite { source, id: None, cases: Vec::new(), suite: None, is_toml: true };
    if let Some(help) = something_else(node) {
        let message = "this is no suite: it has neither `[suite]` nor `[[case]]`";
        let mistake = reader.mistake(Code::NoSuites, 0..0, message).help(help);
        reader.note(mistake);
        return read;
    }
    let table = reader.table(node, &SuiteForm::keys()).expect("a file is a table");
    let Some(SuiteForm { suite: Lenient(head), case: Lenient(cases), .. }) =
        SuiteForm::fields(&table, reader)
    else {
        return read;
    };
    if matches!(cases, Some(None)) {
        empty(table.entry("suite").map_or(0..0, |(_, node)| node.span()), reader);
    }
    let (id, about) = head.map_or((None, None), |head| (head.id.0, head.about.0));
    let mut variants = Vec::new();

    if let Some((_, DeValue::Array(items))) = table.entry("case").map(|(key, node)| (key, node.get_ref())) {
        let suite = id.as_ref().map(|id| id.text.as_str());
        for item in items {
            let Some(case) = case::read(item, suite, catalogue, reader) else { continue };
            read.cases.push((case.id, case.proves));
            variants.extend(case.variants);
        }
    }
    read.suite = id.as_ref().zip(about).map(|(id, about)| {
        any(Suite { id: id.text.clone(), about: about.0, source: Arc::clone(&read.source), cases: variants })
    });
    read.id = id;
    read
}

/// What to do about a file that is something else than a suite, if it is. One whose keys are but misspelt is a suite.
fn something_else(node: Node<'_>) -> Option<&'static str> {
    let DeValue::Table(entries) = node.get_ref() else { return None };
    let has = |key: &str| entries.keys().any(|known| known.get_ref().as_ref() == key);
    let is_meant = |key: &str| near(key, SuiteForm::keys()).is_some();
    if entries.is_empty() || SuiteForm::keys().into_iter().any(has) {
        return None;
    }
    if has("name") && has("base") {
        return Some(
            "it looks like a target file: give it to `--target`, and keep suites in a folder of their own",
        );
    }
    if has("name") && has("redirect_uri") {
        return Some(
            "it looks like an app file: give it to `--app`, and keep suites in a folder of their own",
        );
    }
    let misspelt = entries.keys().any(|key| is_meant(key.get_ref().as_ref()));
    (!misspelt)
        .then_some("every `.toml` of the folder is read as a suite: keep suites in a folder of their own")
}

/// What the TOML parser found.
pub fn syntax_mistakes(source: &Arc<Source>, errors: &[toml::de::Error]) -> Vec<Diagnostic> {
    let end = source.text.len();
    let mistake = |error: &toml::de::Error| {
        let span = error.span().unwrap_or(end..end);
        Diagnostic::new(Code::BadToml, source, span, format!("not TOML: {}", error.message()))
    };
    errors.iter().map(mistake).collect()
}

/// Whether a mistake is one even if the broken passages of the file were mended.
pub fn stands_on_its_own(mistake: &Diagnostic, source: &Source, errors: &[toml::de::Error]) -> bool {
    let line = |span| source.place(&span).line;
    let crate::suite::diagnostic::At::Text(_, span) = &mistake.at else {
        return true;
    };
    let broken =
        errors.iter().filter_map(toml::de::Error::span).any(|error| line(error) == line(span.clone()));
    !broken && !mistake.code.may_follow_from_a_gap()
}

fn empty(span: crate::suite::case::Span, reader: &mut Reader) {
    let mistake = reader.mistake(Code::EmptySuite, span, "a suite without a case");
    reader.note(mistake.help("add a `[[case]]`"));
}

impl Value for Cases {
    fn read(node: Node<'_>, reader: &mut Reader) -> Option<Self> {
        match node.get_ref() {
            DeValue::Array(items) if items.is_empty() => empty(node.span(), reader),
            DeValue::Array(_) => return Some(Self),
            _ => reader.wrong_type(node, "a list of cases: `[[case]]`"),
        }
        None
    }

    fn schema(defs: &mut Defs) -> Json {
        let properties = case::CaseForm::properties(defs);
        let case = super::form::object("A case: steps that prove requirements.", properties);
        json!({ "type": "array", "minItems": 1, "items": case })
    }
}
