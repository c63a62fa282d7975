//! The description at `/openapi.json`, held against the routes and against what they answer.

use std::collections::BTreeSet;

use super::*;
use crate::reference::http::described_routes;

const METHODS: [&str; 4] = ["GET", "POST", "PUT", "DELETE"];

pub(super) async fn description(bank: &Served) -> Value {
    let answer = bank.get("/openapi.json").await;
    assert_eq!((answer.status, answer.header("content-type")), (200, "application/json"));
    answer.json()
}

/// What is described of a path and a method in lower case.
fn operation<'a>(description: &'a Value, path: &str, method: &str) -> &'a Value {
    &description["paths"][path][method.to_lowercase()]
}

/// Holds a value against a schema of the description.
#[track_caller]
pub(super) fn fits(description: &Value, schema: &Value, value: &Value) {
    let mut whole = schema.clone();
    whole["components"] = description["components"].clone();
    let validator = jsonschema::validator_for(&whole).expect("it is a schema");
    let wrong: Vec<String> = validator.iter_errors(value).map(|error| error.to_string()).collect();
    assert!(wrong.is_empty(), "{wrong:?}\n{value:#}");
}

/// Holds an answer against what is described of it.
#[track_caller]
fn answers(description: &Value, path: &str, method: &str, seen: &Seen) {
    let told = &operation(description, path, method)["responses"][seen.status.to_string()];
    assert!(
        told.is_object(),
        "{method} {path} answers {}, which is not described: {}",
        seen.status,
        seen.text
    );
    let kind = seen.header("content-type").split(';').next().unwrap_or_default();
    if let Some(schema) = told["content"]["application/json"].get("schema") {
        assert_eq!(kind, "application/json", "{method} {path}");
        fits(description, schema, &seen.json());
    }
    for name in told["headers"].as_object().into_iter().flat_map(|headers| headers.keys()) {
        let given = !seen.header(&name.to_lowercase()).is_empty();
        // A token refused for its client carries no challenge of its own.
        assert!(given || name == "WWW-Authenticate", "{method} {path} {}: no {name}", seen.status);
    }
}

#[tokio::test]
async fn every_route_is_described_and_nothing_else_is() {
    let bank = Served::right().await;
    let description = description(&bank).await;
    assert_eq!(description["info"]["version"], env!("CARGO_PKG_VERSION"));
    let paths = description["paths"].as_object().expect("paths");
    let described: BTreeSet<&str> = paths.keys().map(String::as_str).collect();
    assert_eq!(described, described_routes().collect());
}

#[tokio::test]
async fn every_method_of_every_route_answers_as_described() {
    let bank = Served::right().await;
    let description = description(&bank).await;
    for path in described_routes() {
        let real = path.replace("{mandate}", "mandate_none");
        for method in METHODS {
            let verb = Method::from_bytes(method.as_bytes()).expect("a method");
            let mut request = bank.request(verb, &real);
            if !operation(&description, path, method)["responses"]["200"]["content"]["text/html"].is_null() {
                request = request.header("accept", "text/html");
            }
            let seen = Seen::of(request).await;
            if operation(&description, path, method).is_null() {
                assert_eq!(seen.status, 405, "{method} {path} is not described");
                assert!(!seen.header("allow").is_empty(), "{method} {path}");
                let error = json!({ "$ref": "#/components/schemas/Error" });
                fits(&description, &error, &seen.json());
            } else {
                assert_ne!(seen.status, 405, "{method} {path} is described");
                answers(&description, path, method, &seen);
            }
        }
    }
}

#[tokio::test]
async fn every_example_fits_its_schema() {
    let bank = Served::right().await;
    let description = description(&bank).await;
    let mut examples = 0;
    let paths = description["paths"].as_object().expect("paths").values();
    let webhooks = description["webhooks"].as_object().expect("webhooks").values();
    for operations in paths.chain(webhooks) {
        for operation in operations.as_object().expect("operations").values() {
            let responses = operation["responses"].as_object().expect("responses").values();
            let bodies = responses.map(|response| &response["content"]);
            for content in bodies.chain([&operation["requestBody"]["content"]]) {
                for media in content.as_object().into_iter().flat_map(|media| media.values()) {
                    let several = media["examples"].as_object().into_iter().flat_map(|all| all.values());
                    let all = media.get("example").into_iter().chain(several.map(|one| &one["value"]));
                    for example in all {
                        fits(&description, &media["schema"], example);
                        examples += 1;
                    }
                }
            }
        }
    }
    assert!(examples > 50, "only {examples} examples");
}

#[tokio::test]
async fn what_is_granted_and_what_is_turned_away_fit_too() {
    let bank = Served::right().await;
    let description = description(&bank).await;
    let code = bank.code("alice", "server").await.1;
    answers(&description, "/oauth2/token", "POST", &bank.exchange("server", &code, &[]).await);
    answers(&description, "/oauth2/token", "POST", &bank.exchange("server", &code, &[]).await);
    let tokens = bank.approved("alice", "server").await;
    for path in ["/ping/whoami", "/accounts", "/balance", "/transactions"] {
        let account = bank.of_user("alice", "account_id");
        let seen = bank.call(&format!("{path}?account_id={account}"), &tokens.access).await;
        assert_eq!(seen.status, 200, "{path}");
        answers(&description, path, "GET", &seen);
    }
    let post = |path: &str, body: Value| {
        let request = bank.request(Method::POST, path).bearer_auth(&tokens.access);
        Seen::of(request.body(body.to_string()))
    };
    let terms = json!({ "payee": "Sky TV", "amount": 3000, "currency": "GBP", "period": "monthly" });
    let set_up = post("/mandates", terms).await;
    assert_eq!(set_up.status, 201);
    answers(&description, "/mandates", "POST", &set_up);
    let id = set_up.json()["mandate_id"].as_str().expect("an id").to_owned();
    let look = bank.call(&format!("/mandates/{id}"), &tokens.access).await;
    answers(&description, "/mandates/{mandate}", "GET", &look);
    let payments = format!("/mandates/{id}/payments");
    let pay = json!({ "amount": 3000, "currency": "GBP" });
    for due in [403, 201, 403] {
        let seen = post(&payments, pay.clone()).await;
        assert_eq!(seen.status, due, "{}", seen.text);
        answers(&description, "/mandates/{mandate}/payments", "POST", &seen);
        let decision = json!({ "mandate": id, "user": "alice" });
        bank.control("mandates/approve", decision).await;
    }
    let asked = json!({ "endpoint": "whoami", "requests": 1 });
    assert_eq!(bank.control("throttle", asked).await.status, 200);
    let away = bank.call("/ping/whoami", &tokens.access).await;
    assert_eq!(away.status, 429);
    answers(&description, "/ping/whoami", "GET", &away);
    let out = bank.logout(&tokens.access).await;
    assert_eq!(out.status, 200);
    answers(&description, "/oauth2/logout", "POST", &out);
}
