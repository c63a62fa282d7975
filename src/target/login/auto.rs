//! The driver `auto`: a page names its login in a header, and the control API completes it in the user's stead. The answer of
//! that request is the redirect that the browser would get.

use super::jar::Jar;
use super::way::{Stop, Way};
use super::{Answering, At, Login, Reached};
use crate::target::{Incoming, Outgoing};

/// A login page carries its login's id in this header, so that nobody has to read the page to complete it.
const LOGIN_HEADER: &str = "grantspec-login";

pub async fn open(request: Outgoing, way: &mut Way<'_>) -> Reached {
    match way.follow(&mut Jar::default(), "the browser", "open the login page", request).await {
        // A page that can't be completed refuses: it leads nowhere.
        Stop::Page(page) if (200..300).contains(&page.answer.status) => match login_of_page(&page.answer) {
            Some(id) => {
                way.tape.secrets().add(&id, "login");
                Reached::Login(Login { id: Some(id), at: At::Control })
            }
            None => Reached::Page(None),
        },
        stop => stop.reached(),
    }
}

pub async fn land(id: &str, answering: Answering<'_>, way: &mut Way<'_>) -> Reached {
    let Answering { user, allow } = answering;
    let request = way.target.login_request(way.world, id, user, allow);
    let purpose = if allow { "log in and allow it" } else { "log in and say no" };
    way.follow(&mut Jar::default(), &user.0, purpose, request).await.reached()
}

/// The login that a page stands for, if it is one that can be completed through the control API.
pub fn login_of_page(page: &Incoming) -> Option<String> {
    page.header(LOGIN_HEADER).next().filter(|login| !login.is_empty())
}
