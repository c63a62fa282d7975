//! A bank that is killed with SIGKILL in the middle of its work, again and again, and started again with the same file:
//! what it has answered holds. Each lane keeps a log of its own of what was answered to it, and holds the bank that comes
//! back against it.
//!
//! `GRANTSPEC_KILLS=200 cargo test --release --test crash -- --nocapture` kills it 200 times, and tells what was seen.

mod api;
mod lane;

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Instant;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use api::{Api, World};
use lane::{Lane, Seen};

/// How often the bank is killed unless `GRANTSPEC_KILLS` says it.
const KILLS: usize = 6;
/// Worlds; each has a lane for each of its users and confidential clients.
const WORLDS: usize = 3;
/// So many answers, at most, come between a start and a kill.
const MOST_ANSWERS: usize = 400;

/// A bank in a process of its own.
struct Serving {
    child: Child,
    address: String,
}

impl Serving {
    fn start(file: &Path) -> Serving {
        let child = Command::new(assert_cmd::cargo::cargo_bin!("grantspec"))
            .args(["serve", "--data"])
            .arg(file)
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let mut serving = Serving { child, address: String::new() };
        let stdout = serving.child.stdout.take().expect("it is piped");
        BufReader::new(stdout).read_line(&mut serving.address).expect("it says where it is");
        assert!(
            serving.address.starts_with("http://"),
            "the bank starts with the file that a killed one left"
        );
        serving.address.truncate(serving.address.trim_end().len());
        serving
    }

    fn kill(mut self) {
        self.child.kill().expect("it runs");
        self.child.wait().expect("it has ended");
    }
}

/// No failed check leaves a bank running.
impl Drop for Serving {
    fn drop(&mut self) {
        // It has ended already if this fails.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn what_was_answered_holds_after_the_bank_was_killed() {
    let kills = std::env::var("GRANTSPEC_KILLS").map_or(KILLS, |kills| kills.parse().expect("a number"));
    let runtime = tokio::runtime::Runtime::new().expect("a runtime starts");
    let folder = tempfile::tempdir().expect("a folder");
    let began = Instant::now();
    let seen = runtime.block_on(killed(kills, &folder.path().join("bank.redb")));
    println!("{kills} kills in {:.0} s: {seen}", began.elapsed().as_secs_f64());
    assert!(seen.refreshes > 0 && seen.live > 0 && seen.dead > 0, "too little was looked at: {seen}");
}

async fn killed(kills: usize, file: &Path) -> Seen {
    let mut rng = StdRng::seed_from_u64(20_261_127);
    let mut bank = Serving::start(file);
    let mut lanes = Vec::new();
    for _ in 0..WORLDS {
        let world = Arc::new(World::make(&Api::at(&bank.address)).await);
        for user in ["alice", "bob"] {
            for client in ["server", "other"] {
                lanes.push(Lane::new(world.clone(), user, client, rng.random()));
            }
        }
    }
    for _ in 0..kills {
        let api = Api::at(&bank.address);
        let (answered, mut answers) = mpsc::unbounded_channel();
        let enough = rng.random_range(1..MOST_ANSWERS);
        let mut working = JoinSet::new();
        for mut lane in lanes.drain(..) {
            let (api, answered) = (api.clone(), answered.clone());
            working.spawn(async move {
                lane.work(&api, &answered).await;
                lane
            });
        }
        drop(answered);
        for _ in 0..enough {
            answers.recv().await.expect("the bank answers until it is killed");
        }
        bank.kill();
        lanes = working.join_all().await;
        bank = Serving::start(file);
        let api = Api::at(&bank.address);
        for lane in &mut lanes {
            lane.check(&api).await;
        }
    }
    bank.kill();
    lanes.iter().map(|lane| lane.seen).fold(Seen::default(), Seen::and)
}
