//! What arrived at the bank: how many, and when.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use url::Url;

use super::{Looked, NAMED};
use crate::apptest::acts::{Facts, since};
use crate::apptest::canary::carries;
use crate::apptest::hostile::{Arrived, By, Given, Kind};
use crate::apptest::stage::Stage;
use crate::suite::client::{Count, Counted};
use crate::target::Secrets;

/// By how much a pause may be short of what is due: clocks of two programs, and the way between them.
const SLACK: Duration = Duration::from_millis(50);

pub fn leaks(count: Count, facts: &Facts) -> Looked {
    if count.holds(facts.leaks.len()) {
        return Looked::Holds;
    }
    let got = facts.leaks.iter().take(NAMED * 2).cloned().collect::<Vec<_>>().join("; ");
    Looked::Breaks { expected: "no secret where it does not belong".to_owned(), got, request: None }
}

pub fn number(counted: Counted, count: Count, facts: &Facts, stage: &Stage) -> Looked {
    let books = stage.hostile.books();
    let all = &books.arrived;
    let own: Vec<(usize, &Arrived)> = since(facts, all).filter(|(_, one)| one.by == By::App).collect();
    let of = |wanted: &dyn Fn(&Arrived) -> bool| -> Vec<(usize, &Arrived)> {
        own.iter().filter(|(_, one)| wanted(one)).copied().collect()
    };
    let (about, found) = match counted {
        Counted::Exchanges => ("exchange of a code", of(&|one| one.kind == Kind::Exchange)),
        Counted::Refreshes => ("refresh", of(&|one| one.kind == Kind::Refresh)),
        Counted::Tokens => ("request to the token endpoint", of(&|one| one.kind.is_token())),
        Counted::Calls => ("call", of(&|one| one.kind.is_call())),
        Counted::Whoamis => ("call of whoami", of(&|one| one.kind == Kind::Whoami)),
        Counted::Logouts => ("logout", of(&|one| one.kind == Kind::Logout)),
        Counted::Authorizes => ("way to the bank's login", of(&|one| one.kind == Kind::Authorize)),
        Counted::SameCall => ("of one and the same call", most_often(&own)),
        Counted::Repeats => {
            ("token request with a code or refresh token that was sent before", repeats(&own, all))
        }
        Counted::Stale => ("refresh with another than the newest refresh token", stale(&own, &books.given)),
        Counted::KnownTokens => {
            let mut secrets = Secrets::default();
            for given in &books.given[..facts.known.min(books.given.len())] {
                for token in [&given.access, &given.refresh].into_iter().flatten() {
                    secrets.add(token, "token");
                }
            }
            let redactor = secrets.redactor();
            ("request with a token from before", of(&|one| carries(one, &redactor)))
        }
        Counted::BadTokens => {
            let known = |token: &str| books.given.iter().any(|given| given.access.as_deref() == Some(token));
            let bad = |one: &Arrived| one.kind.is_call() && one.bearer().is_none_or(|token| !known(&token));
            ("call without a token that the bank gave", of(&bad))
        }
        Counted::NewestToken => {
            let mut secrets = Secrets::default();
            for token in books.given.last().iter().flat_map(|given| [&given.access, &given.refresh]).flatten()
            {
                secrets.add(token, "token");
            }
            let redactor = secrets.redactor();
            ("request with the token that the bank gave last", of(&|one| carries(one, &redactor)))
        }
        Counted::Requests => ("request", of(&|_| true)),
        Counted::GrantedRefreshes => {
            let granted = |one: &Arrived| one.status().is_some_and(|status| (200..300).contains(&status));
            ("refresh that the bank grants", of(&|one| one.kind == Kind::Refresh && granted(one)))
        }
        Counted::GrantedLogouts => {
            let granted = |one: &Arrived| one.status().is_some_and(|status| (200..300).contains(&status));
            ("logout that the bank grants", of(&|one| one.kind == Kind::Logout && granted(one)))
        }
        Counted::UsedAfterLogout => {
            let logout = |one: &&(usize, &Arrived)| one.1.kind == Kind::Logout && one.1.status() == Some(200);
            let left = own.iter().find(logout).and_then(|(_, one)| one.done);
            let late = |one: &Arrived| left.is_some_and(|left| one.at > left) && one.bearer().is_some();
            ("request with a token after the bank was told", of(&late))
        }
        Counted::LiveTokens => ("access token that lives on at the bank", Vec::new()),
        Counted::Handshakes | Counted::Leaks => ("TLS connection begun", Vec::new()),
    };
    let sent_there = usize::from(counted == Counted::Authorizes && facts.did.to_bank);
    let begun = match counted {
        Counted::Handshakes => books.handshakes - facts.handshakes,
        Counted::LiveTokens => facts.alive,
        _ => 0,
    };
    let total = found.len() + sent_there + begun;
    if counted == Counted::LiveTokens && count.holds(total) && facts.unseen > 0 {
        return Looked::Unclear(
            "the app gave its token request up before the answer came: what lives on at the bank it never had"
                .to_owned(),
        );
    }
    if count.holds(total) {
        return Looked::Holds;
    }
    // Where nothing came at all, it may be that the app was never reached.
    if let (true, Some(why)) = (own.is_empty() && total == 0, &facts.did.trouble) {
        return Looked::Unclear(why.clone());
    }
    let mut named: Vec<String> = found.iter().take(NAMED).map(|(_, one)| one.shown()).collect();
    if sent_there > 0 {
        named.push("the browser was sent to the bank's login".to_owned());
    }
    let more = if found.len() > NAMED { format!(" and {} more", found.len() - NAMED) } else { String::new() };
    let storm = if facts.stormed {
        format!("; the storm was stopped after {} requests", stage.hostile.most())
    } else {
        String::new()
    };
    let got = match total {
        _ if counted == Counted::LiveTokens => {
            format!("{begun} that the app was given and the bank still takes")
        }
        _ if begun > 0 => begun.to_string(),
        0 => format!("none; {}{} ms of silence were watched", instead(&own), facts.watched.as_millis()),
        _ => format!("{total}: {}{more}{storm}", named.join(", ")),
    };
    let expected = format!("{count} {about}");
    Looked::Breaks { expected, got, request: found.first().map(|(number, _)| *number) }
}

/// What came in the place of what was due: a logout at another address, say.
fn instead(own: &[(usize, &Arrived)]) -> String {
    let named: Vec<String> = own.iter().take(NAMED).map(|(_, one)| one.shown()).collect();
    match named.as_slice() {
        [] => String::new(),
        named => format!("what came: {}; ", named.join(", ")),
    }
}

/// The call that came most often: the same method, path and query.
fn most_often<'a>(own: &[(usize, &'a Arrived)]) -> Vec<(usize, &'a Arrived)> {
    calls_by_address(own).into_values().max_by_key(Vec::len).unwrap_or_default()
}

fn calls_by_address<'a>(own: &[(usize, &'a Arrived)]) -> BTreeMap<String, Vec<(usize, &'a Arrived)>> {
    let mut by_address: BTreeMap<String, Vec<(usize, &Arrived)>> = BTreeMap::new();
    for (number, one) in own.iter().filter(|(_, one)| one.kind.is_call()) {
        let url: &Url = &one.request.url;
        let address = format!("{} {}?{}", one.request.method, url.path(), url.query().unwrap_or_default());
        by_address.entry(address).or_default().push((*number, one));
    }
    by_address
}

/// What a token request spends.
fn spends(one: &Arrived) -> Option<String> {
    match one.kind {
        Kind::Exchange => one.parameter("code"),
        Kind::Refresh => one.parameter("refresh_token"),
        _ => None,
    }
    .filter(|spent| !spent.is_empty())
}

fn repeats<'a>(own: &[(usize, &'a Arrived)], all: &[Arrived]) -> Vec<(usize, &'a Arrived)> {
    let sent_before = |number: usize, spent: &str| {
        all[..number].iter().any(|one| one.by == By::App && spends(one).as_deref() == Some(spent))
    };
    let repeats =
        |(number, one): &&(usize, &Arrived)| spends(one).is_some_and(|spent| sent_before(*number, &spent));
    own.iter().filter(repeats).copied().collect()
}

fn stale<'a>(own: &[(usize, &'a Arrived)], given: &[Given]) -> Vec<(usize, &'a Arrived)> {
    let newest_at = |at: Instant| {
        given
            .iter()
            .rev()
            .filter(|given| given.at <= at && given.received)
            .find_map(|given| given.refresh.clone())
    };
    let is_stale = |(_, one): &&(usize, &Arrived)| {
        one.kind == Kind::Refresh && one.parameter("refresh_token") != newest_at(one.at)
    };
    own.iter().filter(is_stale).copied().collect()
}

/// Pauses between requests of one and the same call, from an answer to the next request.
pub fn spacing(least: Duration, only_first: bool, facts: &Facts, stage: &Stage) -> Looked {
    let books = stage.hostile.books();
    let own: Vec<(usize, &Arrived)> =
        since(facts, &books.arrived).filter(|(_, one)| one.by == By::App).collect();
    let mut shortest: Option<(Duration, usize)> = None;
    for calls in calls_by_address(&own).into_values() {
        let pairs = calls.windows(2).take(if only_first { 1 } else { usize::MAX });
        for pair in pairs {
            let pause = pair[1].1.at.saturating_duration_since(pair[0].1.done.unwrap_or(pair[0].1.at));
            if shortest.is_none_or(|(known, _)| pause < known) {
                shortest = Some((pause, pair[1].0));
            }
        }
    }
    match shortest {
        Some((pause, request)) if pause + SLACK < least => Looked::Breaks {
            expected: format!("at least {} ms before the same call is made again", least.as_millis()),
            got: format!("{} ms", pause.as_millis()),
            request: Some(request),
        },
        _ => Looked::Holds,
    }
}
