//! The bank that the app meets: the bundled bank's own routes, and before them a layer that writes down every request and,
//! where a case says so, answers otherwise than the bank would.
//!
//! The user's browser asks the same bank through [`Hostile::ask`], without a network in between; what the app sends comes
//! in through [`listen`].

mod arrived;
mod books;
mod listen;
mod script;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use bytes::Bytes;
use http::HeaderMap;
use serde_json::Value;
use tokio::sync::Notify;
use tower_service::Service;
use url::Position;

use crate::results::{Trouble, TroubleKind};
use crate::suite::client::{Answer, Break, CertificateKind};
use crate::target::{Incoming, Outgoing, Reply};

pub use arrived::{Arrived, By, Given, Kind};
pub use books::Books;
pub use listen::{Doors, ListenError};
use script::Script;

/// Longest request body that is read, in bytes.
pub const BODY_LIMIT: usize = 1 << 20;

/// How long requests that belong together wait for each other: long enough for an app that sends them at once.
const TOGETHER: Duration = Duration::from_millis(1_500);

/// How long it takes at most until an app can know that a connection was closed.
const CLOSED: Duration = Duration::from_millis(250);

/// How soon whoever waits for something looks again.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// The bank, shared by all that serve it.
#[derive(Clone, Debug)]
pub struct Hostile {
    routes: Router,
    /// Requests after which every further one is turned away.
    most: usize,
    books: Arc<Mutex<Books>>,
    changed: Arc<Notify>,
}

/// An answer on its way out.
#[derive(Debug)]
pub enum Answered {
    Whole(Incoming),
    /// Only so many bytes of its body arrive.
    Cut(Incoming, usize),
    /// The connection ends.
    Nothing,
}

impl Hostile {
    pub fn new(routes: Router, most: usize) -> Hostile {
        Hostile { routes, most, books: Arc::new(Mutex::new(Books::new())), changed: Arc::new(Notify::new()) }
    }

    pub fn books(&self) -> MutexGuard<'_, Books> {
        // Every change is a push or an assignment: a panic elsewhere leaves nothing half done.
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until something arrives or is answered, or `until` is over; or for a moment, for what came between the caller's
    /// last look and this is not announced again.
    pub async fn something(&self, until: Instant) {
        let changed = self.changed.notified();
        let until = until.min(Instant::now() + LOOK_AGAIN);
        let _ = tokio::time::timeout_at(until.into(), changed).await;
    }

    /// From here on the bank shows this certificate. Connections that an app keeps open with the one before are ended, so
    /// that it has to look at the new one. Returns once the app can know: had it not noticed yet, it would use one and begin no
    /// other.
    pub async fn show(&self, certificate: CertificateKind) {
        self.books().certificate = certificate;
        self.changed.notify_waiters();
        tokio::time::sleep(CLOSED).await;
    }

    /// Waits until the bank shows another certificate than this.
    async fn another_certificate(&self, than: CertificateKind) {
        loop {
            let changed = self.changed.notified();
            if self.books().certificate != than {
                return;
            }
            changed.await;
        }
    }

    /// From here on these answers are given instead of the bank's own, until [`Hostile::clear`].
    pub fn prepare(&self, answer: Answer, step: usize) {
        self.books().scripts.push(Script::new(answer, step));
    }

    /// The app has answered what a step asked of it: what was held back until then goes.
    pub fn release(&self) {
        self.books().releases += 1;
        self.changed.notify_waiters();
    }

    /// Forgets what was prepared, and returns the steps whose answer was never asked for.
    pub fn clear(&self) -> Vec<(usize, &'static str)> {
        let scripts = std::mem::take(&mut self.books().scripts);
        scripts
            .iter()
            .filter(|script| script.given == 0)
            .map(|script| (script.step, script.about()))
            .collect()
    }

    /// Whether so many requests have come that the rest is turned away.
    pub fn is_stormed(&self) -> bool {
        self.books().by_app().count() >= self.most
    }

    /// Requests after which a storm is stopped.
    pub fn most(&self) -> usize {
        self.most
    }

    /// Answers one request. `request.url` is absolute.
    pub async fn ask(&self, by: By, request: Outgoing) -> Answered {
        let kind = Kind::of(&request);
        let number = {
            let mut books = self.books();
            if by == By::App && books.by_app().count() >= self.most {
                return Answered::Nothing;
            }
            books.arrived.push(Arrived::new(by, kind, request.clone()));
            books.arrived.len() - 1
        };
        self.changed.notify_waiters();
        // The app may go away before its answer comes: then nobody polls this any more.
        let mut under_way = UnderWay { hostile: self.clone(), number: Some(number) };
        let script = (by == By::App).then(|| self.books().take_script(kind)).flatten();
        let scripted = script.is_some();
        let answered = match script {
            Some((at, answer)) => self.instead(at, &answer, kind, &request).await,
            // What tests need of the bank is none of the app's business.
            None if by == By::App && request.url.path().starts_with("/control") => {
                Answered::Whole(plain(404, "{}"))
            }
            None => Answered::Whole(self.tell_lifetime(kind, self.forward(&request).await)),
        };
        under_way.number = None;
        self.note(number, kind, scripted, &answered);
        self.changed.notify_waiters();
        answered
    }

    /// What a script makes of a request.
    async fn instead(&self, at: usize, answer: &Answer, kind: Kind, request: &Outgoing) -> Answered {
        if let Some(together) = answer.together {
            self.wait_for_others(at, together).await;
        }
        let (status, elsewhere) = (answer.status, answer.elsewhere);
        let incoming = match (status, elsewhere, answer.broken) {
            (_, _, Some(Break::Dropped)) => None,
            (Some(status), ..) => Some(script::own_answer(answer, status)),
            (None, Some(status), _) => {
                let to = self.books().elsewhere.clone();
                let to = to.map(|to| format!("{}{}", to.as_str().trim_end_matches('/'), request.url.path()));
                Some(script::redirect(status, &to.unwrap_or_default()))
            }
            _ => {
                let own = self.tell_lifetime(kind, self.forward(request).await);
                Some(script::altered(answer, own, &self.books().users))
            }
        };
        if let (Some(incoming), true) = (&incoming, answer.delay_ms > 0) {
            // Until it leaves, the bank has given what the app does not have.
            self.books().note_given(incoming, false);
            let delay = Duration::from_millis(answer.delay_ms);
            if answer.until_answered {
                self.wait_for_release(delay).await
            } else {
                tokio::time::sleep(delay).await
            }
        }
        match (incoming, answer.broken) {
            (None, _) | (Some(_), Some(Break::Dropped)) => Answered::Nothing,
            (Some(lost), Some(Break::Lost)) => {
                // The bank gave what it gave; the app never saw it.
                self.books().note_given(&lost, false);
                Answered::Nothing
            }
            (Some(cut), Some(Break::Cut)) => {
                self.books().note_given(&cut, false);
                let half = cut.body.len() / 2;
                Answered::Cut(cut, half)
            }
            (Some(whole), None) => Answered::Whole(whole),
        }
    }

    /// Waits until the app has answered what it is asked for in the step after this, or so long.
    async fn wait_for_release(&self, longest: Duration) {
        let (before, until) = (self.books().releases, Instant::now() + longest);
        while Instant::now() < until && self.books().releases == before {
            self.something(until).await;
        }
    }

    async fn wait_for_others(&self, at: usize, together: u32) {
        let until = Instant::now() + TOGETHER;
        while Instant::now() < until && self.books().given_by(at) < together {
            self.something(until).await;
        }
    }

    /// The bank's own answer.
    async fn forward(&self, request: &Outgoing) -> Incoming {
        let path = match Kind::of(request) {
            // Where the login page has a host of its own, it has no path.
            Kind::Authorize => format!("/oauth2/authorize?{}", request.url.query().unwrap_or_default()),
            _ => arrived::path_of(request) + &request.url[Position::AfterPath..Position::AfterQuery],
        };
        let mut handed = http::Request::builder().method(request.method.clone()).uri(path);
        for (name, value) in &request.headers {
            handed = handed.header(name, value);
        }
        let handed = match handed.body(Body::from(request.body.clone())) {
            Ok(handed) => handed,
            Err(_) => return plain(400, "the request's address is none"),
        };
        let Ok(response) = self.routes.clone().call(handed).await;
        let (head, body) = response.into_parts();
        match axum::body::to_bytes(body, BODY_LIMIT).await {
            Ok(body) => {
                Incoming { status: head.status.as_u16(), headers: head.headers, body, refuses: false }
            }
            Err(_) => plain(500, "the bank's answer could not be read"),
        }
    }

    fn tell_lifetime(&self, kind: Kind, mut answer: Incoming) -> Incoming {
        let lifetime = self.books().lifetime;
        if let (Some(seconds), true, 200) = (lifetime, kind.is_token(), answer.status)
            && let Some(mut json) = answer.json()
        {
            json["expires_in"] = Value::from(seconds);
            script::put_json(&mut answer, &json);
        }
        answer
    }

    fn note(&self, number: usize, kind: Kind, scripted: bool, answered: &Answered) {
        let mut books = self.books();
        let reply = match answered {
            Answered::Whole(incoming) => {
                if kind.is_token() {
                    books.note_given(incoming, true);
                }
                Ok(incoming.clone())
            }
            Answered::Cut(incoming, bytes) => Err(Trouble {
                kind: TroubleKind::Reset,
                detail: format!(
                    "the bank answered {} and cut its answer after {bytes} of {} bytes",
                    incoming.status,
                    incoming.body.len()
                ),
            }),
            Answered::Nothing => Err(Trouble {
                kind: TroubleKind::Reset,
                detail: "the bank ended the connection without an answer".to_owned(),
            }),
        };
        let arrived = &mut books.arrived[number];
        arrived.done = Some(Instant::now());
        arrived.scripted = scripted;
        arrived.reply = Some(reply);
    }

    /// Notes a request that reached the other origin, and answers it with nothing of value.
    pub fn elsewhere(&self, request: Outgoing) -> Incoming {
        let answer = plain(200, "{}");
        let mut arrived = Arrived::new(By::App, Kind::Elsewhere, request);
        arrived.done = Some(Instant::now());
        arrived.reply = Some(Reply::Ok(answer.clone()));
        self.books().arrived.push(arrived);
        self.changed.notify_waiters();
        answer
    }
}

/// A request that is being answered.
struct UnderWay {
    hostile: Hostile,
    /// `None` once it is.
    number: Option<usize>,
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        if let Some(number) = self.number {
            let trouble = Trouble {
                kind: TroubleKind::Reset,
                detail: "the app ended the connection before the answer left".to_owned(),
            };
            let mut books = self.hostile.books();
            books.arrived[number].done = Some(Instant::now());
            books.arrived[number].reply = Some(Err(trouble));
            drop(books);
            self.hostile.changed.notify_waiters();
        }
    }
}

/// An answer in which the bank has no part.
pub fn plain(status: u16, text: &str) -> Incoming {
    let mut headers = HeaderMap::new();
    headers.insert(http::header::CONTENT_TYPE, http::HeaderValue::from_static("application/json"));
    Incoming { status, headers, body: Bytes::copy_from_slice(text.as_bytes()), refuses: false }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn another_certificate_leaves_an_app_the_time_to_notice_that_its_connections_were_closed() {
        let hostile = Hostile::new(Router::new(), 10);
        let before = Instant::now();
        hostile.show(CertificateKind::OtherHost).await;
        assert!(before.elapsed() >= CLOSED, "{:?}", before.elapsed());
        assert_eq!(hostile.books().certificate, CertificateKind::OtherHost);
    }
}
