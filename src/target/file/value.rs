//! What stands behind the keys of a target file and of no suite: tables with keys of the author's own, few-word choices,
//! headers, JSON pointers, and texts that come from somewhere else.

use http::{HeaderName, HeaderValue};
use serde_json::{Value as Json, json};
use toml::de::DeValue;

use super::secret::{Kept, SecretForm};
use crate::suite::Diagnostic;
use crate::suite::code::Code;
use crate::suite::read::value::{Defs, Value};
use crate::suite::read::wording::shown;
use crate::suite::read::{Node, Reader, Written, in_file_order};

/// Declares an enum that is written as one of a few words.
macro_rules! choices {
    (
        $(#[doc = $about:literal])+
        $Name:ident: $what:literal { $($(#[doc = $doc:literal])+ $Variant:ident = $word:literal,)+ }
    ) => {
        $(#[doc = $about])+
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $Name { $($(#[doc = $doc])+ $Variant,)+ }

        impl $crate::suite::read::value::Value for $Name {
            fn read(
                node: $crate::suite::read::Node<'_>,
                reader: &mut $crate::suite::read::Reader,
            ) -> Option<Self> {
                let written = reader.text(node)?;
                match written.text.as_str() {
                    $($word => Some($Name::$Variant),)+
                    _ => {
                        reader.unknown_word(&written, $what, [$($word),+]);
                        None
                    }
                }
            }

            fn schema(_: &mut $crate::suite::read::value::Defs) -> serde_json::Value {
                let meanings = [$(format!("\n- `{}`: {}", $word, concat!($($doc),+).trim())),+];
                serde_json::json!({
                    "description": format!("{}{}", concat!($($about),+).trim(), meanings.concat()),
                    "enum": [$($word),+],
                })
            }
        }
    };
}
pub(in crate::target) use choices;

/// A status by which a server may refuse: one that is no error, or 501, which says that what was asked for is not there
/// (RFC 9110 §15.6.2). Every other 5xx is a server's trouble, whatever it means by it.
pub struct Status(pub u16);

impl Value for Status {
    fn read(node: Node<'_>, reader: &mut Reader) -> Option<Self> {
        let span = node.span();
        let whole = crate::suite::read::value::Whole::<200, 501>::read(node, reader)?;
        let status = u16::try_from(whole.0).expect("the declared range fits");
        if matches!(status, 400..=500) {
            let mistake = reader.mistake(Code::OutOfRange, span, format!("{status} can't be said to refuse"));
            reader.note(
                mistake.label("expected 200 to 399, or 501").help(
                    "every 4xx but 429 refuses by itself; a 5xx is the server's own trouble, but for 501",
                ),
            );
            return None;
        }
        Some(Status(status))
    }

    fn schema(_: &mut Defs) -> Json {
        json!({ "anyOf": [{ "type": "integer", "minimum": 200, "maximum": 399 }, { "const": 501 }] })
    }
}

/// A JSON pointer (RFC 6901), such as `/user/id`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pointer(pub String);

impl Pointer {
    /// What it points at in an answer's JSON.
    pub fn of<'j>(&self, json: &'j Json) -> Option<&'j Json> {
        json.pointer(&self.0)
    }

    /// The text or the number that it points at, as a text that is not empty.
    pub fn text(&self, json: &Json) -> Option<String> {
        match self.of(json)? {
            Json::String(text) if !text.is_empty() => Some(text.clone()),
            Json::Number(number) => Some(number.to_string()),
            _ => None,
        }
    }
}

impl Value for Pointer {
    fn read(node: Node<'_>, reader: &mut Reader) -> Option<Self> {
        let written = reader.text(node)?;
        if written.text.is_empty() || !written.text.starts_with('/') {
            let message = format!("`{}` is no JSON pointer", shown(&written.text));
            let mistake = reader.mistake_in(&written, Code::BadText, message);
            reader.note(mistake.help(format!(
                "a pointer names each member after a slash: `/{}`",
                shown(written.text.trim_matches('.'))
            )));
            return None;
        }
        Some(Pointer(written.text))
    }

    fn schema(_: &mut Defs) -> Json {
        json!({ "type": "string", "pattern": "^/" })
    }
}

/// Header lines, each with a name and a value that HTTP can carry. A value may come from somewhere else.
#[derive(Clone, Debug, Default)]
pub struct Headers(pub Vec<(HeaderName, Kept)>);

impl Headers {
    /// With files found in this folder.
    #[must_use]
    pub fn within(self, folder: &std::path::Path) -> Headers {
        Headers(self.0.into_iter().map(|(name, value)| (name, value.within(folder))).collect())
    }
}

impl Value for Headers {
    fn read(node: Node<'_>, reader: &mut Reader) -> Option<Self> {
        let DeValue::Table(entries) = node.get_ref() else {
            reader.wrong_type(node, "a table of header lines");
            return None;
        };
        let read: Vec<Option<(HeaderName, Kept)>> = in_file_order(entries)
            .into_iter()
            .map(|(key, value)| {
                let value = HeaderText::read(value, reader);
                match HeaderName::from_bytes(key.get_ref().as_bytes()) {
                    Ok(name) => Some((name, value?.0)),
                    Err(_) => {
                        let message = format!("`{}` is no name of a header", shown(key.get_ref()));
                        let mistake = reader.mistake(Code::BadHeader, key.span(), message);
                        reader.note(mistake.label("expected letters, digits and `-`"));
                        None
                    }
                }
            })
            .collect();
        read.into_iter().collect::<Option<_>>().map(Self)
    }

    fn schema(defs: &mut Defs) -> Json {
        json!({ "type": "object", "additionalProperties": HeaderText::schema(defs) })
    }
}

/// A header's value: a text, or where a secret one comes from.
struct HeaderText(Kept);

impl Value for HeaderText {
    fn read(node: Node<'_>, reader: &mut Reader) -> Option<Self> {
        if let DeValue::Table(_) = node.get_ref() {
            return SecretForm::read(node, reader)?.kept(node.span(), reader).map(Self);
        }
        let written = reader.text(node)?;
        if HeaderValue::from_str(&written.text).is_err() {
            let mistake =
                reader.mistake_in(&written, Code::BadHeader, "a header's value has no line break or control");
            reader.note(mistake);
            return None;
        }
        Some(HeaderText(Kept::Told(written.text)))
    }

    fn schema(defs: &mut Defs) -> Json {
        json!({ "anyOf": [{ "type": "string" }, SecretForm::schema(defs)] })
    }
}

/// A text that says nothing where something must be said.
pub fn blank(written: &Written, what: &str, reader: &Reader) -> Option<Diagnostic> {
    written.text.trim().is_empty().then(|| {
        reader.mistake_in(written, Code::BadText, format!("{what} is blank")).label("expected some text")
    })
}
