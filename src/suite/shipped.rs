//! The suites inside the binary.

use std::sync::Arc;

use super::case::Source;

/// Every shipped file: the name it is shown under, and its text. The catalogue comes first.
pub const FILES: &[(&str, &str)] = &[
    ("suites/requirements.toml", include_str!("../../suites/requirements.toml")),
    ("suites/documents/authentication.toml", include_str!("../../suites/documents/authentication.toml")),
    ("suites/documents/disconnection.toml", include_str!("../../suites/documents/disconnection.toml")),
    ("suites/server/state.toml", include_str!("../../suites/server/state.toml")),
    ("suites/server/code.toml", include_str!("../../suites/server/code.toml")),
    ("suites/server/refresh.toml", include_str!("../../suites/server/refresh.toml")),
    ("suites/server/confidentiality.toml", include_str!("../../suites/server/confidentiality.toml")),
    ("suites/server/one.toml", include_str!("../../suites/server/one.toml")),
    ("suites/server/whoami.toml", include_str!("../../suites/server/whoami.toml")),
    ("suites/server/sca.toml", include_str!("../../suites/server/sca.toml")),
    ("suites/server/logout.toml", include_str!("../../suites/server/logout.toml")),
    ("suites/server/consent.toml", include_str!("../../suites/server/consent.toml")),
    ("suites/server/nodes.toml", include_str!("../../suites/server/nodes.toml")),
    ("suites/client/login.toml", include_str!("../../suites/client/login.toml")),
    ("suites/client/secrets.toml", include_str!("../../suites/client/secrets.toml")),
    ("suites/client/refresh.toml", include_str!("../../suites/client/refresh.toml")),
    ("suites/client/leaving.toml", include_str!("../../suites/client/leaving.toml")),
];

/// The shipped catalogue.
pub fn catalogue() -> Arc<Source> {
    let (path, text) = FILES[0];
    Arc::new(Source::new(path, text))
}

/// The documents that the shipped catalogue was made from.
pub fn documents() -> impl Iterator<Item = (&'static str, &'static [u8])> {
    let documents = FILES.iter().filter(|(path, _)| path.starts_with("suites/documents/"));
    documents.map(|(path, text)| (*path, text.as_bytes()))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::FILES;
    use crate::suite::{Library, Paint, render};

    #[test]
    fn every_suite_of_the_repository_is_shipped() {
        let listed: BTreeSet<String> = FILES.iter().map(|(path, _)| (*path).to_owned()).collect();
        for folder in ["suites/server", "suites/client", "suites/documents"] {
            let entries = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder).read_dir();
            for entry in entries.into_iter().flatten() {
                let name = entry.expect("the folder is readable").file_name();
                let path = format!("{folder}/{}", name.to_string_lossy());
                assert!(listed.contains(&path), "{path} is not in shipped::FILES");
            }
        }
    }

    #[test]
    fn the_shipped_suites_have_no_mistake() {
        if let Err(mistakes) = Library::read(FILES) {
            panic!("{}", render(&mistakes, Paint::Plain));
        }
    }
}
