//! The JSON Schema of a suite file, for editors: from the same definitions that read it.

use serde_json::{Map, Value as Json, json};

use super::client;
use super::read::case::Script;
use super::read::file::SuiteForm;
use super::read::form::of_file;
use super::read::value::{VARIABLE_PATTERN, Value};

/// JSON Schema (2020-12) of a suite for apps: the same head, other steps.
pub fn client_schema() -> Json {
    let mut schema = schema();
    let mut defs = Map::new();
    defs.insert("Variable".to_owned(), schema["$defs"]["Variable"].clone());
    let case = &mut schema["properties"]["case"]["items"]["properties"];
    case["step"]["items"] = client::Step::schema(&mut defs);
    case["needs"] = Vec::<<client::Step as Script>::Need>::schema(&mut defs);
    schema["title"] = json!("grantspec suite for apps");
    schema["$defs"] = Json::Object(defs);
    schema
}

/// JSON Schema (2020-12) of a suite for banks. It knows keys, types, words and ranges; what goes over several steps, such as
/// handles, only reading the file tells.
pub fn schema() -> Json {
    let variable = json!({
        "description": "A key of the case's `each`: stands for its value in each variant.",
        "type": "string",
        "pattern": VARIABLE_PATTERN,
    });
    of_file::<SuiteForm>("grantspec suite", Some(variable))
}
