//! `/mandates`: what a user has agreed to pay, and cancelling it. "What mandates (e.g. £30/month to Sky TV) exist so you
//! can cancel them at will" (Monzo community forum, "One-Click Disconnections for Third Party API Account Access").
//!
//! The API has the same address, for other methods.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::form::Form;
use super::frame::{Frame, Logo};
use super::stop::{Stop, wants_page};
use super::visit::Visit;
use super::words::{agreed, day};
use crate::reference::bank::Bank;
use crate::reference::http::Problem;
use crate::reference::ledger::{ListedMandate, Turn};

#[derive(Template)]
#[template(path = "mandates.html")]
struct Mandates {
    frame: Frame,
    mandates: Vec<MandateView>,
}

struct MandateView {
    id: String,
    payee: String,
    agreed: String,
    app: String,
    logo: Logo,
    status: &'static str,
    since: String,
    payments: Vec<String>,
}

/// `GET /mandates`, for browsers. A program is told that there is only POST.
pub async fn page(State(bank): State<Arc<Bank>>, request: Request) -> Response {
    if !wants_page(request.headers()) {
        return Problem::wrong_method("POST").into_response();
    }
    let shown = Visit::of(&bank, request.headers()).and_then(list);
    shown.unwrap_or_else(IntoResponse::into_response)
}

/// `POST /mandates/cancel`
pub async fn cancel(mut form: Form) -> Result<Response, Stop> {
    let user = form.visit.must_be_user("/mandates")?;
    let id = form.text("mandate");
    let visit = &mut form.visit;
    let cancelled = visit.turn(|turn| {
        let at = turn.find_mandate(&id)?;
        turn.cancel_mandate(at, user)?;
        Ok((turn.mandate(at).terms, turn.tell_of_cancellation(at)))
    });
    match cancelled {
        Ok((terms, notice)) => {
            if let Some(notice) = notice {
                visit.bank.send_notice(visit.world, notice);
            }
            let rest = format!(
                "No payment will be taken under it any more. If you have a contract with {}, tell them too: this ends the \
                 payments, not the contract.",
                terms.payee()
            );
            visit.note(format!("The mandate for {} is cancelled.", terms.payee()), vec![rest]);
        }
        Err(_) => visit.note("There is no such mandate to cancel.", vec!["It is over already.".to_owned()]),
    }
    Ok(visit.go("/mandates"))
}

fn list(mut visit: Visit) -> Result<Response, Stop> {
    let user = visit.must_be_user("/mandates")?;
    let mandates = visit.look(|turn| {
        let listed = turn.mandates(user);
        // Those that can still take something stand first.
        let (over, open): (Vec<_>, Vec<_>) = listed.iter().partition(|mandate| mandate.status == "cancelled");
        open.into_iter().chain(over).map(|mandate| view(turn, mandate)).collect()
    })?;
    let page = Mandates { frame: visit.frame("Payment mandates", "/mandates")?, mandates };
    let logos = page.mandates.iter().filter_map(|mandate| mandate.logo.url.as_deref());
    Ok(visit.show(StatusCode::OK, &page, logos))
}

fn view(turn: &Turn<'_>, mandate: &ListedMandate) -> MandateView {
    let app = mandate.client.map_or("An unnamed app", |client| turn.client_name(client)).to_owned();
    let agreed = mandate.amount.zip(mandate.period).map(|(amount, period)| agreed(amount, period));
    MandateView {
        id: mandate.id.clone(),
        payee: mandate.payee.clone().unwrap_or_else(|| "Somebody".to_owned()),
        agreed: agreed.unwrap_or_else(|| "an unknown amount".to_owned()),
        logo: Logo::new(&app, mandate.client.and_then(|client| turn.client_logo(client))),
        app,
        status: mandate.status,
        since: day(mandate.created),
        payments: mandate.payments.iter().map(|time| day(*time)).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::scene::Browser;

    #[tokio::test]
    async fn a_mandate_is_listed_and_cancelled_for_good() {
        let mut browser = Browser::logged_in("alice@example.com").await;
        assert!(browser.get("/mandates").await.text.contains("You have agreed to no payments"));
        let token = browser.approved_token("alice", "server").await;
        let mandate = browser.mandate(&token, "Sky TV", 3000).await;
        assert!(browser.get("/mandates").await.text.contains("Waits for you"));
        browser.approve_first().await;
        assert_eq!(browser.pay(&token, &mandate, 3000).await.status, 201);
        let page = browser.get("/mandates").await;
        for text in ["£30.00 a month", "Sky TV", "Server App", "Active", "1 payment taken"] {
            assert!(page.text.contains(text), "{text}");
        }
        let mut bob = browser.another();
        bob.log_in("bob@example.com").await;
        assert!(!bob.get("/mandates").await.text.contains("Sky TV"));
        bob.post("/mandates/cancel", &[("mandate", &mandate)]).await;
        assert!(bob.get("/mandates").await.text.contains("no such mandate"));
        browser.post("/mandates/cancel", &[("mandate", &mandate)]).await;
        let page = browser.get("/mandates").await;
        assert!(page.text.contains("The mandate for Sky TV is cancelled") && page.text.contains("Cancelled"));
        let refused = browser.pay(&token, &mandate, 3000).await;
        assert!(refused.status == 403 && refused.text.contains("mandate.cancelled"));
    }

    #[tokio::test]
    async fn a_program_at_the_same_address_is_answered_by_the_api() {
        let mut browser = Browser::new();
        let answer = browser.get_with("/mandates", &[("accept", "*/*")]).await;
        assert_eq!((answer.status, answer.header("allow")), (405, "POST"));
        assert!(answer.text.contains("method_not_allowed"));
    }
}
