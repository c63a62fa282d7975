//! `grantspec prove`: shows that every case bites, and only where it should.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::lint;
use super::output::{complain, err, is_watched, out};
use crate::prove::{ProveError, Wish};
use crate::report;
use crate::results::{Exit, Subject};
use crate::suite::Library;

/// Show that the suites bite: run them against the bundled bank, and the demo app, with each defect.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  grantspec prove                      every defect × every case; writes reports/prove/
  grantspec prove refresh              only defects whose id contains 'refresh'
  grantspec prove app.                 only those of the demo app, against the cases for apps
  grantspec prove --side bank          every defect of the bank, and none of the demo app

Exits 1 unless, with no defect, every case passes; every defect is noticed by a case that proves
its requirement; every case notices at least one defect; and whatever else breaks is explained in
the case (`also`). What it takes grows with cases × defects.")]
pub struct Prove {
    /// Only defects whose id contains one of these.
    #[arg(value_name = "FILTER")]
    filters: Vec<String>,
    /// Only the suites for banks, or only those for apps.
    #[arg(long, value_enum)]
    side: Option<Side>,
    /// Suites of this folder instead of the shipped ones.
    #[arg(long, value_name = "DIR")]
    suites: Option<PathBuf>,
    /// Where matrix.html, matrix.json and matrix.txt go.
    #[arg(long, value_name = "DIR", default_value = "reports/prove")]
    report: PathBuf,
    /// What random choices are drawn from, to run the same again.
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Side {
    Bank,
    App,
}

impl Prove {
    pub fn main(self) -> Exit {
        let library = match &self.suites {
            Some(folder) => match Library::from_dir(folder) {
                Ok(library) => library,
                Err(found) => {
                    err(&lint::told(&found));
                    return Exit::Usage;
                }
            },
            None => Library::shipped(),
        };
        let runtime = match tokio::runtime::Runtime::new() {
            Ok(runtime) => runtime,
            Err(error) => {
                complain(format!("failed to start: {error}"));
                return Exit::Trouble;
            }
        };
        let watched = is_watched();
        let progress = |subject: Subject, done: usize, of: usize| {
            let (what, often) = match subject {
                Subject::Bank => ("banks", 20),
                Subject::App => ("runs of a case with an app", 1_000),
            };
            if watched {
                err(&format!("\r{done} of {of} {what}  "));
            } else if done.is_multiple_of(often) || done == of {
                err(&format!("{done} of {of} {what}\n"));
            }
        };
        let wish = Wish {
            filters: self.filters,
            side: self.side.map(|side| match side {
                Side::Bank => Subject::Bank,
                Side::App => Subject::App,
            }),
            seed: self.seed.unwrap_or_else(rand::random),
        };
        let proved = runtime.block_on(crate::prove::prove(&library, &wish, progress));
        if watched {
            err("\n");
        }
        let matrix = match proved {
            Ok(matrix) => matrix,
            Err(error @ ProveError::NothingSelected { .. }) => {
                complain(error);
                return Exit::NothingRan;
            }
            Err(error) => {
                complain(error);
                return Exit::Trouble;
            }
        };
        out(&report::matrix::text(&matrix));
        if let Err(error) = report::matrix::write(&self.report, &matrix) {
            complain(error);
            return Exit::Trouble;
        }
        out(&format!("\nMatrix: {}\n", self.report.join("matrix.html").display()));
        if matrix.problems.is_empty() { Exit::Conformant } else { Exit::NotConformant }
    }
}
