//! The control API, over the wire.

use super::*;
use crate::reference::ledger::Secret;

#[tokio::test]
async fn a_world_is_made_used_and_deleted() {
    let bank = Served::right().await;
    assert_eq!(bank.world["approval_seconds"], 600);
    assert_eq!(bank.world["clients"]["public"]["confidential"], false);
    assert!(bank.of_client("server", "client_secret").starts_with("mnzconf."));
    assert!(bank.of_client("public", "client_secret").starts_with("mnzpub."));
    assert!(bank.of_client("server", "client_id").starts_with("oauth2client_"));
    assert!(bank.of_user("alice", "user_id").starts_with("user_"));
    let token = bank.login("alice", "server").await.access;
    let world = bank.world["world"].as_str().expect("a name");
    let path = format!("/control/worlds/{world}");
    assert_eq!(Seen::of(bank.request(Method::DELETE, &path)).await.status, 204);
    assert_eq!(Seen::of(bank.request(Method::DELETE, &path)).await.status, 404);
    assert_eq!(bank.call("/ping/whoami", &token).await.status, 401);
    let refused = bank.control("advance", json!({ "seconds": 1 })).await;
    refused.refuses(404, "not_found.world", None);
}

#[tokio::test]
async fn a_client_has_what_an_app_is_configured_with() {
    let bank = Served::right().await;
    let own = json!({ "client_id": "oauth2client_own", "client_secret": "hush", "redirect_uris": ["http://127.0.0.1:9/cb"] });
    let wanted = json!({ "clients": { "server": own } });
    let world = bank.post_json("/control/worlds", wanted.clone()).await.json();
    assert_eq!(world["clients"]["server"]["redirect_uris"], json!(["http://127.0.0.1:9/cb"]));
    let asked = "/oauth2/authorize?response_type=code&client_id=oauth2client_own&redirect_uri=http%3A%2F%2F127.0.0.1%3A9%2Fcb";
    assert_eq!(bank.get(asked).await.status, 200);
    bank.post_json("/control/worlds", wanted.clone()).await.refuses(409, "bad_request.client_id_taken", None);
    let path = format!("/control/worlds/{}", world["world"].as_str().expect("a name"));
    assert_eq!(Seen::of(bank.request(Method::DELETE, &path)).await.status, 204);
    assert_eq!(bank.get(asked).await.status, 400);
    assert_eq!(bank.post_json("/control/worlds", wanted).await.status, 201);
}

#[tokio::test]
async fn the_bank_says_what_is_wrong_with_it_and_keeps_a_standing_world() {
    let bank = Served::wrong("refresh.single-use:grace-window").await;
    let about = bank.get("/control").await.json();
    assert_eq!(about["grantspec"], env!("CARGO_PKG_VERSION"));
    assert_eq!(about["defects"], json!(["refresh.single-use:grace-window"]));
    let standing = bank.get("/control/worlds/standing").await.json();
    assert_eq!(standing["world"], "standing");
    assert!(standing["clients"]["server"]["client_secret"].is_string());
}

#[tokio::test]
async fn a_login_is_landed_once_and_in_its_own_world_only() {
    let bank = Served::right().await;
    let login = bank.open("server", &[]).await;
    let asked = json!({ "login": login, "user": "alice", "allow": false });
    let elsewhere = bank.post_json("/control/worlds/standing/login", asked.clone()).await;
    elsewhere.refuses(404, "not_found.login", None);
    let first = bank.control("login", asked.clone()).await;
    assert_eq!(first.status, 303);
    assert_eq!(first.landing()["error"], "access_denied");
    let again = bank.control("login", asked).await;
    again.refuses(409, "precondition_failed.login_over", None);
}

#[tokio::test]
async fn a_decision_is_the_owners_and_made_once() {
    let bank = Served::right().await;
    let login = bank.login("alice", "server").await.login;
    let by = |user: &str| json!({ "login": login, "user": user });
    bank.control("approve", by("bob")).await.refuses(403, "forbidden.not_the_owner", None);
    bank.control("approve", by("carol")).await.refuses(404, "not_found.role", None);
    assert_eq!(bank.control("deny", by("alice")).await.status, 200);
    bank.control("approve", by("alice")).await.refuses(409, "precondition_failed.approval_over", None);
    let unknown = bank.control("approve", json!({ "login": "x", "user": "alice" })).await;
    unknown.refuses(404, "not_found.login", None);
}

#[tokio::test]
async fn a_disconnection_kills_what_the_client_has_of_the_user() {
    let bank = Served::right().await;
    let tokens = bank.login("alice", "server").await;
    let others = bank.login("alice", "other").await;
    let pair = json!({ "user": "alice", "client": "server" });
    assert_eq!(bank.control("disconnect", pair).await.status, 200);
    assert_eq!(bank.call("/ping/whoami", &tokens.access).await.status, 401);
    assert_eq!(bank.refresh("server", &tokens.refresh).await.status, 401);
    assert_eq!(bank.call("/ping/whoami", &others.access).await.status, 200);
}

#[tokio::test]
async fn a_body_that_is_not_due_is_named() {
    let bank = Served::right().await;
    for body in [json!({ "secs": 1 }), json!({ "seconds": -1 }), json!([])] {
        let refused = bank.control("advance", body).await;
        refused.refuses(400, "bad_request.bad_json", None);
    }
}

#[tokio::test]
async fn http_2_is_spoken_on_the_same_port() {
    let bank = Served::right().await;
    let address = bank.base.strip_prefix("http://").expect("a scheme");
    let socket = tokio::net::TcpStream::connect(address).await.expect("it listens");
    let (client, connection) = h2::client::handshake(socket).await.expect("it speaks HTTP/2");
    tokio::spawn(connection);
    let mut client = client.ready().await.expect("open");
    let request = http::Request::get(format!("{}/ping/whoami", bank.base)).body(());
    let (answer, _) = client.send_request(request.expect("valid"), true).expect("sent");
    assert_eq!(answer.await.expect("answered").status(), 401);
    drop::<h2::client::SendRequest<bytes::Bytes>>(client);
}

#[tokio::test]
async fn a_control_api_with_a_key_lets_nobody_in_without_it() {
    let key = Secret::random("control_", &mut rand::rng());
    let options = Options { control_key: Some(key.clone()), ..Options::default() };
    let [routes] = &mut routes(&options, &[])[..] else { panic!("one node") };
    for (path, shown, status) in [
        ("/control", None, 401),
        ("/control/worlds/standing", None, 401),
        ("/control/worlds/standing", Some("control_wrong"), 401),
        ("/control/worlds/standing", Some(key.expose()), 200),
        ("/ping/whoami", None, 401),
        ("/openapi.json", None, 200),
    ] {
        let mut request = http::Request::get(path);
        if let Some(shown) = shown {
            request = request.header("authorization", format!("Bearer {shown}"));
        }
        let request = request.body(axum::body::Body::empty()).expect("valid");
        let Ok(answer) = tower_service::Service::call(routes, request).await;
        assert_eq!(answer.status(), status, "{path} {shown:?}");
    }
}
