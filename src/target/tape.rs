//! The tape of a case: what was sent and what came back, and the secrets that went by.

use std::time::Instant;

use serde_json::Value;

use super::callback::Callback;
use super::redact::{Redactor, Secrets};
use super::transport::Target;
use super::wire::{Incoming, Outgoing, Reply, Sent};
use crate::results::{Body, Exchange, Field, Reply as ReplySeen, Request, Response};

/// Longest text of a body that results keep, in bytes.
const KEPT: usize = 8 << 10;
/// Longest header value or address that results keep, in bytes.
const KEPT_FIELD: usize = 4 << 10;

/// One case's recording.
#[derive(Debug)]
pub struct Tape {
    began: Instant,
    secrets: Secrets,
    sent: Vec<Sent>,
}

impl Tape {
    /// A new tape that starts with what is secret from the beginning.
    pub fn new(secrets: Secrets) -> Self {
        Tape { began: Instant::now(), secrets, sent: Vec::new() }
    }

    pub fn secrets(&mut self) -> &mut Secrets {
        &mut self.secrets
    }

    /// Sends a request once and records it; a read whose endpoint follows a redirect beside the slash, once more. Returns the
    /// last exchange's number and the reply.
    pub async fn send(
        &mut self,
        target: &Target,
        actor: &str,
        purpose: &str,
        request: Outgoing,
    ) -> (usize, Reply) {
        let request = target.dressed(request);
        let at = Instant::now();
        let mut reply = target.send(&request).await;
        let beside = reply.as_ref().ok().and_then(|answer| beside_the_slash(&request, answer));
        let mut number = self.record(actor, purpose, at, request, reply.clone());
        if let Some(request) = beside {
            let at = Instant::now();
            reply = target.send(&request).await;
            number = self.record(actor, purpose, at, request, reply.clone());
        }
        (number, reply)
    }

    /// Records what was sent at `at` and came to `reply` just now; returns its number on this tape.
    pub fn record(
        &mut self,
        actor: &str,
        purpose: &str,
        at: Instant,
        request: Outgoing,
        reply: Reply,
    ) -> usize {
        self.record_took(actor, purpose, at, at.elapsed(), request, reply)
    }

    /// Like [`Tape::record`], for an answer that has been there for a while.
    pub fn record_took(
        &mut self,
        actor: &str,
        purpose: &str,
        at: Instant,
        took: std::time::Duration,
        request: Outgoing,
        reply: Reply,
    ) -> usize {
        self.sent.push(Sent {
            actor: actor.to_owned(),
            purpose: purpose.to_owned(),
            at: at.saturating_duration_since(self.began),
            took,
            request,
            reply,
            picture: None,
        });
        self.sent.len() - 1
    }

    /// Puts what a browser showed, a PNG in base64, beside an exchange.
    pub fn picture(&mut self, number: usize, png: String) {
        self.sent[number].picture = Some(png);
    }

    /// How many exchanges are on it.
    pub fn len(&self) -> usize {
        self.sent.len()
    }

    pub fn is_empty(&self) -> bool {
        self.sent.is_empty()
    }

    pub fn sent(&self, number: usize) -> &Sent {
        &self.sent[number]
    }

    /// Ends the recording: everything on it redacted, and what redacts other texts of the same case.
    ///
    /// `keep` says of each exchange whether it goes into the results; only these are searched for secrets that nobody
    /// named yet (cookies, tokens in answers that were never expected).
    pub fn finish(mut self, keep: impl Fn(usize) -> bool) -> (Vec<Option<Exchange>>, Redactor) {
        for (number, sent) in self.sent.iter().enumerate() {
            if let (true, Ok(answer)) = (keep(number), &sent.reply) {
                note_secrets(&mut self.secrets, answer);
            }
        }
        let redactor = self.secrets.redactor();
        let kept = self
            .sent
            .iter()
            .enumerate()
            .map(|(number, sent)| keep(number).then(|| exchange(sent, &redactor)))
            .collect();
        (kept, redactor)
    }
}

/// Finds what an answer gives away: tokens in its JSON, credentials on its redirect, cookies.
pub(super) fn note_secrets(secrets: &mut Secrets, answer: &Incoming) {
    if let Some(json) = answer.json() {
        note_json(secrets, &json);
    }
    for location in answer.headers.get_all(http::header::LOCATION) {
        let callback = Callback::parse(location.as_bytes());
        for (key, value) in callback.query.iter().chain(&callback.fragment) {
            if let (true, Ok(value)) = (is_secret_name(&String::from_utf8_lossy(key)), str::from_utf8(value))
            {
                secrets.add(value, &String::from_utf8_lossy(key));
            }
        }
    }
    for cookie in answer.header("set-cookie") {
        let pair = cookie.split(';').next().unwrap_or_default();
        if let Some((_, value)) = pair.split_once('=')
            && value.len() >= 8
        {
            secrets.add(value.trim_matches('"'), "cookie");
        }
    }
}

fn note_json(secrets: &mut Secrets, json: &Value) {
    match json {
        Value::Object(members) => {
            for (key, value) in members {
                match value {
                    Value::String(text) if key != "code" && is_secret_name(key) => secrets.add(text, key),
                    other => note_json(secrets, other),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| note_json(secrets, item)),
        _ => {}
    }
}

/// `code` on a redirect is a credential; in a bank's error body it is not, so JSON leaves it out.
fn is_secret_name(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name == "code" || name == "client_secret" || (name.ends_with("token") && !name.ends_with("csrf_token"))
}

/// The same read at the address with or without a slash at its end, if that is where the answer leads and the endpoint
/// follows it (RFC 9110 §15.4: 301, 302, 307 and 308 mean the same for a GET).
fn beside_the_slash(request: &Outgoing, answer: &Incoming) -> Option<Outgoing> {
    if !request.follows_slash
        || request.method != http::Method::GET
        || !matches!(answer.status, 301 | 302 | 307 | 308)
    {
        return None;
    }
    let to = request.url.join(&answer.header("location").next()?).ok()?;
    let bare = |url: &url::Url| url.path().trim_end_matches('/').to_owned();
    let same = to.origin() == request.url.origin()
        && bare(&to) == bare(&request.url)
        && to.path() != request.url.path();
    let mut beside = request.clone();
    beside.url.set_path(to.path());
    beside.follows_slash = false;
    same.then_some(beside)
}

fn exchange(sent: &Sent, redactor: &Redactor) -> Exchange {
    let field = |name: &str, value: &[u8]| Field {
        name: name.to_owned(),
        value: shorten(redactor.text(&String::from_utf8_lossy(value)), KEPT_FIELD).0,
    };
    let mut headers: Vec<Field> = vec![field("host", sent.request.url.authority().as_bytes())];
    headers.extend(sent.request.headers.iter().map(|(name, value)| field(name.as_str(), value.as_bytes())));
    let reply = match &sent.reply {
        Ok(answer) => ReplySeen::Response(Response {
            status: answer.status,
            headers: answer
                .headers
                .iter()
                .map(|(name, value)| field(name.as_str(), value.as_bytes()))
                .collect(),
            body: body(&answer.body, redactor),
        }),
        Err(trouble) => {
            let mut trouble = trouble.clone();
            trouble.detail = redactor.text(&trouble.detail);
            ReplySeen::Trouble(trouble)
        }
    };
    Exchange {
        actor: sent.actor.clone(),
        purpose: sent.purpose.clone(),
        at_us: sent.at.as_micros() as u64,
        took_us: sent.took.as_micros() as u64,
        request: Request {
            method: sent.request.method.to_string(),
            url: shorten(redactor.text(sent.request.url.as_str()), KEPT_FIELD).0,
            headers,
            body: body(&sent.request.body, redactor),
        },
        reply,
        picture: sent.picture.clone(),
    }
}

/// Redacts first and shortens then: a secret cut in half would not be found.
fn body(bytes: &[u8], redactor: &Redactor) -> Body {
    let (text, shortened) = shorten(redactor.text(&String::from_utf8_lossy(bytes)), KEPT);
    Body { text, bytes: bytes.len() as u64, shortened }
}

fn shorten(mut text: String, longest: usize) -> (String, bool) {
    let long = text.len() > longest;
    text.truncate(text.floor_char_boundary(longest));
    (text, long)
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::HeaderMap;
    use url::Url;

    use super::*;

    fn answered(headers: &[(&'static str, &'static str)], text: &str) -> Tape {
        let mut tape = Tape::new(Secrets::default());
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, value.parse().expect("a header value"));
        }
        let request = Outgoing::get(Url::parse("http://127.0.0.1:1/x").expect("an address"));
        let answer = Incoming::new(200, map, Bytes::copy_from_slice(text.as_bytes()));
        tape.record("server", "try", Instant::now(), request, Ok(answer));
        tape
    }

    fn text_of(tape: Tape) -> String {
        let (kept, _) = tape.finish(|_| true);
        serde_json::to_string(&kept).expect("results are JSON")
    }

    #[test]
    fn tokens_that_nobody_expected_are_redacted_too() {
        let text = text_of(answered(
            &[
                ("location", "https://a.example/cb?code=the-code-itself"),
                ("set-cookie", "sid=the-session-id; Path=/"),
            ],
            r#"{"code":"unauthorized.bad_access_token","nested":[{"id_token":"the-id-token"}]}"#,
        ));
        for secret in ["the-code-itself", "the-session-id", "the-id-token"] {
            assert!(!text.contains(secret), "{text}");
        }
        assert!(text.contains("unauthorized.bad_access_token"), "{text}");
    }

    #[test]
    fn a_secret_at_the_cut_is_not_left_in_half() {
        let mut tape = answered(&[], &format!("{}{}", "x".repeat(KEPT - 10), "the-secret-at-the-cut"));
        tape.secrets().add("the-secret-at-the-cut", "access");
        let text = text_of(tape);
        assert!(!text.contains("the-secret"), "{}", &text[text.len() - 200..]);
    }

    #[test]
    fn a_long_body_is_shortened_and_its_length_kept() {
        let (kept, _) = answered(&[], &"é".repeat(KEPT)).finish(|_| true);
        let Some(Exchange { reply: ReplySeen::Response(response), .. }) = &kept[0] else {
            panic!("an answer")
        };
        assert!(response.body.shortened && response.body.text.len() <= KEPT);
        assert_eq!(response.body.bytes, 2 * KEPT as u64);
    }
}
