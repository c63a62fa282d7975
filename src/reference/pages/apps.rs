//! `/apps`: every third party that can read the account, or take payments, and the one click that ends it. "I should from
//! with my Monzo app, be able to remove access to third-party integrations with one-click" (Monzo community forum,
//! "One-Click Disconnections for Third Party API Account Access").

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use url::Url;

use super::form::Form;
use super::frame::{Frame, Logo};
use super::stop::Stop;
use super::visit::Visit;
use super::words::{agreed, away, day, moment};
use crate::reference::ledger::{ClientIx, Connection, ListedMandate, Seconds, Turn, UserIx};

#[derive(Template)]
#[template(path = "apps.html")]
struct Apps {
    frame: Frame,
    apps: Vec<App>,
}

struct App {
    client_id: String,
    name: String,
    logo: Logo,
    description: String,
    reads: Reads,
    mandates: Vec<String>,
    /// A time, and how long ago that is.
    since: Option<(String, String)>,
    last_used: Option<(String, String)>,
}

/// What an app may see.
enum Reads {
    /// Nothing: it has a mandate only.
    Nothing,
    /// Nothing before it is approved on the phone.
    Waiting,
    /// These, until the owner has to confirm.
    These { what: Vec<&'static str>, until: String },
    /// Nothing more before the owner confirms.
    Closed,
}

/// `GET /apps`
pub async fn page(mut visit: Visit) -> Result<Response, Stop> {
    let user = visit.must_be_user("/apps")?;
    let now = visit.now;
    let apps = visit.look(|turn| listed(turn, user, now))?;
    let page = Apps { frame: visit.frame("Connected apps", "/apps")?, apps };
    let logos = page.apps.iter().filter_map(|app| app.logo.url.as_deref());
    Ok(visit.show(StatusCode::OK, &page, logos))
}

/// `POST /apps/disconnect`
pub async fn disconnect(mut form: Form) -> Result<Response, Stop> {
    let user = form.visit.must_be_user("/apps")?;
    let id = form.text("client_id");
    let visit = &mut form.visit;
    let mut sitting = visit.bank.sit(visit.world);
    let begun = sitting.step(|turn| {
        let client = turn.client(&id)?;
        let apps = listed(turn, user, turn.now());
        let app = apps.into_iter().find(|app| app.client_id == id);
        let whom = ask_whom(turn, client);
        Ok((turn.begin_disconnection(user, client), client, app, whom))
    });
    let Ok((begun, client, Some(app), whom)) = begun else {
        drop(sitting);
        visit.note(
            "This app is not connected.",
            vec!["It was disconnected before, or its access ended.".to_owned()],
        );
        return Ok(visit.go("/apps"));
    };
    sitting.pause(visit.bank.rules.consent.under_way.gap());
    let done = sitting.step(|turn| {
        turn.disconnect(begun);
        Ok(turn.tell_of_disconnection(user, client))
    });
    drop(sitting);
    if let Some(notice) = done.map_err(|_| Stop::no_world())? {
        visit.bank.send_notice(visit.world, notice);
    }
    let mut rest = vec![format!(
        "From this moment {name}'s tokens are dead, and so is whatever it had not used yet. When it tries again, it is told \
         that you disconnected it.",
        name = app.name
    )];
    match app.mandates.len() {
        0 => {}
        1 => rest.push("Its payment mandate is cancelled: it can take no more payments.".to_owned()),
        many => {
            rest.push(format!("Its {many} payment mandates are cancelled: it can take no more payments."))
        }
    }
    rest.push(match whom {
        Some(whom) => format!(
            "What it has read before stays with it, and the bank can't take that back: ask {whom} to delete it. To connect \
             it again, log in from the app once more."
        ),
        None => "It is the bank's own, and has kept nothing of what it read. To use it again, make a token there.".to_owned(),
    });
    visit.note(format!("{} is disconnected.", app.name), rest);
    Ok(visit.go("/apps"))
}

/// `POST /apps/confirm`
pub async fn confirm(mut form: Form) -> Result<Response, Stop> {
    let user = form.visit.must_be_user("/apps")?;
    let id = form.text("client_id");
    let visit = &mut form.visit;
    let confirmed = visit.turn(|turn| {
        let client = turn.client(&id)?;
        let until = turn.confirm(user, client)?;
        Ok((turn.client_name(client).to_owned(), until))
    });
    match confirmed {
        Ok((name, until)) => visit.note(format!("{name} may go on reading until {}.", day(until)), vec![]),
        Err(_) => visit.note("This app is not connected.", vec![]),
    }
    Ok(visit.go("/apps"))
}

fn listed(turn: &Turn<'_>, user: UserIx, now: Seconds) -> Vec<App> {
    let connections = turn.connections(user);
    let mandates = turn.mandates(user);
    let mut apps: Vec<App> =
        connections.iter().map(|one| app(turn, one.client, Some(one), &mandates, now)).collect();
    for mandate in mandates.iter().filter(|mandate| mandate.status != "cancelled") {
        if let Some(client) = mandate.client
            && apps.iter().all(|app| app.client_id != turn.client_id(client))
        {
            apps.push(app(turn, client, None, &mandates, now));
        }
    }
    apps
}

fn app(
    turn: &Turn<'_>,
    client: ClientIx,
    connection: Option<&Connection>,
    mandates: &[ListedMandate],
    now: Seconds,
) -> App {
    let name = turn.client_name(client).to_owned();
    let when = |time: Seconds| (moment(time), away(time, now));
    let theirs = mandates.iter().filter(|one| one.client == Some(client) && one.status != "cancelled");
    let reads = match connection {
        None => Reads::Nothing,
        Some(one) => match one.confirm_by {
            None => Reads::Waiting,
            Some(by) if now >= by => Reads::Closed,
            Some(by) => {
                Reads::These { what: one.may_read.iter().map(|word| plainly(word)).collect(), until: day(by) }
            }
        },
    };
    App {
        client_id: turn.client_id(client).to_owned(),
        logo: Logo::new(&name, turn.client_logo(client)),
        name,
        description: turn.client_description(client).to_owned(),
        reads,
        mandates: theirs.map(payments).collect(),
        since: connection.map(|one| when(one.since)),
        last_used: connection.and_then(|one| one.last_used).map(when),
    }
}

fn payments(mandate: &ListedMandate) -> String {
    let payee = mandate.payee.as_deref().unwrap_or("somebody");
    let agreed = mandate.amount.zip(mandate.period).map(|(amount, period)| agreed(amount, period));
    let waits = if mandate.status == "pending" { ", once you approve it on your phone" } else { "" };
    format!("{} for {payee}{waits}", agreed.unwrap_or_else(|| "an unknown amount".to_owned()))
}

fn plainly(word: &'static str) -> &'static str {
    match word {
        "accounts" => "your name and your account",
        "balance" => "your balance",
        "transactions" => "your transactions of the last 90 days",
        other => other,
    }
}

/// Who answers for what an app has read: nobody, of what the bank itself has.
fn ask_whom(turn: &Turn<'_>, client: ClientIx) -> Option<String> {
    if turn.own_client() == Some(client) {
        return None;
    }
    let name = turn.client_name(client);
    let uris = turn.redirect_uris(client).iter().filter_map(|uri| Url::parse(uri).ok());
    let mut hosts =
        uris.filter(|uri| uri.scheme() == "https").filter_map(|uri| uri.host_str().map(str::to_owned));
    // RFC 2606 §2: nobody is there.
    let host = hosts.find(|host| !host.ends_with(".invalid"));
    Some(
        host.map_or_else(|| format!("the makers of {name}"), |host| format!("the makers of {name} ({host})")),
    )
}

#[cfg(test)]
mod tests {
    use super::super::scene::Browser;

    #[tokio::test]
    async fn nobody_is_asked_to_delete_what_the_bank_itself_has_not_kept() {
        let mut browser = Browser::logged_in("alice@example.com").await;
        browser.get("/developers/playground").await;
        assert_eq!(browser.post("/developers/playground/token", &[]).await.status, 303);
        let playground = browser.get("/apps").await.field("client_id");
        browser.post("/apps/disconnect", &[("client_id", &playground)]).await;
        let page = browser.get("/apps").await.text;
        assert!(
            page.contains("has kept nothing of what it read") && !page.contains("the makers of"),
            "{page}"
        );
    }

    #[tokio::test]
    async fn a_connected_app_is_listed_with_what_it_may_do() {
        let mut browser = Browser::logged_in("alice@example.com").await;
        assert!(browser.get("/apps").await.text.contains("Nothing is connected"));
        let token = browser.app_token("alice", "server").await;
        assert!(browser.get("/apps").await.text.contains("Nothing before you approve it"));
        browser.approve_first().await;
        browser.call("/accounts", &token).await;
        let page = browser.get("/apps").await;
        for text in ["Server App", "your balance", "Connected since", "Last used"] {
            assert!(page.text.contains(text), "{text}");
        }
        assert!(!page.text.contains("Never"));
        let mut bob = browser.another();
        bob.log_in("bob@example.com").await;
        assert!(bob.get("/apps").await.text.contains("Nothing is connected"));
    }

    #[tokio::test]
    async fn one_click_ends_tokens_codes_and_mandates_and_the_page_says_so() {
        let mut browser = Browser::logged_in("alice@example.com").await;
        let token = browser.approved_token("alice", "server").await;
        let others = browser.approved_token("alice", "other").await;
        let mandate = browser.mandate(&token, "Sky TV", 3000).await;
        browser.approve_first().await;
        let code = browser.app_code("alice", "server").await;
        let page = browser.get("/apps").await;
        assert!(page.text.contains("£30.00 a month for Sky TV"));
        let id = browser.client_id("server").await;
        let done = browser.post("/apps/disconnect", &[("client_id", &id)]).await;
        assert_eq!(done.status, 303);
        let page = browser.get("/apps").await;
        for text in ["Server App is disconnected", "server-app.example", "mandate is cancelled", "delete it"]
        {
            assert!(page.text.contains(text), "{text}");
        }
        let refused = browser.call("/ping/whoami", &token).await;
        assert_eq!(refused.status, 401);
        assert!(refused.text.contains("The user disconnected your app"));
        assert!(browser.exchange("server", &code).await.text.contains("The user disconnected your app"));
        assert_eq!(browser.pay(&token, &mandate, 3000).await.status, 401);
        assert_eq!(browser.call("/accounts", &others).await.status, 200, "no other app is touched");
        browser.post("/apps/disconnect", &[("client_id", &id)]).await;
        assert!(browser.get("/apps").await.text.contains("This app is not connected"));
    }

    #[tokio::test]
    async fn a_mandate_alone_is_listed_too() {
        let mut browser = Browser::logged_in("alice@example.com").await;
        let token = browser.approved_token("alice", "public").await;
        browser.mandate(&token, "Sky TV", 3000).await;
        browser.logout(&token).await;
        let page = browser.get("/apps").await;
        assert!(page.text.contains("Public App") && page.text.contains("£30.00 a month for Sky TV"));
        let id = browser.client_id("public").await;
        browser.post("/apps/disconnect", &[("client_id", &id)]).await;
        assert!(browser.get("/apps").await.text.contains("Public App is disconnected"));
    }

    #[tokio::test]
    async fn after_ninety_days_the_owner_is_asked_to_confirm() {
        let mut browser = Browser::logged_in("alice@example.com").await;
        browser.approved_token("alice", "server").await;
        browser.advance(90 * 86_400).await;
        browser.log_in("alice@example.com").await;
        assert!(browser.get("/apps").await.text.contains("90 days are over"));
        let id = browser.client_id("server").await;
        browser.post("/apps/confirm", &[("client_id", &id)]).await;
        let page = browser.get("/apps").await;
        assert!(page.text.contains("may go on reading until") && page.text.contains("your balance"));
    }
}
