//! Tokens and secrets in the shapes that a probe shows them in.

use super::scene::{GrantHeld, Scene};
use crate::suite::{Client, Secret, Token};

/// A token of `grant` in the shape asked for. `None` for [`Token::Nothing`]; an error says what the grant lacks.
pub fn token(scene: &mut Scene<'_>, grant: &GrantHeld, token: Token) -> Result<Option<String>, String> {
    let access = &grant.access;
    let shown = match token {
        Token::Access => access.clone(),
        Token::Refresh => {
            grant.refresh.clone().ok_or("the grant has no refresh token: none was issued with it")?
        }
        Token::RefreshOrAccess => grant.refresh.as_ref().unwrap_or(access).clone(),
        Token::Code => grant.code.clone().ok_or("the grant came from no code: it was refreshed")?,
        Token::Flipped => flipped(access),
        Token::Truncated => access.chars().take(access.chars().count().saturating_sub(1)).collect(),
        Token::Doubled => format!("{access}{access}"),
        Token::OtherCase => other_case(access).ok_or("the access token has no letters to change")?,
        Token::Random => format!("{}{}", scene.fresh(), scene.fresh()),
        Token::Malformed => "\"'{}%00%zz\\<>".to_owned(),
        Token::Huge => "a".repeat(64 << 10),
        Token::Empty => String::new(),
        Token::Nothing => return Ok(None),
    };
    if matches!(token, Token::Flipped | Token::Truncated | Token::Doubled | Token::OtherCase) {
        let kind = format!("{}·{}·access, {token}", grant.user, grant.client);
        scene.tape.secrets().add(&shown, &kind);
    }
    Ok(Some(shown))
}

/// The secret that `client` shows. `None` for [`Secret::Omitted`]; an error says whose secret the probe takes and nobody has.
pub fn secret(scene: &mut Scene<'_>, client: &Client, secret: Secret) -> Result<Option<String>, String> {
    let right = scene.world.client(client).client_secret.clone();
    // A client that has none shows what looks like one where a wrong one is due.
    let right = match right {
        Some(right) => right,
        None if secret == Secret::Right => return Ok(None),
        None => scene.fresh(),
    };
    let shown = match secret {
        Secret::Right => return Ok(Some(right)),
        Secret::Omitted => return Ok(None),
        Secret::Empty => return Ok(Some(String::new())),
        Secret::Wrong => wrong(&right),
        Secret::Prefix => right.chars().take(right.chars().count().saturating_sub(1)).collect(),
        Secret::Longer => format!("{right}x"),
        Secret::OtherCase => other_case(&right).unwrap_or_else(|| wrong(&right)),
        Secret::OtherClients => return theirs(scene, &counterpart(client)).map(Some),
        Secret::PublicClients => return theirs(scene, &Client("public".into())).map(Some),
    };
    scene.tape.secrets().add(&shown, &format!("{client}·secret, {secret}"));
    Ok(Some(shown))
}

/// The secret of a client whose secret another shows. Without one there is no such probe: to show none is another.
fn theirs(scene: &Scene<'_>, client: &Client) -> Result<String, String> {
    let secret = scene.world.client(client).client_secret.clone();
    secret.ok_or_else(|| format!("the client {client} has no secret here that another could show"))
}

/// The client that stands for "another": `other` for `server`, else `server`.
pub fn counterpart(client: &Client) -> Client {
    Client(if client.0 == "server" { "other" } else { "server" }.to_owned())
}

/// One bit of one character in the middle flipped, so that it stays a character that a token may have.
fn flipped(token: &str) -> String {
    let mut characters: Vec<char> = token.chars().collect();
    let middle = characters.len() / 2;
    // Not in the very last characters: those of base64 may hold bits that decode to nothing.
    if let Some(character) = characters.get_mut(middle) {
        let turned = char::from_u32(*character as u32 ^ 1).filter(char::is_ascii_alphanumeric);
        *character = turned.unwrap_or(if *character == 'a' { 'b' } else { 'a' });
    }
    characters.into_iter().collect()
}

/// Letters in the other case; `None` if there are none.
fn other_case(text: &str) -> Option<String> {
    let turned: String = text
        .chars()
        .map(|character| {
            if character.is_ascii_lowercase() {
                character.to_ascii_uppercase()
            } else {
                character.to_ascii_lowercase()
            }
        })
        .collect();
    (turned != text).then_some(turned)
}

/// A text of the same length and alphabet in which every letter and digit is another.
fn wrong(text: &str) -> String {
    let next = |character: char, first: char, last: char| {
        if character == last { first } else { char::from(character as u8 + 1) }
    };
    text.chars()
        .map(|character| match character {
            'a'..='z' => next(character, 'a', 'z'),
            'A'..='Z' => next(character, 'A', 'Z'),
            '0'..='9' => next(character, '0', '9'),
            other => other,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shape_differs_from_the_right_one() {
        for right in ["aZ9_-x", "AAAA", "zzzz99"] {
            assert_ne!(flipped(right), right);
            assert_eq!(flipped(right).len(), right.len());
            assert_ne!(wrong(right), right);
            assert_eq!(wrong(right).len(), right.len());
            assert_ne!(other_case(right).as_deref(), Some(right));
        }
        assert_eq!(other_case("0123"), None);
    }
}
