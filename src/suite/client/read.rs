//! How the steps of a suite for apps are written: one form a verb, and the keys of what is expected.

use std::collections::BTreeSet;

use serde_json::{Value as Json, json};
use toml::Spanned;
use toml::de::{DeString, DeValue};

use super::{
    Answer, Break, Callback, CertificateKind, Check, Connect, Count, Counted, Leaf, Login, Restart, Secrets,
    Shown, Step, Tamper, To, Use, Verb, lint,
};
use crate::results::Level;
use crate::suite::app::Capability;
use crate::suite::case::{Span, USERS, User};
use crate::suite::catalogue::Side;
use crate::suite::code::Code;
use crate::suite::read::case::Script;
use crate::suite::read::form::{Property, form, object};
use crate::suite::read::step::{observed, the_verb};
use crate::suite::read::value::{Defs, OneOrMany, Prose, Save, Value, Whole, word_values};
use crate::suite::read::wording::{listed, shown};
use crate::suite::read::{Node, Reader, in_file_order};

word_values! {
    Tamper: "way to change a callback",
    To: "kind of request",
    Break: "way to fail",
    CertificateKind: "kind of certificate",
    Restart: "way to restart",
    Secrets: "kind of secret",
    Shown: "property of what is shown",
}

form! {
    /// A login through the app. Contract: the code is exchanged, once, and tokens are given.
    struct ConnectForm {
        /// Whose browser and whose account. Default `alice`.
        user: Option<User>,
        /// What happens to the callback before it is delivered.
        tamper: Option<Tamper>,
        /// Whether the callback is delivered. Default `true`.
        deliver: Option<bool>,
        /// Whether the owner approves in the bank's app at once. Default `true`.
        approve: Option<bool>,
        /// Seconds that the bank says its access tokens live.
        lifetime: Option<Whole<1, 86_400>>,
        /// The login's handle.
        save: Option<Save<Login>>,
    }
}

form! {
    /// A saved callback is delivered. Contract: the app answers it.
    struct CallbackForm {
        /// The login, as `connect` saved it.
        of: Login,
        /// Whose browser delivers it. Default: that of the login.
        browser: Option<User>,
        /// What happens to it before.
        tamper: Option<Tamper>,
    }
}

form! {
    /// The app is made to read from the bank. Contract: a call is answered with what it asked for.
    struct UseForm {
        /// Whose browser asks. Default `alice`.
        user: Option<User>,
        /// So many times at once. Default 1.
        times: Option<Whole<1, 16>>,
        /// Whether its answer is waited for. Default `true`; if not, the step is over once a request of the app is under way.
        wait: Option<bool>,
    }
}

form! {
    /// A user of the app, `alice` unless said otherwise. Contract: what is asked for is done.
    struct UserForm {
        /// Whose browser asks. Default `alice`.
        user: Option<User>,
    }
}

form! {
    /// The app ends and begins again. Contract: it comes up.
    struct RestartForm {
        /// How it ends. Default `stop`.
        how: Option<Restart>,
    }
}

form! {
    /// The owner approves in the bank's app. Contract: done.
    struct ApproveForm {
        /// The login, as `connect` saved it.
        of: Login,
    }
}

form! {
    /// Access tokens given so far are past their lifetime. Contract: done.
    struct ExpireForm {
        /// Seconds past it. Default 1.
        by: Option<Whole<1, 1000>>,
    }
}

form! {
    /// What the bank answers instead.
    struct AnswerForm {
        /// To which requests.
        to: To,
        /// How often. Default 1.
        times: Option<Whole<1, 1000>>,
        /// From now on, instead of so often.
        always: Option<bool>,
        /// The status of an answer that the bank has no part in.
        status: Option<Status>,
        /// Its body. Default: an error body of the bank for the status.
        body: Option<String>,
        /// Its content type. Default `application/json`.
        content_type: Option<String>,
        /// Seconds in its `Retry-After`.
        retry_after: Option<Whole<0, 60>>,
        /// Members of the bank's own JSON answer that are changed.
        set: Option<Members>,
        /// Members of it that are left out.
        omit: Option<Vec<String>>,
        /// Redirects to the same path at another origin, with this status.
        elsewhere: Option<Status>,
        /// Milliseconds that the answer is held back.
        delay_ms: Option<Whole<1, 30_000>>,
        /// How the answer fails to arrive.
        fails: Option<Break>,
        /// Held back until so many such requests have come, or no more come.
        together: Option<Whole<2, 16>>,
    }
}

form! {
    /// What the bank shows to prove who it is. Contract: done.
    struct CertificateForm {
        /// From now on.
        kind: CertificateKind,
    }
}

form! {
    /// Looks for secrets where they must not be. Contract: done.
    struct SearchForm {
        /// Which.
        lists: OneOrMany<Secrets>,
    }
}

form! {
    /// Logins that are only begun. Contract: each has a state.
    struct SampleForm {
        /// How many. Default 200.
        count: Option<Whole<20, 1000>>,
    }
}

form! {
    /// Time passes while the app is watched. Contract: done.
    struct WaitForm {
        /// How much.
        seconds: Whole<1, 30>,
    }
}

/// Members of a JSON object, each a text that is written as JSON where it is any.
pub struct Members(Vec<(String, String)>);

impl Value for Members {
    fn read(node: Node<'_>, reader: &mut Reader) -> Option<Self> {
        let DeValue::Table(entries) = node.get_ref() else {
            reader.wrong_type(node, "a table of members");
            return None;
        };
        let read: Vec<Option<(String, String)>> = in_file_order(entries)
            .into_iter()
            .map(|(key, value)| Some((key.get_ref().to_string(), String::read(value, reader)?)))
            .collect();
        read.into_iter().collect::<Option<_>>().map(Self)
    }

    fn schema(_: &mut Defs) -> Json {
        json!({ "type": "object", "additionalProperties": { "type": "string" } })
    }
}

/// A status, as a number or as a text: values of `each` are texts.
pub struct Status(u16);

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

fn somebody(user: Option<User>) -> User {
    user.unwrap_or_else(|| User(USERS[0].to_owned()))
}

macro_rules! verbs {
    ($($word:literal: $Form:ident => $speak:expr,)*) => {
        const VERBS: &[&str] = &[$($word),*];

        fn verb(word: &str, node: Node<'_>, reader: &mut Reader) -> Option<Verb> {
            match word {
                $($word => {
                    let speak: fn($Form, Span, &mut Reader) -> Option<Verb> = $speak;
                    speak($Form::read(node, reader)?, node.span(), reader)
                })*
                _ => None,
            }
        }

        fn verb_properties(defs: &mut Defs) -> Vec<Property> {
            vec![$(Property { key: $word, required: false, schema: $Form::schema(defs) },)*]
        }
    };
}

verbs! {
    "connect": ConnectForm => |form, _, _| Some(Verb::Connect(Connect {
        user: somebody(form.user),
        tamper: form.tamper,
        deliver: form.deliver.unwrap_or(true),
        approve: form.approve.unwrap_or(true),
        lifetime: form.lifetime.map(|seconds| seconds.0),
        save: form.save.map(|save| save.0),
    })),
    "callback": CallbackForm => |form, _, _| Some(Verb::Callback(Callback {
        of: form.of,
        browser: form.browser,
        tamper: form.tamper,
    })),
    "use": UseForm => |form, _, _| Some(Verb::Use(Use {
        user: somebody(form.user),
        times: form.times.map_or(1, |times| times.small()),
        wait: form.wait.unwrap_or(true),
    })),
    "refresh": UserForm => |form, _, _| Some(Verb::Refresh(somebody(form.user))),
    "disconnect": UserForm => |form, _, _| Some(Verb::Disconnect(somebody(form.user))),
    "status": UserForm => |form, _, _| Some(Verb::Status(somebody(form.user))),
    "restart": RestartForm => |form, _, _| Some(Verb::Restart(form.how.unwrap_or(Restart::Stop))),
    "approve": ApproveForm => |form, _, _| Some(Verb::Approve(form.of)),
    "revoke": UserForm => |form, _, _| Some(Verb::Revoke(somebody(form.user))),
    "expire": ExpireForm => |form, _, _| Some(Verb::Expire(form.by.map_or(1, |seconds| seconds.0))),
    "answer": AnswerForm => answer,
    "certificate": CertificateForm => |form, _, _| Some(Verb::Certificate(form.kind)),
    "search": SearchForm => |form, _, _| Some(Verb::Search(form.lists.0)),
    "sample": SampleForm => |form, _, _| Some(Verb::Sample(form.count.map_or(200, |count| count.small()))),
    "wait": WaitForm => |form, _, _| Some(Verb::Wait(form.seconds.0)),
}

fn answer(form: AnswerForm, span: Span, reader: &mut Reader) -> Option<Verb> {
    let answer = Answer {
        to: Some(form.to),
        times: match form.always {
            Some(true) => None,
            _ => Some(form.times.as_ref().map_or(1, Whole::small)),
        },
        status: form.status.map(|status| status.0),
        body: form.body,
        content_type: form.content_type,
        retry_after: form.retry_after.map(|seconds| seconds.0),
        set: form.set.map_or_else(Vec::new, |members| members.0),
        omit: form.omit.unwrap_or_default(),
        elsewhere: form.elsewhere.map(|status| status.0),
        delay_ms: form.delay_ms.map_or(0, |delay| delay.0),
        broken: form.fails,
        together: form.together.map(|together| together.small()),
    };
    let own = answer.status.is_some();
    let altered = !answer.set.is_empty() || !answer.omit.is_empty();
    let ways = [own, altered, answer.elsewhere.is_some(), answer.broken.is_some()];
    let others = answer.delay_ms > 0 || answer.together.is_some();
    if ways.iter().filter(|way| **way).count() > 1 || !(others || ways.contains(&true)) {
        let message = "expected one of `status`, `set` with `omit`, `elsewhere` and `fails`, or only a delay";
        let mistake = reader.mistake(Code::OneOf, span, message);
        reader.note(mistake.help("each answer departs in one way: write two `answer` steps for two of them"));
        return None;
    }
    if !own && (answer.body.is_some() || answer.content_type.is_some() || answer.retry_after.is_some()) {
        let message = "`body`, `content_type` and `retry_after` need a `status`";
        let mistake = reader.mistake(Code::OneOf, span, message);
        reader.note(mistake.help("add the status of the answer, such as `status = 200`"));
        return None;
    }
    Some(Verb::Answer(answer))
}

/// What can stand beside a verb.
const BESIDE: [&str; 3] = ["given", "expect", "observe"];

/// The keys of `given` and `expect`.
pub const LEAVES: &[&str] = &[
    "exchanges",
    "refreshes",
    "tokens",
    "calls",
    "whoamis",
    "logouts",
    "authorizes",
    "same_call",
    "repeats",
    "stale",
    "known_tokens",
    "bad_tokens",
    "newest_token",
    "handshakes",
    "requests",
    "granted_logouts",
    "used_after_logout",
    "live_tokens",
    "leaks",
    "spacing_ms",
    "first_after_ms",
    "answer",
    "shows",
    "shows_not",
];

fn counted(key: &str) -> Option<Counted> {
    Some(match key {
        "exchanges" => Counted::Exchanges,
        "refreshes" => Counted::Refreshes,
        "tokens" => Counted::Tokens,
        "calls" => Counted::Calls,
        "whoamis" => Counted::Whoamis,
        "logouts" => Counted::Logouts,
        "authorizes" => Counted::Authorizes,
        "same_call" => Counted::SameCall,
        "repeats" => Counted::Repeats,
        "stale" => Counted::Stale,
        "known_tokens" => Counted::KnownTokens,
        "bad_tokens" => Counted::BadTokens,
        "newest_token" => Counted::NewestToken,
        "handshakes" => Counted::Handshakes,
        "requests" => Counted::Requests,
        "granted_logouts" => Counted::GrantedLogouts,
        "used_after_logout" => Counted::UsedAfterLogout,
        "live_tokens" => Counted::LiveTokens,
        "leaks" => Counted::Leaks,
        _ => return None,
    })
}

fn check(key: &str, node: Node<'_>, reader: &mut Reader) -> Option<Check> {
    if let Some(counted) = counted(key) {
        return Count::read(node, reader).map(|count| Check::Number(counted, count));
    }
    match key {
        "spacing_ms" => Whole::<1, 30_000>::read(node, reader).map(|least| Check::Spacing(least.0)),
        "first_after_ms" => Whole::<1, 30_000>::read(node, reader).map(|least| Check::FirstAfter(least.0)),
        "answer" => Shown::read(node, reader).map(Check::Shown),
        "shows" => User::read(node, reader).map(Check::Shows),
        "shows_not" => User::read(node, reader).map(Check::ShowsNot),
        _ => None,
    }
}

/// What can be expected of a verb.
fn leaves_of(verb: &str) -> &'static [&'static str] {
    match verb {
        "approve" | "revoke" | "expire" | "answer" | "certificate" => &[],
        "search" => &["leaks"],
        "sample" => &["answer"],
        _ => LEAVES,
    }
}

fn leaves(
    key: &Spanned<DeString<'_>>,
    node: Node<'_>,
    verb: Option<&str>,
    reader: &mut Reader,
) -> Option<Vec<Leaf>> {
    let table = reader.table(node, LEAVES)?;
    let entries = in_file_order(table.entries);
    if entries.is_empty() {
        let message = format!("`{}` says nothing", key.get_ref());
        let mistake = reader.mistake(Code::SaysNothing, table.span, message);
        reader.note(mistake.help(format!("leave it out, or add one of {}", listed(LEAVES))));
        return None;
    }
    let mut read = Vec::new();
    for (key, value) in entries {
        let name = key.get_ref().as_ref();
        if !LEAVES.contains(&name) {
            continue;
        }
        let span = key.span().start..value.span().end;
        if let Some(verb) = verb.filter(|verb| !leaves_of(verb).contains(&name)) {
            let message = format!("`{verb}` can't satisfy `{name}`");
            let mistake = reader.mistake(Code::Unsatisfiable, span.clone(), message);
            reader.note(mistake.help(match leaves_of(verb) {
                [] => format!("`{verb}` takes no expectation: it must be done, or nothing can be concluded"),
                known => format!("of `{verb}` can be expected: {}", listed(known)),
            }));
        }
        read.push(check(name, value, reader).map(|check| Leaf { check, span }));
    }
    read.into_iter().collect()
}

impl Script for Step {
    const SIDE: Side = Side::App;
    type Need = Capability;

    fn read(node: Node<'_>, reader: &mut Reader) -> Option<Self> {
        let DeValue::Table(entries) = node.get_ref() else {
            reader.wrong_type(node, "a step: a table with a verb");
            return None;
        };
        let verb = the_verb(entries, node, VERBS, &BESIDE, reader);
        let word = verb.as_ref().map(|(key, _)| key.get_ref().to_string());
        let mut both = ["given", "expect"].map(|key| match entries.get_key_value(key) {
            Some((key, node)) => leaves(key, node, word.as_deref(), reader),
            None => Some(Vec::new()),
        });
        let observe = observed(entries, reader);
        let (key, verb_node) = verb?;
        let verb = self::verb(key.get_ref(), verb_node, reader);
        let [given, expect] = &mut both;
        Some(Step {
            verb: verb?,
            given: given.take()?,
            expect: expect.take()?,
            observe: observe?,
            span: key.span(),
        })
    }

    fn lint(steps: &[Option<Self>], level: Option<Level>, case: &Span, reader: &mut Reader) {
        lint::steps(steps, level, case, reader);
    }

    fn needs(steps: &[Self]) -> BTreeSet<Capability> {
        steps.iter().filter_map(|step| lint::need(&step.verb)).collect()
    }

    fn schema(defs: &mut Defs) -> Json {
        let mut properties = verb_properties(defs);
        let leaf = |key: &'static str, defs: &mut Defs| Property {
            key,
            required: false,
            schema: match key {
                "spacing_ms" | "first_after_ms" => Whole::<1, 30_000>::schema(defs),
                "answer" => Shown::schema(defs),
                "shows" | "shows_not" => User::schema(defs),
                _ => Count::schema(defs),
            },
        };
        let leaves: Vec<Property> = LEAVES.iter().map(|key| leaf(key, defs)).collect();
        defs.insert(
            "Leaves".to_owned(),
            object("What arrived at the bank, and what the app showed.", leaves),
        );
        for (key, about) in [
            ("given", "A precondition: if it does not hold, nothing can be concluded."),
            ("expect", "What is judged: if it does not hold, the requirement is broken."),
        ] {
            let schema = json!({ "$ref": "#/$defs/Leaves", "minProperties": 1, "description": about });
            properties.push(Property { key, required: false, schema });
        }
        properties.push(Property::of::<Option<Prose>>(
            "observe",
            "Records what came under these words and judges nothing. Excludes `given` and `expect`.",
            defs,
        ));
        let mut step = object("One verb, and what is expected of it.", properties);
        step["oneOf"] = VERBS.iter().map(|word| json!({ "required": [word] })).collect();
        step
    }
}
