//! The live page. It loads nothing from elsewhere, and writes whatever it is told as text.

use std::collections::HashMap;
use std::convert::Infallible;

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::http::HeaderValue;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS};
use axum::response::sse::{Event as SentEvent, KeepAlive, Sse};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use futures_util::{Stream, stream};
use sha2::{Digest, Sha256};
use tokio::sync::broadcast::error::RecvError;

use super::layer::{Event, Watch};
use super::promises::PROMISES;

const STYLE: &str = include_str!("live.css");
const SCRIPT: &str = include_str!("live.js");

#[derive(Template)]
#[template(path = "live.html")]
struct Page {
    style: &'static str,
    script: &'static str,
    /// The bank's address.
    bank: String,
    /// Id and sentence.
    promises: Vec<(&'static str, String)>,
}

/// The page at `/`, and its events at `/events`. `sentences` are the catalogue's, by id.
pub fn routes(watch: Watch, bank: &str, sentences: &HashMap<String, String>) -> Router {
    let sentence = |id: &'static str| (id, sentences.get(id).cloned().unwrap_or_default());
    let page = Page {
        style: STYLE,
        script: SCRIPT,
        bank: bank.to_owned(),
        promises: PROMISES.into_iter().map(sentence).collect(),
    };
    let html = page.render().expect("writing to a string never fails");
    Router::new()
        .route("/", get(async move || dressed(Html(html))))
        .route("/events", get(events))
        .with_state(watch)
}

fn dressed(html: Html<String>) -> Response {
    let hash = |text: &str| BASE64_STANDARD.encode(Sha256::digest(text));
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'; connect-src 'self'; img-src data:; \
         base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        hash(STYLE),
        hash(SCRIPT),
    );
    let policy = HeaderValue::from_str(&policy).expect("base64 and the rest fit a header");
    let mut response = html.into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_SECURITY_POLICY, policy);
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

/// First what was seen so far, then what comes.
async fn events(State(watch): State<Watch>) -> impl IntoResponse {
    let (past, coming) = watch.events();
    let coming = stream::unfold((coming, watch), async |(mut coming, watch)| {
        match coming.recv().await {
            Ok(event) => Some((vec![event], (coming, watch))),
            // A page that was too slow gets everything again; it knows what it has by the numbers.
            Err(RecvError::Lagged(_)) => {
                let (past, coming) = watch.events();
                Some((past, (coming, watch)))
            }
            Err(RecvError::Closed) => None,
        }
    });
    let sent =
        stream::StreamExt::flat_map(stream::StreamExt::chain(stream::iter([past]), coming), stream::iter);
    let response = Sse::new(told(sent)).keep_alive(KeepAlive::default());
    ([(CACHE_CONTROL, "no-store")], response)
}

fn told(events: impl Stream<Item = Event>) -> impl Stream<Item = Result<SentEvent, Infallible>> {
    stream::StreamExt::map(events, |event| {
        let data = serde_json::to_string(&event).expect("an event is plain JSON");
        Ok(SentEvent::default().id(event.number.to_string()).data(data))
    })
}
