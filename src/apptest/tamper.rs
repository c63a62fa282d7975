//! Callbacks, and what happens to them on their way: an attacker's moves on the redirect (RFC 6749 §10.12, RFC 9700 §4.7).

use url::Url;

use crate::suite::client::Tamper;

/// Longer than any code, and than what many a server takes for a request line.
const GIANT: usize = 32 << 10;

/// Markup that must not become an element of a page.
pub const MARKUP: &str = "\"'><script id=\"grantspec-probe\">document.title=1</script><img id=\"grantspec-probe-image\" src=x onerror=1>";

/// The callback as it is delivered. `another`: the state of somebody else's login.
pub fn tampered(callback: &Url, tamper: Tamper, another: Option<&str>) -> Url {
    let pairs: Vec<(String, String)> = callback.query_pairs().into_owned().collect();
    let value = |name: &str| pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
    let (state, code) = (value("state").unwrap_or_default(), value("code").unwrap_or_default());
    // Where the app sent no state, none comes back.
    let right: Vec<String> = value("state").into_iter().collect();
    let mut changed: Vec<(String, String)> =
        pairs.iter().filter(|(key, _)| key != "state" && key != "code").cloned().collect();
    let mut add = |key: &str, value: &str| changed.push((key.to_owned(), value.to_owned()));
    let (codes, states): (Vec<String>, Vec<String>) = match tamper {
        Tamper::StateFlipped => (vec![code], vec![flipped(&state)]),
        Tamper::StateTruncated => (vec![code], vec![without_last(&state)]),
        Tamper::StateOtherCase => (vec![code], vec![other_case(&state)]),
        Tamper::StateAppended => (vec![code], vec![format!("{state}x")]),
        Tamper::StatePadded => (vec![code], vec![format!(" {state} ")]),
        Tamper::StateOfAnother => (vec![code], vec![another.unwrap_or_default().to_owned()]),
        Tamper::StateAbsent => (vec![code], Vec::new()),
        Tamper::StateEmpty => (vec![code], vec![String::new()]),
        Tamper::StateTwice => (vec![code], vec![state.clone(), flipped(&state)]),
        Tamper::StateTwiceWrongFirst => (vec![code], vec![flipped(&state), state.clone()]),
        Tamper::CodeAbsent => (Vec::new(), right),
        Tamper::CodeEmpty => (vec![String::new()], right),
        Tamper::CodeTwice => (vec![code.clone(), code], right),
        Tamper::CodeGiant => (vec!["a".repeat(GIANT)], right),
        Tamper::Denied | Tamper::DeniedWithMarkup => {
            add("error", "access_denied");
            add("error_description", if tamper == Tamper::Denied { "The user said no" } else { MARKUP });
            (Vec::new(), right)
        }
        Tamper::ErrorWithMarkup => {
            add("error", MARKUP);
            (Vec::new(), right)
        }
        Tamper::ErrorAndCode => {
            add("error", "server_error");
            (vec![code], right)
        }
    };
    for code in &codes {
        add("code", code);
    }
    for state in &states {
        add("state", state);
    }
    let mut url = callback.clone();
    url.set_query(None);
    if !changed.is_empty() {
        url.query_pairs_mut().extend_pairs(&changed);
    }
    url
}

/// Whether the change can be made to this state at all.
pub fn applies(tamper: Tamper, state: &str) -> Result<(), String> {
    match tamper {
        // Without a state every callback is one that lacks it, and any state in one differs from what was sent.
        Tamper::StateAbsent | Tamper::StateEmpty | Tamper::StateAppended => Ok(()),
        _ if state.is_empty() && tamper.word().starts_with("state-") => {
            Err("the app sends no state that could be changed".to_owned())
        }
        Tamper::StateOtherCase if other_case(state) == state => {
            Err("the app's state has no letters whose case could be changed".to_owned())
        }
        _ => Ok(()),
    }
}

fn flipped(text: &str) -> String {
    let mut characters: Vec<char> = text.chars().collect();
    let middle = characters.len() / 2;
    if let Some(character) = characters.get_mut(middle) {
        let turned = char::from_u32(*character as u32 ^ 1).filter(char::is_ascii_alphanumeric);
        *character = turned.unwrap_or(if *character == 'a' { 'b' } else { 'a' });
    }
    characters.into_iter().collect()
}

fn without_last(text: &str) -> String {
    text.chars().take(text.chars().count().saturating_sub(1)).collect()
}

fn other_case(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_ascii_lowercase() { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_change_delivers_another_callback() {
        let callback = Url::parse("http://127.0.0.1:1/cb?tenant=a&code=abc1&state=Xy9Z").expect("an address");
        for (tamper, word) in Tamper::ALL {
            let changed = tampered(&callback, *tamper, Some("another"));
            assert_ne!(changed.query(), callback.query(), "{word}");
            assert!(changed.query_pairs().any(|(key, value)| key == "tenant" && value == "a"), "{word}");
            let has_error = changed.query_pairs().any(|(key, _)| key == "error");
            let is_error = matches!(
                tamper,
                Tamper::Denied | Tamper::DeniedWithMarkup | Tamper::ErrorWithMarkup | Tamper::ErrorAndCode
            );
            assert_eq!(has_error, is_error, "{word}");
        }
    }

    #[test]
    fn no_state_comes_back_where_none_was_sent() {
        let callback = Url::parse("http://127.0.0.1:1/cb?code=abc1").expect("an address");
        for tamper in [Tamper::Denied, Tamper::ErrorAndCode, Tamper::CodeTwice, Tamper::CodeGiant] {
            let changed = tampered(&callback, tamper, None);
            assert!(changed.query_pairs().all(|(key, _)| key != "state"), "{tamper}");
        }
    }

    #[test]
    fn a_state_that_cannot_be_changed_is_no_probe() {
        assert!(applies(Tamper::StateOtherCase, "0123").is_err());
        assert!(applies(Tamper::StateFlipped, "").is_err());
        assert!(applies(Tamper::StateAbsent, "").is_ok(), "such an app takes it, and must not");
        assert!(applies(Tamper::CodeTwice, "").is_ok());
        assert!(applies(Tamper::StateOtherCase, "0a").is_ok());
    }
}
