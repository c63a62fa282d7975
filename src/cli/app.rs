//! `grantspec app`: plays a hostile bank for an app, and judges what the app does.

use std::collections::HashMap;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use chrono::{SecondsFormat, Utc};
use clap::{Args, Subcommand};
use tokio::sync::mpsc;

use super::app_watch::AppWatch;
use super::folder::{Folder, FolderError};
use super::lint;
use super::output::{complain, err, is_watched};
use super::run::{command_line, library, tell};
use super::stop::Stop;
use crate::apptest::{self, Judging, Plan, folder_of};
use crate::engine::{Options, Terms};
use crate::reference;
use crate::report::console::{Mode, Progress};
use crate::results::{AppSeen, CaseResult, Exit, Run as RunResults, SCHEMA, SuiteSeen, TargetSeen};
use crate::suite::app::{Capability, Confidentiality};
use crate::suite::{AppFile, Diagnostic, Library, Side};

/// Judge an app: play the bank for it, with all tricks, and the user's browser; write the reports.
#[derive(Debug, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    after_help = "\
Examples:
  grantspec app --app our-app.toml                    every case; reports in reports/latest/
  grantspec app --app our-app.toml app.abort          cases whose id, or whose requirement's, contains this
  grantspec app --app our-app.toml --report out       reports into out/
  grantspec app --app our-app.toml --by 'Onboarding team' --app-version 4.2
                                                      who judged which version, for the onboarding record
  grantspec app watch                                 no script: a bank, and a live page of what the app does there
  grantspec schema app > app.schema.json              what an app file can say, for an editor's completion

An app file says how the app is started and told where the bank is, and how each thing is asked of it: see
fixtures/apps/example.toml."
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

/// Why a run could not begin.
#[derive(Debug, thiserror::Error)]
enum Stopped {
    #[error("{0}")]
    Usage(String),
    #[error("{0}")]
    Trouble(String),
    #[error("nothing to run: no case for apps and no requirement of one contains {}", filters.join(" or "))]
    NothingSelected { filters: Vec<String> },
    #[error("{}", lint::told(.0))]
    Mistakes(Vec<Diagnostic>),
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
        let ended = tokio::runtime::Runtime::new()
            .map_err(|error| Stopped::Trouble(format!("failed to start: {error}")))
            .and_then(|runtime| {
                let ended = runtime.block_on(self.run());
                runtime.shutdown_timeout(Duration::from_millis(100));
                ended
            });
        ended.unwrap_or_else(|stopped| {
            match &stopped {
                Stopped::Mistakes(_) => err(&stopped.to_string()),
                _ => complain(&stopped),
            }
            match stopped {
                Stopped::Usage(_) | Stopped::Mistakes(_) => Exit::Usage,
                Stopped::Trouble(_) => Exit::Trouble,
                Stopped::NothingSelected { .. } => Exit::NothingRan,
            }
        })
    }

    async fn run(self) -> Result<Exit, Stopped> {
        let library = library(self.suites.as_deref()).map_err(Stopped::Mistakes)?;
        let app = self.app_file()?;
        let terms = Terms::of_apps(&library, self.edition.as_deref())
            .map_err(|error| Stopped::Usage(error.to_string()))?;
        let plan = Plan::under(&terms, &library, &self.filters, Some(&app));
        if plan.cases.is_empty() {
            return Err(Stopped::NothingSelected { filters: self.filters });
        }
        let folder = match Folder::prepare(self.report.as_deref()) {
            Ok(folder) => Some(folder),
            Err(error @ FolderError::Busy { .. }) => return Err(Stopped::Usage(error.to_string())),
            Err(error) => {
                complain(format!("{error}; the run goes on without reports"));
                None
            }
        };
        let mut run = self.blank(&library, terms, &plan, &app);
        let began = Instant::now();
        let mut routes = reference::routes(&reference::Options::default(), &[]);
        let routes = routes.pop().expect("a bank has at least one node");
        let judging = Judging::new(app, routes).map_err(|error| Stopped::Trouble(error.to_string()))?;
        self.judge(&plan, &judging, &mut run).await;
        run.duration_ms = began.elapsed().as_millis() as u64;
        let written = folder.as_ref().map(|folder| folder.write(&run));
        tell(&run, folder.as_ref());
        let exit = run.exit(self.strict);
        Ok(match written {
            Some(Ok(())) if run.interrupted => Exit::Interrupted,
            Some(Ok(())) => exit,
            Some(Err(error)) => {
                complain(error);
                Exit::Trouble
            }
            None => Exit::Trouble,
        })
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
        let mode = match (self.quiet, is_watched()) {
            (true, _) => Mode::Quiet,
            (false, true) => Mode::Live,
            (false, false) => Mode::Plain,
        };
        let mut progress = Progress::new(plan.cases.len(), mode);
        let (results, mut arriving) = mpsc::unbounded_channel::<CaseResult>();
        let running = apptest::run(plan, judging, &options, stop.watch(), results);
        let collecting = async {
            while let Some(case) = arriving.recv().await {
                progress.finished(&case);
                run.cases.push(case);
            }
        };
        tokio::join!(running, collecting);
        progress.end();
        let order: HashMap<&str, usize> =
            plan.cases.iter().enumerate().map(|(at, selected)| (selected.case.id.as_str(), at)).collect();
        run.cases.sort_by_key(|case| order.get(case.id.as_str()).copied());
        let missing = plan.cases.len() - run.cases.len();
        run.interrupted = missing > 0;
        if missing > 0 {
            run.notes
                .push(format!("Interrupted: {missing} of {} selected cases were not run.", plan.cases.len()));
        }
    }

    /// A run that nothing has happened in yet.
    fn blank(&self, library: &Library, terms: Terms, plan: &Plan, app: &AppFile) -> RunResults {
        let selected = |id: &str| plan.cases.iter().any(|selected| selected.case.suite == id);
        let lacks = Capability::ALL.iter().filter_map(|(capability, word)| {
            let reason = app.lacks.get(capability)?;
            Some(((*word).to_owned(), reason.clone()))
        });
        RunResults {
            schema: SCHEMA.to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            started: Utc::now().to_rfc3339_opts(SecondsFormat::Secs, true),
            duration_ms: 0,
            seed: 0,
            interrupted: false,
            command: command_line(std::env::args().skip(1)),
            target: TargetSeen {
                name: app.name.clone(),
                base: app.redirect_uri.0.clone(),
                lacks: lacks.collect(),
            },
            app: Some(AppSeen {
                version: self.app_version.clone(),
                by: self.by.clone(),
                confidential: app.client == Confidentiality::Confidential,
            }),
            suites: library
                .apps
                .iter()
                .filter(|suite| selected(&suite.id))
                .map(|suite| SuiteSeen {
                    id: suite.id.clone(),
                    about: suite.about.clone(),
                    file: suite.source.path.clone(),
                })
                .collect(),
            edition: terms.edition,
            requirements: terms.requirements,
            documents: library.documents_of(Side::App),
            baseline: None,
            cases: Vec::new(),
            notes: Vec::new(),
        }
    }

    /// The beginning of the command that runs a case of this run again.
    fn rerun(&self) -> String {
        let mut words = vec!["app".to_owned(), "--app".to_owned(), self.app.display().to_string()];
        for (flag, value) in [
            ("--edition", self.edition.clone()),
            ("--suites", self.suites.as_ref().map(|path| path.display().to_string())),
        ] {
            words.extend(value.into_iter().flat_map(|value| [flag.to_owned(), value]));
        }
        command_line(words.into_iter())
    }
}
