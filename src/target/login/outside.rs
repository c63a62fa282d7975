//! What drivers share that take a login to its end outside of this program: a person, another program, a browser. The address
//! that begins it is asked for once beforehand, so that the bank's first answer is seen with its status and its headers; then
//! it is handed over.

use url::Url;

use super::auto::login_of_page;
use super::jar::Jar;
use super::sheet::{Sheet, cut};
use super::way::{Lead, Stop, Way};
use super::{At, Login, Reached, Unknown};
use crate::target::{Callback, Outgoing};

/// Asks for the page, and leaves the rest to whoever lands it.
pub async fn open(request: Outgoing, way: &mut Way<'_>) -> Reached {
    let begun = request.url.clone();
    match way.follow(&mut Jar::default(), "the browser", "open the login page", request.page()).await {
        Stop::Page(page) => match page.answer.status {
            // Some pages say so of whoever has not logged in yet.
            200..300 | 401 => {
                Reached::Login(Login { id: login_of_page(&page.answer), at: At::Outside(begun) })
            }
            429 | 500.. => Reached::Page(None),
            _ => Reached::Page(Some(Unknown { why: Sheet::of(&page).summary(), asks: false })),
        },
        stop => stop.reached(),
    }
}

/// Where the browser stood in the end, as somebody tells it: an address, or the word `refused` for a page of the bank that
/// leads nowhere.
pub fn told(text: &str, begun: &Url, who: &str, way: &Way<'_>) -> Reached {
    if text.eq_ignore_ascii_case("refused") {
        let why = format!("{who} says that the bank refuses with a page that leads nowhere");
        return Reached::Page(Some(Unknown { why, asks: false }));
    }
    if Url::parse(text).is_err() {
        return Reached::Stuck(format!("{who} gave “{}” where an address was due", cut(text)));
    }
    match way.lead(begun, text.as_bytes()) {
        Lead::Page(page) => Reached::Stuck(format!(
            "{who} gave {}{}, which is a page of the bank: due was the address that the bank sends the browser to in the \
             end, the redirect URI with what was added to it",
            page.origin().ascii_serialization(),
            page.path()
        )),
        Lead::Exit(_) | Lead::Foreign(_) => Reached::Callback(Callback::parse(text.as_bytes())),
    }
}
