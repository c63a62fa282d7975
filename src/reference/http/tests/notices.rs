//! Telling a client what its users did, with a receiver on loopback.

use ring::hmac;
use wiremock::matchers::method;
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use super::description::{description, fits};
use super::*;

/// A receiver that answers the first so many posts with 500, then with 200.
async fn receiver(failures: u64) -> MockServer {
    let server = MockServer::start().await;
    if failures > 0 {
        Mock::given(method("POST"))
            .respond_with(ResponseTemplate::new(500))
            .up_to_n_times(failures)
            .with_priority(1)
            .mount(&server)
            .await;
    }
    Mock::given(method("POST")).respond_with(ResponseTemplate::new(200)).mount(&server).await;
    server
}

/// Has a client told at this address, and gives its signing secret.
async fn subscribe(bank: &Served, client: &str, url: &str) -> String {
    let answer = bank.control("notify", json!({ "client": client, "url": url })).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()["signing_secret"].as_str().expect("a text").to_owned()
}

async fn disconnect(bank: &Served, user: &str, client: &str) {
    let pair = json!({ "user": user, "client": client });
    assert_eq!(bank.control("disconnect", pair).await.status, 200);
}

/// Waits until the client's only notice has come to its end: a minute at most, for a bank that forgets to send it again.
async fn settled(bank: &Served, client: &str) -> Value {
    let world = bank.world["world"].as_str().expect("a name");
    for _ in 0..12_000 {
        let told = bank.get(&format!("/control/worlds/{world}/notify/{client}")).await.json();
        if told["notices"][0]["fate"] != "under_way" {
            return told;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("the notice is still under way after a minute");
}

/// The body of what came, which is as described.
async fn told(bank: &Served, request: &Request) -> Value {
    let (description, body): (_, Value) = (description(bank).await, request.body_json().expect("JSON"));
    let event = body["event"].as_str().expect("a text");
    let schema =
        &description["webhooks"][event]["post"]["requestBody"]["content"]["application/json"]["schema"];
    assert!(schema.is_object(), "{event} is not described");
    fits(&description, schema, &body);
    body
}

#[track_caller]
fn is_signed(request: &Request, secret: &str) {
    let header = request.headers["bank-signature"].to_str().expect("ASCII");
    let (time, tag) = header.strip_prefix("t=").and_then(|rest| rest.split_once(",v1=")).expect("both parts");
    let bytes: Vec<u8> = (0..tag.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&tag[at..at + 2], 16).expect("hexadecimal"))
        .collect();
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    let signed = [time.as_bytes(), b".", &request.body].concat();
    hmac::verify(&key, &signed, &bytes).expect("it is signed with the client's secret");
}

#[tokio::test]
async fn a_client_is_told_until_it_listens_and_by_whom_it_was_disconnected() {
    let bank = Served::right().await;
    let receiver = receiver(2).await;
    let secret = subscribe(&bank, "server", &receiver.uri()).await;
    bank.login("alice", "server").await;
    disconnect(&bank, "alice", "server").await;
    let told = settled(&bank, "server").await;
    assert_eq!((&told["notices"][0]["fate"], &told["notices"][0]["attempts"]), (&json!("taken"), &json!(3)));
    let requests = receiver.received_requests().await.expect("they are recorded");
    assert_eq!(requests.len(), 3);
    for request in &requests {
        is_signed(request, &secret);
        let body = self::told(&bank, request).await;
        assert_eq!(body["reason"], "user_disconnected");
        assert_eq!(body["client_id"], bank.of_client("server", "client_id"));
        assert_eq!(body["user_id"], bank.of_user("alice", "user_id"));
        assert_eq!(body["id"], told["notices"][0]["id"]);
    }
}

#[tokio::test]
async fn it_is_given_up_after_five_attempts_and_the_disconnection_stands() {
    let bank = Served::right().await;
    let receiver = receiver(99).await;
    subscribe(&bank, "server", &receiver.uri()).await;
    let tokens = bank.login("alice", "server").await;
    disconnect(&bank, "alice", "server").await;
    assert_eq!(bank.call("/ping/whoami", &tokens.access).await.status, 401);
    let told = settled(&bank, "server").await;
    assert_eq!(told["notices"][0]["fate"], "given_up");
    assert_eq!(receiver.received_requests().await.expect("they are recorded").len(), 5);
}

#[tokio::test]
async fn a_client_is_told_that_its_mandate_was_cancelled_and_which() {
    let bank = Served::right().await;
    let receiver = receiver(0).await;
    let secret = subscribe(&bank, "server", &receiver.uri()).await;
    let tokens = bank.approved("alice", "server").await;
    let mandate = bank.mandate("alice", &tokens.access).await;
    let of_alice = json!({ "mandate": mandate, "user": "alice" });
    let of_bob = json!({ "mandate": mandate, "user": "bob" });
    assert_eq!(bank.control("mandates/cancel", of_bob).await.status, 403);
    assert_eq!(bank.control("mandates/cancel", of_alice).await.status, 200);
    assert_eq!(settled(&bank, "server").await["notices"][0]["fate"], "taken");
    let requests = receiver.received_requests().await.expect("they are recorded");
    assert_eq!(requests.len(), 1, "whoever may not cancel it tells nobody");
    is_signed(&requests[0], &secret);
    let body = told(&bank, &requests[0]).await;
    assert_eq!((&body["event"], &body["reason"]), (&json!("mandate.cancelled"), &json!("user_cancelled")));
    assert_eq!(body["mandate_id"], mandate);
    assert_eq!(body["user_id"], bank.of_user("alice", "user_id"));
}

#[tokio::test]
async fn nobody_but_the_client_concerned_is_told() {
    let bank = Served::right().await;
    let (concerned, other) = (receiver(0).await, receiver(0).await);
    subscribe(&bank, "server", &concerned.uri()).await;
    subscribe(&bank, "other", &other.uri()).await;
    bank.login("alice", "server").await;
    bank.login("alice", "other").await;
    disconnect(&bank, "alice", "server").await;
    assert_eq!(settled(&bank, "server").await["notices"][0]["fate"], "taken");
    let world = bank.world["world"].as_str().expect("a name");
    let told = bank.get(&format!("/control/worlds/{world}/notify/other")).await.json();
    assert_eq!(told["notices"], json!([]));
    assert!(other.received_requests().await.expect("they are recorded").is_empty());
}

#[tokio::test]
async fn an_address_that_leads_elsewhere_is_refused() {
    let bank = Served::right().await;
    let asked = json!({ "client": "server", "url": "https://app.example/notices" });
    bank.control("notify", asked).await.refuses(400, "bad_request.bad_param.url", None);
    let world = bank.world["world"].as_str().expect("a name");
    let nobody = bank.get(&format!("/control/worlds/{world}/notify/server")).await;
    nobody.refuses(404, "not_found.notify", None);
    let role = bank.control("notify", json!({ "client": "nobody", "url": "http://127.0.0.1/" })).await;
    role.refuses(404, "not_found.role", None);
}
