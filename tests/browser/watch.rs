//! The live page of `grantspec app watch`, in a browser.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use thirtyfour::prelude::*;

use crate::chromium::{Scripts, in_browser};

/// The program, ended with the test.
struct Watching {
    process: Child,
    bank: String,
    page: String,
}

impl Watching {
    fn start() -> Watching {
        let mut command = Command::new(env!("CARGO_BIN_EXE_grantspec"));
        let mut process =
            command.args(["app", "watch"]).stdout(Stdio::piped()).spawn().expect("the program starts");
        let lines = BufReader::new(process.stdout.take().expect("it is piped")).lines();
        let mut lines = lines.map_while(Result::ok);
        let mut address = |name: &str| {
            let line = lines.next().expect("it says where it is");
            line.strip_prefix(name).expect("in this order").to_owned()
        };
        let (bank, page) = (address("bank: "), address("page: "));
        Watching { process, bank, page }
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn what_an_app_does_shows_at_once_and_a_broken_promise_stands_out() {
    in_browser(Scripts::On, |driver, _| async move {
        let watching = Watching::start();
        let http = reqwest::Client::builder().no_proxy().build().expect("a plain client");
        driver.goto(&watching.page).await?;
        soon(&driver, "#line", "watching").await?;
        soon(&driver, "#none", "None yet.").await?;
        let promise = "[data-promise='app.token-in-header']";
        assert_eq!(
            driver.find(By::Css(promise)).await?.attr("data-standing").await?.as_deref(),
            Some("open")
        );

        let get = async |path: &str| {
            http.get(format!("{}{path}", watching.bank)).send().await.expect("the bank answers")
        };
        get("/accounts?access_token=hush-hush").await;
        soon(&driver, "#events li:first-child", "a token is in the address").await?;
        soon(&driver, promise, "broken 1 ×").await?;
        assert_eq!(
            driver.find(By::Css(promise)).await?.attr("data-standing").await?.as_deref(),
            Some("broken")
        );
        get("/oauth2/authorize?client_id=nobody&response_type=code").await;
        soon(&driver, "#events li:first-child", "a login begins without a state").await?;
        assert_eq!(driver.find_all(By::Css("#events li")).await?.len(), 2);
        assert!(!driver.source().await?.contains("hush-hush"), "a token is shown");
        soon(&driver, "#tally", "2 broken, 0 kept, 13 not seen yet").await?;

        // What comes again and again takes one place.
        for _ in 0..3 {
            get("/oauth2/authorize?client_id=nobody&response_type=code").await;
        }
        soon(&driver, "#events li:first-child", "4 × in a row").await?;
        assert_eq!(driver.find_all(By::Css("#events li")).await?.len(), 2);

        // Who comes later sees the same, and nothing is wider than the window.
        driver.refresh().await?;
        soon(&driver, "#events li:last-child", "a token is in the address").await?;
        driver.set_window_rect(0, 0, 500, 900).await?;
        let wider = "return document.documentElement.scrollWidth > document.documentElement.clientWidth";
        assert_eq!(driver.execute(wider, Vec::new()).await?.json(), &serde_json::json!(false));

        // On a phone what has just happened stands first.
        let first = "return document.getElementById('requests').getBoundingClientRect().top
            < document.getElementById('promises').getBoundingClientRect().top";
        assert_eq!(driver.execute(first, Vec::new()).await?.json(), &serde_json::json!(true));
        Ok(())
    });
}

/// Waits until an element says so.
async fn soon(driver: &WebDriver, css: &str, words: &str) -> WebDriverResult<()> {
    let until = Instant::now() + Duration::from_secs(60);
    loop {
        let said = match driver.find(By::Css(css)).await {
            Ok(element) => element.text().await.unwrap_or_default(),
            Err(_) => String::new(),
        };
        if said.contains(words) {
            return Ok(());
        }
        assert!(Instant::now() < until, "{css} says: {said}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
