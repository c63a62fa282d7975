//! A person's request: which browser it is from, who is logged in there, and how the answer goes back.
//!
//! The session's cookie is `HttpOnly` and `SameSite=Lax`, so that no script reads it and other sites' forms come without
//! it, while the links of a mail program come with it; and `Secure` where the bank is reached over TLS.

use std::sync::Arc;

use askama::Template;
use axum::extract::FromRequestParts;
use axum::http::header::{CACHE_CONTROL, COOKIE, LOCATION, REFERRER_POLICY, SET_COOKIE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};

use super::frame::{Frame, dressed};
use super::sessions::Session;
use super::stop::Stop;
use crate::reference::bank::Bank;
use crate::reference::ledger::{Refusal, Seconds, Secret, Turn, UserIx, WorldId};
use crate::reference::store::Awaits;

const NAME: &str = "grantspec_bank";

/// A browser's visit to the standing world.
pub struct Visit {
    pub bank: Arc<Bank>,
    pub world: WorldId,
    /// The world's time.
    pub now: Seconds,
    session: Option<(Secret, Session)>,
    /// The browser has to be told the session's key.
    fresh: bool,
    /// The browser came over TLS.
    secure: bool,
}

impl Visit {
    /// Reads who comes.
    pub fn of(bank: &Arc<Bank>, headers: &HeaderMap) -> Result<Visit, Stop> {
        let world = bank.standing().ok_or_else(Stop::no_world)?;
        let now = bank.turn(world, |turn| Ok(turn.now())).map_err(|_| Stop::no_world())?;
        let session = cookie(headers).and_then(|key| {
            let session = bank.lobby().sessions.find(&key, now)?.clone();
            Some((Secret::shown(&key), session))
        });
        let forwarded = headers.get("x-forwarded-proto").map(HeaderValue::as_bytes);
        let secure = forwarded == Some(b"https");
        Ok(Visit { bank: Arc::clone(bank), world, now, session, fresh: false, secure })
    }

    /// Who is logged in.
    pub fn user(&self) -> Option<UserIx> {
        self.session.as_ref()?.1.user
    }

    /// Who is logged in; a stranger is sent to log in, and from there to `page`.
    pub fn must_be_user(&mut self, page: &'static str) -> Result<UserIx, Stop> {
        if let Some(user) = self.user() {
            return Ok(user);
        }
        self.begin();
        self.change(|session| session.bound_for = Some(page));
        Err(Stop::from(self.go("/login")))
    }

    /// The browser's session, if it has one.
    pub fn session(&self) -> Option<&Session> {
        self.session.as_ref().map(|(_, session)| session)
    }

    /// Gives the browser a session, if it has none. A page with a form needs one.
    pub fn begin(&mut self) -> &Session {
        let (bank, now, fresh) = (&self.bank, self.now, &mut self.fresh);
        let (_, session) = self.session.get_or_insert_with(|| {
            *fresh = true;
            bank.lobby().sessions.begin(now, &mut rand::rng())
        });
        session
    }

    /// Changes the session, if there is one.
    pub fn change<T>(&mut self, change: impl FnOnce(&mut Session) -> T) -> Option<T> {
        let (key, session) = self.session.as_mut()?;
        let mut lobby = self.bank.lobby();
        let kept = lobby.sessions.find(key.expose(), self.now)?;
        let changed = change(kept);
        *session = kept.clone();
        Some(changed)
    }

    /// Logs a user in at this browser.
    pub fn log_in(&mut self, user: UserIx) {
        let Some((key, _)) = &self.session else { return };
        self.session = self.bank.lobby().sessions.log_in(key.expose(), user, self.now, &mut rand::rng());
        self.fresh = true;
    }

    pub fn log_out(&mut self) {
        if let Some((key, _)) = self.session.take() {
            self.bank.lobby().sessions.end(key.expose());
            self.fresh = true;
        }
    }

    /// What the next page of this browser says first: a headline and paragraphs. It tells nothing, secrets included, if what
    /// it is about could not be written down.
    pub fn note(&mut self, headline: impl Into<String>, rest: Vec<String>) {
        let mut notice = vec![headline.into()];
        notice.extend(rest);
        self.change(|session| session.notice = notice);
        let Some((key, _)) = &self.session else { return };
        let (bank, key, now) = (Arc::clone(&self.bank), key.clone(), self.now);
        Awaits::if_lost(move || {
            if let Some(session) = bank.lobby().sessions.find(key.expose(), now) {
                session.forget_news();
            }
        });
    }

    /// One step in the standing world.
    pub fn turn<T>(&self, act: impl FnOnce(&mut Turn<'_>) -> Result<T, Refusal>) -> Result<T, Refusal> {
        self.bank.turn(self.world, act)
    }

    /// A look at the standing world.
    pub fn look<T>(&self, look: impl FnOnce(&mut Turn<'_>) -> T) -> Result<T, Stop> {
        self.turn(|turn| Ok(look(turn))).map_err(|_| Stop::no_world())
    }

    /// What stands around a page. It takes the notice along.
    pub fn frame(&mut self, title: &str, here: &'static str) -> Result<Frame, Stop> {
        let notice = self.change(|session| std::mem::take(&mut session.notice)).unwrap_or_default();
        let name = self.user().map(|user| self.look(|turn| turn.user_name(user))).transpose()?;
        let form_key = self.session().map(|session| session.form_key.expose().to_owned());
        Ok(Frame::new(title, here, name, form_key.unwrap_or_default(), notice))
    }

    /// Answers with a page. `logos` are the addresses of the pictures on it.
    pub fn show<'a>(
        &self,
        status: StatusCode,
        page: &impl Template,
        logos: impl IntoIterator<Item = &'a str>,
    ) -> Response {
        self.answer(dressed(status, page, logos))
    }

    /// Sends the browser on to another page of the bank.
    pub fn go(&self, page: &'static str) -> Response {
        let mut response = StatusCode::SEE_OTHER.into_response();
        let headers = response.headers_mut();
        headers.insert(LOCATION, HeaderValue::from_static(page));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
        self.answer(response)
    }

    /// Gives an answer the cookie, if the browser needs one.
    pub fn answer(&self, mut response: Response) -> Response {
        if self.fresh {
            let (key, age) = match &self.session {
                Some((key, _)) => (key.expose(), ""),
                None => ("", "; Max-Age=0"),
            };
            let secure = if self.secure { "; Secure" } else { "" };
            let cookie = format!("{NAME}={key}; Path=/; HttpOnly; SameSite=Lax{secure}{age}");
            let cookie = HeaderValue::from_str(&cookie).expect("a key is letters and digits");
            response.headers_mut().append(SET_COOKIE, cookie);
        }
        response
    }
}

impl FromRequestParts<Arc<Bank>> for Visit {
    type Rejection = Stop;

    async fn from_request_parts(parts: &mut Parts, bank: &Arc<Bank>) -> Result<Visit, Stop> {
        Visit::of(bank, &parts.headers)
    }
}

fn cookie(headers: &HeaderMap) -> Option<String> {
    let lines = headers.get_all(COOKIE).iter().filter_map(|line| line.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find_map(|(name, value)| (name == NAME && !value.is_empty()).then(|| value.to_owned()))
}
