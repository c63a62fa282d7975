//! Secrets are canaries: every token, code and secret is unique, and is looked for in all that the app sends, shows and
//! writes. Where it belongs it is no finding: an access token in `Authorization`, a refresh token and the client's secret
//! in the body of a token request (RFC 6750 §2, §5.3; RFC 6749 §2.3.1).

use super::hostile::{Arrived, Kind};
use super::stage::Stage;
use crate::suite::client::Secrets as Wanted;
use crate::target::{Redactor, Secrets};

/// Looks for secrets in everything seen so far. Each finding says which, and where.
pub fn search(wanted: &[Wanted], stage: &Stage) -> Vec<String> {
    let mut leaks = Vec::new();
    for kind in wanted {
        let (known, labels) = known(*kind, stage);
        if known == 0 {
            continue;
        }
        let redactor = labels.redactor();
        let mut found = |place: String, text: &str| {
            for label in redactor.found_in(text) {
                let leak = format!("{label} in {place}");
                if !leaks.contains(&leak) {
                    leaks.push(leak);
                }
            }
        };
        let books = stage.hostile.books();
        if *kind == Wanted::AtOtherOrigins {
            for (_, arrived) in books.by_app().filter(|(_, arrived)| arrived.kind == Kind::Elsewhere) {
                found(format!("a request to another origin: {}", arrived.shown()), &arrived.text());
            }
            continue;
        }
        if *kind == Wanted::Codes {
            drop(books);
            found("the app's output".to_owned(), &without_callbacks(&stage.output()));
            for (name, text) in stage.files(&stage.app.logs) {
                found(format!("the log file {name}"), &without_callbacks(&text));
            }
            continue;
        }
        for (_, arrived) in books.by_app() {
            for (place, text) in out_of_place(*kind, arrived) {
                found(place, &text);
            }
        }
        drop(books);
        seen_by_browsers(stage, &mut found);
        found("the app's output".to_owned(), &stage.output());
        for (name, text) in stage.files(&stage.app.logs) {
            found(format!("the log file {name}"), &text);
        }
    }
    leaks
}

fn known(kind: Wanted, stage: &Stage) -> (usize, Secrets) {
    let mut secrets = Secrets::default();
    let mut count = 0;
    if matches!(kind, Wanted::ClientSecret | Wanted::AtOtherOrigins) {
        secrets.add(stage.client_secret(), "client secret");
        count += 1;
    }
    if matches!(kind, Wanted::Codes | Wanted::AtOtherOrigins) {
        for code in &stage.codes {
            secrets.add(code, "code");
            count += 1;
        }
    }
    match kind {
        Wanted::ClientSecret | Wanted::Codes => {}
        Wanted::Tokens | Wanted::AtOtherOrigins => {
            for given in &stage.hostile.books().given {
                for (token, kind) in [(&given.access, "access token"), (&given.refresh, "refresh token")] {
                    if let Some(token) = token {
                        secrets.add(token, kind);
                        count += 1;
                    }
                }
            }
        }
    }
    (count, secrets)
}

/// A text without the codes of callbacks' addresses: whoever serves pages logs which were asked for, and a code that was sent
/// there by a browser has been exchanged since.
fn without_callbacks(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("code=") {
        let (before, from) = rest.split_at(at);
        kept.push_str(before);
        let end = from.find(|c: char| c.is_whitespace() || "&\"'<>".contains(c)).unwrap_or(from.len());
        let is_parameter = before.ends_with(['?', '&']);
        kept.push_str(if is_parameter { "code=" } else { &from[..end] });
        rest = &from[end..];
    }
    kept + rest
}

/// The parts of a request to the bank in which such a secret does not belong.
fn out_of_place(kind: Wanted, arrived: &Arrived) -> Vec<(String, String)> {
    let to = arrived.request.url.path();
    let mut parts = vec![(format!("the address of a request to {to}"), arrived.request.url.to_string())];
    for (name, value) in &arrived.request.headers {
        // An access token authenticates calls and the logout, nothing else; HTTP Basic is another requirement's matter.
        let usual = name == http::header::AUTHORIZATION
            && match kind {
                Wanted::Tokens => arrived.kind.is_call() || arrived.kind == Kind::Logout,
                _ => true,
            };
        if !usual {
            let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
            parts.push((format!("the header {name} of a request to {to}"), value));
        }
    }
    let body = String::from_utf8_lossy(&arrived.request.body).into_owned();
    if !arrived.kind.is_token() {
        parts.push((format!("the body of a request to {to}"), body));
    }
    parts
}

/// What the app showed to browsers, and where it sent them. Cookies are left out: an encrypted session is the app's affair.
fn seen_by_browsers(stage: &Stage, found: &mut impl FnMut(String, &str)) {
    let taped = (0..stage.tape.len()).map(|number| stage.tape.sent(number));
    let taped =
        taped.filter(|sent| sent.actor != "app" && sent.actor != "browser" && sent.actor != "harness");
    let taped = taped.map(|sent| (&sent.request, &sent.reply));
    let fresh = stage.hops().map(|hop| (&hop.request, &hop.reply));
    for (request, reply) in taped.chain(fresh) {
        // The bank's control API answers with what no app sees.
        if request.url.path().starts_with("/control") {
            continue;
        }
        found(format!("the address {}", request.url.path()), request.url.as_str());
        let Ok(answer) = reply else { continue };
        for location in answer.header("location") {
            found(format!("a redirect from {}", request.url.path()), &location);
        }
        found(format!("the page {}", request.url.path()), &String::from_utf8_lossy(&answer.body));
    }
}

/// The number of secrets of the bank's books, up to `known`, that a request carries anywhere.
pub fn carries(arrived: &Arrived, redactor: &Redactor) -> bool {
    !redactor.found_in(&arrived.text()).is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_in_a_logged_address_is_the_browsers_and_any_other_the_apps() {
        let log = "GET /callback?code=abc&state=s HTTP/1.1\nGET /callback?state=s&code=abc\nexchanging code=def: code abc";
        assert_eq!(
            without_callbacks(log),
            "GET /callback?code=&state=s HTTP/1.1\nGET /callback?state=s&code=\nexchanging code=def: code abc"
        );
    }
}
