//! `/`: who there is, what to try, and where each page is.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;

use super::frame::Frame;
use super::stop::Stop;
use super::visit::Visit;
use super::words::pounds;

#[derive(Template)]
#[template(path = "front.html")]
struct Front {
    frame: Frame,
    people: Vec<Person>,
    /// The bank has a file.
    kept: bool,
}

struct Person {
    name: &'static str,
    email: &'static str,
    pin: &'static str,
    balance: String,
}

/// `GET /`
pub async fn page(mut visit: Visit) -> Result<Response, Stop> {
    let people = visit.look(|turn| {
        let people = turn.users().map(|user| Person {
            name: turn.user_name(user),
            email: turn.user_email(user),
            pin: turn.user_pin(user),
            balance: balance(turn.balance(user).0),
        });
        people.collect()
    })?;
    let kept = visit.bank.is_kept();
    let page = Front { frame: visit.frame("A bank to try things on", "/")?, people, kept };
    Ok(visit.show(StatusCode::OK, &page, []))
}

fn balance(pence: i64) -> String {
    format!("{}{}", if pence < 0 { "−" } else { "" }, pounds(pence.unsigned_abs()))
}

#[cfg(test)]
mod tests {
    use super::super::scene::Browser;

    #[tokio::test]
    async fn the_front_page_says_who_there_is_and_leads_everywhere() {
        let mut browser = Browser::new();
        let page = browser.get("/").await;
        assert_eq!(page.status, 200);
        for text in
            ["alice@example.com", "4921", "bob@example.com", "7308", "£1,842.50", "forgets everything"]
        {
            assert!(page.text.contains(text), "{text}");
        }
        for way in [
            "/login",
            "/phone",
            "/apps",
            "/mandates",
            "/developers",
            "/developers/playground",
            "/outbox",
            "/openapi.json",
        ] {
            assert!(page.text.contains(&format!("href=\"{way}\"")), "{way}");
        }
        assert!(page.header("set-cookie").is_empty(), "nobody is followed who only looks");
    }
}
