//! An app that lives in this process instead of being a program. Whoever judges it knows how it is begun.

use std::fmt::Debug;
use std::path::PathBuf;

use url::Url;

use super::process::Ended;

/// How an app of this process is begun: what its file says of programs is left aside.
pub trait Inside: Debug + Send + Sync {
    /// Begins it.
    ///
    /// # Errors
    /// Why it can't be.
    fn begin(&self, told: Told) -> Result<Box<dyn Begun>, String>;
}

/// An app that was begun. When this is dropped it ends, as a program that is killed: whatever is under way is never finished.
pub trait Begun: Debug + Send + Sync {
    /// How it has ended by itself, if it has.
    fn ended(&self) -> Option<Ended>;
}

/// What an app is told that is begun.
#[derive(Clone, Debug)]
pub struct Told {
    pub bank: Url,
    /// Where it shall listen, on loopback.
    pub port: u16,
    pub client_id: String,
    pub client_secret: String,
    pub redirect_uri: Url,
    /// Where it may keep its files.
    pub folder: PathBuf,
    /// Certificates to trust, if the bank speaks TLS.
    pub ca_file: Option<PathBuf>,
}
