//! `grantspec lint`: every mistake in suite files, at once.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::output::{complain, err, out};
use crate::results::Exit;
use crate::suite::{Diagnostic, Library, Paint, render};

/// Check suite files without running them.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  grantspec lint                       the shipped suites
  grantspec lint my-suites             all .toml files of a folder
  grantspec lint my.toml --format json one object a mistake, for editors and pipelines")]
pub struct Lint {
    /// Folders or files; without any, the shipped suites.
    paths: Vec<PathBuf>,
    /// How mistakes are shown.
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    Text,
    Json,
}

impl Lint {
    pub fn main(self) -> Exit {
        let libraries = if self.paths.is_empty() {
            vec![Ok(Library::shipped())]
        } else {
            self.paths.iter().map(|path| Library::from_dir(path)).collect()
        };
        let mut found = Vec::new();
        let (mut suites, mut cases) = (0, 0);
        for library in libraries {
            match library {
                Ok(library) => {
                    suites += library.suites.len();
                    cases += library.suites.iter().map(|suite| suite.cases.len()).sum::<usize>();
                }
                Err(mistakes) => found.extend(mistakes),
            }
        }
        match self.format {
            Format::Json => {
                let records: Vec<_> = found.iter().map(Diagnostic::record).collect();
                match serde_json::to_string_pretty(&records) {
                    Ok(text) => out(&format!("{text}\n")),
                    Err(error) => complain(error),
                }
            }
            Format::Text if found.is_empty() => {
                out(&format!("{} with {}, no mistake\n", counted(suites, "suite"), counted(cases, "case")));
            }
            Format::Text => err(&told(&found)),
        }
        if found.is_empty() { Exit::Conformant } else { Exit::Usage }
    }
}

/// All mistakes, and their number; colours are taken out where they are not wanted.
pub fn told(found: &[Diagnostic]) -> String {
    render(found, Paint::Colour)
}

fn counted(count: usize, thing: &str) -> String {
    format!("{count} {thing}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_of_mistakes_is_said_once() {
        let found = Library::read(&[("one.toml", "")]).expect_err("an empty file is no suite");
        let text = told(&found);
        assert_eq!(text.matches(&counted(found.len(), "mistake")).count(), 1, "{text}");
    }
}
