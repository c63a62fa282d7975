//! One exchange in one line, as every report tells it. What came from the target is visible and shortened here.

use crate::results::{Exchange, Reply, Request, Response};

use super::visible;

/// How much of an address or a body fits into one line, in characters.
const SHORT: usize = 300;

/// `POST /oauth2/token grant_type=refresh_token&…`
pub fn sent(request: &Request) -> String {
    let mut line =
        format!("{} {}", visible::line(&request.method, 20), visible::line(path(&request.url), SHORT));
    if !request.body.text.is_empty() {
        line.push(' ');
        line.push_str(&visible::line(&request.body.text, SHORT));
    }
    line
}

/// `401 Unauthorized {"error": "invalid_token"}`, or why nothing came.
pub fn answered(reply: &Reply) -> String {
    match reply {
        Reply::Trouble(trouble) => {
            format!("no answer: {} ({})", trouble.kind.as_str(), visible::line(&trouble.detail, SHORT))
        }
        Reply::Response(response) => {
            let mut line = status(response);
            if let Some(location) = header(response, "location") {
                line.push_str(&format!(" to {}", visible::line(location, SHORT)));
            }
            if !response.body.text.is_empty() {
                line.push(' ');
                line.push_str(&visible::line(&response.body.text, SHORT));
            }
            line
        }
    }
}

/// `401 Unauthorized`
pub fn status(response: &Response) -> String {
    let known = http::StatusCode::from_u16(response.status).ok().and_then(|status| status.canonical_reason());
    match known {
        Some(reason) => format!("{} {reason}", response.status),
        None => response.status.to_string(),
    }
}

/// The status, or the trouble, in a few words.
pub fn outcome(reply: &Reply) -> String {
    match reply {
        Reply::Response(response) => status(response),
        Reply::Trouble(trouble) => trouble.kind.as_str().to_owned(),
    }
}

/// The value of the first header of that name, which is given in lower case.
pub fn header<'a>(response: &'a Response, name: &str) -> Option<&'a str> {
    response
        .headers
        .iter()
        .find(|field| field.name.eq_ignore_ascii_case(name))
        .map(|field| field.value.as_str())
}

/// The path and query of an absolute address; anything else as it is.
pub fn path(url: &str) -> &str {
    match url.split_once("://") {
        Some((_, rest)) => rest.find('/').map_or("/", |slash| &rest[slash..]),
        None => url,
    }
}

/// The exchange that broke an expectation, if it was kept.
pub fn of<'a>(
    case: &'a crate::results::CaseResult,
    finding: &crate::results::Finding,
) -> Option<&'a Exchange> {
    case.steps.get(finding.step)?.exchanges.get(finding.exchange?)
}

/// The authorization request that began what a finding is about, where the answer that broke it came to a later request: to the
/// login page's form, say. `None` too where more than one login was begun that it may have been.
pub fn began<'a>(
    case: &'a crate::results::CaseResult,
    finding: &crate::results::Finding,
) -> Option<&'a Exchange> {
    let step = case.steps.get(finding.step)?;
    let is_start = |exchange: &&Exchange| exchange.purpose == OPENED;
    let start = match step.verb.as_str() {
        "authorize" | "login" => step.exchanges.iter().take(finding.exchange?).rfind(is_start),
        "land" => {
            let mut before =
                case.steps[..finding.step].iter().flat_map(|step| &step.exchanges).filter(is_start);
            before.next().filter(|_| before.next().is_none())
        }
        _ => None,
    };
    start.filter(|start| of(case, finding).is_none_or(|deciding| !std::ptr::eq(*start, deciding)))
}

/// What the harness calls the request that opens a login.
const OPENED: &str = "open the login page";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_of_an_address_keeps_its_query() {
        assert_eq!(path("http://127.0.0.1:9/oauth2/token?a=b"), "/oauth2/token?a=b");
        assert_eq!(path("https://bank.example"), "/");
        assert_eq!(path("/already"), "/already");
    }
}
