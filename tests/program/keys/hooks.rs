//! `[control]`: programs and requests in place of the control API.

use std::fs;
use std::future::ready;

use axum::body::{Body, Bytes};
use axum::response::Response;
use grantspec::results::{Exit, Verdict};
use http::request::Parts;
use serde_json::Value;

use super::all_pass;
use crate::common::proxy::Proxy;
use crate::common::stage::{Stage, text_of};

/// The bundled bank without its control API: what that does is done by programs and requests.
const HOOKED: &str = r#"
[endpoints]
authorize = '/oauth2/authorize'
token = '/oauth2/token'
whoami = '/ping/whoami'
logout = '/oauth2/logout'
accounts = '/accounts'
[login]
driver = 'form'
[[login.step]]
when = 'input[name=email]'
fill = { email = '{user.email}' }
allow = { press = 'Continue' }
deny = { press = 'Cancel' }
[approval]
driver = 'request'
approve = [{ url = '/control/worlds/{login.world}/approve', json = '{"login": "{login.id}", "user": "{user.role}"}' }]
deny = [{ url = '/control/worlds/{login.world}/deny', json = '{"login": "{login.id}", "user": "{user.role}"}' }]
[control]
make_world = { command = ['sh', './make-world'] }
drop_world = { command = ['sh', '-c', 'echo "$1" >> dropped', 'drop', '{world}'] }
advance = { url = '/control/worlds/{world}/advance', json = '{"seconds": {seconds}}' }
restart = { command = ['sh', '-c', 'echo "$1" >> restarted', 'restart', '{world}'] }
disconnect = { url = '/control/worlds/{world}/disconnect', json = '{"user": "{user}", "client": "server"}' }
"#;

/// Takes one of the worlds that were made before. Two that run at once never take the same.
const MAKE_WORLD: &str = r#"for world in worlds/*.json; do
    mv "$world" "$world.taken" 2>/dev/null && exec cat "$world.taken"
done
echo 'no world is left' >&2
exit 1
"#;

const CASES: [&str; 4] = [
    "nodes/logged-out-stays-dead[server]",
    "code/expires[server]",
    "nodes/disconnected-stays-dead",
    "logout/kills-access[server]",
];

/// A stage whose bank has made this many worlds. Gives their names.
fn with_worlds(stage: &Stage, bank: &str, count: usize) -> Vec<String> {
    fs::create_dir(stage.path("worlds")).expect("the folder is writable");
    fs::write(stage.path("make-world"), MAKE_WORLD).expect("the folder is writable");
    let world = |number| {
        let made = stage.start(async {
            let http = reqwest::Client::builder().no_proxy().build().expect("an HTTP client can be set up");
            let made = http.post(format!("{bank}/control/worlds")).body("{}").send().await;
            made.expect("the bank answers").bytes().await.expect("it answers whole")
        });
        fs::write(stage.path(&format!("worlds/{number}.json")), &made).expect("the folder is writable");
        let made: Value = serde_json::from_slice(&made).expect("it is JSON");
        made["world"].as_str().expect("it has a name").to_owned()
    };
    (0..count).map(world).collect()
}

fn lines(stage: &Stage, name: &str) -> Vec<String> {
    let mut lines: Vec<String> = text_of(&stage.path(name)).lines().map(str::to_owned).collect();
    lines.sort();
    lines
}

#[test]
fn programs_make_worlds_drop_them_and_restart_and_requests_move_clocks_and_disconnect() {
    let stage = Stage::new();
    let bank = stage.bank(&[]);
    // One for the first contact, one for each case.
    let mut worlds = with_worlds(&stage, bank.address(), 1 + CASES.len());
    worlds.sort();
    let ended = stage.run(&stage.target(bank.address(), HOOKED), &CASES);
    all_pass(&ended, &CASES);
    assert_eq!(lines(&stage, "dropped"), worlds, "each is dropped, once");
    let restarted = lines(&stage, "restarted");
    assert_eq!(restarted.len(), 2, "{restarted:?}: one for each case that restarts");
    assert!(restarted.iter().all(|world| worlds.contains(world)), "{restarted:?}");
}

#[test]
fn a_program_that_fails_is_an_error_that_says_what_it_said() {
    let stage = Stage::new();
    let bank = stage.bank(&[]);
    with_worlds(&stage, bank.address(), 2);
    let broken = HOOKED.replace("echo \"$1\" >> restarted", "echo \"no such unit: $1\" >&2; exit 3");
    let ended = stage.run(&stage.target(bank.address(), &broken), &CASES[..1]);
    let case = &ended.results().cases[0];
    let reason = case.reason.as_deref().unwrap_or_default();
    assert!(case.verdict == Verdict::Error && reason.contains("no such unit"), "{reason}\n{ended}");

    // There is no world left.
    let ended = stage.run(&stage.target(bank.address(), HOOKED), &CASES[..1]);
    assert_eq!(ended.code, Some(Exit::Trouble as i32), "{ended}");
    assert!(
        ended.stderr.contains("control.make_world") && ended.stderr.contains("no world is left"),
        "{ended}"
    );
}

#[test]
fn a_secret_header_of_a_hook_is_sent_and_shown_to_nobody() {
    const SECRET: &str = "k-5f0c2a86b1de4e77";
    let stage = Stage::new();
    let bank = stage.bank(&[]);
    let guarded = |parts: &Parts, _: &Bytes| {
        let shown = parts.headers.get("x-lab-key").is_some_and(|shown| shown == SECRET);
        let refusal =
            || ready(Response::builder().status(403).body(Body::empty()).expect("it is a response"));
        (parts.uri.path().ends_with("/disconnect") && !shown).then(refusal)
    };
    let front = stage.start(Proxy::start(bank.address(), guarded));
    let hook = "[control]\ndisconnect = { url = '/control/worlds/{world}/disconnect', headers = { x-lab-key = { env = 'LAB_KEY' } }, json = '{\"user\": \"{user}\", \"client\": \"server\"}' }\n";
    let file = stage.target(&front.address, hook);
    let ended = stage.run_with(&[("LAB_KEY", SECRET)], &file, &CASES[2..3]);
    all_pass(&ended, &CASES[2..3]);
    for name in ["index.html", "junit.xml", "results.json"] {
        let report = text_of(&ended.reports.join(name));
        assert!(!report.contains(SECRET), "{name}");
        assert!(name == "junit.xml" || report.contains("x-lab-key"), "the request is in {name}");
    }
    let ended = stage.run(&file, &CASES[2..3]);
    assert_eq!(ended.code, Some(Exit::Usage as i32), "{ended}");
    for part in ["the header x-lab-key of control.disconnect", "LAB_KEY", "not set"] {
        assert!(ended.stderr.contains(part), "{part}\n{ended}");
    }
}
