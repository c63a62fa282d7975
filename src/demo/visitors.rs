//! Browsers, known by their cookie. An id that the app didn't give is nobody's.

use std::collections::HashSet;
use std::sync::Mutex;

use axum::http::header::{COOKIE, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::Response;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;

use super::app::locked;

const COOKIE_NAME: &str = "demo_app";

/// Every browser that has got a cookie.
#[derive(Debug)]
pub struct Visitors(Mutex<HashSet<String>>);

/// One browser.
#[derive(Clone, Debug)]
pub struct Visitor {
    pub session: String,
    /// Whether it has still to be given its cookie.
    fresh: bool,
}

impl Visitors {
    /// Knows those that were there before a restart.
    pub fn knowing(sessions: Vec<String>) -> Visitors {
        Visitors(Mutex::new(sessions.into_iter().collect()))
    }

    /// Whoever sent these headers.
    pub fn recognise(&self, headers: &HeaderMap) -> Visitor {
        let mut known = locked(&self.0);
        let shown = headers.get_all(COOKIE).iter().filter_map(|header| header.to_str().ok());
        let mut pairs =
            shown.flat_map(|header| header.split(';')).filter_map(|pair| pair.trim().split_once('='));
        match pairs.find(|(name, value)| *name == COOKIE_NAME && known.contains(*value)) {
            Some((_, session)) => Visitor { session: session.to_owned(), fresh: false },
            None => {
                let session = unguessable();
                known.insert(session.clone());
                Visitor { session, fresh: true }
            }
        }
    }
}

impl Visitor {
    /// Gives the browser its cookie with this response, unless it has it.
    pub fn greet(&self, mut response: Response) -> Response {
        if self.fresh {
            // Lax: the way back from the bank is a navigation from another site, and the only request of that kind.
            let cookie = format!("{COOKIE_NAME}={}; Path=/; HttpOnly; SameSite=Lax", self.session);
            let cookie = HeaderValue::from_str(&cookie).expect("the alphabet of base64url fits a header");
            response.headers_mut().append(SET_COOKIE, cookie);
        }
        response
    }
}

/// 256 random bits, for addresses and cookies.
pub fn unguessable() -> String {
    BASE64_URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>())
}
