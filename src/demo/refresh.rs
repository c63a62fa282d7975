//! Refreshing: one at a time, with the newest token, which is sent once and never again. The file knows that it is on its
//! way before it is, so that an app that was killed meanwhile does not send it a second time.

use std::sync::Arc;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Redirect, Response};

use super::answer::{Answer, Meaning, Tokens, Why};
use super::app::{App, STORM};
use super::books::{BooksError, Grant};
use super::line::Heard;
use super::reading::{Halt, settled, was_revoked};
use super::rules::{DeadGrant, Flight, LateRefresh, Newest, Pace, PublicRefresh, Reuse};
use super::secret::Secret;
use super::{leaving, page};

/// In units: how long a defective app's timer waits.
const TIMER: u32 = 2;
/// How often that timer tries.
const TIMES: usize = 5;

/// `POST /refresh`
pub async fn refresh_now(State(app): State<Arc<App>>, headers: HeaderMap) -> Response {
    let visitor = app.visitors.recognise(&headers);
    let session = visitor.session.clone();
    let work = tokio::spawn(async move {
        let outcome = match (app.held(&session), app.books.account(&session).grant) {
            (Some(pause), _) => Err(Halt::Busy(Some(pause))),
            (None, Some(grant)) => refresh(&app, &session, &grant.access_token).await,
            (None, None) => Err(Halt::NotConnected),
        };
        match outcome {
            Ok(()) => Redirect::to("/").into_response(),
            Err(halt) => settled(&app, &session, Err(halt)),
        }
    });
    visitor.greet(page::whole(work.await))
}

/// What a refresh came to.
enum Came {
    Granted(Tokens),
    Refused(Why),
    /// The bank had no time for it, and did nothing.
    Throttled(Answer),
    ServerError,
    Silence,
    Nonsense,
}

/// Replaces the access token that the caller has `seen` refused, unless somebody else has done so meanwhile.
pub async fn refresh(app: &Arc<App>, session: &str, seen: &Secret) -> Result<(), Halt> {
    let turn = app.turn(session);
    let (_turn, one_is_enough, mark_counts) = match app.rules.refresh.flight {
        Flight::Single => (Some(turn.lock().await), true, true),
        Flight::Queued => (Some(turn.lock().await), false, true),
        Flight::Each => (None, false, false),
    };
    let account = app.books.account(session);
    let grant = account.grant.ok_or(Halt::NotConnected)?;
    if one_is_enough && grant.access_token != *seen {
        return Ok(());
    }
    let Some(token) = grant.refresh_token.clone() else { return without_token(app, &grant).await };
    if mark_counts && grant.refreshing {
        return Err(Halt::Dead(
            "The app was interrupted while it renewed its access. Please connect again.".to_owned(),
        ));
    }
    let marked = app.rules.refresh.reuse != Reuse::AfterRestart;
    mark(app, session, marked).map_err(|error| unwritten(app, &error))?;
    let came = send(app, &token, &grant.access_token).await;
    app.journal.note(&format!("refresh: {}", came.word()));
    let tokens = match came {
        Came::Granted(tokens) => tokens,
        Came::Throttled(answer) => {
            mark(app, session, false).map_err(|error| unwritten(app, &error))?;
            if let Some(pause) = answer.retry_after {
                app.hold(session, pause);
            }
            return Err(Halt::Busy(answer.retry_after));
        }
        Came::Refused(Why::RevokedByUser) => return Err(was_revoked(app.rules.reading.revoked)),
        Came::Refused(why) => return refused(app, session, &token, &grant, why),
        Came::ServerError | Came::Silence | Came::Nonsense => {
            return Err(Halt::Dead(
                "The bank's answer got lost while the app renewed its access. Please connect again."
                    .to_owned(),
            ));
        }
    };
    keep(app, session, account.epoch, &grant, tokens).await
}

/// Sends the refresh token. The right app does that once, whatever comes.
async fn send(app: &App, token: &Secret, access_token: &Secret) -> Came {
    let mut sent = 0;
    loop {
        let came = Came::of(app, &app.line.refresh(token.expose(), access_token).await);
        sent += 1;
        let most = match (&came, app.rules.refresh.reuse, app.rules.refresh.dead) {
            (Came::Silence, Reuse::AfterSilence, _)
            | (Came::ServerError, Reuse::AfterServerError, _)
            | (Came::Nonsense, Reuse::AfterNonsense, _) => 2,
            (Came::Throttled(_), ..) if app.rules.reading.pace == Pace::AtOnceWhenRefreshing => STORM,
            (Came::Refused(_), _, DeadGrant::Loops) => STORM,
            (Came::Refused(Why::Evicted), _, DeadGrant::LoopsIfEvicted) => STORM,
            _ => 1,
        };
        if sent >= most {
            return came;
        }
    }
}

/// The grant is over.
fn refused(app: &Arc<App>, session: &str, token: &Secret, grant: &Grant, why: Why) -> Result<(), Halt> {
    match app.rules.refresh.dead {
        DeadGrant::TriedWithEachUse => {
            mark(app, session, false).map_err(|error| unwritten(app, &error))?;
            return Err(Halt::Odd("the bank refused to renew the access".to_owned()));
        }
        DeadGrant::TriedByTimer => {
            let (app, token, access) = (Arc::clone(app), token.clone(), grant.access_token.clone());
            tokio::spawn(async move {
                for _ in 0..TIMES {
                    tokio::time::sleep(app.unit * TIMER).await;
                    // Trying is the mistake, whatever comes of it.
                    let _ = app.line.refresh(token.expose(), &access).await;
                }
            });
        }
        DeadGrant::Stops | DeadGrant::Loops | DeadGrant::LoopsIfEvicted => {}
    }
    Err(Halt::Dead(
        match why {
            Why::Evicted => {
                "You have connected this bank elsewhere, which ended this connection. Connect again to go on."
            }
            _ => "Your bank has ended this connection. Connect again to go on.",
        }
        .to_owned(),
    ))
}

/// Keeps what the refresh gave, unless the user has left meanwhile.
async fn keep(app: &Arc<App>, session: &str, epoch: u64, old: &Grant, tokens: Tokens) -> Result<(), Halt> {
    let access_token = tokens.access_token.clone();
    let stays = match app.rules.refresh.newest {
        Newest::Kept => false,
        Newest::FirstStays => true,
        Newest::StaysFromTheSecond => app.books.account(session).refreshes > 0,
    };
    // A bank that gives no new refresh token lets the old one live (RFC 6749 §6).
    let newest = tokens.refresh_token.filter(|_| !stays).or_else(|| old.refresh_token.clone());
    let grant = Grant {
        user_id: tokens.user_id,
        access_token: tokens.access_token,
        refresh_token: newest,
        refreshing: false,
    };
    let late_is_kept = app.rules.leaving.race == LateRefresh::Kept;
    let kept = app.books.change(session, |account| {
        let in_time = account.epoch == epoch || late_is_kept;
        if in_time {
            account.grant = Some(grant);
            account.refreshes += 1;
        }
        in_time
    });
    match kept {
        Ok(true) => Ok(()),
        Ok(false) => {
            if app.rules.leaving.race != LateRefresh::Forgotten {
                leaving::end(app, access_token).await;
            }
            Err(Halt::NotConnected)
        }
        Err(error) => {
            leaving::end(app, access_token).await;
            Err(unwritten(app, &error))
        }
    }
}

/// What is done for a public client, which has no refresh token (Monzo API docs: "\"public\" clients must ask the user to
/// re-authenticate").
async fn without_token(app: &App, grant: &Grant) -> Result<(), Halt> {
    // Whatever comes of it: asking is the mistake.
    let _ = match app.rules.refresh.public {
        PublicRefresh::AsksUser => None,
        PublicRefresh::KeepsDeadToken => return Err(Halt::Odd("the token was refused".to_owned())),
        PublicRefresh::Empty => Some(app.line.refresh("", &grant.access_token).await),
        PublicRefresh::AccessToken => {
            Some(app.line.refresh(grant.access_token.expose(), &grant.access_token).await)
        }
        PublicRefresh::ClientCredentials => Some(app.line.client_credentials().await),
    };
    Err(Halt::Dead("Your access has ended, as it does after some hours. Please connect again.".to_owned()))
}

fn mark(app: &App, session: &str, refreshing: bool) -> Result<(), BooksError> {
    app.books.change(session, |account| {
        if let Some(grant) = &mut account.grant {
            grant.refreshing = refreshing;
        }
    })
}

fn unwritten(app: &App, error: &BooksError) -> Halt {
    app.journal.note(&error.to_string());
    Halt::Odd("the app can't keep anything at the moment".to_owned())
}

impl Came {
    fn of(app: &App, heard: &Heard) -> Came {
        let Ok(answer) = heard else { return Came::Silence };
        match answer.tokens(app.rules.login.answer) {
            Ok(tokens) => Came::Granted(tokens),
            Err(_) => match answer.meaning() {
                Meaning::Busy { throttled: true, .. } => Came::Throttled(answer.clone()),
                Meaning::Busy { throttled: false, .. } => Came::ServerError,
                _ if (400..500).contains(&answer.status) => Came::Refused(answer.why()),
                _ => Came::Nonsense,
            },
        }
    }

    fn word(&self) -> &'static str {
        match self {
            Came::Granted(_) => "granted",
            Came::Refused(_) => "refused",
            Came::Throttled(_) => "throttled",
            Came::ServerError => "the bank broke",
            Came::Silence => "no answer",
            Came::Nonsense => "an answer without sense",
        }
    }
}
