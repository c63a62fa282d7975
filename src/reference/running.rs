//! The bank on a free port of loopback, for as long as somebody holds on to it.

use axum::Router;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use super::{Options, routes, serve};

/// A bank that runs in this process. It stops when this is dropped.
#[derive(Debug)]
pub struct Running {
    address: String,
    routes: Router,
    _stop: oneshot::Sender<()>,
}

impl Running {
    /// Starts a bank on a free port, on the runtime that this is called in.
    ///
    /// # Errors
    /// If no port of loopback can be listened on.
    pub async fn start(options: Options) -> std::io::Result<Running> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = format!("http://{}", listener.local_addr()?);
        let (stop, stopped) = oneshot::channel::<()>();
        let routes = routes(&options);
        tokio::spawn(serve(listener, routes.clone(), async {
            // The sender is never used: it is dropped.
            let _ = stopped.await;
        }));
        Ok(Running { address, routes, _stop: stop })
    }

    /// What answers at its address, to be called without a network in between.
    pub fn routes(&self) -> Router {
        self.routes.clone()
    }

    /// Its base address, such as `http://127.0.0.1:40123`.
    pub fn address(&self) -> &str {
        &self.address
    }
}
