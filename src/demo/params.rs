//! The query of a callback. What a browser brings can have been changed by anybody.

use url::form_urlencoded;

/// A query's parameters, in order.
#[derive(Debug)]
pub struct Params(Vec<(String, String)>);

/// How often a parameter is there.
#[derive(Debug, PartialEq, Eq)]
pub enum Given<'a> {
    No,
    Empty,
    Once(&'a str),
    /// The first and the last value.
    Often(&'a str, &'a str),
}

impl Params {
    pub fn read(query: &str) -> Params {
        Params(form_urlencoded::parse(query.as_bytes()).into_owned().collect())
    }

    pub fn given(&self, name: &str) -> Given<'_> {
        let mut values = self.0.iter().filter(|(key, _)| key == name).map(|(_, value)| value.as_str());
        match (values.next(), values.next_back()) {
            (None, _) => Given::No,
            (Some(""), None) => Given::Empty,
            (Some(value), None) => Given::Once(value),
            (Some(first), Some(last)) => Given::Often(first, last),
        }
    }

    /// The first value, to be shown.
    pub fn first(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_is_told_from_one_that_is_there_twice() {
        let params = Params::read("state=a%2Bb&code=&x=1&x=2&x=3");
        assert_eq!(params.given("state"), Given::Once("a+b"));
        assert_eq!(params.given("code"), Given::Empty);
        assert_eq!(params.given("x"), Given::Often("1", "3"));
        assert_eq!(params.given("none"), Given::No);
    }
}
