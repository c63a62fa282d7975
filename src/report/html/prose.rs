//! Sentences of the catalogue, with what stands between backticks as code.

use crate::report::visible;

/// One stretch of a sentence.
pub struct Piece {
    pub is_code: bool,
    pub text: String,
}

/// A sentence in pieces, at most `limit` characters of it. A backtick that nothing closes is one like any other character.
pub fn prose(text: &str, limit: usize) -> Vec<Piece> {
    let shown = visible::line(text, limit);
    let mut pieces = Vec::new();
    let mut plain = |text: &str, is_code: bool| {
        if !text.is_empty() {
            pieces.push(Piece { is_code, text: text.to_owned() });
        }
    };
    let mut rest = shown.as_str();
    while let Some((before, (code, after))) =
        rest.split_once('`').and_then(|(before, from)| Some((before, from.split_once('`')?)))
    {
        plain(before, false);
        plain(code, true);
        rest = after;
    }
    plain(rest, false);
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_between_backticks_is_code() {
        let told = |text: &str| -> Vec<(bool, String)> {
            prose(text, 99).into_iter().map(|piece| (piece.is_code, piece.text)).collect()
        };
        let (code, plain) = (|text: &str| (true, text.to_owned()), |text: &str| (false, text.to_owned()));
        assert_eq!(
            told("Answer `a` or `b`."),
            [plain("Answer "), code("a"), plain(" or "), code("b"), plain(".")]
        );
        assert_eq!(told("`a` is `b"), [code("a"), plain(" is `b")]);
        assert_eq!(told("``"), []);
        assert_eq!(
            prose("12345 `6`", 6).last().map(|piece| piece.text.as_str()),
            Some("12345 … (3 more characters)")
        );
    }
}
