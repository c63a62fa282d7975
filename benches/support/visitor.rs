//! Whoever asks the bank: the setting up of many grants, and a connection as bare as it can be.

use std::fmt::Write as _;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::response::Response;
use grantspec::reference::ledger::Fixture;
use http::header::CONTENT_TYPE;
use http::{Method, Request, StatusCode};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tower_service::Service;
use url::form_urlencoded::{Serializer, parse};

const CALLBACK: &str = "https://app.example/callback";
/// Grants that are set up at a time: with a file, those that are written together.
const AT_ONCE: usize = 64;

/// Users and clients of a world of many grants.
pub struct Town {
    pub fixture: &'static Fixture,
    users: usize,
    clients: usize,
    grants: usize,
}

/// What a client keeps of a grant, in one piece.
#[derive(Clone)]
pub struct Kept {
    /// Which client.
    client: usize,
    access: Token,
    refresh: Token,
}

/// A token of this bank: 256 bits as base64url.
type Token = [u8; 43];

/// Ids and secrets of clients.
pub type Clients = Arc<Vec<(String, String)>>;

impl Town {
    /// The world's fixture lives as long as the program.
    pub fn new(users: usize, clients: usize, grants: usize) -> Town {
        let mut text =
            "[history]\ndays = 1\nevery_days = 1\npattern = [{ description = 'Bread', amount = -1 }]\n"
                .to_owned();
        let wrote = "a string takes everything";
        for at in 0..users {
            writeln!(
                text,
                "[users.u{at:07}]\nname = 'U'\nemail = 'u{at}@example.com'\nbalance = 1\npin = '1234'"
            )
            .expect(wrote);
        }
        for at in 0..clients {
            writeln!(
                text,
                "[clients.c{at:07}]\nname = 'C'\nconfidential = true\nredirect_uris = ['{CALLBACK}']"
            )
            .expect(wrote);
        }
        let fixture = Fixture::parse(&text).expect("a good fixture");
        Town { fixture: Box::leak(Box::new(fixture)), users, clients, grants }
    }

    /// The same users and clients, with so many grants.
    pub fn with_grants(&self, grants: usize) -> Town {
        Town { grants, ..*self }
    }

    /// Makes a world of the bank behind these routes, and logs in its users at its clients: all of them at one client each,
    /// then at another, until there are as many grants as wanted.
    pub async fn settle(&self, bank: &Router) -> (Vec<Kept>, Clients) {
        let world = asked(bank, Method::POST, "/control/worlds", String::new()).await;
        let bytes = to_bytes(world.into_body(), usize::MAX).await.expect("a whole answer");
        let world: Value = serde_json::from_slice(&bytes).expect("a world");
        let name = world["world"].as_str().expect("a name").to_owned();
        let clients: Vec<(String, String)> = (0..self.clients)
            .map(|at| {
                let client = &world["clients"][format!("c{at:07}")];
                let text = |key: &str| client[key].as_str().expect("a text").to_owned();
                (text("client_id"), text("client_secret"))
            })
            .collect();
        let clients = Arc::new(clients);
        let turns = (0..self.clients).flat_map(|turn| (0..self.users).map(move |user| (user, turn)));
        let mut pairs = turns.map(|(user, turn)| (user, (user + turn) % self.clients)).take(self.grants);
        let (mut kept, mut under_way) = (Vec::with_capacity(self.grants), JoinSet::new());
        loop {
            while under_way.len() < AT_ONCE
                && let Some((user, client)) = pairs.next()
            {
                let (bank, name, clients) = (bank.clone(), name.clone(), clients.clone());
                under_way.spawn(async move { log_in(&bank, &name, user, &clients, client).await });
            }
            match under_way.join_next().await {
                Some(one) => kept.push(one.expect("no task panics")),
                None => return (kept, clients),
            }
        }
    }
}

async fn log_in(bank: &Router, world: &str, user: usize, clients: &Clients, client: usize) -> Kept {
    let (client_id, secret) = &clients[client];
    let query = form(&[("client_id", client_id), ("redirect_uri", CALLBACK), ("response_type", "code")]);
    let page = asked(bank, Method::GET, &format!("/oauth2/authorize?{query}"), String::new()).await;
    let login = page.headers()["grantspec-login"].to_str().expect("ASCII").to_owned();
    let body = json!({ "login": login, "user": format!("u{user:07}"), "allow": true }).to_string();
    let landed = asked(bank, Method::POST, &format!("/control/worlds/{world}/login"), body).await;
    let address = landed.headers()["location"].to_str().expect("ASCII").to_owned();
    let query = address.split_once('?').expect("a query").1;
    let code = parse(query.as_bytes()).find(|(name, _)| name == "code").expect("a code").1.into_owned();
    let body = form(&[
        ("grant_type", "authorization_code"),
        ("client_id", client_id),
        ("client_secret", secret),
        ("redirect_uri", CALLBACK),
        ("code", &code),
    ]);
    let given = asked(bank, Method::POST, "/oauth2/token", body).await;
    assert_eq!(given.status(), StatusCode::OK);
    let bytes = to_bytes(given.into_body(), usize::MAX).await.expect("a whole answer");
    let given = std::str::from_utf8(&bytes).expect("JSON");
    Kept { client, access: field(given, "access_token"), refresh: field(given, "refresh_token") }
}

async fn asked(bank: &Router, method: Method, path: &str, body: String) -> Response {
    let request = Request::builder().method(method).uri(path);
    let request = request.header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(Body::from(body));
    let Ok(response) = bank.clone().call(request.expect("a request")).await;
    response
}

fn form(pairs: &[(&str, &str)]) -> String {
    Serializer::new(String::new()).extend_pairs(pairs).finish()
}

/// A connection that is kept.
pub struct Line {
    stream: TcpStream,
    host: String,
    clients: Clients,
    /// What is sent, and what came.
    sent: String,
    came: Vec<u8>,
}

impl Line {
    pub async fn open(address: &str, clients: Clients) -> Line {
        let stream = TcpStream::connect(address).await.expect("the server listens");
        stream.set_nodelay(true).expect("a socket that is open");
        Line {
            stream,
            host: address.to_owned(),
            clients,
            sent: String::new(),
            came: Vec::with_capacity(4096),
        }
    }

    pub async fn constant(&mut self) {
        self.get("").await;
    }

    pub async fn whoami(&mut self, kept: &Kept) {
        self.get(text(&kept.access)).await;
    }

    /// Refreshes, and keeps what came.
    pub async fn refresh(&mut self, kept: &mut Kept) {
        let (client_id, secret) = &self.clients[kept.client];
        let refresh = text(&kept.refresh);
        let body = format!(
            "grant_type=refresh_token&client_id={client_id}&client_secret={secret}&refresh_token={refresh}"
        );
        self.sent.clear();
        write!(
            self.sent,
            "POST /oauth2/token HTTP/1.1\r\nhost: {}\r\ncontent-type: application/x-www-form-urlencoded\r\n\
             content-length: {}\r\n\r\n{body}",
            self.host,
            body.len()
        )
        .expect("a string takes everything");
        let body = self.exchange().await;
        (kept.access, kept.refresh) = (field(&body, "access_token"), field(&body, "refresh_token"));
    }

    async fn get(&mut self, token: &str) {
        self.sent.clear();
        write!(
            self.sent,
            "GET /ping/whoami HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {token}\r\n\r\n",
            self.host
        )
        .expect("a string takes everything");
        self.exchange().await;
    }

    /// Sends what is to be sent, and gives the body of the answer, which has to be 200.
    async fn exchange(&mut self) -> String {
        self.stream.write_all(self.sent.as_bytes()).await.expect("the server reads");
        self.came.clear();
        loop {
            assert!(self.stream.read_buf(&mut self.came).await.expect("the server answers") > 0);
            let text = std::str::from_utf8(&self.came).expect("all answers are ASCII");
            let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
            assert!(head.starts_with("HTTP/1.1 200"), "{text}");
            let length = head.split_once("content-length: ").expect("a length").1;
            let length: usize = length.lines().next().expect("a number").parse().expect("a number");
            if body.len() == length {
                return body.to_owned();
            }
        }
    }
}

fn field(body: &str, name: &str) -> Token {
    let rest = body.split_once(&format!("\"{name}\":\"")).expect("the field").1;
    rest.as_bytes()[..43].try_into().expect("a token is so long")
}

fn text(token: &Token) -> &str {
    std::str::from_utf8(token).expect("tokens are ASCII")
}
