//! A bank that writes down what it is asked and can be made to answer oddly, and an app that is connected to it.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, LazyLock, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use grantspec::demo::{self, Secret, defects};
use grantspec::reference;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tower_service::Service;
use url::Url;

use crate::browser::Browser;

/// The app's shortest pause.
pub const UNIT: Duration = Duration::from_millis(20);
/// What an app has to show that it goes on.
const PATIENCE: Duration = Duration::from_secs(5);
/// Longer than any answer takes that is still to come. Only tests that fail wait for it.
const FOREVER: Duration = Duration::from_secs(60);

/// A request as the bank saw it.
#[derive(Clone, Debug)]
pub struct Seen {
    pub at: Instant,
    pub method: String,
    pub path: String,
    pub query: String,
    pub authorization: String,
    pub body: String,
}

impl Seen {
    /// A field of the form.
    pub fn field(&self, name: &str) -> Option<String> {
        let mut pairs = url::form_urlencoded::parse(self.body.as_bytes());
        pairs.find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    }
}

/// What the bank does with one request.
#[derive(Clone)]
pub enum Turn {
    /// Another answer, and the request does not reach the bank.
    Say { status: u16, headers: Vec<(&'static str, String)>, body: String },
    /// The bank acts, and its answer is lost.
    LoseAnswer,
    /// The bank acts, and its answer comes so much later.
    Late(Duration),
    /// As if nothing had been arranged.
    Good,
}

pub fn say(status: u16, body: Value) -> Turn {
    let headers = vec![("content-type", "application/json".to_owned())];
    Turn::Say { status, headers, body: body.to_string() }
}

#[derive(Clone)]
struct Layer {
    bank: Router,
    seen: Arc<Mutex<Vec<Seen>>>,
    turns: Arc<Mutex<HashMap<String, Arranged>>>,
}

/// What is arranged for a path.
struct Arranged {
    turns: VecDeque<Turn>,
    /// Whether the first turn stays for ever.
    repeat: bool,
}

/// The bank, and the app.
pub struct Stage {
    /// What the layer hands its requests to.
    _behind: reference::Running,
    layer: Layer,
    pub bank: String,
    world: Value,
    app: Option<demo::Running>,
    options: demo::Options,
    port: u16,
    pub folder: tempfile::TempDir,
}

impl Stage {
    pub async fn new(broken: &[&str]) -> Stage {
        Stage::with(broken, "server").await
    }

    /// With an app that is this client of the bank.
    pub async fn with(broken: &[&str], client: &str) -> Stage {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let bank = format!("http://{}", listener.local_addr().expect("it is bound"));
        let behind = reference::Running::start(reference::Options::default()).await.expect("a free port");
        let layer = Layer { bank: behind.nodes()[0].1.clone(), seen: Arc::default(), turns: Arc::default() };
        let routes = Router::new().fallback(answer).with_state(layer.clone());
        tokio::spawn(async move { axum::serve(listener, routes).await });
        let http = reqwest_client();
        let made = http.post(format!("{bank}/control/worlds")).body("{}").send().await.expect("an answer");
        let world: Value = serde_json::from_slice(&made.bytes().await.expect("a body")).expect("a world");
        let folder = tempfile::tempdir().expect("a folder");
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        let party = &world["clients"][client];
        let secret = (party["confidential"] == true).then(|| Secret::new(text(&party["client_secret"])));
        let options = demo::Options {
            redirect_uri: Some(Url::parse(&text(&party["redirect_uris"][0])).expect("an address")),
            state: Some(folder.path().join("state.json")),
            log: Some(folder.path().join("app.log")),
            unit: UNIT,
            defects: broken.iter().map(|id| defects::find(id).expect("the defect exists")).collect(),
            ..demo::Options::new(Url::parse(&bank).expect("an address"), text(&party["client_id"]), secret)
        };
        let app = demo::Running::start(options.clone(), 0).expect("the app starts");
        let port = app.port();
        layer.seen.lock().expect("no test panicked").clear();
        Stage { _behind: behind, layer, bank, world, app: Some(app), options, port, folder }
    }

    pub fn app(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub fn browser(&self) -> Browser {
        Browser::new(self)
    }

    /// Ends the app as a signal would that it can't catch.
    pub fn kill(&mut self) {
        self.app = None;
    }

    /// Starts the app again where it was.
    pub fn start(&mut self) {
        self.app = Some(demo::Running::start(self.options.clone(), self.port).expect("the app starts again"));
    }

    /// The next requests to this path are answered so, one turn each.
    pub fn next(&self, path: &str, turns: impl IntoIterator<Item = Turn>) {
        self.arrange(path, turns, false);
    }

    /// Every request to this path is answered so, until [`Stage::behave`].
    pub fn always(&self, path: &str, turn: Turn) {
        self.arrange(path, [turn], true);
    }

    fn arrange(&self, path: &str, turns: impl IntoIterator<Item = Turn>, repeat: bool) {
        let arranged = Arranged { turns: turns.into_iter().collect(), repeat };
        self.layer.turns.lock().expect("no test panicked").insert(path.to_owned(), arranged);
    }

    /// The bank is its usual self.
    pub fn behave(&self) {
        self.layer.turns.lock().expect("no test panicked").clear();
    }

    /// What the app has asked of this path.
    pub fn seen(&self, path: &str) -> Vec<Seen> {
        let seen = self.layer.seen.lock().expect("no test panicked");
        seen.iter().filter(|seen| seen.path == path).cloned().collect()
    }

    /// Every request of the app.
    pub fn all_seen(&self) -> Vec<Seen> {
        let seen = self.layer.seen.lock().expect("no test panicked");
        seen.iter().filter(|seen| !seen.path.starts_with("/control")).cloned().collect()
    }

    /// Token requests of this kind.
    pub fn token_requests(&self, grant_type: &str) -> Vec<Seen> {
        let seen = self.seen("/oauth2/token").into_iter();
        seen.filter(|seen| seen.field("grant_type").as_deref() == Some(grant_type)).collect()
    }

    pub fn user_id(&self, user: &str) -> String {
        self.world["users"][user]["user_id"].as_str().expect("a text").to_owned()
    }

    pub fn account_id(&self, user: &str) -> String {
        self.world["users"][user]["account_id"].as_str().expect("a text").to_owned()
    }

    pub fn client_secret(&self) -> String {
        self.options.client_secret.as_ref().expect("a confidential client").expose().to_owned()
    }

    /// What the app has written down.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("app.log")).expect("the app has a log")
    }

    pub async fn control(&self, act: &str, body: Value) -> reqwest::Response {
        let world = self.world["world"].as_str().expect("a text");
        let url = format!("{}/control/worlds/{world}/{act}", self.bank);
        reqwest_client().post(url).body(body.to_string()).send().await.expect("an answer")
    }

    /// The user disconnects the app at the bank.
    pub async fn revoke(&self, user: &str) {
        let done = self.control("disconnect", json!({ "user": user, "client": "server" })).await;
        assert_eq!(done.status(), 200);
    }

    /// Moves the bank's clock beyond the life of every access token.
    pub async fn expire(&self) {
        assert_eq!(self.control("advance", json!({ "seconds": 200_000 })).await.status(), 200);
    }

    /// Whether something is so before long. What is so, is so much sooner.
    pub async fn comes(&self, so: impl Fn(&Stage) -> bool) -> bool {
        let deadline = Instant::now() + PATIENCE;
        while !so(self) {
            if Instant::now() > deadline {
                return false;
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        true
    }

    /// Waits until something is so.
    pub async fn until(&self, what: &str, so: impl Fn(&Stage) -> bool) {
        let deadline = Instant::now() + FOREVER;
        while !so(self) {
            assert!(Instant::now() < deadline, "never: {what}");
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }
}

/// Making one takes longer than most tests, and a client that keeps no connection belongs to no runtime.
pub fn reqwest_client() -> reqwest::Client {
    static CLIENT: LazyLock<reqwest::Client> = LazyLock::new(|| {
        // Another test of this process may have been first.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none());
        // A connection that was kept may be one to an app that was killed meanwhile.
        http.pool_max_idle_per_host(0).build().expect("a plain client")
    });
    CLIENT.clone()
}

async fn answer(State(layer): State<Layer>, request: Request) -> Response {
    let at = Instant::now();
    let (parts, body) = request.into_parts();
    let body: Bytes = axum::body::to_bytes(body, 1 << 20).await.expect("a whole request");
    let header = |name: &str| {
        let value = parts.headers.get(name).and_then(|value| value.to_str().ok());
        value.unwrap_or_default().to_owned()
    };
    let path = parts.uri.path().to_owned();
    layer.seen.lock().expect("no test panicked").push(Seen {
        at,
        method: parts.method.to_string(),
        path: path.clone(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        authorization: header("authorization"),
        body: String::from_utf8_lossy(&body).into_owned(),
    });
    let turn = {
        let mut all = layer.turns.lock().expect("no test panicked");
        all.get_mut(&path).and_then(|arranged| match arranged.repeat {
            true => arranged.turns.front().cloned(),
            false => arranged.turns.pop_front(),
        })
    };
    if let Some(Turn::Say { status, headers, body }) = turn {
        let mut response = Response::builder().status(status);
        for (name, value) in headers {
            response = response.header(name, value);
        }
        return response.body(Body::from(body)).expect("a sound response");
    }
    let forwarded = Request::from_parts(parts, Body::from(body));
    let response = layer.bank.clone().call(forwarded).await.into_response();
    match turn {
        Some(Turn::LoseAnswer) => {
            // A body that breaks off: the head promises more.
            let broken = futures_util::stream::iter([Err::<Bytes, _>(std::io::Error::other("cut"))]);
            Response::builder()
                .header("content-length", "1000")
                .body(Body::from_stream(broken))
                .expect("sound")
        }
        Some(Turn::Late(pause)) => {
            tokio::time::sleep(pause).await;
            response
        }
        _ => response,
    }
}
