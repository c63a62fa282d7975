//! The demo app against the bundled bank, behind a layer that keeps every request and can answer in the bank's place.

mod browser;
mod departures;
mod journey;
mod judged;
mod program;
mod stage;
mod tls;
#[path = "../tls_support/mod.rs"]
mod tls_support;
mod watching;
