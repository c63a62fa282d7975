//! What a bank hands to a client on a redirect: the raw `Location`, taken apart without repairing it.

use percent_encoding::percent_decode;

/// A redirect off the bank's own pages. Parameters are decoded once, as forms are (RFC 6749 appendix B).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Callback {
    /// The `Location` header as it was on the wire; bytes that are not UTF-8 are U+FFFD.
    pub raw: String,
    /// Everything before the query and the fragment, as it was on the wire.
    pub base: String,
    /// The query's parameters in order, as bytes.
    pub query: Vec<(Vec<u8>, Vec<u8>)>,
    /// The fragment's parameters in order; empty if there is no fragment.
    pub fragment: Vec<(Vec<u8>, Vec<u8>)>,
    /// Whether there is a `#` at all.
    pub has_fragment: bool,
}

impl Callback {
    pub fn parse(location: &[u8]) -> Callback {
        let raw = String::from_utf8_lossy(location).into_owned();
        let (before, fragment) = split(location, b'#');
        let (base, query) = split(before, b'?');
        Callback {
            raw,
            base: String::from_utf8_lossy(base).into_owned(),
            query: form_decode(query.unwrap_or_default()),
            fragment: form_decode(fragment.unwrap_or_default()),
            has_fragment: fragment.is_some(),
        }
    }

    /// Every value of a query parameter.
    pub fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a [u8]> + 'a {
        self.query.iter().filter(move |(key, _)| key == name.as_bytes()).map(|(_, value)| value.as_slice())
    }

    /// Every value of `state`: of the query, or of the fragment where the bank put an error there, as it does for response
    /// types whose answers stand in the fragment (RFC 6749 §4.2.2.1).
    pub fn states(&self) -> Vec<&[u8]> {
        let has =
            |pairs: &[(Vec<u8>, Vec<u8>)], name: &str| pairs.iter().any(|(key, _)| key == name.as_bytes());
        let in_query = ["code", "error", "state"].iter().any(|name| has(&self.query, name));
        let pairs = if !in_query && has(&self.fragment, "error") { &self.fragment } else { &self.query };
        pairs.iter().filter(|(key, _)| key == b"state").map(|(_, value)| value.as_slice()).collect()
    }

    /// The one value of a query parameter as text; `None` if it is absent, given twice, empty or not UTF-8.
    pub fn one(&self, name: &str) -> Option<String> {
        let mut values = self.values(name);
        match (values.next(), values.next()) {
            (Some(value), None) if !value.is_empty() => String::from_utf8(value.to_vec()).ok(),
            _ => None,
        }
    }

    /// The names of credentials that it carries, in the query or in the fragment.
    pub fn grants(&self) -> Vec<&'static str> {
        ["code", "access_token", "id_token", "refresh_token"]
            .into_iter()
            .filter(|name| {
                let carries = |(key, value): &(Vec<u8>, Vec<u8>)| key == name.as_bytes() && !value.is_empty();
                self.query.iter().any(carries) || self.fragment.iter().any(carries)
            })
            .collect()
    }
}

fn split(bytes: &[u8], at: u8) -> (&[u8], Option<&[u8]>) {
    match bytes.iter().position(|byte| *byte == at) {
        Some(index) => (&bytes[..index], Some(&bytes[index + 1..])),
        None => (bytes, None),
    }
}

/// Decodes `application/x-www-form-urlencoded` once, to bytes: `+` is a space, `%XX` a byte.
pub fn form_decode(text: &[u8]) -> Vec<(Vec<u8>, Vec<u8>)> {
    let decode = |part: &[u8]| {
        let spaced: Vec<u8> = part.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect();
        percent_decode(&spaced).collect::<Vec<u8>>()
    };
    text.split(|byte| *byte == b'&')
        .filter(|part| !part.is_empty())
        .map(|part| {
            let (key, value) = split(part, b'=');
            (decode(key), decode(value.unwrap_or_default()))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_is_decoded_once_and_only_once() {
        let callback = Callback::parse(b"https://a.example/cb?code=c&state=%2525%2Bx+y");
        assert_eq!(callback.one("state").as_deref(), Some("%25+x y"));
    }

    #[test]
    fn a_parameter_given_twice_has_no_one_value() {
        let callback = Callback::parse(b"https://a.example/cb?state=a&state=a");
        assert_eq!(callback.one("state"), None);
        assert_eq!(callback.values("state").count(), 2);
    }

    #[test]
    fn the_state_of_an_error_in_the_fragment_stands_there_and_a_codes_does_not() {
        let states = |location: &str| Callback::parse(location.as_bytes()).states().concat();
        assert_eq!(states("https://a.example/cb#error=unsupported_response_type&state=s"), b"s");
        assert_eq!(states("https://a.example/cb?error=access_denied#error=x&state=s"), b"");
        assert_eq!(states("https://a.example/cb?code=c#state=s"), b"");
        assert_eq!(states("https://a.example/cb?state=q#error=x&state=s"), b"q");
    }

    #[test]
    fn a_token_in_the_fragment_counts_as_granted() {
        let callback = Callback::parse(b"https://a.example/cb#access_token=t&state=x");
        assert_eq!(callback.grants(), ["access_token"]);
        assert!(callback.query.is_empty());
        assert!(Callback::parse(b"https://a.example/cb?code=").grants().is_empty());
    }

    #[test]
    fn the_base_is_kept_as_it_was_on_the_wire() {
        let callback = Callback::parse(b"https://a.example/x/%2e%2e/cb?code=c");
        assert_eq!(callback.base, "https://a.example/x/%2e%2e/cb");
    }
}
