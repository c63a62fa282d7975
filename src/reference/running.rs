//! The bank on free ports of loopback, for as long as somebody holds on to it.

use axum::Router;
use tokio::net::TcpListener;
use tokio::sync::watch;

use super::{Options, routes, serve};

/// How many nodes it has: as many as it takes to see whether what happens at one is known at another.
const NODES: usize = 2;

/// A bank that runs in this process. It stops when this is dropped.
#[derive(Debug)]
pub struct Running {
    nodes: Vec<(String, Router)>,
    _stop: watch::Sender<()>,
}

impl Running {
    /// Starts a bank of two nodes on free ports, on the runtime that this is called in.
    ///
    /// # Errors
    /// If no port of loopback can be listened on.
    pub async fn start(options: Options) -> std::io::Result<Running> {
        let mut listeners = Vec::new();
        let mut addresses = Vec::new();
        for _ in 0..NODES {
            let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
            addresses.push(format!("http://{}", listener.local_addr()?));
            listeners.push(listener);
        }
        let (stop, stopped) = watch::channel(());
        let routes = routes(&options, &addresses);
        for (listener, routes) in listeners.into_iter().zip(&routes) {
            let mut stopped = stopped.clone();
            tokio::spawn(serve(listener, routes.clone(), async move {
                // The sender is never used: it is dropped.
                let _ = stopped.changed().await;
            }));
        }
        Ok(Running { nodes: addresses.into_iter().zip(routes).collect(), _stop: stop })
    }

    /// Its nodes: the address of each, such as `http://127.0.0.1:40123`, and its routes.
    pub fn nodes(&self) -> &[(String, Router)] {
        &self.nodes
    }

    /// What answers at its nodes, to be called without a network in between: of each, the beginning of the addresses that
    /// it answers for, with a slash at its end, and its routes. `under` is the path that they are to begin with, such as
    /// `/` for all of them or `/control/` for the control API alone.
    pub fn routes(&self, under: &str) -> Vec<(String, Router)> {
        self.nodes.iter().map(|(address, routes)| (format!("{address}{under}"), routes.clone())).collect()
    }

    /// Its base address, which is that of the first node, such as `http://127.0.0.1:40123`.
    pub fn address(&self) -> &str {
        &self.nodes[0].0
    }
}
