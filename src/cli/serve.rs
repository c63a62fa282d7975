//! `grantspec serve`: the bundled bank, until it is stopped.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use clap::Args;
use tokio::net::TcpListener;

use super::output::{complain, err, out};
use super::run::chosen_defects;
use super::stop::Stop;
use crate::reference::{self, Options};
use crate::results::Exit;

/// How long requests that are under way at the signal to stop may still take.
const GRACE: Duration = Duration::from_secs(1);

/// Run the bundled bank until Ctrl-C or SIGTERM.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  grantspec serve --port 8080                             then open http://127.0.0.1:8080
  grantspec serve --port 0 --defect refresh.single-use    any free port; the address is printed
  grantspec run --target http://127.0.0.1:8080            judge it, from another terminal")]
pub struct Serve {
    /// Port to listen on; 0 takes any that is free.
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// Address to listen on. Anything but loopback lets others in: the control API has no password.
    #[arg(long, default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    host: IpAddr,
    /// Break a promise on purpose (`grantspec list defects`); may be given more than once.
    #[arg(long, value_name = "ID")]
    defect: Vec<String>,
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
        runtime.block_on(async {
            let stop = Stop::listen();
            let listener = match TcpListener::bind((self.host, self.port)).await {
                Ok(listener) => listener,
                Err(error) => {
                    complain(format!(
                        "failed to listen on {}:{}: {error}; --port 0 takes any port that is free",
                        self.host, self.port
                    ));
                    return Exit::Trouble;
                }
            };
            match listener.local_addr() {
                Ok(address) => out(&format!("http://{address}\n")),
                Err(error) => complain(format!("failed to learn the address: {error}")),
            }
            if !self.host.is_loopback() {
                err(&format!(
                    "warning: listening on {}, not on loopback: whoever reaches it can log in as anybody\n",
                    self.host
                ));
            }
            for defect in &defects {
                err(&format!("defect {}: {}\n", defect.id, defect.about));
            }
            let asked = stop.clone();
            let routes = reference::routes(&Options { defects, ..Options::default() });
            let serving = reference::serve(listener, routes, async move {
                asked.requested().await;
            });
            // Requests under way are answered, but one that never comes to its end must not keep the bank up.
            let overdue = async {
                stop.requested().await;
                tokio::time::sleep(GRACE).await;
            };
            tokio::select! {
                served = serving => match served {
                    Ok(()) => Exit::Conformant,
                    Err(error) => {
                        complain(format!("the bank stopped: {error}"));
                        Exit::Trouble
                    }
                },
                () = overdue => Exit::Conformant,
            }
        })
    }
}
