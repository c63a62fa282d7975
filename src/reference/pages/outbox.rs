//! `/outbox`: the mails that the bank would send. Whoever can look here can read them all; a link works in its own browser
//! only.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;

use super::frame::Frame;
use super::mails::{Content, Mail, Purpose, Standing};
use super::stop::Stop;
use super::visit::Visit;
use super::words::{away, moment};
use crate::reference::ledger::Seconds;

#[derive(Template)]
#[template(path = "outbox.html")]
struct Outbox {
    frame: Frame,
    mails: Vec<MailView>,
}

struct MailView {
    to: String,
    subject: String,
    when: String,
    ago: String,
    text: &'static str,
    /// Its address, as long as it works.
    link: Option<String>,
    /// Why it works no more.
    over: Option<&'static str>,
}

/// `GET /outbox`
pub async fn page(mut visit: Visit) -> Result<Response, Stop> {
    let mails = visit.bank.lobby().mails.outbox(visit.now).map(|mail| view(mail, visit.now)).collect();
    let page = Outbox { frame: visit.frame("Outbox", "/outbox")?, mails };
    Ok(visit.show(StatusCode::OK, &page, []))
}

fn view(mail: &Mail, now: Seconds) -> MailView {
    let (subject, text) = match &mail.content {
        Content::NobodyHere => (
            "Somebody tried to log in with this email".to_owned(),
            "Nobody here has this email, so there is nothing to log in to. If it was you, look for a slip.",
        ),
        Content::Link(link) => match &link.purpose {
            Purpose::LogIn => (
                "Your link to log in".to_owned(),
                "Follow this link in the browser that you asked from. If you didn't ask, do nothing.",
            ),
            Purpose::CarryOn { app, .. } => (
                format!("Your link to log in, for {app}"),
                "Follow this link in the browser that you asked from. It leads back to the app, which sees nothing \
                 before you approve it on your phone. If you didn't ask, do nothing.",
            ),
        },
    };
    let standing = mail.standing(now);
    MailView {
        to: mail.to.clone(),
        subject,
        when: moment(mail.sent),
        ago: away(mail.sent, now),
        text,
        link: mail
            .link()
            .filter(|_| standing == Standing::Open)
            .map(|link| format!("/login/link/{}", link.secret.expose())),
        over: match standing {
            _ if mail.link().is_none() => None,
            Standing::Open => None,
            Standing::Used => Some("This link has been used."),
            Standing::Expired => Some("This link has expired."),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::super::scene::Browser;

    #[tokio::test]
    async fn mails_are_shown_newest_first_and_as_text() {
        let mut browser = Browser::new();
        assert!(browser.get("/outbox").await.text.contains("No mail yet"));
        browser.get("/login").await;
        browser.post("/login", &[("email", "alice@example.com")]).await;
        browser.post("/login", &[("email", "<b>eve</b>@example.com")]).await;
        let page = browser.get("/outbox").await;
        assert!(!page.text.contains("<b>eve"));
        let (eve, alice) = (page.text.find("eve"), page.text.find("alice@example.com"));
        assert!(eve < alice);
    }
}
