//! One request and what came back, as it was on the wire.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One HTTP request and its answer, redacted.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Exchange {
    /// Who sent it: a client's role (`server`), a user's (`alice`), or `harness` for the control API.
    pub actor: String,
    /// What it was for, in a few words: `exchange the code`.
    pub purpose: String,
    /// Microseconds from the case's start to the request's.
    pub at_us: u64,
    /// Microseconds until the whole answer was there, or the trouble.
    pub took_us: u64,
    pub request: Request,
    pub reply: Reply,
    /// What a browser showed where a login got stuck: a PNG in base64.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub picture: Option<String>,
}

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Request {
    pub method: String,
    /// The whole address, query included.
    pub url: String,
    pub headers: Vec<Field>,
    pub body: Body,
}

/// What came back.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Reply {
    Response(Response),
    Trouble(Trouble),
}

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Response {
    /// 100 to 999.
    pub status: u16,
    /// In the order they came, names in lower case; bytes that are not UTF-8 are shown as U+FFFD.
    pub headers: Vec<Field>,
    pub body: Body,
}

/// One header field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Field {
    pub name: String,
    pub value: String,
}

/// A body as text, shortened where it is long.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Body {
    /// The text, at most the first 8 KiB of it; bytes that are not UTF-8 are shown as U+FFFD.
    pub text: String,
    /// Length on the wire in bytes; more than `text` holds if it was shortened.
    pub bytes: u64,
    /// Whether `text` is not the whole body.
    pub shortened: bool,
}

/// Why no answer came.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Trouble {
    pub kind: TroubleKind,
    /// What happened, in words.
    pub detail: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TroubleKind {
    /// No connection: refused, no such host, TLS refused.
    Connect,
    /// The time limit ran out.
    TimeOut,
    /// The connection ended before the answer did.
    Reset,
    /// What came was not HTTP.
    Garbage,
    /// The answer was longer than the size limit.
    TooLong,
}

impl TroubleKind {
    pub fn as_str(self) -> &'static str {
        match self {
            TroubleKind::Connect => "no connection",
            TroubleKind::TimeOut => "time-out",
            TroubleKind::Reset => "connection broken",
            TroubleKind::Garbage => "not HTTP",
            TroubleKind::TooLong => "answer too long",
        }
    }
}
