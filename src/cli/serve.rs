//! `grantspec serve`: the bundled bank, until it is stopped.

use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::time::Duration;

use axum::Router;
use clap::Args;
use futures_util::future::try_join_all;
use tokio::net::TcpListener;

use super::output::{complain, err, out};
use super::planted::chosen_defects;
use super::stop::Stop;
use crate::reference::defects::Defect;
use crate::reference::ledger::{EXPIRES_IN, Secret};
use crate::reference::{self, Options, StoreError};
use crate::results::Exit;

/// How long requests that are under way at the signal to stop may still take.
const GRACE: Duration = Duration::from_secs(1);

/// Run the bundled bank until Ctrl-C or SIGTERM.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  grantspec serve --port 8080                             then open http://127.0.0.1:8080
  grantspec serve --port 0 --defect refresh.single-use    any free port; the address is printed
  grantspec serve --port 8080 --nodes 2                   one bank at ports 8080 and 8081
  grantspec serve --port 8080 --data bank.redb            keeps its books across restarts
  grantspec run --target http://127.0.0.1:8080            judge it, from another terminal")]
pub struct Serve {
    /// Port to listen on; 0 takes any that is free.
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// Address to listen on. Anything but loopback lets others in; the control API then wants a key, which is printed.
    #[arg(long, default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    host: IpAddr,
    /// At how many addresses the one bank is reached, as if they were machines behind a balancer: on ports that follow
    /// `--port`.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=8))]
    nodes: u16,
    /// How long an access token lives, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = EXPIRES_IN, value_parser = clap::value_parser!(u64).range(60..=31_536_000))]
    token_lifetime: u64,
    /// Let notices of what users did leave this machine: a client's developer says where they go.
    #[arg(long)]
    notify_anywhere: bool,
    /// Break a promise on purpose (`grantspec list defects`); may be given more than once.
    #[arg(long, value_name = "ID")]
    defect: Vec<String>,
    /// Keep everything in this file, which is made if there is none: a bank that is started with it again goes on where this
    /// one stopped, however it stopped. Without it everything is in memory.
    #[arg(long, value_name = "FILE")]
    data: Option<PathBuf>,
}

impl Serve {
    pub fn main(self) -> Exit {
        let defects = match chosen_defects(&self.defect) {
            Ok(defects) => defects,
            Err(unknown) => {
                complain(unknown);
                return Exit::Usage;
            }
        };
        let runtime = match tokio::runtime::Runtime::new() {
            Ok(runtime) => runtime,
            Err(error) => {
                complain(format!("failed to start: {error}"));
                return Exit::Trouble;
            }
        };
        runtime.block_on(self.serve(defects))
    }

    async fn serve(&self, defects: Vec<&'static Defect>) -> Exit {
        let stop = Stop::listen();
        let (listeners, addresses) = match self.listen().await {
            Ok(both) => both,
            Err(failed) => {
                complain(failed);
                return Exit::Trouble;
            }
        };
        let control_key = (!self.host.is_loopback()).then(|| Secret::random("control_", &mut rand::rng()));
        let options = Options {
            defects,
            token_lifetime: self.token_lifetime,
            control_key,
            notify_anywhere: self.notify_anywhere,
            ..Options::default()
        };
        let nodes = match self.routes(&options, &addresses) {
            Ok(nodes) => nodes,
            Err(error) => {
                complain(error);
                return Exit::Trouble;
            }
        };
        addresses.iter().for_each(|address| out(&format!("{address}\n")));
        if let Some(key) = &options.control_key {
            err(&format!(
                "warning: listening on {}, not on loopback: whoever reaches it can use the bank's pages and its API. The \
                 control API, by which one logs in as anybody, wants this key: Authorization: Bearer {}\n",
                self.host,
                key.expose()
            ));
        }
        for defect in &options.defects {
            err(&format!("defect {}: {}\n", defect.id, defect.about));
        }
        let serving = listeners.into_iter().zip(nodes).map(|(listener, routes)| {
            let asked = stop.clone();
            reference::serve(listener, routes, async move { asked.requested().await })
        });
        // Requests under way are answered, but one that never comes to its end must not keep the bank up.
        let overdue = async {
            stop.requested().await;
            tokio::time::sleep(GRACE).await;
        };
        tokio::select! {
            served = try_join_all(serving) => match served {
                Ok(_) => Exit::Conformant,
                Err(error) => {
                    complain(format!("the bank stopped: {error}"));
                    Exit::Trouble
                }
            },
            () = overdue => Exit::Conformant,
        }
    }

    /// A listener for each node, and the nodes' addresses.
    async fn listen(&self) -> Result<(Vec<TcpListener>, Vec<String>), String> {
        let mut listeners = Vec::new();
        let mut addresses = Vec::new();
        for node in 0..self.nodes {
            let port = match self.port {
                0 => 0,
                port => port
                    .checked_add(node)
                    .ok_or(format!("there is no port for node {}: choose a lower --port", node + 1))?,
            };
            let listener = TcpListener::bind((self.host, port)).await.map_err(|error| {
                format!(
                    "failed to listen on {}:{port}: {error}; --port 0 takes any port that is free",
                    self.host
                )
            })?;
            let address =
                listener.local_addr().map_err(|error| format!("failed to learn the address: {error}"))?;
            addresses.push(format!("http://{address}"));
            listeners.push(listener);
        }
        Ok((listeners, addresses))
    }

    fn routes(&self, options: &Options, addresses: &[String]) -> Result<Vec<Router>, StoreError> {
        match &self.data {
            None => Ok(reference::routes(options, addresses)),
            Some(file) => {
                let complain = Box::new(|trouble: &StoreError| complain(trouble));
                reference::kept_routes(options, addresses, file.clone(), complain)
            }
        }
    }
}
