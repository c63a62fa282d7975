//! Calls with an access token, over the wire.

use super::*;

const BAD: &str = "unauthorized.bad_access_token";

#[tokio::test]
async fn whoami_names_the_tokens_user_and_client_before_the_approval_too() {
    let bank = Served::right().await;
    let tokens = bank.login("bob", "other").await;
    let answer = bank.call("/ping/whoami", &tokens.access).await;
    assert_eq!(
        answer.json(),
        json!({
            "authenticated": true,
            "client_id": bank.of_client("other", "client_id"),
            "user_id": bank.of_user("bob", "user_id"),
        })
    );
}

#[tokio::test]
async fn a_call_without_a_token_is_challenged() {
    let bank = Served::right().await;
    let token = bank.login("alice", "server").await.access;
    let elsewhere = [
        bank.request(Method::GET, "/ping/whoami"),
        bank.request(Method::GET, &format!("/ping/whoami?access_token={token}")),
        bank.request(Method::GET, "/ping/whoami").body(format!("access_token={token}")),
        bank.request(Method::GET, "/ping/whoami").header("cookie", format!("access_token={token}")),
        bank.request(Method::GET, "/ping/whoami").basic_auth(&token, Some("")),
    ];
    for request in elsewhere {
        let refused = Seen::of(request).await;
        refused.refuses(401, BAD, None);
        assert_eq!(refused.header("www-authenticate"), "Bearer");
    }
    let twice = bank.request(Method::GET, "/ping/whoami").bearer_auth(&token).bearer_auth(&token);
    Seen::of(twice).await.refuses(400, "bad_request.invalid_request", Some("invalid_request"));
    let lower = bank.request(Method::GET, "/ping/whoami");
    let lower = Seen::of(lower.header("authorization", format!("bearer {token}"))).await;
    assert_eq!(lower.status, 200);
}

#[tokio::test]
async fn a_bad_token_says_what_is_wrong_with_it() {
    let bank = Served::right().await;
    let invalid = Some("invalid_token");
    let huge = "x".repeat(64 * 1024);
    for bad in ["nonsense", "\"{}%00", &huge] {
        let refused = bank.call("/ping/whoami", bad).await;
        refused.refuses(401, BAD, invalid);
        assert!(refused.header("www-authenticate").starts_with("Bearer error="));
    }
    let evicted = bank.login("alice", "server").await;
    let token = bank.login("alice", "server").await.access;
    let refused = bank.call("/ping/whoami", &evicted.access).await;
    refused.refuses(401, "unauthorized.bad_access_token.evicted", invalid);
    let text = "Access token has been evicted due to a login elsewhere";
    assert_eq!(refused.json()["error_description"], text);
    bank.advance(21_601).await;
    let refused = bank.call("/ping/whoami", &token).await;
    refused.refuses(401, "unauthorized.bad_access_token.expired", invalid);
    assert_eq!(refused.json()["error_description"], "Access token has expired");
}

#[tokio::test]
async fn data_is_closed_until_the_owner_approves() {
    let bank = Served::right().await;
    let tokens = bank.login("alice", "server").await;
    let account = bank.of_user("alice", "account_id");
    let paths = [
        "/accounts".to_owned(),
        format!("/balance?account_id={account}"),
        format!("/transactions?account_id={account}"),
    ];
    for path in &paths {
        let refused = bank.call(path, &tokens.access).await;
        refused.refuses(403, "forbidden.insufficient_permissions", None);
        let params = &refused.json()["params"];
        assert_eq!(params["client_id"], bank.of_client("server", "client_id"));
        assert_eq!(params["user_id"], bank.of_user("alice", "user_id"));
    }
    let decision = json!({ "login": tokens.login, "user": "alice" });
    assert_eq!(bank.control("approve", decision).await.status, 200);
    for path in &paths {
        assert_eq!(bank.call(path, &tokens.access).await.status, 200, "{path}");
    }
    let others = format!("/balance?account_id={}", bank.of_user("bob", "account_id"));
    bank.call(&others, &tokens.access).await.refuses(404, "not_found.account", None);
    assert_eq!(bank.call("/accounts", &tokens.access).await.json()["accounts"][0]["id"], account);
}

#[tokio::test]
async fn old_transactions_close_five_minutes_after_the_approval() {
    let bank = Served::right().await;
    let token = bank.approved("alice", "server").await.access;
    let account = bank.of_user("alice", "account_id");
    let all = format!("/transactions?account_id={account}");
    let open = bank.call(&all, &token).await.json();
    let oldest = open["transactions"][0]["created"].as_str().expect("a time").to_owned();
    bank.advance(301).await;
    let limited = bank.call(&all, &token).await.json();
    let newer = limited["transactions"][0]["created"].as_str().expect("a time");
    assert!(newer > &*oldest);
    let asked = bank.call(&format!("{all}&since={oldest}"), &token).await;
    asked.refuses(403, "forbidden.verification_required", None);
    let wrong = bank.call(&format!("{all}&limit=1000"), &token).await;
    wrong.refuses(400, "bad_request.bad_param.limit", None);
}

#[tokio::test]
async fn logging_out_ends_the_grant_and_needs_the_token() {
    let bank = Served::right().await;
    let tokens = bank.login("alice", "server").await;
    let get = bank.request(Method::GET, "/oauth2/logout").bearer_auth(&tokens.access);
    let get = Seen::of(get).await;
    assert_eq!((get.status, get.header("allow")), (405, "POST"));
    let body = bank.request(Method::POST, "/oauth2/logout");
    let body = body.header("content-type", "application/x-www-form-urlencoded");
    let body = body.body(format!("access_token={}", tokens.access));
    Seen::of(body).await.refuses(401, BAD, None);
    assert_eq!(bank.call("/ping/whoami", &tokens.access).await.status, 200);
    assert_eq!(bank.logout(&tokens.access).await.status, 200);
    bank.call("/ping/whoami", &tokens.access).await.refuses(401, BAD, Some("invalid_token"));
    let refused = bank.refresh("server", &tokens.refresh).await;
    refused.refuses(401, "unauthorized.bad_refresh_token", Some("invalid_grant"));
    bank.logout(&tokens.access).await.refuses(401, BAD, Some("invalid_token"));
    let late = bank.control("approve", json!({ "login": tokens.login, "user": "alice" })).await;
    late.refuses(409, "precondition_failed.approval_over", None);
}

#[tokio::test]
async fn an_unknown_route_says_so() {
    let bank = Served::right().await;
    bank.get("/oauth/token").await.refuses(404, "not_found.no_handler", None);
}

#[tokio::test]
async fn each_defect_of_a_call_takes_what_the_right_bank_refuses() {
    for defect in [
        "whoami.header-only",
        "whoami.header-only:form",
        "whoami.header-only:cookie",
        "whoami.header-only:two-headers",
        "whoami.scheme:any",
        "whoami.bad-token",
        "whoami.bad-token:case",
        "whoami.bad-token:refresh-token",
        "whoami.bad-token:code",
        "whoami.no-token",
    ] {
        for (bank, takes) in [(Served::right().await, false), (Served::wrong(defect).await, true)] {
            let (_, code) = bank.code("alice", "server").await;
            let tokens = bank.exchange("server", &code, &[]).await.json();
            let token = tokens["access_token"].as_str().expect("a token");
            let refresh = tokens["refresh_token"].as_str().expect("a token");
            let swapped: String = token.chars().map(swap_case).collect();
            let whoami = bank.request(Method::GET, "/ping/whoami");
            let request = match defect.split_once(':').map_or(defect, |parts| parts.1) {
                "whoami.header-only" => {
                    bank.request(Method::GET, &format!("/ping/whoami?access_token={token}"))
                }
                "form" => whoami.body(format!("access_token={token}")),
                "cookie" => whoami.header("cookie", format!("a=b; access_token={token}")),
                "two-headers" => whoami.bearer_auth(token).bearer_auth(token),
                "any" => whoami.header("authorization", format!("Token {token}")),
                "whoami.bad-token" => whoami.bearer_auth(&token[..42]),
                "case" => whoami.bearer_auth(&swapped),
                "refresh-token" => whoami.bearer_auth(refresh),
                "code" => whoami.bearer_auth(&code),
                _ => whoami,
            };
            assert_eq!(Seen::of(request).await.status == 200, takes, "{defect}");
            assert_eq!(bank.call("/ping/whoami", token).await.status, 200, "{defect}");
        }
    }
}

fn swap_case(letter: char) -> char {
    if letter.is_lowercase() { letter.to_ascii_uppercase() } else { letter.to_ascii_lowercase() }
}
