//! What an author sees for each kind of mistake: `tests/golden/NAME.toml`, or a folder `NAME` of several files, and
//! what is printed for it in `NAME.txt`; for target files the same in `tests/golden/targets`. `UPDATE_GOLDEN=1 cargo test --test golden_suites` writes the latter anew.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use grantspec::baseline::Baseline;
use grantspec::suite::code::Code;
use grantspec::suite::{AppFile, Diagnostic, Library, Paint, render};
use grantspec::target::{TargetError, TargetFile};

/// The catalogue that single files are held against.
const CATALOGUE: (&str, &str) = ("requirements.toml", include_str!("golden/requirements.toml"));

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

/// Every golden input: its name, and the mistakes in it.
fn inputs() -> Vec<(String, Vec<Diagnostic>)> {
    let mut inputs = Vec::new();
    for entry in fs::read_dir(folder()).expect("the folder is there") {
        let path = entry.expect("the folder is readable").path();
        let name = path.file_stem().expect("a file has a name").to_string_lossy().into_owned();
        let is_toml = path.extension().is_some_and(|extension| extension == "toml");
        if name == "requirements" || name == "no-suites" || name == "targets" || !(is_toml || path.is_dir()) {
            continue;
        }
        let mut files = Vec::new();
        if is_toml {
            files.push((CATALOGUE.0.to_owned(), CATALOGUE.1.as_bytes().to_vec()));
            files.push(named(&path, &folder()));
        } else {
            let mut paths = Vec::new();
            for folder in [path.clone(), path.join("client"), path.join("documents")]
                .iter()
                .filter(|folder| folder.is_dir())
            {
                let entries = fs::read_dir(folder).expect("the folder is readable");
                let within = entries.map(|entry| entry.expect("it is readable").path());
                paths.extend(within.filter(|path| path.is_file()));
            }
            paths.sort();
            files.extend(paths.iter().map(|file| named(file, &path)));
        }
        let found = if name.starts_with("baseline") {
            let text = fs::read_to_string(&path).expect("the file is readable");
            Baseline::read(&format!("{name}.toml"), &text, &Library::shipped()).err().unwrap_or_default()
        } else if name.starts_with("app-") {
            let text = fs::read_to_string(&path).expect("the file is readable");
            AppFile::read(&format!("{name}.toml"), &text).err().unwrap_or_default()
        } else {
            Library::read(&files).err().unwrap_or_default()
        };
        inputs.push((name, found));
    }
    for (name, path) in [("unreadable", "no/such/folder"), ("no-suites", "tests/golden/no-suites")] {
        inputs.push((name.to_owned(), Library::from_dir(Path::new(path)).err().unwrap_or_default()));
    }
    inputs.extend(targets());
    inputs.sort_by(|one, other| one.0.cmp(&other.0));
    inputs
}

/// Every golden target file, under the folder's name and its own.
fn targets() -> Vec<(String, Vec<Diagnostic>)> {
    let entries = fs::read_dir(folder().join("targets")).expect("the folder is there");
    let paths = entries.map(|entry| entry.expect("the folder is readable").path());
    let input = |path: PathBuf| {
        let name = path.file_stem().expect("a file has a name").to_string_lossy().into_owned();
        let text = fs::read_to_string(&path).expect("the file is readable");
        let found = match TargetFile::parse(&format!("targets/{name}.toml"), &text) {
            Err(TargetError::Mistakes(found)) => found,
            _ => Vec::new(),
        };
        (format!("targets/{name}"), found)
    };
    paths.filter(|path| path.extension().is_some_and(|extension| extension == "toml")).map(input).collect()
}

fn named(path: &Path, folder: &Path) -> (String, Vec<u8>) {
    let name = path.strip_prefix(folder).expect("it is in the folder").to_string_lossy().into_owned();
    (name, fs::read(path).expect("the file is readable"))
}

#[test]
fn every_mistake_is_shown_as_it_should_be() {
    let update = std::env::var_os("UPDATE_GOLDEN").is_some();
    let mut stale = Vec::new();
    for (name, found) in inputs() {
        let path = folder().join(format!("{name}.txt"));
        let rendered = render(&found, Paint::Plain);
        if update {
            fs::write(&path, &rendered).expect("the folder is writable");
        }
        let expected = fs::read_to_string(&path).unwrap_or_default();
        if rendered != expected {
            stale.push(format!("{name}\n--- expected\n{expected}\n--- got\n{rendered}"));
        }
    }
    assert!(stale.is_empty(), "{}", stale.join("\n\n"));
}

#[test]
fn no_message_shows_a_secret_that_stands_in_a_target_file() {
    for (name, found) in targets() {
        let text = render(&found, Paint::Plain);
        assert!(!text.contains("hush"), "{name}\n{text}");
    }
}

#[test]
fn every_code_has_a_golden_pair() {
    let shown: BTreeSet<Code> =
        inputs().iter().flat_map(|(_, found)| found.iter().map(|mistake| mistake.code)).collect();
    let missing: Vec<_> = Code::ALL.iter().filter(|code| !shown.contains(code)).collect();
    assert!(missing.is_empty(), "no golden pair shows {missing:?}");
}

#[test]
fn every_golden_input_has_a_mistake() {
    for (name, found) in inputs() {
        assert!(!found.is_empty(), "{name} has none");
    }
}
