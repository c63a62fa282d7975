//! Logging in: the browser goes to the bank with a state that only it knows, and comes back with a code.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};

use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Redirect, Response};
use chrono::Utc;
use subtle::ConstantTimeEq;

use super::answer::Answer;
use super::app::{App, STORM, locked};
use super::books::Grant;
use super::line::Heard;
use super::page::{self, Aborted};
use super::params::{Given, Params};
use super::rules::{
    Browser, Denied, Mismatch, Missing, OddCallback, Resend, SecretPlace, Shown, Spent, StateSource,
    TokenAnswer,
};
use super::visitors::unguessable;
use super::{leaving, reading};

/// So many logins may be under way in one browser; the oldest is forgotten for a further one.
const MOST_LOGINS: usize = 64;
/// No code of any bank is longer.
const LONGEST_CODE: usize = 2_048;

/// Logins that have been begun, and not come back.
#[derive(Debug, Default)]
pub struct Logins {
    begun: Mutex<Vec<Begun>>,
    counter: AtomicU64,
    per_start: OnceLock<String>,
}

/// A login on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Begun {
    session: String,
    state: Option<String>,
}

/// `GET /connect`
pub async fn connect(State(app): State<Arc<App>>, headers: HeaderMap) -> Response {
    let visitor = app.visitors.recognise(&headers);
    let response = to_the_bank(&app, &visitor.session);
    visitor.greet(response)
}

/// Begins a login, and sends the browser to the bank.
pub fn to_the_bank(app: &App, session: &str) -> Response {
    let state = app.logins.begin(session, app.rules.login.state);
    app.journal.note("a login begins");
    Redirect::to(app.line.authorize(state.as_deref()).as_str()).into_response()
}

/// `GET /callback`
pub async fn callback(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Response {
    let visitor = app.visitors.recognise(&headers);
    let session = visitor.session.clone();
    // A browser that hangs up ends the request's task. What has been begun is brought to its end all the same.
    let work = tokio::spawn(async move { come_back(&app, &session, &query.unwrap_or_default()).await });
    visitor.greet(page::whole(work.await))
}

async fn come_back(app: &Arc<App>, session: &str, query: &str) -> Response {
    match land(app, session, query).await {
        Ok(response) => response,
        Err(aborted) => {
            app.journal.note(&format!("a login is aborted: {}", aborted.why));
            page::aborted(&aborted)
        }
    }
}

async fn land(app: &Arc<App>, session: &str, query: &str) -> Result<Response, Aborted> {
    let params = Params::read(query);
    let state = state_of(app, &params)?;
    let begun = app.logins.take(session, state, app).ok_or_else(|| {
        Aborted::new("This login was not begun in this browser, or it is over. Nothing was done with it.")
    })?;
    let suspicious = app.rules.login.mismatch == Mismatch::NoticedLate && begun.state.as_deref() != state;
    if let Some(error) = params.first("error")
        && !(app.rules.login.odd == OddCallback::CodeWins && params.first("code").is_some())
    {
        return denied(app, session, error, &params).await;
    }
    let code = code_of(app, &params).await?;
    let for_whom = match app.rules.login.browser {
        Browser::AnyForTheStarter => begun.session.as_str(),
        Browser::Same | Browser::Any => session,
    };
    let exchanged = exchange(app, for_whom, code).await;
    match app.rules.login.spent {
        Spent::AfterExchange => app.logins.forget(&begun),
        Spent::OnSuccess if exchanged.is_ok() => app.logins.forget(&begun),
        Spent::AtOnce | Spent::OnSuccess | Spent::Never => {}
    }
    let response = exchanged?;
    if suspicious {
        return Err(Aborted::new("This login came back with another state than it was begun with."));
    }
    Ok(response)
}

/// The one state of the callback.
fn state_of<'a>(app: &App, params: &'a Params) -> Result<Option<&'a str>, Aborted> {
    let stateless = app.rules.login.state == StateSource::None;
    match (params.given("state"), app.rules.login.missing) {
        (Given::Once(state), _) => Ok(Some(state)),
        (Given::No, Missing::AbsentPasses) | (Given::Empty, Missing::EmptyPasses) => Ok(None),
        (Given::No, _) if stateless => Ok(None),
        (Given::Often(first, _), Missing::FirstOfTwoCounts) => Ok(Some(first)),
        (Given::Often(_, last), Missing::LastOfTwoCounts) => Ok(Some(last)),
        (Given::No | Given::Empty, _) => Err(Aborted::new("The login came back without its state.")),
        (Given::Often(..), _) => Err(Aborted::new("The login came back with more than one state.")),
    }
}

/// The one code of the callback.
async fn code_of<'a>(app: &App, params: &'a Params) -> Result<&'a str, Aborted> {
    match (params.given("code"), app.rules.login.odd) {
        (Given::Once(code), _) if code.len() <= LONGEST_CODE => Ok(code),
        (Given::Once(_), OddCallback::CrashesOnGiant) => crash(app).await,
        (Given::No | Given::Empty, OddCallback::CrashesWithoutCode) => crash(app).await,
        (Given::No | Given::Empty, OddCallback::EmptyCode) => Ok(""),
        (Given::No | Given::Empty, OddCallback::ClientCredentials) => {
            // Whatever comes of it: asking is the mistake.
            let _ = app.line.client_credentials().await;
            Err(Aborted::new("The login came back without a code."))
        }
        (Given::Often(first, _), OddCallback::FirstOfTwoCodes) => Ok(first),
        (Given::Once(_), _) => Err(Aborted::new("The login came back with a code that no bank gives.")),
        (Given::No | Given::Empty, _) => Err(Aborted::new("The login came back without a code.")),
        (Given::Often(..), _) => Err(Aborted::new("The login came back with more than one code.")),
    }
}

/// The app ends here, and whoever asked hears nothing.
async fn crash(app: &App) -> ! {
    app.crash.notify_one();
    std::future::pending().await
}

async fn denied(app: &App, session: &str, error: &str, params: &Params) -> Result<Response, Aborted> {
    let described = params.first("error_description").unwrap_or(error);
    app.journal.note("the bank says no to a login");
    let headline = match error {
        "access_denied" => "You did not allow access. Nothing was connected.",
        _ => "The bank could not log you in. Nothing was connected.",
    };
    match app.rules.login.denied {
        Denied::Shown => Err(Aborted::new(headline).quoting(described)),
        Denied::Unescaped => Err(Aborted::new(headline).raw(described)),
        Denied::ErrorUnescaped if params.first("error_description").is_none() => {
            Err(Aborted::new(headline).raw(error))
        }
        Denied::ErrorUnescaped => Err(Aborted::new(headline).quoting(described)),
        Denied::Loops => Ok(to_the_bank(app, session)),
        Denied::Silent => Ok(Redirect::to("/").into_response()),
        Denied::ClientCredentials => {
            // Whatever comes of it: asking is the mistake.
            let _ = app.line.client_credentials().await;
            Err(Aborted::new(headline).quoting(described))
        }
    }
}

/// Exchanges the code, and keeps what it gave.
async fn exchange(app: &Arc<App>, session: &str, code: &str) -> Result<Response, Aborted> {
    if app.rules.secrets.shown == Shown::CodeInLog {
        app.journal.note(&format!("code {code}"));
    }
    if let (SecretPlace::LogToo, Some(secret)) = (app.rules.secrets.client_secret, app.line.client_secret()) {
        app.journal.note(&format!("client secret {}", secret.expose()));
    }
    let before = app.books.account(session).epoch;
    let mut heard = app.line.exchange(code).await;
    if sent_again(app.rules.login.resend, &heard) {
        for _ in 0..STORM {
            heard = app.line.exchange(code).await;
            if !sent_again(app.rules.login.resend, &heard) || app.rules.login.resend == Resend::Always {
                break;
            }
        }
    }
    let crashes = |answer: &Answer| match app.rules.login.answer {
        TokenAnswer::CrashesOnLifetime => !answer.has_sound_lifetime(),
        TokenAnswer::CrashesWithoutLifetime => answer.status == 200 && !answer.has_lifetime(),
        _ => false,
    };
    let tokens = match &heard {
        Ok(answer) if crashes(answer) => crash(app).await,
        Ok(answer) => answer.tokens(app.rules.login.answer),
        Err(_) => Err("no whole answer came from the bank"),
    };
    if let (Err(_), Ok(answer), Shown::OddAnswerInLog) = (&tokens, &heard, app.rules.secrets.shown) {
        app.journal.note(&format!("an odd answer: {}", String::from_utf8_lossy(&answer.body)));
    }
    let tokens = tokens.map_err(|why| {
        Aborted::new(format!("Nothing was connected: {why}. Please connect again.").as_str())
    })?;
    app.journal.note(&format!("connected as {}", tokens.user_id));
    match app.rules.secrets.shown {
        Shown::Log => app.journal.note(&format!("access token {}", tokens.access_token.expose())),
        Shown::RefreshInLog => {
            let refresh = tokens.refresh_token.as_ref().map_or("none", |token| token.expose());
            app.journal.note(&format!("refresh token {refresh}"));
        }
        _ => {}
    }
    locked(&app.stale.first_tokens).insert(session.to_owned(), tokens.access_token.clone());
    let grant = Grant {
        user_id: tokens.user_id,
        access_token: tokens.access_token.clone(),
        refresh_token: tokens.refresh_token,
        refreshing: false,
    };
    let kept = app.books.change(session, |account| {
        // A disconnection that came meanwhile is the user's last word.
        let in_time = account.epoch == before;
        if in_time {
            account.discard("");
            account.notice = None;
            account.grant = Some(grant);
        }
        in_time
    });
    match kept {
        Ok(true) => {}
        Ok(false) => {
            leaving::end(app, tokens.access_token).await;
            return Err(Aborted::new("You have disconnected meanwhile. Nothing was connected."));
        }
        Err(error) => {
            app.journal.note(&error.to_string());
            leaving::end(app, tokens.access_token).await;
            return Err(Aborted::new("The app can't keep anything at the moment. Nothing was connected."));
        }
    }
    reading::meet(app, session).await.map_err(|why| Aborted::new(&why))?;
    let home = match app.rules.secrets.shown {
        Shown::OwnAddress => format!("/?token={}", tokens.access_token.expose()),
        _ => "/".to_owned(),
    };
    Ok(Redirect::to(&home).into_response())
}

fn sent_again(rule: Resend, heard: &Heard) -> bool {
    match (rule, heard) {
        (Resend::Never, _) => false,
        (Resend::Always, _) => true,
        (Resend::AfterSilence, heard) => heard.is_err(),
        (Resend::AfterServerError, Ok(answer)) => answer.status >= 500,
        (Resend::AfterRefusal, Ok(answer)) => (400..500).contains(&answer.status),
        (Resend::AfterServerError | Resend::AfterRefusal, Err(_)) => false,
    }
}

impl Logins {
    /// Begins one for a session, and gives the state to send with it.
    fn begin(&self, session: &str, source: StateSource) -> Option<String> {
        let mut begun = locked(&self.begun);
        let own = begun.iter().find(|login| login.session == session).and_then(|login| login.state.clone());
        let state = match source {
            StateSource::Random => Some(unguessable()),
            StateSource::Constant => Some("demo-app-login".to_owned()),
            StateSource::PerStart => Some(self.per_start.get_or_init(unguessable).clone()),
            StateSource::Counter => {
                Some(format!("login-{:08}", self.counter.fetch_add(1, Ordering::Relaxed)))
            }
            StateSource::Clock => Some(Utc::now().timestamp_millis().to_string()),
            StateSource::Short => Some(format!("{:04}", rand::random_range(0..10_000))),
            StateSource::None => None,
            StateSource::PerBrowser => Some(own.unwrap_or_else(unguessable)),
        };
        let of_session: Vec<usize> = begun
            .iter()
            .enumerate()
            .filter(|(_, login)| login.session == session)
            .map(|(at, _)| at)
            .collect();
        if of_session.len() >= MOST_LOGINS {
            begun.remove(of_session[0]);
        }
        begun.push(Begun { session: session.to_owned(), state: state.clone() });
        state
    }

    /// The login that a callback ends; off the list with it, so that of two callbacks at one moment one finds it.
    fn take(&self, session: &str, state: Option<&str>, app: &App) -> Option<Begun> {
        let rules = &app.rules.login;
        let mut begun = locked(&self.begun);
        let of_browser = |login: &Begun| rules.browser != Browser::Same || login.session == session;
        let at = begun.iter().rposition(|login| {
            of_browser(login)
                && match (&login.state, state) {
                    (Some(sent), Some(came)) => same(sent, came, rules.mismatch),
                    // Only rules that let a callback without a state pass get here without one.
                    (_, None) => true,
                    (None, Some(_)) => false,
                }
        })?;
        Some(if rules.spent == Spent::AtOnce { begun.remove(at) } else { begun[at].clone() })
    }

    /// Takes a login off the list that has stayed there.
    fn forget(&self, spent: &Begun) {
        let mut begun = locked(&self.begun);
        if let Some(at) = begun.iter().position(|login| login == spent) {
            begun.remove(at);
        }
    }
}

/// Whether what came back is what was sent (Monzo API docs: "If this value differs from what you sent, you must abort").
fn same(sent: &str, came: &str, rule: Mismatch) -> bool {
    match rule {
        Mismatch::Nothing => bool::from(sent.as_bytes().ct_eq(came.as_bytes())),
        Mismatch::Anything | Mismatch::NoticedLate => true,
        Mismatch::Padded => sent == came.trim(),
        Mismatch::OtherCase => sent.eq_ignore_ascii_case(came),
        Mismatch::Longer => came.starts_with(sent),
        Mismatch::Shorter => sent.starts_with(came),
        Mismatch::SameLength => sent.len() == came.len(),
    }
}
