//! What the app writes down about its own doings: a line each, for whoever runs it. No token, code or secret has any
//! business in it.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::PathBuf;
use std::sync::Mutex;

use chrono::{SecondsFormat, Utc};

use super::StartError;
use super::app::locked;

/// The log. Without a file nothing is written.
#[derive(Debug)]
pub struct Journal(Option<Mutex<File>>);

impl Journal {
    pub fn open(path: Option<PathBuf>) -> Result<Journal, StartError> {
        let Some(path) = path else { return Ok(Journal(None)) };
        match OpenOptions::new().create(true).append(true).open(&path) {
            Ok(file) => Ok(Journal(Some(Mutex::new(file)))),
            Err(source) => Err(StartError::Log { path, source }),
        }
    }

    pub fn note(&self, line: &str) {
        if let Some(file) = &self.0 {
            let time = Utc::now().to_rfc3339_opts(SecondsFormat::Millis, true);
            // A full disk is no reason to let the user down.
            let _ = writeln!(locked(file), "{time} {line}");
        }
    }
}
