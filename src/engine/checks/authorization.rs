//! What an authorization came back with: its state, and where it led.

use super::{Looked, breaks, holds_if};
use crate::engine::answer::{Answer, Authorization, Came, Facts};
use crate::engine::scene::Scene;
use crate::suite::{Landing, StateRule};
use crate::target::Callback;

fn authorization(answer: &Answer) -> Result<&Authorization, Looked> {
    match &answer.facts {
        Facts::Authorization(seen) => Ok(seen),
        _ => Err(Looked::Unclear(answer.said.clone())),
    }
}

pub fn look_state(rule: StateRule, answer: &Answer) -> Looked {
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

pub fn look_landing(landing: Landing, answer: &Answer, scene: &Scene<'_>) -> Looked {
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
