//! What a user does with an app that is as it should be.

use crate::stage::Stage;

#[tokio::test]
async fn a_user_connects_reads_renews_and_disconnects() {
    let stage = Stage::new(&[]).await;
    let mut alice = stage.browser();
    assert_eq!(alice.get("/").await.standing(), "disconnected");

    let landed = alice.connect(&stage, "alice").await;
    assert_eq!(landed.location.as_deref(), Some("/"));
    let page = alice.post("/use").await;
    assert_eq!(page.standing(), "connected");
    assert!(page.text.contains(&stage.user_id("alice")), "{}", page.text);
    assert!(page.text.contains(&stage.account_id("alice")), "{}", page.text);

    assert_eq!(alice.post("/refresh").await.location.as_deref(), Some("/"));
    assert_eq!(stage.token_requests("refresh_token").len(), 1);
    assert_eq!(alice.post("/use").await.standing(), "connected");

    let page = alice.post("/disconnect").await;
    assert_eq!(page.standing(), "disconnected");
    assert!(!page.text.contains(&stage.account_id("alice")), "what was read is deleted");
    assert_eq!(stage.seen("/oauth2/logout").len(), 1);
    assert_eq!(alice.post("/use").await.standing(), "disconnected");
}

#[tokio::test]
async fn two_browsers_are_two_users() {
    let stage = Stage::new(&[]).await;
    let (mut alice, mut bob) = (stage.browser(), stage.browser());
    alice.connect(&stage, "alice").await;
    bob.connect(&stage, "bob").await;
    let (hers, his) = (alice.post("/use").await.text, bob.post("/use").await.text);
    assert!(hers.contains(&stage.account_id("alice")) && !hers.contains(&stage.account_id("bob")));
    assert!(his.contains(&stage.account_id("bob")) && !his.contains(&stage.account_id("alice")));
}

#[tokio::test]
async fn an_expired_token_is_renewed_and_survives_a_restart() {
    let mut stage = Stage::new(&[]).await;
    let mut alice = stage.browser();
    alice.connect(&stage, "alice").await;
    stage.expire().await;
    assert_eq!(alice.post("/use").await.standing(), "connected");
    stage.kill();
    stage.start();
    assert_eq!(alice.post("/use").await.standing(), "connected");
    assert_eq!(stage.token_requests("refresh_token").len(), 1, "the renewed token was kept");
}

#[tokio::test]
async fn the_app_waits_for_the_approval_and_notices_it() {
    let stage = Stage::new(&[]).await;
    let mut alice = stage.browser();
    let back = alice.go(&stage, "alice", true).await;
    alice.come_back(&back.query).await;
    assert_eq!(alice.post("/use").await.standing(), "waiting");
    alice.approve(&stage, "alice", &back).await;
    stage.until("the accounts are read", |stage| stage.log().contains("read whoami and accounts")).await;
    assert!(alice.get("/").await.text.contains(&stage.account_id("alice")));
}

#[tokio::test]
async fn a_public_client_asks_its_user_again() {
    let stage = Stage::with(&[], "public").await;
    let mut alice = stage.browser();
    alice.connect(&stage, "alice").await;
    assert_eq!(alice.post("/use").await.standing(), "connected");
    stage.expire().await;
    let page = alice.post("/use").await;
    assert_eq!(page.standing(), "disconnected");
    assert!(page.text.contains("Please connect again"), "{}", page.text);
    alice.connect(&stage, "alice").await;
    assert_eq!(alice.post("/use").await.standing(), "connected");
}

#[tokio::test]
async fn a_page_lets_nothing_in() {
    let stage = Stage::new(&[]).await;
    let answer = crate::stage::reqwest_client().get(stage.app()).send().await.expect("the app answers");
    let policy = answer.headers()["content-security-policy"].to_str().expect("a plain header");
    assert!(policy.starts_with("default-src 'none'"), "{policy}");
    assert!(answer.headers()["set-cookie"].to_str().expect("a plain header").contains("HttpOnly"));
    let nobodys =
        crate::stage::reqwest_client().get(stage.app()).header("cookie", "demo_app=chosen-by-somebody");
    let answer = nobodys.send().await.expect("the app answers");
    assert!(answer.headers().contains_key("set-cookie"), "an id that the app didn't give is not taken");
}
