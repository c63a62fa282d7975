//! Writing to the terminal or the pipe: a closed pipe ends the output, not the program, and is no error.

use std::fmt::Display;
use std::io::{IsTerminal, Write};

/// Writes a text to standard output, without colours where they are not wanted.
pub fn out(text: &str) {
    let _ = anstream::stdout().lock().write_all(text.as_bytes());
}

/// Writes a text to standard error, without colours where they are not wanted.
pub fn err(text: &str) {
    let _ = anstream::stderr().lock().write_all(text.as_bytes());
}

/// Says what keeps the command from its work.
pub fn complain(error: impl Display) {
    err(&format!("grantspec: {error}\n"));
}

/// Whether somebody sees the output as it comes.
pub fn is_watched() -> bool {
    std::io::stderr().is_terminal()
}
