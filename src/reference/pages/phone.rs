//! `/phone`: what waits for the owner's word. Their phone would tell them; here they look.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;

use super::form::Form;
use super::frame::{Frame, Logo};
use super::stop::Stop;
use super::visit::Visit;
use super::words::{agreed, away, moment};
use crate::reference::ledger::{Ask, Matter, Proof, Refusal, Turn, UserIx};

#[derive(Template)]
#[template(path = "phone.html")]
struct Phone {
    frame: Frame,
    asks: Vec<AskView>,
    /// What nobody decided in time, the newest first.
    missed: Vec<AskView>,
}

/// How many requests that timed out are shown.
const MISSED: usize = 5;

struct AskView {
    name: String,
    app: String,
    logo: Logo,
    /// A payee and `£30.00 a month`, if it is about payments.
    payments: Option<(String, String)>,
    since: String,
    until: String,
    left: String,
    /// What was wrong with the last try.
    mistake: Option<String>,
}

/// `GET /phone`
pub async fn page(mut visit: Visit) -> Result<Response, Stop> {
    let user = visit.must_be_user("/phone")?;
    show(&mut visit, user, StatusCode::OK, None)
}

/// `POST /phone/answer`
pub async fn answer(mut form: Form) -> Result<Response, Stop> {
    let user = form.visit.must_be_user("/phone")?;
    let (name, pin) = (form.text("ask"), form.text("pin"));
    let proof = match form.text("answer").as_str() {
        "pin" => Some(Proof::Pin(&pin)),
        "fingerprint" => Some(Proof::Fingerprint),
        "face" => Some(Proof::Face),
        _ => None,
    };
    let visit = &mut form.visit;
    if proof == Some(Proof::Pin("")) {
        return show(
            visit,
            user,
            StatusCode::UNPROCESSABLE_ENTITY,
            Some((&name, "Type the PIN.".to_owned())),
        );
    }
    let answered = visit.turn(|turn| match proof {
        Some(proof) => turn.approve_on_phone(user, &name, proof),
        None => turn.deny_on_phone(user, &name),
    });
    match answered {
        Ok(ask) => {
            let app = visit.look(|turn| turn.client_name(ask.client).to_owned())?;
            let (headline, rest) = told(&ask, &app, proof.is_some());
            visit.note(headline, rest);
        }
        Err(Refusal::WrongPin { left }) => {
            let tries = if left == 1 { "1 try".to_owned() } else { format!("{left} tries") };
            let mistake = format!("This is not the PIN of your card. {tries} left.");
            return show(visit, user, StatusCode::UNPROCESSABLE_ENTITY, Some((&name, mistake)));
        }
        Err(Refusal::TooManyPins) => {
            let rest = "If it was you, let the app ask once more. If it wasn't, somebody else tried.";
            visit.note("Five wrong PINs: this request is refused.", vec![rest.to_owned()]);
        }
        Err(_) => {
            let rest = "It was decided before, or it timed out. The app has to ask again.";
            visit.note("This request is over.", vec![rest.to_owned()]);
        }
    }
    Ok(visit.go("/phone"))
}

fn show(
    visit: &mut Visit,
    user: UserIx,
    status: StatusCode,
    mistake: Option<(&str, String)>,
) -> Result<Response, Stop> {
    let now = visit.now;
    let mut asks: Vec<AskView> =
        visit.look(|turn| turn.asks(user).iter().map(|ask| view(turn, ask, now)).collect())?;
    if let Some((name, mistake)) = mistake
        && let Some(ask) = asks.iter_mut().find(|ask| ask.name == name)
    {
        ask.mistake = Some(mistake);
    }
    let missed = visit.look(|turn| {
        let missed = turn.timed_out(user);
        missed.iter().rev().take(MISSED).map(|ask| view(turn, ask, now)).collect()
    })?;
    let page = Phone { frame: visit.frame("Your phone", "/phone")?, asks, missed };
    let logos = page.asks.iter().chain(&page.missed).filter_map(|ask| ask.logo.url.as_deref());
    Ok(visit.show(status, &page, logos))
}

fn view(turn: &Turn<'_>, ask: &Ask, now: u64) -> AskView {
    let app = turn.client_name(ask.client).to_owned();
    AskView {
        name: ask.matter.name(),
        logo: Logo::new(&app, turn.client_logo(ask.client)),
        app,
        payments: match &ask.matter {
            Matter::Access { .. } => None,
            Matter::Mandate(_, terms) => {
                Some((terms.payee().to_owned(), agreed(terms.amount(), terms.period())))
            }
        },
        since: away(ask.since, now),
        until: moment(ask.until),
        left: away(ask.until, now),
        mistake: None,
    }
}

fn told(ask: &Ask, app: &str, approved: bool) -> (String, Vec<String>) {
    match (&ask.matter, approved) {
        (Matter::Access { .. }, true) => (
            format!("{app} can now see your account."),
            vec![
                "It can ask for all your transactions for the next five minutes, and after that for those of the last \
                 90 days. You can disconnect it whenever you like, under Connected apps."
                    .to_owned(),
            ],
        ),
        (Matter::Access { .. }, false) => {
            (format!("{app} sees nothing."), vec!["What it asked for is refused for good.".to_owned()])
        }
        (Matter::Mandate(_, terms), true) => (
            format!("{app} may now take {} for {}.", agreed(terms.amount(), terms.period()), terms.payee()),
            vec!["You can cancel this whenever you like, under Mandates.".to_owned()],
        ),
        (Matter::Mandate(_, terms), false) => (
            format!("Nothing will be taken for {}.", terms.payee()),
            vec![format!("The mandate that {app} asked for is refused for good.")],
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::super::scene::Browser;

    #[tokio::test]
    async fn an_approval_by_pin_opens_the_account_and_says_so() {
        let mut browser = Browser::logged_in("alice@example.com").await;
        let token = browser.app_token("alice", "server").await;
        let page = browser.get("/phone").await;
        assert!(
            page.text.contains("Server App") && page.text.contains("times out <strong>in "),
            "{}",
            page.text
        );
        assert_eq!(browser.call("/accounts", &token).await.status, 403);
        let ask = page.field("ask");
        let wrong = browser.post("/phone/answer", &[("ask", &ask), ("answer", "pin"), ("pin", "0000")]).await;
        assert_eq!(wrong.status, 422);
        assert!(wrong.text.contains("4 tries left") && wrong.text.contains("aria-invalid"), "{}", wrong.text);
        let none = browser.post("/phone/answer", &[("ask", &ask), ("answer", "pin")]).await;
        assert!(none.text.contains("Type the PIN"));
        let right = browser.post("/phone/answer", &[("ask", &ask), ("answer", "pin"), ("pin", "4921")]).await;
        assert_eq!(right.status, 303);
        assert!(browser.get("/phone").await.text.contains("Server App can now see your account"));
        assert!(!browser.get("/phone").await.text.contains("can now see"), "it is said once");
        assert_eq!(browser.call("/accounts", &token).await.status, 200);
    }

    #[tokio::test]
    async fn five_wrong_pins_end_the_request() {
        let mut browser = Browser::logged_in("alice@example.com").await;
        let token = browser.app_token("alice", "server").await;
        let ask = browser.get("/phone").await.field("ask");
        for _ in 0..5 {
            browser.post("/phone/answer", &[("ask", &ask), ("answer", "pin"), ("pin", "1111")]).await;
        }
        assert!(browser.get("/phone").await.text.contains("Five wrong PINs"));
        browser.post("/phone/answer", &[("ask", &ask), ("answer", "face")]).await;
        assert!(browser.get("/phone").await.text.contains("This request is over"));
        assert_eq!(browser.call("/accounts", &token).await.status, 403);
    }

    #[tokio::test]
    async fn a_no_is_final_and_only_the_owner_is_asked() {
        let mut bob = Browser::logged_in("bob@example.com").await;
        let token = bob.app_token("alice", "server").await;
        assert!(bob.get("/phone").await.text.contains("Nothing waits"));
        let mut alice = bob.another();
        alice.log_in("alice@example.com").await;
        let ask = alice.get("/phone").await.field("ask");
        bob.post("/phone/answer", &[("ask", &ask), ("answer", "face")]).await;
        assert!(bob.get("/phone").await.text.contains("This request is over"));
        alice.post("/phone/answer", &[("ask", &ask), ("answer", "deny")]).await;
        assert!(alice.get("/phone").await.text.contains("Server App sees nothing"));
        assert_eq!(alice.call("/accounts", &token).await.status, 403);
    }

    #[tokio::test]
    async fn a_request_times_out_and_is_told_for_a_day() {
        let mut browser = Browser::logged_in("alice@example.com").await;
        browser.app_token("alice", "server").await;
        browser.advance(599).await;
        assert!(!browser.get("/phone").await.text.contains("Timed out"));
        browser.advance(1).await;
        let page = browser.get("/phone").await.text;
        assert!(
            page.contains("Nothing waits") && page.contains("Server App wanted to see your account"),
            "{page}"
        );
        browser.advance(86_400).await;
        assert!(!browser.get("/phone").await.text.contains("wanted to see"));
    }

    #[tokio::test]
    async fn a_mandate_is_approved_here_too() {
        let mut browser = Browser::logged_in("alice@example.com").await;
        let token = browser.approved_token("alice", "server").await;
        let mandate = browser.mandate(&token, "Sky <TV>", 3000).await;
        let page = browser.get("/phone").await;
        assert!(
            page.text.contains("£30.00 a month") && page.text.contains("Sky &#60;TV&#62;"),
            "{}",
            page.text
        );
        assert_eq!(browser.pay(&token, &mandate, 3000).await.status, 403);
        let ask = page.field("ask");
        browser.post("/phone/answer", &[("ask", &ask), ("answer", "fingerprint")]).await;
        assert!(browser.get("/phone").await.text.contains("may now take £30.00 a month"));
        assert_eq!(browser.pay(&token, &mandate, 3000).await.status, 201);
    }
}
