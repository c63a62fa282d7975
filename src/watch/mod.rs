//! Watching an app at work: the bundled bank, and a live page that shows each request of the app, and each promise that it
//! kept or broke with it. Nothing is scripted, and nobody is judged: what an app was never seen to do stays open.
//!
//! - `seen`: one request with its answer.
//! - [`promises`]: what a request says of the promises, from what came before it; no I/O, no clock of its own.
//! - `layer`: the bank's routes with somebody who looks on.
//! - `live`: the page, and the stream of events that it shows (server-sent events).

mod layer;
mod live;
pub mod promises;
mod seen;

pub use layer::Watch;
pub use live::routes as page;
pub use seen::Seen;
