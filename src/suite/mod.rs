//! The suite language: what an author writes, and the typed cases it becomes.
//!
//! A suite is a TOML file of cases; a case is a list of steps; a step is one verb and what it expects. Reading a file
//! goes text → [`Suite`], or text → every mistake in it: nothing that is left of a file after reading can be wrong.
//! This room does no I/O: it is given texts and their names.

pub mod case;

pub use case::*;
