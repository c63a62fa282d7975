//! Reading from the bank: one refresh and one retry where a token is refused, patience where the bank is busy or the owner
//! has still to approve, and an end to all of it.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde_json::Value;

use super::answer::{Answer, Meaning, Why};
use super::app::{App, Left, STORM, locked};
use super::books::{Grant, Read};
use super::rules::{Identity, Pace, Pending, Revoked, Storm};
use super::secret::Secret;
use super::{leaving, login, page, refresh};

const WHOAMI: &str = "/ping/whoami";
const ACCOUNTS: &str = "/accounts";

/// So often a busy bank is asked again before the user is.
const RETRIES: u32 = 2;
/// In units: the longest that the user is kept waiting for a busy bank.
const LONGEST_WAIT: u32 = 10;
/// So often the app looks whether the owner has approved; the pauses double.
const POLLS: u32 = 5;
/// In units: the pause of a defective app that looks for ever.
const ENDLESS_PAUSE: u32 = 2;

/// Why nothing was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Halt {
    NotConnected,
    /// The tokens are of no use any more. The text is for the user.
    Dead(String),
    /// The owner has still to approve.
    Pending,
    /// The bank wants to be left alone, for so long if it said so.
    Busy(Option<Duration>),
    /// It did not work, and the tokens may be good all the same.
    Odd(String),
    /// The browser goes to the bank. Only a defective app does that unasked.
    Login,
}

/// `POST /use`
pub async fn use_it(State(app): State<Arc<App>>, headers: HeaderMap) -> Response {
    let visitor = app.visitors.recognise(&headers);
    let session = visitor.session.clone();
    // A browser that hangs up ends the request's task. A refresh that has been begun is brought to its end all the same.
    let work = tokio::spawn(async move {
        let outcome = read(&app, &session).await;
        settled(&app, &session, outcome)
    });
    visitor.greet(page::whole(work.await))
}

/// Puts down what came of a reading or a refresh, and shows it.
pub fn settled(app: &Arc<App>, session: &str, outcome: Result<Read, Halt>) -> Response {
    let mut notice = None;
    let mut login = false;
    let kept = app.books.change(session, |account| match &outcome {
        Ok(read) => {
            // Tokens that are gone meanwhile took with them what was read.
            account.read = account.grant.is_some().then(|| read.clone());
            account.waiting = false;
            account.notice = None;
        }
        Err(Halt::Dead(why)) => drop(account.discard(why.as_str())),
        Err(Halt::Pending) => {
            account.waiting = account.grant.is_some();
            account.notice = None;
        }
        Err(Halt::Login) => {
            account.discard("");
            login = true;
        }
        Err(Halt::Odd(what)) => notice = Some(format!("Nothing was read: {what}.")),
        Err(Halt::NotConnected) => {
            notice = account.notice.is_none().then(|| "Connect your bank first.".to_owned());
        }
        Err(Halt::Busy(Some(pause))) => {
            notice = Some(format!("The bank is busy. Please try again in {} s.", pause.as_secs().max(1)));
        }
        Err(Halt::Busy(None)) => notice = Some("The bank is busy. Please try again later.".to_owned()),
    });
    if let Err(error) = kept {
        app.journal.note(&error.to_string());
        notice = Some("The app can't keep anything at the moment.".to_owned());
    }
    match &outcome {
        Ok(_) => app.journal.note("read whoami and accounts"),
        Err(halt) => app.journal.note(&format!("read nothing: {halt:?}")),
    }
    if outcome == Err(Halt::Pending) {
        wait_for_approval(app, session);
    }
    if login { login::to_the_bank(app, session) } else { page::status(app, session, notice) }
}

/// Reads who the user is and what accounts there are.
pub async fn read(app: &Arc<App>, session: &str) -> Result<Read, Halt> {
    if locked(&app.stale.stuck).contains(session) {
        return Err(Halt::Odd("the token was refused".to_owned()));
    }
    if let Some(pause) = app.held(session) {
        return Err(Halt::Busy(Some(pause)));
    }
    if app.books.account(session).grant.is_none() {
        revive(app, session).await;
    }
    let mut attempt = Attempt { app, session, refreshed: 0 };
    let whoami = attempt.call(WHOAMI).await?;
    let user_id = whoami["user_id"].as_str().unwrap_or_default().to_owned();
    let user_id = identify(app, &attempt.grant()?, user_id)?;
    let body = attempt.call(ACCOUNTS).await?;
    let listed =
        body["accounts"].as_array().ok_or_else(|| Halt::Odd("the bank listed no accounts".into()))?;
    let accounts = listed.iter().filter_map(|account| Some(account["id"].as_str()?.to_owned())).collect();
    let accounts = match app.rules.reading.identity {
        Identity::SharedCache => app.stale.first_accounts.get_or_init(|| accounts).clone(),
        _ => accounts,
    };
    Ok(Read { user_id, accounts })
}

/// Asks at the end of a login who the user is, once. Where the bank names another than its token answer did, the tokens are of
/// no use, and what to tell the user is the error; that it did not say is no reason to give up, for the first reading asks again.
pub async fn meet(app: &Arc<App>, session: &str) -> Result<(), String> {
    let Some(grant) = app.books.account(session).grant else { return Ok(()) };
    let Ok(answer) = app.line.call(WHOAMI, &grant.access_token).await else { return Ok(()) };
    if answer.meaning() != Meaning::Fine {
        return Ok(());
    }
    let named = answer.value().and_then(|body| Some(body["user_id"].as_str()?.to_owned()));
    let Err(Halt::Dead(why)) = identify(app, &grant, named.unwrap_or_default()) else { return Ok(()) };
    let discarded = app.books.change(session, |account| {
        if account.grant.as_ref() == Some(&grant) {
            account.discard(why.as_str());
        }
    });
    if let Err(error) = discarded {
        app.journal.note(&error.to_string());
    }
    leaving::end(app, grant.access_token).await;
    Err(why)
}

/// Whom the page names: whom both the token answer and whoami named.
fn identify(app: &App, grant: &Grant, whoami: String) -> Result<String, Halt> {
    match app.rules.reading.identity {
        Identity::WhoamiIgnored => Ok(grant.user_id.clone()),
        Identity::WhoamiOnly => Ok(whoami),
        Identity::FirstOfAll => Ok(app.stale.first_user.get_or_init(|| whoami).clone()),
        Identity::Checked | Identity::SharedCache if whoami == grant.user_id => Ok(whoami),
        Identity::Checked | Identity::SharedCache => Err(Halt::Dead(
            "The bank answered for somebody else, so the app has forgotten this connection. Please connect again."
                .to_owned(),
        )),
    }
}

/// One reading, with all that it may still do.
struct Attempt<'a> {
    app: &'a Arc<App>,
    session: &'a str,
    refreshed: usize,
}

impl Attempt<'_> {
    fn grant(&self) -> Result<Grant, Halt> {
        self.app.books.account(self.session).grant.ok_or(Halt::NotConnected)
    }

    async fn call(&mut self, path: &str) -> Result<Value, Halt> {
        let mut repeated = 0;
        loop {
            let token = self.grant()?.access_token;
            let answer = patiently(self.app, self.session, path, &token).await?;
            match answer.meaning() {
                Meaning::Fine => {
                    return answer.value().ok_or_else(|| Halt::Odd("the answer is not JSON".to_owned()));
                }
                Meaning::Refused(Why::RevokedByUser) => match self.app.rules.reading.revoked {
                    Revoked::Hammers if repeated < STORM => {}
                    revoked => return Err(was_revoked(revoked)),
                },
                Meaning::Refused(_) => self.refused(&token, repeated).await?,
                Meaning::Pending => match self.app.rules.reading.pending {
                    Pending::Refreshes if self.refreshed == 0 => {
                        refresh::refresh(self.app, self.session, &token).await?;
                        self.refreshed += 1;
                    }
                    Pending::Hammers if repeated < STORM => {}
                    Pending::LogsInAgain => return Err(Halt::Login),
                    Pending::Discards => {
                        return Err(Halt::Dead("The bank refused the token. Please connect again.".into()));
                    }
                    _ => return Err(Halt::Pending),
                },
                Meaning::Busy { retry_after, .. } => return Err(Halt::Busy(retry_after)),
                Meaning::Odd(what) => return Err(Halt::Odd(what)),
            }
            repeated += 1;
        }
    }

    /// A token was refused: it is refreshed once in a reading, and the call made once more.
    async fn refused(&mut self, token: &Secret, repeated: usize) -> Result<(), Halt> {
        let refreshes = match self.app.rules.refresh.storm {
            Storm::OneRefreshOneRetry => 1,
            Storm::Three => 3,
            Storm::UntilItWorks => STORM,
            Storm::CallsAgain if repeated < STORM => return Ok(()),
            Storm::CallsAgain => 0,
            Storm::StuckForEver => {
                locked(&self.app.stale.stuck).insert(self.session.to_owned());
                return Err(Halt::Odd("the token was refused".to_owned()));
            }
        };
        if self.refreshed >= refreshes {
            return Err(Halt::Dead("The bank refuses the token. Please connect again.".to_owned()));
        }
        self.refreshed += 1;
        refresh::refresh(self.app, self.session, token).await
    }
}

/// What the user's disconnection at the bank means here.
pub fn was_revoked(rule: Revoked) -> Halt {
    let why = "You disconnected this app in your bank, so it has forgotten its access and what it had read. \
               Connect again if you want to.";
    match rule {
        Revoked::DiscardsAndSaysWhy | Revoked::Hammers => Halt::Dead(why.to_owned()),
        Revoked::LogsInAgain => Halt::Login,
        Revoked::SaysNothing => Halt::Dead(String::new()),
        Revoked::KeepsTokens => Halt::Odd("the token was refused".to_owned()),
    }
}

/// Calls, and asks again after a while where the bank is busy.
async fn patiently(app: &App, session: &str, path: &str, token: &Secret) -> Result<Answer, Halt> {
    let mut attempt = 0;
    loop {
        let answer = app.line.call(path, token).await.map_err(|lost| Halt::Odd(lost.0))?;
        let Meaning::Busy { throttled, retry_after } = answer.meaning() else { return Ok(answer) };
        let storms = match app.rules.reading.pace {
            Pace::AtOnceAfterThrottle => throttled,
            Pace::AtOnceAfterServerError => !throttled,
            Pace::BacksOff | Pace::IgnoresRetryAfter | Pace::AtOnceWhenRefreshing => false,
        };
        if storms && attempt < STORM as u32 {
            attempt += 1;
            continue;
        }
        let asked = retry_after.filter(|_| app.rules.reading.pace != Pace::IgnoresRetryAfter);
        if let Some(pause) = asked {
            app.hold(session, pause);
        }
        let pause = asked.unwrap_or_default().max(app.unit * 2u32.pow(attempt.min(RETRIES)));
        if attempt >= RETRIES || pause > app.unit * LONGEST_WAIT {
            return Err(Halt::Busy(asked));
        }
        tokio::time::sleep(pause).await;
        attempt += 1;
    }
}

/// Looks now and then whether the owner has approved, and stops looking in the end.
fn wait_for_approval(app: &Arc<App>, session: &str) {
    if !app.begin_polling(session) {
        return;
    }
    let (app, session) = (Arc::clone(app), session.to_owned());
    tokio::spawn(async move {
        let epoch = app.books.account(&session).epoch;
        let endless = app.rules.reading.pending == Pending::PollsForEver;
        let pauses = (0..).map(|poll| if endless { ENDLESS_PAUSE } else { 2u32.pow(poll) });
        let mut over = false;
        for pause in pauses.take(if endless { usize::MAX } else { POLLS as usize }) {
            tokio::time::sleep(app.unit * pause).await;
            let account = app.books.account(&session);
            over = account.epoch != epoch || !account.waiting;
            if over {
                break;
            }
            match read(&app, &session).await {
                Err(Halt::Pending | Halt::Busy(_)) => {}
                outcome => {
                    settled(&app, &session, outcome);
                    over = true;
                    break;
                }
            }
        }
        app.end_polling(&session);
        if !over {
            let kept = app.books.change(&session, |account| {
                if account.epoch == epoch {
                    account.waiting = false;
                    account.notice = Some(
                        "You have not approved access in your bank yet. Approve it, then read again.".into(),
                    );
                }
            });
            if let Err(error) = kept {
                app.journal.note(&error.to_string());
            }
        }
    });
}

/// What a defective app does where there is no token: it finds one that it should not have.
async fn revive(app: &Arc<App>, session: &str) {
    let left = locked(&app.stale.left).remove(session);
    let grant = match left {
        None => return,
        Some(Left::Grant(grant)) => Some(grant),
        Some(Left::RefreshToken(token)) => {
            let heard = app.line.refresh(token.expose(), &token).await;
            heard.ok().and_then(|answer| answer.tokens(app.rules.login.answer).ok()).map(|tokens| Grant {
                user_id: tokens.user_id,
                access_token: tokens.access_token,
                refresh_token: tokens.refresh_token,
                refreshing: false,
            })
        }
    };
    let kept = app.books.change(session, |account| account.grant = grant);
    if let Err(error) = kept {
        app.journal.note(&error.to_string());
    }
}
