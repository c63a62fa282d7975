//! The folder of a run: writing its files so that no half file is ever seen, and reading results again.

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use serde::Deserialize;

use crate::results::{Run, SCHEMA};

use super::{html, json, junit, onboarding};

const RESULTS: &str = "results.json";
const JUNIT: &str = "junit.xml";
const HTML: &str = "index.html";
const RECORD: &str = "onboarding.md";
const RECORD_HTML: &str = "onboarding.html";

/// How much of a file is gathered before it is written, in bytes.
const BUFFER: usize = 256 << 10;

/// Where the files of a run are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    pub results: PathBuf,
    pub junit: PathBuf,
    pub html: PathBuf,
}

/// What one file is made of, written to where it belongs.
pub(super) type Content<'a> = Box<dyn FnOnce(&mut dyn Write) -> Result<(), FileProblem> + Send + 'a>;

/// Writes `results.json`, `junit.xml` and `index.html` into `dir`, which is created where it is missing; where an app was
/// judged, `onboarding.md` and `onboarding.html` as well.
///
/// Each file is written beside its place and then moved there: readers see the old one or the new one, never a part.
/// A file that can't be written does not stop the others.
pub fn write(dir: &Path, run: &Run) -> Result<Written, WriteError> {
    let results: Content = Box::new(|file| json::write(file, run));
    let junit: Content = Box::new(|file| {
        let text = junit::render(run).map_err(FileProblem::Junit)?;
        file.write_all(text.as_bytes()).map_err(FileProblem::Write)
    });
    let html: Content = Box::new(|file| html::write(file, run).map_err(FileProblem::Write));
    let text = |text: Option<String>| {
        let text = text?;
        let put: Content = Box::new(move |file| file.write_all(text.as_bytes()).map_err(FileProblem::Write));
        Some(put)
    };
    let record = text(onboarding::markdown(run)).map(|content| (RECORD, content));
    let page = text(onboarding::html(run)).map(|content| (RECORD_HTML, content));
    let always = [(RESULTS, results), (JUNIT, junit), (HTML, html)];
    write_all(dir, always.into_iter().chain(record).chain(page))?;
    Ok(Written { results: dir.join(RESULTS), junit: dir.join(JUNIT), html: dir.join(HTML) })
}

/// Writes files into `dir`, each whole or not at all; one that fails does not stop the others. The first one should be that
/// which takes longest: it is made beside the others.
pub(super) fn write_all<'a>(
    dir: &Path,
    files: impl IntoIterator<Item = (&'static str, Content<'a>)>,
) -> Result<(), WriteError> {
    fs::create_dir_all(dir).map_err(|source| WriteError::Folder { dir: dir.to_owned(), source })?;
    let put = |(name, content): (&str, Content<'a>)| {
        let path = dir.join(name);
        replace(&path, content).err().map(|problem| FileFailure { path, problem })
    };
    let mut files = files.into_iter();
    let first = files.next();
    let failures: Vec<FileFailure> = thread::scope(|scope| {
        let first = scope.spawn(|| first.and_then(put));
        let others: Vec<FileFailure> = files.filter_map(put).collect();
        let first = first.join().unwrap_or_else(|panic| resume_unwind(panic));
        first.into_iter().chain(others).collect()
    });
    if failures.is_empty() { Ok(()) } else { Err(WriteError::Files(FileFailures(failures))) }
}

/// Puts a whole new file in the place of an old one, or leaves the old one as it was.
fn replace(path: &Path, content: Content<'_>) -> Result<(), FileProblem> {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let part = format!(".{name}.{}-{}.part", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
    let part = path.with_file_name(part);
    let outcome = fill(&part, content).and_then(|()| fs::rename(&part, path).map_err(FileProblem::Write));
    if outcome.is_err() {
        // It may not be there; what went wrong first is what the reader needs.
        let _ = fs::remove_file(&part);
    }
    outcome
}

fn fill(part: &Path, content: Content<'_>) -> Result<(), FileProblem> {
    let file = OpenOptions::new().write(true).create_new(true).open(part).map_err(FileProblem::Write)?;
    let mut file = BufWriter::with_capacity(BUFFER, file);
    content(&mut file)?;
    let file = file.into_inner().map_err(|error| FileProblem::Write(error.into_error()))?;
    file.sync_data().map_err(FileProblem::Write)
}

/// Reads saved results: a `results.json`, or the folder that holds one.
pub fn read(path: &Path) -> Result<Run, ReadError> {
    let path = if path.is_dir() { path.join(RESULTS) } else { path.to_owned() };
    let text = File::open(&path)
        .and_then(io::read_to_string)
        .map_err(|source| ReadError::Unreadable { path: path.clone(), source })?;
    let version: Version =
        serde_json::from_str(&text).map_err(|source| ReadError::NotResults { path: path.clone(), source })?;
    if version.schema != SCHEMA {
        return Err(ReadError::OtherVersion { path, found: super::visible::line(&version.schema, 80) });
    }
    serde_json::from_str(&text).map_err(|source| ReadError::Shape { path, source })
}

/// What every version of the results begins with.
#[derive(Deserialize)]
struct Version {
    schema: String,
}

/// Why not every file of a run could be written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    #[error(
        "can't make the report folder {}: {source}; choose another folder, or make this one writable",
        dir.display()
    )]
    Folder { dir: PathBuf, source: io::Error },
    /// The files that are not named have been written.
    #[error("{0}")]
    Files(FileFailures),
}

/// At least one file that could not be written.
#[derive(Debug)]
pub struct FileFailures(pub Vec<FileFailure>);

impl fmt::Display for FileFailures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, FileFailure { path, problem }) in self.0.iter().enumerate() {
            let line_end = if index == 0 { "" } else { "\n" };
            write!(f, "{line_end}can't write {}: {problem}", path.display())?;
        }
        if self.0.iter().any(|failure| matches!(failure.problem, FileProblem::Write(_))) {
            let missing = self.0.iter().any(|failure| failure.path.ends_with(RESULTS));
            f.write_str("\nmake room or make the folder writable, then ")?;
            f.write_str(if missing {
                "run again"
            } else {
                "make the reports from the results by `grantspec report render`"
            })?;
        }
        Ok(())
    }
}

#[derive(Debug)]
pub struct FileFailure {
    pub path: PathBuf,
    pub problem: FileProblem,
}

#[derive(Debug, thiserror::Error)]
pub enum FileProblem {
    #[error("{0}")]
    Write(io::Error),
    #[error("the results don't fit into JSON ({0}); this is a bug in grantspec, please report it")]
    Json(serde_json::Error),
    #[error("the results don't fit into JUnit's XML ({0}); this is a bug in grantspec, please report it")]
    Junit(junit::RenderError),
}

/// Why saved results could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    #[error("can't read {}: {source}; name a results.json, or the folder of a run", path.display())]
    Unreadable { path: PathBuf, source: io::Error },
    #[error("{} is not a run's results: {source}; name a results.json that grantspec wrote", path.display())]
    NotResults { path: PathBuf, source: serde_json::Error },
    #[error(
        "{} holds results of version `{found}`, and this grantspec reads `{SCHEMA}`; render it with the grantspec that \
         wrote it, or run the suites again",
        path.display()
    )]
    OtherVersion { path: PathBuf, found: String },
    #[error("{} is damaged: {source}; run the suites again", path.display())]
    Shape { path: PathBuf, source: serde_json::Error },
}
