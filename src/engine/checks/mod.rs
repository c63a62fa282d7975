//! Whether an expectation holds for an answer: one function for each kind of check.
//!
//! - here: outcome, status and error, which every answer has.
//! - `authorization`: what came back to the browser; `tokens`: what was given, and to whom; `races`; `consents`: the owner's
//!   lists.
//! - `traits`: single properties, those of headers in `headers`.

mod authorization;
mod consents;
mod headers;
mod races;
mod tokens;
mod traits;

use super::answer::{Answer, Came, Facts, describe, shortened, undeclared_refusal};
use super::challenge::bearer_error;
use super::scene::Scene;
use crate::suite::{Check, Landing, Outcome, StateRule, Trait};
use crate::target::Incoming;
use authorization::{look_landing, look_state};
use consents::{look_consent, look_listed, look_since};
use races::{live_at_most, live_exactly, look_race, tokens_at_most};
use tokens::{look_identity, look_refresh_token};
use traits::look_trait;

/// What came of looking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Looked {
    Holds,
    /// What was due, and what came instead.
    Breaks {
        expected: String,
        got: String,
    },
    /// Nothing can be concluded: why.
    Unclear(String),
}

fn breaks(expected: impl Into<String>, got: impl Into<String>) -> Looked {
    Looked::Breaks { expected: expected.into(), got: got.into() }
}

fn holds_if(holds: bool, expected: &str, got: impl FnOnce() -> String) -> Looked {
    if holds { Looked::Holds } else { breaks(expected, got()) }
}

/// Whether the check can only be looked at where the request was granted.
pub fn needs_grant(check: &Check) -> bool {
    match check {
        Check::State(StateRule::Same | StateRule::Absent)
        | Check::RefreshToken(_)
        | Check::User(_)
        | Check::Client(_)
        | Check::Landing(Landing::KeepsQuery)
        | Check::TokensAtMost(_)
        | Check::LiveAtMost(_)
        | Check::LiveExactly(_)
        | Check::Lists(_)
        | Check::ListsNot(_)
        | Check::Since(_) => true,
        Check::Has(having) => matches!(
            having,
            Trait::TokenFields
                | Trait::NewAccess
                | Trait::NoFraming
                | Trait::NoReferrer
                | Trait::NoCrossOrigin
                | Trait::OldHistory
                | Trait::AccessNamed
                | Trait::TermsNamed
                | Trait::Unguessable
                | Trait::Serial
        ),
        _ => false,
    }
}

pub fn look(check: &Check, answer: &Answer, scene: &Scene<'_>) -> Looked {
    match check {
        Check::Outcome(outcome) => look_outcome(*outcome, answer),
        Check::Status(wanted) => look_status(wanted, answer),
        Check::Error(wanted) => look_error(wanted, answer),
        Check::State(rule) => look_state(*rule, answer),
        Check::Landing(landing) => look_landing(*landing, answer, scene),
        Check::RefreshToken(rule) => look_refresh_token(*rule, answer),
        Check::User(user) => {
            let facts = scene.world.user(user);
            let Some(due) = facts.user_id() else {
                return Looked::Unclear(format!("nobody knows {user}'s id yet: whoami never showed it"));
            };
            look_identity("user", &user.0, due, answer, |facts| match facts {
                Facts::Identity(identity) => identity.user_id.clone(),
                Facts::Tokens(tokens) => tokens.user_id.clone(),
                _ => None,
            })
        }
        Check::Client(client) => {
            let due = &scene.world.client(client).client_id;
            look_identity("client", &client.0, due, answer, |facts| match facts {
                Facts::Identity(identity) => identity.client_id.clone(),
                Facts::Tokens(tokens) => tokens.client_id.clone(),
                _ => None,
            })
        }
        Check::Lists(listed) => look_listed(listed, true, answer, scene),
        Check::ListsNot(listed) => look_listed(listed, false, answer, scene),
        Check::Since(grant) => look_since(grant, answer, scene),
        Check::Has(
            having @ (Trait::DisconnectReason
            | Trait::NoDisconnectReason
            | Trait::AccessNamed
            | Trait::TermsNamed),
        ) => look_consent(*having, answer, scene),
        Check::Has(having) => look_trait(*having, answer),
        Check::TokensAtMost(most) => look_race(answer, |race| tokens_at_most(*most, race, &answer.said)),
        Check::LiveAtMost(most) => look_race(answer, |race| live_at_most(*most, race, &answer.said)),
        Check::LiveExactly(count) => look_race(answer, |race| live_exactly(*count, race, &answer.said)),
    }
}

fn look_outcome(wanted: Outcome, answer: &Answer) -> Looked {
    if wanted == Outcome::Throttled {
        return match &answer.response {
            Some(response) => holds_if(response.status == 429, "the request is turned away with 429", || {
                answer.said.clone()
            }),
            None => Looked::Unclear(answer.said.clone()),
        };
    }
    let expected = match wanted {
        Outcome::Granted => "the request is granted",
        Outcome::Refused => "the request is refused: a 4xx other than 429, and nothing granted",
        Outcome::Any | Outcome::Throttled => "the request is granted or refused",
    };
    match (&answer.came, wanted) {
        (Came::Granted, Outcome::Granted | Outcome::Any)
        | (Came::Refused, Outcome::Refused | Outcome::Any) => Looked::Holds,
        // Such a page is as good as a refusal where one is due; that nothing came of a request takes better evidence.
        (Came::Refused, Outcome::Granted) if matches!(&answer.facts, Facts::Authorization(seen) if seen.unknown_page) => {
            Looked::Unclear(format!(
                "{}, and that the login in the target file does not know: it may be a refusal, or a step that is missing \
                 there",
                answer.said
            ))
        }
        (Came::Granted, Outcome::Refused) => breaks(expected, with_hint(&answer.said, answer)),
        (Came::Granted | Came::Refused, _) => breaks(expected, answer.said.clone()),
        (Came::Unclear(why), Outcome::Refused) => Looked::Unclear(with_hint(why, answer)),
        (Came::Unclear(why) | Came::Broken(why) | Came::NotApplicable(why), _) => {
            Looked::Unclear(why.clone())
        }
    }
}

/// What came where a refusal was due, and what to do if that is one. A token that was given is no refusal, whatever else the answer
/// says.
fn with_hint(said: &str, answer: &Answer) -> String {
    let gave_tokens = answer.came == Came::Granted && matches!(answer.facts, Facts::Tokens(_));
    let hint = answer.response.as_ref().filter(|_| !gave_tokens).and_then(undeclared_refusal);
    hint.map_or_else(|| said.to_owned(), |hint| format!("{said}; {hint}"))
}

/// The answer whose status and headers are judged, unless it is one that says nothing about the request: too many of
/// them, or a gateway's own trouble.
fn judged_answer(answer: &Answer) -> Result<&Incoming, Looked> {
    match &answer.response {
        None => Err(Looked::Unclear(answer.said.clone())),
        Some(response) if matches!(response.status, 429 | 502..=504) => {
            Err(Looked::Unclear(format!("{} stands where an answer was due", response.status)))
        }
        Some(response) => Ok(response),
    }
}

/// Like [`judged_answer`], for headers and names: a server in trouble leaves out what it promises for its answers.
fn sound_answer(answer: &Answer) -> Result<&Incoming, Looked> {
    match judged_answer(answer) {
        Ok(response) if response.status >= 500 => Err(Looked::Unclear(answer.said.clone())),
        judged => judged,
    }
}

fn look_status(wanted: &[u16], answer: &Answer) -> Looked {
    let response = match judged_answer(answer) {
        Ok(response) => response,
        Err(unclear) => return unclear,
    };
    let listed = wanted.iter().map(u16::to_string).collect::<Vec<_>>().join(" or ");
    // Where any refusal will do, 400 is among them.
    let stands_for_400 = wanted.contains(&400) && is_declared_refusal(answer, response);
    let holds = wanted.contains(&response.status) || stands_for_400;
    holds_if(holds, &format!("status {listed}"), || describe(response))
}

/// Whether this is a refusal by the target file's word. It stands for a 4xx only where any 4xx will do, as the 400 of RFC 6749 §5.2:
/// the file says how a refusal is told from a grant, and not that the server may answer otherwise than a promise has it. So a
/// promise of a 401 or a 403 is held against the status that came. A 5xx stays the server's own trouble.
fn is_declared_refusal(answer: &Answer, response: &Incoming) -> bool {
    answer.came == Came::Refused && response.refuses && response.status < 400
}

fn look_error(wanted: &[String], answer: &Answer) -> Looked {
    let expected = format!("the error is {}", wanted.join(" or "));
    if let Facts::Authorization(seen) = &answer.facts {
        if let Came::Unclear(why) = &answer.came {
            return Looked::Unclear(why.clone());
        }
        // An error that only a page shows is not told to the app (RFC 6749 §4.1.2.1).
        let Some(callback) = &seen.callback else {
            return match answer.came {
                Came::Refused => breaks(&expected, "no redirect, so that the app is told nothing".to_owned()),
                _ => Looked::Unclear(answer.said.clone()),
            };
        };
        let error = callback.one("error");
        return holds_if(error.as_ref().is_some_and(|error| wanted.contains(error)), &expected, || {
            error.clone().map_or("a redirect without an error".into(), |error| format!("error {error}"))
        });
    }
    let response = match judged_answer(answer) {
        Ok(response) => response,
        Err(unclear) => return unclear,
    };
    let json = response.json();
    let says = |key: &str| {
        let said = json.as_ref().and_then(|json| json.get(key)).and_then(serde_json::Value::as_str);
        said.is_some_and(|said| wanted.iter().any(|wanted| wanted == said))
    };
    // A resource says it in the header (RFC 6750 §3), the token endpoint in the body (RFC 6749 §5.2).
    let challenge = bearer_error(response);
    let challenged = challenge.as_ref().is_some_and(|error| wanted.contains(error));
    holds_if(says("error") || says("code") || challenged, &expected, || {
        let said = describe(response);
        match &challenge {
            Some(error) => format!("{said}, WWW-Authenticate: Bearer error={}", shortened(error, 60)),
            None if said.contains(' ') => said,
            None => format!("{said} without an error in a JSON body"),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An answer that came to this, by a response with this status that the target file calls a refusal, or not.
    fn answered(came: Came, status: u16, refuses: bool) -> Answer {
        let response = Incoming { refuses, ..Incoming::new(status, http::HeaderMap::new(), "{}".into()) };
        Answer { response: Some(response), ..Answer::new(came, "it came") }
    }

    #[test]
    fn a_declared_refusal_stands_for_any_4xx_and_for_no_certain_one() {
        let declared = answered(Came::Refused, 200, true);
        assert_eq!(look_outcome(Outcome::Refused, &declared), Looked::Holds);
        assert_eq!(look_status(&[400, 401, 403], &declared), Looked::Holds);
        for status in [401, 403] {
            assert!(matches!(look_status(&[status], &declared), Looked::Breaks { .. }), "{status}");
        }
        // What was given is no refusal, whatever the file says of it, nor is the server's own trouble.
        assert!(matches!(look_status(&[400], &answered(Came::Granted, 200, true)), Looked::Breaks { .. }));
        assert!(matches!(look_status(&[400], &answered(Came::Refused, 501, true)), Looked::Breaks { .. }));
    }

    #[test]
    fn how_to_declare_a_refusal_is_said_only_where_one_was_due() {
        let came = answered(Came::Unclear("501".to_owned()), 501, false);
        let hinted = |wanted| match look_outcome(wanted, &came) {
            Looked::Unclear(why) => why.contains("statuses = [501]"),
            other => panic!("{other:?}"),
        };
        assert!(hinted(Outcome::Refused));
        assert!(!hinted(Outcome::Granted));
    }

    #[test]
    fn an_error_that_only_a_page_shows_is_not_told_to_the_app() {
        let body = br#"{"error": "access_denied"}"#;
        let response = Incoming {
            status: 400,
            headers: http::HeaderMap::new(),
            body: body.as_slice().into(),
            refuses: false,
        };
        let answer = Answer {
            response: Some(response),
            facts: Facts::Authorization(Box::default()),
            ..Answer::new(Came::Refused, "a page (400)")
        };
        assert!(matches!(look_error(&["access_denied".to_owned()], &answer), Looked::Breaks { .. }));
    }
}
