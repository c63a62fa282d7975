//! What a terminal or a pipeline's log shows. Everything here is a string or goes to a writer that is passed in:
//! nothing prints, so that a closed pipe is the caller's to judge.

mod block;
mod progress;
mod summary;

pub use block::{case_alone, case_block};
pub use progress::{Mode, Progress};
pub use summary::summary;

use std::io::Stdout;

use anstyle::AnsiColor;

use crate::results::Verdict;

/// Whether text carries colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    Plain,
    Coloured,
}

impl Style {
    /// What suits this process's standard output: colours on a terminal, unless `NO_COLOR` is set; none elsewhere,
    /// unless `CLICOLOR_FORCE` is.
    pub fn of_stdout(stdout: &Stdout) -> Style {
        match anstream::AutoStream::choice(stdout) {
            anstream::ColorChoice::Never => Style::Plain,
            _ => Style::Coloured,
        }
    }

    fn paint(self, style: anstyle::Style, text: &str) -> String {
        match self {
            Style::Plain => text.to_owned(),
            Style::Coloured => format!("{style}{text}{style:#}"),
        }
    }
}

fn colour(verdict: Verdict) -> anstyle::Style {
    match verdict {
        Verdict::Pass => AnsiColor::Green.on_default(),
        Verdict::Skipped => anstyle::Style::new().dimmed(),
        Verdict::Warn => AnsiColor::Yellow.on_default().bold(),
        Verdict::Inconclusive => AnsiColor::Magenta.on_default().bold(),
        Verdict::Error | Verdict::Fail => AnsiColor::Red.on_default().bold(),
    }
}
