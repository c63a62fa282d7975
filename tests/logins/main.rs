//! Logins at banks of several makes, by every driver: each is a small server with pages of its own, and cases run against it
//! as against any other.

mod bank;
mod bundled;
mod command;
mod form;
mod token;
