//! What the answer to an authorization request repeats of the request: nothing, in the right bank. A bank that writes its
//! pages and headers by hand does it in many ways, and each lets something in.

use axum::body::Body;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::response::Response;
use percent_encoding::percent_decode_str;

use super::params::Params;
use crate::reference::rules::{AuthorizeRules, HeaderValues, Markup};

/// The answer, with what the rules let it repeat of the request.
pub fn request(rules: &AuthorizeRules, params: &Params, mut response: Response) -> Response {
    response.headers_mut().extend(headers(rules.header_values, params));
    match markup(rules.markup, params) {
        None => response,
        Some(markup) => with_html(response, markup),
    }
}

/// What the line breaks in a request's values make of headers.
fn headers(rule: HeaderValues, params: &Params) -> HeaderMap {
    let mut split = HeaderMap::new();
    for value in params.values() {
        let text = match rule {
            HeaderValues::Kept => continue,
            HeaderValues::Split => value.into_owned(),
            HeaderValues::SplitWhenDecoded => percent_decode_str(&value).decode_utf8_lossy().into_owned(),
            HeaderValues::SplitByLowBytes => {
                value.chars().map(|wide| char::from((wide as u32 & 0xff) as u8)).collect()
            }
        };
        for (name, value) in text.split(['\r', '\n']).skip(1).filter_map(|line| line.split_once(':')) {
            let name = HeaderName::from_bytes(name.trim().as_bytes());
            if let (Ok(name), Ok(value)) = (name, HeaderValue::from_str(value.trim())) {
                split.append(name, value);
            }
        }
    }
    split
}

fn markup(rule: Markup, params: &Params) -> Option<String> {
    let each =
        |write: &dyn Fn(&str) -> String| params.values().map(|value| write(&value)).collect::<String>();
    Some(match rule {
        Markup::Escaped => return None,
        Markup::InAttributes => each(&|value| format!("<input type=\"hidden\" value=\"{value}\">\n")),
        Markup::InSingleQuotes => {
            each(&|value| format!("<input type='hidden' value='{}'>\n", value.replace('"', "&quot;")))
        }
        Markup::InText => each(&|value| format!("<p>{value}</p>\n")),
        Markup::InScript => each(&|value| format!("<script>var asked = {value:?};</script>\n")),
        Markup::InComment => each(&|value| format!("<!-- {value} -->\n")),
    })
}

/// The answer with more HTML at its end. A redirect, which has no body, gets one: browsers show it where they don't
/// follow.
fn with_html(response: Response, markup: String) -> Response {
    let (mut parts, body) = response.into_parts();
    parts.headers.remove(CONTENT_LENGTH);
    parts.headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    let more = futures_util::stream::once(async move { Ok::<_, axum::Error>(markup.into()) });
    let whole = futures_util::StreamExt::chain(body.into_data_stream(), more);
    Response::from_parts(parts, Body::from_stream(whole))
}
