//! Where one case takes place: a world at the bank, the app that is told of it, its users' browsers, and the tape.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use serde_json::json;
use tempfile::TempDir;
use tokio::task::JoinSet;
use url::Url;

use super::bank::{Desk, NoWorld, World, whoami_request};
use super::browser::{Browser, Hop};
use super::certificates::Authority;
use super::hostile::{By, Doors, Hostile, ListenError};
use super::process::{Ended, Program, StartError};
use crate::suite::app::{AppFile, Confidentiality, Text};
use crate::suite::client::Restart;
use crate::suite::{Client, USERS, User};
use crate::target::{Outgoing, Reply, Secrets, Tape};

/// How often it is looked whether an app is up.
const LOOK: Duration = Duration::from_millis(20);

/// One login at the app.
#[derive(Clone, Debug)]
pub struct LoginHeld {
    pub user: User,
    /// What the bank redirected to, unchanged.
    pub callback: Url,
    /// The bank's name for the login, for the approval.
    pub login: String,
}

/// What stays of an action, to be compared with a later one.
#[derive(Clone, Debug, Default)]
pub struct Remembered {
    /// What a disconnection showed that the bank went along with.
    pub disconnected: Option<String>,
}

/// Everything of one case.
#[derive(Debug)]
pub struct Stage {
    pub app: Arc<AppFile>,
    pub desk: Desk,
    pub world: World,
    pub hostile: Hostile,
    pub doors: Doors,
    pub tape: Tape,
    pub logins: HashMap<String, LoginHeld>,
    pub remembered: Remembered,
    /// Every code that the bank gave.
    pub codes: Vec<String>,
    /// What was asked of the app and is not waited for.
    pub under_way: JoinSet<(User, Vec<Hop>)>,
    /// The states of all logins that were begun, in order; an empty one for none.
    pub states: Vec<String>,
    /// How long the app took to react in its first login.
    pub reaction: Option<Duration>,
    /// What every program of the app has written so far that has ended.
    pub written: String,
    browsers: HashMap<User, Browser>,
    /// The app, if it goes on running.
    pub program: Option<Program>,
    /// Commands that are still running.
    pub commands: Vec<Program>,
    /// Exchanges of the user's side since the last step ended.
    hops: Vec<(String, String, Hop)>,
    /// How many requests at the bank are on the tape.
    taped: usize,
    folder: TempDir,
    port: u16,
    ca_file: PathBuf,
}

/// What keeps a case from taking place.
#[derive(Debug, thiserror::Error)]
pub enum StageError {
    #[error(transparent)]
    Listen(#[from] ListenError),
    #[error(transparent)]
    World(#[from] NoWorld),
    #[error("failed to make a folder for the app: {0}")]
    Folder(std::io::Error),
    #[error("failed to write the app's config file {}: {cause}", path.display())]
    Config { path: PathBuf, cause: std::io::Error },
    #[error("failed to set up a browser: {0}")]
    Browser(reqwest::Error),
    #[error(transparent)]
    Start(#[from] StartError),
    #[error("the app ended {ended} before it was up{output}")]
    EndedEarly { ended: Ended, output: String },
    #[error(
        "the app was not up after {waited} ms: nothing answered at {at}; start it, correct `ready` or `redirect_uri` in the app \
         file, or raise limits.start_ms{output}"
    )]
    NotUp { waited: u128, at: String, output: String },
    #[error("the app's redirect_uri is no address: {0}")]
    RedirectUri(String),
}

impl Stage {
    /// Makes the world and opens the bank. The app is not started yet.
    pub async fn set(
        app: Arc<AppFile>,
        routes: Router,
        authority: Arc<Authority>,
    ) -> Result<Stage, StageError> {
        let hostile = Hostile::new(routes.clone(), app.limits.requests);
        let bank = &app.bank;
        let doors =
            Doors::open(&hostile, authority.clone(), bank.port.unwrap_or(0), bank.tls, &bank.hosts).await?;
        let folder = tempfile::Builder::new().prefix("grantspec-").tempdir().map_err(StageError::Folder)?;
        let ca_file = folder.path().join("bank-ca.pem");
        std::fs::write(&ca_file, &authority.pem).map_err(StageError::Folder)?;
        let port = free_port().map_err(StageError::Folder)?;
        let desk = Desk::new(routes);
        let redirect_uri = app.redirect_uri.fill(|name| (name == "port").then(|| port.to_string()));
        if Url::parse(&redirect_uri).is_err() {
            return Err(StageError::RedirectUri(redirect_uri));
        }
        let mut client = json!({ "redirect_uris": [redirect_uri] });
        for (key, value) in [("client_id", &app.client_id), ("client_secret", &app.client_secret)] {
            if let Some(value) = value {
                client[key] = json!(value);
            }
        }
        let world = desk.make_world(json!({ role(&app).0: client })).await?;
        hostile.books().users =
            USERS.map(|user| (user.to_owned(), world.user(&User(user.to_owned())).user_id.clone())).to_vec();
        let mut secrets = Secrets::default();
        secrets.add(&world.client(&role(&app)).client_secret, "client secret");
        Ok(Stage {
            app,
            desk,
            world,
            hostile,
            doors,
            tape: Tape::new(secrets),
            logins: HashMap::new(),
            remembered: Remembered::default(),
            states: Vec::new(),
            codes: Vec::new(),
            under_way: JoinSet::new(),
            reaction: None,
            written: String::new(),
            browsers: HashMap::new(),
            program: None,
            commands: Vec::new(),
            hops: Vec::new(),
            taped: 0,
            folder,
            port,
            ca_file,
        })
    }

    /// The role that the app has in the world.
    pub fn client(&self) -> Client {
        role(&self.app)
    }

    pub fn client_secret(&self) -> &str {
        &self.world.client(&self.client()).client_secret
    }

    /// A text of the app file with everything put in.
    pub fn fill(&self, text: &Text, user: Option<&User>) -> String {
        let client = self.world.client(&self.client());
        text.fill(|name| {
            Some(match name {
                "bank" => self.doors.bank.as_str().trim_end_matches('/').to_owned(),
                "client_id" => client.client_id.clone(),
                "client_secret" => client.client_secret.clone(),
                "redirect_uri" => client.redirect_uris.first().cloned().unwrap_or_default(),
                "port" => self.port.to_string(),
                "folder" => self.folder.path().display().to_string(),
                "ca_file" => self.ca_file.display().to_string(),
                "proxy" => self.doors.proxy.clone()?,
                "user" => user?.0.clone(),
                "grantspec" => std::env::current_exe().ok()?.display().to_string(),
                _ => return None,
            })
        })
    }

    /// Starts the app, if it is started at all, and waits until it is up.
    pub async fn start(&mut self) -> Result<(), StageError> {
        let app = Arc::clone(&self.app);
        let Some(start) = &app.start else { return Ok(()) };
        if let Some((path, text)) = &start.config {
            let path = self.app.folder.join(self.fill(path, None));
            let text = self.fill(text, None);
            std::fs::write(&path, text).map_err(|cause| StageError::Config { path, cause })?;
        }
        let command: Vec<String> = start.command.iter().map(|word| self.fill(word, None)).collect();
        let env = self.environment(&start.env, None);
        let program = Program::start(&command, &env, &self.app.folder, None)?;
        self.program = Some(program);
        self.wait_until_up(start.ready.as_ref()).await
    }

    async fn wait_until_up(&mut self, ready: Option<&Text>) -> Result<(), StageError> {
        let (began, limit) = (Instant::now(), Duration::from_millis(self.app.limits.start_ms));
        let at = match ready {
            Some(ready) => self.fill(ready, None),
            None => self.world.client(&self.client()).redirect_uris[0].clone(),
        };
        let url = Url::parse(&at).map_err(|_| StageError::RedirectUri(at.clone()))?;
        let browser = Browser::new(limit).map_err(StageError::Browser)?;
        loop {
            let up = match ready {
                Some(_) => {
                    let mut hops = Vec::new();
                    let asked = Outgoing::get(url.clone());
                    let landed = browser.open(asked, |_| true, &mut hops).await;
                    !matches!(landed, super::browser::Landed::Nowhere(_))
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
        matches!(self.app.connect, crate::suite::app::Action::Command { .. })
    }

    /// How the app that should go on running has ended, if it has.
    pub fn crashed(&mut self) -> Option<String> {
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

    /// A user's browser: the same through the whole case.
    pub fn browser(&mut self, user: &User) -> Result<Browser, StageError> {
        if let Some(browser) = self.browsers.get(user) {
            return Ok(browser.clone());
        }
        let limit = Duration::from_millis(self.app.limits.action_ms);
        let browser = Browser::new(limit).map_err(StageError::Browser)?;
        self.browsers.insert(user.clone(), browser.clone());
        Ok(browser)
    }

    /// Whether an address is the bank's login.
    pub fn is_login(&self, url: &Url) -> bool {
        let of_bank = url.origin() == self.doors.bank.origin()
            || url.host_str().is_some_and(|host| self.app.bank.hosts.iter().any(|known| known == host));
        of_bank && super::browser::is_authorization(url)
    }

    /// Asks the control API; it goes on the tape.
    pub async fn control(&mut self, actor: &str, purpose: &str, request: Outgoing) -> Reply {
        let at = Instant::now();
        let reply = self.desk.send(&request).await;
        self.note(actor, purpose, Hop { at, took: at.elapsed(), request, reply: reply.clone() });
        reply
    }

    /// Keeps an exchange of the user's side for the tape.
    pub fn note(&mut self, actor: &str, purpose: &str, hop: Hop) {
        self.hops.push((actor.to_owned(), purpose.to_owned(), hop));
    }

    /// What the user's side sent and got since the last step ended.
    pub fn hops(&self) -> impl Iterator<Item = &Hop> {
        self.hops.iter().map(|(_, _, hop)| hop)
    }

    /// Whether an access token still answers at the bank.
    pub async fn lives(&self, access: &str) -> bool {
        self.desk.send(&whoami_request(access)).await.is_ok_and(|answer| answer.status == 200)
    }

    /// Puts everything since the last step on the tape, in the order of time. Returns, for each request at the bank since
    /// then, its number there and on the tape.
    pub fn roll(&mut self) -> Vec<(usize, usize)> {
        let label = |stage: &mut Stage| {
            let given: Vec<_> = stage.hostile.books().given.clone();
            for given in given {
                let user = USERS.into_iter().find(|user| {
                    Some(&stage.world.user(&User((*user).to_owned())).user_id) == given.user_id.as_ref()
                });
                let user = user.unwrap_or("somebody");
                for (token, kind) in [(&given.access, "access"), (&given.refresh, "refresh")] {
                    if let Some(token) = token {
                        stage.tape.secrets().add(token, &format!("{user}·{kind}"));
                    }
                }
            }
        };
        label(self);
        while let Some(Ok((user, hops))) = self.under_way.try_join_next() {
            for hop in hops {
                self.hops.push((user.0.clone(), "ask the app, without waiting".to_owned(), hop));
            }
        }
        enum Row {
            User(Box<(String, String, Hop)>),
            Bank(usize),
        }
        let mut rows: Vec<(Instant, Row)> = Vec::new();
        for (actor, purpose, hop) in self.hops.drain(..) {
            rows.push((hop.at, Row::User(Box::new((actor, purpose, hop)))));
        }
        let books = self.hostile.books();
        let arrived: Vec<_> = books.arrived[self.taped..].to_vec();
        drop(books);
        for (at, one) in arrived.iter().enumerate() {
            rows.push((one.at, Row::Bank(self.taped + at)));
        }
        rows.sort_by_key(|(at, _)| *at);
        let mut numbers = Vec::new();
        let first = self.taped;
        for (at, row) in rows {
            match row {
                Row::User(user) => {
                    let (actor, purpose, hop) = *user;
                    self.tape.record_took(&actor, &purpose, at, hop.took, hop.request, hop.reply);
                }
                Row::Bank(number) => {
                    let one = &arrived[number - first];
                    let actor = if one.by == By::App { "app" } else { "browser" };
                    let took = one.done.map_or(Duration::ZERO, |done| done - one.at);
                    let reply = one.reply.clone().unwrap_or_else(|| {
                        Err(crate::results::Trouble {
                            kind: crate::results::TroubleKind::TimeOut,
                            detail: "not answered when the step ended".to_owned(),
                        })
                    });
                    let prepared = if one.scripted { ", answered as the case says" } else { "" };
                    let purpose = format!("{}{prepared}", one.kind.about());
                    let request = one.request.clone();
                    numbers.push((number, self.tape.record_took(actor, &purpose, at, took, request, reply)));
                }
            }
        }
        self.taped += arrived.len();
        numbers
    }

    /// The text of the app's files of one kind, with each one's path, as far as they are there.
    pub fn files(&self, paths: &[Text]) -> Vec<(String, String)> {
        let read = |path: &Text| {
            let path = self.app.folder.join(self.fill(path, None));
            let bytes = std::fs::read(&path).ok()?;
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
            Some((name.unwrap_or_default(), String::from_utf8_lossy(&bytes).into_owned()))
        };
        paths.iter().filter_map(read).collect()
    }

    /// Ends everything.
    pub async fn strike(&mut self) {
        self.under_way.shutdown().await;
        self.end_programs(Restart::Stop).await;
        self.desk.drop_world(&self.world).await;
    }
}

fn role(app: &AppFile) -> Client {
    Client(match app.client {
        Confidentiality::Confidential => "server".to_owned(),
        Confidentiality::Public => "public".to_owned(),
    })
}

/// A port of loopback that nobody listens on at this moment.
fn free_port() -> std::io::Result<u16> {
    Ok(std::net::TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
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

/// Where an app file stands.
pub fn folder_of(path: &Path) -> PathBuf {
    path.parent().map(Path::to_owned).unwrap_or_default()
}
