//! What a resource says of a token in its `WWW-Authenticate` header (RFC 6750 §3).

use crate::target::Incoming;

/// The `error` of a Bearer challenge.
pub fn bearer_error(response: &Incoming) -> Option<String> {
    response.header("www-authenticate").find_map(|line| {
        let mut scheme = String::new();
        parts(&line).into_iter().find_map(|part| {
            let parameter = match part.split_once(char::is_whitespace) {
                Some((word, rest)) if !word.contains('=') && !rest.trim_start().starts_with('=') => {
                    scheme = word.to_ascii_lowercase();
                    rest.trim_start()
                }
                _ => part,
            };
            let (name, value) = parameter.split_once('=')?;
            let is_it = scheme == "bearer" && name.trim().eq_ignore_ascii_case("error");
            is_it.then(|| value.trim().trim_matches('"').to_owned())
        })
    })
}

/// What stands between the commas that are in no quoted text.
fn parts(line: &str) -> Vec<&str> {
    let (mut parts, mut begun, mut is_quoted, mut is_escaped) = (Vec::new(), 0, false, false);
    for (at, character) in line.char_indices() {
        match character {
            _ if is_escaped => is_escaped = false,
            '\\' if is_quoted => is_escaped = true,
            '"' => is_quoted = !is_quoted,
            ',' if !is_quoted => {
                parts.push(line[begun..at].trim());
                begun = at + 1;
            }
            _ => {}
        }
    }
    parts.push(line[begun..].trim());
    parts
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::header::WWW_AUTHENTICATE;
    use http::{HeaderMap, HeaderValue};

    use super::*;

    fn said(lines: &[&'static str]) -> Option<String> {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(WWW_AUTHENTICATE, HeaderValue::from_static(line));
        }
        bearer_error(&Incoming::new(401, headers, Bytes::new()))
    }

    #[test]
    fn the_error_of_a_bearer_challenge_is_found_wherever_it_stands() {
        for line in [
            r#"Bearer error="invalid_token""#,
            r#"bearer realm="Users", error="invalid_token""#,
            r#"Bearer realm="a, \"b\", error=\"x\"" , error = invalid_token"#,
            r#"Basic realm="x", Bearer scope="read", error="invalid_token", error_description="it, too""#,
        ] {
            assert_eq!(said(&[line]).as_deref(), Some("invalid_token"), "{line}");
        }
        assert_eq!(said(&["Basic", r#"Bearer error="invalid_token""#]).as_deref(), Some("invalid_token"));
    }

    #[test]
    fn other_schemes_and_other_words_are_no_error_of_a_bearer_challenge() {
        for line in [
            "Bearer",
            r#"Basic error="invalid_token""#,
            r#"Bearer realm="error=invalid_token""#,
            r#"Bearer error_description="invalid_token""#,
            r#"Bearer realm="x", Basic error="invalid_token""#,
        ] {
            assert_eq!(said(&[line]), None, "{line}");
        }
    }
}
