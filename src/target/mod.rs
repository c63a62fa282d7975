//! The server under test: where it is, how to talk to it, and how to make worlds on it.
//!
//! Everything that is particular to one server is in its [`TargetFile`]; the rest of the program only sees [`Target`].

mod burst;
mod callback;
mod control;
mod file;
pub mod login;
mod node;
mod readings;
mod redact;
mod tape;
mod transport;
mod wire;

pub use burst::Released;
pub use callback::{Callback, form_decode};
pub use control::{ClientFacts, ControlError, UserFacts, World};
pub use file::{ClientAuthentication, Endpoints, Limits, TargetError, TargetFile};
pub use readings::{Choice, Pinned, pointed};
pub use redact::{Redactor, Secrets};
pub use tape::Tape;
pub use transport::{OpenError, Target};
pub use wire::{Incoming, Outgoing, Reply, Sent};
