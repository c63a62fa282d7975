//! Who stands where, and who asks whom.

use serde_json::{Value, json};

use super::*;

fn exchange(actor: &str, purpose: &str, url: &str) -> Value {
    json!({
        "actor": actor, "purpose": purpose, "at_us": 0, "took_us": 1,
        "request": { "method": "GET", "url": url, "headers": [], "body": { "text": "", "bytes": 0, "shortened": false } },
        "reply": { "response": { "status": 200, "headers": [], "body": { "text": "", "bytes": 0, "shortened": false } } },
    })
}

fn case(exchanges: &[Value]) -> CaseResult {
    let place = json!({ "file": "a.toml", "line": 1, "column": 1, "width": 1, "text": "x" });
    let case = json!({
        "id": "a/b", "suite": "a", "about": "b", "proves": ["app.b"], "level": "must", "verdict": "pass",
        "place": place, "began_ms": 0, "duration_ms": 1, "rerun": "grantspec app", "findings": [], "observations": [],
        "steps": [{
            "verb": "connect", "title": "alice logs in", "place": place, "standing": "met", "outcome": "done",
            "exchanges": exchanges, "left_out": 0,
        }],
    });
    serde_json::from_value(case).expect("it is a case")
}

type Pairs = Vec<(String, String)>;

/// The lanes by name and kind, and each arrow by the names of its lanes.
fn drawn(exchanges: &[Value], name: &str, is_app: bool) -> (Pairs, Pairs) {
    let story = of(&case(exchanges), name, is_app).expect("a request was made");
    let at = |x: usize| story.lanes.iter().find(|lane| lane.x == x).expect("a lane is there").name.clone();
    let arrows = story.rows.iter().filter_map(|row| match row {
        Row::Arrow(arrow) => Some((at(arrow.from), at(arrow.to))),
        _ => None,
    });
    let lanes = story.lanes.iter().map(|lane| (lane.name.clone(), lane.kind.to_owned()));
    (lanes.collect(), arrows.collect())
}

fn pairs(of: &[(&str, &str)]) -> Pairs {
    of.iter().map(|(from, to)| ((*from).to_owned(), (*to).to_owned())).collect()
}

#[test]
fn an_app_and_its_bank_have_a_lane_each() {
    let (lanes, arrows) = drawn(
        &[
            exchange("alice", "begin a login at the app", "http://127.0.0.1:11000/connect"),
            exchange("browser", "ask for a login", "https://127.0.0.1:40000/oauth2/authorize?state=a"),
            exchange("alice", "log in at the bank", "http://127.0.0.1/control/worlds/1/login"),
            exchange("alice", "deliver the callback", "http://127.0.0.1:11000/callback?code=b"),
            exchange("app", "exchange the code", "https://127.0.0.1:40000/oauth2/token"),
            exchange("harness", "let access tokens expire", "http://127.0.0.1/control/worlds/1/advance"),
            exchange("alice", "begin a login at the app", "https://127.0.0.1:40000/oauth2/authorize?state=c"),
        ],
        "Our app",
        true,
    );
    let due = [
        ("harness", "test control"),
        ("alice", "user"),
        ("browser", "user"),
        ("Our app", "app"),
        ("the bank", "played by grantspec"),
    ];
    assert_eq!(lanes, pairs(&due));
    let due = [
        ("alice", "Our app"),
        ("browser", "the bank"),
        ("alice", "the bank"),
        ("alice", "Our app"),
        ("Our app", "the bank"),
        ("harness", "the bank"),
        ("alice", "the bank"),
    ];
    assert_eq!(arrows, pairs(&due));
}

#[test]
fn a_request_that_a_redirect_led_away_goes_to_neither() {
    let (lanes, arrows) = drawn(
        &[
            exchange(
                "app",
                "exchange the code, answered as the case says",
                "https://api.bank.example/oauth2/token",
            ),
            exchange("app", ASTRAY, "https://elsewhere.example/oauth2/token"),
        ],
        "Our app",
        true,
    );
    assert_eq!(lanes.last().map(|(name, _)| name.as_str()), Some("another origin"));
    assert_eq!(arrows, pairs(&[("Our app", "the bank"), ("Our app", "another origin")]));
}

#[test]
fn a_bank_that_is_judged_is_asked_by_all() {
    let (lanes, arrows) = drawn(
        &[
            exchange("server", "exchange the code", "http://127.0.0.1:8080/oauth2/token"),
            exchange("alice", "log in", "http://127.0.0.1:8080/control/worlds/1/login"),
        ],
        "Our bank",
        false,
    );
    assert_eq!(lanes, pairs(&[("alice", "user"), ("server", "app"), ("Our bank", "bank")]));
    assert_eq!(arrows, pairs(&[("server", "Our bank"), ("alice", "Our bank")]));
}

#[test]
fn the_picture_of_an_apps_case_fits_the_column_of_a_report() {
    let exchanges: Vec<Value> = ["harness", "alice", "browser", "bob", "app"]
        .map(|actor| exchange(actor, "ask", "http://127.0.0.1:11000/"))
        .into();
    let story = of(&case(&exchanges), "Our app", true).expect("requests were made");
    assert!(story.width <= 970, "{}", story.width);
}
