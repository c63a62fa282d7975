//! `/openapi.json`: what a client can ask, described for programs (OpenAPI 3.1). It stands beside this file as it is
//! served, but for the version.

use axum::http::Method;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};

use super::problem::Problem;

const DESCRIPTION: &str = include_str!("openapi.json");

/// `GET /openapi.json`
pub async fn page(method: Method) -> Response {
    if method != Method::GET {
        return Problem::wrong_method("GET").into_response();
    }
    let text = DESCRIPTION.replace("@VERSION@", env!("CARGO_PKG_VERSION"));
    ([(CONTENT_TYPE, "application/json")], text).into_response()
}
