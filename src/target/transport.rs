//! Sending one request, exactly once and exactly as given: no proxy, no redirect followed, nothing repeated.

use std::error::Error;
use std::ops::Not;
use std::sync::Arc;

use axum::Router;
use bytes::BytesMut;
use tower_service::Service;
use url::Position;

use super::burst::Burst;
use super::client::{OpenError, client};
use super::fetch::{Fetched, Fetching};
use super::file::TargetFile;
use super::login::{Approval, Driver};
use super::pace::Pace;
use super::pool::Pools;
use super::wire::{Incoming, Outgoing, Reply};
use crate::results::{Trouble, TroubleKind};
use crate::suite::Need;

/// A server that can be called.
#[derive(Clone, Debug)]
pub struct Target {
    file: Arc<TargetFile>,
    /// What has come from environment variables and files.
    secrets: Arc<Fetched>,
    pools: Option<Arc<Pools>>,
    /// Whether time that can't be moved is waited for.
    patient: bool,
    pub(super) pace: Pace,
    pub(super) http: reqwest::Client,
    pub(super) burst: Burst,
    /// What answers in place of the network, by the beginning of the addresses that it answers for.
    routes: Vec<(String, Router)>,
}

impl Target {
    /// A target that is ready to be called, its secrets fetched.
    ///
    /// # Errors
    /// A secret, a certificate or a key that can't be had, or that is not fit for its use.
    pub fn open(file: TargetFile) -> Result<Target, OpenError> {
        Target::through(client(&file)?, file)
    }

    fn through(http: reqwest::Client, mut file: TargetFile) -> Result<Target, OpenError> {
        let mut fetching = Fetching::default();
        let fetched = Fetched::of(&mut file, &mut fetching)?;
        let pools = Pools::open(&file, &mut fetching);
        fetching.end()?;
        Ok(Target {
            secrets: Arc::new(fetched),
            pools,
            patient: false,
            pace: Pace::of(&file.limits),
            file: Arc::new(file),
            http,
            burst: Burst::default(),
            routes: Vec::new(),
        })
    }

    /// Another server, called through the same HTTP client.
    ///
    /// # Errors
    /// A secret that can't be had.
    pub fn elsewhere(&self, file: TargetFile) -> Result<Target, OpenError> {
        Target::through(self.http.clone(), file)
    }

    /// The same target, its requests to all that begins with one of these addresses handed to the routes beside it
    /// without a network in between. What is released at one instant (see [`Target::release`]) travels as before, so the
    /// routes must be those that answer there.
    ///
    /// An address ends with a slash, such as `http://127.0.0.1:40123/` or `http://127.0.0.1:40123/control/`.
    #[must_use]
    pub fn directly(mut self, routes: &[(String, Router)]) -> Target {
        self.routes = routes.to_vec();
        self
    }

    /// The same target, where time that can't be moved is waited for, up to the file's `limits.longest_wait_s`.
    #[must_use]
    pub fn patient(mut self) -> Target {
        self.patient = true;
        self
    }

    pub fn is_patient(&self) -> bool {
        self.patient
    }

    pub fn file(&self) -> &TargetFile {
        &self.file
    }

    /// How users log in.
    pub fn login(&self) -> &Driver {
        &self.file.login
    }

    /// How owners approve.
    pub fn approval(&self) -> &Approval {
        &self.file.approval
    }

    pub(super) fn pools(&self) -> Option<&Arc<Pools>> {
        self.pools.as_ref()
    }

    pub(super) fn control_key(&self) -> Option<&str> {
        self.secrets.control_key.as_deref()
    }

    /// How many cases can be under way at a time: as many as there are sets of users and clients, if those are fixed.
    pub fn places(&self) -> Option<usize> {
        self.pools.as_ref().map(|pools| pools.len())
    }

    /// The request with the header lines that every request to this target has.
    #[must_use]
    pub fn dressed(&self, mut request: Outgoing) -> Outgoing {
        for (name, value, _) in &self.secrets.headers {
            let has_own = request.headers.iter().any(|(known, _)| known == name);
            // A token or a client's credentials are what a request is about.
            if !(has_own && name == http::header::AUTHORIZATION) {
                request.headers.retain(|(known, _)| known != name);
                request.headers.push((name.clone(), value.clone()));
            }
        }
        request
    }

    /// What is secret before anything was sent, each with what it is.
    pub fn first_secrets(&self) -> impl Iterator<Item = (&str, String)> {
        let headers = self.secrets.headers.iter().filter(|(.., secret)| *secret);
        let headers =
            headers.filter_map(|(name, value, _)| Some((value.to_str().ok()?, format!("header {name}"))));
        let hooks = self.secrets.of_hooks.iter().map(|(text, what)| (text.as_str(), what.clone()));
        let key = self.secrets.control_key.as_deref().map(|key| (key, "control key".to_owned()));
        headers.chain(hooks).chain(key)
    }

    /// Waits until `what` may happen again: so long after the last time as the target file wants two logins to be apart.
    pub async fn space(&self, what: String) {
        self.pace.space(what).await;
    }

    /// The reason that the file gives for lacking a capability.
    pub fn lacks(&self, need: Need) -> Option<&str> {
        if need == Need::Clock && self.patient {
            return None;
        }
        self.file
            .lacks
            .get(need.word())
            .map(String::as_str)
            .or_else(|| self.file.login.lacks(need))
            .or_else(|| self.file.approval.lacks(need))
    }

    /// Sends a request once. Whatever goes wrong is a [`Trouble`], never a retry.
    pub async fn send(&self, request: &Outgoing) -> Reply {
        let limit = self.file.limits.request();
        let _turn = self.pace.turn().await;
        let dressed = self.secrets.headers.is_empty().not().then(|| self.dressed(request.clone()));
        let request = dressed.as_ref().unwrap_or(request);
        // In its place from the beginning: it is large, and a time limit would move it once more.
        let reply = std::pin::pin!(async {
            match self.routes.iter().find(|(address, _)| request.url.as_str().starts_with(address)) {
                Some((_, routes)) => self.hand_over(routes.clone(), request).await,
                None => self.send_unlimited(request).await,
            }
        });
        match tokio::time::timeout(limit, reply).await {
            Ok(reply) => reply.map(|answer| self.marked(request, answer)),
            Err(_) => Err(Trouble {
                kind: TroubleKind::TimeOut,
                detail: format!("no whole answer within {} ms", limit.as_millis()),
            }),
        }
    }

    /// The answer, and whether the target file says of such a one that it refuses.
    pub(super) fn marked(&self, request: &Outgoing, mut answer: Incoming) -> Incoming {
        let refusal = &self.file.refusal;
        answer.refuses = refusal.statuses.contains(&answer.status)
            || ((200..300).contains(&answer.status) && !refusal.texts.is_empty() && {
                let body = String::from_utf8_lossy(&answer.body);
                refusal.texts.iter().any(|text| body.contains(text))
            })
            || ((300..400).contains(&answer.status) && {
                let leads = answer.header("location").next().and_then(|to| request.url.join(&to).ok());
                leads.is_some_and(|leads| {
                    refusal.redirects.iter().any(|refusing| leads.as_str().starts_with(refusing))
                })
            });
        answer
    }

    async fn hand_over(&self, mut routes: Router, request: &Outgoing) -> Reply {
        let unfit = |error: &dyn Error| Trouble { kind: TroubleKind::Garbage, detail: error.to_string() };
        let mut handed = http::Request::builder()
            .method(request.method.clone())
            .uri(&request.url[Position::BeforePath..Position::AfterQuery])
            .header(http::header::HOST, request.url.authority());
        for (name, value) in &request.headers {
            handed = handed.header(name, value);
        }
        let handed =
            handed.body(axum::body::Body::from(request.body.clone())).map_err(|error| unfit(&error))?;
        let Ok(response) = routes.call(handed).await;
        let (head, body) = response.into_parts();
        let status = head.status.as_u16();
        let longest = self.file.limits.body_bytes;
        match axum::body::to_bytes(body, longest).await {
            Ok(body) => Ok(Incoming::new(status, head.headers, body)),
            Err(_) => Err(too_long(status, longest)),
        }
    }

    async fn send_unlimited(&self, request: &Outgoing) -> Reply {
        let mut builder = self.http.request(request.method.clone(), request.url.clone());
        for (name, value) in &request.headers {
            builder = builder.header(name, value);
        }
        if !request.body.is_empty() {
            builder = builder.body(request.body.clone());
        } else if request.method == http::Method::POST || request.method == http::Method::PUT {
            builder = builder.header(http::header::CONTENT_LENGTH, "0");
        }
        let response = builder.send().await.map_err(|error| trouble(&error))?;
        receive(response, self.file.limits.body_bytes).await
    }
}

/// A request's content, its address or its header lines are too long to be read to the end (RFC 9110 §15.5.14, §15.5.15,
/// RFC 6585 §5).
const READS_NO_FURTHER: [u16; 3] = [413, 414, 431];

/// Reads an answer's body up to the limit.
pub(super) async fn receive(mut response: reqwest::Response, longest: usize) -> Reply {
    let status = response.status().as_u16();
    let headers = std::mem::take(response.headers_mut());
    let mut body = BytesMut::new();
    loop {
        let chunk = match response.chunk().await {
            Ok(Some(chunk)) => chunk,
            Ok(None) => break,
            // A server that does not read on closes the connection while the request still comes, which can cut its own answer
            // short; what it means stands in its status.
            Err(_) if READS_NO_FURTHER.contains(&status) => break,
            Err(error) => return Err(trouble(&error)),
        };
        body.extend_from_slice(&chunk);
        if body.len() > longest {
            return Err(too_long(status, longest));
        }
    }
    Ok(Incoming::new(status, headers, body.freeze()))
}

pub(super) fn too_long(status: u16, longest: usize) -> Trouble {
    Trouble {
        kind: TroubleKind::TooLong,
        detail: format!("the answer (status {status}) was cut off after {longest} bytes of body"),
    }
}

/// What a failure of the HTTP client means for a verdict.
pub(super) fn trouble(error: &reqwest::Error) -> Trouble {
    // The address stands with the request; here it would push the cause out of sight.
    let address = error.url().map(|url| format!(" for url ({url})")).unwrap_or_default();
    let detail = whole(error).replacen(&address, "", 1);
    let detail = detail.strip_prefix("error sending request: ").unwrap_or(&detail).to_owned();
    let kind = if error.is_timeout() {
        TroubleKind::TimeOut
    } else if error.is_connect() {
        TroubleKind::Connect
    } else if causes(error).any(|cause| cause.downcast_ref::<std::io::Error>().is_some())
        || detail.contains("connection closed")
        || detail.contains("incomplete")
        || detail.contains("end of file before")
    {
        TroubleKind::Reset
    } else {
        TroubleKind::Garbage
    };
    Trouble { kind, detail }
}

fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error| (*error).source())
}

/// An error with its causes, each said once.
pub(super) fn whole(error: &reqwest::Error) -> String {
    let mut texts: Vec<String> = Vec::new();
    for cause in causes(error) {
        let text = cause.to_string();
        if !texts.iter().any(|said| said.contains(&text)) {
            texts.push(text);
        }
    }
    texts.join(": ")
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;
    use url::Url;

    use super::*;

    /// What comes of an answer with this status whose body ends before it should.
    async fn cut_short(status: u16) -> Reply {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port of loopback is free");
        let base = format!("http://{}", listener.local_addr().expect("it is bound"));
        tokio::spawn(async move {
            let (mut socket, _) = listener.accept().await.expect("it is called");
            let _ = socket.read(&mut [0; 4096]).await;
            let half = format!("HTTP/1.1 {status} No\r\ncontent-length: 100\r\n\r\nhalf");
            let _ = socket.write_all(half.as_bytes()).await;
            let _ = socket.shutdown().await;
        });
        let target = Target::open(TargetFile::at(&base).expect("it is an address")).expect("it opens");
        target.send(&Outgoing::get(Url::parse(&base).expect("it is an address"))).await
    }

    #[tokio::test]
    async fn an_answer_that_the_request_is_too_long_counts_though_it_is_cut_short_and_no_other_does() {
        for status in READS_NO_FURTHER {
            assert_eq!(cut_short(status).await.map(|answer| answer.status).ok(), Some(status));
        }
        for status in [200, 400, 401, 500] {
            let kind = cut_short(status).await.err().map(|trouble| trouble.kind);
            assert_eq!(kind, Some(TroubleKind::Reset), "{status}");
        }
    }
}
