//! How often a check-then-act window of 100 µs in a single-use refresh is found, by each way to release the requests.
//!
//! `cargo bench --bench race [-- ROUNDS]`: in each of 1,000 rounds a new grant's refresh token is used eight times at
//! once on the bundled bank with the defect `refresh.one-winner`; the window is found if more than one access token comes
//! out. The ways take turns, so that what else the machine does falls on all of them alike; on a busy one, all find less.
//!
//! The arrival spread is measured on the other side: between the first and the last of eight requests that a server made
//! of the same parts as the bank has whole in its hands. The median of as many rounds.

#[path = "support/median.rs"]
mod median;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use grantspec::reference::{self, Running, defects};
use grantspec::suite::{Client, User};
use grantspec::target::login::login_of_page;
use grantspec::target::{Callback, Outgoing, Reply, Target, TargetFile, World};
use http::Method;
use serde_json::Value;
use tokio::net::TcpListener;

use median::median;

const COPIES: usize = 8;
const WINDOW: Duration = Duration::from_micros(100);

#[derive(Clone, Copy)]
enum Way {
    /// What a race does where the target speaks HTTP/2.
    Http2,
    /// What a race does elsewhere.
    Http1,
    /// A task for each request, on warm connections.
    Plain,
}

impl Way {
    const ALL: [(Way, &str); 3] = [
        (Way::Http2, "HTTP/2, the last frames in one write"),
        (Way::Http1, "HTTP/1.1, the last bytes held back"),
        (Way::Plain, "plain concurrent reqwest requests"),
    ];

    async fn send(self, targets: &Targets, requests: Vec<Outgoing>) -> Vec<Reply> {
        let target = match self {
            Way::Http2 => &targets.http2,
            Way::Http1 | Way::Plain => &targets.http1,
        };
        match self {
            Way::Http2 | Way::Http1 => {
                let released = target.release(&requests, &[]).await;
                let is_http2 = released.method.starts_with("HTTP/2");
                assert_eq!(is_http2, matches!(self, Way::Http2), "released by {}", released.method);
                released.replies.into_iter().map(|(_, _, reply)| reply).collect()
            }
            Way::Plain => {
                let tasks = |requests: Vec<Outgoing>| {
                    let tasks: Vec<_> = requests
                        .into_iter()
                        .map(|request| {
                            let target = target.clone();
                            tokio::spawn(async move { target.send(&request).await })
                        })
                        .collect();
                    async move {
                        let mut replies = Vec::new();
                        for task in tasks {
                            replies.push(task.await.expect("no task panics"));
                        }
                        replies
                    }
                };
                let warm = target.file().endpoints.whoami.route.get(&[]);
                tasks(vec![warm; COPIES]).await;
                tasks(requests).await
            }
        }
    }
}

/// One server, as two targets see it.
struct Targets {
    http2: Target,
    /// Its endpoints are not at its base, where the target would look for HTTP/2.
    http1: Target,
}

impl Targets {
    fn of(address: &str) -> Targets {
        let file = TargetFile::at(address).expect("it is an address");
        let mut apart = file.clone();
        apart.base.set_host(Some("localhost")).expect("it is a host");
        let open = |file| Target::open(file).expect("an HTTP client can be set up");
        Targets { http2: open(file), http1: open(apart) }
    }
}

fn main() {
    // Cargo adds `--bench`.
    let rounds = std::env::args().skip(1).find_map(|word| word.parse().ok()).unwrap_or(1_000);
    let runtime = tokio::runtime::Runtime::new().expect("a runtime starts");
    runtime.block_on(compare(rounds));
}

async fn compare(rounds: usize) {
    let defects = vec![defects::find("refresh.one-winner").expect("it is one of the bank's")];
    let options = reference::Options { defects, window: WINDOW, ..reference::Options::default() };
    let bank = Running::start(options).await.expect("a port of loopback is free");
    let targets = Targets::of(bank.address());
    let clock = Clock::start().await;
    let watched = Targets::of(&clock.address);

    let mut found = [0_usize; Way::ALL.len()];
    let mut spreads: [Vec<Duration>; Way::ALL.len()] = Default::default();
    for _ in 0..rounds {
        for (at, (way, _)) in Way::ALL.into_iter().enumerate() {
            found[at] += usize::from(winners(way, &targets).await > 1);
            spreads[at].push(clock.spread(way, &watched).await);
        }
    }
    println!("a window of {} µs, {COPIES} requests, {rounds} rounds", WINDOW.as_micros());
    println!();
    println!("{:<40}{:>8}{:>24}", "", "found", "arrival spread, median");
    for ((_, name), (found, spreads)) in Way::ALL.into_iter().zip(found.into_iter().zip(spreads)) {
        let share = found as f64 / rounds as f64;
        println!("{name:<40}{share:>8.3}{:>21} µs", median(spreads).as_micros());
    }
}

/// How many access tokens come out of one refresh token.
async fn winners(way: Way, targets: &Targets) -> usize {
    let target = &targets.http2;
    let world = target.make_world().await.expect("the bank makes worlds");
    let refresh = refresh_request(target, &world).await;
    let replies = way.send(targets, vec![refresh; COPIES]).await;
    target.drop_world(&world).await;
    let mut tokens: Vec<String> = replies
        .into_iter()
        .map(|reply| reply.expect("every copy is answered"))
        .filter(|answer| answer.status == 200)
        .map(|answer| text(&answer.json(), "access_token"))
        .collect();
    assert!(!tokens.is_empty(), "one copy wins at least");
    tokens.sort_unstable();
    tokens.dedup();
    tokens.len()
}

/// Logs a user in, and makes the request that uses the refresh token.
async fn refresh_request(target: &Target, world: &World) -> Outgoing {
    let (user, role) = (User("alice".to_owned()), Client("server".to_owned()));
    let client = world.client(&role);
    let redirect_uri = client.redirect_uris[0].clone();
    let parameters = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    };
    let send = async |request: Outgoing| target.send(&request).await.expect("the bank answers");

    let authorize = target.file().endpoints.authorize.get(&parameters(&[
        ("response_type", "code"),
        ("client_id", &client.client_id),
        ("redirect_uri", &redirect_uri),
        ("state", "a-state"),
    ]));
    let login = login_of_page(&send(authorize).await).expect("the bank shows its login page");
    let landed = send(target.login_request(world, &login, &user, true)).await;
    let location = landed.header("location").next().expect("a login redirects");
    let code = Callback::parse(location.as_bytes()).one("code").expect("the redirect has a code");
    send(target.approval_request(world, &login, &user, true)).await;

    let token = |pairs: &[(&str, &str)]| {
        let mut parameters = parameters(pairs);
        parameters.push(("client_id".to_owned(), client.client_id.clone()));
        let secret = client.client_secret.clone().expect("each client has one");
        parameters.push(("client_secret".to_owned(), secret));
        target.file().endpoints.token.request(Method::POST).form(&parameters)
    };
    let exchange =
        token(&[("grant_type", "authorization_code"), ("redirect_uri", &redirect_uri), ("code", &code)]);
    let refresh = text(&send(exchange).await.json(), "refresh_token");
    token(&[("grant_type", "refresh_token"), ("refresh_token", &refresh)])
}

fn text(json: &Option<Value>, key: &str) -> String {
    let text = json.as_ref().and_then(|json| json[key].as_str());
    text.unwrap_or_else(|| panic!("no {key} in {json:?}")).to_owned()
}

/// A server that notes when it has a request whole.
struct Clock {
    address: String,
    arrived: Arc<Mutex<Vec<Instant>>>,
}

impl Clock {
    async fn start() -> Clock {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port of loopback is free");
        let address = format!("http://{}", listener.local_addr().expect("it has an address"));
        let arrived = Arc::new(Mutex::new(Vec::new()));
        let note = async |State(arrived): State<Arc<Mutex<Vec<Instant>>>>, _: Bytes| {
            arrived.lock().unwrap_or_else(PoisonError::into_inner).push(Instant::now());
        };
        let routes = Router::new().fallback(note).with_state(arrived.clone());
        tokio::spawn(async move { axum::serve(listener, routes).await });
        Clock { address, arrived }
    }

    async fn spread(&self, way: Way, watched: &Targets) -> Duration {
        let token = watched.http1.file().endpoints.token.url.clone();
        // As long as a refresh request of the bank's.
        let request = Outgoing::new(Method::POST, token).form(&[("grant".to_owned(), "x".repeat(400))]);
        way.send(watched, vec![request; COPIES]).await;
        let mut arrived = std::mem::take(&mut *self.arrived.lock().unwrap_or_else(PoisonError::into_inner));
        // What warmed the connections came before.
        let copies = arrived.split_off(arrived.len() - COPIES);
        copies[COPIES - 1] - copies[0]
    }
}
