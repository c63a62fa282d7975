//! `/developers/playground`: "To get started quickly, you can use the access token from the API playground and avoid
//! implementing the OAuth login flow" (Monzo API docs, "Authentication"). The token is for one's own account, and needs
//! its owner's approval on the phone like any other.

use std::sync::Arc;

use askama::Template;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::StatusCode;
use axum::http::header::AUTHORIZATION;
use axum::response::Response;
use serde_json::{Value, json};

use super::form::Form;
use super::frame::Frame;
use super::stop::Stop;
use super::visit::Visit;
use super::words::span;
use crate::reference::http::answer;
use crate::reference::ledger::{ClientIx, Outcome, Refusal, Registration, Said, Secret, UserIx};

const NAME: &str = "API playground";
/// Where nobody is ever sent: the playground exchanges its code by itself.
const NOWHERE: &str = "https://playground.invalid/";
/// More than any answer to these calls has, in bytes.
const LONGEST_ANSWER: usize = 1024 * 1024;

#[derive(Template)]
#[template(path = "playground.html")]
struct Playground {
    frame: Frame,
    token: Option<String>,
    /// How long a token lives.
    lives: String,
    calls: &'static [(&'static str, &'static str, &'static str)],
    tried: Option<Tried>,
}

struct Tried {
    request: String,
    status: u16,
    phrase: &'static str,
    body: String,
    /// It was refused for want of an approval that can still be given.
    waits: bool,
    /// … that can't: it was denied, or timed out.
    too_late: bool,
}

/// Names, requests and what they are for.
const CALLS: [(&str, &str, &str); 6] = [
    ("whoami", "GET /ping/whoami", "Whose token is it?"),
    ("accounts", "GET /accounts", "Your account"),
    ("balance", "GET /balance", "What is on it"),
    ("transactions", "GET /transactions", "Five of its transactions"),
    ("mandate", "POST /mandates", "Ask for £30.00 a month for Sky TV"),
    ("payment", "POST /mandates/…/payments", "Take £30.00 under that mandate"),
];

/// `GET /developers/playground`
pub async fn page(mut visit: Visit) -> Result<Response, Stop> {
    visit.must_be_user("/developers/playground")?;
    show(&mut visit, None)
}

/// `POST /developers/playground/token`
pub async fn token(mut form: Form) -> Result<Response, Stop> {
    let user = form.visit.must_be_user("/developers/playground")?;
    let visit = &mut form.visit;
    match client(visit).and_then(|client| give(visit, client, user)) {
        Ok(token) => {
            visit.change(|session| session.token = Some(token));
            let rest =
                "It says who you are at once. It opens your account once you have approved it on your phone.";
            visit.note("Here is your token.", vec![rest.to_owned()]);
        }
        Err(refusal) => visit.note(format!("No token: {refusal}."), vec![]),
    }
    Ok(visit.go("/developers/playground"))
}

/// `POST /developers/playground/call`
pub async fn call(mut form: Form) -> Result<Response, Stop> {
    let user = form.visit.must_be_user("/developers/playground")?;
    let asked = form.text("call");
    let visit = &mut form.visit;
    let token = visit.session().and_then(|session| session.token.clone());
    let Some(token) = token else {
        visit.note("Make a token first.", vec![]);
        return Ok(visit.go("/developers/playground"));
    };
    let request = match asked.as_str() {
        "accounts" => get("/accounts".to_owned()),
        "balance" => get(format!("/balance?account_id={}", account(visit, user)?)),
        "transactions" => get(format!("/transactions?account_id={}&limit=5", account(visit, user)?)),
        "mandate" => {
            let terms = json!({ "payee": "Sky TV", "amount": 3000, "currency": "GBP", "period": "monthly" });
            ("POST", "/mandates".to_owned(), terms)
        }
        "payment" => {
            let mandate = newest_mandate(visit, user)?;
            let path = format!("/mandates/{}/payments", mandate.as_deref().unwrap_or("none"));
            ("POST", path, json!({ "amount": 3000, "currency": "GBP" }))
        }
        _ => get("/ping/whoami".to_owned()),
    };
    let tried = tried(visit, user, &token, request).await?;
    show(visit, Some(tried))
}

fn get(path: String) -> (&'static str, String, Value) {
    ("GET", path, Value::Null)
}

fn show(visit: &mut Visit, tried: Option<Tried>) -> Result<Response, Stop> {
    let token = visit.session().and_then(|session| session.token.as_ref());
    let token = token.map(|token| token.expose().to_owned());
    let frame = visit.frame(NAME, "/developers/playground")?;
    let lives = span(visit.bank.rules.token.lifetime.0);
    let page = Playground { frame, token, lives, calls: &CALLS, tried };
    Ok(visit.show(StatusCode::OK, &page, []))
}

/// The playground's own client. It is a public one, for it has nowhere to keep a refresh token.
fn client(visit: &Visit) -> Result<ClientIx, Refusal> {
    let said = Said {
        name: NAME.to_owned(),
        redirect_uris: NOWHERE.to_owned(),
        description: "The bank's own place for trying its API".to_owned(),
        confidential: Some(false),
        ..Said::default()
    };
    let registration = Registration::new(&said).expect("the bank describes its own client rightly");
    visit.turn(|turn| match turn.own_client() {
        Some(client) => Ok(client),
        None => turn.register(registration, None).map(|(client, _)| client),
    })
}

/// A whole login of the user who is here already.
fn give(visit: &Visit, client: ClientIx, user: UserIx) -> Result<Secret, Refusal> {
    visit.turn(|turn| {
        let login = turn.open_login(client, NOWHERE.to_owned(), None);
        let landing = turn.allow(turn.find_login(login.expose())?, user)?;
        let Outcome::Code(code) = landing.outcome else { return Err(Refusal::BadCode) };
        let redemption = turn.check_code(client, code.expose(), NOWHERE)?;
        let spent = turn.spend_code(redemption)?;
        Ok(turn.issue(spent)?.access)
    })
}

async fn tried(
    visit: &Visit,
    user: UserIx,
    token: &Secret,
    (method, path, body): (&'static str, String, Value),
) -> Result<Tried, Stop> {
    let sent = if body.is_null() { String::new() } else { body.to_string() };
    let request = Request::builder()
        .method(method)
        .uri(&path)
        .header(AUTHORIZATION, format!("Bearer {}", token.expose()))
        .body(Body::from(sent.clone()))
        .expect("the paths above are valid");
    let answer = answer(Arc::clone(&visit.bank), request).await;
    let status = answer.status();
    let bytes = to_bytes(answer.into_body(), LONGEST_ANSWER).await.unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let json = serde_json::from_str::<Value>(&text).ok();
    let wants_approval = json.as_ref().is_some_and(|json| {
        let code = json["code"].as_str().unwrap_or_default();
        code == "forbidden.insufficient_permissions" || code == "forbidden.mandate.not_approved"
    }) || (status == StatusCode::CREATED && path == "/mandates");
    let asked = visit.look(|turn| turn.asks(user).iter().any(|ask| Some(ask.client) == turn.own_client()))?;
    Ok(Tried {
        request: format!("{method} {path}\nAuthorization: Bearer …\n\n{sent}").trim_end().to_owned(),
        status: status.as_u16(),
        phrase: status.canonical_reason().unwrap_or_default(),
        waits: wants_approval && asked,
        too_late: wants_approval && !asked,
        body: json.and_then(|json| serde_json::to_string_pretty(&json).ok()).unwrap_or(text),
    })
}

fn account(visit: &Visit, user: UserIx) -> Result<String, Stop> {
    visit.look(|turn| turn.account_id(user).to_owned())
}

fn newest_mandate(visit: &Visit, user: UserIx) -> Result<Option<String>, Stop> {
    visit.look(|turn| {
        let client = turn.own_client();
        let mandates = turn.mandates(user);
        mandates.into_iter().rfind(|mandate| mandate.client == client).map(|mandate| mandate.id)
    })
}

#[cfg(test)]
mod tests {
    use super::super::scene::Browser;

    const CALL: &str = "/developers/playground/call";

    #[tokio::test]
    async fn a_token_for_ones_own_account_opens_it_once_approved() {
        let mut browser = Browser::logged_in("alice@example.com").await;
        browser.get("/developers/playground").await;
        browser.post(CALL, &[("call", "whoami")]).await;
        assert!(browser.get("/developers/playground").await.text.contains("Make a token first"));
        browser.post("/developers/playground/token", &[]).await;
        let page = browser.get("/developers/playground").await;
        assert!(page.text.contains("It lives for 6 hours"));
        let token = page.code("token");
        assert_eq!(browser.call("/ping/whoami", &token).await.status, 200);
        assert!(browser.post(CALL, &[("call", "whoami")]).await.text.contains("200 OK"));
        let waits = browser.post(CALL, &[("call", "accounts")]).await;
        assert!(waits.text.contains("403 Forbidden") && waits.text.contains("Approve it on"));
        browser.get("/phone").await;
        browser.approve_first().await;
        browser.get("/developers/playground").await;
        for call in ["accounts", "balance", "transactions"] {
            let page = browser.post(CALL, &[("call", call)]).await;
            assert!(page.text.contains("200 OK"), "{call}: {}", page.text);
        }
        assert!(browser.post(CALL, &[("call", "payment")]).await.text.contains("404 Not Found"));
        assert!(browser.post(CALL, &[("call", "mandate")]).await.text.contains("201 Created"));
        browser.approve_first().await;
        browser.get("/developers/playground").await;
        assert!(browser.post(CALL, &[("call", "payment")]).await.text.contains("201 Created"));
        assert!(browser.get("/apps").await.text.contains("API playground"));
    }

    #[tokio::test]
    async fn nobody_is_sent_to_a_phone_on_which_nothing_waits() {
        let mut browser = Browser::logged_in("alice@example.com").await;
        browser.get("/developers/playground").await;
        browser.post("/developers/playground/token", &[]).await;
        browser.get("/developers/playground").await;
        assert!(browser.post(CALL, &[("call", "accounts")]).await.text.contains("Approve it on"));
        browser.advance(600).await;
        let page = browser.post(CALL, &[("call", "accounts")]).await;
        assert!(page.text.contains("403 Forbidden") && page.text.contains("It was denied, or timed out"));
        assert!(!page.text.contains("Approve it on"));
    }

    #[tokio::test]
    async fn a_new_token_ends_the_one_before() {
        let mut browser = Browser::logged_in("alice@example.com").await;
        browser.get("/developers/playground").await;
        browser.post("/developers/playground/token", &[]).await;
        let first = browser.get("/developers/playground").await.code("token");
        browser.post("/developers/playground/token", &[]).await;
        let second = browser.get("/developers/playground").await.code("token");
        assert_eq!(browser.call("/ping/whoami", &first).await.status, 401);
        assert_eq!(browser.call("/ping/whoami", &second).await.status, 200);
    }
}
