//! Texts with values in them, and the raw requests that they are for: the only place where a suite writes values into text.

use serde_json::{Value as Json, json};
use toml::de::DeValue;

use super::mention::{Deed, Kind, Mention};
use super::value::{Defs, Value};
use super::wording::{listed, meant_or_list, near, shown};
use super::{Node, Reader, Written, in_file_order};
use crate::suite::case::{
    Address, CLIENTS, Client, Code as CodeHandle, Destination, Grant, Piece, Span, Template, USERS, User,
};
use crate::suite::code::Code;

/// What can stand behind the dot.
const PARTS: [&str; 5] = ["access", "refresh", "code", "id", "secret"];

/// Headers that the transport writes itself.
const RESERVED: [&str; 4] = ["host", "content-length", "transfer-encoding", "connection"];

impl Value for Template {
    fn read(node: Node<'_>, reader: &mut Reader) -> Option<Self> {
        let written = reader.text(node)?;
        template(&written, reader)
    }

    fn schema(_: &mut Defs) -> Json {
        json!({ "type": "string" })
    }
}

/// `{name.part}` is a value, `{{name.part}}` that very text in single braces, and every other brace stands for itself.
fn template(written: &Written, reader: &mut Reader) -> Option<Template> {
    let mut pieces = Vec::new();
    let mut plain = String::new();
    let mut sound = true;
    let mut rest = written.text.as_str();
    while let Some(at) = rest.find('{') {
        plain.push_str(&rest[..at]);
        rest = &rest[at..];
        if let Some(inner) = rest.strip_prefix("{{").and_then(placeholder)
            && rest[inner.len() + 3..].starts_with('}')
        {
            plain.push_str(&rest[1..inner.len() + 3]);
            rest = &rest[inner.len() + 4..];
        } else if let Some(inner) = placeholder(&rest[1..]) {
            if !plain.is_empty() {
                pieces.push(Piece::Text(std::mem::take(&mut plain)));
            }
            let read = piece(inner, span(written, inner, reader), reader);
            sound &= read.is_some();
            pieces.extend(read);
            rest = &rest[inner.len() + 2..];
        } else {
            plain.push('{');
            rest = &rest[1..];
        }
    }
    plain.push_str(rest);
    if !plain.is_empty() {
        pieces.push(Piece::Text(plain));
    }
    sound.then_some(Template(pieces))
}

/// What stands before the closing brace, if it looks like a name: JSON's braces, with quotes and colons in them, don't.
fn placeholder(text: &str) -> Option<&str> {
    let inner = &text[..text.find('}')?];
    let like_a_name = |c: char| c.is_ascii_alphanumeric() || "-_. ".contains(c);
    (!inner.trim().is_empty() && inner.chars().all(like_a_name)).then_some(inner)
}

/// Where a placeholder stands: itself, if the file has it as it is read, or else the text around it.
fn span(written: &Written, inner: &str, reader: &Reader) -> Span {
    if written.span != written.used_at {
        return written.used_at.clone();
    }
    let here =
        reader.source.text.get(written.span.clone()).and_then(|text| text.find(&format!("{{{inner}}}")));
    here.map_or(written.span.clone(), |at| {
        let start = written.span.start + at;
        start..start + inner.len() + 2
    })
}

fn piece(inner: &str, span: Span, reader: &mut Reader) -> Option<Piece> {
    let Some((name, part)) = inner.split_once('.') else {
        let message = format!("`{{{}}}` says not what of it is meant", shown(inner));
        let mistake = reader.mistake(Code::UnknownWord, span, message);
        let help = format!(
            "write {{{inner}.access}}, or {{{{{inner}}}}} for that very text; the parts are {}",
            listed(&PARTS)
        );
        reader.note(mistake.help(help));
        return None;
    };
    let is_user = USERS.contains(&name);
    let is_client = CLIENTS.contains(&name);
    match part {
        "access" => Some(Piece::Access(Grant(mention(Kind::Grant, name, span, reader)))),
        "refresh" => Some(Piece::Refresh(Grant(mention(Kind::Grant, name, span, reader)))),
        "code" => Some(Piece::Code(CodeHandle(mention(Kind::Code, name, span, reader)))),
        "id" if is_user => Some(Piece::UserId(User(name.to_owned()))),
        "id" if is_client => Some(Piece::ClientId(Client(name.to_owned()))),
        "secret" if is_client => Some(Piece::ClientSecret(Client(name.to_owned()))),
        "secret" if is_user => {
            let message = format!("`{name}` is a user, but a client is due here");
            let mistake = reader.mistake(Code::WrongKind, span, message);
            reader.note(mistake.help(format!("only clients have a secret: {}", listed(&CLIENTS))));
            None
        }
        "id" | "secret" => {
            let known: Vec<&str> = USERS.iter().chain(&CLIENTS).copied().collect();
            let help = match near(name, known.iter().copied()) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => format!("every world has {}", listed(&known)),
            };
            let message = format!("a world has no user and no client `{}`", shown(name));
            let mistake = reader.mistake(Code::UnknownRole, span, message);
            reader.note(mistake.help(help));
            None
        }
        _ => {
            let mistake =
                reader.mistake(Code::UnknownWord, span, format!("nothing has a part `{}`", shown(part)));
            reader.note(mistake.help(meant_or_list(part, &PARTS)));
            None
        }
    }
}

fn mention(kind: Kind, name: &str, span: Span, reader: &mut Reader) -> String {
    let step = reader.step;
    reader.mentions.push(Mention { step, kind, name: name.to_owned(), span, deed: Deed::Use });
    name.to_owned()
}

impl Value for Destination {
    fn read(node: Node<'_>, reader: &mut Reader) -> Option<Self> {
        let written = reader.text(node)?;
        if written.text.starts_with('/') {
            return template(&written, reader).map(Self::Path);
        }
        let found = Address::ALL.iter().find(|(_, word)| *word == written.text);
        if found.is_none() {
            let words: Vec<&str> = Address::ALL.iter().map(|(_, word)| *word).collect();
            let message = format!("`{}` is neither a path nor an endpoint", shown(&written.text));
            let help = match near(&written.text, words.iter().copied()) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => format!("a path begins with `/`; the endpoints are {}", listed(&words)),
            };
            let mistake = reader.mistake_in(&written, Code::UnknownWord, message);
            reader.note(mistake.help(help));
        }
        found.map(|(address, _)| Self::Address(*address))
    }

    fn schema(_: &mut Defs) -> Json {
        let words: Vec<&str> = Address::ALL.iter().map(|(_, word)| *word).collect();
        json!({ "anyOf": [{ "enum": words }, { "type": "string", "pattern": "^[/$]" }] })
    }
}

/// Names and the texts that belong to them, in the order of the file.
pub struct Pairs<const HEADERS: bool>(pub Vec<(String, Template)>);

impl<const HEADERS: bool> Value for Pairs<HEADERS> {
    fn read(node: Node<'_>, reader: &mut Reader) -> Option<Self> {
        let DeValue::Table(entries) = node.get_ref() else {
            reader.wrong_type(node, "a table of names and texts");
            return None;
        };
        let read: Vec<_> = in_file_order(entries)
            .into_iter()
            .map(|(key, value)| {
                let template = Template::read(value, reader);
                let name = key.get_ref().to_string();
                let is_header = !name.is_empty()
                    && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
                let reserved = RESERVED.contains(&name.to_ascii_lowercase().as_str());
                if HEADERS && (!is_header || reserved) {
                    let message = if reserved {
                        format!("`{name}` is written by the transport")
                    } else {
                        format!("`{}` is no name of a header", shown(&name))
                    };
                    let mistake = reader.mistake(Code::BadText, key.span(), message);
                    reader.note(
                        mistake.help("a header's name is letters, digits and `-`, such as `Authorization`"),
                    );
                    return None;
                }
                Some((name, template?))
            })
            .collect();
        read.into_iter().collect::<Option<_>>().map(Self)
    }

    fn schema(_: &mut Defs) -> Json {
        json!({ "type": "object", "additionalProperties": { "type": "string" } })
    }
}
