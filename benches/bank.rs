//! How many requests the bundled bank answers in a second, beside a bare axum route that answers with a constant.
//!
//! `cargo bench --bench bank [-- GRANTS]` serves four banks and the bare route in this process: one in memory, one with its
//! ledger in a file, and two whose users and clients are enough for `GRANTS` (1,000,000 by default) live grants, one with
//! few of these and one with all. They are asked by turns, each for a while, over as many connections; a round is one turn
//! of each, and the table shows medians over all rounds. Shares are taken within a round, so that what else the machine
//! does meanwhile touches both sides.
//!
//! The asking side is in this process too and as bare as it can be: bytes written to a socket, and the answer's read. What it
//! keeps of its grants it goes through in order, so that its memory costs little; to the bank that order is a random one.

#[path = "support/median.rs"]
mod median;
#[path = "support/visitor.rs"]
mod visitor;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use axum::Router;
use axum::routing::get;
use grantspec::reference::{self, Options};
use rand::SeedableRng;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use median::median;
use visitor::{Clients, Kept, Line, Town};

/// That of the program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Connections at a time.
const LINES: usize = 32;
/// Turns of each.
const ROUNDS: usize = 9;
/// How long a turn takes.
const TURN: Duration = Duration::from_millis(400);
/// More than a connection asks for in a turn.
const FARTHER: usize = 3000;
/// Grants in the banks that don't have many: more than there are connections.
const FEW: usize = 1000;

/// What is asked for.
#[derive(Clone, Copy)]
enum Asked {
    Constant,
    Whoami,
    Refresh,
}

/// Something that is measured.
struct Side {
    name: &'static str,
    asked: Asked,
    address: String,
    /// Which shelf has what its connections keep.
    shelf: usize,
    clients: Clients,
    /// The share of which other side it is shown as, by place.
    of: usize,
    rates: Vec<f64>,
}

fn main() {
    // Cargo adds `--bench`.
    let grants = std::env::args().skip(1).find_map(|word| word.parse().ok()).unwrap_or(1_000_000);
    let runtime = tokio::runtime::Runtime::new().expect("a runtime starts");
    runtime.block_on(compare(grants));
}

async fn compare(grants: usize) {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let constant = Router::new().route("/ping/whoami", get(async || "{\"authenticated\":true}"));
    let mut sides = vec![Side {
        name: "a constant",
        asked: Asked::Constant,
        address: served(constant).await,
        shelf: 0,
        clients: Clients::default(),
        of: 0,
        rates: Vec::new(),
    }];
    // What the connections of each bank keep. Both sides of a bank share it: a refresh ends the tokens that the other asks with.
    let mut shelves: Vec<Vec<Vec<Kept>>> = vec![vec![Vec::new(); LINES]];
    let few = town(FEW);
    let options = Options { fixture: few.fixture, ..Options::default() };
    let memory = reference::routes(&options, &[]).remove(0);
    let file = folder.path().join("bank.redb");
    let complain = Box::new(|trouble: &reference::StoreError| eprintln!("{trouble}"));
    let data = reference::kept_routes(&options, &[], file, complain).expect("the file can be made").remove(0);
    let began = Instant::now();
    let many = town(grants);
    let sparse = many.with_grants(FEW);
    let options = Options { fixture: many.fixture, ..Options::default() };
    let [quiet, crowded] = [(); 2].map(|()| reference::routes(&options, &[]).remove(0));
    for (names, routes, town, of) in [
        (["whoami, in memory", "refresh, in memory"], memory, &few, [0, 0]),
        (["whoami, --data", "refresh, --data"], data, &few, [0, 0]),
        (["whoami, few of many", "refresh, few of many"], quiet, &sparse, [0, 0]),
        (["whoami, many grants", "refresh, many grants"], crowded, &many, [5, 6]),
    ] {
        let (mut kept, clients) = town.settle(&routes).await;
        kept.shuffle(&mut StdRng::seed_from_u64(1));
        let (address, mut lanes) = (served(routes).await, vec![Vec::new(); LINES]);
        for (at, one) in kept.into_iter().enumerate() {
            lanes[at % LINES].push(one);
        }
        for (at, asked) in [Asked::Whoami, Asked::Refresh].into_iter().enumerate() {
            let (address, clients, shelf) = (address.clone(), clients.clone(), shelves.len());
            sides.push(Side {
                name: names[at],
                asked,
                address,
                shelf,
                clients,
                of: of[at],
                rates: Vec::new(),
            });
        }
        shelves.push(lanes);
    }
    eprintln!("{grants} grants were set up in {:.0} s", began.elapsed().as_secs_f64());
    for _ in 0..ROUNDS {
        for side in &mut sides {
            turn(side, &mut shelves[side.shelf]).await;
        }
    }
    println!("{LINES} connections, {ROUNDS} turns of {} ms each, {grants} grants are many", TURN.as_millis());
    println!();
    println!("                         requests/s   share");
    for side in &sides {
        let whole = &sides[side.of];
        let share = median(side.rates.iter().zip(&whole.rates).map(|(own, whole)| thousandths(own / whole)));
        let rate = median(side.rates.iter().map(|rate| *rate as u64));
        println!("{:<24} {rate:>10}   {:>4.0} % of {}", side.name, share as f64 / 10.0, whole.name);
    }
}

/// One turn of one side.
async fn turn(side: &mut Side, shelf: &mut Vec<Vec<Kept>>) {
    let (over, answered) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let mut lines = JoinSet::new();
    // No turn begins with the grants that an earlier one has warmed.
    let first = side.rates.len() * FARTHER;
    for (lane, mut kept) in std::mem::take(shelf).into_iter().enumerate() {
        let (over, answered, asked) = (over.clone(), answered.clone(), side.asked);
        let mut line = Line::open(&side.address, side.clients.clone()).await;
        lines.spawn(async move {
            let mut next = first;
            while !over.load(Ordering::Relaxed) {
                let count = kept.len().max(1);
                match asked {
                    Asked::Constant => line.constant().await,
                    Asked::Whoami => line.whoami(&kept[next % count]).await,
                    Asked::Refresh => line.refresh(&mut kept[next % count]).await,
                }
                next += 1;
                answered.fetch_add(1, Ordering::Relaxed);
            }
            (lane, kept)
        });
    }
    let (began, before) = (Instant::now(), answered.load(Ordering::Relaxed));
    tokio::time::sleep(TURN).await;
    let rate = (answered.load(Ordering::Relaxed) - before) as f64 / began.elapsed().as_secs_f64();
    over.store(true, Ordering::Relaxed);
    *shelf = vec![Vec::new(); LINES];
    for (lane, own) in lines.join_all().await {
        shelf[lane] = own;
    }
    side.rates.push(rate);
}

/// Users and clients enough for so many grants.
fn town(grants: usize) -> Town {
    let clients = (grants as f64).sqrt().ceil() as usize;
    Town::new(grants.div_ceil(clients), clients, grants)
}

async fn served(routes: Router) -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port of loopback is free");
    let address = listener.local_addr().expect("it has an address").to_string();
    tokio::spawn(reference::serve(listener, routes, std::future::pending()));
    address
}

fn thousandths(share: f64) -> u64 {
    (share * 1000.0).round() as u64
}
