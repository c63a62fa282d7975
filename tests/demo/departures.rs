//! Each promise of an app, probed: the right app keeps it, and the app with each of its defects departs as the defect says.
//!
//! A probe gives what it noticed, or nothing. It is written against the demo app and knows its pages; it shares nothing with
//! the suites for apps, so that either can be wrong alone.

use std::collections::HashSet;
use std::time::Duration;

use futures_util::future::BoxFuture;
use grantspec::demo::defects;
use serde_json::{Value, json};

use crate::browser::{Browser, Page};
use crate::stage::{Seen, Stage, Turn, UNIT, say};

type Noticed = Result<(), String>;
type Probe = for<'a> fn(&'a [&'a str]) -> BoxFuture<'a, Noticed>;

/// Long enough for a timer of the app to come.
const QUIET: Duration = Duration::from_millis(20 * 15);
/// Longer than the app's longest way through its pauses.
const LONG: Duration = Duration::from_millis(20 * 100);

/// A test for each promise: the right app keeps it, and each defect of it is noticed.
macro_rules! promises {
    ($($name:ident),* $(,)?) => {
        mod each {
            $(#[tokio::test]
            async fn $name() {
                super::judge(stringify!($name), |broken| Box::pin(super::$name(broken))).await;
            })*
        }
        const PROBED: &[&str] = &[$(stringify!($name)),*];
    };
}

promises!(
    state_unguessable,
    state_bound_to_browser,
    state_one_time,
    abort_on_mismatch,
    abort_on_missing,
    code_once,
    odd_callback,
    denied,
    bad_token_answer,
    token_in_header,
    secret_in_body,
    no_token_across_origins,
    uses_newest_refresh,
    never_reuses_refresh,
    single_flight_refresh,
    public_reauthenticates,
    dead_grant_stops,
    no_storm_on_401,
    pending_sca,
    backs_off,
    logout_on_disconnect,
    discards_on_disconnect,
    deletes_data_on_disconnect,
    revoked_by_user,
    disconnect_races_refresh,
    no_user_mix_up,
);

async fn judge(name: &str, probe: Probe) {
    let id = requirement(name);
    assert_eq!(probe(&[]).await, Ok(()), "the right app keeps {id}");
    for defect in defects::ALL.iter().filter(|defect| defect.requirement() == id) {
        let noticed = probe(&[defect.id]).await;
        assert!(noticed.is_err(), "nobody noticed {}: {}", defect.id, defect.about);
        eprintln!("{}: {}", defect.id, noticed.err().unwrap_or_default());
    }
}

fn requirement(name: &str) -> String {
    format!("app.{}", name.replace('_', "-"))
}

#[test]
fn every_defect_is_probed() {
    // What is about certificates has servers of its own: see tls.rs.
    let probed: HashSet<String> = PROBED.iter().map(|name| requirement(name)).collect();
    for defect in defects::ALL.iter().filter(|defect| defect.requirement() != "app.verifies-tls") {
        assert!(probed.contains(defect.requirement()), "{}", defect.id);
    }
}

fn noticed(so: bool, what: &str) -> Noticed {
    if so { Err(what.to_owned()) } else { Ok(()) }
}

/// A connected user.
async fn connected(stage: &Stage) -> Browser {
    let mut alice = stage.browser();
    alice.connect(stage, "alice").await;
    alice
}

/// The app is well: a new login works, and reads.
async fn alive(stage: &Stage, browser: &mut Browser) -> Noticed {
    stage.behave();
    // What a bank has asked the app to wait for is over by then.
    tokio::time::sleep(UNIT).await;
    browser.connect(stage, "alice").await;
    let page = browser.post("/use").await;
    noticed(
        page.standing() != "connected" || !page.text.contains(&stage.account_id("alice")),
        "a new login does not work",
    )
}

fn dead() -> Turn {
    say(401, json!({ "code": "unauthorized.bad_access_token", "error": "invalid_token", "message": "no" }))
}

async fn state_unguessable(broken: &[&str]) -> Noticed {
    let stage = Stage::new(broken).await;
    let mut states = Vec::new();
    for _ in 0..40 {
        let address = stage.browser().get("/connect").await.location.expect("a way to the bank");
        let url = url::Url::parse(&address).expect("an address");
        let state = url.query_pairs().find(|(key, _)| key == "state").map(|(_, value)| value.into_owned());
        states.push(state.unwrap_or_default());
    }
    let different: HashSet<&String> = states.iter().collect();
    noticed(different.len() < states.len(), "the same state twice")?;
    noticed(states.iter().any(|state| state.len() < 22), "too short to be unguessable")
}

async fn state_bound_to_browser(broken: &[&str]) -> Noticed {
    let stage = Stage::new(broken).await;
    let (mut alice, mut bob) = (stage.browser(), stage.browser());
    bob.get("/").await;
    let back = alice.go(&stage, "alice", true).await;
    bob.come_back(&back.query).await;
    noticed(!stage.seen("/oauth2/token").is_empty(), "another browser's login is exchanged")?;
    alice.come_back(&back.query).await;
    noticed(stage.seen("/oauth2/token").len() != 1, "the browser that began the login can't end it")
}

async fn state_one_time(broken: &[&str]) -> Noticed {
    let stage = Stage::new(broken).await;
    let mut alice = stage.browser();
    let (one, two) = (alice.go(&stage, "alice", true).await, alice.go(&stage, "alice", true).await);
    noticed(one.state == two.state, "two logins with one state")?;
    alice.come_back(&two.query).await;
    noticed(stage.token_requests("authorization_code").len() != 1, "a login does not work")?;
    alice.come_back(&two.query).await;
    noticed(stage.token_requests("authorization_code").len() > 1, "a callback works twice")?;
    let failing = alice.go(&stage, "alice", true).await;
    stage.next("/oauth2/token", [say(400, json!({ "error": "invalid_grant" }))]);
    alice.come_back(&failing.query).await;
    alice.come_back(&failing.query).await;
    noticed(stage.token_requests("authorization_code").len() > 2, "a callback that failed works again")?;
    let doubled = alice.go(&stage, "alice", true).await;
    stage.always("/oauth2/token", Turn::Late(Duration::from_millis(150)));
    let (mut one, mut two) = (alice.clone(), alice.clone());
    tokio::join!(one.come_back(&doubled.query), two.come_back(&doubled.query));
    noticed(stage.token_requests("authorization_code").len() > 3, "two callbacks at one moment both work")
}

/// The callback with another state.
fn with_state(query: &str, state: &str) -> String {
    let mut changed = url::form_urlencoded::Serializer::new(String::new());
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        changed.append_pair(&name, if name == "state" { state } else { &value });
    }
    changed.finish()
}

async fn abort_on_mismatch(broken: &[&str]) -> Noticed {
    let stage = Stage::new(broken).await;
    for (what, change) in [
        ("flipped", (|state| flipped(state)) as fn(&str) -> String),
        ("truncated", |state| state[..state.len() - 1].to_owned()),
        ("in another case", |state| state.chars().map(swapped).collect()),
        ("appended", |state| format!("{state}x")),
        ("between blanks", |state| format!(" {state} ")),
    ] {
        let mut alice = stage.browser();
        let back = alice.go(&stage, "alice", true).await;
        let before = stage.seen("/oauth2/token").len();
        alice.come_back(&with_state(&back.query, &change(&back.state.clone().unwrap_or_default()))).await;
        noticed(stage.seen("/oauth2/token").len() > before, &format!("a state that is {what} is taken"))?;
        alice.come_back(&back.query).await;
        noticed(stage.seen("/oauth2/token").len() == before, "the right one is not taken")?;
    }
    Ok(())
}

fn flipped(state: &str) -> String {
    let last = if state.ends_with('A') { 'B' } else { 'A' };
    let mut state = state.to_owned();
    state.pop();
    state.push(last);
    state
}

fn swapped(letter: char) -> char {
    if letter.is_ascii_lowercase() { letter.to_ascii_uppercase() } else { letter.to_ascii_lowercase() }
}

async fn abort_on_missing(broken: &[&str]) -> Noticed {
    let stage = Stage::new(broken).await;
    for (what, change) in [
        ("no state", (|code, _| format!("code={code}")) as fn(&str, &str) -> String),
        ("an empty state", |code, _| format!("code={code}&state=")),
        ("two states, the first right", |code, state| format!("code={code}&state={state}&state=x")),
        ("two states, the last right", |code, state| format!("code={code}&state=x&state={state}")),
    ] {
        let mut alice = stage.browser();
        let back = alice.go(&stage, "alice", true).await;
        let before = stage.seen("/oauth2/token").len();
        let (code, state) = (back.code.clone().unwrap_or_default(), back.state.clone().unwrap_or_default());
        alice.come_back(&change(&code, &state)).await;
        noticed(stage.seen("/oauth2/token").len() > before, &format!("{what}: exchanged"))?;
        alice.come_back(&back.query).await;
        noticed(stage.seen("/oauth2/token").len() == before, "the right one is not taken")?;
    }
    Ok(())
}

async fn code_once(broken: &[&str]) -> Noticed {
    let stage = Stage::new(broken).await;
    for turn in [
        say(503, json!({ "code": "internal_service", "message": "no" })),
        Turn::LoseAnswer,
        say(400, json!({ "error": "invalid_request" })),
        Turn::Good,
    ] {
        let mut alice = stage.browser();
        let back = alice.go(&stage, "alice", true).await;
        stage.next("/oauth2/token", [turn]);
        alice.come_back(&back.query).await;
        let sent = stage.token_requests("authorization_code").into_iter();
        let sent = sent.filter(|seen| seen.field("code") == back.code).count();
        noticed(sent != 1, &format!("the code was sent {sent} times"))?;
    }
    alive(&stage, &mut stage.browser()).await
}

async fn odd_callback(broken: &[&str]) -> Noticed {
    let giant = "x".repeat(20_000);
    for (what, change) in [
        (
            "with a code and an error",
            (|back, _| format!("{back}&error=access_denied")) as fn(&str, &str) -> String,
        ),
        ("without a code", |back, _| with_code(back, None)),
        ("with a giant code", |back, giant| with_code(back, Some(giant))),
        ("with two codes", |back, _| format!("{back}&code=another")),
    ] {
        let stage = Stage::new(broken).await;
        let mut alice = stage.browser();
        let back = alice.go(&stage, "alice", true).await;
        let page = alice.try_get(&format!("/callback?{}", change(&back.query, &giant))).await;
        let status = page.map_or(500, |page| page.status);
        noticed(status >= 500, &format!("{what}: the app breaks"))?;
        noticed(!stage.seen("/oauth2/token").is_empty(), &format!("{what}: exchanged"))?;
        alive(&stage, &mut alice).await?;
    }
    Ok(())
}

fn with_code(query: &str, code: Option<&str>) -> String {
    let rest = query.split('&').filter(|pair| !pair.starts_with("code=")).map(str::to_owned);
    rest.chain(code.map(|code| format!("code={code}"))).collect::<Vec<_>>().join("&")
}

async fn denied(broken: &[&str]) -> Noticed {
    let stage = Stage::new(broken).await;
    let mut alice = stage.browser();
    let back = alice.go(&stage, "alice", false).await;
    let query = with_code(&back.query, None) + "&error_description=%3Cscript%3Elet+x%3C/script%3E";
    let query = if query.contains("error=") { query } else { query + "&error=access_denied" };
    let page = alice.come_back(&query).await;
    noticed(!stage.seen("/oauth2/token").is_empty(), "a denial makes the app ask for a token")?;
    noticed(page.location.is_some_and(|next| next.contains("/oauth2/authorize")), "sent to the bank again")?;
    noticed(page.text.contains("<script>let"), "markup in the page")?;
    noticed(!page.text.contains("did not allow"), "the user is told nothing")?;
    let back = alice.go(&stage, "alice", true).await;
    let page =
        alice.come_back(&(with_code(&back.query, None) + "&error=%3Cscript%3Elet+x%3C/script%3E")).await;
    noticed(page.text.contains("<script>let"), "an error's markup in the page")?;
    alive(&stage, &mut alice).await
}

fn token_answer(change: impl Fn(&mut Value)) -> Turn {
    let mut body = json!({ "access_token": "odd-access", "client_id": "c", "expires_in": 21600,
        "refresh_token": "odd-refresh", "token_type": "Bearer", "user_id": "user_odd" });
    change(&mut body);
    say(200, body)
}

async fn bad_token_answer(broken: &[&str]) -> Noticed {
    let stage = Stage::new(broken).await;
    let html = |body: &str| {
        let headers = vec![("content-type", "text/html".to_owned())];
        Turn::Say { status: 200, headers, body: body.to_owned() }
    };
    let with_status = match token_answer(|_| {}) {
        Turn::Say { headers, body, .. } => Turn::Say { status: 203, headers, body },
        other => other,
    };
    for (what, turn) in [
        ("a page", html("<!doctype html><p>Sorry")),
        ("no token", token_answer(|body| body["access_token"] = Value::Null)),
        ("a token of another type", token_answer(|body| body["token_type"] = "mac".into())),
        ("a lifetime below nothing", token_answer(|body| body["expires_in"] = (-5).into())),
        ("a token with another status", with_status),
    ] {
        let mut alice = stage.browser();
        let back = alice.go(&stage, "alice", true).await;
        stage.next("/oauth2/token", [turn]);
        let page = alice.try_get(&format!("/callback?{}", back.query)).await;
        noticed(page.is_none(), &format!("{what} breaks the app"))?;
        noticed(alice.get("/").await.standing() != "disconnected", &format!("{what} is taken for a login"))?;
        let before = stage.seen("/ping/whoami").len();
        alice.post("/use").await;
        noticed(stage.seen("/ping/whoami").len() > before, &format!("{what} is used"))?;
    }
    let mut alice = stage.browser();
    let back = alice.go(&stage, "alice", true).await;
    stage.next("/oauth2/token", [token_answer(|body| body["expires_in"] = Value::Null)]);
    let page = alice.try_get(&format!("/callback?{}", back.query)).await;
    noticed(page.is_none(), "a token without a lifetime breaks the app")?;
    alive(&stage, &mut stage.browser()).await
}

async fn token_in_header(broken: &[&str]) -> Noticed {
    let stage = Stage::new(broken).await;
    let mut alice = stage.browser();
    let back = alice.go(&stage, "alice", true).await;
    let landed = alice.come_back(&back.query).await;
    alice.approve(&stage, "alice", &back).await;
    let used = alice.post("/use").await;
    let tokens: Vec<String> = stage.seen("/ping/whoami").iter().map(bearer).collect();
    alice.post("/refresh").await;
    let refresh = stage.token_requests("refresh_token");
    noticed(refresh.iter().any(|seen| !seen.authorization.is_empty()), "the old token goes along")?;
    noticed(tokens.iter().any(String::is_empty), "no token in the header")?;
    let urls: String = stage.all_seen().iter().map(|seen| format!("{}\n", seen.query)).collect();
    let secrets = tokens
        .into_iter()
        .chain(back.code)
        .chain(refresh.iter().filter_map(|seen| seen.field("refresh_token")));
    for secret in secrets {
        noticed(urls.contains(&secret), "in an address")?;
        noticed(
            landed.location.as_ref().is_some_and(|next| next.contains(&secret)),
            "in an address of the app",
        )?;
        noticed(used.text.contains(&secret), "in the page")?;
        noticed(stage.log().contains(&secret), "in the log")?;
    }
    let again = alice.go(&stage, "alice", true).await;
    stage.next("/oauth2/token", [token_answer(|body| body["expires_in"] = "soon".into())]);
    alice.come_back(&again.query).await;
    noticed(stage.log().contains("odd-access"), "in the log, with an answer that makes no sense")
}

fn bearer(seen: &Seen) -> String {
    seen.authorization.strip_prefix("Bearer ").unwrap_or_default().to_owned()
}

async fn secret_in_body(broken: &[&str]) -> Noticed {
    let stage = Stage::new(broken).await;
    let mut alice = stage.browser();
    alice.connect(&stage, "alice").await;
    let page = alice.get("/").await;
    let secret = stage.client_secret();
    for seen in stage.all_seen() {
        noticed(seen.query.contains(&secret), "in an address")?;
        let in_body = seen.field("client_secret").as_ref() == Some(&secret);
        noticed(seen.path == "/oauth2/token" && !in_body, "not in the body")?;
    }
    noticed(page.text.contains(&secret), "in the page")?;
    noticed(stage.log().contains(&secret), "in the log")
}

async fn no_token_across_origins(broken: &[&str]) -> Noticed {
    let (stage, elsewhere) = (Stage::new(broken).await, Stage::new(&[]).await);
    let moved = |path: &str| Turn::Say {
        status: 307,
        headers: vec![("location", format!("{}{path}", elsewhere.bank))],
        body: String::new(),
    };
    let mut alice = connected(&stage).await;
    stage.next("/ping/whoami", [moved("/ping/whoami")]);
    alice.post("/use").await;
    stage.next("/oauth2/token", [moved("/oauth2/token")]);
    alice.post("/refresh").await;
    let seen = elsewhere.all_seen();
    noticed(seen.iter().any(|seen| !seen.authorization.is_empty()), "the token went elsewhere")?;
    noticed(seen.iter().any(|seen| seen.body.contains("client_secret")), "the secret went elsewhere")?;
    alive(&stage, &mut alice).await
}

async fn uses_newest_refresh(broken: &[&str]) -> Noticed {
    let mut stage = Stage::new(broken).await;
    let mut alice = connected(&stage).await;
    for round in 0..3 {
        if round == 2 {
            stage.kill();
            stage.start();
        }
        alice.post("/refresh").await;
    }
    let sent = stage.token_requests("refresh_token").into_iter();
    let sent: Vec<String> = sent.filter_map(|seen| seen.field("refresh_token")).collect();
    let different: HashSet<&String> = sent.iter().collect();
    noticed(sent.len() != 3 || different.len() != 3, "a refresh token that was replaced is used")
}

async fn never_reuses_refresh(broken: &[&str]) -> Noticed {
    for turn in [Turn::LoseAnswer, say(502, json!({ "message": "no" })), say(200, json!(["nonsense"]))] {
        let stage = Stage::new(broken).await;
        let mut alice = connected(&stage).await;
        stage.next("/oauth2/token", [turn]);
        alice.post("/refresh").await;
        alice.post("/use").await;
        alice.post("/refresh").await;
        noticed(stage.token_requests("refresh_token").len() != 1, "sent again")?;
        alive(&stage, &mut alice).await?;
    }
    let mut stage = Stage::new(broken).await;
    let mut alice = connected(&stage).await;
    stage.next("/oauth2/token", [Turn::Late(LONG)]);
    let mut tab = alice.clone();
    let under_way = tokio::spawn(async move { tab.try_get("/").await });
    let mut other = alice.clone();
    let refreshing = tokio::spawn(async move { other.try_post("/refresh").await });
    stage.until("the refresh is under way", |stage| stage.token_requests("refresh_token").len() == 1).await;
    stage.kill();
    let _ = (under_way.await, refreshing.await);
    stage.start();
    alice.post("/refresh").await;
    noticed(stage.token_requests("refresh_token").len() != 1, "sent again after a restart")?;
    alive(&stage, &mut alice).await
}

async fn single_flight_refresh(broken: &[&str]) -> Noticed {
    let stage = Stage::new(broken).await;
    let alice = connected(&stage).await;
    stage.expire().await;
    stage.always("/ping/whoami", Turn::Late(Duration::from_millis(150)));
    stage.always("/oauth2/token", Turn::Late(Duration::from_millis(300)));
    let uses = (0..4).map(|_| {
        let mut tab = alice.clone();
        tokio::spawn(async move { tab.post("/use").await })
    });
    for tab in uses.collect::<Vec<_>>() {
        tab.await.expect("the tab is answered");
    }
    let sent = stage.token_requests("refresh_token").len();
    noticed(sent != 1, &format!("{sent} refreshes"))
}

async fn public_reauthenticates(broken: &[&str]) -> Noticed {
    let stage = Stage::with(broken, "public").await;
    let mut alice = connected(&stage).await;
    alice.post("/use").await;
    stage.expire().await;
    let before = stage.seen("/oauth2/token").len();
    let page = alice.post("/use").await;
    noticed(stage.seen("/oauth2/token").len() > before, "asks for a token")?;
    noticed(page.standing() != "disconnected", "the user is not asked")?;
    alive(&stage, &mut alice).await
}

async fn dead_grant_stops(broken: &[&str]) -> Noticed {
    for code in ["unauthorized.bad_refresh_token", "bad_request.refresh_token.evicted"] {
        let stage = Stage::new(broken).await;
        let mut alice = connected(&stage).await;
        stage.always("/oauth2/token", say(400, json!({ "code": code, "error": "invalid_grant" })));
        stage.always("/ping/whoami", dead());
        let page = alice.post("/use").await;
        alice.post("/use").await;
        tokio::time::sleep(QUIET).await;
        let sent = stage.token_requests("refresh_token").len();
        noticed(sent != 1, &format!("{sent} refreshes with a dead token"))?;
        noticed(page.standing() != "disconnected", "the user is not asked")?;
        alive(&stage, &mut alice).await?;
    }
    Ok(())
}

async fn no_storm_on_401(broken: &[&str]) -> Noticed {
    let stage = Stage::new(broken).await;
    let mut alice = connected(&stage).await;
    stage.always("/ping/whoami", dead());
    let before = stage.seen("/ping/whoami").len();
    alice.post("/use").await;
    let calls = stage.seen("/ping/whoami").len() - before;
    let refreshes = stage.token_requests("refresh_token").len();
    noticed(calls > 2 || refreshes > 1, &format!("{calls} calls, {refreshes} refreshes"))?;
    alive(&stage, &mut alice).await
}

async fn pending_sca(broken: &[&str]) -> Noticed {
    let stage = Stage::new(broken).await;
    let mut alice = stage.browser();
    let back = alice.go(&stage, "alice", true).await;
    alice.come_back(&back.query).await;
    let page = alice.post("/use").await;
    noticed(page.location.is_some(), "a new login")?;
    noticed(!stage.token_requests("refresh_token").is_empty(), "a refresh")?;
    noticed(page.standing() != "waiting", "not waiting")?;
    let calls = stage.seen("/accounts");
    noticed(calls.len() > 1, "no pause")?;
    stage.until("polls", |stage| stage.seen("/accounts").len() >= 6).await;
    tokio::time::sleep(QUIET).await;
    noticed(stage.seen("/accounts").len() > 6, "polls for ever")?;
    alice.approve(&stage, "alice", &back).await;
    let page = alice.post("/use").await;
    noticed(!page.text.contains(&stage.account_id("alice")), "the approval is not noticed")
}

async fn backs_off(broken: &[&str]) -> Noticed {
    let stage = Stage::new(broken).await;
    let mut alice = connected(&stage).await;
    for status in [429, 503] {
        stage.always("/ping/whoami", say(status, json!({ "message": "busy" })));
        let before = stage.seen("/ping/whoami").len();
        alice.post("/use").await;
        let calls = stage.seen("/ping/whoami").split_off(before);
        noticed(calls.len() > 4, &format!("{} calls", calls.len()))?;
        let paused = calls.windows(2).all(|pair| pair[1].at - pair[0].at >= UNIT);
        noticed(!paused, "no pause")?;
    }
    let headers = vec![("content-type", "application/json".to_owned()), ("retry-after", "1".to_owned())];
    stage.next("/ping/whoami", [Turn::Say { status: 429, headers, body: "{}".to_owned() }]);
    let before = stage.seen("/ping/whoami").len();
    alice.post("/use").await;
    alice.post("/use").await;
    noticed(stage.seen("/ping/whoami").len() > before + 1, "asked again before its time")?;
    tokio::time::sleep(Duration::from_millis(1_010)).await;
    noticed(alice.post("/use").await.standing() != "connected", "never again")?;
    noticed(stage.seen("/ping/whoami").len() == before + 1, "never asked again")?;
    stage.expire().await;
    stage.always("/oauth2/token", say(429, json!({ "message": "busy" })));
    alice.post("/use").await;
    noticed(stage.token_requests("refresh_token").len() > 2, "a refresh is sent again at once")
}

async fn logout_on_disconnect(broken: &[&str]) -> Noticed {
    let stage = Stage::new(broken).await;
    let mut alice = connected(&stage).await;
    alice.post("/refresh").await;
    alice.post("/use").await;
    let token = bearer(stage.seen("/ping/whoami").last().expect("it was used"));
    alice.post("/disconnect").await;
    let told = |stage: &Stage| {
        stage
            .seen("/oauth2/logout")
            .iter()
            .filter(|seen| seen.method == "POST" && bearer(seen) == token)
            .count()
    };
    noticed(told(&stage) != 1, "the bank was not told")?;
    alice.connect(&stage, "alice").await;
    stage.next("/oauth2/logout", [say(503, json!({ "message": "no" }))]);
    let before = stage.seen("/oauth2/logout").len();
    alice.post("/disconnect").await;
    let again = stage.comes(|stage| stage.seen("/oauth2/logout").len() == before + 2).await;
    noticed(!again, "the bank was not told again")
}

async fn discards_on_disconnect(broken: &[&str]) -> Noticed {
    let mut stage = Stage::new(broken).await;
    let mut alice = connected(&stage).await;
    alice.post("/use").await;
    stage.next("/oauth2/logout", [say(503, json!({ "message": "no" }))]);
    alice.post("/disconnect").await;
    let before = used(&stage);
    alice.post("/use").await;
    tokio::time::sleep(QUIET).await;
    noticed(used(&stage) > before, "the tokens are used")?;
    stage.kill();
    stage.start();
    alice.post("/use").await;
    alice.post("/refresh").await;
    noticed(used(&stage) > before, "the tokens are used after a restart")?;
    alive(&stage, &mut alice).await
}

/// Requests that use a token for anything but its end.
fn used(stage: &Stage) -> usize {
    stage.all_seen().iter().filter(|seen| seen.path != "/oauth2/logout").count()
}

async fn deletes_data_on_disconnect(broken: &[&str]) -> Noticed {
    let stage = Stage::new(broken).await;
    let mut alice = connected(&stage).await;
    noticed(!alice.post("/use").await.text.contains(&stage.account_id("alice")), "nothing was read")?;
    let page = alice.post("/disconnect").await;
    noticed(page.text.contains(&stage.account_id("alice")), "still shown")
}

async fn revoked_by_user(broken: &[&str]) -> Noticed {
    let stage = Stage::new(broken).await;
    let mut alice = connected(&stage).await;
    alice.post("/use").await;
    stage.revoke("alice").await;
    let before = used(&stage);
    let page: Page = alice.post("/use").await;
    noticed(page.location.is_some(), "a new login that nobody asked for")?;
    noticed(!page.text.contains("You disconnected this app in your bank"), "the user is not told why")?;
    alice.post("/use").await;
    noticed(used(&stage) > before + 2, "the tokens are used on")?;
    noticed(page.standing() != "disconnected", "still connected")?;
    alive(&stage, &mut alice).await
}

async fn disconnect_races_refresh(broken: &[&str]) -> Noticed {
    let stage = Stage::new(broken).await;
    let mut alice = connected(&stage).await;
    stage.next("/oauth2/token", [Turn::Late(Duration::from_millis(200))]);
    let mut tab = alice.clone();
    let refreshing = tokio::spawn(async move { tab.post("/refresh").await });
    stage.until("the refresh is under way", |stage| stage.token_requests("refresh_token").len() == 1).await;
    alice.post("/disconnect").await;
    refreshing.await.expect("the tab is answered");
    noticed(alice.get("/").await.standing() != "disconnected", "connected again")?;
    let ended: HashSet<String> = stage.seen("/oauth2/logout").iter().map(bearer).collect();
    noticed(ended.len() != 2, "the fresh token lives on at the bank")?;
    alive(&stage, &mut alice).await
}

async fn no_user_mix_up(broken: &[&str]) -> Noticed {
    let stage = Stage::new(broken).await;
    let (mut alice, mut bob) = (connected(&stage).await, stage.browser());
    let page = alice.post("/use").await;
    noticed(!page.text.contains(&stage.account_id("alice")), "nothing was read")?;
    bob.connect(&stage, "bob").await;
    let page = bob.post("/use").await;
    noticed(page.text.contains(&stage.user_id("alice")), "one user is shown as another")?;
    noticed(page.text.contains(&stage.account_id("alice")), "one user is shown another's accounts")?;
    let other = json!({ "authenticated": true, "client_id": "c", "user_id": stage.user_id("bob") });
    stage.next("/ping/whoami", [say(200, other)]);
    let page = alice.post("/use").await;
    noticed(page.standing() == "connected", "whoami names another user, and nobody minds")?;
    alive(&stage, &mut alice).await
}
