//! The results of a run, of banks or of apps: begun empty, gathered case by case, and written into reports.

use std::collections::HashMap;
use std::path::Path;

use chrono::{SecondsFormat, Utc};
use tokio::sync::mpsc;

use super::folder::{Folder, FolderError};
use super::output::{complain, is_watched};
use super::stopped::Stopped;
use super::tell::tell;
use crate::engine::Terms;
use crate::report::console::{Mode, Progress};
use crate::results::{CaseResult, Exit, Run, SCHEMA, SuiteSeen, TargetSeen};
use crate::suite::{Diagnostic, Library, Script, Suite};

/// The suites of a folder, or the shipped ones.
pub fn library(suites: Option<&Path>) -> Result<Library, Vec<Diagnostic>> {
    match suites {
        Some(folder) => Library::from_dir(folder),
        None => Ok(Library::shipped()),
    }
}

/// A run that nothing has happened in yet. `selected` are the ids of its cases.
pub fn blank<S: Script>(
    library: &Library,
    suites: &[Suite<S>],
    selected: &[&str],
    terms: Terms,
    target: TargetSeen,
) -> Run {
    let has_one = |suite: &&Suite<S>| suite.cases.iter().any(|case| selected.contains(&case.id.as_str()));
    let suite = |suite: &Suite<S>| SuiteSeen {
        id: suite.id.clone(),
        about: suite.about.clone(),
        file: suite.source.path.clone(),
    };
    Run {
        schema: SCHEMA.to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        started: Utc::now().to_rfc3339_opts(SecondsFormat::Secs, true),
        duration_ms: 0,
        seed: 0,
        interrupted: false,
        command: command_line(std::env::args().skip(1)),
        target,
        app: None,
        suites: suites.iter().filter(has_one).map(suite).collect(),
        edition: terms.edition,
        requirements: terms.requirements,
        documents: library.documents_of(S::SIDE),
        cases: Vec::new(),
        baseline: None,
        notes: Vec::new(),
    }
}

/// Where the reports go. A folder that can't be written to does not keep the cases from being judged: then there is none.
pub fn folder(report: Option<&Path>) -> Result<Option<Folder>, Stopped> {
    match Folder::prepare(report) {
        Ok(folder) => Ok(Some(folder)),
        Err(error @ FolderError::Busy { .. }) => Err(Stopped::Usage(error.to_string())),
        Err(error) => {
            complain(format!("{error}; the run goes on without reports"));
            Ok(None)
        }
    }
}

/// Gathers the results that `judge` sends into the run, in the order of `selected`, and shows how far it is. Where some did not
/// come, the run was interrupted.
pub async fn gather<F: Future<Output = ()>>(
    run: &mut Run,
    selected: &[&str],
    quiet: bool,
    judge: impl FnOnce(mpsc::UnboundedSender<CaseResult>) -> F,
) {
    let mode = match (quiet, is_watched()) {
        (true, _) => Mode::Quiet,
        (false, true) => Mode::Live,
        (false, false) => Mode::Plain,
    };
    let mut progress = Progress::new(selected.len(), mode);
    let (results, mut arriving) = mpsc::unbounded_channel::<CaseResult>();
    let collecting = async {
        while let Some(case) = arriving.recv().await {
            progress.finished(&case);
            run.cases.push(case);
        }
    };
    tokio::join!(judge(results), collecting);
    progress.end();
    let order: HashMap<&str, usize> = selected.iter().enumerate().map(|(at, id)| (*id, at)).collect();
    run.cases.sort_by_key(|case| order.get(case.id.as_str()).copied());
    let missing = selected.len() - run.cases.len();
    run.interrupted = missing > 0;
    if run.interrupted {
        run.notes.push(format!("Interrupted: {missing} of {} selected cases were not run.", selected.len()));
    }
}

/// Writes the reports, tells what the run came to, and chooses the exit.
pub fn end(run: &Run, folder: Option<&Folder>, strict: bool) -> Exit {
    let written = folder.map(|folder| folder.write(run));
    tell(run, folder.filter(|_| matches!(written, Some(Ok(())))));
    match written {
        Some(Ok(())) if run.interrupted => Exit::Interrupted,
        Some(Ok(())) => run.exit(strict),
        Some(Err(error)) => {
            complain(error);
            Exit::Trouble
        }
        None => Exit::Trouble,
    }
}

/// The command that runs a case of this run again, but for the case's id: the subcommand, and the flags that have a value.
pub fn rerun(
    subcommand: &str,
    flags: &[(&str, Option<String>)],
    more: impl Iterator<Item = String>,
) -> String {
    let flags = flags.iter().filter_map(|(flag, value)| Some([(*flag).to_owned(), value.clone()?]));
    command_line(std::iter::once(subcommand.to_owned()).chain(flags.flatten()).chain(more))
}

/// `grantspec` with these arguments as one line for a shell.
fn command_line(arguments: impl Iterator<Item = String>) -> String {
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
}
