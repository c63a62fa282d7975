//! One request to the bank with its answer, as far as promises are about it.

use serde_json::Value;
use url::form_urlencoded;

/// A request and its answer. Times are milliseconds from the watch's start.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    pub at_ms: u64,
    pub done_ms: u64,
    pub method: String,
    pub path: String,
    pub query: String,
    /// The header `Authorization`.
    pub authorization: String,
    /// The body, where it is a form.
    pub form: String,
    pub status: u16,
    /// `Retry-After`, in seconds.
    pub retry_after: Option<u64>,
    /// The body of the answer, where it is JSON.
    pub answer: Value,
}

impl Seen {
    /// The first value of a field of the form.
    pub fn field(&self, name: &str) -> Option<String> {
        first(&self.form, name)
    }

    /// The first value of a parameter of the address.
    pub fn parameter(&self, name: &str) -> Option<String> {
        first(&self.query, name)
    }

    /// The token of a `Bearer` header.
    pub fn bearer(&self) -> Option<&str> {
        let (scheme, token) = self.authorization.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
    }

    /// Whether the client's secret came by HTTP Basic.
    pub fn is_basic(&self) -> bool {
        self.authorization.split(' ').next().is_some_and(|scheme| scheme.eq_ignore_ascii_case("basic"))
    }

    /// The bank's own code for what is wrong.
    pub fn code(&self) -> &str {
        self.answer["code"].as_str().unwrap_or_default()
    }

    /// Whether it is one of an app's, or the start of a login, and not a page of the bank's.
    pub fn is_of_an_app(&self) -> bool {
        let api = [
            "/oauth2/",
            "/ping/",
            "/accounts",
            "/balance",
            "/transactions",
            "/logout",
            "/payments",
            "/mandates",
        ];
        let page = self.path == "/mandates" && self.authorization.is_empty();
        let own = self.path.starts_with("/oauth2/authorize/");
        !page
            && !own
            && (api.iter().any(|start| self.path.starts_with(start)) || !self.authorization.is_empty())
    }

    /// Names and values of the form and the address, in order.
    pub fn parameters(&self) -> Vec<(String, String)> {
        let of = |text: &str| form_urlencoded::parse(text.as_bytes()).into_owned().collect::<Vec<_>>();
        [of(&self.query), of(&self.form)].concat()
    }
}

fn first(text: &str, name: &str) -> Option<String> {
    let mut pairs = form_urlencoded::parse(text.as_bytes());
    pairs.find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}
