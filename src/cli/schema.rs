//! `grantspec schema`: the JSON Schemas of what is written by hand and of what is written by a run.

use clap::{Args, ValueEnum};

use super::output::out;
use crate::results::Exit;

/// Print the JSON Schema of suite files, target files, app files, baselines, or results.json.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  grantspec schema > suite.schema.json      for an editor's completion of suite files
  grantspec schema target                   the same for target files
  grantspec schema app > app.schema.json    the same for app files
  grantspec schema baseline                 the same for baselines
  grantspec schema results                  for programs that read results.json")]
pub struct Schema {
    /// Which format.
    #[arg(value_enum, default_value = "suite")]
    of: Of,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Of {
    /// Suite files (as TOML or JSON).
    Suite,
    /// Target files (as TOML or JSON).
    Target,
    /// Suite files for apps, those of a folder `client`.
    Client,
    /// App files.
    App,
    /// Baselines: known failures (as TOML or JSON).
    Baseline,
    /// results.json
    Results,
}

impl Schema {
    pub fn main(self) -> Exit {
        let schema = match self.of {
            Of::Suite => format!("{:#}\n", crate::suite::schema()),
            Of::Target => format!("{:#}\n", crate::target::schema()),
            Of::Client => format!("{:#}\n", crate::suite::client_schema()),
            Of::App => format!("{:#}\n", crate::suite::app::schema()),
            Of::Baseline => format!("{:#}\n", crate::baseline::schema()),
            Of::Results => crate::report::schema::results(),
        };
        out(&schema);
        Exit::Conformant
    }
}
