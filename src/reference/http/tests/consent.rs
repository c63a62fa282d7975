//! Connected third parties, their disconnection, and mandates, over the wire.

use super::*;

impl Served {
    async fn owner(&self, user: &str, what: &str) -> Value {
        let world = self.world["world"].as_str().expect("a name");
        let seen = self.get(&format!("/control/worlds/{world}/users/{user}/{what}")).await;
        assert_eq!(seen.status, 200, "{}", seen.text);
        seen.json()[what].clone()
    }

    async fn disconnect(&self, user: &str, client: &str) {
        let done = self.control("disconnect", json!({ "user": user, "client": client })).await;
        assert_eq!(done.status, 200, "{}", done.text);
    }

    async fn post(&self, path: &str, token: &str, body: Value) -> Seen {
        Seen::of(self.request(Method::POST, path).bearer_auth(token).body(body.to_string())).await
    }

    async fn set_up(&self, token: &str) -> Seen {
        let terms = json!({ "payee": "Sky TV", "amount": 3000, "currency": "GBP", "period": "monthly" });
        self.post("/mandates", token, terms).await
    }

    /// An approved mandate's id.
    pub(super) async fn mandate(&self, user: &str, token: &str) -> String {
        let made = self.set_up(token).await;
        assert_eq!(made.status, 201, "{}", made.text);
        let id = made.json()["mandate_id"].as_str().expect("an id").to_owned();
        let approved = self.control("mandates/approve", json!({ "mandate": id, "user": user })).await;
        assert_eq!(approved.status, 200, "{}", approved.text);
        id
    }

    async fn pay(&self, token: &str, mandate: &str, amount: u64) -> Seen {
        let body = json!({ "amount": amount, "currency": "GBP" });
        self.post(&format!("/mandates/{mandate}/payments"), token, body).await
    }
}

const REVOKED: &str = "The user disconnected your app";

#[tokio::test]
async fn a_disconnected_client_is_told_why_on_every_way_back_in() {
    let bank = Served::right().await;
    let tokens = bank.approved("alice", "server").await;
    let (_, code) = bank.code("alice", "server").await;
    bank.disconnect("alice", "server").await;
    for path in ["/ping/whoami", "/accounts", "/balance", "/transactions"] {
        let refused = bank.call(path, &tokens.access).await;
        refused.refuses(401, "unauthorized.bad_access_token.revoked_by_user", Some("invalid_token"));
        assert_eq!(refused.header("www-authenticate"), r#"Bearer error="invalid_token""#);
        let why = refused.json()["error_description"].as_str().expect("a text").to_owned();
        assert!(why.starts_with(REVOKED), "{why}");
    }
    let refused = bank.refresh("server", &tokens.refresh).await;
    refused.refuses(401, "unauthorized.bad_refresh_token.revoked_by_user", Some("invalid_grant"));
    let refused = bank.exchange("server", &code, &[]).await;
    refused.refuses(401, "unauthorized.bad_authorization_code.revoked_by_user", Some("invalid_grant"));
    let refused = bank.logout(&tokens.access).await;
    refused.refuses(401, "unauthorized.bad_access_token.revoked_by_user", Some("invalid_token"));
}

#[tokio::test]
async fn nobody_else_is_told() {
    let bank = Served::right().await;
    let tokens = bank.login("alice", "server").await;
    let others = bank.login("alice", "other").await;
    let (_, code) = bank.code("alice", "server").await;
    bank.logout(&others.access).await;
    bank.disconnect("alice", "server").await;
    let uri = bank.redirect_uri("server");
    let stolen = bank.exchange("other", &code, &[("redirect_uri", &uri)]).await;
    stolen.refuses(401, "unauthorized.bad_authorization_code", Some("invalid_grant"));
    let stolen = bank.refresh("other", &tokens.refresh).await;
    stolen.refuses(401, "unauthorized.bad_refresh_token", Some("invalid_grant"));
    let public = bank.refresh("public", &tokens.refresh).await;
    let unproved = Seen::of(bank.refreshing("server", &tokens.refresh, &[("client_secret", "x")])).await;
    let dead = bank.call("/ping/whoami", &others.access).await;
    for seen in [stolen, public, unproved, dead] {
        assert!(seen.status >= 400 && !seen.text.contains("disconnected"), "{}", seen.text);
    }
}

#[tokio::test]
async fn a_user_sees_who_is_connected_and_takes_them_off() {
    let bank = Served::right().await;
    let tokens = bank.approved("alice", "server").await;
    bank.call("/ping/whoami", &tokens.access).await;
    let listed = bank.owner("alice", "connected").await;
    let one = &listed[0];
    assert_eq!(one["client_id"].as_str(), Some(&*bank.of_client("server", "client_id")));
    assert_eq!((&one["client"], &one["name"]), (&json!("server"), &json!("Server App")));
    assert_eq!(one["may_read"], json!(["accounts", "balance", "transactions"]));
    let since = one["since"].as_u64().expect("seconds");
    assert_eq!(one["confirm_by"], json!(since + 90 * 86_400));
    assert!(one["last_used"].as_u64().is_some_and(|used| used >= since));
    assert_eq!(bank.owner("bob", "connected").await, json!([]));
    bank.disconnect("alice", "server").await;
    assert_eq!(bank.owner("alice", "connected").await, json!([]));
}

#[tokio::test]
async fn reading_is_confirmed_after_ninety_days() {
    let bank = Served::right().await;
    let tokens = bank.approved("alice", "server").await;
    bank.advance(90 * 86_400).await;
    let refreshed = bank.refresh("server", &tokens.refresh).await;
    let token = refreshed.json()["access_token"].as_str().expect("a token").to_owned();
    bank.call("/accounts", &token).await.refuses(403, "forbidden.confirmation_required", None);
    assert_eq!(bank.call("/ping/whoami", &token).await.status, 200);
    let pair = |client: &str| json!({ "user": "alice", "client": client });
    assert_eq!(bank.control("confirm", pair("server")).await.status, 200);
    assert_eq!(bank.call("/accounts", &token).await.status, 200);
    bank.control("confirm", pair("other")).await.refuses(404, "not_found.connection", None);
}

#[tokio::test]
async fn a_mandate_is_set_up_approved_used_and_cancelled() {
    let bank = Served::right().await;
    let token = bank.approved("alice", "server").await.access;
    let made = bank.set_up(&token).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let made = made.json();
    assert_eq!((&made["status"], &made["period"]), (&json!("pending"), &json!("monthly")));
    let id = made["mandate_id"].as_str().expect("an id");
    bank.pay(&token, id, 3000).await.refuses(403, "forbidden.mandate.not_approved", None);
    let by = |user: &str| json!({ "mandate": id, "user": user });
    bank.control("mandates/approve", by("bob")).await.refuses(403, "forbidden.not_the_owner", None);
    assert_eq!(bank.control("mandates/approve", by("alice")).await.status, 200);
    let again = bank.control("mandates/deny", by("alice")).await;
    again.refuses(409, "precondition_failed.approval_over", None);
    let path = format!("/mandates/{id}");
    assert_eq!(bank.call(&path, &token).await.json()["status"], "active");

    bank.pay(&token, id, 3001).await.refuses(403, "forbidden.mandate.over_amount", None);
    let paid = bank.pay(&token, id, 3000).await;
    assert_eq!((paid.status, &paid.json()["mandate_id"]), (201, &json!(id)));
    bank.pay(&token, id, 1).await.refuses(403, "forbidden.mandate.too_often", None);
    let listed = bank.owner("alice", "mandates").await;
    let one = &listed[0];
    assert_eq!((&one["payee"], &one["amount"]), (&json!("Sky TV"), &json!(3000)));
    assert_eq!((&one["client"], &one["status"]), (&json!("server"), &json!("active")));
    assert_eq!(one["payments"].as_array().map(Vec::len), Some(1));
    assert_eq!(bank.owner("bob", "mandates").await, json!([]));

    assert_eq!(bank.control("mandates/cancel", by("alice")).await.status, 200);
    let over = bank.control("mandates/cancel", by("alice")).await;
    over.refuses(409, "precondition_failed.mandate_over", None);
    bank.advance(40 * 86_400).await;
    let newer = bank.approved("alice", "server").await.access;
    bank.pay(&newer, id, 1).await.refuses(403, "forbidden.mandate.cancelled", None);
}

#[tokio::test]
async fn a_mandate_is_no_other_clients_and_no_other_users() {
    let bank = Served::right().await;
    let token = bank.approved("alice", "server").await.access;
    let id = bank.mandate("alice", &token).await;
    for (user, client) in [("alice", "other"), ("bob", "server")] {
        let stranger = bank.approved(user, client).await.access;
        bank.pay(&stranger, &id, 1).await.refuses(404, "not_found.mandate", None);
        bank.call(&format!("/mandates/{id}"), &stranger).await.refuses(404, "not_found.mandate", None);
    }
    bank.disconnect("alice", "server").await;
    let refused = bank.pay(&token, &id, 1).await;
    refused.refuses(401, "unauthorized.bad_access_token.revoked_by_user", Some("invalid_token"));
}

#[tokio::test]
async fn what_is_wrong_with_a_mandate_or_a_payment_is_named() {
    let bank = Served::right().await;
    let pending = bank.login("alice", "other").await.access;
    bank.set_up(&pending).await.refuses(403, "forbidden.insufficient_permissions", None);
    let token = bank.approved("alice", "server").await.access;
    let terms = json!({ "payee": "Sky TV", "amount": 3000, "currency": "GBP", "period": "monthly" });
    for (key, value, code) in [
        ("payee", json!(""), "bad_request.bad_param.payee"),
        ("amount", json!(0), "bad_request.bad_param.amount"),
        ("amount", json!(-1), "bad_request.bad_json"),
        ("currency", json!("EUR"), "bad_request.bad_param.currency"),
        ("period", json!("daily"), "bad_request.bad_param.period"),
    ] {
        let mut wrong = terms.clone();
        wrong[key] = value;
        bank.post("/mandates", &token, wrong).await.refuses(400, code, None);
    }
    let id = bank.mandate("alice", &token).await;
    let path = format!("/mandates/{id}/payments");
    let euros = json!({ "amount": 1, "currency": "EUR" });
    bank.post(&path, &token, euros).await.refuses(400, "bad_request.bad_param.currency", None);
    assert_eq!(bank.call("/mandates", &token).await.status, 405);
    assert_eq!(Seen::of(bank.request(Method::POST, "/mandates")).await.status, 401);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_disconnection_leaves_nothing_that_was_under_way() {
    let bank = Served::right().await;
    for _ in 0..20 {
        let tokens = bank.login("alice", "server").await;
        let (_, code) = bank.code("alice", "server").await;
        let pair = json!({ "user": "alice", "client": "server" });
        let (refreshed, exchanged, done) = tokio::join!(
            bank.refresh("server", &tokens.refresh),
            bank.exchange("server", &code, &[]),
            bank.control("disconnect", pair)
        );
        assert_eq!(done.status, 200);
        for given in [refreshed, exchanged].iter().filter(|answer| answer.status == 200) {
            let token = given.json()["access_token"].as_str().expect("a token").to_owned();
            assert_eq!(bank.call("/ping/whoami", &token).await.status, 401);
        }
    }
}
