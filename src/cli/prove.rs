//! `grantspec prove`: shows that every case bites, and only where it should.

use std::path::PathBuf;

use clap::Args;

use super::lint;
use super::output::{complain, err, is_watched, out};
use crate::report;
use crate::results::Exit;
use crate::suite::Library;

/// Show that the suites bite: run them against the bundled bank with each defect.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  grantspec prove                      every defect × every case; writes reports/prove/
  grantspec prove refresh              only defects whose id contains 'refresh'

Exits 1 unless, with no defect, every case passes; every defect is noticed by a case that proves its requirement; every
case notices at least one defect; and whatever else breaks is explained in the case (`also`).")]
pub struct Prove {
    /// Only defects whose id contains one of these.
    #[arg(value_name = "FILTER")]
    filters: Vec<String>,
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
        let progress = |done: usize, of: usize| {
            if watched {
                err(&format!("\r{done} of {of} banks"));
            } else if done.is_multiple_of(20) || done == of {
                err(&format!("{done} of {of} banks\n"));
            }
        };
        let seed = self.seed.unwrap_or_else(rand::random);
        let proved = runtime.block_on(crate::prove::prove(&library, &self.filters, seed, progress));
        if watched {
            err("\n");
        }
        let matrix = match proved {
            Ok(matrix) => matrix,
            Err(error @ crate::prove::ProveError::NothingSelected { .. }) => {
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
