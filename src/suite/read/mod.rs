//! From text to the typed form, or to every mistake in it.
//!
//! [`Reader`] is what all of it is read with: it gathers mistakes instead of stopping at the first, knows the variant
//! that is being read, and notes which handles are mentioned where. Each thing that can be written is a type that knows
//! how it is read and what its JSON Schema is ([`value::Value`]); tables are declared by the macro of
//! [`mod@form`], so that one definition feeds reading, "did you mean" and the schema.

mod also;
pub mod begin;
pub mod case;
pub mod each;
pub mod expect;
pub mod file;
pub mod form;
pub mod keyed;
pub mod mention;
mod request;
mod speak;
pub mod step;
mod template;
pub mod value;
mod verbs;
pub mod wording;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use self::each::Choice;
use self::mention::Mention;
use self::wording::{listed, meant_or_list, near, shown};
use super::case::{Source, Span};
use super::code::Code;
use super::diagnostic::Diagnostic;

/// A value of a file's tree, and where it stands.
pub type Node<'a> = &'a Spanned<DeValue<'a>>;

/// What one file is read with.
pub struct Reader {
    pub source: Arc<Source>,
    found: Vec<Diagnostic>,
    /// What tells the mistakes in `found` apart.
    seen: BTreeSet<(Code, usize, String)>,
    pub variables: Variables,
    /// Names of `each` that were used, over all variants of a case.
    pub used: BTreeSet<String>,
    /// Every mention of a handle in the variant that is being read, in the order of the steps.
    pub mentions: Vec<Mention>,
    /// The step that is being read, from 0.
    pub step: usize,
    /// Strings that stand where nothing could be understood: a handle may have been saved or used there.
    pub lost: BTreeSet<String>,
}

/// What `$name` stands for.
pub enum Variables {
    /// Nothing: it is a string like any other.
    Meaningless,
    /// A value of the variant that is being read.
    Of(BTreeMap<String, Choice>),
    /// It can't be told, because the case's `each` is broken.
    Unreadable,
}

/// A string, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    pub text: String,
    /// Where the text itself stands.
    pub span: Span,
    /// Where it is used: another place if it came through `each`.
    pub used_at: Span,
}

/// A table whose keys are all known, and where it stands.
pub struct Table<'a> {
    pub entries: &'a DeTable<'a>,
    pub span: Span,
    /// Keys that are not known: one of them may be meant for a key that is missing.
    pub strays: Vec<&'a str>,
}

impl Reader {
    pub fn new(source: Arc<Source>) -> Self {
        Self {
            source,
            found: Vec::new(),
            seen: BTreeSet::new(),
            variables: Variables::Meaningless,
            used: BTreeSet::new(),
            mentions: Vec::new(),
            step: 0,
            lost: BTreeSet::new(),
        }
    }

    /// Notes a mistake; the same one of another variant is noted once.
    pub fn note(&mut self, diagnostic: Diagnostic) {
        if self.seen.insert((diagnostic.code, diagnostic.start(), diagnostic.message.clone())) {
            self.found.push(diagnostic);
        }
    }

    pub fn into_found(self) -> Vec<Diagnostic> {
        self.found
    }

    pub fn mistake(&self, code: Code, span: Span, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(code, &self.source, span, message)
    }

    /// A mistake in a string, which also points at where the string is used.
    pub fn mistake_in(&self, written: &Written, code: Code, message: impl Into<String>) -> Diagnostic {
        let diagnostic = self.mistake(code, written.span.clone(), message);
        if written.span == written.used_at {
            return diagnostic;
        }
        diagnostic.also(&self.source, written.used_at.clone(), "used here")
    }

    /// A string, `$name` replaced by its value in this variant.
    pub fn text(&mut self, node: Node<'_>) -> Option<Written> {
        let DeValue::String(text) = node.get_ref() else {
            self.wrong_type(node, "a string");
            return None;
        };
        let at = node.span();
        let Some(name) = variable(text) else {
            return Some(Written { text: text.to_string(), span: at.clone(), used_at: at });
        };
        match &self.variables {
            Variables::Meaningless => Some(Written { text: text.to_string(), span: at.clone(), used_at: at }),
            Variables::Unreadable => None,
            Variables::Of(choices) => match choices.get(name) {
                Some(choice) => {
                    self.used.insert(name.to_owned());
                    Some(Written { text: choice.text.clone(), span: choice.span.clone(), used_at: at })
                }
                None => {
                    let mistake = self.unknown_variable(name, choices, at);
                    self.note(mistake);
                    None
                }
            },
        }
    }

    fn unknown_variable(&self, name: &str, choices: &BTreeMap<String, Choice>, at: Span) -> Diagnostic {
        let help = match near(name, choices.keys().map(String::as_str)) {
            Some(meant) => format!("did you mean `${meant}`?"),
            None => format!("give the case `each = {{ {name} = [\"…\"] }}`, or write a plain string here"),
        };
        self.mistake(Code::UnknownVariable, at, format!("`${}` stands for nothing", shown(name)))
            .label("`each` of this case has no such key")
            .help(help)
    }

    /// A table with no other keys than `known`: each unknown one is noted, with the key that was probably meant.
    pub fn table<'a>(&mut self, node: Node<'a>, known: &[&str]) -> Option<Table<'a>> {
        let DeValue::Table(entries) = node.get_ref() else {
            self.wrong_type(node, &format!("a table with {}", listed(known)));
            return None;
        };
        let mut strays = Vec::new();
        for (key, value) in in_file_order(entries) {
            if !known.contains(&key.get_ref().as_ref()) {
                self.unknown_key(key, value, known);
                strays.push(key.get_ref().as_ref());
            }
        }
        Some(Table { entries, span: node.span(), strays })
    }

    pub fn unknown_key(&mut self, key: &Spanned<DeString<'_>>, value: Node<'_>, known: &[&str]) {
        self.lose(value);
        let name = key.get_ref();
        let mistake = self
            .mistake(Code::UnknownKey, key.span(), format!("unknown key `{}`", shown(name)))
            .label("not known here")
            .help(meant_or_list(name, known));
        self.note(mistake);
    }

    /// Remembers every string in what could not be understood.
    pub fn lose(&mut self, node: Node<'_>) {
        match node.get_ref() {
            DeValue::String(text) => {
                self.lost.insert(text.to_string());
            }
            DeValue::Array(items) => items.iter().for_each(|item| self.lose(item)),
            DeValue::Table(entries) => entries.values().for_each(|value| self.lose(value)),
            _ => {}
        }
    }

    pub fn wrong_type(&mut self, node: Node<'_>, due: &str) {
        self.lose(node);
        let got = match node.get_ref() {
            DeValue::String(_) => "a string",
            DeValue::Integer(_) => "a whole number",
            DeValue::Float(_) => "a number with a fraction",
            DeValue::Boolean(_) => "true or false",
            DeValue::Datetime(_) => "a date or time",
            DeValue::Array(_) => "a list",
            DeValue::Table(_) => "a table",
        };
        let mistake = self
            .mistake(Code::WrongType, node.span(), format!("expected {due}, found {got}"))
            .label(format!("expected {due}"));
        self.note(mistake);
    }

    /// A word that is none of `known`.
    pub fn unknown_word<'w>(
        &mut self,
        written: &Written,
        what: &str,
        known: impl IntoIterator<Item = &'w str>,
    ) {
        let known: Vec<&str> = known.into_iter().collect();
        let mistake = self
            .mistake_in(written, Code::UnknownWord, format!("`{}` is no {what}", shown(&written.text)))
            .help(meant_or_list(&written.text, &known));
        self.note(mistake);
    }
}

impl<'a> Table<'a> {
    pub fn entry(&self, key: &str) -> Option<(&'a Spanned<DeString<'a>>, Node<'a>)> {
        self.entries.get_key_value(key)
    }
}

/// The entries as the author wrote them: a table has them by name.
pub fn in_file_order<'a>(entries: &'a DeTable<'a>) -> Vec<(&'a Spanned<DeString<'a>>, Node<'a>)> {
    let mut entries: Vec<_> = entries.iter().collect();
    entries.sort_by_key(|(key, _)| key.span().start);
    entries
}

/// The name in `$name`, if that is all there is.
fn variable(text: &str) -> Option<&str> {
    let name = text.strip_prefix('$')?;
    each::is_variable(name).then_some(name)
}
