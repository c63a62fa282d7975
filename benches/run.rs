//! How long a whole run takes, beside what its requests alone take.
//!
//! `cargo bench --bench run [-- REPEATS]` runs every shipped case against the bundled bank, reports included, and then
//! sends the very same requests from a bare reqwest loop, as many at a time as there were cases; by turns, `REPEATS` times
//! each (7 by default), everything in this process. The table shows medians; `CPU` is the whole process's, bank included.
//!
//! The requests are learned beforehand, from a run through a proxy that writes them down. Those to the control API, which
//! a run hands to the bank within the process, are sent like the others: a bare client has no other way. The bare loop sends their bytes
//! to that run's bank, which keeps its worlds: pages open and tokens are looked up as in a run, but what works once has
//! been used. What a bank does behind an answer is little beside carrying it.

#[path = "support/figure.rs"]
mod figure;
#[path = "support/judged.rs"]
mod judged;
#[path = "support/median.rs"]
mod median;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::response::Response;
use grantspec::engine::Plan;
use grantspec::reference::{self, Running};
use grantspec::report;
use grantspec::results::{CaseResult, Verdict};
use grantspec::suite::Library;
use grantspec::target::{Target, TargetFile};
use http::{HeaderMap, Method};
use tokio::net::TcpListener;

use figure::ms;
use judged::judged;
use median::median;

/// That of the program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// A request as it is sent again.
#[derive(Clone)]
struct Learned {
    method: Method,
    path: String,
    headers: HeaderMap,
    body: bytes::Bytes,
}

/// What one whole run took.
struct Whole {
    phases: [Duration; 4],
    reports: [Duration; 3],
    cpu: Duration,
}

impl Whole {
    const PHASES: [&str; 4] =
        ["read the suites", "start bank and client", "run the cases", "write the reports"];
    const REPORTS: [&str; 3] = ["results.json", "junit.xml", "index.html"];

    fn wall(&self) -> Duration {
        self.phases.iter().sum()
    }
}

fn main() {
    // Cargo adds `--bench`.
    let repeats = std::env::args().skip(1).find_map(|word| word.parse().ok()).unwrap_or(7);
    let runtime = tokio::runtime::Runtime::new().expect("a runtime starts");
    runtime.block_on(compare(repeats));
}

async fn compare(repeats: usize) {
    let (requests, bank) = learn().await;
    let requests = Arc::new(requests);
    let (mut wholes, mut bares) = (Vec::new(), Vec::new());
    for _ in 0..repeats {
        wholes.push(whole().await);
        bares.push(bare(&requests, &bank).await);
    }
    let wall = median(wholes.iter().map(Whole::wall));
    let bare_wall = median(bares.iter().map(|(wall, _)| *wall));
    let ratio = median(wholes.iter().zip(&bares).map(|(whole, (bare, _))| {
        // A ratio as a duration, so that it has an order: a second stands for 1.
        Duration::from_secs_f64(whole.wall().as_secs_f64() / bare.as_secs_f64())
    }));
    println!("every shipped case against the bundled bank, {} requests, {repeats} times", requests.len());
    println!();
    println!("                              wall        CPU");
    let both = |name: &str, wall: Duration, cpu: Duration| println!("{name:<24} {} {}", ms(wall), ms(cpu));
    both("the whole run", wall, median(wholes.iter().map(|whole| whole.cpu)));
    for (at, name) in Whole::PHASES.iter().enumerate() {
        println!("  {name:<22} {}", ms(median(wholes.iter().map(|whole| whole.phases[at]))));
    }
    for (at, name) in Whole::REPORTS.iter().enumerate() {
        println!("    {name:<20} {}", ms(median(wholes.iter().map(|whole| whole.reports[at]))));
    }
    both("the requests alone", bare_wall, median(bares.iter().map(|(_, cpu)| *cpu)));
    println!();
    println!("the run takes {:.2} times what its requests take (median of the pairs)", ratio.as_secs_f64());
}

/// Every step of `grantspec run`, without its console.
async fn whole() -> Whole {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let cpu_before = cpu();
    let began = Instant::now();
    let library = Library::shipped();
    let read = began.elapsed();

    let began = Instant::now();
    let bank = Running::start(reference::Options::default()).await.expect("a port of loopback is free");
    let target = open(bank.address()).directly(&bank.routes("/control/"));
    let plan = Plan::select(&library, &[], Some(&target));
    let started = began.elapsed();

    let began = Instant::now();
    let run = judged(&library, &plan, &target).await;
    let ran = began.elapsed();

    let began = Instant::now();
    report::write(folder.path(), &run).expect("the folder is writable");
    let reported = began.elapsed();
    let cpu = cpu().saturating_sub(cpu_before);

    let broken = run.cases.iter().find(|case: &&CaseResult| case.verdict != Verdict::Pass);
    assert!(
        broken.is_none(),
        "a figure of a run that went wrong means nothing: {:?}",
        broken.map(|case| &case.id)
    );
    let timed = |render: &dyn Fn() -> usize| {
        let began = Instant::now();
        assert!(render() > 0);
        began.elapsed()
    };
    let reports = [
        timed(&|| serde_json::to_string_pretty(&run).expect("results are JSON").len()),
        timed(&|| report::junit::render(&run).expect("results are XML").len()),
        timed(&|| report::html::render(&run).len()),
    ];
    Whole { phases: [read, started, ran, reported], reports, cpu }
}

/// The requests and nothing else.
async fn bare(requests: &Arc<Vec<Learned>>, bank: &Running) -> (Duration, Duration) {
    let client = client();
    let cpu_before = cpu();
    let began = Instant::now();
    let next = Arc::new(AtomicUsize::new(0));
    let workers: Vec<_> = (0..open(bank.address()).file().limits.jobs)
        .map(|_| {
            let (client, requests, next) = (client.clone(), requests.clone(), next.clone());
            let address = bank.address().to_owned();
            tokio::spawn(async move {
                while let Some(learned) = requests.get(next.fetch_add(1, Ordering::Relaxed)) {
                    forwarded(&client, &address, learned.clone()).await;
                }
            })
        })
        .collect();
    for worker in workers {
        worker.await.expect("no worker panics");
    }
    (began.elapsed(), cpu().saturating_sub(cpu_before))
}

/// What this process has used of all cores so far, its own code and the kernel's for it.
///
/// # Panics
///
/// Where there is no `/proc`: these figures are taken on Linux.
fn cpu() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").expect("Linux tells of every process");
    // The name, in brackets, may hold anything; utime and stime are the 12th and 13th fields behind it (proc(5)).
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace().skip(11).take(2);
    let ticks: u64 = fields.filter_map(|field| field.parse::<u64>().ok()).sum();
    // A tick is 10 ms wherever Linux runs today (USER_HZ).
    Duration::from_millis(ticks * 10)
}

/// The requests of a run, in the order in which they came, and the bank that they were for.
async fn learn() -> (Vec<Learned>, Running) {
    let bank = Running::start(reference::Options::default()).await.expect("a port of loopback is free");
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port of loopback is free");
    let address = format!("http://{}", listener.local_addr().expect("it has an address"));
    // Also sets up TLS for the process, without which no client can be made.
    let target = open(&address);
    let proxy =
        Arc::new(Proxy { client: client(), bank: bank.address().to_owned(), seen: Mutex::new(Vec::new()) });
    let routes = Router::new().fallback(pass_on).with_state(proxy.clone());
    let serving = tokio::spawn(async move { axum::serve(listener, routes).await });
    let library = Library::shipped();
    judged(&library, &Plan::select(&library, &[], Some(&target)), &target).await;
    serving.abort();
    let mut seen = proxy.seen.lock().unwrap_or_else(PoisonError::into_inner);
    let requests = std::mem::take(&mut *seen);
    drop(seen);
    (requests, bank)
}

struct Proxy {
    client: reqwest::Client,
    bank: String,
    seen: Mutex<Vec<Learned>>,
}

async fn pass_on(State(proxy): State<Arc<Proxy>>, request: Request) -> Response {
    let (mut head, body) = request.into_parts();
    let body = to_bytes(body, usize::MAX).await.expect("a run sends whole bodies");
    head.headers.remove(http::header::HOST);
    let path = head.uri.path_and_query().map_or("/", |path| path.as_str()).to_owned();
    let mut learned = Learned { method: head.method, path, headers: head.headers, body };
    if learned.method == Method::DELETE {
        // Only worlds are deleted, and these have to stay; the bank has as much to do to find that it has none.
        learned.path.push_str("-kept");
    }
    proxy.seen.lock().unwrap_or_else(PoisonError::into_inner).push(learned.clone());
    let (status, headers, body) = forwarded(&proxy.client, &proxy.bank, learned).await;
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    response.headers_mut().remove(http::header::TRANSFER_ENCODING);
    response
}

async fn forwarded(
    client: &reqwest::Client,
    address: &str,
    learned: Learned,
) -> (http::StatusCode, HeaderMap, bytes::Bytes) {
    let request = client.request(learned.method, format!("{address}{}", learned.path));
    let mut response =
        request.headers(learned.headers).body(learned.body).send().await.expect("the bank answers");
    let (status, headers) = (response.status(), std::mem::take(response.headers_mut()));
    (status, headers, response.bytes().await.expect("the bank answers whole"))
}

fn client() -> reqwest::Client {
    reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .tcp_nodelay(true)
        .build()
        .expect("an HTTP client can be set up")
}

fn open(address: &str) -> Target {
    let file = TargetFile::at(address).expect("it is an address");
    Target::open(file).expect("an HTTP client can be set up")
}
