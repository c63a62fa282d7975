//! Reading `[login]` of a target file: which driver, and what it goes by.

use serde_json::{Value as Json, json};
use toml::de::DeValue;
use url::Url;

use super::script::Script;
use super::steps::{Placed, script};
use super::{Driver, Form};
use crate::suite::Span;
use crate::suite::code::Code;
use crate::suite::read::form::form;
use crate::suite::read::value::{Defs, Value};
use crate::suite::read::wording::{listed, shown};
use crate::suite::read::{Node, Reader, Written, in_file_order};

form! {
    /// How users log in.
    struct LoginForm {
        /// Who gets a user through: one of the words below.
        driver: Word,
        /// Where pages of the bank are besides at its base and its authorization endpoint, such as `https://login.bank.example`.
        origins: Option<Vec<Written>>,
        /// What is done on each page, one `[[login.step]]` each; the first that knows the page is done.
        step: Option<Vec<Placed>>,
    }
}

/// The drivers, by their words.
const WORDS: [(&str, &str); 3] = [
    ("auto", "the control API logs users in"),
    ("form", "the bank's own pages, over HTTP: no browser and no scripts"),
    ("none", "the server asks nobody: it redirects at once, for one user"),
];

/// The word for a driver, and where it stands.
pub struct Word(Written);

impl Value for Word {
    fn read(node: Node<'_>, reader: &mut Reader) -> Option<Self> {
        let written = reader.text(node)?;
        if WORDS.iter().any(|(word, _)| *word == written.text) {
            return Some(Word(written));
        }
        reader.unknown_word(&written, "login driver", WORDS.iter().map(|(word, _)| *word));
        None
    }

    fn schema(_: &mut Defs) -> Json {
        let words: Vec<&str> = WORDS.iter().map(|(word, _)| *word).collect();
        let meanings: String =
            WORDS.iter().map(|(word, meaning)| format!("\n- `{word}`: {meaning}")).collect();
        json!({ "description": format!("A login driver.{meanings}"), "enum": words })
    }
}

/// `[login]`, read.
pub struct ReadLogin(pub Driver);

impl Value for ReadLogin {
    fn read(node: Node<'_>, reader: &mut Reader) -> Option<Self> {
        LoginForm::read(node, reader)?.driver(node.span(), reader).map(ReadLogin)
    }

    fn schema(defs: &mut Defs) -> Json {
        LoginForm::schema(defs)
    }
}

impl LoginForm {
    fn driver(self, span: Span, reader: &mut Reader) -> Option<Driver> {
        let Word(word) = &self.driver;
        let given = [("origins", self.origins.is_some()), ("step", self.step.is_some())];
        let taken: &[&str] = match word.text.as_str() {
            "form" => &["origins", "step"],
            "none" => &["origins"],
            _ => &[],
        };
        let strays: Vec<&str> = given
            .into_iter()
            .filter_map(|(key, given)| (given && !taken.contains(&key)).then_some(key))
            .collect();
        if !strays.is_empty() {
            let message = format!("the login driver `{}` has no use for {}", word.text, listed(&strays));
            let mistake = reader.mistake_in(word, Code::OneOf, message);
            reader.note(mistake.help("leave that out, or choose the driver that it belongs to"));
            return None;
        }
        let origins = origins(self.origins.unwrap_or_default(), reader);
        match word.text.as_str() {
            "auto" => Some(Driver::Auto),
            "none" => Some(Driver::None(Form { script: Script::default(), origins: origins? })),
            _ => {
                let script = script(self.step.unwrap_or_default(), span, reader);
                Some(Driver::Form(Form { script: script?, origins: origins? }))
            }
        }
    }
}

fn origins(written: Vec<Written>, reader: &mut Reader) -> Option<Vec<Url>> {
    let read: Vec<Option<Url>> = written
        .iter()
        .map(|written| {
            let url = Url::parse(&written.text).ok().filter(|url| {
                matches!(url.scheme(), "http" | "https")
                    && url.has_host()
                    && url.path() == "/"
                    && url.query().is_none()
                    && url.username().is_empty()
            });
            if url.is_none() {
                let message = format!("`{}` is no origin", shown(&written.text));
                let mistake = reader.mistake_in(written, Code::BadText, message);
                reader.note(mistake.help(
                    "scheme and host, and a port if it is not the usual one: `https://login.bank.example`",
                ));
            }
            url
        })
        .collect();
    read.into_iter().collect()
}

/// A table whose keys are the author's, each with a text.
#[derive(Clone, Debug, Default)]
pub struct Texts(pub Vec<(Written, Written)>);

impl Value for Texts {
    fn read(node: Node<'_>, reader: &mut Reader) -> Option<Self> {
        let DeValue::Table(entries) = node.get_ref() else {
            reader.wrong_type(node, "a table of texts");
            return None;
        };
        let read: Vec<Option<(Written, Written)>> = in_file_order(entries)
            .into_iter()
            .map(|(key, value)| {
                let span = key.span();
                let name = Written { text: key.get_ref().to_string(), span: span.clone(), used_at: span };
                Some((name, reader.text(value)?))
            })
            .collect();
        read.into_iter().collect::<Option<_>>().map(Texts)
    }

    fn schema(_: &mut Defs) -> Json {
        json!({ "type": "object", "additionalProperties": { "type": "string" } })
    }
}
