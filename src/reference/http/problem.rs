//! What a refusal looks like on the wire: the bank's error body, `{"code", "message"}`, with OAuth's `error` where the
//! bank's public error table has it.
//!
//! What no table has, this bank says in the same style:
//!
//! | when | status | `code` | `error` |
//! |---|---|---|---|
//! | an access token that the user disconnected | 401 | `unauthorized.bad_access_token.revoked_by_user` | `invalid_token` |
//! | a refresh token that the user disconnected | 401 | `unauthorized.bad_refresh_token.revoked_by_user` | `invalid_grant` |
//! | a code that the user disconnected | 401 | `unauthorized.bad_authorization_code.revoked_by_user` | `invalid_grant` |
//! | a request turned away for being one too many | 429 | `rate_limited.too_many_requests` | |
//! | data, when the owner has to confirm the access | 403 | `forbidden.confirmation_required` | |
//! | a mandate that there is not for this user and client | 404 | `not_found.mandate` | |
//! | a payment under a mandate that is not approved | 403 | `forbidden.mandate.not_approved` | |
//! | … that its owner has cancelled, or that ended with a disconnection | 403 | `forbidden.mandate.cancelled` | |
//! | … of no amount, or of more than was agreed | 403 | `forbidden.mandate.over_amount` | |
//! | … more often than was agreed | 403 | `forbidden.mandate.too_often` | |
//!
//! `revoked_by_user` comes with an `error_description` that begins "The user disconnected your app", and reaches the
//! client that was disconnected and nobody else: another client that shows its refresh token or its code gets the
//! refusal of one that nobody issued.

use axum::http::header::{ALLOW, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use crate::reference::ledger::{Issued, Refusal, Seconds};

/// One error answer. Boxed, because it is the rare outcome of everything.
#[derive(Debug)]
pub struct Problem(Box<Parts>);

#[derive(Debug)]
struct Parts {
    status: u16,
    /// `<prefix>.<type>`; the prefix goes with the status.
    code: &'static str,
    message: String,
    /// OAuth's key (RFC 6749 §5.2, RFC 6750 §3.1).
    error: Option<&'static str>,
    params: Option<Value>,
    /// Tokens that have no business in a refusal.
    leaked: Option<Issued>,
    /// `WWW-Authenticate`.
    challenge: Option<&'static str>,
    /// `Allow`.
    allow: Option<&'static str>,
    /// `Retry-After`, in seconds.
    retry_after: Option<Seconds>,
    /// Not even a code and an error key.
    bare: bool,
}

impl Problem {
    pub fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Problem(Box::new(Parts {
            status,
            code,
            message: message.into(),
            error: None,
            params: None,
            leaked: None,
            challenge: None,
            allow: None,
            retry_after: None,
            bare: false,
        }))
    }

    /// 400: the request itself is wrong.
    pub fn invalid_request(message: impl Into<String>) -> Self {
        Problem::new(400, "bad_request.invalid_request", message).error("invalid_request")
    }

    /// 405.
    pub fn wrong_method(allow: &'static str) -> Self {
        let message = format!("this address answers {allow} only");
        let mut problem = Problem::new(405, "bad_request.method_not_allowed", message);
        problem.0.allow = Some(allow);
        problem
    }

    /// 413.
    pub fn too_long() -> Self {
        Problem::new(413, "bad_request.too_long", "the request's body is longer than 64 KiB")
    }

    /// 408: the request took too long to come, or to be dealt with.
    pub fn too_slow() -> Self {
        Problem::new(
            408,
            "bad_request.too_slow",
            "the request did not come to its end in time: send it again",
        )
    }

    /// 429: try again after so many seconds (RFC 6585 §4).
    pub fn too_many(retry_after: Seconds) -> Self {
        let message = "there are too many requests: try again later";
        let mut problem = Problem::new(429, "rate_limited.too_many_requests", message);
        problem.0.retry_after = Some(retry_after);
        problem
    }

    /// 500: only a defective bank says this.
    pub fn breakdown() -> Self {
        Refusal::Breakdown.into()
    }

    /// 401 for a call without a token (RFC 6750 §3).
    pub fn no_token() -> Self {
        let message = "this needs an access token: Authorization: Bearer …";
        Problem::new(401, "unauthorized.bad_access_token", message).challenge("Bearer")
    }

    /// Whether it is that the client did not show who it is.
    pub fn is_about_the_client(&self) -> bool {
        self.0.error == Some("invalid_client")
    }

    pub fn error(mut self, error: &'static str) -> Self {
        self.0.error = Some(error);
        self
    }

    /// Neither the body nor the challenge says which error it is.
    pub fn without_error(mut self) -> Self {
        self.0.error = None;
        self.0.challenge = self.0.challenge.map(|_| "Bearer");
        self
    }

    pub fn challenge(mut self, challenge: &'static str) -> Self {
        self.0.challenge = Some(challenge);
        self
    }

    /// 403 instead of 401.
    pub fn forbidden(mut self) -> Self {
        self.0.status = 403;
        self.0.challenge = None;
        self
    }

    pub fn unchallenged(mut self) -> Self {
        self.0.challenge = None;
        self
    }

    pub fn leaking(mut self, issued: Option<Issued>) -> Self {
        self.0.leaked = issued;
        self
    }

    /// Only the status and the message are left.
    pub fn bare(mut self) -> Self {
        self.0.bare = true;
        self
    }

    fn body(&self) -> Value {
        let mut body = Map::new();
        body.insert("message".into(), self.0.message.clone().into());
        if self.0.bare {
            return Value::Object(body);
        }
        body.insert("code".into(), self.0.code.into());
        if let Some(error) = self.0.error {
            body.insert("error".into(), error.into());
            body.insert("error_description".into(), self.0.message.clone().into());
        }
        if let Some(params) = &self.0.params {
            body.insert("params".into(), params.clone());
        }
        if let Some(issued) = &self.0.leaked {
            body.insert("access_token".into(), issued.access.expose().into());
        }
        Value::Object(body)
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        const BAD_TOKEN: &str = r#"Bearer error="invalid_token""#;
        let (status, code, error) = match &refusal {
            Refusal::UnknownClient | Refusal::BadClientSecret => {
                (401, "unauthorized.bad_client", Some("invalid_client"))
            }
            Refusal::PublicRefresh => (400, "bad_request.unauthorized_client", Some("unauthorized_client")),
            Refusal::BadCode => (401, "unauthorized.bad_authorization_code", Some("invalid_grant")),
            Refusal::UsedCode => (401, "unauthorized.bad_authorization_code.used", Some("invalid_grant")),
            Refusal::ExpiredCode => {
                (401, "unauthorized.bad_authorization_code.expired", Some("invalid_grant"))
            }
            Refusal::OtherRedirectUri => (400, "bad_request.bad_param.redirect_uri", Some("invalid_request")),
            Refusal::BadRefreshToken => (401, "unauthorized.bad_refresh_token", Some("invalid_grant")),
            Refusal::EvictedRefreshToken => {
                (401, "unauthorized.bad_refresh_token.evicted", Some("invalid_grant"))
            }
            Refusal::BadAccessToken => (401, "unauthorized.bad_access_token", Some("invalid_token")),
            Refusal::ExpiredAccessToken => {
                (401, "unauthorized.bad_access_token.expired", Some("invalid_token"))
            }
            Refusal::EvictedAccessToken => {
                (401, "unauthorized.bad_access_token.evicted", Some("invalid_token"))
            }
            Refusal::DisconnectedAccessToken => {
                (401, "unauthorized.bad_access_token.revoked_by_user", Some("invalid_token"))
            }
            Refusal::DisconnectedRefreshToken => {
                (401, "unauthorized.bad_refresh_token.revoked_by_user", Some("invalid_grant"))
            }
            Refusal::DisconnectedCode => {
                (401, "unauthorized.bad_authorization_code.revoked_by_user", Some("invalid_grant"))
            }
            Refusal::NotApproved { .. } => (403, "forbidden.insufficient_permissions", None),
            Refusal::HistoryClosed => (403, "forbidden.verification_required", None),
            Refusal::UnknownAccount => (404, "not_found.account", None),
            Refusal::UnknownLogin => (404, "not_found.login", None),
            Refusal::LoginOver => (409, "precondition_failed.login_over", None),
            Refusal::ApprovalOver => (409, "precondition_failed.approval_over", None),
            Refusal::NotTheOwner => (403, "forbidden.not_the_owner", None),
            Refusal::ConfirmationDue => (403, "forbidden.confirmation_required", None),
            Refusal::NotConnected => (404, "not_found.connection", None),
            Refusal::WrongPin { .. } | Refusal::TooManyPins => (403, "forbidden.wrong_pin", None),
            Refusal::TooManyClients => (409, "precondition_failed.too_many_clients", None),
            Refusal::UnknownMandate => (404, "not_found.mandate", None),
            Refusal::MandateNotApproved => (403, "forbidden.mandate.not_approved", None),
            Refusal::MandateCancelled => (403, "forbidden.mandate.cancelled", None),
            Refusal::OverMandate => (403, "forbidden.mandate.over_amount", None),
            Refusal::TooOften => (403, "forbidden.mandate.too_often", None),
            Refusal::MandateOver => (409, "precondition_failed.mandate_over", None),
            Refusal::Unexplained => (401, "unauthorized", None),
            Refusal::Breakdown => (500, "internal_service.breakdown", None),
        };
        let mut problem = Problem::new(status, code, refusal.to_string());
        problem.0.error = error;
        problem.0.bare = refusal == Refusal::Unexplained;
        if error == Some("invalid_token") {
            problem.0.challenge = Some(BAD_TOKEN);
        }
        if let Refusal::NotApproved { client_id, user_id } = refusal {
            problem.0.params = Some(json!({ "client_id": client_id, "user_id": user_id }));
        }
        problem
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.0.status).expect("every status above is a valid one");
        let mut response = (status, self.body().to_string()).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if let Some(challenge) = self.0.challenge {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
        }
        if let Some(allow) = self.0.allow {
            headers.insert(ALLOW, HeaderValue::from_static(allow));
        }
        if let Some(seconds) = self.0.retry_after {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}
