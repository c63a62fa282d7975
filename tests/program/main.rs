//! The program as its users meet it: the command, servers in every kind of trouble, and what a run must never give away.

mod apps;
mod apps_by_command;
mod apps_in_trouble;
mod apps_misled;
mod baseline;
mod command;
mod common {
    pub mod app;
    pub mod proxy;
    pub mod raw;
    pub mod stage;
    pub mod sweep;
}
mod editions;
mod empty;
mod keys;
mod nodes;
mod pool;
mod puppet;
mod readings;
mod requests;
mod secrecy;
mod strange;
mod supposes;
mod target;
mod third_party;
#[path = "../tls_support/mod.rs"]
mod tls_support;
mod trials;
mod trouble;
mod wire;
