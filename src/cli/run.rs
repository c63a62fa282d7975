//! `grantspec run`: the suites against a target, and reports of whatever ran.

use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::Args;

use super::output::{complain, err};
use super::planted::{chosen_defects, with_defects};
use super::record::{self, library};
use super::stop::Stop;
use super::stopped::{self, Stopped};
use crate::baseline::Baseline;
use crate::engine::{self, Plan, Terms};
use crate::reference::defects::Defect;
use crate::reference::{self, Running};
use crate::results::{Exit, Run as RunResults, TargetSeen};
use crate::suite::Library;
use crate::target::{OpenError, Target, TargetError, TargetFile};

/// Judge a bank: run the suites, write the reports.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  grantspec run                                  every case against the bundled bank
  grantspec run refresh logout                   cases whose id or promise contains one of these
  grantspec run 'state/echo-exact[plus]'         this very case
  grantspec run --target http://127.0.0.1:8080   a server with the bank's paths and control API
  grantspec run --target our-test-system.toml    any other: see fixtures/targets
  grantspec run --defect refresh.single-use      the bundled bank with a promise broken on purpose
  grantspec run --baseline known.toml            known failures fail no run: grantspec baseline
  grantspec run --report out --strict            reports into out/, warnings count as failures

Reports: index.html (for people), junit.xml (for pipelines), results.json (for programs).")]
pub struct Run {
    /// Only cases whose id, or whose requirement's id, contains one of these.
    #[arg(value_name = "FILTER")]
    filters: Vec<String>,
    /// The server to judge: an address, or a target file. Without it, the bundled bank.
    #[arg(long, value_name = "URL|FILE")]
    target: Option<String>,
    /// Suites of this folder instead of the shipped ones.
    #[arg(long, value_name = "DIR")]
    suites: Option<PathBuf>,
    /// The edition of the catalogue to judge by: newer promises and cases are left out. Without it, the newest.
    #[arg(long, value_name = "EDITION")]
    edition: Option<String>,
    /// Known failures that don't fail the run (`grantspec baseline --help`). An entry that no longer fails, matches nothing,
    /// or is out of date does.
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,
    /// Where the reports go. Without it, a new folder under reports/, and reports/latest points at it.
    #[arg(long, value_name = "DIR")]
    report: Option<PathBuf>,
    /// Cases that run at a time.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    jobs: Option<u16>,
    /// What random choices are drawn from, to run the same again.
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Break a promise of the bundled bank on purpose (`grantspec list defects`); may be given more than once.
    #[arg(long, value_name = "ID", conflicts_with = "target")]
    defect: Vec<String>,
    /// Wait for time that the target can't move, up to its file's limits.longest_wait_s, where such cases are skipped otherwise.
    #[arg(long)]
    slow: bool,
    /// Let warnings count as failures.
    #[arg(long)]
    strict: bool,
    /// Say nothing while cases run.
    #[arg(long, short)]
    quiet: bool,
}

impl Run {
    pub fn main(self) -> Exit {
        stopped::run(self.run())
    }

    async fn run(self) -> Result<Exit, Stopped> {
        let chosen = chosen_defects(&self.defect).map_err(|error| Stopped::Usage(error.to_string()))?;
        // Neither the suites nor the line to the target waits for the other; mistakes in the suites are told first.
        let suites = self.suites.clone();
        let reading = tokio::task::spawn_blocking(move || library(suites.as_deref()));
        let opened = self.open(chosen.clone()).await;
        let library = reading.await.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()));
        let library = library.map_err(Stopped::Mistakes)?;
        let baseline = self.baseline.as_deref().map(|path| known_failures(path, &library)).transpose()?;
        let (target, _bank) = opened?;
        let terms = Terms::of(&library, target.file(), self.edition.as_deref())
            .map_err(|error| Stopped::Usage(error.to_string()))?;
        let target = if self.slow { target.patient() } else { target };
        let plan = Plan::under(&terms, &library, &self.filters, Some(&target));
        if plan.cases.is_empty() {
            return Err(Stopped::NothingToRun(self.nothing(&terms)));
        }
        let folder = record::folder(self.report.as_deref())?;
        let mut run = self.blank(&library, terms, &plan, &target, &chosen);
        let began = Instant::now();
        self.judge(&plan, &target, &mut run).await;
        run.duration_ms = began.elapsed().as_millis() as u64;
        if let Some(baseline) = &baseline {
            baseline.apply(&mut run);
        }
        let exit = record::end(&run, folder.as_ref(), self.strict);
        // The process ends here, and it frees all at once what would take a while piece by piece.
        std::mem::forget((run, plan, library));
        Ok(exit)
    }

    /// Why no case is selected.
    fn nothing(&self, terms: &Terms) -> String {
        let newer = terms.edition.left_out.iter();
        let newer = newer.filter(|newer| self.filters.iter().any(|filter| newer.id.contains(filter)));
        let newer: Vec<&str> = newer.map(|newer| newer.id.as_str()).collect();
        if newer.is_empty() {
            let filters = self.filters.join(" or ");
            return format!("no case id and no requirement contains {filters}; `grantspec list` shows all");
        }
        let (newer, edition) = (newer.join(", "), &terms.edition.judged);
        format!("{newer} is newer than the edition {edition} that the run is pinned to")
    }

    /// The target to judge, ready to be called, and the bank behind it if it is the bundled one.
    async fn open(&self, defects: Vec<&'static Defect>) -> Result<(Target, Option<Running>), Stopped> {
        let (file, bank) = self.aim(defects).await?;
        let target = Target::open(file).map_err(|error| match error {
            OpenError::Http(_) => Stopped::Trouble(error.to_string()),
            _ => Stopped::Usage(error.to_string()),
        })?;
        // What is judged goes over the wire. The hand in the bank that sets the scene is no part of it, and a third of all
        // requests.
        let target = match &bank {
            Some(bank) => target.directly(&bank.routes("/control/")),
            None => target,
        };
        Ok((target, bank))
    }

    /// What the target is, and the bank behind it if it is the bundled one.
    async fn aim(&self, defects: Vec<&'static Defect>) -> Result<(TargetFile, Option<Running>), Stopped> {
        let usage = |error: TargetError| match error {
            TargetError::Mistakes(mistakes) => Stopped::Mistakes(mistakes),
            other => Stopped::Usage(other.to_string()),
        };
        match &self.target {
            Some(address) if address.starts_with("http://") || address.starts_with("https://") => {
                Ok((TargetFile::at(address).map_err(usage)?, None))
            }
            Some(path) => {
                let text = std::fs::read_to_string(path)
                    .map_err(|cause| usage(TargetError::Unreadable { path: path.clone(), cause }))?;
                Ok((TargetFile::parse(path, &text).map_err(usage)?, None))
            }
            None => {
                let options = reference::Options { defects, ..reference::Options::default() };
                let bank = Running::start(options).await.map_err(|error| {
                    Stopped::Trouble(format!("failed to start the bundled bank: {error}"))
                })?;
                let mut file = TargetFile::at(bank.address()).map_err(usage)?;
                file.name = "the bundled bank".to_owned();
                Ok((file, Some(bank)))
            }
        }
    }

    /// Runs the plan into `run`.
    async fn judge(&self, plan: &Plan, target: &Target, run: &mut RunResults) {
        let options = engine::Options {
            jobs: self.jobs.map_or(target.file().limits.jobs, usize::from),
            seed: run.seed,
            rerun: self.rerun(),
            evidence: true,
        };
        let stop = Stop::listen();
        tokio::select! {
            contact = target.first_contact() => if let Err(error) = contact {
                complain(&error);
                run.cases = engine::unusable(plan, &options, &error.to_string());
                return;
            },
            // The engine sees it too, and runs nothing.
            () = stop.requested() => {}
        }
        if let (false, false, Some(rate)) = (self.quiet, target.is_near(), target.file().limits.rate) {
            let requests = plan.requests();
            err(&format!(
                "about {requests} requests to {}, at most {rate} a second: {} min or more (limits.rate in the target file)\n",
                target.file().base,
                requests.div_ceil(u64::from(rate) * 60),
            ));
        }
        let judge = |results| engine::run(plan, target, &options, stop.watch(), results);
        record::gather(run, &ids(plan), self.quiet, judge).await;
    }

    /// A run that nothing has happened in yet.
    fn blank(
        &self,
        library: &Library,
        terms: Terms,
        plan: &Plan,
        target: &Target,
        defects: &[&'static Defect],
    ) -> RunResults {
        let file = target.file();
        let seen = TargetSeen {
            name: file.name.clone(),
            base: file.base.as_str().trim_end_matches('/').to_owned(),
            lacks: file.lacks.clone(),
        };
        let mut run = record::blank(library, &library.suites, &ids(plan), terms, seen);
        run.seed = self.seed.unwrap_or_else(rand::random);
        run.requirements = run.requirements.into_iter().map(with_defects).collect();
        run.notes.extend(defects.iter().map(|defect| {
            format!("The bundled bank ran with a defect on purpose: {}: {}.", defect.id, defect.about)
        }));
        run
    }

    /// The beginning of the command that runs a case of this run again.
    fn rerun(&self) -> String {
        let flags = [
            ("--target", self.target.clone()),
            ("--edition", self.edition.clone()),
            ("--suites", self.suites.as_ref().map(|path| path.display().to_string())),
        ];
        let slow = self.slow.then(|| "--slow".to_owned());
        let defects = self.defect.iter().flat_map(|id| ["--defect".to_owned(), id.clone()]);
        record::rerun("run", &flags, slow.into_iter().chain(defects))
    }
}

/// The ids of a plan's cases, in their order.
fn ids(plan: &Plan) -> Vec<&str> {
    plan.cases.iter().map(|selected| selected.case.id.as_str()).collect()
}

/// The baseline of a file.
fn known_failures(path: &Path, library: &Library) -> Result<Baseline, Stopped> {
    let shown = path.display().to_string();
    let text = std::fs::read_to_string(path).map_err(|error| {
        Stopped::Usage(format!(
            "failed to read the baseline {shown}: {error}; check the name, and who may read it"
        ))
    })?;
    Baseline::read(&shown, &text, library).map_err(Stopped::Mistakes)
}
