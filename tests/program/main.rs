//! The program as its users meet it: the command, servers in every kind of trouble, and what a run must never give away.

mod apps;
mod baseline;
mod command;
mod common {
    pub mod proxy;
    pub mod raw;
    pub mod stage;
    pub mod sweep;
}
mod editions;
mod nodes;
mod pool;
mod readings;
mod requests;
mod secrecy;
mod supposes;
mod target;
mod trials;
mod trouble;
mod wire;
