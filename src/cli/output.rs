//! Writing to the terminal or the pipe: a closed pipe ends the output, not the program, and is no error. Output that is lost
//! otherwise, on a full disk, is one.

use std::fmt::Display;
use std::io::{ErrorKind, IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use crate::results::Exit;

/// Whether something that was to go to standard output is lost.
static LOST: AtomicBool = AtomicBool::new(false);

/// Writes a text to standard output, without colours where they are not wanted.
pub fn out(text: &str) {
    let mut stdout = anstream::stdout().lock();
    let written = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
    if let Err(error) = written
        && error.kind() != ErrorKind::BrokenPipe
        && !LOST.swap(true, Ordering::Relaxed)
    {
        complain(format!("failed to write to standard output: {error}"));
    }
}

/// The exit of a command that came to `exit`: trouble, if its output is lost.
pub fn with_output(exit: Exit) -> Exit {
    let good = matches!(exit, Exit::Conformant | Exit::NotConformant);
    if good && LOST.load(Ordering::Relaxed) { Exit::Trouble } else { exit }
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
