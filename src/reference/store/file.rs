//! The file: a redb database of one table of rows, and a number that says what they look like.

use std::fmt;
use std::fs::OpenOptions;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use redb::backends::FileBackend;
use redb::{
    Builder, Database, DatabaseError, ReadableDatabase, ReadableTable, StorageBackend, StorageError,
    TableDefinition, TableError,
};

use crate::reference::ledger::{Change, Key, Kind, Unreadable};

/// What rows look like. A version that writes something that this one would misread counts on.
const FORMAT: u64 = 1;

/// World, kind, place → the row as JSON.
const ROWS: TableDefinition<(u64, u8, u64), &[u8]> = TableDefinition::new("rows");
const ABOUT: TableDefinition<&str, u64> = TableDefinition::new("about");
const FORMAT_KEY: &str = "grantspec bank format";

const KINDS: [Kind; 9] = [
    Kind::World,
    Kind::User,
    Kind::Client,
    Kind::Login,
    Kind::Grant,
    Kind::Access,
    Kind::Refresh,
    Kind::Mandate,
    Kind::Disconnection,
];

/// What is wrong with the file that the books are kept in.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("failed to open {}: {cause}; its folder has to exist, and both have to be writable", path.display())]
    Open { path: PathBuf, cause: std::io::Error },
    #[error("{} is in use by another process: stop that bank first, or give this one a file of its own", path.display())]
    Busy { path: PathBuf },
    #[error("{} is no file of this bank: choose one that does not exist yet, it will be made", path.display())]
    Foreign { path: PathBuf },
    #[error(
        "{} is written in format {found}, and this version of grantspec knows format {FORMAT} only: use the version \
         that wrote it, or begin with a new file",
        path.display()
    )]
    Format { path: PathBuf, found: u64 },
    #[error("{} is damaged: {cause}; begin with a new file, or with a copy from before", path.display())]
    Damaged { path: PathBuf, cause: String },
    #[error("failed to write to {}: {cause}; what was not answered yet has not happened", path.display())]
    Write { path: PathBuf, cause: Box<redb::Error> },
    #[error("failed to start the thread that writes the file: {0}")]
    Thread(std::io::Error),
}

/// The open file. No other process can open it.
pub struct File {
    path: PathBuf,
    base: Database,
}

impl fmt::Debug for File {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "File({})", self.path.display())
    }
}

impl File {
    /// Opens the file, readable by its owner only if it has to be made.
    pub fn open(path: &Path) -> Result<File, StoreError> {
        let path = path.to_owned();
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = match options.open(&path) {
            Ok(file) => file,
            Err(cause) => return Err(StoreError::Open { path, cause }),
        };
        match FileBackend::new(file) {
            Ok(backend) => File::over(path, backend),
            Err(error) => Err(not_opened(path, error)),
        }
    }

    /// The same over what stands for a file. `path` is what it is called.
    pub fn over(path: PathBuf, backend: impl StorageBackend) -> Result<File, StoreError> {
        match Builder::new().create_with_backend(backend) {
            Ok(base) => File { path, base }.checked(),
            Err(error) => Err(not_opened(path, error)),
        }
    }

    /// Reads all rows, in the order of their keys.
    pub fn read(&self, put_back: impl FnMut(Key, &[u8]) -> Result<(), Unreadable>) -> Result<(), StoreError> {
        match self.read_rows(put_back) {
            Ok(Ok(())) => Ok(()),
            Ok(Err(unreadable)) => Err(self.damaged(unreadable)),
            Err(error) => Err(self.damaged(error)),
        }
    }

    /// Writes changes down. They are durable when this returns, or not there at all if it is an error.
    pub fn write(&self, changes: &[Change]) -> Result<(), StoreError> {
        let write = || -> Result<(), redb::Error> {
            let transaction = self.base.begin_write()?;
            {
                let mut rows = transaction.open_table(ROWS)?;
                for change in changes {
                    match change {
                        Change::Put(key, row) => {
                            rows.insert((key.world, key.kind as u8, key.at), row.as_slice())?;
                        }
                        Change::Close(world) => {
                            rows.retain_in((*world, 0, 0)..=(*world, u8::MAX, u64::MAX), |_, _| false)?;
                        }
                    }
                }
            }
            Ok(transaction.commit()?)
        };
        write().map_err(|cause| StoreError::Write { path: self.path.clone(), cause: Box::new(cause) })
    }

    fn read_rows(
        &self,
        mut put_back: impl FnMut(Key, &[u8]) -> Result<(), Unreadable>,
    ) -> Result<Result<(), Unreadable>, redb::Error> {
        let rows = self.base.begin_read()?.open_table(ROWS)?;
        for row in rows.iter()? {
            let (key, row) = row?;
            let (world, kind, at) = key.value();
            let Some(kind) = KINDS.into_iter().find(|known| *known as u8 == kind) else {
                return Err(redb::Error::Corrupted(format!("there is a row of the unknown kind {kind}")));
            };
            if let Err(unreadable) = put_back(Key { world, kind, at }, row.value()) {
                return Ok(Err(unreadable));
            }
        }
        Ok(Ok(()))
    }

    /// This file, if it is one of this bank's, in the format that is known here. One that is empty becomes one.
    fn checked(self) -> Result<File, StoreError> {
        let format = || -> Result<Option<u64>, redb::Error> {
            let transaction = self.base.begin_read()?;
            let about = match transaction.open_table(ABOUT) {
                Ok(about) => about,
                Err(TableError::TableDoesNotExist(_)) if transaction.list_tables()?.next().is_none() => {
                    return Ok(None);
                }
                Err(error) => return Err(error.into()),
            };
            Ok(Some(about.get(FORMAT_KEY)?.map_or(0, |format| format.value())))
        };
        match format() {
            Ok(Some(FORMAT)) => Ok(self),
            Ok(Some(found)) => Err(StoreError::Format { path: self.path, found }),
            Ok(None) => {
                self.begin()?;
                Ok(self)
            }
            Err(redb::Error::TableDoesNotExist(_) | redb::Error::TableTypeMismatch { .. }) => {
                Err(StoreError::Foreign { path: self.path })
            }
            Err(error) => Err(self.damaged(error)),
        }
    }

    fn begin(&self) -> Result<(), StoreError> {
        let write = || -> Result<(), redb::Error> {
            let transaction = self.base.begin_write()?;
            transaction.open_table(ROWS)?;
            transaction.open_table(ABOUT)?.insert(FORMAT_KEY, FORMAT)?;
            Ok(transaction.commit()?)
        };
        write().map_err(|cause| StoreError::Write { path: self.path.clone(), cause: Box::new(cause) })
    }

    fn damaged(&self, cause: impl fmt::Display) -> StoreError {
        StoreError::Damaged { path: self.path.clone(), cause: cause.to_string() }
    }
}

fn not_opened(path: PathBuf, error: DatabaseError) -> StoreError {
    match error {
        DatabaseError::DatabaseAlreadyOpen => StoreError::Busy { path },
        DatabaseError::Storage(StorageError::Io(cause)) if cause.kind() != ErrorKind::InvalidData => {
            StoreError::Open { path, cause }
        }
        DatabaseError::Storage(StorageError::Corrupted(cause)) => StoreError::Damaged { path, cause },
        _ => StoreError::Foreign { path },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(path: &Path) -> String {
        File::open(path).expect_err("it can't be used").to_string()
    }

    #[test]
    fn what_is_no_file_of_this_bank_is_told_apart() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("bank.redb");
        std::fs::write(&path, "Dear diary").expect("written");
        assert!(refused(&path).contains("is no file of this bank"));
        let missing = folder.path().join("missing").join("bank.redb");
        assert!(refused(&missing).contains("its folder has to exist"));
        assert!(refused(folder.path()).contains("failed to open"));

        let others = folder.path().join("others.redb");
        let base = Database::create(&others).expect("made");
        let transaction = base.begin_write().expect("begun");
        transaction.open_table(TableDefinition::<u64, u64>::new("theirs")).expect("made");
        transaction.commit().expect("durable");
        drop(base);
        assert!(refused(&others).contains("is no file of this bank"));
    }

    #[test]
    fn a_file_of_another_format_or_in_use_is_left_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("bank.redb");
        let open = File::open(&path).expect("made");
        assert!(refused(&path).contains("is in use by another process"));
        drop(open);

        let base = Database::create(&path).expect("opened");
        let transaction = base.begin_write().expect("begun");
        transaction.open_table(ABOUT).expect("there").insert(FORMAT_KEY, FORMAT + 1).expect("set");
        transaction.commit().expect("durable");
        drop(base);
        assert!(refused(&path).contains("is written in format 2"), "{}", refused(&path));
    }

    #[test]
    #[cfg(unix)]
    fn only_its_owner_can_read_it() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("bank.redb");
        drop(File::open(&path).expect("made"));
        let mode = std::fs::metadata(&path).expect("there").permissions().mode();
        assert_eq!(mode & 0o077, 0);
    }
}
