//! How a request differs from the right one: parameters set, left out or sent twice, another secret, another way.

use serde_json::{Value as Json, json};

use super::form::form;
use super::value::{Defs, Value};
use super::wording::{meant_or_list, shown};
use super::{Node, Reader, Written, in_file_order};
use crate::suite::case::{
    AuthorizeRequest, Client, Credentials, Encoding, Redirect, Secret, Span, StateSent, Text, TokenRequest,
    User,
};
use crate::suite::code::Code;

form! {
    /// An authorization request.
    struct Asking {
        /// The client that asks.
        client: Client,
        /// The state to send, this very string. Without it a fresh random one.
        state: Option<String>,
        /// Which redirect URI to name. Default `registered`.
        redirect: Option<Redirect>,
        /// Parameters to replace or add: `{ response_type = "token" }`.
        set: Option<Parameters<false>>,
        /// Parameters to leave out.
        omit: Option<Vec<Written>>,
        /// Parameters to send once more, after the right one: `{ client_id = "client:other" }`, or `"same"`.
        twice: Option<Parameters<true>>,
    }
}

form! {
    /// A token request.
    struct Tokening {
        /// The client that sends it, with its own credentials. Default: the one that the handle belongs to.
        by: Option<Client>,
        /// Which secret the client shows. Default `right`.
        secret: Option<Secret>,
        /// How the client's credentials travel. Default `usual`.
        credentials: Option<Credentials>,
        /// The request's method. Default `POST`.
        method: Option<Method>,
        /// How the parameters are encoded. Default `form`.
        encoding: Option<Encoding>,
        /// Parameters to replace or add: `{ grant_type = "x" }`.
        set: Option<Parameters<false>>,
        /// Parameters to leave out.
        omit: Option<Vec<Written>>,
        /// Parameters to send once more, after the right one: `{ code = "same" }`.
        twice: Option<Parameters<true>>,
    }
}

impl Asking {
    /// `span`: where the request stands.
    pub fn request(self, span: Span, reader: &mut Reader) -> Option<AuthorizeRequest> {
        const HAS: [&str; 4] = ["client_id", "redirect_uri", "response_type", "state"];
        let changes = changes(&HAS, self.set, self.omit, self.twice, reader)?;
        let omitted = changes.omit.iter().any(|name| name == "state");
        let state = match self.state {
            Some(_) if omitted => {
                let message = "`state` is given and left out";
                let mistake = reader.mistake(Code::OneOf, span, message);
                reader.note(mistake.help("keep `state` or `omit = [\"state\"]`"));
                return None;
            }
            Some(state) => StateSent::Exactly(state),
            None if omitted => StateSent::Omitted,
            None => StateSent::Fresh,
        };
        Some(AuthorizeRequest {
            client: self.client,
            state,
            redirect: self.redirect.unwrap_or(Redirect::Registered),
            set: changes.set,
            omit: changes.omit.into_iter().filter(|name| name != "state").collect(),
            twice: changes.twice,
        })
    }
}

impl Tokening {
    /// `has`: the parameters that the request has when it is made right.
    pub fn request(self, has: &[&str], reader: &mut Reader) -> Option<TokenRequest> {
        let changes = changes(has, self.set, self.omit, self.twice, reader)?;
        Some(TokenRequest {
            by: self.by,
            secret: self.secret.unwrap_or(Secret::Right),
            credentials: self.credentials.unwrap_or(Credentials::Usual),
            method: self.method.unwrap_or_default().0,
            encoding: self.encoding.unwrap_or(Encoding::Form),
            set: changes.set,
            omit: changes.omit,
            twice: changes.twice,
        })
    }
}

/// Parameters and their values. `same` has a meaning only where a parameter is sent `TWICE`.
pub struct Parameters<const TWICE: bool>(Vec<(String, Span, Text)>);

impl<const TWICE: bool> Value for Parameters<TWICE> {
    fn read(node: Node<'_>, reader: &mut Reader) -> Option<Self> {
        let toml::de::DeValue::Table(entries) = node.get_ref() else {
            reader.wrong_type(node, "a table of parameters and their values");
            return None;
        };
        let read: Vec<_> = in_file_order(entries)
            .into_iter()
            .map(|(key, value)| {
                let written = reader.text(value)?;
                let text = parameter_text(&written, TWICE, reader)?;
                Some((key.get_ref().to_string(), key.span(), text))
            })
            .collect();
        read.into_iter().collect::<Option<_>>().map(Self)
    }

    fn schema(_: &mut Defs) -> Json {
        json!({ "type": "object", "additionalProperties": { "type": "string" } })
    }
}

fn parameter_text(written: &Written, twice: bool, reader: &mut Reader) -> Option<Text> {
    if let Some(role) = written.text.strip_prefix("user:") {
        return User::of(written, role, reader).map(Text::UserId);
    }
    if let Some(role) = written.text.strip_prefix("client:") {
        return Client::of(written, role, reader).map(Text::ClientId);
    }
    if written.text != "same" {
        return Some(Text::Plain(written.text.clone()));
    }
    if !twice {
        let mistake = reader
            .mistake_in(written, Code::UnknownWord, "`same` has a meaning only in `twice`")
            .help("leave the parameter out of `set`: the request has the right one already");
        reader.note(mistake);
        return None;
    }
    Some(Text::Same)
}

struct Changes {
    set: Vec<(String, Text)>,
    omit: Vec<String>,
    twice: Vec<(String, Text)>,
}

/// Only what the request has, or is given by `set`, can be left out or sent twice; and not both.
fn changes(
    has: &[&str],
    set: Option<Parameters<false>>,
    omit: Option<Vec<Written>>,
    twice: Option<Parameters<true>>,
    reader: &mut Reader,
) -> Option<Changes> {
    let set = set.map_or_else(Vec::new, |parameters| parameters.0);
    let twice = twice.map_or_else(Vec::new, |parameters| parameters.0);
    let omit = omit.unwrap_or_default();
    let mut sound = true;

    for written in &omit {
        if !has.contains(&written.text.as_str()) {
            unknown_parameter(&written.text, written.used_at.clone(), "left out", has, reader);
            sound = false;
        } else if let Some((_, span, _)) = set.iter().chain(&twice).find(|(name, ..)| *name == written.text) {
            let message = format!("`{}` is left out and sent", shown(&written.text));
            let mistake = reader.mistake(Code::UnknownParameter, written.used_at.clone(), message).also(
                &reader.source,
                span.clone(),
                "sent here",
            );
            reader.note(mistake);
            sound = false;
        }
    }
    for (name, span, _) in &twice {
        if !has.contains(&name.as_str()) && !set.iter().any(|(added, ..)| added == name) {
            unknown_parameter(name, span.clone(), "sent twice", has, reader);
            sound = false;
        }
    }
    let plain = |parameters: Vec<(String, Span, Text)>| {
        parameters.into_iter().map(|(name, _, text)| (name, text)).collect()
    };
    sound.then(|| Changes {
        set: plain(set),
        omit: omit.into_iter().map(|written| written.text).collect(),
        twice: plain(twice),
    })
}

fn unknown_parameter(name: &str, span: Span, deed: &str, has: &[&str], reader: &mut Reader) {
    let message = format!("the request has no parameter `{}` that could be {deed}", shown(name));
    let mistake = reader.mistake(Code::UnknownParameter, span, message).help(meant_or_list(name, has));
    reader.note(mistake);
}

/// A request's method, in capitals as HTTP has it.
pub struct Method(pub String);

const METHODS: [&str; 7] = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];

impl Default for Method {
    fn default() -> Self {
        Self("POST".to_owned())
    }
}

impl Value for Method {
    fn read(node: Node<'_>, reader: &mut Reader) -> Option<Self> {
        let written = reader.text(node)?;
        if !METHODS.contains(&written.text.as_str()) {
            reader.unknown_word(&written, "method", METHODS);
            return None;
        }
        Some(Self(written.text))
    }

    fn schema(_: &mut Defs) -> Json {
        json!({ "anyOf": [{ "enum": METHODS }, { "$ref": "#/$defs/Variable" }] })
    }
}

/// The word before a token in `Authorization`.
pub struct Scheme(pub String);

impl Default for Scheme {
    fn default() -> Self {
        Self("Bearer".to_owned())
    }
}

impl Value for Scheme {
    fn read(node: Node<'_>, reader: &mut Reader) -> Option<Self> {
        let written = reader.text(node)?;
        if !written.text.chars().all(|c| c.is_ascii_graphic()) {
            let message = format!("`{}` can't stand in a header as a scheme", shown(&written.text));
            let mistake = reader.mistake_in(&written, Code::BadText, message);
            reader.note(mistake.help("a scheme is one word of visible ASCII characters, or empty"));
            return None;
        }
        Some(Self(written.text))
    }

    fn schema(_: &mut Defs) -> Json {
        json!({ "type": "string", "pattern": "^[!-~]*$" })
    }
}
