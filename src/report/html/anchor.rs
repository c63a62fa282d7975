//! Names of places on the page, and links to them.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::report::visible;

/// The id of a case's element. Ids have no spaces (HTML, "The id attribute").
pub fn case_anchor(id: &str) -> String {
    anchor("case", id)
}

/// The id of a requirement's row.
pub fn requirement_anchor(id: &str) -> String {
    anchor("promise", id)
}

fn anchor(kind: &str, id: &str) -> String {
    let id = visible::line(id, 300).replace(char::is_whitespace, "-");
    format!("{kind}:{id}")
}

/// The address of an element of this page.
pub fn link(anchor: &str) -> String {
    const PLAIN: &AsciiSet =
        &NON_ALPHANUMERIC.remove(b'/').remove(b':').remove(b'.').remove(b'-').remove(b'_');
    format!("#{}", utf8_percent_encode(anchor, PLAIN))
}
