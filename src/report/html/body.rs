//! Requests and answers as the page shows them: headers line by line, JSON and forms laid out, everything else as it
//! came.

use std::borrow::Cow;
use std::fmt;

use crate::report::{evidence, visible};
use crate::results::{Body, Exchange, Field, Reply};

/// How much of a body is shown, in characters.
const BODY: usize = 8 * 1024;
/// How many header fields are shown, and how much of each value in characters.
const FIELDS: usize = 60;
const VALUE: usize = 600;
/// Bytes of a page's style sheet from which on it is left out.
const LEAST_STYLE: usize = 200;

/// What the harness calls itself when it asks.
const HARNESS: &str = concat!("grantspec/", env!("CARGO_PKG_VERSION"));

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
    pub start: Markup,
    pub fields: Vec<(String, Markup)>,
    pub fields_left_out: usize,
    pub body: Markup,
    /// What the reader should know about the body, where it is not shown whole.
    pub remark: Option<String>,
}

/// Text that is escaped already, as far as the inside of an element needs it: quotes stay as they are. Requests and answers are
/// full of them.
pub struct Markup(String);

impl Markup {
    fn of(text: &str) -> Markup {
        Markup(text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;"))
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for Markup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
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
    let own = headers.iter().filter(|field| !is_usual(field, headers));
    let fields = own.clone().take(FIELDS);
    let text = without_styles(headers, &body.text);
    let laid_out = lay_out(headers, &text);
    let shown = visible::block(&laid_out, BODY);
    let is_cut = body.shortened || text.chars().count() > BODY;
    let remark = is_cut.then(|| format!("Shortened: {} bytes in all.", body.bytes));
    Message {
        start: Markup::of(&visible::line(start, 2_000)),
        fields: fields
            .map(|field| (visible::line(&field.name, 80), Markup::of(&visible::line(&field.value, VALUE))))
            .collect(),
        fields_left_out: own.count().saturating_sub(FIELDS),
        body: Markup::of(&shown),
        remark,
    }
}

/// Whether a header field is one that the harness's own requests have, whatever they are for. The footer names them.
fn is_usual(field: &Field, of: &[Field]) -> bool {
    let is = |field: &Field, name: &str, value: &str| {
        field.name.eq_ignore_ascii_case(name) && (field.value == value || value.is_empty())
    };
    let is_the_harness = of.iter().any(|field| is(field, "user-agent", HARNESS));
    is_the_harness
        && (is(field, "user-agent", HARNESS) || is(field, "accept", "*/*") || is(field, "host", ""))
}

/// A page without the insides of its `style` elements, which are long and nobody's evidence; but for those in which something was
/// found that is secret.
fn without_styles<'a>(headers: &[Field], text: &'a str) -> Cow<'a, str> {
    let is_html = headers.iter().any(|field| {
        field.name.eq_ignore_ascii_case("content-type")
            && field.value.to_ascii_lowercase().starts_with("text/html")
    });
    if !is_html || !text.contains("<style") {
        return Cow::Borrowed(text);
    }
    let (mut kept, mut rest, mut left_out) = (String::new(), text, false);
    while let Some((before, style)) = rest.split_once("<style") {
        let Some((inside, after)) = style.split_once("</style") else { break };
        let (attributes, css) = inside.split_once('>').unwrap_or((inside, ""));
        kept.push_str(before);
        kept.push_str("<style");
        if css.len() < LEAST_STYLE || css.contains('‹') {
            kept.push_str(inside);
        } else {
            left_out = true;
            kept.push_str(attributes);
            kept.push_str(">…");
        }
        kept.push_str("</style");
        rest = after;
    }
    if !left_out {
        return Cow::Borrowed(text);
    }
    kept.push_str(rest);
    Cow::Owned(kept)
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
    fn a_page_is_shown_without_its_style_sheets_but_for_one_with_a_secret_in_it() {
        let html = [Field { name: "Content-Type".into(), value: "text/html; charset=utf-8".into() }];
        let css = "p { color: red; }".repeat(20);
        let page = |css: &str| format!("<title>a</title><style media=all>{css}</style><p>b</p>");
        assert_eq!(without_styles(&html, &page(&css)), page("…"));
        for kept in [page("p { color: red; }"), page(&format!("{css}/* ‹alice·access 1› */"))] {
            assert_eq!(without_styles(&html, &kept), kept);
        }
        assert_eq!(without_styles(&[], &page(&css)), page(&css), "it is no page");
        let open = format!("<style>{css}");
        assert_eq!(without_styles(&html, &open), open);
    }

    #[test]
    fn markup_stays_text_and_quotes_stay_quotes() {
        assert_eq!(Markup::of("<a href=\"b\">&</a>").to_string(), "&lt;a href=\"b\"&gt;&amp;&lt;/a&gt;");
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
