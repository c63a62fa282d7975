//! Disconnecting: the tokens and what was read are gone first, then the bank is told, and told again if it could not hear.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use reqwest::Method;

use super::app::{App, Left, locked};
use super::books::{Account, BooksError, Grant};
use super::line::Heard;
use super::page;
use super::rules::{Discard, Logout, Stored};
use super::secret::Secret;

/// So often the bank is told again; the pauses double.
const TRIES: u32 = 6;
/// In units: how long a defective app's timer waits, and how often it reads.
const TIMER: (u32, usize) = (2, 50);

/// `POST /disconnect`
pub async fn disconnect(State(app): State<Arc<App>>, headers: HeaderMap) -> Response {
    let visitor = app.visitors.recognise(&headers);
    let session = visitor.session.clone();
    let work = tokio::spawn(async move {
        let notice = leave(&app, &session).await;
        page::status(&app, &session, notice)
    });
    visitor.greet(page::whole(work.await))
}

/// Gives what to tell the user besides what the account says.
async fn leave(app: &Arc<App>, session: &str) -> Option<String> {
    let account = app.books.account(session);
    let Some(grant) = account.grant else { return Some("There is nothing to disconnect.".to_owned()) };
    if app.rules.leaving.discard == Discard::OnlyWhenTold
        && !told(&app.line.logout(&grant.access_token).await)
    {
        return Some("The bank can't be reached. Nothing was disconnected.".to_owned());
    }
    let owes = matches!(app.rules.leaving.logout, Logout::Told);
    let discarded = app.books.change_all(|shelf| {
        let account = shelf.account(session);
        let read = account.read.clone();
        let taken = take(account, app.rules.leaving.discard);
        if app.rules.leaving.stored == Stored::Kept {
            account.read = read;
        }
        if owes {
            shelf.owed.push(grant.access_token.clone());
        }
        taken
    });
    if let Err(error) = discarded {
        app.journal.note(&error.to_string());
        return Some("The app can't change anything at the moment. Please try again.".to_owned());
    }
    app.journal.note("disconnected by the user");
    leftovers(app, session, &grant);
    let heard = match tell_as_ruled(app, session, &grant.access_token).await {
        Ok(heard) => heard,
        Err(error) => {
            app.journal.note(&error.to_string());
            false
        }
    };
    (!heard).then(|| "The bank could not be told yet. The app tells it again later.".to_owned())
}

/// Takes the tokens out of the account.
fn take(account: &mut Account, rule: Discard) -> Option<Grant> {
    const NOTICE: &str = "Disconnected. The app has no access any more, and has deleted what it had read.";
    if rule == Discard::Nothing {
        account.notice = Some(NOTICE.to_owned());
        return None;
    }
    account.discard(NOTICE)
}

/// What a defective app does not let go of.
fn leftovers(app: &Arc<App>, session: &str, grant: &Grant) {
    let keep = |left| drop(locked(&app.stale.left).insert(session.to_owned(), left));
    match (app.rules.leaving.discard, &grant.refresh_token) {
        (Discard::NotTheOtherWorker, _) => keep(Left::Grant(grant.clone())),
        (Discard::NotTheRefreshToken, Some(token)) => keep(Left::RefreshToken(token.clone())),
        (Discard::TimerGoesOn, _) => {
            let (app, token) = (Arc::clone(app), grant.access_token.clone());
            tokio::spawn(async move {
                for _ in 0..TIMER.1 {
                    tokio::time::sleep(app.unit * TIMER.0).await;
                    // Reading is the mistake, whatever comes of it.
                    let _ = app.line.call("/accounts", &token).await;
                }
            });
        }
        _ => {}
    }
}

/// Tells the bank, and gives whether it has heard.
async fn tell_as_ruled(app: &Arc<App>, session: &str, token: &Secret) -> Result<bool, BooksError> {
    let ignored = match app.rules.leaving.logout {
        Logout::Told => {
            let heard = tell(app, token).await?;
            if !heard {
                settle_later(app);
            }
            return Ok(heard);
        }
        Logout::Never => None,
        Logout::FailureIgnored => Some(app.line.logout(token).await),
        Logout::WrongPath => Some(app.line.odd_logout("/logout", Method::POST, Some(token)).await),
        Logout::WithoutToken => Some(app.line.odd_logout("/oauth2/logout", Method::POST, None).await),
        Logout::WithTheFirstToken => {
            let first = locked(&app.stale.first_tokens).get(session).cloned();
            return Ok(told(&app.line.logout(&first.unwrap_or_else(|| token.clone())).await));
        }
        Logout::ByGet => Some(app.line.odd_logout("/oauth2/logout", Method::GET, Some(token)).await),
    };
    if let Some(Ok(answer)) = ignored {
        app.journal.note(&format!("logout: {}", answer.status));
    }
    Ok(true)
}

/// Ends a token at the bank that nobody will use, now or later.
pub async fn end(app: &Arc<App>, token: Secret) {
    let owed = app.books.change_all(|shelf| shelf.owed.push(token.clone()));
    match owed {
        Ok(()) => match tell(app, &token).await {
            Ok(true) => {}
            Ok(false) => settle_later(app),
            Err(error) => app.journal.note(&error.to_string()),
        },
        // The file is in trouble; that is no reason not to try.
        Err(error) => {
            app.journal.note(&error.to_string());
            let _ = app.line.logout(&token).await;
        }
    }
}

/// Tells the bank of a token that is owed to it, and gives whether it has heard.
async fn tell(app: &App, token: &Secret) -> Result<bool, BooksError> {
    let heard = app.line.logout(token).await;
    let said = heard.as_ref().map_or("no answer".to_owned(), |answer| answer.status.to_string());
    app.journal.note(&format!("logout: {said}"));
    let heard = told(&heard);
    if heard {
        app.books.change_all(|shelf| shelf.owed.retain(|owed| owed != token))?;
    }
    Ok(heard)
}

/// Whether the bank knows. A token that it refuses is one that it has ended already.
fn told(heard: &Heard) -> bool {
    heard.as_ref().is_ok_and(|answer| matches!(answer.status, 200..=299 | 401))
}

/// Goes on telling the bank, for a while: after that, only a restart or the next disconnection tries again.
pub fn settle_later(app: &Arc<App>) {
    if app.settling.swap(true, Ordering::AcqRel) {
        return;
    }
    let app = Arc::clone(app);
    tokio::spawn(async move {
        for round in 0..TRIES {
            tokio::time::sleep(app.unit * 2u32.pow(round)).await;
            for token in app.books.owed() {
                if let Err(error) = tell(&app, &token).await {
                    app.journal.note(&error.to_string());
                }
            }
            if app.books.owed().is_empty() {
                break;
            }
        }
        app.settling.store(false, Ordering::Release);
    });
}
