//! What stands around every page: the bank's name, the way to the other pages, who is logged in; and the headers that keep
//! a page to its user.

use std::collections::BTreeSet;

use askama::Template;
use axum::http::StatusCode;
use axum::http::header::{HeaderName, HeaderValue};
use axum::response::{Html, IntoResponse, Response};
use url::Url;

use crate::reference::http::{Allowed, guard};
use crate::reference::rules::PageHeaders;

pub const CSS: &str = include_str!("style.css");

const WAYS: [(&str, &str); 6] = [
    ("/phone", "Phone"),
    ("/apps", "Connected apps"),
    ("/mandates", "Mandates"),
    ("/developers", "Developers"),
    ("/developers/playground", "Playground"),
    ("/outbox", "Outbox"),
];

/// The frame of a page.
pub struct Frame {
    pub title: String,
    pub css: &'static str,
    /// The address of the page that this one belongs to.
    pub here: &'static str,
    pub ways: &'static [(&'static str, &'static str)],
    /// The name of whoever is logged in.
    pub user: Option<&'static str>,
    /// For every form. Empty where there is none.
    pub form_key: String,
    /// A headline and paragraphs, or nothing.
    pub notice: Vec<String>,
}

impl Frame {
    pub fn new(
        title: &str,
        here: &'static str,
        user: Option<&'static str>,
        form_key: String,
        notice: Vec<String>,
    ) -> Frame {
        Frame { title: title.to_owned(), css: CSS, here, ways: &WAYS, user, form_key, notice }
    }

    /// One for whoever it may be.
    pub fn bare(title: &str) -> Frame {
        Frame::new(title, "", None, String::new(), Vec::new())
    }
}

/// A client's picture, or the first letter of its name.
pub struct Logo {
    pub url: Option<String>,
    pub letter: String,
}

impl Logo {
    pub fn new(name: &str, url: Option<&str>) -> Logo {
        let letter = name.chars().find(|character| character.is_alphanumeric()).unwrap_or('?');
        Logo { url: url.map(str::to_owned), letter: letter.to_uppercase().to_string() }
    }

    /// Where it is from, as a policy names it.
    pub fn origin(&self) -> Option<String> {
        origin(self.url.as_deref()?)
    }
}

/// A page with its headers. It loads nothing but the pictures at `logos`, and its forms lead nowhere but to the bank.
pub fn dressed<'a>(
    status: StatusCode,
    page: &impl Template,
    logos: impl IntoIterator<Item = &'a str>,
) -> Response {
    let origins: BTreeSet<String> = logos.into_iter().filter_map(origin).collect();
    let images = origins.into_iter().collect::<Vec<String>>().join(" ");
    let html = page.render().expect("writing to a string never fails");
    let mut response = (status, Html(html)).into_response();
    guard(PageHeaders::All, &mut response, &Allowed { css: CSS, images: &images, forms: "'self'" });
    isolate(&mut response);
    response
}

/// No other window or site shares anything with the page.
pub fn isolate(response: &mut Response) {
    for name in ["cross-origin-opener-policy", "cross-origin-resource-policy"] {
        let name = HeaderName::from_static(name);
        response.headers_mut().insert(name, HeaderValue::from_static("same-origin"));
    }
}

/// The origin of a picture, as a policy names it.
fn origin(logo: &str) -> Option<String> {
    let origin = Url::parse(logo).ok()?.origin();
    origin.is_tuple().then(|| origin.ascii_serialization())
}
