//! `grantspec run`: the suites against a target, and reports of whatever ran.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use chrono::{SecondsFormat, Utc};
use clap::Args;
use tokio::sync::mpsc;

use super::folder::{Folder, FolderError};
use super::lint;
use super::output::{complain, err, is_watched, out};
use super::stop::Stop;
use crate::baseline::Baseline;
use crate::engine::{self, Plan, Terms};
use crate::reference::defects::{self, Defect};
use crate::reference::{self, Running};
use crate::report::console::{Mode, Progress, Style, case_block, summary};
use crate::results::{
    CaseResult, Exit, KnownDefect, Requirement, Run as RunResults, SCHEMA, SuiteSeen, TargetSeen, Verdict,
};
use crate::suite::{Diagnostic, Library, Side};
use crate::target::{OpenError, Target, TargetError, TargetFile};

/// Cases that are told in full on the console; the reports have all.
const TOLD: usize = 12;

/// Judge a bank: run the suites, write the reports.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  grantspec run                                  every case against the bundled bank
  grantspec run refresh logout                   cases whose id, or whose requirement's, contains one of these
  grantspec run 'state/echo-exact[plus]'         this very case
  grantspec run --target http://127.0.0.1:8080   a server with the bundled bank's paths and control API
  grantspec run --target our-test-system.toml    any other: see fixtures/targets
  grantspec run --defect refresh.single-use      the bundled bank with a promise broken on purpose
  grantspec run --baseline known.toml            known failures don't fail the run: see grantspec baseline
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

/// Why a run could not begin.
#[derive(Debug, thiserror::Error)]
enum Stopped {
    #[error("{0}")]
    Usage(String),
    #[error("{0}")]
    Trouble(String),
    #[error(
        "nothing to run: no case id and no requirement contains {}; `grantspec list` shows all",
        filters.join(" or ")
    )]
    NothingSelected { filters: Vec<String> },
    #[error("nothing to run: {newer} is newer than the edition {edition} that the run is pinned to")]
    AllNewer { newer: String, edition: String },
    #[error("{}", lint::told(.0))]
    Mistakes(Vec<Diagnostic>),
}

impl Stopped {
    fn exit(&self) -> Exit {
        match self {
            Stopped::Usage(_) | Stopped::Mistakes(_) => Exit::Usage,
            Stopped::Trouble(_) => Exit::Trouble,
            Stopped::NothingSelected { .. } | Stopped::AllNewer { .. } => Exit::NothingRan,
        }
    }
}

/// A defect that nobody planted.
#[derive(Debug, thiserror::Error)]
#[error("there is no defect {id}{}; `grantspec list defects` shows all", .near.map(|near| format!(", did you mean {near}?")).unwrap_or_default())]
pub struct UnknownDefect {
    id: String,
    near: Option<&'static str>,
}

/// The defects of these ids.
pub fn chosen_defects(ids: &[String]) -> Result<Vec<&'static Defect>, UnknownDefect> {
    let chosen = |id: &String| {
        defects::find(id).ok_or_else(|| {
            let likeness = |known: &str| (strsim::jaro_winkler(known, id) * 1000.0) as u32;
            let near = defects::ALL.iter().map(|defect| defect.id).max_by_key(|known| likeness(known));
            UnknownDefect { id: id.clone(), near: near.filter(|near| likeness(near) > 800) }
        })
    };
    ids.iter().map(chosen).collect()
}

/// The suites of a folder, or the shipped ones.
pub fn library(suites: Option<&Path>) -> Result<Library, Vec<Diagnostic>> {
    match suites {
        Some(folder) => Library::from_dir(folder),
        None => Ok(Library::shipped()),
    }
}

impl Run {
    pub fn main(self) -> Exit {
        let ended = tokio::runtime::Runtime::new()
            .map_err(|error| Stopped::Trouble(format!("failed to start: {error}")))
            .and_then(|runtime| {
                let ended = runtime.block_on(self.run());
                // Requests of cases that were given up need not be waited for.
                runtime.shutdown_timeout(Duration::from_millis(100));
                ended
            });
        ended.unwrap_or_else(|stopped| {
            match &stopped {
                Stopped::Mistakes(_) => err(&stopped.to_string()),
                _ => complain(&stopped),
            }
            stopped.exit()
        })
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
            let newer = terms.edition.left_out.iter();
            let newer = newer.filter(|newer| self.filters.iter().any(|filter| newer.id.contains(filter)));
            let newer: Vec<&str> = newer.map(|newer| newer.id.as_str()).collect();
            if !newer.is_empty() {
                let (newer, edition) = (newer.join(", "), &terms.edition.judged);
                return Err(Stopped::AllNewer { newer, edition: edition.clone() });
            }
            return Err(Stopped::NothingSelected { filters: self.filters });
        }
        // A folder that can't be written to does not keep the cases from being judged.
        let folder = match Folder::prepare(self.report.as_deref()) {
            Ok(folder) => Some(folder),
            Err(error @ FolderError::Busy { .. }) => return Err(Stopped::Usage(error.to_string())),
            Err(error) => {
                complain(format!("{error}; the run goes on without reports"));
                None
            }
        };
        let mut run = self.blank(&library, terms, &plan, &target, &chosen);
        let began = Instant::now();
        run.interrupted = self.judge(&plan, &target, &mut run).await;
        run.duration_ms = began.elapsed().as_millis() as u64;
        if let Some(baseline) = &baseline {
            baseline.apply(&mut run);
        }
        let written = folder.as_ref().map(|folder| folder.write(&run));
        let complete = folder.as_ref().filter(|_| matches!(written, Some(Ok(()))));
        tell(&run, complete);
        let (exit, interrupted) = (run.exit(self.strict), run.interrupted);
        // The process ends here, and it frees all at once what would take a while piece by piece.
        std::mem::forget(run);
        Ok(match written {
            Some(Ok(())) if interrupted => Exit::Interrupted,
            Some(Ok(())) => exit,
            Some(Err(error)) => {
                complain(error);
                Exit::Trouble
            }
            None => Exit::Trouble,
        })
    }

    /// The target to judge, ready to be called, and the bank behind it if it is the bundled one.
    async fn open(&self, defects: Vec<&'static Defect>) -> Result<(Target, Option<Running>), Stopped> {
        let (file, bank) = self.aim(defects).await?;
        let target = Target::open(file).map_err(|error| match error {
            OpenError::Http(_) => Stopped::Trouble(error.to_string()),
            _ => Stopped::Usage(error.to_string()),
        })?;
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

    /// Runs the plan into `run`. Returns whether it was interrupted.
    async fn judge(&self, plan: &Plan, target: &Target, run: &mut RunResults) -> bool {
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
                return false;
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
        let mode = match (self.quiet, is_watched()) {
            (true, _) => Mode::Quiet,
            (false, true) => Mode::Live,
            (false, false) => Mode::Plain,
        };
        let mut progress = Progress::new(plan.cases.len(), mode);
        let (results, mut arriving) = mpsc::unbounded_channel::<CaseResult>();
        let running = engine::run(plan, target, &options, stop.watch(), results);
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
        if missing > 0 {
            run.notes
                .push(format!("Interrupted: {missing} of {} selected cases were not run.", plan.cases.len()));
        }
        missing > 0
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
        let selected = |id: &str| plan.cases.iter().any(|selected| selected.case.suite == id);
        RunResults {
            schema: SCHEMA.to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            started: Utc::now().to_rfc3339_opts(SecondsFormat::Secs, true),
            duration_ms: 0,
            seed: self.seed.unwrap_or_else(rand::random),
            interrupted: false,
            command: command_line(std::env::args().skip(1)),
            target: TargetSeen {
                name: file.name.clone(),
                base: file.base.as_str().trim_end_matches('/').to_owned(),
                lacks: file.lacks.clone(),
            },
            app: None,
            suites: library
                .suites
                .iter()
                .filter(|suite| selected(&suite.id))
                .map(|suite| SuiteSeen {
                    id: suite.id.clone(),
                    about: suite.about.clone(),
                    file: suite.source.path.clone(),
                })
                .collect(),
            edition: terms.edition,
            requirements: terms.requirements.into_iter().map(with_defects).collect(),
            documents: library.documents_of(Side::Bank),
            cases: Vec::new(),
            baseline: None,
            notes: defects
                .iter()
                .map(|defect| {
                    format!("The bundled bank ran with a defect on purpose: {}: {}.", defect.id, defect.about)
                })
                .collect(),
        }
    }

    /// The beginning of the command that runs a case of this run again.
    fn rerun(&self) -> String {
        let mut words = vec!["run".to_owned()];
        for (flag, value) in [
            ("--target", self.target.clone()),
            ("--edition", self.edition.clone()),
            ("--suites", self.suites.as_ref().map(|path| path.display().to_string())),
        ] {
            words.extend(value.into_iter().flat_map(|value| [flag.to_owned(), value]));
        }
        words.extend(self.slow.then(|| "--slow".to_owned()));
        words.extend(self.defect.iter().flat_map(|id| ["--defect".to_owned(), id.clone()]));
        command_line(words.into_iter())
    }
}

/// Says what a run came to, the worst first.
pub fn tell(run: &RunResults, folder: Option<&Folder>) {
    let style = Style::of_stdout(&std::io::stdout());
    let mut text = String::new();
    let mut worth_telling: Vec<&CaseResult> = run
        .cases
        .iter()
        .filter(|case| !matches!(case.verdict, Verdict::Pass | Verdict::Skipped) && case.accepted.is_none())
        .collect();
    worth_telling.sort_by_key(|case| std::cmp::Reverse(case.verdict));
    // Where nothing could be run, every case ends so for the same reason, and it has been said.
    if let [first, _, ..] = worth_telling[..]
        && worth_telling.len() == run.cases.len()
        && worth_telling.iter().all(|case| case.verdict == Verdict::Error && case.reason == first.reason)
    {
        worth_telling.clear();
    }
    for case in worth_telling.iter().take(TOLD) {
        text.push_str(&case_block(case, run, style));
        text.push('\n');
    }
    if worth_telling.len() > TOLD {
        text.push_str(&format!("… and {} more: see the reports.\n\n", worth_telling.len() - TOLD));
    }
    text.push_str(&summary(run, style));
    if let Some(folder) = folder {
        text.push_str(&format!("\nReports: {}\n", folder.shown().join("index.html").display()));
    }
    out(&text);
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

/// A requirement with the bundled bank's defects that break it.
fn with_defects(mut requirement: Requirement) -> Requirement {
    let own = defects::ALL.iter().filter(|defect| defect.requirement() == requirement.id);
    requirement.defects =
        own.map(|defect| KnownDefect { id: defect.id.to_owned(), about: defect.about.to_owned() }).collect();
    requirement
}

/// `grantspec` with these arguments as one line for a shell.
pub fn command_line(arguments: impl Iterator<Item = String>) -> String {
    let plain = |word: &str| {
        !word.is_empty()
            && word
                .chars()
                .all(|character| character.is_ascii_alphanumeric() || "-_./:=,+@".contains(character))
    };
    let quoted = |word: String| {
        if plain(&word) { word } else { format!("'{}'", word.replace('\'', r"'\''")) }
    };
    std::iter::once("grantspec".to_owned()).chain(arguments.map(quoted)).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_can_be_pasted_into_a_shell() {
        let words = ["run", "state/echo[plus]", "it's"].map(str::to_owned);
        assert_eq!(command_line(words.into_iter()), r"grantspec run 'state/echo[plus]' 'it'\''s'");
    }

    #[test]
    fn a_misspelt_defect_is_pointed_at() {
        let error =
            chosen_defects(&["refresh.singel-use".to_owned()]).expect_err("there is none").to_string();
        assert!(error.contains("did you mean refresh.single-use?"), "{error}");
    }
}
