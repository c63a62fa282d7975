//! A reverse proxy before a bank: it hands everything on, takes note of it, and answers by itself where it is told to.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::response::Response;
use http::HeaderMap;
use http::request::Parts;
use tokio::net::TcpListener;

/// One request and its answer, whole.
#[derive(Clone, Debug)]
pub struct Passed {
    pub target: String,
    pub headers: HeaderMap,
    pub answer: Bytes,
}

/// A proxy that runs as long as its runtime.
pub struct Proxy {
    pub address: String,
    passed: Arc<Mutex<Vec<Passed>>>,
}

impl Proxy {
    /// Stands before the bank at `bank`. `instead` sees each request, and the answer it gives, if any, is sent in place
    /// of the bank's, which is then never asked.
    pub async fn start<F, A>(bank: &str, instead: F) -> Proxy
    where
        F: Fn(&Parts, &Bytes) -> Option<A> + Clone + Send + Sync + 'static,
        A: Future<Output = Response> + Send,
    {
        // Whoever was first has set the same one.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .build()
            .expect("an HTTP client can be set up");
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port of loopback is free");
        let address = format!("http://{}", listener.local_addr().expect("it is bound"));
        let passed: Arc<Mutex<Vec<Passed>>> = Arc::default();
        let (bank, note) = (bank.to_owned(), passed.clone());
        let handle = move |request: Request| {
            let (client, bank, note, instead) = (client.clone(), bank.clone(), note.clone(), instead.clone());
            async move {
                let (parts, body) = request.into_parts();
                let body = axum::body::to_bytes(body, 16 << 20).await.expect("requests are short");
                let answer = match instead(&parts, &body) {
                    Some(answer) => answer.await,
                    None => hand_on(&client, &bank, &parts, &body).await,
                };
                let (head, answer) = answer.into_parts();
                let Ok(answer) = axum::body::to_bytes(answer, 16 << 20).await else {
                    panic!("the bank's answers are short");
                };
                note.lock().expect("nobody panics holding it").push(Passed {
                    target: parts.uri.to_string(),
                    headers: head.headers.clone(),
                    answer: answer.clone(),
                });
                Response::from_parts(head, Body::from(answer))
            }
        };
        tokio::spawn(async move { axum::serve(listener, Router::new().fallback(handle)).await });
        Proxy { address, passed }
    }

    /// Everything that went through so far.
    pub fn passed(&self) -> Vec<Passed> {
        self.passed.lock().expect("nobody panics holding it").clone()
    }
}

async fn hand_on(client: &reqwest::Client, bank: &str, parts: &Parts, body: &Bytes) -> Response {
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    let mut headers = parts.headers.clone();
    for hop in ["host", "connection", "content-length", "transfer-encoding"] {
        headers.remove(hop);
    }
    let sent = client.request(parts.method.clone(), format!("{bank}{path}")).headers(headers);
    let answer = sent.body(body.clone()).send().await.expect("the bank answers");
    let mut response = Response::new(Body::empty());
    *response.status_mut() = answer.status();
    *response.headers_mut() = answer.headers().clone();
    response.headers_mut().remove("transfer-encoding");
    *response.body_mut() = Body::from(answer.bytes().await.expect("the bank answers whole"));
    response
}
