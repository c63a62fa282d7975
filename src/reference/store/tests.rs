//! A bank over a file that breaks on demand, and one that comes back.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Method, Request};
use redb::StorageBackend;
use redb::backends::FileBackend;
use serde_json::{Value, json};
use tower_service::Service;
use wiremock::matchers::method;
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::*;
use crate::reference::bank::Bank;
use crate::reference::pages::scene::Browser;
use crate::reference::{Options, kept, kept_routes};

/// A disk that can be full, or such that redb panics.
#[derive(Debug)]
struct Disk {
    file: FileBackend,
    full: Arc<AtomicBool>,
    odd: Arc<AtomicBool>,
}

impl Disk {
    fn room(&self) -> Result<(), std::io::Error> {
        assert!(!self.odd.load(Ordering::Relaxed), "an odd disk");
        if self.full.load(Ordering::Relaxed) {
            return Err(std::io::Error::from(std::io::ErrorKind::StorageFull));
        }
        Ok(())
    }
}

impl StorageBackend for Disk {
    fn len(&self) -> Result<u64, std::io::Error> {
        self.file.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> Result<(), std::io::Error> {
        self.file.read(offset, out)
    }

    fn set_len(&self, len: u64) -> Result<(), std::io::Error> {
        self.room()?;
        self.file.set_len(len)
    }

    fn sync_data(&self) -> Result<(), std::io::Error> {
        self.room()?;
        self.file.sync_data()
    }

    fn write(&self, offset: u64, bytes: &[u8]) -> Result<(), std::io::Error> {
        self.room()?;
        self.file.write(offset, bytes)
    }
}

/// A bank on such a disk.
struct Stage {
    path: PathBuf,
    full: Arc<AtomicBool>,
    odd: Arc<AtomicBool>,
    complaints: Arc<AtomicUsize>,
    _folder: tempfile::TempDir,
}

impl Stage {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("bank.redb");
        Stage { path, full: Arc::default(), odd: Arc::default(), complaints: Arc::default(), _folder: folder }
    }

    /// A bank begins on it. There must be no other one.
    fn bank(&self) -> Router {
        let (path, complaints) = (self.path.clone(), self.complaints.clone());
        let (full, odd) = (self.full.clone(), self.odd.clone());
        let reopen = move || {
            let mut options = std::fs::OpenOptions::new();
            let file = options.read(true).write(true).create(true).truncate(false).open(&path);
            let file = FileBackend::new(file.expect("opened")).expect("nobody has it open");
            let file = File::over(path.clone(), Disk { file, full: full.clone(), odd: odd.clone() })?;
            read(file, &Rules::default(), Fixture::embedded())
        };
        let complain = Box::new(move |_: &StoreError| {
            complaints.fetch_add(1, Ordering::Relaxed);
        });
        let (store, ledger) = Store::over(reopen, complain).expect("a good file");
        let bank = Bank::nodes(Rules::default(), &Options::default(), &[], ledger, Some(store));
        kept(bank, &Options::default()).remove(0)
    }
}

async fn ask(bank: &Router, method: Method, path: &str, body: Value) -> (u16, Value) {
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let request = Request::builder().method(method).uri(path).body(Body::from(body)).expect("a request");
    let answer = bank.clone().call(request).await.expect("it never fails");
    let status = answer.status().as_u16();
    let bytes = to_bytes(answer.into_body(), usize::MAX).await.expect("a whole body");
    (status, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
}

async fn now(bank: &Router) -> u64 {
    let (status, world) = ask(bank, Method::GET, "/control/worlds/standing", Value::Null).await;
    assert_eq!(status, 200);
    world["now"].as_u64().expect("a time")
}

async fn advance(bank: &Router, seconds: u64) -> u16 {
    ask(bank, Method::POST, "/control/worlds/standing/advance", json!({ "seconds": seconds })).await.0
}

#[tokio::test]
async fn what_can_not_be_written_has_not_happened() {
    let stage = Stage::new();
    let bank = stage.bank();
    let begun = now(&bank).await;
    assert_eq!(advance(&bank, 100_000).await, 200);
    stage.full.store(true, Ordering::Relaxed);
    let (status, refused) = ask(&bank, Method::POST, "/control/worlds", json!({})).await;
    assert_eq!((status, &refused["code"]), (503, &"internal_service.not_written".into()));
    assert_eq!(advance(&bank, 100_000).await, 503);
    assert!(stage.complaints.load(Ordering::Relaxed) > 0);
    stage.full.store(false, Ordering::Relaxed);
    recovered(&bank).await;
    let later = now(&bank).await;
    assert!((100_000..150_000).contains(&(later - begun)), "the second advance shows: {}", later - begun);
    assert_eq!(advance(&bank, 100_000).await, 200);
    drop(bank);
    assert!(now(&stage.bank()).await - begun >= 200_000, "what was answered is there after a restart");
}

#[tokio::test]
async fn a_panic_while_writing_keeps_nobody_waiting() {
    let stage = Stage::new();
    let bank = stage.bank();
    let begun = now(&bank).await;
    stage.odd.store(true, Ordering::Relaxed);
    assert_eq!(advance(&bank, 100_000).await, 503);
    stage.odd.store(false, Ordering::Relaxed);
    recovered(&bank).await;
    assert!(now(&bank).await - begun < 50_000, "what was answered 503 has not happened");
    assert_eq!(advance(&bank, 100_000).await, 200);
}

/// Makes a world, and has its client `server` told at this address. Gives the world's path.
async fn told_at(bank: &Router, url: &str) -> String {
    let (_, made) = ask(bank, Method::POST, "/control/worlds", json!({})).await;
    let world = format!("/control/worlds/{}", made["world"].as_str().expect("a name"));
    let asked = json!({ "client": "server", "url": url });
    assert_eq!(ask(bank, Method::POST, &format!("{world}/notify"), asked).await.0, 200);
    world
}

async fn disconnect(bank: &Router, world: &str) -> u16 {
    let pair = json!({ "user": "alice", "client": "server" });
    ask(bank, Method::POST, &format!("{world}/disconnect"), pair).await.0
}

/// Waits until this is so of the client's notices.
async fn notices(bank: &Router, world: &str, so: impl Fn(&Value) -> bool) -> Value {
    loop {
        let (_, told) = ask(bank, Method::GET, &format!("{world}/notify/server"), Value::Null).await;
        if so(&told["notices"]) {
            return told["notices"].clone();
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn a_notice_that_waits_when_the_bank_stops_is_sent_when_it_starts_again() {
    let receiver = MockServer::start().await;
    let answers = |status| Mock::given(method("POST")).respond_with(ResponseTemplate::new(status));
    answers(500).up_to_n_times(1).with_priority(1).mount(&receiver).await;
    answers(200).mount(&receiver).await;
    let folder = tempfile::tempdir().expect("a folder");
    let bank = |notice_pause| {
        let options = Options { notice_pause, ..Options::default() };
        let complain = Box::new(|trouble: &StoreError| panic!("{trouble}"));
        kept_routes(&options, &[], folder.path().join("bank.redb"), complain).expect("a good file").remove(0)
    };
    // So patient that it makes no second attempt.
    let patient = bank(Duration::from_secs(3600));
    let world = told_at(&patient, &receiver.uri()).await;
    assert_eq!(disconnect(&patient, &world).await, 200);
    let waits = notices(&patient, &world, |notices| notices[0]["attempts"] == 1).await;
    assert_eq!(waits[0]["fate"], "under_way");
    drop(patient);

    let bank = bank(Duration::from_millis(1));
    let sent = notices(&bank, &world, |notices| notices[0]["fate"] != "under_way").await;
    assert_eq!((&sent[0]["fate"], &sent[0]["attempts"]), (&json!("taken"), &json!(2)));
    assert_eq!(sent[0]["id"], waits[0]["id"]);
    assert_eq!(disconnect(&bank, &world).await, 200, "it goes on being told");
    let sent = notices(&bank, &world, |notices| notices[1]["fate"] == "taken").await;
    let requests = receiver.received_requests().await.expect("they are recorded");
    let ids: Vec<Value> =
        requests.iter().map(|sent| sent.body_json::<Value>().expect("JSON")["id"].take()).collect();
    assert_eq!(ids, [&sent[0]["id"], &sent[0]["id"], &sent[1]["id"]].map(Value::clone));
}

#[tokio::test]
async fn nobody_is_told_what_could_not_be_written() {
    let receiver = MockServer::start().await;
    Mock::given(method("POST")).respond_with(ResponseTemplate::new(200)).mount(&receiver).await;
    let stage = Stage::new();
    let bank = stage.bank();
    let world = told_at(&bank, &receiver.uri()).await;
    stage.full.store(true, Ordering::Relaxed);
    assert_eq!(disconnect(&bank, &world).await, 503);
    stage.full.store(false, Ordering::Relaxed);
    recovered(&bank).await;
    assert_eq!(disconnect(&bank, &world).await, 200);
    let sent = notices(&bank, &world, |notices| notices[0]["fate"] == "taken").await;
    let requests = receiver.received_requests().await.expect("they are recorded");
    let ids: Vec<Value> =
        requests.iter().map(|sent| sent.body_json::<Value>().expect("JSON")["id"].take()).collect();
    assert_eq!((ids.len(), &ids[0]), (1, &sent[0]["id"]));
}

/// Waits until the disk that has room again is found to have it.
async fn recovered(bank: &Router) {
    // The file is tried again every second.
    while ask(bank, Method::GET, "/control/worlds/standing", Value::Null).await.0 == 503 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_secret_that_could_not_be_written_is_never_shown_again() {
    let stage = Stage::new();
    let bank = stage.bank();
    let (_, before) = ask(&bank, Method::GET, "/control/worlds/standing", Value::Null).await;
    assert!(before["clients"]["server"]["client_secret"].is_string());
    stage.full.store(true, Ordering::Relaxed);
    for _ in 0..2 {
        let asked = json!({ "client": "server" });
        assert_eq!(ask(&bank, Method::POST, "/control/worlds/standing/secret", asked).await.0, 503);
    }
    stage.full.store(false, Ordering::Relaxed);
    recovered(&bank).await;
    let (_, after) = ask(&bank, Method::GET, "/control/worlds/standing", Value::Null).await;
    assert_eq!(after["clients"], before["clients"], "the secret from before is the one that works");
}

#[tokio::test]
async fn a_page_tells_nothing_of_what_could_not_be_written() {
    let stage = Stage::new();
    let bank = stage.bank();
    let mut browser = Browser::at(bank.clone());
    browser.log_in("alice@example.com").await;
    browser.get("/developers").await;
    let form = [("name", "My App"), ("redirect_uris", "https://app.example/cb"), ("confidential", "yes")];
    stage.full.store(true, Ordering::Relaxed);
    assert_eq!(browser.post("/developers/clients", &form).await.status, 503);
    stage.full.store(false, Ordering::Relaxed);
    recovered(&bank).await;
    assert!(browser.get("/").await.text.contains("is kept in a file"));
    let page = browser.get("/developers").await.text;
    assert!(!page.contains("My App is registered") && !page.contains("fresh-secret"), "{page}");
    assert_eq!(browser.post("/developers/clients", &form).await.status, 303);
    assert!(browser.get("/developers").await.text.contains("My App is registered"));
}

#[tokio::test]
async fn what_was_pinned_for_a_client_is_there_after_a_restart() {
    let stage = Stage::new();
    let bank = stage.bank();
    let server = json!({ "client_id": "my-app", "redirect_uris": ["https://my-app.example/cb"] });
    let asked = json!({ "clients": { "server": server } });
    assert_eq!(ask(&bank, Method::POST, "/control/worlds", asked).await.0, 201);
    drop(bank);
    let bank = stage.bank();
    for (redirect_uri, status) in [("https://my-app.example/cb", 200), ("https://other.example/cb", 400)] {
        let path =
            format!("/oauth2/authorize?client_id=my-app&response_type=code&redirect_uri={redirect_uri}");
        assert_eq!(ask(&bank, Method::GET, &path, Value::Null).await.0, status, "{redirect_uri}");
    }
}

#[tokio::test]
async fn a_bank_that_starts_again_knows_its_worlds_and_no_secrets() {
    let stage = Stage::new();
    let bank = stage.bank();
    let (_, before) = ask(&bank, Method::GET, "/control/worlds/standing", Value::Null).await;
    let (_, made) = ask(&bank, Method::POST, "/control/worlds", json!({})).await;
    let secret = before["clients"]["server"]["client_secret"].as_str().expect("just made").to_owned();
    drop(bank);
    let bytes = std::fs::read(&stage.path).expect("there");
    assert!(!bytes.windows(secret.len()).any(|window| window == secret.as_bytes()));

    let bank = stage.bank();
    let (_, after) = ask(&bank, Method::GET, "/control/worlds/standing", Value::Null).await;
    assert_eq!(after["users"], before["users"]);
    assert_eq!(after["clients"]["server"]["client_id"], before["clients"]["server"]["client_id"]);
    assert_eq!(after["clients"]["server"]["client_secret"], Value::Null);
    let path = format!("/control/worlds/{}", made["world"].as_str().expect("a name"));
    assert_eq!(ask(&bank, Method::DELETE, &path, Value::Null).await.0, 204);
    drop(bank);
    assert_eq!(ask(&stage.bank(), Method::DELETE, &path, Value::Null).await.0, 404);
}

#[tokio::test]
async fn a_secret_that_nobody_knows_any_more_can_be_replaced() {
    let stage = Stage::new();
    drop(stage.bank());
    let bank = stage.bank();
    let asked = json!({ "client": "server" });
    let (status, given) = ask(&bank, Method::POST, "/control/worlds/standing/secret", asked).await;
    assert_eq!(status, 200);
    let (_, world) = ask(&bank, Method::GET, "/control/worlds/standing", Value::Null).await;
    assert_eq!(world["clients"]["server"]["client_secret"], given["client_secret"]);
    let unknown = json!({ "client": "nobody" });
    assert_eq!(ask(&bank, Method::POST, "/control/worlds/standing/secret", unknown).await.0, 404);
}
