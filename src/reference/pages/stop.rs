//! Where a way ends: the pages that say why, and what to do next.

use askama::Template;
use axum::http::header::ACCEPT;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};

use super::frame::{Frame, dressed};
use super::mails::DeadLink;

/// An answer that stands in for the one that was asked for. Boxed, because it is the rare outcome.
#[derive(Debug)]
pub struct Stop(Box<Response>);

#[derive(Template)]
#[template(path = "stop.html")]
struct StopPage<'a> {
    frame: Frame,
    why: &'a str,
    /// Where to go on: an address and its words.
    next: (&'static str, &'static str),
}

impl Stop {
    pub fn new(status: u16, title: &str, why: &str, next: (&'static str, &'static str)) -> Stop {
        let page = StopPage { frame: Frame::bare(title), why, next };
        let status = StatusCode::from_u16(status).expect("every status below is a valid one");
        Stop::from(dressed(status, &page, []))
    }

    /// 404.
    pub fn not_found() -> Stop {
        let why = "The bank has no page with this address.";
        Stop::new(404, "There is nothing here", why, FRONT)
    }

    /// 405: the page exists, but not for this.
    pub fn wrong_method() -> Stop {
        let why = "This address is where a form leads, or where one is: it can't be asked for in this way.";
        Stop::new(405, "Not like this", why, FRONT)
    }

    /// 403: a form without its key.
    pub fn forged() -> Stop {
        let why = "The form did not come from a page that the bank gave this browser, or your visit has ended in the \
                   meantime. Nothing was done. Open the page again and send the form from there.";
        Stop::new(403, "The bank did not accept this form", why, FRONT)
    }

    pub fn too_long() -> Stop {
        Stop::new(413, "This is too long", "The form is longer than 64 KiB. Nothing was done.", FRONT)
    }

    pub fn garbled() -> Stop {
        Stop::new(400, "This form came garbled", "It has a field twice. Nothing was done.", FRONT)
    }

    /// There is no world for the pages to show. It is made before anybody can ask, and can't be deleted.
    pub fn no_world() -> Stop {
        let why = "The bank has nobody and nothing to show. Start it again.";
        Stop::new(500, "Something went wrong on our side", why, FRONT)
    }

    /// A link of a mail leads nowhere.
    pub fn dead_link(dead: DeadLink) -> Stop {
        let (status, title, why) = match dead {
            DeadLink::Unknown => (404, "This link is not the bank's", "No mail of the bank's has this link."),
            DeadLink::Used => (410, "This link has been used", "Each link works once. Ask for another one."),
            DeadLink::Expired => {
                (410, "This link has expired", "A link works for 15 minutes. Ask for another one.")
            }
            DeadLink::OtherBrowser => (
                403,
                "This link belongs to another browser",
                "A link works in the browser that asked for it, so that nobody can log in with a mail that somebody \
                 else asked for. Log in here to get one of your own.",
            ),
        };
        Stop::new(status, title, why, ("/login", "Log in"))
    }

    /// 410: an app's login that can't go on.
    pub fn login_over() -> Stop {
        let why = "This login was finished or cancelled before. Start again from the app.";
        Stop::new(410, "This login is over", why, ("/apps", "Your connected apps"))
    }
}

const FRONT: (&str, &str) = ("/", "To the front page");

/// Whether whoever asks can show a page. Programs say nothing of HTML.
pub fn wants_page(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(ACCEPT).iter().filter_map(|line| line.to_str().ok());
    accepted.flat_map(|line| line.split(',')).any(|kind| kind.trim_start().starts_with("text/html"))
}

impl From<Response> for Stop {
    fn from(response: Response) -> Stop {
        Stop(Box::new(response))
    }
}

impl IntoResponse for Stop {
    fn into_response(self) -> Response {
        *self.0
    }
}
