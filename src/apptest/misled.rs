//! Mistakes in an app file that look like the app's own: what it asks for is not there, the secret or the bank's address is
//! another than the one that was handed over. Nobody's promise is broken by them, and each message names the key to correct.

use url::Url;

use super::acts::{Facts, since};
use super::browser::is_authorization;
use super::hostile::{Arrived, By, Kind};
use super::stage::Stage;
use crate::suite::app::Action;
use crate::suite::client::Verb;

/// Statuses by which an app says that it has no such page, or none for this method.
const NO_SUCH_PAGE: [u16; 3] = [404, 405, 410];

/// What in the app file keeps a step from coming to anything; `None` where nothing points at the file.
pub fn misled(verb: &Verb, facts: &Facts, stage: &Stage) -> Option<String> {
    if facts.crashed.is_some() {
        return None;
    }
    not_there(verb, facts, stage).or_else(|| unknown_client(facts, stage))
}

/// The app has no page at the address that was asked. One that did what it was asked for before has it.
fn not_there(verb: &Verb, facts: &Facts, stage: &Stage) -> Option<String> {
    let status = facts.did.status.filter(|status| NO_SUCH_PAGE.contains(status))?;
    let (key, action) = match verb {
        Verb::Use(_) => ("use", Some(&stage.app.uses)),
        Verb::Refresh(_) => ("refresh", stage.app.refresh.as_ref()),
        Verb::Disconnect(_) => ("disconnect", stage.app.disconnect.as_ref()),
        Verb::Status(_) => ("status", stage.app.status.as_ref()),
        _ => return None,
    };
    let Some(Action::Http { method, url, .. }) = action else { return None };
    if stage.remembered.worked.contains(verb.word()) {
        return None;
    }
    let books = stage.hostile.books();
    // What was under way before may still arrive while the user disconnects.
    let of_it = |one: &Arrived| !matches!(verb, Verb::Disconnect(_)) || one.kind == Kind::Logout;
    if since(facts, &books.arrived).any(|(_, one)| one.by == By::App && of_it(one)) {
        return None;
    }
    Some(no_such_page(key, method, &stage.fill(url, None), status))
}

/// That an address of the app file leads nowhere. `key`: the table that it stands in.
pub fn no_such_page(key: &str, method: &str, address: &str, status: u16) -> String {
    let (short, other) = if method == "GET" { ("get", "post") } else { ("post", "get") };
    let or = if status == 405 { format!(", or ask by `{other}`") } else { String::new() };
    format!(
        "the app answered {status} to {method} {address}, and did nothing: correct {key}.{short} in the app file{or}"
    )
}

/// The bank does not take the client for who it says it is, and never has in this case.
fn unknown_client(facts: &Facts, stage: &Stage) -> Option<String> {
    let books = stage.hostile.books();
    let granted = |one: &Arrived| one.kind.is_token() && one.status() == Some(200);
    if books.by_app().any(|(_, one)| granted(one)) {
        return None;
    }
    let refused = |one: &Arrived| {
        let answer = one.reply.as_ref().and_then(|reply| reply.as_ref().ok());
        let error = answer.and_then(|answer| answer.json());
        one.kind.is_token() && !one.scripted && error.is_some_and(|json| json["error"] == "invalid_client")
    };
    let mut own = since(facts, &books.arrived).filter(|(_, one)| one.by == By::App);
    let (_, one) = own.find(|(_, one)| refused(one))?;
    let due = stage.world.client(&stage.client());
    let differs = |name: &str, due: &str| one.parameter(name).is_some_and(|came| came != due);
    let key = match () {
        () if differs("client_id", &due.client_id) => "client_id",
        () if differs("client_secret", &due.client_secret) => "client_secret",
        () => return None,
    };
    Some(format!(
        "the bank answered 401 invalid_client to {} {}: the {key} that the app sent is another than the one that it is registered \
         with; hand it {{{key}}} in {}, or name the one that it has as {key} in the app file",
        one.request.method,
        one.request.url.path(),
        told_in(stage),
    ))
}

/// Why an address is not the bank's, if the app sends its user there as if it were.
pub fn astray(url: &Url, stage: &Stage) -> Option<String> {
    let due = stage.world.client(&stage.client());
    let is_own = |(key, value): (std::borrow::Cow<'_, str>, std::borrow::Cow<'_, str>)| {
        (key == "client_id" && value == due.client_id)
            || (key == "redirect_uri" && due.redirect_uris.iter().any(|own| *own == value))
    };
    if !is_authorization(url) || stage.is_login(url) || !url.query_pairs().any(is_own) {
        return None;
    }
    let bank = stage.doors.bank.as_str().trim_end_matches('/').to_owned();
    let mut at = url.clone();
    at.set_query(None);
    at.set_fragment(None);
    let runs_already = stage.app.start.is_none() && !matches!(stage.app.connect, Action::Command { .. });
    let or = match (is_loopback(url), url.port_or_known_default()) {
        (false, _) => ", or name the host under bank.hosts if the app can't be told another".to_owned(),
        (true, Some(port)) if runs_already => {
            format!(", or have the bank listen where the app expects it: bank.port = {port}")
        }
        (true, _) => String::new(),
    };
    Some(format!(
        "the app sent its user to {at}, which is not the bank of this run, {bank}: hand it {{bank}} in {}{or}",
        told_in(stage),
    ))
}

/// Whether an address is one of this machine's own.
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// Where an app file tells the app what it has to know.
fn told_in(stage: &Stage) -> &'static str {
    match (&stage.app.start, &stage.app.connect) {
        (Some(_), _) => "start.command, start.env or start.config of the app file",
        (None, Action::Command { .. }) => "connect.command or connect.env of the app file",
        (None, _) => "the app's own configuration",
    }
}
