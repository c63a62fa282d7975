//! `grantspec demo-app`: the demo app, until it is stopped.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use tokio::net::TcpListener;
use url::Url;

use super::output::{complain, err, out};
use super::stop::Stop;
use crate::demo::defects::{self, Defect};
use crate::demo::{App, End, Options, Secret, serve};
use crate::results::Exit;

/// Run an app that reads a user's accounts from a bank, correctly or with named defects.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  grantspec serve --port 8080                   a bank; register a client there, with this URL
                                                http://127.0.0.1:8090/callback
  grantspec demo-app --bank http://127.0.0.1:8080 --port 8090 \\
      --client-id ID --client-secret SECRET     then open http://127.0.0.1:8090
  grantspec list defects app.                   what can be wrong with it (--defect)")]
pub struct DemoApp {
    /// Base address of the bank.
    #[arg(long, value_name = "URL")]
    bank: Url,
    #[arg(long, value_name = "ID")]
    client_id: String,
    /// Without one the app is a public client.
    #[arg(long, value_name = "SECRET")]
    client_secret: Option<String>,
    /// Where the bank sends users back to; the path must be /callback. By default at the address that is listened on.
    #[arg(long, value_name = "URL")]
    redirect_uri: Option<Url>,
    /// Port of loopback to listen on; 0 takes any that is free.
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// The file that keeps the users' tokens; without one they end with the process.
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,
    /// Where the app writes down what it does.
    #[arg(long, value_name = "FILE")]
    log: Option<PathBuf>,
    /// Certificates (PEM) to trust besides the system's.
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
    /// The first pause, wherever the app waits before it asks again; later ones are multiples.
    #[arg(long, value_name = "MS", default_value_t = 1_000)]
    unit: u64,
    /// How long the app waits for an answer of the bank.
    #[arg(long, value_name = "MS", default_value_t = 10_000)]
    patience: u64,
    /// Break a promise on purpose (`grantspec list defects app.`); may be given more than once.
    #[arg(long, value_name = "ID")]
    defect: Vec<String>,
}

impl DemoApp {
    pub fn main(self) -> Exit {
        let defects = match chosen(&self.defect) {
            Ok(defects) => defects,
            Err(unknown) => {
                complain(unknown);
                return Exit::Usage;
            }
        };
        if !matches!(self.bank.scheme(), "http" | "https") {
            complain(format!(
                "--bank {} is no address of HTTP; give one such as http://127.0.0.1:8080",
                self.bank
            ));
            return Exit::Usage;
        }
        for defect in &defects {
            err(&format!("defect {}: {}\n", defect.id, defect.about));
        }
        let port = self.port;
        let options = Options {
            redirect_uri: self.redirect_uri,
            state: self.state,
            log: self.log,
            ca: self.ca,
            proxies: true,
            unit: Duration::from_millis(self.unit),
            patience: Duration::from_millis(self.patience),
            defects,
            ..Options::new(self.bank, self.client_id, self.client_secret.map(Secret::new))
        };
        let runtime = match tokio::runtime::Runtime::new() {
            Ok(runtime) => runtime,
            Err(error) => {
                complain(format!("failed to start: {error}"));
                return Exit::Trouble;
            }
        };
        let exit = runtime.block_on(run(port, &options));
        // What is under way is not waited for: it ends as in an app that is killed.
        runtime.shutdown_background();
        exit
    }
}

async fn run(port: u16, options: &Options) -> Exit {
    let stop = Stop::listen();
    let listening = async {
        let listener = TcpListener::bind(("127.0.0.1", port)).await?;
        let address = listener.local_addr()?;
        Ok::<_, std::io::Error>((listener, address))
    };
    let (listener, address) = match listening.await {
        Ok(listening) => listening,
        Err(error) => {
            complain(format!("failed to listen on port {port}: {error}; --port 0 takes any that is free"));
            return Exit::Trouble;
        }
    };
    let app = match App::new(options, address) {
        Ok(app) => app,
        Err(error) => {
            complain(error);
            return Exit::Usage;
        }
    };
    out(&format!("http://{address}\n"));
    match serve(listener, app, stop.requested()).await {
        Ok(End::Stopped) => Exit::Conformant,
        Ok(End::Crashed) => {
            complain("the app ended in the middle of a request, as its defect says");
            Exit::Trouble
        }
        Err(error) => {
            complain(format!("the app stopped: {error}"));
            Exit::Trouble
        }
    }
}

/// The defects with these ids, or what is wrong with them.
fn chosen(ids: &[String]) -> Result<Vec<&'static Defect>, String> {
    let mut chosen = Vec::new();
    for id in ids {
        let Some(defect) = defects::find(id) else {
            let near = defects::ALL.iter().map(|known| known.id);
            let near = near.max_by(|a, b| strsim::jaro(a, id).total_cmp(&strsim::jaro(b, id)));
            let near = near.map_or(String::new(), |near| format!(", did you mean {near}?"));
            return Err(format!("the app has no defect {id}{near}; `grantspec list defects app.` shows all"));
        };
        chosen.push(defect);
    }
    Ok(chosen)
}
