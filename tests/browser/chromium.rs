//! A Chromium for a test: one at a time, with a profile and a chromedriver of its own.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};

use serde_json::json;
use thirtyfour::prelude::*;

#[derive(Clone, Copy, PartialEq)]
pub enum Scripts {
    On,
    Off,
}

/// Opens a browser, hands it over with a folder for the test's files, and closes it again.
pub fn in_browser<F, R>(scripts: Scripts, check: F)
where
    F: FnOnce(WebDriver, &Path) -> R,
    R: Future<Output = WebDriverResult<()>>,
{
    // One browser at a time: each is as heavy as all other tests together.
    static TURN: Mutex<()> = Mutex::new(());
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let (false, Some(chromium), Some(chromedriver)) =
        (left_out(), on_path("chromium"), on_path("chromedriver"))
    else {
        return;
    };
    // Another test of this process may have been first.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let dir = tempfile::tempdir().expect("a folder for the test");
    let profile = dir.path().join("profile");
    let driver_process = DriverProcess::start(&chromedriver);

    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let address = format!("http://127.0.0.1:{}", driver_process.port);
        let driver =
            WebDriver::new(&address, capabilities(&chromium, &profile, scripts)).await.expect("a browser");
        let outcome = std::panic::AssertUnwindSafe(check(driver.clone(), dir.path()));
        let outcome = futures_util::FutureExt::catch_unwind(outcome).await;
        driver.quit().await.expect("the browser ends");
        match outcome {
            Ok(result) => result.expect("the browser does what it is told"),
            Err(panic) => std::panic::resume_unwind(panic),
        }
    });
}

/// Whether there is no browser to test with; if one is demanded, the test fails.
pub fn left_out() -> bool {
    let missing = on_path("chromium").is_none() || on_path("chromedriver").is_none();
    let demanded = std::env::var_os("GRANTSPEC_DEMAND_BROWSER").is_some();
    assert!(!missing || !demanded, "chromium and chromedriver must be on PATH");
    if missing {
        eprintln!("left out: chromium and chromedriver are not both on PATH");
    }
    missing
}

fn capabilities(chromium: &Path, profile: &Path, scripts: Scripts) -> Capabilities {
    let setting = if scripts == Scripts::On { 1 } else { 2 };
    let capabilities = json!({
        "browserName": "chrome",
        "unhandledPromptBehavior": "ignore",
        "goog:loggingPrefs": { "browser": "ALL", "performance": "ALL" },
        "goog:chromeOptions": {
            "binary": chromium,
            "args": [
                "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
                "--disable-background-networking", "--disable-component-update", "--window-size=1280,900",
                format!("--user-data-dir={}", profile.display()),
            ],
            "prefs": { "profile.managed_default_content_settings.javascript": setting },
        },
    });
    serde_json::from_value(capabilities).expect("the literal above is an object")
}

fn on_path(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(program)).find(|file| file.is_file())
}

/// A chromedriver of this test's own, on a port that it chose.
struct DriverProcess {
    process: Child,
    port: u16,
}

impl DriverProcess {
    fn start(program: &Path) -> DriverProcess {
        let mut process = Command::new(program)
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromedriver starts");
        let lines = BufReader::new(process.stdout.take().expect("it is piped")).lines();
        let port = lines.map_while(Result::ok).find_map(|line| {
            line.split_once("started successfully on port ")?.1.trim_end_matches('.').parse().ok()
        });
        DriverProcess { process, port: port.expect("chromedriver says its port") }
    }
}

impl Drop for DriverProcess {
    fn drop(&mut self) {
        // It has ended already if this fails.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
