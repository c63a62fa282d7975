//! What an answer's headers must say.

use http::HeaderMap;

use super::{Looked, holds_if};
use crate::engine::answer::describe;
use crate::engine::page;
use crate::suite::Trait;
use crate::target::Incoming;

pub fn look_headers(having: Trait, response: &Incoming) -> Looked {
    let headers = &response.headers;
    let shown = |name: &str| match joined(headers, name) {
        Some(value) => format!("{name}: {value}"),
        None => format!("no {name}"),
    };
    if matches!(having, Trait::NoFraming | Trait::NoReferrer | Trait::NoCrossOrigin)
        && (300..400).contains(&response.status)
    {
        return Looked::Unclear("the server shows no page here: it redirects at once".to_owned());
    }
    match having {
        Trait::NoStore => {
            holds_if(lists(headers, "cache-control", "no-store"), "Cache-Control: no-store", || {
                shown("cache-control")
            })
        }
        Trait::Json => {
            let kind = joined(headers, "content-type").unwrap_or_default().to_ascii_lowercase();
            holds_if(kind.starts_with("application/json"), "Content-Type: application/json", || {
                shown("content-type")
            })
        }
        Trait::BearerChallenge => {
            let named = headers.get_all("www-authenticate").iter().any(|value| {
                let text = String::from_utf8_lossy(value.as_bytes()).to_ascii_lowercase();
                text.split(',').any(|part| part.split_whitespace().next() == Some("bearer"))
            });
            holds_if(named, "WWW-Authenticate: Bearer", || shown("www-authenticate"))
        }
        Trait::NoFraming => holds_if(
            framing_denied(headers),
            "X-Frame-Options: DENY (or SAMEORIGIN), or a Content-Security-Policy with frame-ancestors 'none' (or 'self')",
            || format!("{}; {}", shown("x-frame-options"), shown("content-security-policy")),
        ),
        Trait::NoReferrer => holds_if(
            referrer_withheld(response),
            "a Referrer-Policy that keeps the query from other origins, such as no-referrer",
            || shown("referrer-policy"),
        ),
        Trait::NoCrossOrigin => holds_if(
            joined(headers, "access-control-allow-origin").is_none_or(|origin| {
                origin != "*" && origin != "null" && !origin.contains("grantspec-foreign.invalid")
            }),
            "no Access-Control-Allow-Origin for a foreign origin",
            || shown("access-control-allow-origin"),
        ),
        // What is left is a client error; the other traits were looked at before.
        _ => holds_if((400..500).contains(&response.status), "a 4xx other than 429", || describe(response)),
    }
}

/// All values of a header, as one text.
fn joined(headers: &HeaderMap, name: &str) -> Option<String> {
    let values: Vec<_> =
        headers.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes())).collect();
    (!values.is_empty()).then(|| values.join(", "))
}

fn lists(headers: &HeaderMap, name: &str, directive: &str) -> bool {
    joined(headers, name)
        .is_some_and(|value| value.split(',').any(|part| part.trim().eq_ignore_ascii_case(directive)))
}

fn framing_denied(headers: &HeaderMap) -> bool {
    let option = joined(headers, "x-frame-options").unwrap_or_default().to_ascii_uppercase();
    let by_option = option.split(',').any(|part| matches!(part.trim(), "DENY" | "SAMEORIGIN"));
    let by_policy = headers.get_all("content-security-policy").iter().any(|policy| {
        let policy = String::from_utf8_lossy(policy.as_bytes()).to_ascii_lowercase();
        policy.split([';', ',']).any(|directive| {
            let mut words = directive.split_whitespace();
            words.next() == Some("frame-ancestors")
                && matches!((words.next(), words.next()), (Some("'none'" | "'self'"), None))
        })
    });
    by_option || by_policy
}

fn referrer_withheld(response: &Incoming) -> bool {
    const WITHHOLDING: [&str; 6] = [
        "no-referrer",
        "same-origin",
        "origin",
        "strict-origin",
        "origin-when-cross-origin",
        "strict-origin-when-cross-origin",
    ];
    // The last policy that a browser knows counts; an unknown one is passed over.
    let policy = joined(&response.headers, "referrer-policy").or_else(|| page::meta_referrer(response));
    policy.is_some_and(|policy| {
        let known = ["unsafe-url", "no-referrer-when-downgrade"];
        policy
            .split(',')
            .map(|part| part.trim().to_ascii_lowercase())
            .rfind(|part| WITHHOLDING.contains(&part.as_str()) || known.contains(&part.as_str()))
            .is_some_and(|last| WITHHOLDING.contains(&last.as_str()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    #[test]
    fn a_server_that_redirects_at_once_has_no_page_to_frame() {
        let answer =
            |status| Incoming { status, headers: HeaderMap::new(), body: Default::default(), refuses: false };
        assert!(matches!(look_headers(Trait::NoFraming, &answer(302)), Looked::Unclear(_)));
        assert!(matches!(look_headers(Trait::NoFraming, &answer(200)), Looked::Breaks { .. }));
    }
}
