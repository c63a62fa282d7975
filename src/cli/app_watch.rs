//! `grantspec app watch`: the bundled bank, and a live page of what an app does there.

use std::collections::HashMap;
use std::net::SocketAddr;

use clap::Args;
use tokio::net::TcpListener;

use super::output::{complain, out};
use super::stop::Stop;
use crate::reference;
use crate::results::Exit;
use crate::suite::Library;
use crate::watch::{Watch, page};

/// Look on while an app is used by hand: a bank, and a live page of each request and each promise kept or broken.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  grantspec app watch --port 8080 --page-port 8081    the bank at 8080; open http://127.0.0.1:8081

Register a client in the bank's developer tools, give its id and secret to the app, and use it.")]
pub struct AppWatch {
    /// Port of the bank; 0 takes any that is free.
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// Port of the live page; 0 takes any that is free.
    #[arg(long, default_value_t = 0)]
    page_port: u16,
}

impl AppWatch {
    pub fn main(self) -> Exit {
        let runtime = match tokio::runtime::Runtime::new() {
            Ok(runtime) => runtime,
            Err(error) => {
                complain(format!("failed to start: {error}"));
                return Exit::Trouble;
            }
        };
        let exit = runtime.block_on(self.run());
        // An open page never ends its stream of events.
        runtime.shutdown_background();
        exit
    }

    async fn run(self) -> Exit {
        let stop = Stop::listen();
        let (Some((bank, at)), Some((page_listener, page_at))) =
            (listen(self.port).await, listen(self.page_port).await)
        else {
            return Exit::Trouble;
        };
        let watch = Watch::default();
        let base = format!("http://{at}");
        let mut routes = reference::routes(&reference::Options::default(), &[]);
        let served = watch.over(routes.swap_remove(0));
        let live = page(watch, &base, &sentences());
        out(&format!("bank: {base}\npage: http://{page_at}\n"));
        let bank = reference::serve(bank, served, std::future::pending());
        let page = axum::serve(page_listener, live).into_future();
        tokio::select! {
            Err(error) = bank => trouble(&error),
            Err(error) = page => trouble(&error),
            () = stop.requested() => Exit::Conformant,
            else => Exit::Conformant,
        }
    }
}

async fn listen(port: u16) -> Option<(TcpListener, SocketAddr)> {
    let listening = async {
        let listener = TcpListener::bind(("127.0.0.1", port)).await?;
        let address = listener.local_addr()?;
        Ok::<_, std::io::Error>((listener, address))
    };
    match listening.await {
        Ok(listening) => Some(listening),
        Err(error) => {
            complain(format!("failed to listen on port {port}: {error}; 0 takes any that is free"));
            None
        }
    }
}

fn trouble(error: &std::io::Error) -> Exit {
    complain(format!("the watch stopped: {error}"));
    Exit::Trouble
}

/// What the catalogue says of each promise.
fn sentences() -> HashMap<String, String> {
    let requirements = Library::shipped().catalogue.requirements;
    requirements.into_iter().map(|known| (known.id, known.promise)).collect()
}
