//! The books: the tokens of all users, and the file that keeps them. What is changed is in the file before anybody uses it.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use serde::{Deserialize, Serialize};

use super::app::locked;
use super::rules::Filed;
use super::secret::Secret;

/// All accounts of the app, and what keeps them.
#[derive(Debug)]
pub struct Books {
    shelf: Mutex<Shelf>,
    file: Option<PathBuf>,
    filed: Filed,
}

/// What is kept.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shelf {
    /// By session.
    accounts: BTreeMap<String, Account>,
    /// Tokens that nobody uses any more, and whose logout the bank has not taken yet.
    pub owed: Vec<Secret>,
}

/// One browser's connection to the bank.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Account {
    /// How often the tokens were given, or discarded. Whoever comes back with something from an older epoch is late.
    pub epoch: u64,
    /// How often the tokens of this epoch were refreshed.
    pub refreshes: u64,
    pub grant: Option<Grant>,
    /// Whether the owner has still to approve.
    pub waiting: bool,
    pub read: Option<Read>,
    /// What the user should know.
    pub notice: Option<String>,
}

/// What the bank gave.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Grant {
    /// Whom the token answer named.
    pub user_id: String,
    pub access_token: Secret,
    /// `None` for public clients.
    pub refresh_token: Option<Secret>,
    /// Whether the refresh token is on its way to the bank, or was when the app ended. It must not be sent again.
    pub refreshing: bool,
}

/// What was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Read {
    pub user_id: String,
    pub accounts: Vec<String>,
}

/// Why tokens can't be kept, or found again.
#[derive(Debug, thiserror::Error)]
pub enum BooksError {
    #[error("failed to read the state file {}: {source}; make it readable, or name another one", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("the state file {} is damaged: {source}; remove it, and let users connect again", path.display())]
    Shape { path: PathBuf, source: serde_json::Error },
    #[error("failed to write the state file {}: {source}; make its folder writable", path.display())]
    Write { path: PathBuf, source: io::Error },
}

impl Books {
    /// Opens the books, empty where there is no file yet.
    pub fn open(file: Option<PathBuf>, filed: Filed) -> Result<Books, BooksError> {
        let shelf = match &file {
            Some(path) => read(path)?,
            None => Shelf::default(),
        };
        Ok(Books { shelf: Mutex::new(shelf), file, filed })
    }

    /// Every session that has an account.
    pub fn sessions(&self) -> Vec<String> {
        locked(&self.shelf).accounts.keys().cloned().collect()
    }

    /// How it stands with a session; an empty account for one that never connected.
    pub fn account(&self, session: &str) -> Account {
        locked(&self.shelf).accounts.get(session).cloned().unwrap_or_default()
    }

    /// What is still owed to the bank.
    pub fn owed(&self) -> Vec<Secret> {
        locked(&self.shelf).owed.clone()
    }

    /// Changes a session's account; in the file first.
    ///
    /// # Errors
    /// If the file can't be written. Then nothing is changed.
    pub fn change<T>(&self, session: &str, change: impl FnOnce(&mut Account) -> T) -> Result<T, BooksError> {
        self.change_all(|shelf| change(shelf.account(session)))
    }

    /// Changes anything; in the file first.
    ///
    /// # Errors
    /// If the file can't be written. Then nothing is changed.
    pub fn change_all<T>(&self, change: impl FnOnce(&mut Shelf) -> T) -> Result<T, BooksError> {
        let mut shelf = locked(&self.shelf);
        let mut changed = shelf.clone();
        let outcome = change(&mut changed);
        if let Some(path) = &self.file {
            write(path, &self.to_file(path, &changed)?)?;
        }
        *shelf = changed;
        Ok(outcome)
    }

    /// What the file shall hold.
    fn to_file(&self, path: &Path, changed: &Shelf) -> Result<Shelf, BooksError> {
        let mut shelf = changed.clone();
        if self.filed == Filed::Everything {
            return Ok(shelf);
        }
        for (session, before) in read(path)?.accounts {
            let Some(was) = before.grant else { continue };
            let account = shelf.account(&session);
            match (&mut account.grant, self.filed) {
                (Some(grant), Filed::FirstRefreshToken) if account.epoch == before.epoch => {
                    grant.refresh_token = was.refresh_token;
                }
                (grant @ None, Filed::DiscardedTokens) => *grant = Some(was),
                _ => {}
            }
        }
        Ok(shelf)
    }
}

impl Shelf {
    /// A session's account, which is made if there is none.
    pub fn account(&mut self, session: &str) -> &mut Account {
        self.accounts.entry(session.to_owned()).or_default()
    }
}

impl Account {
    /// Takes the tokens out of use, and forgets what was read with them.
    pub fn discard(&mut self, notice: impl Into<String>) -> Option<Grant> {
        self.epoch += 1;
        self.refreshes = 0;
        self.read = None;
        self.waiting = false;
        self.notice = Some(notice.into());
        self.grant.take()
    }
}

fn read(path: &Path) -> Result<Shelf, BooksError> {
    match fs::read(path) {
        Ok(text) => serde_json::from_slice(&text)
            .map_err(|source| BooksError::Shape { path: path.to_owned(), source }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Shelf::default()),
        Err(source) => Err(BooksError::Read { path: path.to_owned(), source }),
    }
}

/// Puts a whole new file in the place of the old one.
fn write(path: &Path, shelf: &Shelf) -> Result<(), BooksError> {
    let told = |source| BooksError::Write { path: path.to_owned(), source };
    let text = serde_json::to_vec_pretty(shelf).map_err(|source| told(source.into()))?;
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".part");
    let part = path.with_file_name(name);
    let mut file = for_the_owner_only(&part).map_err(told)?;
    file.write_all(&text).and_then(|()| file.sync_data()).map_err(told)?;
    fs::rename(&part, path).map_err(told)
}

fn for_the_owner_only(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grant(refresh_token: &str) -> Grant {
        Grant {
            user_id: "user_1".to_owned(),
            access_token: Secret::new("access"),
            refresh_token: Some(Secret::new(refresh_token)),
            refreshing: false,
        }
    }

    #[test]
    fn what_is_changed_is_found_again() {
        let dir = tempfile::tempdir().expect("a folder");
        let file = dir.path().join("state.json");
        let books = Books::open(Some(file.clone()), Filed::Everything).expect("empty books");
        books.change("a", |account| account.grant = Some(grant("one"))).expect("it is written");
        let again = Books::open(Some(file), Filed::Everything).expect("the same books");
        assert_eq!(again.account("a").grant, Some(grant("one")));
        assert_eq!(again.sessions(), ["a"]);
    }

    #[test]
    fn what_cannot_be_written_is_not_changed() {
        let dir = tempfile::tempdir().expect("a folder");
        let file = dir.path().join("missing").join("state.json");
        let books = Books::open(Some(file), Filed::Everything).expect("empty books");
        let outcome = books.change("a", |account| account.grant = Some(grant("one")));
        assert!(matches!(outcome, Err(BooksError::Write { .. })));
        assert_eq!(books.account("a").grant, None);
    }

    #[test]
    fn a_damaged_file_is_named() {
        let dir = tempfile::tempdir().expect("a folder");
        let file = dir.path().join("state.json");
        fs::write(&file, "{").expect("it is written");
        let error = Books::open(Some(file), Filed::Everything).expect_err("it is damaged");
        assert!(error.to_string().contains("state.json"), "{error}");
    }

    #[test]
    #[cfg(unix)]
    fn nobody_else_may_read_the_file() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().expect("a folder");
        let file = dir.path().join("state.json");
        let books = Books::open(Some(file.clone()), Filed::Everything).expect("empty books");
        books.change("a", |account| account.grant = Some(grant("one"))).expect("it is written");
        let mode = fs::metadata(&file).expect("it is there").permissions().mode();
        assert_eq!(mode & 0o077, 0);
    }

    #[test]
    fn a_defective_file_brings_old_tokens_back() {
        for (filed, expected) in [
            (Filed::Everything, None),
            (Filed::FirstRefreshToken, None),
            (Filed::DiscardedTokens, Some(grant("two"))),
        ] {
            let dir = tempfile::tempdir().expect("a folder");
            let file = dir.path().join("state.json");
            let books = Books::open(Some(file.clone()), filed).expect("empty books");
            books.change("a", |account| account.grant = Some(grant("one"))).expect("it is written");
            books.change("a", |account| account.grant = Some(grant("two"))).expect("it is written");
            let first = Books::open(Some(file.clone()), filed).expect("the same books").account("a").grant;
            let kept = if filed == Filed::FirstRefreshToken { "one" } else { "two" };
            assert_eq!(first, Some(grant(kept)), "{filed:?}");
            books.change("a", |account| account.discard("over")).expect("it is written");
            let left = Books::open(Some(file), filed).expect("the same books").account("a").grant;
            assert_eq!(left, expected, "{filed:?}");
        }
    }
}
