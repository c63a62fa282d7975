//! What the user sees: how it stands with the connection, or why a login was aborted. Whatever came from elsewhere is text.

use askama::Template;
use axum::extract::State;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderName, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{Html, IntoResponse, Response};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use sha2::{Digest, Sha256};
use std::sync::Arc;
use tokio::task::JoinError;

use super::app::App;
use super::rules::{SecretPlace, Shown};

const STYLE: &str = include_str!("pages/app.css");

#[derive(Template)]
#[template(path = "app.html")]
struct Page {
    style: &'static str,
    /// `connected`, `waiting`, `disconnected` or `aborted`.
    standing: &'static str,
    headline: &'static str,
    notices: Vec<String>,
    /// What somebody else wrote, as they wrote it.
    quote: Option<String>,
    /// … and as the browser reads it. Only a defective app has that.
    markup: Option<String>,
    user_id: Option<String>,
    accounts: Vec<String>,
    /// What must not be here. Only a defective app has that.
    leaked: Option<String>,
}

/// A login that ends here.
#[derive(Debug)]
pub struct Aborted {
    pub why: String,
    quote: Option<String>,
    markup: Option<String>,
}

impl Aborted {
    pub fn new(why: &str) -> Aborted {
        Aborted { why: why.to_owned(), quote: None, markup: None }
    }

    /// With somebody else's words, as text.
    pub fn quoting(mut self, text: &str) -> Aborted {
        self.quote = Some(text.to_owned());
        self
    }

    /// With somebody else's words, as they are.
    pub fn raw(mut self, markup: &str) -> Aborted {
        self.markup = Some(markup.to_owned());
        self
    }
}

/// `GET /`
pub async fn home(State(app): State<Arc<App>>, headers: HeaderMap) -> Response {
    let visitor = app.visitors.recognise(&headers);
    visitor.greet(status(&app, &visitor.session, None))
}

/// How it stands with a session, with something that is said once.
pub fn status(app: &App, session: &str, said: Option<String>) -> Response {
    let account = app.books.account(session);
    let (standing, headline) = match (&account.grant, account.waiting) {
        (None, _) => ("disconnected", "Your bank is not connected"),
        (Some(_), true) => ("waiting", "Waiting for approval"),
        (Some(_), false) => ("connected", "Your bank is connected"),
    };
    let mut notices = Vec::new();
    if standing == "waiting" {
        notices.push(
            "Your bank asks for your approval. Open its app and allow access; this app looks now and then."
                .to_owned(),
        );
    }
    notices.extend(account.notice.filter(|notice| !notice.is_empty()));
    notices.extend(said);
    let leaked = match (&account.grant, app.rules.secrets.shown, app.rules.secrets.client_secret) {
        (Some(grant), Shown::Page, _) => Some(grant.access_token.expose().to_owned()),
        (_, _, SecretPlace::PageToo) => app.line.client_secret().map(|secret| secret.expose().to_owned()),
        _ => None,
    };
    let named = account.read.as_ref().map(|read| read.user_id.clone());
    let page = Page {
        style: STYLE,
        standing,
        headline,
        notices,
        quote: None,
        markup: None,
        user_id: named.or_else(|| account.grant.map(|grant| grant.user_id)),
        accounts: account.read.map(|read| read.accounts).unwrap_or_default(),
        leaked,
    };
    dressed(StatusCode::OK, &page, Policy::Strict)
}

/// A login that was aborted.
pub fn aborted(aborted: &Aborted) -> Response {
    let policy = if aborted.markup.is_some() { Policy::None } else { Policy::Strict };
    let page = Page {
        style: STYLE,
        standing: "aborted",
        headline: "Not connected",
        notices: vec![aborted.why.clone()],
        quote: aborted.quote.clone(),
        markup: aborted.markup.clone(),
        user_id: None,
        accounts: Vec::new(),
        leaked: None,
    };
    dressed(StatusCode::BAD_REQUEST, &page, policy)
}

/// The response that a task made. One that panicked has lost it.
pub fn whole(outcome: Result<Response, JoinError>) -> Response {
    outcome.unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response())
}

#[derive(PartialEq)]
enum Policy {
    Strict,
    None,
}

fn dressed(status: StatusCode, page: &Page, policy: Policy) -> Response {
    let html = page.render().expect("writing to a string never fails");
    let mut response = (status, Html(html)).into_response();
    let headers = response.headers_mut();
    if policy == Policy::Strict {
        let style = BASE64_STANDARD.encode(Sha256::digest(STYLE));
        let policy = format!(
            "default-src 'none'; style-src 'sha256-{style}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
        );
        let policy = HeaderValue::from_str(&policy).expect("base64 and the rest fit a header");
        headers.insert(CONTENT_SECURITY_POLICY, policy);
    }
    for (name, value) in [
        (CACHE_CONTROL, "no-store"),
        (REFERRER_POLICY, "no-referrer"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}
