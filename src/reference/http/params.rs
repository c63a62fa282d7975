//! Parameters of a query or a form body: `application/x-www-form-urlencoded`, values kept as bytes, so that a state
//! survives whatever it holds.

use std::borrow::Cow;

use percent_encoding::percent_decode;

use crate::reference::rules::Duplicates;

/// Parameters, each name once.
#[derive(Debug, Default)]
pub struct Params(Vec<(String, Vec<u8>)>);

/// A parameter came twice (RFC 6749 §3.1, §3.2: it must not).
#[derive(Debug, PartialEq, Eq)]
pub struct Twice(pub String);

impl Params {
    /// Reads an encoded text. What happens to a parameter that comes twice is `rule`.
    pub fn read(encoded: &[u8], rule: Duplicates) -> Result<Params, Twice> {
        let mut params = Params::default();
        for pair in encoded.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()) {
            let mut halves = pair.splitn(2, |byte| *byte == b'=');
            let name = decode(halves.next().unwrap_or_default());
            let value = decode(halves.next().unwrap_or_default());
            params.add(String::from_utf8_lossy(&name).into_owned(), value, rule)?;
        }
        Ok(params)
    }

    /// Adds one, as if it had been read.
    pub fn add(&mut self, name: String, value: Vec<u8>, rule: Duplicates) -> Result<(), Twice> {
        match (self.0.iter_mut().find(|(known, _)| *known == name), rule) {
            (None, _) => self.0.push((name, value)),
            (Some((_, old)), Duplicates::SameAllowed) if *old == value => {}
            (Some(_), Duplicates::Refused | Duplicates::SameAllowed) => return Err(Twice(name)),
            (Some(_), Duplicates::FirstWins) => {}
            (Some((_, old)), Duplicates::LastWins) => *old = value,
        }
        Ok(())
    }

    /// A value's bytes. One sent without a value counts as not sent (RFC 6749 §3.1, §3.2).
    pub fn bytes(&self, name: &str) -> Option<&[u8]> {
        self.raw(name).filter(|value| !value.is_empty())
    }

    /// A value as text. One sent without a value counts as not sent.
    pub fn text(&self, name: &str) -> Option<Cow<'_, str>> {
        self.bytes(name).map(String::from_utf8_lossy)
    }

    /// A value as text, empty or not.
    pub fn sent(&self, name: &str) -> Option<Cow<'_, str>> {
        self.raw(name).map(String::from_utf8_lossy)
    }

    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }

    /// All values, in the order in which they came.
    pub fn values(&self) -> impl Iterator<Item = Cow<'_, str>> {
        self.0.iter().map(|(_, value)| String::from_utf8_lossy(value))
    }

    fn raw(&self, name: &str) -> Option<&[u8]> {
        let found = self.0.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_slice())
    }
}

fn decode(text: &[u8]) -> Vec<u8> {
    let spaced: Vec<u8> = text.iter().map(|&byte| if byte == b'+' { b' ' } else { byte }).collect();
    percent_decode(&spaced).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_keep_every_byte() {
        let params = Params::read(b"state=a+b%2Bc%00%FF%0d%0a=&code=x", Duplicates::Refused);
        let params = params.expect("each once");
        assert_eq!(params.bytes("state"), Some(&b"a b+c\0\xff\r\n="[..]));
        assert_eq!(params.text("code").as_deref(), Some("x"));
    }

    #[test]
    fn a_parameter_given_twice_is_refused_even_if_it_is_the_same() {
        for twice in ["a=1&a=1", "a=&a=", "a&%61=2"] {
            let refused = Params::read(twice.as_bytes(), Duplicates::Refused);
            assert_eq!(refused.expect_err("twice"), Twice("a".into()), "{twice}");
        }
    }

    #[test]
    fn one_without_a_value_counts_as_not_sent() {
        let params = Params::read(b"state=&client_id", Duplicates::Refused).expect("each once");
        assert_eq!(params.bytes("state"), None);
        assert_eq!(params.text("client_id"), None);
        assert_eq!(params.sent("state").as_deref(), Some(""));
    }
}
