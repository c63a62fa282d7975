//! The login page of an app, in the standing world: the user types an email, and the link in the mail takes the login to
//! its end (Monzo API docs, "Redirect the user to Monzo"). In worlds that machines made, `http::authorize` has a page of
//! its own, which goes on without a mail.

use std::sync::Arc;

use askama::Template;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{Html, IntoResponse, Response};

use super::form::Form;
use super::frame::{CSS, Frame, Logo, isolate};
use super::login::{sent, wrong_with_email};
use super::mails::Purpose;
use super::stop::Stop;
use super::visit::Visit;
use crate::reference::bank::Bank;
use crate::reference::http::{Allowed, Params, form_action, guard, land};
use crate::reference::ledger::Secret;

#[derive(Template)]
#[template(path = "authorize.html")]
struct Authorize<'a> {
    frame: Frame,
    app: String,
    logo: Logo,
    description: String,
    login: &'a str,
    email: &'a str,
    mistake: Option<&'static str>,
}

/// The page of a login that an app has just begun.
pub fn begin(bank: &Arc<Bank>, headers: &HeaderMap, login: &str) -> Result<Response, Stop> {
    let mut visit = Visit::of(bank, headers)?;
    visit.begin();
    // Whoever is here already need not type it again.
    let email = visit.user().map(|user| visit.look(|turn| turn.user_email(user))).transpose()?;
    ask(&mut visit, StatusCode::OK, login, email.unwrap_or_default(), None)
}

/// The page's form.
pub fn resume(bank: &Arc<Bank>, headers: &HeaderMap, params: Params) -> Result<Response, Stop> {
    let mut form = Form::of(Visit::of(bank, headers)?, params)?;
    let (login, email) = (form.text("login"), form.text("email"));
    if form.text("action") == "cancel" {
        let landing = form.visit.turn(|turn| {
            let user = turn.user_by_email(&email);
            turn.refuse(turn.find_login(&login)?, user)
        });
        let landing = landing.map_err(|_| Stop::login_over())?;
        return Ok(form.visit.answer(land(bank, StatusCode::SEE_OTHER, &landing)));
    }
    if let Some(mistake) = wrong_with_email(&email) {
        return ask(&mut form.visit, StatusCode::UNPROCESSABLE_ENTITY, &login, &email, Some(mistake));
    }
    let purpose = form.visit.turn(|turn| {
        let at = turn.find_login(&login)?;
        let app = turn.client_name(turn.login_client(at)).to_owned();
        Ok(Purpose::CarryOn { login: Secret::shown(&login), app })
    });
    sent(&mut form.visit, &email, purpose.map_err(|_| Stop::login_over())?)
}

fn ask(
    visit: &mut Visit,
    status: StatusCode,
    login: &str,
    email: &str,
    mistake: Option<&'static str>,
) -> Result<Response, Stop> {
    let shown = visit.turn(|turn| {
        let at = turn.find_login(login)?;
        let client = turn.login_client(at);
        let app = turn.client_name(client).to_owned();
        let logo = Logo::new(&app, turn.client_logo(client));
        let description = turn.client_description(client).to_owned();
        Ok((app, logo, description, turn.login_redirect_uri(at).to_owned()))
    });
    let (app, logo, description, redirect_uri) = shown.map_err(|_| Stop::login_over())?;
    let images = logo.origin().unwrap_or_default();
    let title = format!("{app} asks for access");
    let frame = visit.frame(&title, "/login")?;
    let page = Authorize { frame, app, logo, description, login, email, mistake };
    let html = page.render().expect("writing to a string never fails");
    let mut response = (status, Html(html)).into_response();
    let allowed = Allowed { css: CSS, images: &images, forms: &form_action(&redirect_uri) };
    let rule = visit.bank.rules.authorize.headers;
    guard(rule, &mut response, &allowed);
    // A defect of the page's headers shall show.
    if rule == Default::default() {
        isolate(&mut response);
    }
    // For whoever completes the login through the control API, which takes this id.
    if let Ok(login) = HeaderValue::from_str(login) {
        response.headers_mut().insert(LOGIN, login);
    }
    Ok(visit.answer(response))
}

const LOGIN: HeaderName = HeaderName::from_static("grantspec-login");

#[cfg(test)]
mod tests {
    use super::super::scene::Browser;

    #[tokio::test]
    async fn an_apps_login_goes_by_way_of_the_mail_back_to_the_app() {
        let mut browser = Browser::new();
        let page = browser.get(&browser.authorize("server", "st&te").await).await;
        assert_eq!(page.status, 200, "{}", page.text);
        assert!(page.text.contains("Server App asks for access"));
        assert!(!page.header("grantspec-login").is_empty());
        let policy = page.header("content-security-policy");
        assert!(policy.contains("form-action 'self' https://server-app.example"), "{policy}");
        let login = page.field("login");
        let sent = browser
            .post("/oauth2/authorize/continue", &[("login", &login), ("email", "alice@example.com")])
            .await;
        assert!(sent.text.contains("Look into your mail"), "{}", sent.text);
        assert!(sent.header("location").is_empty(), "nothing goes to the app before the link is followed");
        let link = browser.newest_link().await;
        assert_eq!(browser.another().get(&link).await.status, 403);
        let landed = browser.get(&link).await;
        assert_eq!(landed.status, 303);
        let location = landed.header("location");
        assert!(location.starts_with("https://server-app.example/oauth/callback?code="), "{location}");
        assert!(location.ends_with("&state=st%26te"), "{location}");
        assert!(browser.get("/phone").await.text.contains("Server App"), "and the phone asks");
        assert_eq!(browser.get(&link).await.status, 410);
    }

    #[tokio::test]
    async fn cancelling_tells_the_app() {
        let mut browser = Browser::new();
        let page = browser.get(&browser.authorize("server", "s").await).await;
        let login = page.field("login");
        let fields = [("login", login.as_str()), ("action", "cancel")];
        let landed = browser.post("/oauth2/authorize/continue", &fields).await;
        assert_eq!(landed.status, 303);
        assert!(landed.header("location").ends_with("error=access_denied&state=s"));
        assert_eq!(browser.post("/oauth2/authorize/continue", &fields).await.status, 410);
    }

    #[tokio::test]
    async fn the_form_needs_its_key() {
        let mut browser = Browser::new();
        let page = browser.get(&browser.authorize("server", "s").await).await;
        let login = page.field("login");
        let fields = [("login", login.as_str()), ("email", "alice@example.com"), ("form_key", "guessed")];
        assert_eq!(browser.post("/oauth2/authorize/continue", &fields).await.status, 403);
        assert!(!browser.get("/outbox").await.text.contains("alice@example.com"));
    }

    #[tokio::test]
    async fn the_control_api_still_completes_logins_of_the_standing_world() {
        let mut browser = Browser::new();
        let page = browser.get(&browser.authorize("server", "s").await).await;
        let asked = serde_json::json!({
            "login": page.header("grantspec-login"), "user": "alice", "allow": true,
        });
        assert_eq!(browser.control("login", asked).await.status, 303);
    }
}
