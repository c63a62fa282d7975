//! `reports/sample/` is what a run of this very tree writes. `UPDATE_GOLDEN=1 cargo test --test sample` makes it anew.
//!
//! Ids, times and the port differ from run to run: stand-ins replace them, so that only what a reader should look at
//! makes the sample stale. Everything but `results.json` is rendered from what is then in it.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use grantspec::report::console::{Style, case_block, summary};
use grantspec::report::{read, write};
use grantspec::results::{Exit, Run, Verdict};
use serde_json::Value;

/// The command of the sample, as the README gives it, without where the reports go.
const ARGUMENTS: [&str; 9] = [
    "run",
    "refresh.single-use",
    "refresh.one-winner",
    "refresh.rotates",
    "refresh.kills-old-access",
    "--defect",
    "refresh.single-use",
    "--seed",
    "1",
];

const NOTE: &str =
    "In this sample ids, times and the port are stand-ins: every request takes one millisecond.";

/// Shapes of a point in time, a digit for each `0`, and what stands in for it.
const TIMES: [(&str, &str); 2] =
    [("0000-00-00T00:00:00", "2026-01-01T00:00:00"), ("\"now\":0000000000", "\"now\":1767225600")];

#[test]
fn the_sample_is_what_a_run_of_this_tree_writes() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let done = Command::new(env!("CARGO_BIN_EXE_grantspec"))
        .args(ARGUMENTS)
        .args(["--quiet", "--report"])
        .arg(folder.path())
        .output()
        .expect("the program starts");
    assert_eq!(
        done.status.code(),
        Some(Exit::NotConformant as i32),
        "{}",
        String::from_utf8_lossy(&done.stderr)
    );

    let mut made = read(folder.path()).expect("the run wrote its results");
    settle(&mut made);
    write(folder.path(), &made).expect("the folder is writable");
    std::fs::write(folder.path().join("console.txt"), console(&made)).expect("the folder is writable");

    let committed = Path::new(env!("CARGO_MANIFEST_DIR")).join("reports/sample");
    let mut stale = Vec::new();
    for name in ["results.json", "junit.xml", "index.html", "console.txt"] {
        let made = std::fs::read_to_string(folder.path().join(name)).expect("it was just written");
        let place = committed.join(name);
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            std::fs::write(&place, &made).expect("the sample is writable");
        }
        let known = std::fs::read_to_string(&place).unwrap_or_default();
        if known != made {
            stale.push(format!("reports/sample/{name}: {}", first_difference(&known, &made)));
        }
    }
    assert!(
        stale.is_empty(),
        "stale: look at what changed, then run UPDATE_GOLDEN=1 cargo test --test sample\n{}",
        stale.join("\n")
    );
}

/// Puts stand-ins where two runs of the same tree differ.
fn settle(run: &mut Run) {
    run.command = format!("grantspec {}", ARGUMENTS.join(" "));
    run.started = "2026-01-01T00:00:00Z".to_owned();
    run.notes.push(NOTE.to_owned());
    let mut elapsed_ms = 0;
    for case in &mut run.cases {
        case.began_ms = elapsed_ms;
        case.duration_ms = 0;
        for exchange in case.steps.iter_mut().flat_map(|step| &mut step.exchanges) {
            exchange.at_us = case.duration_ms * 1000;
            exchange.took_us = 1000;
            case.duration_ms += 1;
        }
        elapsed_ms += case.duration_ms;
        if let Some(rounds) = &mut case.rounds {
            rounds.spread_us = rounds.spread_us.map(|_| 10);
        }
    }
    run.duration_ms = elapsed_ms;

    let address = run.target.base.trim_start_matches("http://").to_owned();
    let mut ids = Ids::default();
    let mut value = serde_json::to_value(&*run).expect("results are JSON");
    for_each_text(&mut value, &mut |text| {
        *text = ids.replace(&text.replace(&address, "127.0.0.1:8080"));
        for (shape, stand_in) in TIMES {
            *text = replace_shape(text, shape, stand_in);
        }
        if text.ends_with(" GMT") {
            *text = "Thu, 01 Jan 2026 00:00:00 GMT".to_owned();
        }
    });
    *run = serde_json::from_value(value).expect("stand-ins are of the same kind");
}

fn for_each_text(value: &mut Value, act: &mut impl FnMut(&mut String)) {
    match value {
        Value::String(text) => act(text),
        Value::Array(items) => items.iter_mut().for_each(|item| for_each_text(item, act)),
        Value::Object(members) => members.values_mut().for_each(|member| for_each_text(member, act)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// What the bundled bank's ids begin with.
const KINDS: [&str; 5] = ["acc", "oauth2client", "tx", "user", "world"];

/// Ids such as `user_27yd6u7S5z59F77jtXh3Bm`, numbered as they come.
#[derive(Default)]
struct Ids(BTreeMap<String, usize>);

impl Ids {
    fn replace(&mut self, text: &str) -> String {
        let is_word = |character: char| character.is_ascii_alphanumeric() || "-_".contains(character);
        let mut replaced = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(start) = rest.find(is_word) {
            let end =
                rest[start..].find(|character| !is_word(character)).map_or(rest.len(), |end| start + end);
            replaced.push_str(&rest[..start]);
            replaced.push_str(&self.stand_in(&rest[start..end]));
            rest = &rest[end..];
        }
        replaced + rest
    }

    /// As long as the id, so that lengths stay true.
    fn stand_in(&mut self, word: &str) -> String {
        match word.split_once('_') {
            Some((kind, unique)) if unique.len() >= 20 && KINDS.contains(&kind) => {
                let next = self.0.len() + 1;
                let number = self.0.entry(word.to_owned()).or_insert(next);
                format!("{kind}_{number:0width$}", width = unique.len())
            }
            _ => word.to_owned(),
        }
    }
}

fn replace_shape(text: &str, shape: &str, stand_in: &str) -> String {
    let fits = |at: usize| {
        text.get(at..at + shape.len()).is_some_and(|part| {
            let mut pairs = part.bytes().zip(shape.bytes());
            pairs.all(|(byte, due)| if due == b'0' { byte.is_ascii_digit() } else { byte == due })
        })
    };
    match (0..text.len()).find(|at| fits(*at)) {
        Some(at) => {
            let (before, after) = (&text[..at], &text[at + shape.len()..]);
            format!("{before}{stand_in}{}", replace_shape(after, shape, stand_in))
        }
        None => text.to_owned(),
    }
}

/// What the run leaves on a console: every case that is worth telling, heaviest first, then the summary.
fn console(run: &Run) -> String {
    let mut told: Vec<_> =
        run.cases.iter().filter(|case| !matches!(case.verdict, Verdict::Pass | Verdict::Skipped)).collect();
    told.sort_by_key(|case| std::cmp::Reverse(case.verdict));
    let blocks: String = told.into_iter().map(|case| case_block(case, run, Style::Plain) + "\n").collect();
    blocks + &summary(run, Style::Plain)
}

fn first_difference(known: &str, made: &str) -> String {
    let mut lines = known.lines().zip(made.lines()).enumerate();
    match lines.find(|(_, (known, made))| known != made) {
        Some((index, (known, made))) => format!("line {}\n  - {known:.300}\n  + {made:.300}", index + 1),
        None => format!("{} lines are committed, {} were made", known.lines().count(), made.lines().count()),
    }
}

#[test]
fn an_id_keeps_its_stand_in_and_its_length() {
    let mut ids = Ids::default();
    let replaced = ids.replace("/x/user_27yd6u7S5z59F77jtXh3Bm/acc_aaaaaaaaaaa-aaaa_aaaaa?u=user_27yd6u7S5z59F77jtXh3Bm&access_token");
    assert_eq!(
        replaced,
        "/x/user_0000000000000000000001/acc_0000000000000000000002?u=user_0000000000000000000001&access_token"
    );
}

#[test]
fn every_time_of_a_text_is_replaced() {
    let (shape, stand_in) = TIMES[0];
    let text = "ä 2031-12-24T18:00:00.000Z, 2031-12-24T18:00:01Z";
    assert_eq!(replace_shape(text, shape, stand_in), "ä 2026-01-01T00:00:00.000Z, 2026-01-01T00:00:00Z");
}
