//! What the bank's answers say.

use std::time::Duration;

use serde_json::Value;

use super::rules::TokenAnswer;
use super::secret::Secret;

/// No token lives longer than ten years; whoever says so made a mistake.
const LONGEST_LIFE: u64 = 10 * 366 * 86_400;

/// One answer.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    /// `Retry-After`, where it is a number of seconds.
    pub retry_after: Option<Duration>,
    /// Where a redirect leads.
    pub location: Option<String>,
    pub body: Vec<u8>,
}

/// What a token answer gave.
#[derive(Clone, Debug)]
pub struct Tokens {
    pub access_token: Secret,
    pub refresh_token: Option<Secret>,
    pub user_id: String,
}

/// What an answer means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Meaning {
    Fine,
    /// 401, and what the bank says of it.
    Refused(Why),
    /// 403, because the owner has still to approve.
    Pending,
    /// 429, or a 5xx.
    Busy {
        throttled: bool,
        retry_after: Option<Duration>,
    },
    /// Anything else.
    Odd(String),
}

/// Why a token is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// The user has disconnected the app in the bank.
    RevokedByUser,
    /// A newer login pushed it out.
    Evicted,
    Other,
}

impl Answer {
    /// What a call's answer means.
    pub fn meaning(&self) -> Meaning {
        match self.status {
            200..=299 => Meaning::Fine,
            401 => Meaning::Refused(self.why()),
            403 if self.code().ends_with("insufficient_permissions") => Meaning::Pending,
            429 | 500..=599 => Meaning::Busy { throttled: self.status == 429, retry_after: self.retry_after },
            status => Meaning::Odd(format!("the bank answered {status}")),
        }
    }

    /// Why a token was refused, as far as the error says.
    pub fn why(&self) -> Why {
        match self.code() {
            code if code.ends_with("revoked_by_user") => Why::RevokedByUser,
            code if code.ends_with("evicted") => Why::Evicted,
            _ => Why::Other,
        }
    }

    pub fn value(&self) -> Option<Value> {
        serde_json::from_slice(&self.body).ok()
    }

    /// The tokens of a token answer (RFC 6749 §5.1). Only a whole one gives any.
    pub fn tokens(&self, rule: TokenAnswer) -> Result<Tokens, &'static str> {
        let check = |holds: bool, departure: TokenAnswer, what: &'static str| {
            if holds || rule == departure || rule == TokenAnswer::AnySuccess { Ok(()) } else { Err(what) }
        };
        check(self.status == 200, TokenAnswer::AnyStatus, "the bank gave no token")?;
        let body = self.value().unwrap_or(Value::Null);
        let text = |name: &str| body[name].as_str().filter(|text| !text.is_empty());
        let bearer = text("token_type").is_some_and(|kind| kind.eq_ignore_ascii_case("bearer"));
        check(bearer, TokenAnswer::AnyType, "the token is of an unknown type")?;
        check(self.has_sound_lifetime(), TokenAnswer::AnySuccess, "the token's lifetime makes no sense")?;
        let refresh = &body["refresh_token"];
        let whole = refresh.is_null() || text("refresh_token").is_some();
        check(whole, TokenAnswer::AnySuccess, "the refresh token makes no sense")?;
        check(text("access_token").is_some(), TokenAnswer::AnySuccess, "there is no token in the answer")?;
        check(text("user_id").is_some(), TokenAnswer::AnySuccess, "the answer names no user")?;
        Ok(Tokens {
            access_token: Secret::new(text("access_token").unwrap_or_default()),
            refresh_token: text("refresh_token").map(Secret::new),
            user_id: text("user_id").unwrap_or_default().to_owned(),
        })
    }

    /// Whether the token's lifetime, if it has one, can be one.
    pub fn has_sound_lifetime(&self) -> bool {
        let body = self.value().unwrap_or(Value::Null);
        let life = &body["expires_in"];
        life.is_null() || life.as_u64().is_some_and(|life| (1..=LONGEST_LIFE).contains(&life))
    }

    /// Whether the answer says how long its token lives, sensibly or not.
    pub fn has_lifetime(&self) -> bool {
        self.value().is_some_and(|body| !body["expires_in"].is_null())
    }

    fn code(&self) -> String {
        self.value().and_then(|body| Some(body["code"].as_str()?.to_owned())).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn answer(status: u16, body: &Value) -> Answer {
        let body = body.to_string().into_bytes();
        Answer { status, retry_after: None, location: None, body }
    }

    fn whole() -> Value {
        json!({ "access_token": "a", "client_id": "c", "expires_in": 21600, "refresh_token": "r",
                "token_type": "bearer", "user_id": "user_1" })
    }

    #[test]
    fn a_whole_token_answer_gives_its_tokens() {
        let tokens = answer(200, &whole()).tokens(TokenAnswer::Checked).expect("it is whole");
        assert_eq!(tokens.access_token.expose(), "a");
        assert_eq!(tokens.refresh_token, Some(Secret::new("r")));
    }

    #[test]
    fn a_public_client_gets_no_refresh_token() {
        let mut body = whole();
        body["refresh_token"] = Value::Null;
        let tokens = answer(200, &body).tokens(TokenAnswer::Checked).expect("it is whole");
        assert_eq!(tokens.refresh_token, None);
    }

    #[test]
    fn an_odd_token_answer_gives_nothing() {
        for (field, odd) in [
            ("access_token", json!("")),
            ("access_token", json!(["a"])),
            ("token_type", json!("mac")),
            ("token_type", Value::Null),
            ("expires_in", json!(-1)),
            ("expires_in", json!(0)),
            ("expires_in", json!("soon")),
            ("expires_in", json!(1e30)),
            ("refresh_token", json!(7)),
            ("user_id", Value::Null),
        ] {
            let mut body = whole();
            body[field] = odd.clone();
            assert!(answer(200, &body).tokens(TokenAnswer::Checked).is_err(), "{field}: {odd}");
        }
        assert!(answer(500, &whole()).tokens(TokenAnswer::Checked).is_err(), "a status that is no success");
    }

    #[test]
    fn a_refusal_before_the_approval_is_not_one_of_the_token() {
        let pending = answer(403, &json!({ "code": "forbidden.insufficient_permissions" }));
        assert_eq!(pending.meaning(), Meaning::Pending);
        let other = answer(403, &json!({ "code": "forbidden.verification_required" }));
        assert!(matches!(other.meaning(), Meaning::Odd(_)));
        let revoked = answer(401, &json!({ "code": "unauthorized.bad_access_token.revoked_by_user" }));
        assert_eq!(revoked.meaning(), Meaning::Refused(Why::RevokedByUser));
    }
}
