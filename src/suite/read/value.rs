//! Everything that can stand behind a key, except tables: words, roles, handles, numbers, texts, lists.

use serde_json::{Map, Value as Json, json};
use toml::de::DeValue;

use super::mention::{Deed, Kind, Mention};
use super::wording::{listed, near, shown};
use super::{Node, Reader, Written};
use crate::suite::case::{
    CLIENTS, Carrier, Client, Code as CodeHandle, Credentials, Decision, Door, Encoding, Grant, Landing,
    Mandate, Need, Outcome, Page, Period, Redirect, RefreshRule, Secret, StateRule, Token, Trait, USERS,
    User,
};
use crate::suite::client::Login;
use crate::suite::code::Code;

/// Something that can be written behind a key.
pub trait Value: Sized {
    /// Reads it, or notes what is wrong with it.
    fn read(node: Node<'_>, reader: &mut Reader) -> Option<Self>;

    /// Its JSON Schema. What is used in many places goes into `defs`.
    fn schema(defs: &mut Defs) -> Json;
}

/// The definitions that a schema refers to, by name.
pub type Defs = Map<String, Json>;

/// A string that stands for a value of `each`.
pub const VARIABLE_PATTERN: &str = "^\\$[a-z][a-z0-9_-]*$";
/// A handle's name.
pub const HANDLE_PATTERN: &str = "^[a-z][a-z0-9_-]*$";

impl Value for bool {
    fn read(node: Node<'_>, reader: &mut Reader) -> Option<Self> {
        match node.get_ref() {
            DeValue::Boolean(yes) => Some(*yes),
            _ => {
                reader.wrong_type(node, "true or false");
                None
            }
        }
    }

    fn schema(_: &mut Defs) -> Json {
        json!({ "type": "boolean" })
    }
}

impl Value for String {
    fn read(node: Node<'_>, reader: &mut Reader) -> Option<Self> {
        reader.text(node).map(|written| written.text)
    }

    fn schema(_: &mut Defs) -> Json {
        json!({ "type": "string" })
    }
}

impl Value for Written {
    fn read(node: Node<'_>, reader: &mut Reader) -> Option<Self> {
        reader.text(node)
    }

    fn schema(_: &mut Defs) -> Json {
        json!({ "type": "string" })
    }
}

/// A text for people: not blank.
pub struct Prose(pub String);

impl Value for Prose {
    fn read(node: Node<'_>, reader: &mut Reader) -> Option<Self> {
        let written = reader.text(node)?;
        if written.text.trim().is_empty() {
            let mistake = reader.mistake_in(&written, Code::BadText, "a text that says nothing");
            reader.note(mistake.label("expected some words"));
            return None;
        }
        Some(Self(written.text))
    }

    fn schema(_: &mut Defs) -> Json {
        json!({ "type": "string", "minLength": 1 })
    }
}

/// A whole number from `MIN` to `MAX`.
pub struct Whole<const MIN: u64, const MAX: u64>(pub u64);

impl<const MIN: u64, const MAX: u64> Value for Whole<MIN, MAX> {
    fn read(node: Node<'_>, reader: &mut Reader) -> Option<Self> {
        let DeValue::Integer(number) = node.get_ref() else {
            reader.wrong_type(node, "a whole number");
            return None;
        };
        match u64::from_str_radix(number.as_str(), number.radix()) {
            Ok(whole) if (MIN..=MAX).contains(&whole) => Some(Self(whole)),
            _ => {
                let message = format!("{} is not in the range from {MIN} to {MAX}", shown(number.as_str()));
                let mistake = reader.mistake(Code::OutOfRange, node.span(), message);
                reader.note(mistake.label(format!("expected {MIN} to {MAX}")));
                None
            }
        }
    }

    fn schema(_: &mut Defs) -> Json {
        json!({ "type": "integer", "minimum": MIN, "maximum": MAX })
    }
}

impl<const MIN: u64, const MAX: u64> Whole<MIN, MAX> {
    /// It as a smaller number, which the declared range is within.
    pub fn small(&self) -> u32 {
        u32::try_from(self.0).expect("the declared range fits")
    }
}

/// A list: each item is read, so that every mistake in it is noted.
impl<T: Value> Value for Vec<T> {
    fn read(node: Node<'_>, reader: &mut Reader) -> Option<Self> {
        let DeValue::Array(items) = node.get_ref() else {
            reader.wrong_type(node, "a list");
            return None;
        };
        let read: Vec<Option<T>> = items.iter().map(|item| T::read(item, reader)).collect();
        read.into_iter().collect()
    }

    fn schema(defs: &mut Defs) -> Json {
        json!({ "type": "array", "items": T::schema(defs) })
    }
}

/// One, or a list of them with at least one.
pub struct OneOrMany<T>(pub Vec<T>);

impl<T: Value> Value for OneOrMany<T> {
    fn read(node: Node<'_>, reader: &mut Reader) -> Option<Self> {
        if let DeValue::Array(items) = node.get_ref() {
            if items.is_empty() {
                let mistake =
                    reader.mistake(Code::SaysNothing, node.span(), "an empty list, which nothing is in");
                reader.note(mistake.label("expected at least one"));
                return None;
            }
            return Vec::read(node, reader).map(Self);
        }
        T::read(node, reader).map(|one| Self(vec![one]))
    }

    fn schema(defs: &mut Defs) -> Json {
        let one = T::schema(defs);
        json!({ "anyOf": [one.clone(), { "type": "array", "items": one, "minItems": 1 }] })
    }
}

macro_rules! word_values {
    ($($Word:ident: $what:literal,)*) => {$(
        impl $crate::suite::read::value::Value for $Word {
            fn read(
                node: $crate::suite::read::Node<'_>,
                reader: &mut $crate::suite::read::Reader,
            ) -> Option<Self> {
                let written = reader.text(node)?;
                let found = $Word::ALL.iter().find(|(_, word)| *word == written.text);
                if found.is_none() {
                    reader.unknown_word(&written, $what, $Word::ALL.iter().map(|(_, word)| *word));
                }
                found.map(|(value, _)| *value)
            }

            fn schema(defs: &mut $crate::suite::read::value::Defs) -> serde_json::Value {
                let words: Vec<&str> = $Word::ALL.iter().map(|(_, word)| *word).collect();
                $crate::suite::read::value::words_schema(defs, stringify!($Word), &words, $Word::ABOUT)
            }
        }
    )*};
}
pub(in crate::suite) use word_values;

word_values! {
    Need: "capability",
    Period: "period",
    Decision: "decision",
    Redirect: "redirect URI",
    Secret: "kind of secret",
    Credentials: "way to send credentials",
    Door: "endpoint that can turn requests away",
    Encoding: "encoding",
    Token: "kind of token",
    Carrier: "way to send a token",
    Outcome: "outcome",
    StateRule: "rule for the state",
    Landing: "rule for where it leads",
    RefreshRule: "rule for the refresh token",
    Trait: "property of an answer",
}

pub fn words_schema(defs: &mut Defs, name: &str, words: &[&str], about: (&str, &[&str])) -> Json {
    let meanings = words.iter().zip(about.1).filter(|(_, meaning)| !meaning.is_empty());
    let lines: String = meanings.map(|(word, meaning)| format!("\n- `{word}`: {}", meaning.trim())).collect();
    defs.insert(
        name.to_owned(),
        json!({
            "description": format!("{}{lines}", about.0.trim()),
            "anyOf": [{ "enum": words }, { "$ref": "#/$defs/Variable" }],
        }),
    );
    json!({ "$ref": format!("#/$defs/{name}") })
}

macro_rules! role_values {
    ($($Role:ident of $ROLES:ident: $what:literal,)*) => {$(
        impl Value for $Role {
            fn read(node: Node<'_>, reader: &mut Reader) -> Option<Self> {
                let written = reader.text(node)?;
                $Role::of(&written, &written.text, reader)
            }

            fn schema(_: &mut Defs) -> Json {
                json!({ "anyOf": [{ "enum": $ROLES }, { "$ref": "#/$defs/Variable" }] })
            }
        }

        impl $Role {
            /// The role `name`, which stands in `written`.
            pub fn of(written: &Written, name: &str, reader: &mut Reader) -> Option<Self> {
                if $ROLES.contains(&name) {
                    return Some(Self(name.to_owned()));
                }
                let message = format!("a world has no {} `{}`", $what, shown(name));
                let help = match near(name, $ROLES) {
                    Some(meant) => format!("did you mean `{meant}`?"),
                    None => format!("every world has {}", listed(&$ROLES)),
                };
                let mistake = reader.mistake_in(written, Code::UnknownRole, message).help(help);
                reader.note(mistake);
                None
            }
        }
    )*};
}

role_values! {
    User of USERS: "user",
    Client of CLIENTS: "client",
}

/// A handle that gets its meaning here.
pub struct Save<H>(pub H);

macro_rules! handle_values {
    ($($Handle:ident: $kind:ident,)*) => {$(
        impl Value for $Handle {
            fn read(node: Node<'_>, reader: &mut Reader) -> Option<Self> {
                handle(node, reader, Kind::$kind, Deed::Use).map(Self)
            }

            fn schema(_: &mut Defs) -> Json {
                handle_schema()
            }
        }

        impl Value for Save<$Handle> {
            fn read(node: Node<'_>, reader: &mut Reader) -> Option<Self> {
                handle(node, reader, Kind::$kind, Deed::Save).map($Handle).map(Self)
            }

            fn schema(_: &mut Defs) -> Json {
                handle_schema()
            }
        }
    )*};
}

handle_values! {
    Page: Page,
    CodeHandle: Code,
    Grant: Grant,
    Mandate: Mandate,
    Login: Login,
}

fn handle(node: Node<'_>, reader: &mut Reader, kind: Kind, deed: Deed) -> Option<String> {
    let written = reader.text(node)?;
    let name = &written.text;
    let plain = name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_".contains(c));
    if !plain {
        let message = format!("`{}` is no name for a handle", shown(name));
        let mistake = reader
            .mistake_in(&written, Code::BadName, message)
            .help("a handle is a lower-case letter, then lower-case letters, digits, `-` and `_`");
        reader.note(mistake);
        return None;
    }
    let step = reader.step;
    reader.mentions.push(Mention { step, kind, name: name.clone(), span: written.used_at, deed });
    Some(written.text)
}

fn handle_schema() -> Json {
    json!({ "anyOf": [{ "type": "string", "pattern": HANDLE_PATTERN }, { "$ref": "#/$defs/Variable" }] })
}
