//! Small stories, each with what is remarked.

use serde_json::{Value, json};

use super::*;

/// A bank's side of a story: requests come one after the other, a second apart unless it says so.
#[derive(Default)]
struct Story {
    promises: Promises,
    now: u64,
}

impl Story {
    fn see(&mut self, seen: Seen) -> Vec<Remark> {
        self.now += 1_000;
        self.see_at(self.now, seen)
    }

    fn see_at(&mut self, at: u64, seen: Seen) -> Vec<Remark> {
        self.promises.see(&Seen { at_ms: at, done_ms: at + 10, ..seen })
    }

    fn connect(&mut self, number: u32) -> Vec<Remark> {
        self.see(exchange(&format!("code-{number}"), 200, tokens(number)))
    }
}

fn tokens(number: u32) -> Value {
    json!({ "access_token": format!("access-{number}"), "refresh_token": format!("refresh-{number}") })
}

fn post(path: &str, form: &str, status: u16, answer: Value) -> Seen {
    let (method, path, form) = ("POST".to_owned(), path.to_owned(), form.to_owned());
    Seen { method, path, form, status, answer, ..Seen::default() }
}

fn exchange(code: &str, status: u16, answer: Value) -> Seen {
    let form = format!("grant_type=authorization_code&client_id=c&client_secret=s&code={code}");
    post("/oauth2/token", &form, status, answer)
}

fn refresh(token: &str, status: u16, answer: Value) -> Seen {
    let form = format!("grant_type=refresh_token&client_id=c&client_secret=s&refresh_token={token}");
    post("/oauth2/token", &form, status, answer)
}

fn call(token: &str, status: u16, answer: Value) -> Seen {
    let authorization = format!("Bearer {token}");
    let (method, path) = ("GET".to_owned(), "/accounts".to_owned());
    Seen { method, path, authorization, status, answer, ..Seen::default() }
}

fn logout(token: &str, status: u16) -> Seen {
    Seen { authorization: format!("Bearer {token}"), ..post("/oauth2/logout", "", status, Value::Null) }
}

fn authorize(query: &str) -> Seen {
    let (method, path, query) = ("GET".to_owned(), "/oauth2/authorize".to_owned(), query.to_owned());
    Seen { method, path, query, status: 200, ..Seen::default() }
}

fn breaks(remarks: &[Remark]) -> Vec<&'static str> {
    remarks.iter().filter(|remark| !remark.kept).map(|remark| remark.id).collect()
}

#[test]
fn a_good_app_breaks_nothing() {
    let mut story = Story::default();
    let mut seen = vec![story.see(authorize("state=0123456789abcdef0123456789"))];
    seen.push(story.connect(1));
    seen.push(story.see(call("access-1", 403, json!({ "code": "forbidden.insufficient_permissions" }))));
    seen.push(story.see(call("access-1", 403, json!({ "code": "forbidden.insufficient_permissions" }))));
    seen.push(story.see(call("access-1", 200, json!({}))));
    seen.push(story.see(call("access-1", 401, json!({ "code": "unauthorized.bad_access_token.expired" }))));
    seen.push(story.see(refresh("refresh-1", 200, tokens(2))));
    seen.push(story.see(call("access-2", 200, json!({}))));
    seen.push(story.see(logout("access-2", 200)));
    seen.push(story.connect(3));
    assert!(seen.iter().all(|remarks| breaks(remarks).is_empty()), "{seen:#?}");
    let kept: HashSet<&str> = seen.iter().flatten().map(|remark| remark.id).collect();
    for id in [
        "app.state-unguessable",
        "app.code-once",
        "app.token-in-header",
        "app.secret-in-body",
        "app.uses-newest-refresh",
        "app.pending-sca",
        "app.logout-on-disconnect",
        "app.discards-on-disconnect",
    ] {
        assert!(kept.contains(id), "{id}");
    }
}

#[test]
fn a_state_is_long_and_new() {
    let mut story = Story::default();
    assert_eq!(breaks(&story.see(authorize("client_id=c"))), ["app.state-unguessable"]);
    assert_eq!(breaks(&story.see(authorize("state=1234"))), ["app.state-unguessable"]);
    assert_eq!(breaks(&story.see(authorize("state=0123456789abcdef"))), [""; 0]);
    assert_eq!(breaks(&story.see(authorize("state=0123456789abcdef"))), ["app.state-unguessable"]);
}

#[test]
fn a_code_or_a_refresh_token_that_comes_again_is_noticed() {
    let mut story = Story::default();
    story.connect(1);
    assert_eq!(breaks(&story.see(exchange("code-1", 401, Value::Null))), ["app.code-once"]);
    story.see(refresh("refresh-1", 200, tokens(2)));
    assert_eq!(
        breaks(&story.see(refresh("refresh-1", 401, Value::Null))),
        ["app.uses-newest-refresh", "app.never-reuses-refresh"]
    );
    story.see(refresh("refresh-2", 502, Value::Null));
    assert_eq!(breaks(&story.see(refresh("refresh-2", 401, Value::Null))), ["app.never-reuses-refresh"]);
    assert_eq!(breaks(&story.see(refresh("refresh-2", 401, Value::Null))), ["app.dead-grant-stops"]);
}

#[test]
fn two_refreshes_at_once_are_noticed() {
    let mut story = Story::default();
    story.connect(1);
    story.see_at(5_000, refresh("refresh-1", 200, tokens(2)));
    assert_eq!(
        breaks(&story.see_at(5_005, refresh("refresh-1", 401, Value::Null))),
        ["app.single-flight-refresh"]
    );
}

#[test]
fn a_public_client_has_nothing_to_refresh_with() {
    let mut story = Story::default();
    story.see(exchange("code-1", 200, json!({ "access_token": "access-1" })));
    assert_eq!(breaks(&story.see(refresh("access-1", 400, Value::Null))), ["app.public-reauthenticates"]);
    assert_eq!(breaks(&story.see(refresh("", 400, Value::Null))), ["app.public-reauthenticates"]);
}

#[test]
fn a_storm_is_told_from_what_was_under_way() {
    let mut story = Story::default();
    story.connect(1);
    for at in [5_000, 5_001, 5_002, 5_003] {
        assert_eq!(breaks(&story.see_at(at, call("access-1", 401, Value::Null))), [""; 0]);
    }
    assert_eq!(breaks(&story.see_at(6_000, call("access-1", 401, Value::Null))), [""; 0]);
    assert_eq!(breaks(&story.see_at(6_100, call("access-1", 401, Value::Null))), ["app.no-storm-on-401"]);
}

#[test]
fn a_storm_with_a_token_of_another_bank_is_one_too() {
    let mut story = Story::default();
    let mut said = Vec::new();
    for at in [5_000, 6_000, 7_000, 8_000] {
        said = story.see_at(at, call("of-yesterday", 401, Value::Null));
    }
    assert_eq!(breaks(&said), ["app.no-storm-on-401"]);
}

#[test]
fn an_approval_that_is_due_is_waited_for() {
    let due = || call("access-1", 403, json!({ "code": "forbidden.insufficient_permissions" }));
    let mut story = Story::default();
    story.connect(1);
    story.see_at(5_000, due());
    assert_eq!(breaks(&story.see_at(5_050, due())), ["app.pending-sca"]);
    assert_eq!(breaks(&story.see_at(9_000, due())), [""; 0]);
    assert_eq!(breaks(&story.see_at(9_500, refresh("refresh-1", 200, tokens(2)))), ["app.pending-sca"]);
}

#[test]
fn a_busy_bank_is_left_alone_for_as_long_as_it_asks() {
    let mut story = Story::default();
    story.connect(1);
    let busy = Seen { retry_after: Some(2), ..call("access-1", 429, Value::Null) };
    story.see_at(5_000, busy.clone());
    assert_eq!(breaks(&story.see_at(6_000, busy)), ["app.backs-off"]);
    let remarks = story.see_at(9_000, call("access-1", 200, Value::Null));
    assert!(remarks.iter().any(|remark| remark.id == "app.backs-off" && remark.kept));
}

#[test]
fn what_has_ended_must_not_come_again() {
    let mut story = Story::default();
    story.connect(1);
    story.see(logout("access-1", 200));
    assert_eq!(breaks(&story.see(call("access-1", 401, Value::Null))), ["app.discards-on-disconnect"]);
    assert_eq!(breaks(&story.see(refresh("refresh-1", 401, Value::Null))), ["app.discards-on-disconnect"]);
    story.connect(2);
    story.see(call("access-2", 401, json!({ "code": "unauthorized.bad_access_token.revoked_by_user" })));
    assert_eq!(breaks(&story.see(refresh("refresh-2", 401, Value::Null))), ["app.revoked-by-user"]);
}

#[test]
fn a_logout_must_reach_the_bank() {
    let mut story = Story::default();
    story.connect(1);
    let bare = post("/oauth2/logout", "", 401, Value::Null);
    assert_eq!(breaks(&story.see(bare)), ["app.logout-on-disconnect"]);
    let by_get = Seen { method: "GET".to_owned(), ..logout("access-1", 405) };
    assert_eq!(breaks(&story.see(by_get)), ["app.logout-on-disconnect"]);
    let elsewhere = Seen { path: "/logout".to_owned(), ..logout("access-1", 404) };
    assert_eq!(breaks(&story.see(elsewhere)), ["app.logout-on-disconnect"]);
}

#[test]
fn secrets_have_one_place() {
    let mut story = Story::default();
    story.connect(1);
    let in_address = Seen { query: "access_token=access-1".to_owned(), ..call("access-1", 200, Value::Null) };
    assert_eq!(breaks(&story.see(in_address)), ["app.token-in-header"]);
    let basic = Seen { authorization: "Basic YTpi".to_owned(), ..exchange("code-2", 401, Value::Null) };
    assert_eq!(breaks(&story.see(basic)), ["app.secret-in-body"]);
    let along = Seen { authorization: "Bearer access-1".to_owned(), ..refresh("refresh-1", 200, tokens(2)) };
    assert_eq!(breaks(&story.see(along)), ["app.token-in-header"]);
}

#[test]
fn no_secret_is_told() {
    let mut story = Story::default();
    story.connect(1);
    let refresh = refresh("refresh-1", 200, tokens(2));
    let told = story.promises.told(&Seen { authorization: "Bearer access-1".to_owned(), ..refresh });
    assert_eq!(
        told,
        "POST /oauth2/token with access token 1 (grant_type=refresh_token, client_id=…, client_secret=…, refresh_token=refresh token 1)"
    );
}
