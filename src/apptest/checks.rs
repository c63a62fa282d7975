//! One expectation against what came of a step.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use url::Url;

use super::acts::{Facts, since};
use super::canary::carries;
use super::hostile::{Arrived, By, Given, Kind};
use super::stage::Stage;
use crate::suite::User;
use crate::suite::app::Confidentiality;
use crate::suite::client::{Check, Count, Counted, Shown};
use crate::target::Secrets;

/// Requests that a finding names one by one.
const NAMED: usize = 4;

/// By how much a pause may be short of what is due: clocks of two programs, and the way between them.
const SLACK: Duration = Duration::from_millis(50);

/// Words by which an app tells that access was ended, where its file gives none.
const ENDED_WORDS: [&str; 9] = [
    "disconnected",
    "revoked",
    "removed",
    "withdrawn",
    "withdrew",
    "no longer",
    "ended",
    "reconnect",
    "lost access",
];

/// Words by which an app tells that the user said no.
const REFUSED_WORDS: [&str; 10] = [
    "denied",
    "declined",
    "refused",
    "cancel",
    "said no",
    "rejected",
    "not allowed",
    "not granted",
    "error",
    "failed",
];

/// What came of looking.
pub enum Looked {
    Holds,
    Breaks {
        expected: String,
        got: String,
        request: Option<usize>,
    },
    Unclear(String),
    /// This app gives nothing to look at.
    NotApplicable(String),
}

/// Holds one check against the facts.
pub fn look(check: &Check, facts: &Facts, stage: &Stage) -> Looked {
    match check {
        Check::Number(Counted::Leaks, count) => leaks(*count, facts),
        Check::Number(counted, count) => number(*counted, *count, facts, stage),
        Check::Spacing(least) => spacing(Duration::from_millis(*least), false, facts, stage),
        Check::FirstAfter(least) => spacing(Duration::from_millis(*least), true, facts, stage),
        Check::Shown(shown) => self::shown(*shown, facts, stage),
        Check::Shows(user) => shows(user, true, facts, stage),
        Check::ShowsNot(user) => shows(user, false, facts, stage),
    }
}

fn leaks(count: Count, facts: &Facts) -> Looked {
    if count.holds(facts.leaks.len()) {
        return Looked::Holds;
    }
    let got = facts.leaks.iter().take(NAMED * 2).cloned().collect::<Vec<_>>().join("; ");
    Looked::Breaks { expected: "no secret where it does not belong".to_owned(), got, request: None }
}

fn number(counted: Counted, count: Count, facts: &Facts, stage: &Stage) -> Looked {
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
    if count.holds(total) {
        return Looked::Holds;
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
        _ if begun > 0 => begun.to_string(),
        0 => format!("none; {} ms of silence were watched", facts.watched.as_millis()),
        _ => format!("{total}: {}{more}{storm}", named.join(", ")),
    };
    let expected = format!("{count} {about}{}", if count == Count::Exactly(1) { "" } else { "(s)" });
    Looked::Breaks { expected, got, request: found.first().map(|(number, _)| *number) }
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
fn spacing(least: Duration, only_first: bool, facts: &Facts, stage: &Stage) -> Looked {
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

fn shown(shown: Shown, facts: &Facts, stage: &Stage) -> Looked {
    let did = &facts.did;
    let breaks =
        |expected: &str, got: String| Looked::Breaks { expected: expected.to_owned(), got, request: None };
    match shown {
        Shown::Sound => match (&facts.crashed, did.status) {
            (Some(crashed), _) => breaks("the app goes on", crashed.clone()),
            (None, Some(status)) if status >= 500 => breaks(
                "a page that tells the user what happened",
                format!("the app broke: it answered {status}"),
            ),
            _ => Looked::Holds,
        },
        Shown::Escaped => {
            let page = scraper::Html::parse_document(&did.shown);
            let probe = scraper::Selector::parse("[id^=grantspec-probe]").expect("a fixed selector is one");
            match page.select(&probe).next() {
                Some(element) if did.is_html => breaks(
                    "what came with the redirect is text on the page",
                    format!("it became an element: <{}>", element.value().name()),
                ),
                _ => Looked::Holds,
            }
        }
        Shown::FailureShown => failure_shown(facts, stage),
        Shown::ReasonShown => {
            let text = did.gist().to_lowercase();
            let own = &stage.app.ended_words;
            let told = if own.is_empty() {
                ENDED_WORDS.iter().any(|word| text.contains(word))
            } else {
                own.iter().any(|word| text.contains(&word.to_lowercase()))
            };
            match told {
                true => Looked::Holds,
                false if text.is_empty() => {
                    Looked::Unclear("the app shows nothing from which it could be told".to_owned())
                }
                false => breaks(
                    "the user is told that the bank ended the access",
                    format!("none of {} in: {}", words(own, &ENDED_WORDS), brief(&text)),
                ),
            }
        }
        Shown::RefusalShown => {
            let text = did.gist().to_lowercase();
            let own = &stage.app.refused_words;
            let told = if own.is_empty() {
                REFUSED_WORDS.iter().any(|word| text.contains(word))
            } else {
                own.iter().any(|word| text.contains(&word.to_lowercase()))
            };
            match told {
                true => Looked::Holds,
                false if text.is_empty() && did.status.is_none() => {
                    Looked::Unclear("the app shows nothing from which it could be told".to_owned())
                }
                false => breaks(
                    "the user is told that the login was refused",
                    format!("none of {} in: {}", words(own, &REFUSED_WORDS), brief(&text)),
                ),
            }
        }
        Shown::NewState => match stage.states.split_last() {
            Some((last, before)) if before.contains(last) => {
                breaks("a state that no login had before", format!("the state of an earlier login: {last}"))
            }
            Some(_) => Looked::Holds,
            None => Looked::Unclear("no login was begun".to_owned()),
        },
        Shown::SecretInBody => secret_in_body(facts, stage),
        Shown::Unguessable => match &facts.sample {
            None => Looked::Unclear("no sample could be drawn".to_owned()),
            Some((problems, _)) if problems.is_empty() => Looked::Holds,
            Some((problems, _)) => breaks("states that nobody can guess", problems.join("; ")),
        },
    }
}

fn words(own: &[String], usual: &[&str]) -> String {
    let quoted = |word: &str| format!("\"{word}\"");
    let all: Vec<String> = match own {
        [] => usual.iter().map(|word| quoted(word)).collect(),
        own => own.iter().map(|word| quoted(word)).collect(),
    };
    all.join(", ")
}

fn brief(text: &str) -> String {
    let end = text.floor_char_boundary(300);
    if end < text.len() { format!("{} …", &text[..end]) } else { text.to_owned() }
}

fn failure_shown(facts: &Facts, stage: &Stage) -> Looked {
    let books = stage.hostile.books();
    let tries =
        since(facts, &books.arrived).filter(|(_, one)| one.by == By::App && one.kind == Kind::Logout).count();
    let did = &facts.did;
    let failed = did.status.is_some_and(|status| status >= 400)
        || did.ended.is_some_and(|ended| ended.code != Some(0));
    let differs = stage.remembered.disconnected.as_ref().map(|good| *good != did.gist());
    match differs {
        _ if tries > 1 || failed => Looked::Holds,
        Some(true) => Looked::Holds,
        Some(false) => Looked::Breaks {
            expected: "what failed at the bank is tried again, or the user is told".to_owned(),
            got: format!("one logout, and the user is shown what a success shows: {}", brief(&did.gist())),
            request: None,
        },
        None => Looked::Unclear("no disconnection that went well came before, to compare with".to_owned()),
    }
}

fn secret_in_body(facts: &Facts, stage: &Stage) -> Looked {
    if stage.app.client == Confidentiality::Public {
        return Looked::Holds;
    }
    let books = stage.hostile.books();
    let wrong = since(facts, &books.arrived).find(|(_, one)| {
        let own = one.by == By::App && one.kind.is_token();
        own && one.parameter("client_secret").as_deref() != Some(stage.client_secret())
    });
    match wrong {
        None => Looked::Holds,
        Some((number, one)) => Looked::Breaks {
            expected: "the client's secret in the body of every token request".to_owned(),
            got: match one.header("authorization") {
                Some(header) if header.to_ascii_lowercase().starts_with("basic ") => {
                    "it came by HTTP Basic".to_owned()
                }
                _ => format!("none in the body of {}", one.shown()),
            },
            request: Some(number),
        },
    }
}

fn shows(user: &User, due: bool, facts: &Facts, stage: &Stage) -> Looked {
    let known = stage.world.user(user);
    let text = &facts.did.shown;
    let there = [&known.user_id, &known.account_id].into_iter().find(|id| text.contains(id.as_str()));
    match (there, due) {
        (Some(_), true) | (None, false) => Looked::Holds,
        (None, true) => Looked::NotApplicable(format!(
            "the app shows neither the user id nor the account id of {user}: nothing can be told"
        )),
        (Some(id), false) => Looked::Breaks {
            expected: format!("nothing of {user} is shown"),
            got: format!("{id}, which is {user}'s"),
            request: None,
        },
    }
}

/// What a verb has to come to where nothing else is expected of it.
pub fn contract(verb: &crate::suite::client::Verb, facts: &Facts, stage: &Stage) -> Result<(), String> {
    use crate::suite::client::{Connect, Verb};
    let books = stage.hostile.books();
    let own: Vec<(usize, &Arrived)> =
        since(facts, &books.arrived).filter(|(_, one)| one.by == By::App).collect();
    let answered = |wanted: &dyn Fn(&Arrived) -> bool| {
        own.iter()
            .any(|(_, one)| wanted(one) && one.status().is_some_and(|status| (200..300).contains(&status)))
    };
    let came = |wanted: &dyn Fn(&Arrived) -> bool| {
        let statuses: Vec<String> =
            own.iter().filter(|(_, one)| wanted(one)).map(|(_, one)| one.shown()).take(NAMED).collect();
        if statuses.is_empty() { "none came".to_owned() } else { format!("came: {}", statuses.join(", ")) }
    };
    match verb {
        Verb::Connect(Connect { tamper: None, deliver: true, .. }) => {
            let is_own = |one: &Arrived| {
                one.kind == Kind::Exchange
                    && (facts.did.code.is_none() || one.parameter("code") == facts.did.code)
            };
            if answered(&is_own) {
                return Ok(());
            }
            let shown =
                facts.did.status.map(|status| format!("; the app answered its callback with {status}"));
            Err(format!(
                "a good login was due to end in an exchange that the bank grants; {}{}",
                came(&|one| one.kind.is_token()),
                shown.unwrap_or_default()
            ))
        }
        Verb::Use(_) if !answered(&|one| one.kind.is_call()) => Err(format!(
            "the app was due to read from the bank; {}",
            came(&|one| one.kind.is_call() || one.kind.is_token())
        )),
        Verb::Refresh(_) if !answered(&|one| one.kind == Kind::Refresh) => {
            Err(format!("the app was due to refresh; {}", came(&|one| one.kind.is_token())))
        }
        Verb::Sample(_) if facts.sample.is_none() => Err("no sample could be drawn".to_owned()),
        _ => Ok(()),
    }
}
