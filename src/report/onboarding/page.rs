//! `onboarding.html`: the record as one page to read and to print. It loads nothing, and no script runs in it.

use askama::Template;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use sha2::{Digest, Sha256};

use super::Record;
use crate::report::html::{Piece, prose};
use crate::results::Run;

const STYLE: &str = include_str!("record.css");

#[derive(Template)]
#[template(path = "record.html")]
struct Page {
    style: &'static str,
    policy: String,
    record: Record,
}

impl Page {
    /// A note, with what stands between backticks as code.
    fn pieces(&self, note: &str) -> Vec<Piece> {
        prose(note, super::LONG)
    }
}

/// The record of a run that judged an app.
pub fn render(run: &Run) -> Option<String> {
    let record = Record::of(run)?;
    let style = BASE64_STANDARD.encode(Sha256::digest(STYLE));
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{style}'; img-src data:; base-uri 'none'; form-action 'none'"
    );
    let page = Page { style: STYLE, policy, record };
    Some(page.render().expect("writing into a String does not fail"))
}
