//! The server under test: where it is, how to talk to it, and how to make worlds on it.
//!
//! Everything that is particular to one server is in its [`TargetFile`]; the rest of the program only sees [`Target`].
//!
//! - `file`: the target file; `fetch`: what it keeps elsewhere; `draft`: one made from what a server publishes.
//! - `transport`: sending one request; `burst`: several at one instant; `pace`: how fast; `client`: TLS and proxy.
//! - `world`: users and clients, made or leased from a `pool`; `control`: what else is asked of a server for tests, by its control
//!   API or by `hooks`.
//! - `login`: how users get through, and how owners approve.
//! - `tape`: what was sent and came back; `redact`: without its secrets.

mod burst;
mod callback;
mod client;
mod control;
mod draft;
mod fetch;
mod file;
mod hooks;
pub mod login;
mod node;
mod pace;
mod pool;
mod readings;
mod redact;
mod tape;
mod transport;
mod wire;
mod world;

pub use burst::Released;
pub use callback::{Callback, form_decode};
pub use client::OpenError;
pub use control::of_user;
pub use draft::{Draft, Known, Metadata, well_known};
pub use fetch::Missing;
pub use file::{
    ClientAuthentication, Data, Endpoints, Limits, Logout, LogoutKind, Naming, Pointer, Revoked, Route,
    TargetError, TargetFile, Whoami, WhoamiKind, authentication, schema,
};
pub use hooks::{Deed, Values};
pub use login::Jar;
pub use readings::{Choice, Pinned, pointed};
pub use redact::{Redactor, Secrets};
pub use tape::Tape;
pub use transport::Target;
pub use wire::{Incoming, Outgoing, Reply, Sent};
pub use world::{ClientFacts, ControlError, UserFacts, World};
