//! The app that was judged, where it is an app and not a bank.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What the record of a run says of the app, besides its name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AppSeen {
    /// Which version was judged, as whoever ran it says. Nobody looks into the app for it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub version: Option<String>,
    /// Who ran it, as they say.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub by: Option<String>,
    /// Whether it has a client secret.
    pub confidential: bool,
}
