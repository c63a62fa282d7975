//! Logging in to the bank itself, by a link in a mail; following a mail's link, whatever it is for; logging out.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

use super::form::Form;
use super::frame::Frame;
use super::mails::{LINK_SECONDS, Purpose};
use super::stop::Stop;
use super::visit::Visit;
use crate::reference::bank::Bank;
use crate::reference::http::land;

/// Longest address (RFC 5321 §4.5.3.1.3 with its brackets taken off).
const LONGEST_EMAIL: usize = 254;

#[derive(Template)]
#[template(path = "login.html")]
struct Login<'a> {
    frame: Frame,
    email: &'a str,
    mistake: Option<&'static str>,
}

#[derive(Template)]
#[template(path = "sent.html")]
struct Sent<'a> {
    frame: Frame,
    email: &'a str,
    minutes: u64,
}

/// `GET /login`
pub async fn page(mut visit: Visit) -> Result<Response, Stop> {
    visit.begin();
    ask(&mut visit, StatusCode::OK, "", None)
}

/// `POST /login`
pub async fn send(mut form: Form) -> Result<Response, Stop> {
    let email = form.text("email");
    match wrong_with_email(&email) {
        Some(mistake) => ask(&mut form.visit, StatusCode::UNPROCESSABLE_ENTITY, &email, Some(mistake)),
        None => sent(&mut form.visit, &email, Purpose::LogIn),
    }
}

/// `GET /login/link/{link}`. Only the browser that asked for it gets anywhere, so that what merely looks at the links of a
/// mail uses none up.
pub async fn follow(
    State(bank): State<Arc<Bank>>,
    Path(link): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Stop> {
    let mut visit = Visit::of(&bank, &headers)?;
    let browser = visit.session().map(|session| session.browser);
    let followed = bank.lobby().mails.follow(&link, browser, visit.now);
    let (user, purpose) = followed.map_err(Stop::dead_link)?;
    visit.log_in(user);
    match purpose {
        Purpose::LogIn => {
            let page = visit.change(|session| session.bound_for.take()).flatten();
            Ok(visit.go(page.unwrap_or("/apps")))
        }
        Purpose::CarryOn { login, .. } => {
            let landing = visit.turn(|turn| turn.allow(turn.find_login(login.expose())?, user));
            let landing = landing.map_err(|_| Stop::login_over())?;
            Ok(visit.answer(land(&bank, StatusCode::SEE_OTHER, &landing)))
        }
    }
}

/// `POST /logout`
pub async fn leave(mut form: Form) -> Response {
    form.visit.log_out();
    form.visit.go("/")
}

/// What is wrong with an address that somebody typed.
pub fn wrong_with_email(email: &str) -> Option<&'static str> {
    let (name, host) = email.split_once('@').unwrap_or((email, ""));
    if email.is_empty() {
        Some("Type your email.")
    } else if email.len() > LONGEST_EMAIL {
        Some("This is too long for an email.")
    } else if name.is_empty()
        || host.is_empty()
        || email.contains(|c: char| c.is_whitespace() || c.is_control())
    {
        Some("This is no email: it looks like alice@example.com.")
    } else {
        None
    }
}

/// Sends the link, or tells the address that nobody has it; the page says the same either way.
pub fn sent(visit: &mut Visit, email: &str, purpose: Purpose) -> Result<Response, Stop> {
    let browser = visit.begin().browser;
    let known = visit.look(|turn| turn.user_by_email(email).map(|user| (user, turn.user_email(user))))?;
    let (bank, now) = (&visit.bank, visit.now);
    match known {
        Some((user, to)) => bank.lobby().mails.send_link(to, user, purpose, browser, now, &mut rand::rng()),
        None => bank.lobby().mails.send_nobody(email, now),
    }
    let frame = visit.frame("Look into your mail", "/login")?;
    let page = Sent { frame, email, minutes: LINK_SECONDS / 60 };
    Ok(visit.show(StatusCode::OK, &page, []))
}

fn ask(
    visit: &mut Visit,
    status: StatusCode,
    email: &str,
    mistake: Option<&'static str>,
) -> Result<Response, Stop> {
    let page = Login { frame: visit.frame("Log in", "/login")?, email, mistake };
    Ok(visit.show(status, &page, []))
}

#[cfg(test)]
mod tests {
    use super::super::scene::Browser;

    #[tokio::test]
    async fn the_link_of_a_mail_logs_its_browser_in_once() {
        let mut browser = Browser::new();
        browser.get("/login").await;
        let sent = browser.post("/login", &[("email", " ALICE@example.com")]).await;
        assert_eq!(sent.status, 200);
        assert!(sent.text.contains("Look into your mail"));
        let link = browser.newest_link().await;
        let before = browser.cookie.clone();
        let stranger = browser.another().get(&link).await;
        assert_eq!(stranger.status, 403);
        assert!(stranger.text.contains("another browser"));
        let followed = browser.get(&link).await;
        assert_eq!((followed.status, followed.header("location")), (303, "/apps"));
        assert_ne!(browser.cookie, before, "a cookie from before the login is worth nothing after it");
        assert!(browser.get("/apps").await.text.contains("Alice Example"));
        let again = browser.get(&link).await;
        assert_eq!(again.status, 410);
        assert!(again.text.contains("has been used"));
    }

    #[tokio::test]
    async fn a_link_expires_on_the_worlds_clock() {
        let mut browser = Browser::new();
        browser.get("/login").await;
        browser.post("/login", &[("email", "alice@example.com")]).await;
        let link = browser.newest_link().await;
        browser.advance(900).await;
        let late = browser.get(&link).await;
        assert_eq!(late.status, 410);
        assert!(late.text.contains("has expired"));
        assert!(browser.get("/outbox").await.text.contains("expired"));
    }

    #[tokio::test]
    async fn the_page_does_not_tell_who_is_a_customer_but_the_mail_does() {
        let mut browser = Browser::new();
        browser.get("/login").await;
        let known = browser.post("/login", &[("email", "bob@example.com")]).await;
        let unknown = browser.post("/login", &[("email", "eve@example.com")]).await;
        assert_eq!(known.status, unknown.status);
        assert_eq!(known.text.replace("bob@", ""), unknown.text.replace("eve@", ""));
        assert!(browser.get("/outbox").await.text.contains("Nobody here has this email"));
    }

    #[tokio::test]
    async fn what_is_no_email_is_said_beside_the_field() {
        let mut browser = Browser::new();
        browser.get("/login").await;
        let long = format!("{}@example.com", "x".repeat(300));
        for (email, says) in [
            ("", "Type your email"),
            ("alice", "This is no email"),
            ("a b@c", "no email"),
            (&long, "too long"),
        ] {
            let page = browser.post("/login", &[("email", email)]).await;
            assert_eq!(page.status, 422, "{email}");
            assert!(page.text.contains(says) && page.text.contains("aria-invalid"), "{email}");
        }
        let markup = browser.post("/login", &[("email", "\"><script>")]).await;
        assert!(!markup.text.contains("<script>"));
    }

    #[tokio::test]
    async fn a_stranger_is_sent_to_log_in_and_back() {
        let mut browser = Browser::new();
        for page in ["/phone", "/apps", "/mandates", "/developers", "/developers/playground"] {
            let sent = browser.get(page).await;
            assert_eq!((sent.status, sent.header("location")), (303, "/login"), "{page}");
        }
        browser.get("/phone").await;
        assert_eq!(browser.log_in("alice@example.com").await, "/phone");
    }

    #[tokio::test]
    async fn logging_out_ends_the_session() {
        let mut browser = Browser::logged_in("alice@example.com").await;
        browser.get("/apps").await;
        let old = browser.cookie.clone();
        let left = browser.post("/logout", &[]).await;
        assert_eq!(left.status, 303);
        assert!(left.header("set-cookie").contains("Max-Age=0"));
        browser.cookie = old;
        assert_eq!(browser.get("/apps").await.status, 303);
    }

    #[tokio::test]
    async fn the_cookie_is_kept_from_scripts_and_other_sites_and_from_plain_lines_where_there_is_tls() {
        let mut browser = Browser::new();
        let cookie = browser.get("/login").await.header("set-cookie").to_owned();
        assert!(cookie.contains("; HttpOnly; SameSite=Lax") && !cookie.contains("Secure"), "{cookie}");
        let mut browser = Browser::new();
        let over_tls = browser.get_with("/login", &[("x-forwarded-proto", "https")]).await;
        assert!(over_tls.header("set-cookie").contains("; Secure"));
    }
}
