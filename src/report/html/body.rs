//! Requests and answers as the page shows them: headers line by line, JSON and forms laid out, everything else as it
//! came.

use crate::report::{evidence, visible};
use crate::results::{Body, Exchange, Field, Reply};

/// How much of a body is shown, in characters.
const BODY: usize = 8 * 1024;
/// How many header fields are shown, and how much of each value in characters.
const FIELDS: usize = 60;
const VALUE: usize = 600;

/// One request and what came back.
pub struct ExchangeView {
    pub purpose: String,
    pub actor: String,
    pub method: String,
    pub path: String,
    pub outcome: String,
    pub took: String,
    /// The answer that broke an expectation.
    pub broke: bool,
    pub sent: Message,
    pub answer: Message,
    /// A PNG in base64.
    pub picture: Option<String>,
}

/// The start line, the headers and the body.
pub struct Message {
    pub start: String,
    pub fields: Vec<(String, String)>,
    pub fields_left_out: usize,
    pub body: String,
    /// What the reader should know about the body, where it is not shown whole.
    pub remark: Option<String>,
}

impl ExchangeView {
    pub fn of(exchange: &Exchange, broke: bool) -> ExchangeView {
        let request = &exchange.request;
        let start = format!("{} {}", request.method, request.url);
        let answer = match &exchange.reply {
            Reply::Response(response) => {
                message(&evidence::status(response), &response.headers, &response.body)
            }
            Reply::Trouble(trouble) => {
                message(&format!("{}: {}", trouble.kind.as_str(), trouble.detail), &[], &Body::default())
            }
        };
        ExchangeView {
            purpose: visible::line(&exchange.purpose, 120),
            actor: visible::line(&exchange.actor, 40),
            method: visible::line(&request.method, 20),
            path: visible::line(evidence::path(&request.url), 160),
            outcome: evidence::outcome(&exchange.reply),
            took: micros(exchange.took_us),
            broke,
            sent: message(&start, &request.headers, &request.body),
            answer,
            picture: exchange.picture.clone().filter(|png| png.bytes().all(is_base64)),
        }
    }
}

fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"+/=".contains(&byte)
}

fn message(start: &str, headers: &[Field], body: &Body) -> Message {
    let fields = headers.iter().take(FIELDS);
    let laid_out = lay_out(headers, &body.text);
    let shown = visible::block(&laid_out, BODY);
    let remark = if body.shortened || body.text.chars().count() > BODY {
        Some(format!("Shortened: {} bytes in all.", body.bytes))
    } else if body.text.is_empty() && body.bytes == 0 {
        Some("No body.".to_owned())
    } else {
        None
    };
    Message {
        start: visible::line(start, 2_000),
        fields: fields
            .map(|field| (visible::line(&field.name, 80), visible::line(&field.value, VALUE)))
            .collect(),
        fields_left_out: headers.len().saturating_sub(FIELDS),
        body: shown,
        remark,
    }
}

/// Line ends where they help to read; no other character is added, dropped or moved.
fn lay_out(headers: &[Field], text: &str) -> String {
    let is_form = headers.iter().any(|field| {
        field.name.eq_ignore_ascii_case("content-type") && field.value.contains("form-urlencoded")
    });
    if is_form {
        return text.replace('&', "\n&");
    }
    let is_object = text.trim_start().starts_with(['{', '[']);
    if is_object && text.len() <= 2 * BODY && serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok() {
        return indent(text);
    }
    text.to_owned()
}

/// Indents well-formed JSON without reading it: order, doubled keys and the way numbers are written stay as they came.
fn indent(json: &str) -> String {
    let mut out = String::with_capacity(json.len() * 2);
    let mut depth = 0_usize;
    let mut in_string = false;
    let mut escaped = false;
    let mut opened = false;
    let line = |out: &mut String, depth: usize| {
        out.push('\n');
        // A body of nothing but brackets must not grow by the square of its length.
        out.push_str(&"  ".repeat(depth.min(16)));
    };
    for c in json.chars() {
        if in_string {
            out.push(c);
            in_string = escaped || c != '"';
            escaped = !escaped && c == '\\';
            continue;
        }
        if c.is_ascii_whitespace() {
            continue;
        }
        if matches!(c, ']' | '}') {
            depth = depth.saturating_sub(1);
            if !opened {
                line(&mut out, depth);
            }
        } else if opened {
            line(&mut out, depth);
        }
        opened = false;
        out.push(c);
        match c {
            '{' | '[' => {
                depth += 1;
                opened = true;
            }
            ',' => line(&mut out, depth),
            ':' => out.push(' '),
            '"' => in_string = true,
            _ => {}
        }
    }
    out
}

fn micros(us: u64) -> String {
    match us {
        0..1_000 => format!("{us} µs"),
        1_000..100_000 => format!("{}.{} ms", us / 1_000, us % 1_000 / 100),
        _ => crate::report::tally::duration(us / 1_000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_indented_and_otherwise_left_alone() {
        let came = r#"{"b":1.0,"a":[],"b":[1,{"x":"y,\"{"}],"e":{}}"#;
        let shown = "{\n  \"b\": 1.0,\n  \"a\": [],\n  \"b\": [\n    1,\n    {\n      \"x\": \"y,\\\"{\"\n    }\n  ],\n  \"e\": {}\n}";
        assert_eq!(indent(came), shown);
    }

    #[test]
    fn what_only_looks_like_json_is_left_alone() {
        assert_eq!(lay_out(&[], "{not json}"), "{not json}");
    }

    #[test]
    fn a_form_shows_a_parameter_on_each_line() {
        let form = Field { name: "Content-Type".into(), value: "application/x-www-form-urlencoded".into() };
        assert_eq!(lay_out(&[form], "a=1&b=2"), "a=1\n&b=2");
    }

    #[test]
    fn deep_nesting_does_not_blow_up() {
        let deep = "[".repeat(100) + &"]".repeat(100);
        assert!(indent(&deep).len() < 10_000);
    }
}
