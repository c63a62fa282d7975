//! What a verb has to come to where nothing else is expected of it.

use super::NAMED;
use crate::apptest::acts::{Facts, since};
use crate::apptest::hostile::{Arrived, Books, By, Kind};
use crate::apptest::stage::Stage;
use crate::suite::client::{Connect, Verb};

/// What a verb has to come to where nothing else is expected of it.
pub fn contract(verb: &Verb, facts: &Facts, stage: &Stage) -> Result<(), String> {
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
                "a good login was due to end in an exchange that the bank grants; {}{}{}",
                came(&|one| one.kind.is_token()),
                shown.unwrap_or_default(),
                unreached(&books, stage),
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

/// Why an app may not have reached the bank at all.
fn unreached(books: &Books, stage: &Stage) -> &'static str {
    let proxied = stage.doors.proxy.is_some();
    match () {
        () if books.by_app().any(|(_, one)| one.kind.is_token()) => "",
        () if books.untrusted > 0 => {
            "; it ended its TLS connections before it sent anything: it does not trust the bank's certificate; have it trust \
             {ca_file}"
        }
        () if proxied && books.asked_proxy == 0 => {
            "; nothing asked the proxy: it takes no notice of HTTPS_PROXY; give it {proxy} in another way, or the bank's address"
        }
        () => "",
    }
}
