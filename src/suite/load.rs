//! Suites from disk: the only file of this room that reads any.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::code::Code;
use super::diagnostic::Diagnostic;
use super::library::{APPS_FOLDER, CATALOGUE_FILE, DOCUMENTS_FOLDER};

/// Files by the name they are shown under, with their bytes.
pub type Files = Vec<(String, Vec<u8>)>;

/// What `path` holds, with what of it could not be read: for a folder every `*.toml` in it and in its folders `server`,
/// `client` and `documents`, sorted by name; for a file that file.
pub fn files(path: &Path) -> (Files, Vec<Diagnostic>) {
    let mut unreadable = Vec::new();
    let paths = if path.is_file() {
        vec![path.to_owned()]
    } else {
        match folder(path) {
            Ok(paths) if paths.iter().all(|path| is_catalogue(path) || is_document(path)) => {
                let message = format!("no suite in {}", path.display());
                let mistake = Diagnostic::of_path(Code::NoSuites, path.display().to_string(), message);
                unreadable.push(
                    mistake.help("a suite is a file that ends in `.toml`, here or in the folder `server`"),
                );
                paths
            }
            Ok(paths) => paths,
            Err((path, error)) => {
                unreadable.push(unreadable_path(&path, &error));
                Vec::new()
            }
        }
    };
    let mut files = Files::new();
    for path in paths {
        match fs::read(&path) {
            Ok(bytes) => files.push((path.display().to_string(), bytes)),
            Err(error) => unreadable.push(unreadable_path(&path, &error)),
        }
    }
    (files, unreadable)
}

fn is_catalogue(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name == CATALOGUE_FILE)
}

fn is_document(path: &Path) -> bool {
    path.parent().and_then(Path::file_name).is_some_and(|folder| folder == DOCUMENTS_FOLDER)
}

fn folder(path: &Path) -> Result<Vec<PathBuf>, (PathBuf, io::Error)> {
    let mut paths = toml_files(path)?;
    for within in [DOCUMENTS_FOLDER, "server", APPS_FOLDER] {
        let within = path.join(within);
        if within.is_dir() {
            paths.extend(toml_files(&within)?);
        }
    }
    Ok(paths)
}

fn toml_files(folder: &Path) -> Result<Vec<PathBuf>, (PathBuf, io::Error)> {
    let trouble = |error| (folder.to_owned(), error);
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).map_err(trouble)? {
        let path = entry.map_err(trouble)?.path();
        if path.extension().is_some_and(|extension| extension == "toml") {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

fn unreadable_path(path: &Path, error: &io::Error) -> Diagnostic {
    let shown = path.display().to_string();
    let message = format!("failed to read {shown}: {error}");
    Diagnostic::of_path(Code::Unreadable, shown, message).help("check the name, and who may read it")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::suite::Library;

    fn codes(path: &Path) -> Vec<Code> {
        let mistakes = Library::from_dir(path).expect_err("there is a mistake");
        mistakes.iter().map(|mistake| mistake.code).collect()
    }

    #[test]
    fn a_folder_that_is_not_there_is_a_mistake() {
        assert_eq!(codes(Path::new("no/such/folder")), [Code::Unreadable]);
    }

    #[test]
    fn a_folder_without_suites_is_a_mistake() {
        let folder = tempfile::tempdir().expect("a folder can be made");
        assert_eq!(codes(folder.path()), [Code::NoSuites]);
    }

    #[test]
    fn a_file_that_cannot_be_read_does_not_hide_the_mistakes_of_others() {
        let folder = tempfile::tempdir().expect("a folder can be made");
        fs::create_dir(folder.path().join("a.toml")).expect("a folder can be made");
        fs::write(folder.path().join("b.toml"), "suite = 1").expect("the folder is writable");
        let codes = codes(folder.path());
        assert_eq!(codes.first(), Some(&Code::Unreadable));
        assert!(codes.contains(&Code::WrongType), "{codes:?}");
    }
}
