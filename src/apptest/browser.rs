//! A user's browser: its own cookies, and redirects that are followed by hand, so that a callback can be held, changed, or
//! delivered by somebody else.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use http::Method;
use url::Url;

use crate::results::{Trouble, TroubleKind};
use crate::target::{Incoming, Jar, Outgoing, Reply};

/// Redirects that are followed before an app counts as one that redirects for ever.
pub const MOST_HOPS: usize = 20;

/// Bytes of a page that are read.
const LONGEST_PAGE: usize = 4 << 20;

/// One user's browser. Clones share their cookies.
#[derive(Clone, Debug)]
pub struct Browser {
    http: reqwest::Client,
    cookies: Arc<Mutex<Jar>>,
    limit: Duration,
}

/// Where opening an address led.
#[derive(Debug)]
pub enum Landed {
    /// To a page of the app.
    Page(Incoming),
    /// To the bank's login.
    Bank(Url),
    /// On its way to a bank, but another than the one that the app was told of: why it is none.
    Astray(String),
    /// To more redirects than a browser follows.
    Endless,
    Nowhere(Trouble),
}

/// A request that the browser made, for the tape.
#[derive(Debug)]
pub struct Hop {
    pub at: Instant,
    pub took: Duration,
    pub request: Outgoing,
    pub reply: Reply,
}

impl Browser {
    /// One without cookies, which waits `limit` for each answer.
    pub fn new(http: reqwest::Client, limit: Duration) -> Browser {
        Browser { http, cookies: Arc::new(Mutex::new(Jar::across_ports())), limit }
    }

    /// Opens an address and follows redirects, until a page, or the bank's login, which `is_bank` tells. Every request is
    /// added to `hops`.
    pub async fn open(
        &self,
        mut request: Outgoing,
        is_bank: impl Fn(&Url) -> bool,
        hops: &mut Vec<Hop>,
    ) -> Landed {
        for _ in 0..MOST_HOPS {
            let at = Instant::now();
            let reply = self.send(&request).await;
            hops.push(Hop { at, took: at.elapsed(), request: request.clone(), reply: reply.clone() });
            let answer = match reply {
                Ok(answer) => answer,
                Err(trouble) => return Landed::Nowhere(trouble),
            };
            let location = answer.header("location").next();
            let next = location.filter(|_| (300..400).contains(&answer.status));
            let Some(next) = next.and_then(|location| request.url.join(&location).ok()) else {
                return Landed::Page(answer);
            };
            if is_bank(&next) {
                return Landed::Bank(next);
            }
            let keeps = matches!(answer.status, 307 | 308);
            let mut following =
                if keeps { request.clone() } else { Outgoing::new(Method::GET, next.clone()) };
            following.url = next;
            request = following;
        }
        Landed::Endless
    }

    async fn send(&self, request: &Outgoing) -> Reply {
        let mut builder = self.http.request(request.method.clone(), request.url.clone()).timeout(self.limit);
        for (name, value) in &request.headers {
            builder = builder.header(name, value);
        }
        if let Some(cookies) = self.cookies().header(&request.url) {
            builder = builder.header(http::header::COOKIE, cookies);
        }
        if !request.body.is_empty() {
            builder = builder.body(request.body.clone());
        } else if request.method == Method::POST {
            builder = builder.header(http::header::CONTENT_LENGTH, "0");
        }
        let mut response = builder.send().await.map_err(|error| trouble(&error))?;
        let (status, headers) = (response.status().as_u16(), std::mem::take(response.headers_mut()));
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| trouble(&error))? {
            body.extend_from_slice(&chunk);
            if body.len() > LONGEST_PAGE {
                let detail = format!("the app's page is longer than {LONGEST_PAGE} bytes");
                return Err(Trouble { kind: TroubleKind::TooLong, detail });
            }
        }
        let answer = Incoming { status, headers, body: body.into(), refuses: false };
        self.cookies().note(&request.url, &answer);
        Ok(answer)
    }

    fn cookies(&self) -> std::sync::MutexGuard<'_, Jar> {
        self.cookies.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What all browsers send with: each request once, on a connection of its own.
///
/// # Errors
/// If HTTP can't be set up.
pub fn line() -> Result<reqwest::Client, reqwest::Error> {
    reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .pool_max_idle_per_host(0)
        .build()
}

fn trouble(error: &reqwest::Error) -> Trouble {
    let mut detail = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(deeper) = cause {
        let text = deeper.to_string();
        if !detail.contains(&text) {
            detail.push_str(&format!(": {text}"));
        }
        cause = deeper.source();
    }
    let kind = match () {
        () if error.is_timeout() => TroubleKind::TimeOut,
        () if error.is_connect() => TroubleKind::Connect,
        () => TroubleKind::Reset,
    };
    Trouble { kind, detail }
}

/// The first address of a page that looks like an authorization request and is `wanted`: of its links, or where it is no HTML, in
/// its text.
pub fn offered(answer: &Incoming, wanted: impl Fn(&Url) -> bool) -> Option<Url> {
    let text = String::from_utf8_lossy(&answer.body);
    if let Some(json) = answer.json() {
        return in_json(&json, &wanted);
    }
    let is_html = answer.header("content-type").any(|value| value.to_ascii_lowercase().contains("html"));
    if !is_html {
        return links_in(&format!("{text}\n")).find(wanted);
    }
    let html = scraper::Html::parse_document(&text);
    let links = scraper::Selector::parse("a[href]").ok()?;
    let mut addresses = html.select(&links).filter_map(|link| Url::parse(link.value().attr("href")?).ok());
    addresses.find(|url| is_authorization(url) && wanted(url))
}

fn in_json(json: &serde_json::Value, wanted: &impl Fn(&Url) -> bool) -> Option<Url> {
    use serde_json::Value;
    match json {
        Value::String(text) => links_in(&format!("{text}\n")).find(wanted),
        Value::Array(values) => values.iter().find_map(|value| in_json(value, wanted)),
        Value::Object(members) => members.values().find_map(|value| in_json(value, wanted)),
        Value::Null | Value::Bool(_) | Value::Number(_) => None,
    }
}

/// Whether an address asks for a login (RFC 6749 §4.1.1).
pub fn is_authorization(url: &Url) -> bool {
    url.query_pairs().any(|(key, _)| key == "response_type")
        && url.query_pairs().any(|(key, _)| key == "client_id")
}

/// The first address in a text that asks for a login, after `mark` if there is one.
pub fn link_in(text: &str, mark: Option<&str>) -> Option<Url> {
    let text = match mark {
        Some(mark) => text.split_once(mark)?.1,
        None => text,
    };
    links_in(text).next()
}

/// The addresses in a text that ask for a login.
fn links_in(text: &str) -> impl Iterator<Item = Url> + '_ {
    text.match_indices("http").filter_map(|(at, _)| {
        let from = &text[at..];
        // One that is still being written may go on.
        let end = from.find(|c: char| c.is_whitespace() || "\"'<>`\u{1b}".contains(c))?;
        let url = Url::parse(from[..end].trim_end_matches([')', ']', '.', ','])).ok()?;
        is_authorization(&url).then_some(url)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_found_among_what_a_program_says() {
        let text = "see https://help.example/\nOpen (https://bank.example/?client_id=a&response_type=code&state=s) now\n";
        let link = link_in(text, None).expect("it is there");
        assert_eq!(link.as_str(), "https://bank.example/?client_id=a&response_type=code&state=s");
        assert_eq!(link_in("http://bank.example/?client_id=a&response_type=co", None), None);
        assert!(link_in(&format!("first {text}"), Some("Open (")).is_some());
        assert_eq!(link_in(text, Some("Visit ")), None);
    }

    #[test]
    fn a_link_is_found_on_a_page_in_text_and_in_json() {
        let link = "https://bank.example/?client_id=a&response_type=code&state=s";
        let page = |content_type: &str, body: String| {
            let mut page = crate::apptest::hostile::plain(200, &body);
            let value = content_type.parse().expect("a header's value");
            page.headers.insert(http::header::CONTENT_TYPE, value);
            page
        };
        let html =
            format!("<p>{link}</p><a href=/help>Help</a> <a href='{}'>Go</a>", link.replace('&', "&amp;"));
        let json = serde_json::json!({ "status": "begun", "next": [{ "url": link }] }).to_string();
        for page in [
            page("text/html; charset=utf-8", html),
            page("text/plain", format!("Open {link}")),
            page("application/json", json.replace('&', "\\u0026")),
        ] {
            assert_eq!(offered(&page, |_| true).map(String::from).as_deref(), Some(link));
        }
        assert_eq!(
            offered(&page("text/html", format!("<p>{link}</p>")), |_| true),
            None,
            "a text that nobody can click"
        );
    }

    #[test]
    fn of_several_links_that_ask_for_a_login_the_banks_is_taken() {
        let other = "https://other.example/?client_id=a&response_type=code";
        let bank = "https://bank.example/?client_id=a&response_type=code";
        let is_bank = |url: &Url| url.host_str() == Some("bank.example");
        for (kind, body) in [
            ("text/html", format!("<a href='{other}'>Other</a> <a href='{bank}'>Bank</a>")),
            ("text/plain", format!("Other: {other} or bank: {bank}")),
            ("application/json", serde_json::json!([other, bank]).to_string()),
        ] {
            let mut page = crate::apptest::hostile::plain(200, &body);
            page.headers.insert(http::header::CONTENT_TYPE, kind.parse().expect("a header's value"));
            assert_eq!(offered(&page, is_bank).map(String::from).as_deref(), Some(bank), "{kind}");
        }
    }
}
