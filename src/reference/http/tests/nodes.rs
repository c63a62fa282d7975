//! Several nodes over one state, restarts, and requests that are turned away, over the wire.

use super::*;
use crate::reference::Running;

#[tokio::test]
async fn what_is_done_at_one_node_is_known_at_the_other() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let running = Running::start(Options::default()).await.expect("free ports");
    let [first, second] = running.nodes() else { panic!("two nodes") };
    let bank = Served::at(first.0.clone()).await;
    assert_eq!(bank.world["nodes"], json!([first.0, second.0]));
    assert_eq!(bank.get("/control").await.json()["nodes"], bank.world["nodes"]);
    let tokens = bank.login("alice", "server").await;
    let there = |path: &str| bank.http.request(Method::POST, format!("{}{path}", second.0));
    assert_eq!(Seen::of(there("/oauth2/logout").bearer_auth(&tokens.access)).await.status, 200);
    assert_eq!(bank.call("/ping/whoami", &tokens.access).await.status, 401);
    let world = bank.world["world"].as_str().expect("a name");
    let advanced = there(&format!("/control/worlds/{world}/advance")).body("{\"seconds\":1}");
    assert_eq!(Seen::of(advanced).await.status, 200, "the control API is at every node");
}

#[tokio::test]
async fn a_restart_changes_nothing() {
    let bank = Served::right().await;
    let (dead, live) = (bank.login("alice", "server").await, bank.approved("bob", "server").await);
    bank.logout(&dead.access).await;
    assert_eq!(bank.control("restart", json!({})).await.status, 200);
    assert_eq!(bank.call("/ping/whoami", &dead.access).await.status, 401);
    assert_eq!(bank.call("/accounts", &live.access).await.status, 200);
    assert_eq!(bank.refresh("server", &live.refresh).await.status, 200);
}

#[tokio::test]
async fn a_refresh_that_is_turned_away_consumes_nothing() {
    let bank = Served::right().await;
    let tokens = bank.login("alice", "server").await;
    let asked = json!({ "endpoint": "token", "requests": 1, "retry_after": 7 });
    assert_eq!(bank.control("throttle", asked).await.status, 200);
    assert_eq!(bank.call("/ping/whoami", &tokens.access).await.status, 200, "another endpoint");
    let away = bank.refresh("server", &tokens.refresh).await;
    away.refuses(429, "rate_limited.too_many_requests", None);
    assert_eq!(away.header("retry-after"), "7");
    assert_eq!(bank.call("/ping/whoami", &tokens.access).await.status, 200);
    assert_eq!(bank.refresh("server", &tokens.refresh).await.status, 200);
}

#[tokio::test]
async fn one_world_that_is_throttled_leaves_others_alone() {
    let bank = Served::right().await;
    let tokens = bank.login("alice", "server").await;
    let asked = json!({ "endpoint": "whoami", "per_second": 0 });
    assert_eq!(bank.control("throttle", asked.clone()).await.status, 200);
    assert_eq!(bank.call("/ping/whoami", &tokens.access).await.status, 429);
    let other = Served { world: bank.post_json("/control/worlds", json!({})).await.json(), ..bank };
    let tokens = other.login("alice", "server").await;
    assert_eq!(other.call("/ping/whoami", &tokens.access).await.status, 200);
}

#[tokio::test]
async fn a_throttle_that_makes_no_sense_is_refused() {
    let bank = Served::right().await;
    for (body, code) in [
        (json!({ "endpoint": "token" }), "bad_request.bad_param"),
        (json!({ "endpoint": "token", "requests": 1, "per_second": 1 }), "bad_request.bad_param"),
        (json!({ "endpoint": "front", "requests": 1 }), "bad_request.bad_param.endpoint"),
        (json!({ "requests": 1 }), "bad_request.bad_json"),
    ] {
        bank.control("throttle", body).await.refuses(400, code, None);
    }
}
