//! Raw requests: what a suite writes is what is sent, and what comes of it is judged.

use std::fs;

use grantspec::results::{Reply, Verdict};

use crate::common::stage::{Stage, text_of};

const SUITE: &str = r#"
[suite]
id = "raw"
about = "Raw requests"

[[case]]
id = "whoami"
proves = ["whoami.header-only"]
about = "A token counts in the header that carries it, and nowhere else"

[[case.step]]
login = { user = "alice", client = "server", save = "first" }

[[case.step]]
request = { client = "server", method = "GET", to = "whoami", headers = { authorization = "Bearer {first.access}" } }
expect = { outcome = "granted", has = ["json"] }

[[case.step]]
request = { client = "server", method = "GET", to = "whoami", headers = { X-Access-Token = "{first.access}" } }
expect = { outcome = "refused", status = 401, has = ["bearer-challenge"] }

[[case.step]]
request = { client = "server", method = "GET", to = "/no/such/{alice.id}", query = { text = "{{first.access}} & {x:1}" } }
given = { outcome = "refused", status = 404 }

[[case]]
id = "token"
proves = ["token.post-form-only"]
about = "Tokens are given for a form, and not for what only looks like one"

[[case.step]]
login = { user = "alice", client = "server", save = "first" }

[[case.step]]
request = { client = "server", method = "POST", to = "token", headers = { Content-Type = "text/plain" }, body = "grant_type=refresh_token&client_id={server.id}&client_secret={server.secret}&refresh_token={first.refresh}" }
expect = { outcome = "refused", error = "invalid_request", has = ["no-store"] }

[[case.step]]
request = { client = "server", method = "POST", to = "/oauth2/token", form = { grant_type = "refresh_token", client_id = "{server.id}", client_secret = "{server.secret}", refresh_token = "{first.refresh}" } }
expect = { outcome = "granted" }
"#;

#[test]
fn what_is_written_is_sent_and_judged_and_no_secret_is_left_behind() {
    let stage = Stage::new();
    fs::write(stage.path("raw.toml"), SUITE).expect("the folder is writable");
    let reports = stage.path("reports");
    let reports = reports.to_str().expect("the folder's name is UTF-8");
    let ended = stage.grantspec(&["run", "--suites", "raw.toml", "--report", reports]);
    assert_eq!(ended.code, Some(0), "{ended}");
    let run = ended.results();
    assert!(run.cases.iter().all(|case| case.verdict == Verdict::Pass), "{ended}");

    let exchange = |case: usize, step: usize| &run.cases[case].steps[step].exchanges[0];
    let header = |step: usize, name: &str| {
        let headers = exchange(0, step).request.headers.iter();
        headers.filter(|field| field.name == name).map(|field| field.value.clone()).collect::<Vec<_>>()
    };
    assert_eq!(header(1, "authorization"), ["Bearer ‹alice·server·access 1›"]);
    assert_eq!(header(2, "x-access-token"), ["‹alice·server·access 1›"]);
    let url = &exchange(0, 3).request.url;
    assert!(
        url.contains("/no/such/user_") && url.ends_with("?text=%7Bfirst.access%7D+%26+%7Bx%3A1%7D"),
        "{url}"
    );
    let form = exchange(1, 1);
    let kinds = form.request.headers.iter().filter(|field| field.name == "content-type");
    assert_eq!(kinds.map(|field| field.value.as_str()).collect::<Vec<_>>(), ["text/plain"]);
    assert!(
        form.request.body.text.contains("refresh_token=‹alice·server·refresh 1›"),
        "{}",
        form.request.body.text
    );
    let Reply::Response(answer) = &exchange(1, 2).reply else { panic!("an answer is due") };
    assert!(answer.body.text.contains("‹"), "what was given is redacted too: {}", answer.body.text);
    let results = text_of(&ended.reports.join("results.json"));
    assert!(!results.contains("mnzconf."), "no secret is left behind");
}

#[test]
fn changes_of_the_client_reach_its_basic_credentials() {
    let stage = Stage::new();
    let bank = stage.bank(&[]);
    let target = stage.target(bank.address(), "client_authentication = \"basic\"");
    let ended = stage.run(&target, &["client.", "token.duplicate-parameter", "refresh.no-escalation"]);
    let run = ended.results();
    let wrong = run.cases.iter().filter(|case| case.verdict != Verdict::Pass);
    let wrong: Vec<_> = wrong.map(|case| (case.id.as_str(), case.reason.as_deref())).collect();
    assert!(wrong.is_empty() && ended.code == Some(0), "{wrong:#?}");
}

#[test]
fn a_client_that_nobody_knows_is_unknown_by_basic_too() {
    let stage = Stage::new();
    let bank = stage.bank(&["client.unknown"]);
    let target = stage.target(bank.address(), "client_authentication = \"basic\"");
    let ended = stage.run(&target, &["client.unknown"]);
    assert_eq!(ended.code, Some(1), "the defect is noticed by Basic as well\n{ended}");
}
