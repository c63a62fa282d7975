//! Secrets of a target file: where each comes from, and how it is kept from being shown.

use std::fmt;
use std::path::{Path, PathBuf};

use crate::suite::code::Code;
use crate::suite::read::form::form;
use crate::suite::read::{Reader, Written};
use crate::suite::{Source, Span};

/// A text that is used, and whether it may be shown.
#[derive(Clone, PartialEq, Eq)]
pub enum Kept {
    /// Stands in the file, for everybody to read.
    Told(String),
    /// Stands in the file of a server on this machine, and is hidden in what is shown all the same.
    Hushed(String),
    /// Comes from an environment variable.
    Env(String),
    /// Comes from a file; without the line break at its end.
    File(PathBuf),
}

impl fmt::Debug for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Kept::Told(text) => f.debug_tuple("Told").field(text).finish(),
            Kept::Hushed(_) => f.write_str("Hushed(…)"),
            Kept::Env(name) => f.debug_tuple("Env").field(name).finish(),
            Kept::File(path) => f.debug_tuple("File").field(path).finish(),
        }
    }
}

/// Why a secret can't be had.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    #[error("{what} comes from the environment variable {name}, which is not set; set it (export {name}=…)")]
    NotSet { what: String, name: String },
    #[error(
        "{what} comes from the environment variable {name}, which is empty or not UTF-8; set it to the value itself"
    )]
    BadVariable { what: String, name: String },
    #[error("{what} comes from the file {}, which can't be read: {cause}", path.display())]
    Unreadable { what: String, path: PathBuf, cause: std::io::Error },
    #[error("{what} comes from the file {}, which is empty", path.display())]
    Empty { what: String, path: PathBuf },
}

impl Kept {
    /// Whether it must not be shown.
    pub fn is_secret(&self) -> bool {
        !matches!(self, Kept::Told(_))
    }

    /// The text itself. `what` is for messages: `the secret of the client server`.
    pub fn text(&self, what: &str) -> Result<String, SecretError> {
        let what = || what.to_owned();
        match self {
            Kept::Told(text) | Kept::Hushed(text) => Ok(text.clone()),
            Kept::Env(name) => match std::env::var(name) {
                Ok(text) if !text.is_empty() => Ok(text),
                Err(std::env::VarError::NotPresent) => {
                    Err(SecretError::NotSet { what: what(), name: name.clone() })
                }
                _ => Err(SecretError::BadVariable { what: what(), name: name.clone() }),
            },
            Kept::File(path) => {
                let text = std::fs::read_to_string(path).map_err(|cause| SecretError::Unreadable {
                    what: what(),
                    path: path.clone(),
                    cause,
                })?;
                let text = text.trim_end_matches(['\n', '\r']).to_owned();
                if text.is_empty() {
                    return Err(SecretError::Empty { what: what(), path: path.clone() });
                }
                Ok(text)
            }
        }
    }

    /// With a file's path taken to be relative to this folder.
    #[must_use]
    pub fn within(self, folder: &Path) -> Kept {
        match self {
            Kept::File(path) => Kept::File(folder.join(path)),
            other => other,
        }
    }
}

form! {
    /// Where a secret comes from: exactly one of the two.
    struct SecretForm {
        /// The environment variable that holds it.
        env: Option<Written>,
        /// The file that holds it, relative to the target file.
        file: Option<Written>,
    }
}

impl SecretForm {
    pub fn kept(self, span: Span, reader: &mut Reader) -> Option<Kept> {
        match (self.env, self.file) {
            (Some(name), None) => Some(Kept::Env(name.text)),
            (None, Some(path)) => Some(Kept::File(path.text.into())),
            _ => {
                let mistake = reader.mistake(Code::OneOf, span, "expected exactly one of `env` and `file`");
                reader.note(mistake);
                None
            }
        }
    }
}

/// Whether a key of this name holds something that must not be shown.
pub fn is_secret_name(name: &str) -> bool {
    const WORDS: [&str; 6] = ["secret", "password", "passwd", "passcode", "passphrase", "pin"];
    // `token` alone is the name of an endpoint.
    name.ends_with("_token")
        || name.split(['_', '-']).any(|part| WORDS.iter().any(|word| part.eq_ignore_ascii_case(word)))
}

/// The file as messages show it: secrets that stand in it, rightly or not, are covered. Lengths stay, so that every span
/// means the same place. Goes by the text alone, because a file that is not TOML is shown too.
pub fn covered(path: &str, text: &str) -> Source {
    let mut bytes = text.as_bytes().to_vec();
    for line in lines(text) {
        cover_values(text, line.clone(), &mut bytes);
        cover_userinfo(text, line, &mut bytes);
    }
    let text =
        String::from_utf8(bytes).expect("whole characters were replaced by as many stars as they have bytes");
    Source::new(path, text)
}

fn lines(text: &str) -> Vec<Span> {
    let mut start = 0;
    let mut lines = Vec::new();
    for line in text.split_inclusive('\n') {
        lines.push(start..start + line.trim_end_matches(['\n', '\r']).len());
        start += line.len();
    }
    lines
}

/// `secret = "…"`: whatever is between the quotes, or to the end of the line.
fn cover_values(text: &str, line: Span, bytes: &mut [u8]) {
    let shown = &text[line.clone()];
    for (at, _) in shown.match_indices('=') {
        let key = shown[..at].trim_end().trim_end_matches(['"', '\'']);
        let from = key.rfind(|c: char| !(c.is_alphanumeric() || "_-".contains(c))).map_or(0, |at| at + 1);
        let from = key[from..].char_indices().next().map_or(key.len(), |_| from);
        let Some(name) = key.get(from..) else { continue };
        let value = &shown[at + 1..];
        let opening = at + 1 + (value.len() - value.trim_start().len());
        let Some(quote) = shown[opening..].chars().next().filter(|c| "\"'".contains(*c)) else { continue };
        if !is_secret_name(name) || name.ends_with("_env") || name.ends_with("_file") {
            continue;
        }
        let inside = opening + 1;
        let end = shown[inside..].find(quote).map_or(shown.len(), |end| inside + end);
        bytes[line.start + inside..line.start + end].fill(b'*');
    }
}

/// `https://user:password@host`: what is before the `@`.
fn cover_userinfo(text: &str, line: Span, bytes: &mut [u8]) {
    let shown = &text[line.clone()];
    for (at, slashes) in shown.match_indices("://") {
        let from = at + slashes.len();
        let rest = &shown[from..];
        let authority = &rest[..rest.find(['/', '"', '\'', '?', '#']).unwrap_or(rest.len())];
        if let Some(end) = authority.rfind('@') {
            bytes[line.start + from..line.start + from + end].fill(b'*');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_secret_is_covered_where_it_stands() {
        for (line, due) in [
            ("secret = \"hush\"", "secret = \"****\""),
            (
                "server = { id = 'a', secret = 'hush', x = 'y' }",
                "server = { id = 'a', secret = '****', x = 'y' }",
            ),
            ("\"client_secret\" = \"hush", "\"client_secret\" = \"****"),
            ("base = 'http://me:hush@h/p'", "base = 'http://*******@h/p'"),
            ("password = \"é€\"\nnext = 1", "password = \"*****\"\nnext = 1"),
            ("secret_env = \"BANK_SECRET\"", "secret_env = \"BANK_SECRET\""),
            ("token = \"/oauth/token\"", "token = \"/oauth/token\""),
            ("access_token = \"hush\"", "access_token = \"****\""),
            ("spin = \"round\"", "spin = \"round\""),
        ] {
            assert_eq!(covered("t.toml", line).text, due);
        }
    }

    #[test]
    fn a_secret_is_no_part_of_what_is_debugged() {
        assert!(!format!("{:?}", Kept::Hushed("hush".into())).contains("hush"));
    }
}
