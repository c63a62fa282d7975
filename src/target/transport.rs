//! Sending one request, exactly once and exactly as given: no proxy, no redirect followed, nothing repeated.

use std::collections::HashMap;
use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use bytes::BytesMut;
use tower_service::Service;
use url::{Position, Url};

use super::burst::Burst;
use super::file::{TargetError, TargetFile};
use super::login::Driver;
use super::wire::{Incoming, Outgoing, Reply};
use crate::results::{Trouble, TroubleKind};
use crate::suite::Need;

/// A server that can be called.
#[derive(Clone, Debug)]
pub struct Target {
    pub(super) file: Arc<TargetFile>,
    /// The addresses of the file's endpoints: they are asked for with every request.
    addresses: Arc<HashMap<String, Url>>,
    pub(super) http: reqwest::Client,
    pub(super) burst: Burst,
    /// What answers in place of the network, by the address that it answers for.
    routes: Vec<(String, Router)>,
}

/// Why a target can't be used at all.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error(transparent)]
    File(#[from] TargetError),
    #[error("failed to set up HTTP: {0}")]
    Http(String),
}

impl Target {
    pub fn open(file: TargetFile) -> Result<Target, OpenError> {
        // The provider can be set once a process; that another part of it was first is no trouble.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .tcp_nodelay(true)
            // Shorter than any server's idle limit, so that no request is written to a connection that is being closed.
            .pool_idle_timeout(Duration::from_secs(2))
            .connect_timeout(file.limits.request())
            .build()
            .map_err(|error| OpenError::Http(whole(&error)))?;
        Ok(Target::through(http, file))
    }

    fn through(http: reqwest::Client, file: TargetFile) -> Target {
        let address = |endpoint: &String| Some((endpoint.clone(), file.url(endpoint)?));
        let addresses = Arc::new(file.endpoints.all().into_iter().filter_map(address).collect());
        Target { file: Arc::new(file), addresses, http, burst: Burst::default(), routes: Vec::new() }
    }

    /// Another server, called through the same HTTP client.
    pub fn elsewhere(&self, file: TargetFile) -> Target {
        Target::through(self.http.clone(), file)
    }

    /// The same target, its requests to each of these addresses handed to the routes beside it without a network in
    /// between. What is released at one instant (see [`Target::release`]) travels as before, so the routes must be those
    /// that answer at that address.
    #[must_use]
    pub fn directly(mut self, routes: &[(String, Router)]) -> Target {
        self.routes = routes.to_vec();
        self
    }

    pub fn file(&self) -> &TargetFile {
        &self.file
    }

    /// How users log in.
    pub fn login(&self) -> &Driver {
        &self.file.login
    }

    /// The address of one of the file's endpoints.
    pub fn url(&self, endpoint: &str) -> Url {
        match self.addresses.get(endpoint) {
            Some(address) => address.clone(),
            None => self.file.url(endpoint).expect("every endpoint was checked when the file was read"),
        }
    }

    /// The reason that the file gives for lacking a capability.
    pub fn lacks(&self, need: Need) -> Option<&str> {
        self.file.lacks.get(need.word()).map(String::as_str).or_else(|| self.file.login.lacks(need))
    }

    /// Sends a request once. Whatever goes wrong is a [`Trouble`], never a retry.
    pub async fn send(&self, request: &Outgoing) -> Reply {
        let limit = self.file.limits.request();
        let origin = &request.url[..Position::BeforePath];
        let reply = async {
            match self.routes.iter().find(|(address, _)| address == origin) {
                Some((_, routes)) => self.hand_over(routes.clone(), request).await,
                None => self.send_unlimited(request).await,
            }
        };
        match tokio::time::timeout(limit, reply).await {
            Ok(reply) => reply,
            Err(_) => Err(Trouble {
                kind: TroubleKind::TimeOut,
                detail: format!("no whole answer within {} ms", limit.as_millis()),
            }),
        }
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
            Ok(body) => Ok(Incoming { status, headers: head.headers, body }),
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

/// Reads an answer's body up to the limit.
pub(super) async fn receive(mut response: reqwest::Response, longest: usize) -> Reply {
    let status = response.status().as_u16();
    let headers = std::mem::take(response.headers_mut());
    let mut body = BytesMut::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| trouble(&error))? {
        body.extend_from_slice(&chunk);
        if body.len() > longest {
            return Err(too_long(status, longest));
        }
    }
    Ok(Incoming { status, headers, body: body.freeze() })
}

pub(super) fn too_long(status: u16, longest: usize) -> Trouble {
    Trouble {
        kind: TroubleKind::TooLong,
        detail: format!("the answer (status {status}) was cut off after {longest} bytes of body"),
    }
}

/// What a failure of the HTTP client means for a verdict.
pub(super) fn trouble(error: &reqwest::Error) -> Trouble {
    let detail = whole(error);
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
fn whole(error: &reqwest::Error) -> String {
    let mut texts: Vec<String> = Vec::new();
    for cause in causes(error) {
        let text = cause.to_string();
        if !texts.iter().any(|said| said.contains(&text)) {
            texts.push(text);
        }
    }
    texts.join(": ")
}
