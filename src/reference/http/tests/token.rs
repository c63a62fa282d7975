//! The token endpoint, over the wire: each row of the bank's error tables.

use super::*;

const PAIR: &str = "unauthorized.bad_client";

#[tokio::test]
async fn an_exchange_answers_as_documented_and_is_not_stored() {
    let bank = Served::right().await;
    for (client, refreshable) in [("server", true), ("public", false)] {
        let (_, code) = bank.code("alice", client).await;
        let answer = bank.exchange(client, &code, &[]).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("cache-control"), "no-store");
        assert_eq!(answer.header("content-type"), "application/json");
        let body = answer.json();
        assert_eq!(body["client_id"], bank.of_client(client, "client_id"));
        assert_eq!(body["user_id"], bank.of_user("alice", "user_id"));
        assert_eq!(body["expires_in"], 21_600);
        assert_eq!(body["token_type"], "Bearer");
        assert_eq!(body.get("refresh_token").is_some(), refreshable);
    }
}

#[tokio::test]
async fn a_client_that_does_not_show_who_it_is_is_refused() {
    let bank = Served::right().await;
    let (_, code) = bank.code("alice", "server").await;
    let others = bank.of_client("other", "client_secret");
    for changes in [
        [("client_secret", "")],
        [("client_secret", "wrong")],
        [("client_secret", &others)],
        [("client_id", "oauth2client_nobody")],
        [("client_id", "")],
    ] {
        let refused = bank.exchange("server", &code, &changes).await;
        refused.refuses(401, PAIR, Some("invalid_client"));
        assert_eq!(refused.header("cache-control"), "no-store");
    }
    assert_eq!(bank.exchange("server", &code, &[]).await.status, 200);
}

#[tokio::test]
async fn a_public_client_may_leave_its_secret_out() {
    let bank = Served::right().await;
    let (_, code) = bank.code("alice", "public").await;
    let wrong = bank.exchange("public", &code, &[("client_secret", "mnzpub.wrong")]).await;
    wrong.refuses(401, PAIR, Some("invalid_client"));
    assert_eq!(bank.exchange("public", &code, &[("client_secret", "")]).await.status, 200);
}

#[tokio::test]
async fn basic_works_alone_but_not_beside_the_body() {
    let bank = Served::right().await;
    let (_, code) = bank.code("alice", "server").await;
    let (id, secret) = (bank.of_client("server", "client_id"), bank.of_client("server", "client_secret"));
    let both = bank.exchanging("server", &code, &[]).basic_auth(&id, Some("wrong"));
    Seen::of(both).await.refuses(400, "bad_request.invalid_request", Some("invalid_request"));
    let none = [("client_id", ""), ("client_secret", "")];
    let wrong = bank.exchanging("server", &code, &none).basic_auth(&id, Some("wrong"));
    let wrong = Seen::of(wrong).await;
    wrong.refuses(401, PAIR, Some("invalid_client"));
    assert_eq!(wrong.header("www-authenticate"), "Basic");
    let right = bank.exchanging("server", &code, &none).basic_auth(&id, Some(&secret));
    assert_eq!(Seen::of(right).await.status, 200);
}

#[tokio::test]
async fn a_request_of_the_wrong_shape_is_refused() {
    let bank = Served::right().await;
    let (_, code) = bank.code("alice", "server").await;
    let invalid = ("bad_request.invalid_request", Some("invalid_request"));
    for changes in [
        &[("grant_type", "")][..],
        &[("code", "")],
        &[("+code", "twice")],
        &[("+client_id", "twice")],
        &[("+unknown", "a"), ("+unknown", "b")],
    ] {
        bank.exchange("server", &code, changes).await.refuses(400, invalid.0, invalid.1);
    }
    for changes in [[("redirect_uri", "")], [("redirect_uri", "https://server-app.example/")]] {
        let refused = bank.exchange("server", &code, &changes).await;
        refused.refuses(400, "bad_request.bad_param.redirect_uri", Some("invalid_request"));
    }
    let unknown = bank.exchange("server", &code, &[("grant_type", "password")]).await;
    unknown.refuses(400, "bad_request.unsupported_grant_type", Some("unsupported_grant_type"));

    let json =
        bank.request(Method::POST, "/oauth2/token").header("content-type", "application/json").body("{}");
    Seen::of(json).await.refuses(400, invalid.0, invalid.1);
    let secret = bank.of_client("server", "client_secret");
    let in_query = bank
        .request(Method::POST, &format!("/oauth2/token?client_secret={secret}"))
        .header("content-type", "application/x-www-form-urlencoded")
        .body("grant_type=authorization_code");
    Seen::of(in_query).await.refuses(400, invalid.0, invalid.1);
    for method in [Method::GET, Method::PUT] {
        let refused = Seen::of(bank.request(method, "/oauth2/token")).await;
        assert_eq!(refused.status, 405);
        assert_eq!(refused.header("allow"), "POST");
    }
    let long = bank.exchange("server", &"x".repeat(70_000), &[]).await;
    assert_eq!(long.status, 413);
    assert_eq!(bank.exchange("server", &code, &[]).await.status, 200);
}

#[tokio::test]
async fn a_code_that_is_bad_used_or_expired_says_so() {
    let bank = Served::right().await;
    let bad = "unauthorized.bad_authorization_code";
    bank.exchange("server", "nonsense", &[]).await.refuses(401, bad, Some("invalid_grant"));
    let (_, code) = bank.code("alice", "server").await;
    bank.exchange("other", &code, &[]).await.refuses(401, bad, Some("invalid_grant"));
    assert_eq!(bank.exchange("server", &code, &[]).await.status, 200);
    let used = bank.exchange("server", &code, &[]).await;
    used.refuses(401, "unauthorized.bad_authorization_code.used", Some("invalid_grant"));
    let (_, late) = bank.code("alice", "server").await;
    bank.advance(301).await;
    let expired = bank.exchange("server", &late, &[]).await;
    expired.refuses(401, "unauthorized.bad_authorization_code.expired", Some("invalid_grant"));
}

#[tokio::test]
async fn a_refresh_token_that_is_bad_used_or_evicted_says_so() {
    let bank = Served::right().await;
    let bad = ("unauthorized.bad_refresh_token", Some("invalid_grant"));
    bank.refresh("server", "nonsense").await.refuses(401, bad.0, bad.1);
    let first = bank.login("alice", "server").await;
    bank.login("alice", "server").await;
    let evicted = bank.refresh("server", &first.refresh).await;
    evicted.refuses(401, "unauthorized.bad_refresh_token.evicted", Some("invalid_grant"));
    let tokens = bank.login("bob", "server").await;
    bank.refresh("other", &tokens.refresh).await.refuses(401, bad.0, bad.1);
    let renewed = bank.refresh("server", &tokens.refresh).await;
    assert_eq!(renewed.status, 200);
    assert_ne!(renewed.json()["refresh_token"], tokens.refresh);
    bank.refresh("server", &tokens.refresh).await.refuses(401, bad.0, bad.1);
    let public = bank.refresh("public", &tokens.refresh).await;
    public.refuses(400, "bad_request.unauthorized_client", Some("unauthorized_client"));
}

#[tokio::test]
async fn a_defective_bank_gives_a_token_with_its_refusal() {
    let bank = Served::wrong("code.failed-exchange-grants-nothing").await;
    let (_, code) = bank.code("alice", "server").await;
    let refused = bank.exchange("server", &code, &[("client_secret", "wrong")]).await;
    assert_eq!(refused.status, 401);
    let leaked = refused.json()["access_token"].as_str().expect("a token").to_owned();
    assert_eq!(bank.call("/ping/whoami", &leaked).await.status, 200);
    assert_eq!(bank.exchange("server", &code, &[]).await.status, 200);
}

#[tokio::test]
async fn each_defect_of_the_request_takes_what_the_right_bank_refuses() {
    for (defect, changes) in [
        ("client.secret-checked", &[("client_secret", "wrong")][..]),
        ("client.unknown", &[("client_id", "oauth2client_nobody")]),
        ("public.no-downgrade", &[("client_secret", "")]),
        ("token.duplicate-parameter:first-wins", &[("+code", "twice")]),
        ("token.grant-type", &[("grant_type", "")]),
        ("token.grant-type:unknown", &[("grant_type", "password")]),
        ("code.bound-to-redirect", &[("redirect_uri", "https://evil.example/")]),
        ("code.bound-to-redirect:omitted", &[("redirect_uri", "")]),
    ] {
        let (right, wrong) = (Served::right().await, Served::wrong(defect).await);
        let (_, code) = right.code("alice", "server").await;
        assert!(right.exchange("server", &code, changes).await.status >= 400, "{defect}");
        let (_, code) = wrong.code("alice", "server").await;
        assert_eq!(wrong.exchange("server", &code, changes).await.status, 200, "{defect}");
    }
}

#[tokio::test]
async fn an_access_token_lives_as_long_as_was_chosen() {
    let bank = Served::by(Options { token_lifetime: 90, ..Options::default() }).await;
    let code = bank.code("alice", "server").await.1;
    let answer = bank.exchange("server", &code, &[]).await.json();
    assert_eq!(answer["expires_in"], 90);
    let token = answer["access_token"].as_str().expect("a token");
    bank.advance(80).await;
    assert_eq!(bank.call("/ping/whoami", token).await.status, 200);
    bank.advance(11).await;
    assert_eq!(bank.call("/ping/whoami", token).await.status, 401);
}
