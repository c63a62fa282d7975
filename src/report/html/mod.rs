//! `index.html`: one file for people. It loads nothing, needs no script to be read, and treats whatever a target sent
//! as text.
//!
//! A run becomes a `Page` of plain strings, which have been made visible and shortened; the templates beside
//! this file lay them out and escape them.

mod anchor;
mod body;
mod case;
mod page;
mod prose;
mod step;
mod story;
mod trace;

use std::io;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use sha2::{Digest, Sha256};

use askama::Template as _;

use crate::results::Run;

pub(super) use prose::{Piece, prose};

pub(super) const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("script.js");

/// The run as one HTML file. Its time and size grow linearly with the run's.
pub fn render(run: &Run) -> String {
    page::Page::of(run).render().expect("writing into a String does not fail")
}

/// Writes what [`render`] gives, without holding all of it.
pub(super) fn write(file: &mut dyn io::Write, run: &Run) -> io::Result<()> {
    page::Page::of(run).write_into(file)
}

/// Allows the page's own style and script by their hashes, and nothing else.
pub(super) fn policy() -> String {
    format!(
        "default-src 'none'; style-src {}; script-src {}; img-src data:; base-uri 'none'; form-action 'none'",
        hash(STYLE),
        hash(SCRIPT),
    )
}

/// A hash source (CSP Level 3, §2.3.1) of an inline element's whole text.
fn hash(text: &str) -> String {
    format!("'sha256-{}'", BASE64_STANDARD.encode(Sha256::digest(text.as_bytes())))
}
