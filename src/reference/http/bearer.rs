//! Finding the access token of a call: in exactly one `Authorization: Bearer` header, and nowhere else (Monzo API docs,
//! "Authenticating requests"; RFC 7235 §2.1 on the scheme's case).

use axum::http::HeaderMap;
use axum::http::header::{AUTHORIZATION, COOKIE};

use super::params::Params;
use super::problem::Problem;
use crate::reference::rules::{Carrier, Duplicates, Scheme};

/// Where a call may carry its token, as it came.
#[derive(Debug)]
pub struct Carriers<'a> {
    pub headers: &'a HeaderMap,
    pub query: &'a str,
    pub body: &'a [u8],
}

/// The token, if there is one where it may be.
pub fn token(seen: &Carriers<'_>, carrier: Carrier, scheme: Scheme) -> Result<Option<String>, Problem> {
    let mut headers = seen.headers.get_all(AUTHORIZATION).iter();
    let first = headers.next();
    if headers.next().is_some() && carrier != Carrier::SeveralHeaders {
        let message = "there is more than one Authorization header: send one";
        return Err(Problem::invalid_request(message));
    }
    let in_header = first.and_then(|value| of_scheme(&String::from_utf8_lossy(value.as_bytes()), scheme));
    Ok(in_header.or_else(|| match carrier {
        Carrier::HeaderOnly | Carrier::SeveralHeaders => None,
        Carrier::QueryToo => parameter(seen.query.as_bytes()),
        Carrier::FormToo => parameter(seen.body),
        Carrier::CookieToo => cookie(seen.headers),
    }))
}

fn of_scheme(value: &str, rule: Scheme) -> Option<String> {
    let (word, token) = match value.split_once(' ') {
        Some(halves) => halves,
        None if rule == Scheme::MayBeMissing => ("Bearer", value),
        None => (value, ""),
    };
    let right = match rule {
        Scheme::Bearer | Scheme::MayBeMissing => word.eq_ignore_ascii_case("Bearer"),
        Scheme::CaseSensitive => word == "Bearer",
        Scheme::Any => true,
    };
    right.then(|| token.trim().to_owned())
}

fn parameter(encoded: &[u8]) -> Option<String> {
    let params = Params::read(encoded, Duplicates::LastWins).ok()?;
    Some(params.text("access_token")?.into_owned())
}

fn cookie(headers: &HeaderMap) -> Option<String> {
    let lines = headers.get_all(COOKIE).iter().filter_map(|line| line.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';'));
    pairs.find_map(|pair| pair.trim().strip_prefix("access_token=").map(str::to_owned))
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn found(values: &[&'static str], query: &str, body: &str) -> Result<Option<String>, ()> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(AUTHORIZATION, HeaderValue::from_static(value));
        }
        headers.insert(COOKIE, HeaderValue::from_static("access_token=cookie"));
        let seen = Carriers { headers: &headers, query, body: body.as_bytes() };
        token(&seen, Carrier::HeaderOnly, Scheme::Bearer).map_err(drop)
    }

    #[test]
    fn the_scheme_is_bearer_in_any_case() {
        for header in ["Bearer abc", "bearer abc", "BEARER abc"] {
            assert_eq!(found(&[header], "", ""), Ok(Some("abc".into())), "{header}");
        }
        for header in ["Basic abc", "Token abc", "abc", "Bearerabc"] {
            assert_eq!(found(&[header], "", ""), Ok(None), "{header}");
        }
    }

    #[test]
    fn a_token_counts_in_the_header_only_and_only_in_one() {
        assert_eq!(found(&[], "access_token=abc", "access_token=abc"), Ok(None));
        assert_eq!(found(&["Bearer abc", "Bearer abc"], "", ""), Err(()));
    }
}
