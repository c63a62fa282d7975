//! The keys of `given` and `expect`.

use toml::Spanned;
use toml::de::DeString;

use crate::suite::case::User;
use crate::suite::client::{Check, Count, Counted, Leaf, Shown};
use crate::suite::code::Code;
use crate::suite::read::value::{Value, Whole};
use crate::suite::read::wording::listed;
use crate::suite::read::{Node, Reader, in_file_order};

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
    "granted_refreshes",
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
        "granted_refreshes" => Counted::GrantedRefreshes,
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

pub fn leaves(
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
