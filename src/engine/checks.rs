//! Whether an expectation holds for an answer: one function for each kind of check.

use http::HeaderMap;

use super::answer::{Answer, Authorization, Came, Facts, RaceFacts, describe, shortened};
use super::challenge::bearer_error;
use super::consents::{look_consent, look_listed, look_since};
use super::page;
use super::scene::Scene;
use crate::suite::{Check, Landing, Outcome, RefreshRule, StateRule, Trait};
use crate::target::{Callback, Incoming};

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

pub(super) fn breaks(expected: impl Into<String>, got: impl Into<String>) -> Looked {
    Looked::Breaks { expected: expected.into(), got: got.into() }
}

pub(super) fn holds_if(holds: bool, expected: &str, got: impl FnOnce() -> String) -> Looked {
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
        Check::TokensAtMost(most) => look_race(answer, |race| {
            let expected = format!("at most {most} distinct token(s) given to all copies together");
            holds_if(race.given <= *most, &expected, || answer.said.clone())
        }),
        Check::LiveAtMost(most) => look_race(answer, |race| match race.live {
            Some(live) => {
                let expected = format!("at most {most} of the tokens given live afterwards");
                holds_if(live <= *most, &expected, || answer.said.clone())
            }
            None => Looked::Unclear("it could not be told which tokens live afterwards".into()),
        }),
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
        (Came::Granted | Came::Refused, _) => breaks(expected, answer.said.clone()),
        (Came::Unclear(why) | Came::Broken(why) | Came::NotApplicable(why), _) => {
            Looked::Unclear(why.clone())
        }
    }
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
pub(super) fn sound_answer(answer: &Answer) -> Result<&Incoming, Looked> {
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
    holds_if(wanted.contains(&response.status), &format!("status {listed}"), || describe(response))
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

fn authorization(answer: &Answer) -> Result<&Authorization, Looked> {
    match &answer.facts {
        Facts::Authorization(seen) => Ok(seen),
        _ => Err(Looked::Unclear(answer.said.clone())),
    }
}

fn look_state(rule: StateRule, answer: &Answer) -> Looked {
    let seen = match authorization(answer) {
        Ok(seen) => seen,
        Err(unclear) => return unclear,
    };
    let Some(callback) = &seen.callback else {
        return match rule {
            StateRule::SameOrRefused if answer.came == Came::Refused => Looked::Holds,
            _ => Looked::Unclear(answer.said.clone()),
        };
    };
    let returned = callback.states();
    let shown = || match returned.as_slice() {
        [] => "no state".to_owned(),
        [one] => format!("state {}", quoted(one)),
        several => format!("{} states", several.len()),
    };
    match (rule, &seen.state) {
        (StateRule::Absent, _) => holds_if(returned.is_empty(), "no state on the callback", shown),
        (StateRule::Same | StateRule::SameOrRefused, Some(sent)) => {
            let expected = format!("the callback's state is {}, once", quoted(sent.as_bytes()));
            holds_if(returned == [sent.as_bytes()], &expected, shown)
        }
        (StateRule::Same | StateRule::SameOrRefused, None) => {
            Looked::Unclear("no state was sent, so none can come back".into())
        }
    }
}

/// Bytes as a quoted text. It is shortened when it is told: what is cut before it is redacted could be half a secret.
fn quoted(bytes: &[u8]) -> String {
    format!("{:?} ({} bytes)", String::from_utf8_lossy(bytes), bytes.len())
}

fn look_landing(landing: Landing, answer: &Answer, scene: &Scene<'_>) -> Looked {
    let seen = match authorization(answer) {
        Ok(seen) => seen,
        Err(unclear) => return unclear,
    };
    let unclear = match &answer.came {
        Came::Unclear(why) | Came::Broken(why) => Some(Looked::Unclear(why.clone())),
        _ => None,
    };
    let refusal = &scene.target.file().refusal;
    let Some(callback) = seen.callback.as_ref().filter(|callback| !refusal.has_page(callback)) else {
        return match landing {
            Landing::KeepsQuery => Looked::Unclear(answer.said.clone()),
            _ => unclear.unwrap_or(Looked::Holds),
        };
    };
    let asked = Callback::parse(seen.redirect_uri.as_deref().unwrap_or_default().as_bytes());
    match landing {
        Landing::Nowhere => {
            breaks("an error page that leads nowhere", format!("a redirect to {}", callback.raw))
        }
        Landing::RegisteredOnly => {
            let registered = |uri: &String| {
                let uri = Callback::parse(uri.as_bytes());
                // What was asked for beyond the registered URI must not be there; what the bank adds of its own may.
                let strange = asked.query.iter().filter(|pair| !uri.query.contains(pair));
                uri.base == callback.base
                    && !strange.into_iter().any(|pair| callback.query.contains(pair))
                    && !(asked.has_fragment && callback.has_fragment)
            };
            let expected = format!("no redirect but to {}", seen.registered.join(" or "));
            holds_if(seen.registered.iter().any(registered), &expected, || {
                format!("a redirect to {}", callback.raw)
            })
        }
        Landing::KeepsQuery => {
            let kept = asked.query.iter().all(|pair| {
                callback.query.iter().filter(|(key, _)| key == &pair.0).collect::<Vec<_>>() == [pair]
            });
            let expected = format!(
                "a redirect to {} with its own query, each parameter once",
                seen.redirect_uri.as_deref().unwrap_or_default()
            );
            holds_if(kept && asked.base == callback.base, &expected, || {
                format!("a redirect to {}", callback.raw)
            })
        }
    }
}

fn look_refresh_token(rule: RefreshRule, answer: &Answer) -> Looked {
    let Facts::Tokens(tokens) = &answer.facts else { return Looked::Unclear(answer.said.clone()) };
    let shown = || match &tokens.refresh {
        None => "no refresh_token".to_owned(),
        Some(serde_json::Value::String(text)) if text.is_empty() => "an empty refresh_token".to_owned(),
        Some(serde_json::Value::String(text)) => format!("refresh_token {text}"),
        Some(other) => format!("refresh_token {other}"),
    };
    match rule {
        RefreshRule::Present => holds_if(tokens.refresh_text().is_some(), "a refresh token", shown),
        RefreshRule::Absent => {
            let absent = matches!(tokens.refresh, None | Some(serde_json::Value::Null));
            holds_if(absent, "no refresh_token in the answer", shown)
        }
        RefreshRule::New => {
            let new = tokens.refresh_text().is_some_and(|new| tokens.used_refresh.as_deref() != Some(new));
            holds_if(new, "a new refresh token, other than the one used", || {
                if tokens.refresh_text().is_some() { "the same refresh token again".into() } else { shown() }
            })
        }
    }
}

fn look_identity(
    what: &str,
    role: &str,
    due: &str,
    answer: &Answer,
    named: impl Fn(&Facts) -> Option<String>,
) -> Looked {
    match sound_answer(answer) {
        Err(unclear) => return unclear,
        Ok(response) if response.json().is_none_or(|json| !json.is_object()) => {
            return Looked::Unclear(format!("{}, and no JSON object that could name a {what}", answer.said));
        }
        Ok(_) => {}
    }
    let expected = format!("the {what} is {role}, {due}");
    match named(&answer.facts) {
        Some(id) => holds_if(id == due, &expected, || format!("the {what} is {id}")),
        None => breaks(expected, format!("no {what} is named")),
    }
}

fn look_race(answer: &Answer, judge: impl Fn(&RaceFacts) -> Looked) -> Looked {
    match &answer.facts {
        Facts::Race(race) => judge(race),
        _ => Looked::Unclear(answer.said.clone()),
    }
}

fn live_exactly(count: u32, race: &RaceFacts, said: &str) -> Looked {
    match race.live {
        // The missing one may be what a copy without an answer was to be given.
        Some(live) if live < count && race.unanswered > 0 => Looked::Unclear(said.to_owned()),
        Some(live) => {
            let expected = format!("exactly {count} of the tokens given live(s) afterwards");
            holds_if(live == count, &expected, || said.to_owned())
        }
        None => Looked::Unclear("it could not be told which tokens live afterwards".into()),
    }
}

fn look_trait(having: Trait, answer: &Answer) -> Looked {
    match having {
        Trait::TokenFields => look_token_fields(answer),
        Trait::NewAccess => match &answer.facts {
            Facts::Tokens(tokens) => holds_if(!tokens.access_seen_before, "a new access token", || {
                "an access token that had been given before".into()
            }),
            _ => Looked::Unclear(answer.said.clone()),
        },
        Trait::NoInjection => match &answer.facts {
            Facts::Authorization(seen) => match seen.answers.iter().find_map(page::found) {
                Some(found) => breaks("what was sent in comes back as text, if at all", found),
                None => match &answer.came {
                    Came::Unclear(why) | Came::Broken(why) => Looked::Unclear(why.clone()),
                    _ => Looked::Holds,
                },
            },
            _ => Looked::Unclear(answer.said.clone()),
        },
        Trait::OldHistory | Trait::NoOldHistory => look_history(having, answer),
        Trait::Unguessable => match &answer.facts {
            Facts::Sample(sample) => {
                holds_if(sample.problems.is_empty(), "values that can't be guessed", || {
                    sample.problems.join("; ")
                })
            }
            _ => Looked::Unclear(answer.said.clone()),
        },
        Trait::Serial => look_race(answer, |race| match &race.state {
            None => Looked::Unclear(answer.said.clone()),
            Some(Err(why)) => Looked::Unclear(format!("the end state could not be told: {why}")),
            Some(Ok(state)) => {
                let expected =
                    format!("an end state that some order also leads to: {}", race.serial.join(" — or: "));
                holds_if(race.serial.contains(state), &expected, || state.clone())
            }
        }),
        // That a server breaks where it should refuse is what a client error is held against.
        Trait::ClientError => match judged_answer(answer) {
            Ok(response) => look_headers(having, response),
            Err(unclear) => unclear,
        },
        header => match (&answer.came, sound_answer(answer)) {
            // A page that neither gives nor refuses is no answer to hold a promise about answers against.
            (Came::Unclear(why), Ok(_)) => Looked::Unclear(why.clone()),
            (_, Ok(response)) => look_headers(header, response),
            (_, Err(unclear)) => unclear,
        },
    }
}

fn look_token_fields(answer: &Answer) -> Looked {
    let Facts::Tokens(tokens) = &answer.facts else { return Looked::Unclear(answer.said.clone()) };
    let mut wrong = Vec::new();
    let text = |value: &Option<serde_json::Value>| {
        value.as_ref().and_then(|value| value.as_str().map(str::to_owned))
    };
    if !text(&tokens.token_type).is_some_and(|kind| kind.eq_ignore_ascii_case("bearer")) {
        wrong.push("token_type is not Bearer");
    }
    if tokens.lifetime().is_none() {
        wrong.push("expires_in is not a positive whole number");
    }
    let mut due = vec!["access_token", "expires_in (a positive whole number)", "token_type Bearer"];
    if let Some(known) = &tokens.due_user {
        due.push("the user_id of the user who logged in");
        if tokens.user_id.is_none() || known.as_ref().is_some_and(|_| tokens.user_id != *known) {
            wrong.push("user_id is not the user who logged in");
        }
    }
    if tokens.due_client.is_some() {
        due.push("the client_id of the client that asked");
        if tokens.client_id != tokens.due_client {
            wrong.push("client_id is not the client that asked");
        }
    }
    if wrong.is_empty() && tokens.due_user == Some(None) {
        return Looked::Unclear("nobody knows the user's id yet: whoami never showed it".to_owned());
    }
    holds_if(wrong.is_empty(), &due.join(", "), || wrong.join(", "))
}

fn look_history(having: Trait, answer: &Answer) -> Looked {
    let oldest = match (&answer.came, &answer.facts) {
        (Came::Refused, _) if having == Trait::NoOldHistory => return Looked::Holds,
        (Came::Granted, Facts::Transactions { oldest_days }) => *oldest_days,
        _ => return Looked::Unclear(answer.said.clone()),
    };
    // A day more: banks count days in their own time zone.
    let old = oldest.is_some_and(|days| days > 91);
    let shown =
        || oldest.map_or("no transaction".into(), |days| format!("the oldest one is {days} days old"));
    match having {
        Trait::OldHistory => holds_if(old, "a transaction older than 90 days", shown),
        _ => holds_if(!old, "no transaction older than 90 days", shown),
    }
}

fn look_headers(having: Trait, response: &Incoming) -> Looked {
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
    fn a_token_that_is_missing_beside_copies_without_an_answer_shows_nothing() {
        let looked = |live, unanswered| {
            let race = RaceFacts { live: Some(live), unanswered, ..RaceFacts::default() };
            live_exactly(1, &race, "")
        };
        assert_eq!(looked(1, 0), Looked::Holds);
        assert_eq!(looked(1, 3), Looked::Holds);
        assert!(matches!(looked(0, 0), Looked::Breaks { .. }));
        assert!(matches!(looked(0, 3), Looked::Unclear(_)));
        assert!(matches!(looked(2, 3), Looked::Breaks { .. }), "whatever is still to come, two live");
    }

    #[test]
    fn an_error_that_only_a_page_shows_is_not_told_to_the_app() {
        let body = br#"{"error": "access_denied"}"#;
        let response =
            Incoming { status: 400, headers: HeaderMap::new(), body: body.as_slice().into(), refuses: false };
        let answer = Answer {
            response: Some(response),
            facts: Facts::Authorization(Box::default()),
            ..Answer::new(Came::Refused, "a page (400)")
        };
        assert!(matches!(look_error(&["access_denied".to_owned()], &answer), Looked::Breaks { .. }));
    }

    #[test]
    fn a_server_that_redirects_at_once_has_no_page_to_frame() {
        let answer =
            |status| Incoming { status, headers: HeaderMap::new(), body: Default::default(), refuses: false };
        assert!(matches!(look_headers(Trait::NoFraming, &answer(302)), Looked::Unclear(_)));
        assert!(matches!(look_headers(Trait::NoFraming, &answer(200)), Looked::Breaks { .. }));
    }
}
