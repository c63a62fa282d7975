//! What stands for what in the texts of a login: `{user.email}` in a target file becomes the email of whoever logs in.

use url::Url;

use super::Answering;
use crate::suite::Client;
use crate::suite::pages::named;
use crate::target::World;

/// Names such as `user.email`, each with what it stands for.
#[derive(Clone, Debug, Default)]
pub struct Values(Vec<(String, String)>);

impl Values {
    /// What is known of a login whose page is open: the user's fields, the client, and the address that began it.
    pub fn of(world: &World, answering: Answering<'_>, client: &Client, begun: &Url) -> Values {
        let user = world.user(answering.user);
        let facts = world.client(client);
        let mut values = Values::default();
        for (name, value) in &user.fields {
            values.set(&format!("user.{name}"), value);
        }
        values.set("user.role", &answering.user.0);
        if let Some(id) = user.user_id() {
            values.set("user.id", id);
        }
        values.set("client.role", &client.0);
        values.set("client.id", &facts.client_id);
        values.set("client.redirect_uri", &facts.redirect_uris[0]);
        values.set("login.url", begun.as_str());
        values.set("login.answer", if answering.allow { "allow" } else { "deny" });
        values
    }

    /// Takes note of the page that the login stands on. A page whose script hands its own query on is driven by that.
    pub fn on_page(&mut self, address: &Url) {
        self.set("page.url", address.as_str());
        self.set("page.query", address.query().unwrap_or_default());
    }

    /// Gives a name a meaning; a former one is forgotten.
    pub fn set(&mut self, name: &str, value: &str) {
        self.0.retain(|(known, _)| known != name);
        self.0.push((name.to_owned(), value.to_owned()));
    }

    /// The text with its names replaced, each once: what a value holds is not looked at again.
    ///
    /// # Errors
    /// The first name that stands for nothing here, and those that do.
    pub fn fill(&self, text: &str) -> Result<String, String> {
        self.filled(text, str::to_owned)
    }

    /// The same for JSON: a name stands within quotes there, and its value is written as it must be between them.
    ///
    /// # Errors
    /// As [`Values::fill`].
    pub fn fill_json(&self, text: &str) -> Result<String, String> {
        self.filled(text, |value| {
            let quoted = serde_json::Value::from(value).to_string();
            quoted[1..quoted.len() - 1].to_owned()
        })
    }

    fn filled(&self, text: &str, written: impl Fn(&str) -> String) -> Result<String, String> {
        let mut whole = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(at) = rest.find('{') {
            let (before, from) = rest.split_at(at);
            whole.push_str(before);
            match named(from) {
                None => {
                    whole.push('{');
                    rest = &from[1..];
                }
                Some(name) => {
                    let Some((_, value)) = self.0.iter().find(|(known, _)| known == name) else {
                        let known: Vec<&str> = self.0.iter().map(|(known, _)| known.as_str()).collect();
                        return Err(format!("{{{name}}} stands for nothing; there is {}", known.join(", ")));
                    };
                    whole.push_str(&written(value));
                    rest = &from[name.len() + 2..];
                }
            }
        }
        whole.push_str(rest);
        Ok(whole)
    }

    /// Every name with what it stands for.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_replaced_once_and_other_braces_stay() {
        let mut values = Values::default();
        values.set("user.id", "{user.pin}");
        values.set("user.pin", "1234");
        let text = r#"{"id": "{user.id}", "pin": "{user.pin}", "x": {}, "y": "{user}{"}"#;
        let filled = values.fill(text).expect("each has a value");
        assert_eq!(filled, r#"{"id": "{user.pin}", "pin": "1234", "x": {}, "y": "{user}{"}"#);
    }

    #[test]
    fn a_value_in_json_stays_one_text() {
        let mut values = Values::default();
        values.set("user.password", "a\"b\\c");
        assert_eq!(values.fill_json(r#"{"p":"{user.password}"}"#).as_deref(), Ok(r#"{"p":"a\"b\\c"}"#));
    }

    #[test]
    fn a_name_without_a_meaning_is_no_text() {
        let mut values = Values::default();
        values.set("user.email", "a@b");
        let error = values.fill("x{user.password}").expect_err("nobody has one");
        assert!(error.contains("{user.password} stands for nothing; there is user.email"), "{error}");
    }
}
