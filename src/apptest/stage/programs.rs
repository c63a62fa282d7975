//! The app's programs: started, waited for, ended, and begun again.

use std::sync::Arc;
use std::time::{Duration, Instant};

use url::Url;

use super::{Stage, StageError};
use crate::apptest::browser::{Browser, Landed};
use crate::apptest::inside::Told;
use crate::apptest::process::Program;
use crate::suite::User;
use crate::suite::app::{Action, Text};
use crate::suite::client::Restart;
use crate::target::Outgoing;

/// How often it is looked whether an app is up.
const LOOK: Duration = Duration::from_millis(20);

impl Stage {
    /// Starts the app, if it is started at all, and waits until it is up.
    pub async fn start(&mut self) -> Result<(), StageError> {
        let app = Arc::clone(&self.app);
        let Some(start) = &app.start else { return Ok(()) };
        if let Some(inside) = &self.inside {
            let begun = inside.begin(self.told()?).map_err(StageError::Begin)?;
            self.begun = Some(begun);
            return self.wait_until_up(start.ready.as_ref()).await;
        }
        if let Some((path, text)) = &start.config {
            let path = self.app.folder.join(self.fill(path, None));
            let text = self.fill(text, None);
            std::fs::write(&path, text).map_err(|cause| StageError::Config { path, cause })?;
        }
        let command: Vec<String> = start.command.iter().map(|word| self.fill(word, None)).collect();
        let env = self.environment(&start.env, None);
        let program = Program::start(&command, &env, &self.app.folder, None, start.stdin)?;
        self.program = Some(program);
        self.wait_until_up(start.ready.as_ref()).await
    }

    /// What an app of this process is told.
    fn told(&self) -> Result<Told, StageError> {
        let client = self.world.client(&self.client());
        let redirect_uri = client.redirect_uris[0].clone();
        Ok(Told {
            bank: self.doors.bank.clone(),
            port: self.ports.own(),
            client_id: client.client_id.clone(),
            client_secret: client.client_secret.clone(),
            redirect_uri: Url::parse(&redirect_uri).map_err(|_| StageError::RedirectUri(redirect_uri))?,
            folder: self.folder.path().to_owned(),
            ca_file: self.app.bank.tls.then(|| self.ca_file.clone()),
        })
    }

    async fn wait_until_up(&mut self, ready: Option<&Text>) -> Result<(), StageError> {
        let (began, limit) = (Instant::now(), Duration::from_millis(self.app.limits.start_ms));
        let at = match ready {
            Some(ready) => self.fill(ready, None),
            None => self.world.client(&self.client()).redirect_uris[0].clone(),
        };
        let url = Url::parse(&at).map_err(|_| StageError::RedirectUri(at.clone()))?;
        let browser = Browser::new(self.http.clone(), limit);
        loop {
            let up = match ready {
                Some(_) => {
                    let mut hops = Vec::new();
                    let asked = Outgoing::get(url.clone());
                    let landed = browser.open(asked, |_| true, &mut hops).await;
                    !matches!(landed, Landed::Nowhere(_))
                }
                None => takes_connections(&url).await,
            };
            if let Some(program) = &mut self.program
                && let Some(ended) = program.ended()
            {
                // Its last words may still be on their way.
                program.wait(Instant::now()).await;
                let output = tail(&program.output().text());
                return Err(StageError::EndedEarly { ended, output });
            }
            if let Some(ended) = self.begun.as_ref().and_then(|begun| begun.ended()) {
                return Err(StageError::EndedEarly { ended, output: String::new() });
            }
            if up {
                return Ok(());
            }
            if began.elapsed() > limit {
                let output = self.program.as_ref().map(|program| tail(&program.output().text()));
                let output = output.unwrap_or_default();
                return Err(StageError::NotUp { waited: limit.as_millis(), at, output });
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Ends the app, and begins it again.
    pub async fn restart(&mut self, how: Restart) -> Result<(), StageError> {
        self.end_programs(how).await;
        self.start().await
    }

    /// Ends every program, and keeps what they wrote.
    pub async fn end_programs(&mut self, how: Restart) {
        self.begun = None;
        for mut program in self.commands.drain(..).chain(self.program.take()) {
            program.end(how).await;
            self.written.push_str(&program.output().text());
        }
    }

    /// Everything that the app's programs wrote so far.
    pub fn output(&self) -> String {
        let running = self.commands.iter().chain(&self.program);
        running.fold(self.written.clone(), |text, program| text + &program.output().text())
    }

    /// Whether any program of the app runs, or may run where nobody sees it.
    pub fn may_still_act(&mut self) -> bool {
        let commands_only = self.program.is_none() && self.app.start.is_none() && self.is_a_command();
        self.commands.retain_mut(|program| {
            let runs = program.ended().is_none();
            if !runs {
                self.written.push_str(&program.output().text());
            }
            runs
        });
        !commands_only || !self.commands.is_empty()
    }

    fn is_a_command(&self) -> bool {
        matches!(self.app.connect, Action::Command { .. })
    }

    /// How the app that should go on running has ended, if it has.
    pub fn crashed(&mut self) -> Option<String> {
        if let Some(ended) = self.begun.as_ref().and_then(|begun| begun.ended()) {
            return Some(format!("the app ended {ended}"));
        }
        let program = self.program.as_mut()?;
        let ended = program.ended()?;
        Some(format!("the app ended {ended}{}", tail(&program.output().text())))
    }

    /// The environment of a program of the app: what its file says, and how it finds the bank and trusts it.
    pub fn environment(&self, own: &[(String, Text)], user: Option<&User>) -> Vec<(String, String)> {
        let mut env: Vec<(String, String)> = Vec::new();
        let mut add = |key: &str, value: &str| env.push((key.to_owned(), value.to_owned()));
        // A program that opens the link itself shows it in its output instead.
        add("BROWSER", "echo");
        if self.doors.proxy.is_some() || self.app.bank.tls {
            let ca_file = self.ca_file.display().to_string();
            for name in ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"] {
                add(name, &ca_file);
            }
        }
        if let Some(proxy) = &self.doors.proxy {
            for name in ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"] {
                add(name, proxy);
            }
            add("NO_PROXY", "127.0.0.1,localhost");
            add("no_proxy", "127.0.0.1,localhost");
            add("NODE_USE_ENV_PROXY", "1");
        }
        env.extend(own.iter().map(|(key, value)| (key.clone(), self.fill(value, user))));
        env
    }
}

async fn takes_connections(url: &Url) -> bool {
    let host = url.host_str().unwrap_or("127.0.0.1").trim_matches(['[', ']']).to_owned();
    let port = url.port_or_known_default().unwrap_or(80);
    tokio::net::TcpStream::connect((host, port)).await.is_ok()
}

/// The last lines of what a program wrote, for a message.
pub fn tail(text: &str) -> String {
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    if lines.is_empty() {
        return "; it wrote nothing".to_owned();
    }
    let last = lines[lines.len().saturating_sub(4)..].join(" / ");
    let from = last.ceil_char_boundary(last.len().saturating_sub(400));
    format!("; its last words: {}", &last[from..])
}
