//! How a client is registered before the first case: by dynamic registration (RFC 7591), by a request of the server's own, or
//! by a program; its answer gives the id and the secret.

use serde_json::json;
use url::Url;

use super::hook::{Hook, HookBody, HookForm, RequestHook};
use super::value::{Headers, Pointer};
use crate::suite::read::Reader;
use crate::suite::read::form::form;

/// How to get a client's id and secret.
#[derive(Clone, Debug)]
pub struct Register {
    pub hook: Hook,
    /// Where the answer has the id.
    pub id: Pointer,
    /// Where the answer has the secret.
    pub secret: Pointer,
}

form! {
    /// How a client is registered before the first case. A request without a body sends the metadata of RFC 7591 §2:
    /// `redirect_uris`, `grant_types`, `response_types` and `token_endpoint_auth_method`. `{role}` and `{redirect_uri}` stand for
    /// the client's.
    struct RegisterForm {
        with hook: HookForm;
        /// Where the answer, JSON, has the client's id. Default `/client_id`.
        id: Option<Pointer>,
        /// Where the answer has the client's secret. Default `/client_secret`.
        secret: Option<Pointer>,
    }
}

impl RegisterForm {
    pub fn register(self, base: &Url, reader: &mut Reader) -> Option<Register> {
        let span = self.hook.url.as_ref().map_or(0..0, |url| url.span.clone());
        let at = |key: &str| Pointer(format!("/{key}"));
        Some(Register {
            hook: self.hook.hook(span, base, reader)?,
            id: self.id.unwrap_or_else(|| at("client_id")),
            secret: self.secret.unwrap_or_else(|| at("client_secret")),
        })
    }
}

/// The metadata of RFC 7591 §2.
pub fn metadata(request: &RequestHook, redirect_uris: &[String], method: &str, role: &str) -> RequestHook {
    let public = method == "none";
    let grants: &[&str] =
        if public { &["authorization_code"] } else { &["authorization_code", "refresh_token"] };
    let metadata = json!({
        "client_name": format!("grantspec {role}"),
        "redirect_uris": redirect_uris,
        "grant_types": grants,
        "response_types": ["code"],
        "token_endpoint_auth_method": method,
    });
    RequestHook {
        body: HookBody::Json(metadata.to_string()),
        headers: Headers(request.headers.0.clone()),
        ..request.clone()
    }
}
