//! The JSON Schema of `results.json`, made from the types, so that it can't say anything else than they do.

use crate::results::{Run, SCHEMA};

/// JSON Schema (draft 2020-12) of what [`write`](super::write) writes, as indented JSON with a line end.
pub fn results() -> String {
    let mut schema = schemars::schema_for!(Run);
    schema.insert("title".to_owned(), format!("A run's results ({SCHEMA})").into());
    let mut text = serde_json::to_string_pretty(&schema).expect("a schema is JSON");
    text.push('\n');
    text
}
