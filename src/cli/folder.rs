//! The folder of a run: one that no other run writes into, and `latest` pointing at the newest.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use chrono::Utc;

use crate::report;
use crate::results::Run;

/// Where runs are kept when nothing else was said.
const RUNS: &str = "reports";

/// A folder that this run writes into. It is locked until this is dropped.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    /// The link that shall point at it.
    latest: Option<PathBuf>,
    _lock: File,
}

/// What keeps a run from its folder.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    #[error("another run is writing into {}; wait for it, or choose another folder with --report", path.display())]
    Busy { path: PathBuf },
    #[error("failed to make {} a folder for reports: {cause}; choose another with --report", path.display())]
    Unwritable { path: PathBuf, cause: io::Error },
    #[error(transparent)]
    Write(#[from] report::WriteError),
}

impl Folder {
    /// Takes the folder that was asked for, or a new one under `reports/`.
    pub fn prepare(asked: Option<&Path>) -> Result<Folder, FolderError> {
        let (path, latest) = match asked {
            Some(path) => (path.to_owned(), None),
            None => {
                let name = format!("{}-{}", Utc::now().format("%Y%m%d-%H%M%S"), std::process::id());
                (Path::new(RUNS).join(name), Some(Path::new(RUNS).join("latest")))
            }
        };
        let unwritable = |cause| FolderError::Unwritable { path: path.clone(), cause };
        fs::create_dir_all(&path).map_err(unwritable)?;
        let lock = File::create(path.join(".lock")).map_err(unwritable)?;
        match lock.try_lock() {
            Ok(()) => Ok(Folder { path, latest, _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(FolderError::Busy { path }),
            Err(TryLockError::Error(cause)) => Err(FolderError::Unwritable { path, cause }),
        }
    }

    /// Writes the reports, and lets `latest` point at them.
    pub fn write(&self, run: &Run) -> Result<(), FolderError> {
        report::write(&self.path, run)?;
        if let (Some(latest), Some(name)) = (&self.latest, self.path.file_name()) {
            point(latest, Path::new(name))
                .map_err(|cause| FolderError::Unwritable { path: latest.clone(), cause })?;
        }
        Ok(())
    }

    /// The path to show: `reports/latest` where that is meant.
    pub fn shown(&self) -> &Path {
        self.latest.as_deref().unwrap_or(&self.path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // A lock file left behind locks nothing: the lock went with the process that held it.
        let _ = fs::remove_file(self.path.join(".lock"));
    }
}

/// Replaces the link in one step, so that there always is one.
#[cfg(unix)]
fn point(link: &Path, name: &Path) -> io::Result<()> {
    let beside = link.with_extension(format!("{}", std::process::id()));
    std::os::unix::fs::symlink(name, &beside)?;
    fs::rename(&beside, link).inspect_err(|_| {
        let _ = fs::remove_file(&beside);
    })
}

/// Where links need a privilege, `latest` is a file that says which folder it is.
#[cfg(not(unix))]
fn point(link: &Path, name: &Path) -> io::Result<()> {
    fs::write(link.with_extension("txt"), name.as_os_str().as_encoded_bytes())
}
