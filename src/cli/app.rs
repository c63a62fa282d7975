//! `grantspec app`: plays a hostile bank for an app, and judges what the app does.

use std::path::PathBuf;
use std::time::Instant;

use clap::{Args, Subcommand};

use super::app_watch::AppWatch;
use super::record::{self, library};
use super::stop::Stop;
use super::stopped::{self, Stopped};
use crate::apptest::{self, Judging, Plan, folder_of};
use crate::engine::{Options, Terms};
use crate::reference;
use crate::results::{AppSeen, Exit, Run as RunResults, TargetSeen};
use crate::suite::app::{Capability, Confidentiality};
use crate::suite::{AppFile, Library};

/// Judge an app: play the bank for it, with all tricks, and the user's browser; write the reports.
#[derive(Debug, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    after_help = "\
Examples:
  grantspec app --app our-app.toml                    every case; reports in reports/latest/
  grantspec app --app our-app.toml app.abort          cases whose id or promise contains this
  grantspec app --app our-app.toml --report out       reports into out/
  grantspec app --app our-app.toml --by 'Onboarding team' --app-version 4.2
                                                      who judged which version, for the record
  grantspec app watch                                 a bank, and a live page, without a script
  grantspec schema app > app.schema.json              what an app file can say, for an editor

An app file says how the app is started and told where the bank is, and how each thing is asked of
it: see fixtures/apps/example.toml."
)]
pub struct App {
    #[command(subcommand)]
    instead: Option<Instead>,
    #[command(flatten)]
    judge: Option<Judge>,
}

/// What else can be done with an app than judge it.
#[derive(Debug, Subcommand)]
enum Instead {
    Watch(AppWatch),
}

#[derive(Debug, Args)]
struct Judge {
    /// Only cases whose id, or whose requirement's id, contains one of these.
    #[arg(value_name = "FILTER")]
    filters: Vec<String>,
    /// The app to judge.
    #[arg(long, value_name = "FILE")]
    app: PathBuf,
    /// Suites of this folder instead of the shipped ones.
    #[arg(long, value_name = "DIR")]
    suites: Option<PathBuf>,
    /// The edition of the catalogue to judge by: newer promises and cases are left out. Without it, the newest.
    #[arg(long, value_name = "EDITION")]
    edition: Option<String>,
    /// Where the reports go. Without it, a new folder under reports/, and reports/latest points at it.
    #[arg(long, value_name = "DIR")]
    report: Option<PathBuf>,
    /// Who runs it, for the onboarding record.
    #[arg(long, value_name = "NAME")]
    by: Option<String>,
    /// Which version of the app is judged, for the onboarding record.
    #[arg(long, value_name = "VERSION")]
    app_version: Option<String>,
    /// Cases that run at a time, where the app is started for each. Without it, what the app file says.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=64))]
    jobs: Option<u16>,
    /// Let warnings count as failures.
    #[arg(long)]
    strict: bool,
    /// Say nothing while cases run.
    #[arg(long, short)]
    quiet: bool,
}

impl App {
    pub fn main(self) -> Exit {
        match (self.instead, self.judge) {
            (Some(Instead::Watch(watch)), _) => watch.main(),
            (None, Some(judge)) => judge.main(),
            (None, None) => unreachable!("without a subcommand, `--app` must be there"),
        }
    }
}

impl Judge {
    pub fn main(self) -> Exit {
        stopped::run(self.run())
    }

    async fn run(self) -> Result<Exit, Stopped> {
        let library = library(self.suites.as_deref()).map_err(Stopped::Mistakes)?;
        let app = self.app_file()?;
        let terms = Terms::of_apps(&library, self.edition.as_deref())
            .map_err(|error| Stopped::Usage(error.to_string()))?;
        let plan = Plan::under(&terms, &library, &self.filters, Some(&app));
        if plan.cases.is_empty() {
            let filters = self.filters.join(" or ");
            let why = format!("no case for apps and no requirement of one contains {filters}");
            return Err(Stopped::NothingToRun(why));
        }
        let folder = record::folder(self.report.as_deref())?;
        let mut run = self.blank(&library, terms, &plan, &app);
        let began = Instant::now();
        let mut routes = reference::routes(&reference::Options::default(), &[]);
        let routes = routes.pop().expect("a bank has at least one node");
        let judging = Judging::new(app, routes).map_err(|error| Stopped::Trouble(error.to_string()))?;
        self.judge(&plan, &judging, &mut run).await;
        run.duration_ms = began.elapsed().as_millis() as u64;
        Ok(record::end(&run, folder.as_ref(), self.strict))
    }

    fn app_file(&self) -> Result<AppFile, Stopped> {
        let path = self.app.display().to_string();
        let text = std::fs::read_to_string(&self.app).map_err(|cause| {
            Stopped::Usage(format!("failed to read {path}: {cause}; give the path of an app file"))
        })?;
        let mut app = AppFile::read(&path, &text).map_err(Stopped::Mistakes)?;
        app.folder = folder_of(&self.app);
        Ok(app)
    }

    /// Runs the plan into `run`.
    async fn judge(&self, plan: &Plan, judging: &Judging, run: &mut RunResults) {
        let options = Options {
            jobs: self.jobs.map_or(judging.app.limits.jobs, usize::from),
            seed: run.seed,
            rerun: self.rerun(),
            evidence: true,
        };
        let stop = Stop::listen();
        let judge = |results| apptest::run(plan, judging, &options, stop.watch(), results);
        record::gather(run, &ids(plan), self.quiet, judge).await;
    }

    /// A run that nothing has happened in yet.
    fn blank(&self, library: &Library, terms: Terms, plan: &Plan, app: &AppFile) -> RunResults {
        let lacks = Capability::ALL.iter().filter_map(|(capability, word)| {
            let reason = app.lacks.get(capability)?;
            Some(((*word).to_owned(), reason.clone()))
        });
        let seen = TargetSeen {
            name: app.name.clone(),
            base: app.redirect_uri.fill(|name| name.starts_with("port").then(|| "…".to_owned())),
            lacks: lacks.collect(),
        };
        let mut run = record::blank(library, &library.apps, &ids(plan), terms, seen);
        run.app = Some(AppSeen {
            version: self.app_version.clone(),
            by: self.by.clone(),
            confidential: app.client == Confidentiality::Confidential,
        });
        if app.logs.is_empty() {
            run.notes.push(UNREAD_LOGS.to_owned());
        }
        run
    }

    /// The beginning of the command that runs a case of this run again.
    fn rerun(&self) -> String {
        let flags = [
            ("--app", Some(self.app.display().to_string())),
            ("--edition", self.edition.clone()),
            ("--suites", self.suites.as_ref().map(|path| path.display().to_string())),
        ];
        record::rerun("app", &flags, std::iter::empty())
    }
}

/// What a reader has to know of promises that speak of logs.
const UNREAD_LOGS: &str = "No log file was searched for tokens, codes and secrets: the app file names none (`logs` under \
                           `[files]`). What is said of logs holds for the app's output only.";

/// The ids of a plan's cases, in their order.
fn ids(plan: &Plan) -> Vec<&str> {
    plan.cases.iter().map(|selected| selected.case.id.as_str()).collect()
}
