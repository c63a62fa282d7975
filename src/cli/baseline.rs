//! `grantspec baseline`: a list of known failures, made from saved results.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use chrono::NaiveDate;
use clap::{Args, Subcommand};

use super::output::{complain, out};
use crate::baseline::{self, Draft};
use crate::report;
use crate::results::Exit;

/// Work with known failures: what `grantspec run --baseline` accepts.
#[derive(Debug, Args)]
#[command(after_help = "\
A baseline is a TOML file of known failures:

  [[known]]
  requirement = \"refresh.single-use\"    # every case that proves it; for one of them
                                        # case = \"suite/case[variant]\"
  reason = \"the new token store rotates\"
  owner = \"identity team\"
  until = 2027-01-31                    # the last day; without it, every day

What it accepts does not fail a run. An entry that no longer fails, matches nothing, or is out of
date does.")]
pub struct Baseline {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Write a baseline that accepts everything a run found: a start, for somebody to put reasons to.
    #[command(after_help = "\
Examples:
  grantspec baseline write --owner 'identity team'           reports/latest into baseline.toml
  grantspec baseline write out --owner me --until 2027-01-31 --out known.toml")]
    Write {
        /// A results.json, or the folder that holds it.
        #[arg(default_value = "reports/latest")]
        results: PathBuf,
        /// Who sees to it that the failures end.
        #[arg(long, value_name = "NAME", value_parser = words)]
        owner: String,
        /// Why they are accepted. Without it, each entry says what was found.
        #[arg(long, value_name = "TEXT", value_parser = words)]
        reason: Option<String>,
        /// The last day on which they are accepted, such as 2027-01-31.
        #[arg(long, value_name = "DAY")]
        until: Option<NaiveDate>,
        /// Accept warnings too, which fail only a strict run.
        #[arg(long)]
        warnings: bool,
        /// The file to write.
        #[arg(long, value_name = "FILE", default_value = "baseline.toml")]
        out: PathBuf,
        /// Write over a file that is there.
        #[arg(long)]
        replace: bool,
    },
}

impl Baseline {
    pub fn main(self) -> Exit {
        let Command::Write { results, owner, reason, until, warnings, out: to, replace } = self.command;
        let run = match report::read(&results) {
            Ok(run) => run,
            Err(error) => {
                complain(error);
                return Exit::Usage;
            }
        };
        let (text, count) = baseline::written(&run, &Draft { owner, reason, until, warnings });
        if count == 0 {
            out("nothing failed in this run: there is nothing to accept\n");
            return Exit::Conformant;
        }
        match write(&to, &text, replace) {
            Ok(()) => {
                let entries =
                    if count == 1 { "1 known failure".to_owned() } else { format!("{count} known failures") };
                out(&format!("{}: {entries}; use it with grantspec run --baseline\n", to.display()));
                Exit::Conformant
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                complain(format!("{} is there already; --replace writes over it", to.display()));
                Exit::Usage
            }
            Err(error) => {
                complain(format!(
                    "failed to write {}: {error}; choose another file with --out",
                    to.display()
                ));
                Exit::Trouble
            }
        }
    }
}

/// Some words: nobody can be asked about a blank.
fn words(text: &str) -> Result<String, &'static str> {
    if text.trim().is_empty() { Err("it says nothing") } else { Ok(text.to_owned()) }
}

fn write(path: &Path, text: &str, replace: bool) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true).create_new(!replace);
    options.open(path)?.write_all(text.as_bytes())
}
