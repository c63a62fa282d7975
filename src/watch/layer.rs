//! The bank's routes with somebody who looks on: each request of an app is written down with its answer, and told to
//! whoever has the page open.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderMap, HeaderName, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use tokio::sync::broadcast;
use tower_service::Service;

use super::promises::Promises;
use super::seen::Seen;

/// Longer requests are no app's.
const LONGEST: usize = 1 << 20;
/// So many events are kept for whoever opens the page later.
const MOST_KEPT: usize = 2_000;
/// So many events may wait for a slow page.
const WAITING: usize = 1_024;

/// What the page is told of one request.
#[derive(Clone, Debug, Serialize)]
pub struct Event {
    /// From 1.
    pub number: u64,
    /// Milliseconds from the watch's start.
    pub at_ms: u64,
    pub request: String,
    pub status: u16,
    pub remarks: Vec<RemarkEvent>,
}

#[derive(Clone, Debug, Serialize)]
pub struct RemarkEvent {
    pub id: &'static str,
    pub kept: bool,
    pub what: String,
}

/// Everything that was seen of the apps that use a bank.
#[derive(Clone, Debug)]
pub struct Watch {
    began: Instant,
    books: Arc<Mutex<Books>>,
}

#[derive(Debug)]
struct Books {
    promises: Promises,
    events: Vec<Event>,
    number: u64,
    told: broadcast::Sender<Event>,
}

#[derive(Clone)]
struct Layer {
    bank: Router,
    watch: Watch,
}

impl Default for Watch {
    fn default() -> Self {
        let (told, _) = broadcast::channel(WAITING);
        let books = Books { promises: Promises::default(), events: Vec::new(), number: 0, told };
        Watch { began: Instant::now(), books: Arc::new(Mutex::new(books)) }
    }
}

impl Watch {
    /// The bank's routes, watched.
    pub fn over(&self, bank: Router) -> Router {
        Router::new().fallback(pass).with_state(Layer { bank, watch: self.clone() })
    }

    /// What was seen so far, and what will be.
    pub fn events(&self) -> (Vec<Event>, broadcast::Receiver<Event>) {
        let books = self.books();
        (books.events.clone(), books.told.subscribe())
    }

    fn see(&self, seen: &Seen) {
        let mut books = self.books();
        let remarks = books.promises.see(seen);
        let remarks = remarks.into_iter();
        books.number += 1;
        let event = Event {
            number: books.number,
            at_ms: seen.at_ms,
            request: books.promises.told(seen),
            status: seen.status,
            remarks: remarks
                .map(|remark| RemarkEvent { id: remark.id, kept: remark.kept, what: remark.what })
                .collect(),
        };
        if books.events.len() == MOST_KEPT {
            books.events.remove(0);
        }
        books.events.push(event.clone());
        // Nobody may have the page open.
        let _ = books.told.send(event);
    }

    fn now(&self) -> u64 {
        self.began.elapsed().as_millis() as u64
    }

    fn books(&self) -> MutexGuard<'_, Books> {
        // What a panic leaves is whole enough to go on: a remark may be missing.
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn pass(State(mut layer): State<Layer>, request: Request) -> Response {
    let at_ms = layer.watch.now();
    let (head, body) = request.into_parts();
    let Ok(body) = axum::body::to_bytes(body, LONGEST).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let is_form = text(&head.headers, &CONTENT_TYPE).starts_with("application/x-www-form-urlencoded");
    let mut seen = Seen {
        at_ms,
        method: head.method.to_string(),
        path: head.uri.path().to_owned(),
        query: head.uri.query().unwrap_or_default().to_owned(),
        authorization: text(&head.headers, &AUTHORIZATION),
        form: if is_form { String::from_utf8_lossy(&body).into_owned() } else { String::new() },
        ..Seen::default()
    };
    let Ok(response) = layer.bank.call(Request::from_parts(head, Body::from(body))).await;
    if !seen.is_of_an_app() {
        return response;
    }
    let (head, body) = response.into_parts();
    // The bank's own answers are short, and come whole.
    let body: Bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap_or_default();
    seen.status = head.status.as_u16();
    seen.retry_after = text(&head.headers, &RETRY_AFTER).parse().ok();
    seen.answer = serde_json::from_slice(&body).unwrap_or_default();
    seen.done_ms = layer.watch.now();
    layer.watch.see(&seen);
    Response::from_parts(head, Body::from(body))
}

fn text(headers: &HeaderMap, name: &HeaderName) -> String {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
}
