//! Serving the app's pages, until it is stopped or comes to its end.

use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};
use tokio::net::TcpListener;

use super::app::App;
use super::{leaving, login, page, reading, refresh};

/// Why the app serves no longer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// It was asked to.
    Stopped,
    /// A defect ended it in the middle of a request.
    Crashed,
}

/// Serves the app on `listener` until `stop` comes. Requests under way are not waited for.
///
/// # Errors
/// What the listener breaks with.
pub async fn serve(listener: TcpListener, app: App, stop: impl Future<Output = ()>) -> std::io::Result<End> {
    let app = Arc::new(app);
    if !app.books.owed().is_empty() {
        leaving::settle_later(&app);
    }
    app.journal.note("the app starts");
    let serving = axum::serve(listener, routes(Arc::clone(&app))).into_future();
    tokio::select! {
        served = serving => served.map(|()| End::Stopped),
        () = stop => Ok(End::Stopped),
        () = app.crash.notified() => Ok(End::Crashed),
    }
}

fn routes(app: Arc<App>) -> Router {
    Router::new()
        .route("/", get(page::home))
        .route("/connect", get(login::connect))
        .route("/callback", get(login::callback))
        .route("/use", post(reading::use_it))
        .route("/refresh", post(refresh::refresh_now))
        .route("/disconnect", post(leaving::disconnect))
        .with_state(app)
}
