//! All suites together, with the catalogue they prove: what everything above works with.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::case::{Source, Suite};
use super::catalogue::{Catalogue, Side};
use super::code::Code;
use super::diagnostic::Diagnostic;
use super::lint;
use super::read::file::{self, AnySuite, ReadSuite};
use super::{client, documents, load, shipped};
use crate::results::Document;

/// Suites without a mistake, and their catalogue.
#[derive(Clone, Debug)]
pub struct Library {
    pub catalogue: Catalogue,
    /// Those for banks, in the order of their files.
    pub suites: Vec<Suite>,
    /// Those for apps, in the order of their files.
    pub apps: Vec<Suite<client::Step>>,
    /// What the catalogue was made from, sentence by sentence.
    pub documents: Vec<Document>,
}

/// The file name by which the catalogue is told from the suites.
pub const CATALOGUE_FILE: &str = "requirements.toml";
/// The folder by which documents are told from the suites.
pub const DOCUMENTS_FOLDER: &str = "documents";
/// The folder by which suites for apps are told from those for banks.
pub const APPS_FOLDER: &str = "client";

impl Library {
    /// The suites that come with grantspec.
    ///
    /// # Panics
    ///
    /// If one of them has a mistake, which a test of this package excludes.
    pub fn shipped() -> Self {
        let bytes: Vec<_> = shipped::FILES.iter().map(|(path, text)| (*path, text.as_bytes())).collect();
        Self::read(&bytes).expect("the shipped suites have no mistake")
    }

    /// The suites of a folder: every `*.toml` in it and in its folders `server`, `client` and `documents`; or of a
    /// single file. What stands in a folder `client` is for apps.
    ///
    /// # Errors
    ///
    /// Every mistake of every file, and what could not be read.
    pub fn from_dir(path: &Path) -> Result<Self, Vec<Diagnostic>> {
        let (files, unreadable) = load::files(path);
        let read = Self::read(&files);
        if unreadable.is_empty() {
            return read;
        }
        Err(unreadable.into_iter().chain(read.err().into_iter().flatten()).collect())
    }

    /// Suites from their names and bytes. The one that is named `requirements.toml` is the catalogue; without it, they
    /// are held against the shipped one, of which they need not cover anything. What stands in a folder `documents` is no
    /// suite, but what the catalogue was made from.
    ///
    /// # Errors
    ///
    /// Every mistake of every file, in the order of the files, then what can only be seen across them.
    pub fn read<P: AsRef<str>, B: AsRef<[u8]>>(files: &[(P, B)]) -> Result<Self, Vec<Diagnostic>> {
        let is_catalogue = |path: &str| path.rsplit(['/', '\\']).next() == Some(CATALOGUE_FILE);
        let folder = |path: &str| path.rsplit(['/', '\\']).nth(1).unwrap_or_default().to_owned();
        let is_document = |path: &str| folder(path) == DOCUMENTS_FOLDER;
        let files = || files.iter().map(|(path, bytes)| (path.as_ref(), bytes.as_ref()));
        let (documents, others): (Vec<_>, Vec<_>) = files().partition(|(path, _)| is_document(path));
        let (catalogues, suites): (Vec<_>, Vec<_>) =
            others.into_iter().partition(|(path, _)| is_catalogue(path));
        let mut found = Vec::new();

        let (text, mistake) = match catalogues.first() {
            Some((path, bytes)) => source(path, bytes),
            None => (shipped::catalogue(), None),
        };
        let catalogue = match mistake {
            None => {
                let (catalogue, mistakes) = Catalogue::read(text);
                found.extend(mistakes);
                catalogue
            }
            Some(mistake) => {
                found.push(mistake);
                Catalogue::unreadable(text)
            }
        };

        let documents = match catalogues.first() {
            Some(_) => documents,
            // It brings what it was made from along.
            None => shipped::documents().collect(),
        };
        let documents = read_documents(documents, &catalogue, &mut found);

        let side_of = |path: &str| if folder(path) == APPS_FOLDER { Side::App } else { Side::Bank };
        // Files know nothing of each other, and reading them is most of what happens before a run begins.
        let outcomes = side_by_side(&suites, |(path, bytes)| {
            let (text, mistake) = source(path, bytes);
            match mistake {
                None => {
                    let (suite, mistakes) = file::read(text, side_of(path), &catalogue);
                    (Some(suite), mistakes)
                }
                Some(mistake) => (None, vec![mistake]),
            }
        });
        let mut read = Vec::new();
        let mut all_read = true;
        for (suite, mistakes) in outcomes {
            found.extend(mistakes);
            all_read &= suite.as_ref().is_some_and(|suite| suite.is_toml);
            read.extend(suite);
        }
        found.extend(lint::library::duplicates(&read));
        if !catalogues.is_empty() && all_read {
            found.extend(lint::library::requirements_without_case(&catalogue, &read));
        }
        if !found.is_empty() {
            return Err(found);
        }
        let (mut suites, mut apps) = (Vec::new(), Vec::new());
        for suite in read.into_iter().filter_map(|suite: ReadSuite| suite.suite) {
            match suite {
                AnySuite::Bank(suite) => suites.push(suite),
                AnySuite::App(suite) => apps.push(suite),
            }
        }
        Ok(Self { catalogue, suites, apps, documents })
    }
}

/// What `work` makes of each item, in their order; on as many threads as there are cores, for a thread's first memory
/// costs more than reading a file.
///
/// # Panics
///
/// If `work` does.
fn side_by_side<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let (next, work) = (AtomicUsize::new(0), &work);
    let some = || {
        let at = std::iter::from_fn(|| Some(next.fetch_add(1, Ordering::Relaxed)));
        at.map_while(|at| Some((at, work(items.get(at)?)))).collect::<Vec<_>>()
    };
    let mut done = std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(some)).collect();
        let mut done = some();
        for other in others {
            done.extend(other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        }
        done
    });
    done.sort_unstable_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, result)| result).collect()
}

impl Library {
    /// The documents as far as they are about one side. A sentence that became promises of the other says so.
    pub fn documents_of(&self, side: Side) -> Vec<Document> {
        let mut documents = self.documents.clone();
        let elsewhere = match side {
            Side::Bank => "What apps have to keep: judged by `grantspec app`.",
            Side::App => "What banks promise: judged by `grantspec run`.",
        };
        let parts = documents.iter_mut().flat_map(|document| &mut document.parts);
        for sentence in parts.flat_map(|part| &mut part.sentences).filter(|one| !one.became.is_empty()) {
            sentence.became.retain(|id| self.catalogue.side(id) == side);
            if sentence.became.is_empty() {
                sentence.none = Some(elsewhere.to_owned());
            }
        }
        documents
    }
}

/// The documents, with every mistake in them noted in `found`.
fn read_documents(
    files: Vec<(&str, &[u8])>,
    catalogue: &Catalogue,
    found: &mut Vec<Diagnostic>,
) -> Vec<Document> {
    let mut read = Vec::new();
    let mut all_read = catalogue.is_whole;
    for (path, bytes) in files {
        let (text, mistake) = source(path, bytes);
        let (document, mistakes) = match mistake {
            Some(mistake) => (None, vec![mistake]),
            None => documents::read(text, catalogue),
        };
        all_read &= document.is_some();
        found.extend(mistakes);
        read.extend(document);
    }
    if all_read {
        found.extend(documents::untraced(&read, catalogue));
    }
    read
}

/// A file's text, with the mistake if it is none.
fn source(path: &str, bytes: &[u8]) -> (Arc<Source>, Option<Diagnostic>) {
    let text = String::from_utf8_lossy(bytes).into_owned();
    let source = Arc::new(Source::new(path, text));
    let mistake = std::str::from_utf8(bytes).err().map(|error| {
        // Up to here the bytes and what is shown of them are the same.
        let start = error.valid_up_to();
        let span = start..start + char::REPLACEMENT_CHARACTER.len_utf8();
        let message = format!("not UTF-8: the byte 0x{:02x} has no meaning here", bytes[start]);
        Diagnostic::new(Code::NotUtf8, &source, span, message).help("save the file as UTF-8")
    });
    (source, mistake)
}
