//! Fetching what a target file keeps elsewhere: secrets in environment variables and files. All are fetched before the first
//! request, so that everything that is missing is said at once.

use std::fmt;

use http::{HeaderName, HeaderValue};

use super::client::OpenError;
use super::file::{Hook, Kept, SecretError, TargetFile};

/// Values of the target file that stand elsewhere.
#[derive(Debug, Default)]
pub struct Fetched {
    /// Header lines of every request, each with whether it must not be shown.
    pub headers: Vec<(HeaderName, HeaderValue, bool)>,
    pub control_key: Option<String>,
    /// Secrets in the headers of single hooks, each with what it is.
    pub of_hooks: Vec<(String, String)>,
}

/// Secrets that can't be had: at least one.
#[derive(Debug)]
pub struct Missing(Vec<SecretError>);

/// Fetches one after the other, and keeps what went wrong until the end.
#[derive(Default)]
pub struct Fetching {
    missing: Vec<SecretError>,
}

impl Fetching {
    /// The text itself, or an empty one if it can't be had. `what` is for messages: `the secret of the client server`.
    pub fn text(&mut self, kept: &Kept, what: &str) -> String {
        kept.text(what).unwrap_or_else(|error| {
            self.missing.push(error);
            String::new()
        })
    }

    /// Ends it.
    ///
    /// # Errors
    /// If something could not be had: all of it.
    pub fn end(self) -> Result<(), Missing> {
        if self.missing.is_empty() { Ok(()) } else { Err(Missing(self.missing)) }
    }
}

impl Fetched {
    /// What is not of users and clients. Header lines of hooks stand in the file afterwards.
    ///
    /// # Errors
    /// A value that no header can carry.
    pub fn of(file: &mut TargetFile, fetching: &mut Fetching) -> Result<Fetched, OpenError> {
        let mut fetched = Fetched::default();
        for (name, kept) in &file.headers {
            let what = format!("the header {name}");
            let value = header(fetching.text(kept, &what), what)?;
            fetched.headers.push((name.clone(), value, kept.is_secret()));
        }
        let key = file.control.key.as_ref();
        fetched.control_key = key.map(|key| fetching.text(key, "the key of the control API"));
        for (at, hook) in file.hooks_mut() {
            let Hook::Request(request) = hook else { continue };
            for (name, kept) in request.headers.0.iter_mut().filter(|(_, kept)| kept.is_secret()) {
                let what = format!("the header {name} of {at}");
                let text = fetching.text(kept, &what);
                header(text.clone(), what)?;
                fetched.of_hooks.push((text.clone(), format!("header {name}")));
                *kept = Kept::Hushed(text);
            }
        }
        Ok(fetched)
    }
}

fn header(text: String, what: String) -> Result<HeaderValue, OpenError> {
    HeaderValue::from_str(&text).map_err(|_| OpenError::HeaderValue { what })
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.as_slice() {
            [one] => one.fmt(f),
            several => {
                write!(f, "{} secrets of the target file can't be had:", several.len())?;
                several.iter().try_for_each(|error| write!(f, "\n  {error}"))
            }
        }
    }
}

impl std::error::Error for Missing {}
