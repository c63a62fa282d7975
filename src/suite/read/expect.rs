//! What is expected of an answer: the tables `given` and `expect`, one leaf a key.

use serde_json::json;
use toml::Spanned;
use toml::de::{DeString, DeValue};

use super::form::Property;
use super::value::{Defs, OneOrMany, Value, Whole};
use super::wording::listed;
use super::{Node, Reader, in_file_order};
use crate::suite::case::{
    Check, Client, Grant, Landing, Leaf, Listed, Mandate, Outcome, RefreshRule, Span, StateRule, Trait, User,
};
use crate::suite::code::Code;

/// Reads `given` and `expect`.
pub struct Leaves;

macro_rules! leaves {
    ($($(#[doc = $doc:literal])+ $key:ident: $Type:ty => $check:expr,)*) => {
        /// Every key that a leaf can have.
        pub const KEYS: &[&str] = &[$(stringify!($key),)* "lists", "lists_not", "has"];

        fn check(key: &str, node: Node<'_>, reader: &mut Reader) -> Option<Check> {
            match key {
                $(stringify!($key) => <$Type>::read(node, reader).map($check),)*
                _ => None,
            }
        }

        /// The keys in the schema.
        pub fn properties(defs: &mut Defs) -> Vec<Property> {
            vec![
                $(Property::of::<Option<$Type>>(stringify!($key), concat!($($doc),+), defs),)*
                Property::of::<Option<OneOrMany<String>>>("lists", "What is on the owner's list: \
                    clients at `connected`, mandates that can take payments at `mandates`.", defs),
                Property::of::<Option<OneOrMany<String>>>("lists_not", "What is not on it.", defs),
                has_property(defs),
            ]
        }
    };
}

leaves! {
    /// What came of it as a whole.
    outcome: Outcome => Check::Outcome,
    /// The status, or any of several.
    status: OneOrMany<Whole<100, 599>> => |statuses: OneOrMany<Whole<100, 599>>| Check::Status(
        statuses.0.into_iter().map(|status| u16::try_from(status.0).expect("599 fits")).collect()
    ),
    /// The `error` or `code` in the JSON body, or the `error` on the callback; or any of several.
    error: OneOrMany<String> => |errors: OneOrMany<String>| Check::Error(errors.0),
    /// How the state on the callback compares with the one sent.
    state: StateRule => Check::State,
    /// Where an authorization may have led.
    landing: Landing => Check::Landing,
    /// What a token answer says of the refresh token.
    refresh_token: RefreshRule => Check::RefreshToken,
    /// The user whom the answer names.
    user: User => Check::User,
    /// The client whom the answer names.
    client: Client => Check::Client,
    /// The grant since which its client is listed as connected, give or take some minutes.
    since: Grant => Check::Since,
    /// How many distinct access tokens a race gives at most, and distinct refresh tokens.
    tokens_at_most: Whole<0, 1000> => |count: Whole<0, 1000>| Check::TokensAtMost(count.small()),
    /// How many of a race's distinct access tokens live afterwards at most.
    live_at_most: Whole<0, 1000> => |count: Whole<0, 1000>| Check::LiveAtMost(count.small()),
    /// How many of a race's distinct access tokens live afterwards.
    live_exactly: Whole<0, 1000> => |count: Whole<0, 1000>| Check::LiveExactly(count.small()),
}

fn has_property(defs: &mut Defs) -> Property {
    let schema = json!({
        "type": "array",
        "items": Trait::schema(defs),
        "minItems": 1,
        "description": "Properties that the answer has or lacks, each a check of its own.",
    });
    Property { key: "has", required: false, schema }
}

impl Leaves {
    /// `verb`: the step's, if it could be told; what it can't satisfy is a mistake.
    pub fn read(
        key: &Spanned<DeString<'_>>,
        node: Node<'_>,
        verb: Option<&str>,
        reader: &mut Reader,
    ) -> Option<Vec<Leaf>> {
        let table = reader.table(node, KEYS)?;
        let entries = in_file_order(table.entries);
        if entries.is_empty() {
            let message = format!("`{}` says nothing", key.get_ref());
            let mistake = reader.mistake(Code::SaysNothing, table.span, message);
            reader.note(mistake.help(format!("leave it out, or add one of {}", listed(KEYS))));
            return None;
        }
        let mut leaves = Some(Vec::new());
        for (key, value) in entries {
            let name = key.get_ref().as_ref();
            let span = key.span().start..value.span().end;
            if KEYS.contains(&name) {
                if let Some(verb) = verb {
                    satisfiable_key(verb, name, span.clone(), reader);
                }
                let read = match name {
                    "has" => traits(value, verb, reader),
                    "lists" => listed_by(value, verb, reader)
                        .map(|listed| vec![Leaf { check: Check::Lists(listed), span }]),
                    "lists_not" => listed_by(value, verb, reader)
                        .map(|listed| vec![Leaf { check: Check::ListsNot(listed), span }]),
                    _ => check(name, value, reader).map(|check| vec![Leaf { check, span }]),
                };
                leaves = leaves.zip(read).map(|(mut leaves, read)| {
                    leaves.extend(read);
                    leaves
                });
            }
        }
        leaves
    }
}

/// What stands on the list that a verb shows.
fn listed_by(node: Node<'_>, verb: Option<&str>, reader: &mut Reader) -> Option<Listed> {
    match verb {
        Some("connected") => OneOrMany::<Client>::read(node, reader).map(|listed| Listed::Clients(listed.0)),
        Some("mandates") => OneOrMany::<Mandate>::read(node, reader).map(|listed| Listed::Mandates(listed.0)),
        _ => {
            reader.lose(node);
            None
        }
    }
}

fn traits(node: Node<'_>, verb: Option<&str>, reader: &mut Reader) -> Option<Vec<Leaf>> {
    let DeValue::Array(items) = node.get_ref() else {
        reader.wrong_type(node, "a list of properties");
        return None;
    };
    if items.is_empty() {
        let mistake = reader.mistake(Code::SaysNothing, node.span(), "`has` says nothing");
        reader.note(mistake.label("expected at least one property"));
        return None;
    }
    let mut leaves = Some(Vec::new());
    for item in items {
        let read = Trait::read(item, reader);
        if let Some((property, verb)) = read.zip(verb)
            && !verbs_with(property).contains(&verb)
        {
            let message = format!("`{verb}` has no answer that could be `{property}`");
            let mistake = reader.mistake(Code::Unsatisfiable, item.span(), message);
            let verbs = listed(verbs_with(property));
            reader.note(mistake.help(format!("`{property}` goes with {verbs}")));
        }
        leaves = leaves.zip(read).map(|(mut leaves, property)| {
            leaves.push(Leaf { check: Check::Has(property), span: item.span() });
            leaves
        });
    }
    leaves
}

fn satisfiable_key(verb: &str, key: &str, span: Span, reader: &mut Reader) {
    let known = keys_of(verb);
    if known.contains(&key) {
        return;
    }
    let mistake = reader.mistake(Code::Unsatisfiable, span, format!("`{verb}` can't satisfy `{key}`"));
    let help = if known.is_empty() {
        format!("`{verb}` takes no expectation: it must be done, or nothing can be concluded")
    } else {
        format!("of `{verb}` can be expected: {}", listed(known))
    };
    reader.note(mistake.help(help));
}

/// What can be expected of a verb.
fn keys_of(verb: &str) -> &'static [&'static str] {
    match verb {
        "open" => &["outcome", "status", "landing", "has"],
        "land" | "authorize" => &["outcome", "status", "error", "state", "landing", "has"],
        "exchange" | "refresh" | "login" => {
            &["outcome", "status", "error", "refresh_token", "user", "client", "has"]
        }
        "call" => &["outcome", "status", "error", "user", "client", "has"],
        "logout" | "request" => &["outcome", "status", "error", "has"],
        "approve" | "deny" | "disconnect" | "cancel" => &["outcome", "status"],
        "connected" => &["outcome", "status", "lists", "lists_not", "since", "has"],
        "mandates" => &["outcome", "status", "lists", "lists_not", "has"],
        "mandate" | "pay" => &["outcome", "status", "error", "has"],
        "grid" => &["outcome"],
        "race" => &["tokens_at_most", "live_at_most", "live_exactly", "has"],
        "restart" => &["outcome", "status"],
        "sample" => &["has"],
        _ => &[],
    }
}

/// The verbs whose answer can have a property.
fn verbs_with(property: Trait) -> &'static [&'static str] {
    match property {
        Trait::TokenFields | Trait::NewAccess => &["exchange", "refresh", "login"],
        Trait::NoStore | Trait::ClientError => &[
            "open",
            "land",
            "authorize",
            "exchange",
            "refresh",
            "login",
            "call",
            "logout",
            "request",
            "mandate",
            "pay",
        ],
        Trait::Json => &["exchange", "refresh", "login", "call", "logout", "request", "mandate", "pay"],
        Trait::BearerChallenge => &["call", "logout", "request", "mandate", "pay"],
        Trait::DisconnectReason | Trait::NoDisconnectReason => {
            &["exchange", "refresh", "call", "logout", "mandate", "pay"]
        }
        Trait::AccessNamed => &["connected"],
        Trait::TermsNamed => &["mandates"],
        Trait::NoFraming | Trait::NoReferrer | Trait::NoCrossOrigin => {
            &["open", "land", "authorize", "request"]
        }
        Trait::NoInjection => &["open", "land", "authorize", "exchange", "refresh", "call", "logout"],
        Trait::OldHistory | Trait::NoOldHistory => &["call"],
        Trait::Unguessable => &["sample"],
        Trait::Serial => &["race"],
    }
}
