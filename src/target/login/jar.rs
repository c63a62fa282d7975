//! The cookies of one browser (RFC 6265). Those of a login are kept apart by port, unlike a real browser's: on loopback a
//! cookie of one server would reach every other one there.

use chrono::{DateTime, Utc};
use url::{Host, Url};

use crate::target::Incoming;

/// Most cookies that are kept: RFC 6265 §6.1 asks for 50 a host, and no login needs as many.
const MOST: usize = 200;

/// What one browser remembers.
#[derive(Clone, Debug, Default)]
pub struct Jar {
    cookies: Vec<Cookie>,
    shares_ports: bool,
}

#[derive(Clone)]
struct Cookie {
    name: String,
    value: String,
    domain: String,
    /// Only this very host gets it: the server named no domain.
    host_only: bool,
    /// `None`: whatever the port.
    port: Option<u16>,
    path: String,
    secure: bool,
}

impl std::fmt::Debug for Cookie {
    /// Without its value, which is a credential.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}@{}{}", self.name, self.domain, self.path)
    }
}

impl Jar {
    /// One whose cookies go to every port of their host, as in a real browser (RFC 6265 §8.5).
    pub fn across_ports() -> Jar {
        Jar { shares_ports: true, ..Jar::default() }
    }

    /// Takes the cookies that `answer`, which came from `url`, sets or takes away.
    pub fn note(&mut self, url: &Url, answer: &Incoming) {
        for line in answer.headers.get_all(http::header::SET_COOKIE) {
            let line = String::from_utf8_lossy(line.as_bytes());
            if let Some((mut cookie, lives)) = Cookie::parse(&line, url) {
                if self.shares_ports {
                    cookie.port = None;
                }
                self.cookies.retain(|known| !known.is_same(&cookie));
                if lives && self.cookies.len() < MOST {
                    self.cookies.push(cookie);
                }
            }
        }
    }

    /// The `Cookie` header of a request to `url`, if any cookie goes with it.
    pub fn header(&self, url: &Url) -> Option<String> {
        let mut fit: Vec<&Cookie> = self.cookies.iter().filter(|cookie| cookie.goes_to(url)).collect();
        // RFC 6265 §5.4: the longest path first, then the oldest; sorting keeps the order of age.
        fit.sort_by_key(|cookie| std::cmp::Reverse(cookie.path.len()));
        let pairs: Vec<String> =
            fit.iter().map(|cookie| format!("{}={}", cookie.name, cookie.value)).collect();
        (!pairs.is_empty()).then(|| pairs.join("; "))
    }
}

impl Cookie {
    /// Reads a `Set-Cookie` line (RFC 6265 §5.2, §5.3): the cookie, and whether it has time left to live. `None` if a browser
    /// would pass it over.
    fn parse(line: &str, url: &Url) -> Option<(Cookie, bool)> {
        let mut parts = line.split(';');
        let (name, value) = parts.next()?.split_once('=')?;
        let name = name.trim();
        if name.is_empty() {
            return None;
        }
        let host = url.host_str()?.to_ascii_lowercase();
        let mut cookie = Cookie {
            name: name.to_owned(),
            value: value.trim().to_owned(),
            domain: host.clone(),
            host_only: true,
            port: url.port_or_known_default(),
            path: default_path(url),
            secure: false,
        };
        let (mut by_age, mut by_date) = (None, None);
        for part in parts {
            let (key, value) = part.split_once('=').unwrap_or((part, ""));
            let value = value.trim();
            match key.trim().to_ascii_lowercase().as_str() {
                "path" if value.starts_with('/') => value.clone_into(&mut cookie.path),
                "path" => cookie.path = default_path(url),
                "domain" if !value.is_empty() => {
                    let domain = value.trim_start_matches('.').to_ascii_lowercase();
                    if !domain_matches(&host, &domain) {
                        return None;
                    }
                    (cookie.domain, cookie.host_only) = (domain, false);
                }
                "secure" => cookie.secure = true,
                "max-age" => by_age = value.parse::<i64>().ok().map(|seconds| seconds > 0).or(by_age),
                "expires" => by_date = date(value).map(|date| date > Utc::now()).or(by_date),
                _ => {}
            }
        }
        Some((cookie, by_age.or(by_date).unwrap_or(true)))
    }

    fn is_same(&self, other: &Cookie) -> bool {
        (&self.name, &self.domain, &self.path, self.port)
            == (&other.name, &other.domain, &other.path, other.port)
    }

    fn goes_to(&self, url: &Url) -> bool {
        let host = url.host_str().unwrap_or_default().to_ascii_lowercase();
        let to_host = if self.host_only { host == self.domain } else { domain_matches(&host, &self.domain) };
        to_host
            && (self.port.is_none() || self.port == url.port_or_known_default())
            && path_matches(url.path(), &self.path)
            && (!self.secure || trustworthy(url))
    }
}

/// RFC 6265 §5.1.3. An address is only itself.
fn domain_matches(host: &str, domain: &str) -> bool {
    host == domain
        || (host.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.'))
            && matches!(Host::parse(host), Ok(Host::Domain(_))))
}

/// RFC 6265 §5.1.4.
fn path_matches(path: &str, cookie: &str) -> bool {
    path == cookie
        || path.strip_prefix(cookie).is_some_and(|rest| cookie.ends_with('/') || rest.starts_with('/'))
}

/// RFC 6265 §5.1.4: the directory of the page that sets it.
fn default_path(url: &Url) -> String {
    match url.path().rfind('/') {
        None | Some(0) => "/".to_owned(),
        Some(last) => url.path()[..last].to_owned(),
    }
}

/// Where browsers send a cookie that is marked `Secure`: over TLS, and to loopback.
fn trustworthy(url: &Url) -> bool {
    url.scheme() == "https"
        || match url.host() {
            Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        }
}

/// The dates that servers write: `Wed, 21 Oct 2015 07:28:00 GMT`, and the same with dashes.
fn date(text: &str) -> Option<DateTime<Utc>> {
    let (day, rest) = text.split_once(',')?;
    let text = format!("{day},{}", rest.replace('-', " "));
    DateTime::parse_from_rfc2822(&text).ok().map(|date| date.to_utc())
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;

    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).expect("an address")
    }

    fn jar(set: &[(&str, &str)]) -> Jar {
        let mut jar = Jar::default();
        for (from, line) in set {
            let mut headers = HeaderMap::new();
            headers.append("set-cookie", line.parse().expect("a header value"));
            jar.note(&url(from), &Incoming::new(200, headers, "".into()));
        }
        jar
    }

    #[test]
    fn a_cookie_goes_back_to_its_path_and_the_longest_path_goes_first() {
        let jar = jar(&[
            ("http://127.0.0.1:1/", "a=root; Path=/"),
            ("http://127.0.0.1:1/oauth/authorize", "b=default"),
            ("http://127.0.0.1:1/", "a=deep; Path=/oauth/consent"),
        ]);
        let sent = |path: &str| jar.header(&url(&format!("http://127.0.0.1:1{path}")));
        assert_eq!(sent("/").as_deref(), Some("a=root"));
        assert_eq!(sent("/oauth/x").as_deref(), Some("b=default; a=root"));
        assert_eq!(sent("/oauth/consent/1").as_deref(), Some("a=deep; b=default; a=root"));
        assert_eq!(sent("/oauth-else").as_deref(), Some("a=root"));
    }

    #[test]
    fn no_other_port_and_no_other_host_gets_it() {
        let jar = jar(&[("http://127.0.0.1:1/", "a=1"), ("https://bank.example/", "b=2")]);
        assert_eq!(jar.header(&url("http://127.0.0.1:2/")), None);
        assert_eq!(jar.header(&url("http://localhost:1/")), None);
        assert_eq!(jar.header(&url("https://login.bank.example/")), None);
        assert_eq!(jar.header(&url("https://bank.example:8443/")), None);
    }

    #[test]
    fn a_domain_is_shared_below_it_and_can_be_set_from_below_only() {
        let jar = jar(&[
            ("https://login.bank.example/", "a=1; Domain=.Bank.example"),
            ("https://login.bank.example/", "b=2; Domain=other.example"),
            ("http://127.0.0.1/", "c=3; Domain=0.0.1"),
        ]);
        assert_eq!(jar.header(&url("https://www.bank.example/")).as_deref(), Some("a=1"));
        assert_eq!(jar.header(&url("https://evilbank.example/")), None);
        assert_eq!(jar.header(&url("https://other.example/")), None);
        assert_eq!(jar.header(&url("http://127.0.0.1/")), None);
    }

    #[test]
    fn a_cookie_is_replaced_and_taken_away() {
        let here = "http://127.0.0.1:1/";
        let value = |lines: &[&str]| {
            let set: Vec<(&str, &str)> = lines.iter().map(|line| (here, *line)).collect();
            jar(&set).header(&url(here))
        };
        assert_eq!(value(&["a=1", "a=2"]).as_deref(), Some("a=2"));
        assert_eq!(value(&["a=1", "a=; Max-Age=0"]), None);
        assert_eq!(value(&["a=1", "a=x; Expires=Thu, 01 Jan 1970 00:00:00 GMT"]), None);
        assert_eq!(value(&["a=1", "a=x; expires=Thu, 01-Jan-1970 00:00:00 GMT"]), None);
        assert_eq!(
            value(&["a=1; Max-Age=60; Expires=Thu, 01 Jan 1970 00:00:00 GMT"]).as_deref(),
            Some("a=1")
        );
    }

    #[test]
    fn a_secure_cookie_stays_off_plain_lines_but_loopback() {
        let jar = jar(&[("https://bank.example:80/", "a=1; Secure"), ("http://127.0.0.1:1/", "b=2; Secure")]);
        assert_eq!(jar.header(&url("http://bank.example/")), None);
        assert_eq!(jar.header(&url("http://127.0.0.1:1/")).as_deref(), Some("b=2"));
    }

    #[test]
    fn a_jar_across_ports_sends_a_cookie_to_every_port_of_its_host_and_keeps_one_of_a_name() {
        let mut jar = Jar::across_ports();
        for (from, line) in [("http://127.0.0.1:1/", "sid=first"), ("http://127.0.0.1:2/", "sid=second")] {
            let mut headers = HeaderMap::new();
            headers.append("set-cookie", line.parse().expect("a header value"));
            jar.note(&url(from), &Incoming::new(200, headers, "".into()));
        }
        assert_eq!(jar.header(&url("http://127.0.0.1:3/")).as_deref(), Some("sid=second"));
        assert_eq!(jar.header(&url("http://localhost:1/")), None);
    }
}
