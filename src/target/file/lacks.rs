//! What a target can't do: what its file says, and what follows from what the file does not have.

use std::collections::BTreeMap;

use super::endpoints::{LogoutKind, WhoamiKind};
use super::{Pool, TargetFile};
use crate::suite::Need;
use crate::suite::code::Code;
use crate::suite::read::Reader;
use crate::suite::read::keyed::Keyed;
use crate::suite::read::value::Prose;
use crate::suite::read::wording::{meant_or_list, shown};
use crate::target::login::{Approval, Driver, GIVEN_TOKEN};

/// What `[lacks]` says. `None` if a word in it is no capability.
pub fn said(lacks: Keyed<Prose>, reader: &mut Reader) -> Option<BTreeMap<String, String>> {
    let known: Vec<&str> = Need::ALL.iter().map(|(_, word)| *word).collect();
    let mut said = BTreeMap::new();
    let mut whole = true;
    for (word, Prose(reason)) in lacks.0 {
        if !known.contains(&word.text.as_str()) {
            let message = format!("`{}` is no capability", shown(&word.text));
            let help = meant_or_list(&word.text, &known);
            let mistake = reader.mistake(Code::UnknownWord, word.span.clone(), message).help(help);
            reader.note(mistake);
            whole = false;
        }
        said.insert(word.text, reason);
    }
    whole.then_some(said)
}

/// Adds what follows from what the file does not have. A reason that the file gives stays.
pub fn derive(file: &mut TargetFile) {
    let mut missing: Vec<(Need, &str)> = Vec::new();
    let control = file.has_control_api();
    let hooks = &file.control;
    if let Some(pool) = file.pools.first() {
        of_pool(pool, &mut missing);
    }
    let given = |pool: &Pool| pool.users.get("bob").is_none_or(|user| user.fields.contains_key(GIVEN_TOKEN));
    if matches!(file.login, Driver::Token) && !file.pools.iter().all(given) {
        missing.push((Need::TwoUsers, "no token is given for the user bob (users.bob.access_token_env)"));
    }
    if !control {
        missing.push((
            Need::Consents,
            "the target file names no control API (endpoints.control), which shows what an owner sees",
        ));
        missing.push((
            Need::Mandates,
            "the target file names no control API (endpoints.control), by which an owner approves them",
        ));
    }
    if !control && matches!(file.approval, Approval::Auto) {
        missing
            .push((Need::Approval, "the target file says no way for an owner to approve (approval.driver)"));
    }
    if !control && hooks.advance.is_none() {
        missing.push((Need::Clock, "the target file says no way to let time pass (control.advance)"));
    }
    if !control && hooks.disconnect.is_none() {
        missing.push((
            Need::Disconnect,
            "the target file says no way for a user to disconnect a client (control.disconnect)",
        ));
    }
    if !control && hooks.restart.is_none() {
        missing
            .push((Need::Restart, "the target file says no way to start the server anew (control.restart)"));
    }
    if !control && file.nodes.is_empty() {
        missing.push((Need::Nodes, "the target file names no further node (nodes)"));
    }
    if !control && file.limits.rate.is_some() {
        missing.push((
            Need::Overload,
            "a burst would be needed, and the target file limits requests (limits.rate)",
        ));
    }
    let endpoints = &file.endpoints;
    match &endpoints.logout {
        None => missing.push((Need::Logout, "the target file names no logout endpoint (endpoints.logout)")),
        Some(logout) if logout.kind == LogoutKind::Revocation => missing.push((
            Need::BearerLogout,
            "the target is logged out from by revocation (endpoints.logout), which takes no token in a header",
        )),
        Some(_) => {}
    }
    if endpoints.whoami.kind == WhoamiKind::Introspection {
        missing.push((
            Need::BearerWhoami,
            "tokens are introspected (endpoints.whoami), which takes no token in a header",
        ));
    }
    let data = [
        (
            Need::Accounts,
            endpoints.accounts.is_some(),
            "the target file names no accounts (endpoints.accounts)",
        ),
        (Need::Balance, endpoints.balance.is_some(), "the target file names no balance (endpoints.balance)"),
        (
            Need::Transactions,
            endpoints.transactions.is_some(),
            "the target file names no transactions (endpoints.transactions)",
        ),
    ];
    if data.iter().all(|(_, is_there, _)| !is_there) {
        missing.push((Need::Data, "the target file names no data endpoint (endpoints.accounts and others)"));
    } else {
        missing.extend(data.iter().filter(|(_, is_there, _)| !is_there).map(|(need, _, why)| (*need, *why)));
    }
    if endpoints.mandates.is_none() {
        missing.push((Need::Mandates, "the target file names no mandates (endpoints.mandates)"));
    }
    for (need, why) in missing {
        file.lacks.entry(need.word().to_owned()).or_insert_with(|| why.to_owned());
    }
}

fn of_pool(pool: &Pool, missing: &mut Vec<(Need, &'static str)>) {
    for (need, is_there, why) in [
        (Need::TwoUsers, pool.users.contains_key("bob"), "the target file has no second user (users.bob)"),
        (
            Need::OtherClient,
            pool.clients.contains_key("other"),
            "the target file has no second client (clients.other)",
        ),
        (
            Need::PublicClient,
            pool.clients.contains_key("public"),
            "the target file has no public client (clients.public)",
        ),
        (
            Need::RedirectQuery,
            pool.clients.values().any(|client| client.redirect_uris.iter().any(|uri| uri.contains('?'))),
            "no client in the target file has a redirect URI with a query (redirect_uris)",
        ),
    ] {
        if !is_there {
            missing.push((need, why));
        }
    }
}
