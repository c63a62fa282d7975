//! `grantspec list`: what there is to run, to prove and to break.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::output::{complain, err, out};
use super::{lint, record};
use crate::engine::{Plan, Terms};
use crate::reference::defects;
use crate::results::Exit;
use crate::suite::Library;
use crate::{apptest, demo};

/// List cases, requirements or defects.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  grantspec list                             every case, with what it proves
  grantspec list cases app-                  those for apps
  grantspec list cases refresh               cases whose id or promise contains 'refresh'
  grantspec list requirements                the catalogue: id, level, promise
  grantspec list defects                     what `run --defect` and `serve --defect` take
  grantspec list defects app.                what `demo-app --defect` takes")]
pub struct List {
    /// What to list.
    #[arg(value_enum, default_value = "cases")]
    what: What,
    /// Only what contains one of these.
    filters: Vec<String>,
    /// Suites of this folder instead of the shipped ones.
    #[arg(long, value_name = "DIR")]
    suites: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum What {
    Cases,
    Requirements,
    Defects,
}

impl List {
    pub fn main(self) -> Exit {
        let library = match record::library(self.suites.as_deref()) {
            Ok(library) => library,
            Err(found) => {
                err(&lint::told(&found));
                return Exit::Usage;
            }
        };
        let lines = match self.what {
            What::Cases => cases(&library, &self.filters),
            What::Requirements => requirements(&library, &self.filters),
            What::Defects => defects(&self.filters),
        };
        if lines.is_empty() {
            complain("nothing to list: no id contains what was asked for");
            return Exit::NothingRan;
        }
        out(&lines.concat());
        Exit::Conformant
    }
}

fn cases(library: &Library, filters: &[String]) -> Vec<String> {
    let line = |id: &str, proves: &[String]| format!("{id}  ({})\n", proves.join(", "));
    let bank = Plan::select(library, filters, None).cases;
    let app = apptest::Plan::under(&Terms::usual_of_apps(library), library, filters, None).cases;
    let bank = bank.iter().map(|selected| line(&selected.case.id, &selected.case.proves));
    bank.chain(app.iter().map(|selected| line(&selected.case.id, &selected.case.proves))).collect()
}

fn requirements(library: &Library, filters: &[String]) -> Vec<String> {
    let listed = library.catalogue.requirements.iter().filter(|seen| wanted(&seen.id, filters));
    listed.map(|seen| format!("{:<44} {:<7} {}\n", seen.id, seen.level.as_str(), seen.promise)).collect()
}

fn defects(filters: &[String]) -> Vec<String> {
    let bank = defects::ALL.iter().map(|defect| (defect.id, defect.about));
    let app = demo::defects::ALL.iter().map(|defect| (defect.id, defect.about));
    let listed = bank.chain(app).filter(|(id, _)| wanted(id, filters));
    listed.map(|(id, about)| format!("{id:<52} {about}\n")).collect()
}

fn wanted(id: &str, filters: &[String]) -> bool {
    filters.is_empty() || filters.iter().any(|filter| id.contains(filter.as_str()))
}
