//! Requests and answers as bytes, before redaction. They live as long as a case runs and are never written anywhere.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use url::{Url, form_urlencoded};

use crate::results::Trouble;

/// A request to send. Nothing is added to it but `Host` and `Content-Length`.
#[derive(Clone, Debug)]
pub struct Outgoing {
    pub method: Method,
    pub url: Url,
    /// In order; a name may stand twice.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    pub body: Bytes,
    /// Whether one redirect to the same address with or without a slash at its end is followed. Only for reads.
    pub follows_slash: bool,
}

impl Outgoing {
    pub fn new(method: Method, url: Url) -> Self {
        Outgoing {
            method,
            url,
            headers: vec![
                (
                    http::header::USER_AGENT,
                    HeaderValue::from_static(concat!("grantspec/", env!("CARGO_PKG_VERSION"))),
                ),
                (http::header::ACCEPT, HeaderValue::from_static("*/*")),
            ],
            body: Bytes::new(),
            follows_slash: false,
        }
    }

    /// What is recorded of a program that was run: the line, in place of an address.
    pub fn run(program: &str, arguments: &[String]) -> Self {
        let mut url = Url::parse("command:").expect("it is an address");
        url.set_path(
            &std::iter::once(program)
                .chain(arguments.iter().map(String::as_str))
                .collect::<Vec<_>>()
                .join(" "),
        );
        let method = Method::from_bytes(b"RUN").expect("it is a token");
        Outgoing { headers: Vec::new(), ..Outgoing::new(method, url) }
    }

    pub fn get(url: Url) -> Self {
        Outgoing::new(Method::GET, url)
    }

    /// Adds a header. Bytes that no header may have (line breaks, controls) are left out of `value`.
    pub fn header(mut self, name: HeaderName, value: &str) -> Self {
        let allowed: Vec<u8> =
            value.bytes().filter(|byte| *byte == b'\t' || (*byte >= 0x20 && *byte != 0x7f)).collect();
        let value = HeaderValue::from_bytes(&allowed).expect("only bytes that a header may have are left");
        self.headers.push((name, value));
        self
    }

    /// Puts `parameters` behind the query that the address has, form encoded.
    pub fn query(mut self, parameters: &[(String, String)]) -> Self {
        if !parameters.is_empty() {
            self.url.query_pairs_mut().extend_pairs(parameters);
        }
        self
    }

    pub fn form(self, parameters: &[(String, String)]) -> Self {
        let text = form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
        let mut request = self.header(http::header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        request.body = text.into();
        request
    }

    /// As a browser asks that wants to show a page.
    pub fn page(mut self) -> Self {
        self.headers.retain(|(name, _)| name != http::header::ACCEPT);
        self.header(http::header::ACCEPT, "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8")
    }

    pub fn json(self, value: &serde_json::Value) -> Self {
        let mut request = self.header(http::header::CONTENT_TYPE, "application/json");
        request.body = value.to_string().into();
        request
    }
}

/// A whole answer.
#[derive(Clone, Debug)]
pub struct Incoming {
    pub status: u16,
    pub headers: HeaderMap,
    /// Never longer than the target's size limit.
    pub body: Bytes,
    /// Whether the target file says of such an answer that it refuses, if it gives nothing.
    pub refuses: bool,
}

impl Incoming {
    pub fn new(status: u16, headers: HeaderMap, body: Bytes) -> Incoming {
        Incoming { status, headers, body, refuses: false }
    }

    /// The body as JSON, whatever its `Content-Type` says.
    pub fn json(&self) -> Option<serde_json::Value> {
        serde_json::from_slice(&self.body).ok()
    }

    /// Every value of a header, as text.
    pub fn header<'a>(&'a self, name: &'a str) -> impl Iterator<Item = String> + 'a {
        self.headers.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
    }
}

/// What came of a request: the answer, or why there is none.
pub type Reply = Result<Incoming, Trouble>;

/// A request that was sent, and what came of it.
#[derive(Clone, Debug)]
pub struct Sent {
    /// Who sent it: a client's role or a user's.
    pub actor: String,
    pub purpose: String,
    /// Since the case began.
    pub at: Duration,
    pub took: Duration,
    pub request: Outgoing,
    pub reply: Reply,
    /// What a browser showed then: a PNG in base64.
    pub picture: Option<String>,
}
