//! The address that a browser is sent back to: the client's redirect URI with the outcome and the state added
//! (RFC 6749 §4.1.2, §4.1.2.1), and which redirect URIs are the client's (RFC 9700 §2.1).

use percent_encoding::{percent_decode, percent_decode_str};
use url::Url;
use url::form_urlencoded::byte_serialize;

use crate::reference::ledger::{Landing, Outcome};
use crate::reference::rules::{AuthorizeRules, RedirectMatch, RedirectQuery, StateEcho};

/// The whole address: parameters form-encoded, after the redirect URI's own query if it has one.
pub fn location(rules: &AuthorizeRules, landing: &Landing) -> String {
    let (uri, fragment) = match landing.redirect_uri.split_once('#') {
        Some((uri, fragment)) => (uri, format!("#{fragment}")),
        None => (landing.redirect_uri.as_str(), String::new()),
    };
    let mut address = with_own_query(rules.redirect_query, uri, &landing.outcome);
    match &landing.outcome {
        Outcome::Code(code) => address.push_str(&format!("code={}", code.expose())),
        Outcome::Error(error) => address.push_str(&format!("error={error}")),
    }
    if let Some(state) = &landing.state {
        address.push_str("&state=");
        address.push_str(&echo(rules.state_echo, state));
    }
    address + &fragment
}

/// Whether `given` is one of the client's `own` redirect URIs; `all` are those of every client.
pub fn registered<'a>(
    rule: RedirectMatch,
    given: &str,
    own: &[String],
    mut all: impl Iterator<Item = &'a String>,
) -> bool {
    let any = |same: fn(&str, &str) -> bool| own.iter().any(|own| same(own, given));
    match rule {
        RedirectMatch::Exact => any(|own, given| own == given),
        RedirectMatch::Prefix => any(|own, given| given.starts_with(own)),
        RedirectMatch::IgnoresCase => any(str::eq_ignore_ascii_case),
        RedirectMatch::IgnoresTrailingSlash => {
            any(|own, given| own == given || own == given.trim_end_matches('/'))
        }
        RedirectMatch::IgnoresQuery => any(|own, given| before(own, '?') == before(given, '?')),
        RedirectMatch::IgnoresFragment => any(|own, given| own == before(given, '#')),
        RedirectMatch::IgnoresPort => any(|own, given| on_any_port(own) == on_any_port(given)),
        RedirectMatch::IgnoresScheme => any(|own, given| without_scheme(own) == without_scheme(given)),
        RedirectMatch::HostOnly => any(|own, given| host(own).is_some() && host(own) == host(given)),
        RedirectMatch::OriginPrefix => any(|own, given| {
            Url::parse(own).is_ok_and(|own| given.starts_with(&own.origin().ascii_serialization()))
        }),
        RedirectMatch::Subdomains => any(|own, given| {
            own == given
                || host(own).zip(host(given)).is_some_and(|(own, given)| {
                    given.strip_suffix(&own).is_some_and(|label| label.ends_with('.'))
                })
        }),
        RedirectMatch::Normalised => any(|own, given| normal(own) == normal(given)),
        RedirectMatch::AnyClients => all.any(|registered| registered == given),
        RedirectMatch::Anything => true,
    }
}

fn with_own_query(rule: RedirectQuery, uri: &str, outcome: &Outcome) -> String {
    let Some((path, query)) = uri.split_once('?') else { return format!("{uri}?") };
    match (rule, outcome) {
        (RedirectQuery::Lost, _) | (RedirectQuery::LostOnErrors, Outcome::Error(_)) => format!("{path}?"),
        (RedirectQuery::Doubled, _) => format!("{uri}&{query}&"),
        (RedirectQuery::SecondQuestionMark, _) => format!("{uri}?"),
        (RedirectQuery::Kept | RedirectQuery::LostOnErrors, _) => format!("{uri}&"),
    }
}

fn echo(rule: StateEcho, state: &[u8]) -> String {
    let form = |bytes: &[u8]| byte_serialize(bytes).collect::<String>();
    match rule {
        StateEcho::Exact => form(state),
        StateEcho::PlusLeftRaw => form(state).replace("%2B", "+"),
        StateEcho::EncodedTwice => form(form(state).as_bytes()),
        StateEcho::PlusForSpace => form(state).replace('+', "%2B"),
        StateEcho::Truncated(most) => form(&state[..state.len().min(most)]),
        StateEcho::PaddingLost => {
            let kept = state.iter().rposition(|byte| *byte != b'=').map_or(0, |at| at + 1);
            form(&state[..kept])
        }
        StateEcho::AsciiOnly => {
            let ascii = |byte: &u8| if byte.is_ascii() { *byte } else { b'?' };
            form(&state.iter().map(ascii).collect::<Vec<u8>>())
        }
        StateEcho::CutAtNul => form(up_to(state, 0)),
        StateEcho::CutAtSemicolon => form(up_to(state, b';')),
        StateEcho::LowerCase => form(&state.to_ascii_lowercase()),
        StateEcho::AsNumber if state.iter().all(u8::is_ascii_digit) => {
            let zeros = state.iter().take_while(|byte| **byte == b'0').count();
            form(&state[zeros..])
        }
        StateEcho::AsNumber => form(state),
        StateEcho::Trimmed => form(state.trim_ascii()),
        StateEcho::DecodedTwice => form(&percent_decode(state).collect::<Vec<u8>>()),
        StateEcho::AsHtml => {
            let text = String::from_utf8_lossy(state).replace('&', "&amp;").replace('"', "&quot;");
            form(text.replace('<', "&lt;").replace('>', "&gt;").as_bytes())
        }
        StateEcho::Composed => {
            let text = String::from_utf8_lossy(state).into_owned();
            let pairs = [("a\u{301}", "á"), ("e\u{301}", "é"), ("o\u{308}", "ö"), ("u\u{308}", "ü")];
            form(pairs.iter().fold(text, |text, (apart, one)| text.replace(apart, one)).as_bytes())
        }
    }
}

fn up_to(state: &[u8], mark: u8) -> &[u8] {
    state.split(|byte| *byte == mark).next().unwrap_or(state)
}

fn before(uri: &str, mark: char) -> &str {
    uri.split(mark).next().unwrap_or(uri)
}

fn without_scheme(uri: &str) -> Option<&str> {
    uri.split_once("://").map(|(_, rest)| rest)
}

fn host(uri: &str) -> Option<String> {
    Url::parse(uri).ok()?.host_str().map(str::to_owned)
}

fn on_any_port(uri: &str) -> Option<Url> {
    let mut url = Url::parse(uri).ok()?;
    url.set_port(None).ok()?;
    Some(url)
}

/// As a browser reads it, with the path decoded.
fn normal(uri: &str) -> Option<(String, String, Option<String>)> {
    let url = Url::parse(uri).ok()?;
    let path = percent_decode_str(url.path()).decode_utf8_lossy().into_owned();
    Some((url.origin().ascii_serialization(), path, url.query().map(str::to_owned)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn landing(redirect_uri: &str, state: Option<&[u8]>) -> Landing {
        Landing {
            redirect_uri: redirect_uri.to_owned(),
            outcome: Outcome::Error("access_denied"),
            state: state.map(<[u8]>::to_vec),
        }
    }

    #[test]
    fn a_state_of_any_bytes_comes_out_of_one_decoding_as_it_went_in() {
        let state: Vec<u8> = (0..=255).chain("%25 + & = # ; \" é 😀".bytes()).collect();
        let address = location(&AuthorizeRules::default(), &landing("https://a.example/", Some(&state)));
        let query = address.split_once('?').expect("a query").1;
        let encoded = query.split_once("&state=").expect("a state").1;
        assert!(encoded.bytes().all(|byte| byte.is_ascii_graphic() && !b"&=#;\"'<>".contains(&byte)));
        let decoded: Vec<u8> = percent_decode_str(&encoded.replace('+', " ")).collect();
        assert_eq!(decoded, state);
    }

    #[test]
    fn no_state_is_no_parameter() {
        let address = location(&AuthorizeRules::default(), &landing("https://a.example/cb", None));
        assert_eq!(address, "https://a.example/cb?error=access_denied");
    }

    #[test]
    fn a_redirect_uris_own_query_is_kept_once() {
        let uri = "https://a.example/cb?tenant=blue&note=a%2Fb";
        let address = location(&AuthorizeRules::default(), &landing(uri, Some(b"s")));
        assert_eq!(address, format!("{uri}&error=access_denied&state=s"));
    }

    #[test]
    fn only_the_very_string_is_registered() {
        let own = ["https://app.example/oauth/callback".to_owned()];
        let is = |given: &str| registered(RedirectMatch::Exact, given, &own, own.iter());
        assert!(is("https://app.example/oauth/callback"));
        for other in [
            "https://app.example/oauth/callback/",
            "https://app.example/oauth/Callback",
            "https://app.example/oauth/x/../callback",
            "https://app.example:443/oauth/callback",
            "https://app.example/oauth/callback?x=1",
            "https://app.example/oauth/callback#x",
            "",
        ] {
            assert!(!is(other), "{other}");
        }
    }
}
