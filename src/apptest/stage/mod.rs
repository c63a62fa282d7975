//! Where one case takes place: a world at the bank, the app that is told of it, its users' browsers, and the tape.

mod programs;
mod roll;
mod tabs;

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::json;
use tempfile::TempDir;
use tokio::task::JoinSet;
use url::Url;

use super::Judging;
use super::bank::{Desk, NoWorld, World, whoami_request};
use super::browser::{Browser, Hop};
use super::hostile::{Doors, Hostile, ListenError};
use super::inside::{Begun, Inside};
use super::misled::is_loopback;
use super::port::Ports;
use super::process::{Ended, Program, StartError};
use crate::suite::app::{AppFile, Confidentiality, Text};
use crate::suite::client::Restart;
use crate::suite::{Client, USERS, User};
use crate::target::{Outgoing, Reply, Secrets, Tape};

pub use programs::tail;
use tabs::Tabs;

/// One login at the app.
#[derive(Clone, Debug)]
pub struct LoginHeld {
    pub user: User,
    /// What the bank redirected to, unchanged.
    pub callback: Url,
    /// The bank's name for the login, for the approval.
    pub login: String,
    /// The app has answered its callback once.
    pub answered: bool,
}

/// What stays of an action, to be compared with a later one.
#[derive(Clone, Debug, Default)]
pub struct Remembered {
    /// What a disconnection showed that the bank went along with.
    pub disconnected: Option<String>,
    /// What the app showed whenever all was well.
    pub well: Vec<String>,
    /// Verbs that the app has answered as one that has such a page.
    pub worked: BTreeSet<&'static str>,
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
    /// What browsers send with.
    http: reqwest::Client,
    browsers: HashMap<User, Browser>,
    /// Real browsers, for what is asked in one.
    tabs: Tabs,
    /// The app, if it goes on running.
    pub program: Option<Program>,
    /// How it is begun, if it lives in this process.
    inside: Option<Arc<dyn Inside>>,
    /// The app, if it lives in this process.
    begun: Option<Box<dyn Begun>>,
    /// Commands that are still running.
    pub commands: Vec<Program>,
    /// Exchanges of the user's side since the last step ended.
    hops: Vec<(String, String, Hop)>,
    /// How many requests at the bank are on the tape.
    taped: usize,
    folder: TempDir,
    ports: Ports,
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
    #[error("failed to find a port for the app: {0}")]
    Port(std::io::Error),
    #[error("failed to begin the app: {0}")]
    Begin(String),
    #[error("failed to write the app's config file {}: {cause}", path.display())]
    Config { path: PathBuf, cause: std::io::Error },
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
    pub async fn set(judging: &Judging) -> Result<Stage, StageError> {
        let (app, authority) = (Arc::clone(&judging.app), Arc::clone(&judging.authority));
        let routes = judging.routes.clone();
        let hostile = Hostile::new(routes.clone(), app.limits.requests);
        let bank = &app.bank;
        let doors =
            Doors::open(&hostile, authority.clone(), bank.port.unwrap_or(0), bank.tls, &bank.hosts).await?;
        let folder = tempfile::Builder::new().prefix("grantspec-").tempdir().map_err(StageError::Folder)?;
        let ca_file = folder.path().join("bank-ca.pem");
        std::fs::write(&ca_file, &authority.pem).map_err(StageError::Folder)?;
        let ports = Ports::take().map_err(StageError::Port)?;
        let desk = Desk::new(routes);
        let redirect_uri = app.redirect_uri.fill(|name| ports.placeholder(name));
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
            http: judging.http.clone(),
            browsers: HashMap::new(),
            tabs: Tabs::new(Arc::clone(&judging.browsers)),
            program: None,
            inside: judging.inside.clone(),
            begun: None,
            commands: Vec::new(),
            hops: Vec::new(),
            taped: 0,
            folder,
            ports,
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
                "folder" => self.folder.path().display().to_string(),
                "ca_file" => self.ca_file.display().to_string(),
                "proxy" => self.doors.proxy.clone()?,
                "user" => user?.0.clone(),
                "grantspec" => std::env::current_exe().ok()?.display().to_string(),
                name => self.ports.placeholder(name)?,
            })
        })
    }

    /// A user's browser: the same through the whole case.
    pub fn browser(&mut self, user: &User) -> Browser {
        let limit = Duration::from_millis(self.app.limits.action_ms);
        self.browsers.entry(user.clone()).or_insert_with(|| Browser::new(self.http.clone(), limit)).clone()
    }

    /// Whether an address is the bank's login.
    pub fn is_login(&self, url: &Url) -> bool {
        let bank = &self.doors.bank;
        let by_another_name = || {
            let (here, there) = (url.port_or_known_default(), bank.port_or_known_default());
            url.scheme() == bank.scheme() && here == there && is_loopback(url)
        };
        let of_bank = url.origin() == bank.origin()
            || by_another_name()
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
        self.tabs.close().await;
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

/// Where an app file stands.
pub fn folder_of(path: &Path) -> PathBuf {
    path.parent().map(Path::to_owned).unwrap_or_default()
}
