//! `grantspec report`: reports made again from saved results.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::output::{complain, out};
use crate::report;
use crate::results::Exit;

/// Work with saved results.
#[derive(Debug, Args)]
pub struct Report {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Write the HTML and JUnit reports of a results.json again.
    #[command(after_help = "\
Examples:
  grantspec report render reports/latest
  grantspec report render results.json --out somewhere/else")]
    Render {
        /// A results.json, or the folder that holds it.
        results: PathBuf,
        /// Where to write; by default beside the results.
        #[arg(long, value_name = "DIR")]
        out: Option<PathBuf>,
    },
}

impl Report {
    pub fn main(self) -> Exit {
        let Command::Render { results, out: to } = self.command;
        let run = match report::read(&results) {
            Ok(run) => run,
            Err(error) => {
                complain(error);
                return Exit::Usage;
            }
        };
        let beside =
            if results.is_dir() { results } else { results.parent().unwrap_or(".".as_ref()).to_owned() };
        let beside = if beside.as_os_str().is_empty() { PathBuf::from(".") } else { beside };
        let folder = to.unwrap_or(beside);
        match report::write(&folder, &run) {
            Ok(_) => {
                out(&format!("reports: {}\n", folder.join("index.html").display()));
                Exit::Conformant
            }
            Err(error) => {
                complain(error);
                Exit::Trouble
            }
        }
    }
}
