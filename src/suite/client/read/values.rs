//! What stands behind the keys of verbs and expectations.

use serde_json::{Value as Json, json};

use crate::suite::client::{Break, CertificateKind, Count, Restart, Secrets, Shown, Tamper, To};
use crate::suite::code::Code;
use crate::suite::read::value::{Defs, Value, Whole, word_values};
use crate::suite::read::wording::shown;
use crate::suite::read::{Node, Reader};

word_values! {
    Tamper: "way to change a callback",
    To: "kind of request",
    Break: "way to fail",
    CertificateKind: "kind of certificate",
    Restart: "way to restart",
    Secrets: "kind of secret",
    Shown: "property of what is shown",
}

/// A status, as a number or as a text: values of `each` are texts.
pub struct Status(pub u16);

impl Value for Status {
    fn read(node: Node<'_>, reader: &mut Reader) -> Option<Self> {
        if node.get_ref().is_integer() {
            let whole = Whole::<200, 599>::read(node, reader)?;
            return Some(Self(u16::try_from(whole.0).expect("599 fits")));
        }
        let written = reader.text(node)?;
        let read = written.text.parse().ok().filter(|status| (200..600).contains(status));
        if read.is_none() {
            let message = format!("`{}` is no status", shown(&written.text));
            let mistake = reader.mistake_in(&written, Code::BadText, message);
            reader.note(mistake.help("a status is a number from 200 to 599"));
        }
        read.map(Self)
    }

    fn schema(_: &mut Defs) -> Json {
        json!({ "anyOf": [
            { "type": "integer", "minimum": 200, "maximum": 599 },
            { "type": "string", "pattern": "^[2-5][0-9][0-9]$|^\\$[a-z][a-z0-9_-]*$" },
        ] })
    }
}

impl Value for Count {
    fn read(node: Node<'_>, reader: &mut Reader) -> Option<Self> {
        if node.get_ref().is_integer() {
            return Whole::<0, 1000>::read(node, reader).map(|whole| Count::Exactly(whole.small()));
        }
        let written = reader.text(node)?;
        let number = |text: &str| text.parse::<u32>().ok().filter(|number| *number <= 1000);
        let text = written.text.as_str();
        let read = number(text)
            .map(Count::Exactly)
            .or_else(|| text.strip_prefix("at most ").and_then(number).map(Count::AtMost))
            .or_else(|| text.strip_prefix("at least ").and_then(number).map(Count::AtLeast));
        if read.is_none() {
            let mistake = reader.mistake_in(
                &written,
                Code::BadText,
                format!("`{}` says no number of requests", shown(text)),
            );
            reader.note(mistake.help("write a whole number up to 1000, \"at most 1\" or \"at least 1\""));
        }
        read
    }

    fn schema(_: &mut Defs) -> Json {
        json!({ "anyOf": [
            { "type": "integer", "minimum": 0, "maximum": 1000 },
            { "type": "string", "pattern": "^(at (most|least) )?[0-9]+$|^\\$[a-z][a-z0-9_-]*$" },
        ] })
    }
}
