//! What a hundred times the cases cost: time, memory and size of the reports, step by step.
//!
//! `cargo bench --bench scale [-- FEW MANY]` generates suites of 100 and of 10,000 cases, all in one file, and runs each
//! in a process of its own against the bundled bank with a defect, so that every second case fails. Where the last
//! column says 1, cost grows as the number of cases does; at 100 it would be its square.

#[path = "support/figure.rs"]
mod figure;
#[path = "support/judged.rs"]
mod judged;

use std::fmt::Write as _;
use std::process::Command;
use std::time::Instant;

use grantspec::engine::Plan;
use grantspec::reference::{self, Running, defects};
use grantspec::report;
use grantspec::results::Verdict;
use grantspec::suite::{Library, Paint, render};
use grantspec::target::{Target, TargetFile};

use figure::ms;
use judged::judged;

/// That of the program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The word before the number of cases that tells a process that it is one of the two.
const CHILD: &str = "--cases";

/// One case that fails on the bank with [`DEFECT`], and one that passes. `{n}` is its number.
const CASES: [&str; 2] = [
    r#"
[[case]]
id = "single-use-{n}"
proves = ["refresh.single-use"]
about = "A refresh token works once, number {n}"

[[case.step]]
login = { user = "alice", client = "server", save = "first" }

[[case.step]]
refresh = { grant = "first", save = "second" }

[[case.step]]
refresh = { grant = "first" }
expect = { outcome = "refused" }

[[case.step]]
call = { whoami = "second" }
"#,
    r#"
[[case]]
id = "bad-token-{n}"
proves = ["whoami.bad-token"]
about = "A token that was never issued is refused, number {n}"

[[case.step]]
login = { user = "alice", client = "server", save = "grant" }

[[case.step]]
call = { whoami = "grant", token = "random" }
expect = { outcome = "refused", status = 401 }

[[case.step]]
call = { whoami = "grant" }
"#,
];

const DEFECT: &str = "refresh.single-use";

/// A case with three mistakes.
const MISTAKES: &str = r#"
[[case]]
id = "undefined-{n}"
proves = ["refresh.single-use"]
about = "Three mistakes, number {n}"

[[case.step]]
refresh = { grant = "nobody" }

[[case.step]]
call = { whoami = "nobody" }
expect = { outcome = "refusd" }
"#;

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    if let [word, cases, ..] = words.as_slice()
        && word == CHILD
    {
        return measure(cases.parse().expect("the parent gives a number"));
    }
    let mut sizes = words.iter().filter_map(|word| word.parse::<usize>().ok());
    let (few, many) = (sizes.next().unwrap_or(100), sizes.next().unwrap_or(10_000));
    let (of_few, of_many) = (child(few), child(many));
    let growth = many as f64 / few as f64;
    println!("{:<28}{few:>12} cases{many:>12} cases{:>14}", "", "growth / cases");
    for ((name, small), (_, large)) in of_few.iter().zip(&of_many) {
        let show = |value: f64| {
            if name.ends_with("size") || name.ends_with("memory") {
                size(value as usize)
            } else {
                ms(std::time::Duration::from_secs_f64(value))
            }
        };
        println!("{name:<28}{:>18}{:>18}{:>14.2}", show(*small), show(*large), large / small / growth);
    }
}

/// `12.3 KiB` or `4.5 MiB`.
fn size(bytes: usize) -> String {
    let kibibytes = bytes as f64 / 1024.0;
    if kibibytes < 1024.0 { format!("{kibibytes:.1} KiB") } else { format!("{:.1} MiB", kibibytes / 1024.0) }
}

/// Figures in seconds or bytes, each with its name.
fn child(cases: usize) -> Vec<(String, f64)> {
    let output = Command::new(std::env::current_exe().expect("a program knows its file"))
        .args([CHILD, &cases.to_string()])
        .stderr(std::process::Stdio::inherit())
        .output()
        .expect("a program can start itself");
    assert!(output.status.success(), "{cases} cases: {}", output.status);
    let text = String::from_utf8(output.stdout).expect("figures are text");
    let figure = |line: &str| {
        let (name, value) = line.split_once('\t')?;
        Some((name.to_owned(), value.parse().ok()?))
    };
    text.lines().filter_map(figure).collect()
}

fn measure(cases: usize) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime starts");
    runtime.block_on(async {
        let text = suite(cases, &CASES);
        let library = timed("read the suites", || {
            Library::read(&[("generated.toml", &text)]).expect("what is generated has no mistake")
        });
        let defects = vec![defects::find(DEFECT).expect("it is one of the bank's")];
        let options = reference::Options { defects, ..reference::Options::default() };
        let bank = Running::start(options).await.expect("a port of loopback is free");
        let file = TargetFile::at(bank.address()).expect("it is an address");
        let target = Target::open(file).expect("an HTTP client can be set up");
        let plan = timed("select", || Plan::select(&library, &[], Some(&target)));
        let began = Instant::now();
        let run = judged(&library, &plan, &target).await;
        tell("run the cases", began.elapsed().as_secs_f64());
        let failed = run.cases.iter().filter(|case| case.verdict == Verdict::Fail).count();
        assert_eq!(failed, cases.div_ceil(2), "every second case fails");

        let json =
            timed("results.json", || serde_json::to_string_pretty(&run).expect("results are JSON").len());
        tell("results.json, size", json as f64);
        let junit = timed("junit.xml", || report::junit::render(&run).expect("results are XML").len());
        tell("junit.xml, size", junit as f64);
        let html = timed("index.html", || report::html::render(&run).len());
        tell("index.html, size", html as f64);
        tell("peak memory", peak_memory());

        let wrong = suite(cases, &[MISTAKES]);
        let mistakes = timed("read as many mistakes", || {
            Library::read(&[("generated.toml", &wrong)]).expect_err("it is full of mistakes")
        });
        timed("render the mistakes", || render(&mistakes, Paint::Plain).len());
    });
}

fn suite(cases: usize, templates: &[&str]) -> String {
    let mut text = "[suite]\nid = \"generated\"\nabout = \"Generated cases\"\n".to_owned();
    for (number, template) in (0..cases).zip(templates.iter().cycle()) {
        write!(text, "{}", template.replace("{n}", &number.to_string())).expect("a String takes everything");
    }
    text
}

fn timed<T>(name: &str, work: impl FnOnce() -> T) -> T {
    let began = Instant::now();
    let done = work();
    tell(name, began.elapsed().as_secs_f64());
    done
}

fn tell(name: &str, value: f64) {
    println!("{name}\t{value}");
}

/// The most memory that this process ever had, in bytes (proc(5), `VmHWM`).
fn peak_memory() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux tells of every process");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("the kernel counts it");
    let kibibytes: f64 = line.trim().trim_end_matches(" kB").parse().expect("it is a number");
    kibibytes * 1024.0
}
