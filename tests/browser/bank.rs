//! The bank's pages, as a person meets them.

use std::time::{Duration, Instant};

use grantspec::reference::{Options, Running};
use oauth2::TokenResponse;
use serde_json::json;
use thirtyfour::prelude::*;

use crate::app::{App, Callback};
use crate::chromium::{Scripts, in_browser};

#[test]
fn a_user_goes_from_the_login_to_the_disconnection_and_the_app_learns_why() {
    in_browser(Scripts::Off, |driver, _| async move {
        let bank = Running::start(Options::default()).await.expect("a free port");
        let person = Person { driver, bank: bank.address().to_owned() };
        let callback = Callback::listen().await;

        // A developer registers the app by hand.
        person.log_in("alice@example.com").await?;
        let (id, secret) = person.register("My App", &callback.address).await?;
        person.driver.delete_all_cookies().await?;

        // The app sends its user to the bank, and gets them back with a code.
        let app = App::new(&person.bank, id, secret, &callback);
        let (login, state) = app.login();
        person.driver.goto(login.as_str()).await?;
        person.sees("My App asks for access").await?;
        // The browser's page is not there before the app has answered.
        let (followed, (code, returned)) =
            tokio::join!(person.follow_the_mail("bob@example.com"), callback.user());
        followed?;
        person.sees("Welcome back").await?;
        assert_eq!(returned.secret(), state.secret());
        let tokens = app.exchange(code).await;
        assert!(tokens.refresh_token().is_some());

        // Nothing opens before the phone says yes.
        assert_eq!(app.call("/ping/whoami", &tokens).await.0, 200);
        assert_eq!(app.call("/accounts", &tokens).await.0, 403);
        person.open("/phone").await?;
        person.sees("My App wants to see your account").await?;
        person.fill("[name=pin]", "1111").await?;
        person.click("[name=answer][value=pin]").await?;
        person.sees("4 tries left").await?;
        assert_eq!(app.call("/accounts", &tokens).await.0, 403);
        person.fill("[name=pin]", "7308").await?;
        person.click("[name=answer][value=pin]").await?;
        person.sees("My App can now see your account").await?;
        let (status, accounts) = app.call("/accounts", &tokens).await;
        assert!(status == 200 && accounts.contains("Bob Example"), "{accounts}");

        // One click, and the app's next call fails and says why.
        person.open("/apps").await?;
        person.sees("your balance").await?;
        person.click("form[action='/apps/disconnect'] button").await?;
        person.sees("My App is disconnected").await?;
        person.sees("Nothing is connected").await?;
        let (status, why) = app.call("/accounts", &tokens).await;
        assert!(status == 401 && why.contains("The user disconnected your app"), "{why}");
        let (error, why) = app.refused_refresh(&tokens).await;
        assert_eq!(error, "invalid_grant");
        assert!(why.starts_with("The user disconnected your app"), "{why}");
        person.finds_no_complaints().await
    });
}

#[test]
fn every_page_fits_a_narrow_screen_and_breaks_no_policy() {
    in_browser(Scripts::On, |driver, _| async move {
        let bank = Running::start(Options::default()).await.expect("a free port");
        let person = Person { driver, bank: bank.address().to_owned() };
        let narrow = json!({ "width": 320, "height": 700, "deviceScaleFactor": 1, "mobile": true });
        person.driver.cdp().send_raw("Emulation.setDeviceMetricsOverride", narrow).await?;

        person.log_in("alice@example.com").await?;
        let (id, _) = person
            .register("My App", "https://a-rather-long-name-of-a-host.example/oauth/callback?tenant=blue")
            .await?;
        person.fits("/developers").await?;
        person.open("/developers/playground").await?;
        person.click("form[action='/developers/playground/token'] button").await?;
        person.sees("Here is your token").await?;
        person.fits("/phone").await?;
        person.click("[name=answer][value=face]").await?;
        person.sees("can now see your account").await?;
        for call in ["transactions", "mandate"] {
            person.open("/developers/playground").await?;
            person.click(&format!("[name=call][value={call}]")).await?;
            person.sees("What came back").await?;
            person.fits_now().await?;
        }
        person.fits("/phone").await?;
        person.click("[name=answer][value=fingerprint]").await?;
        person.sees("may now take £30.00 a month").await?;
        for page in ["/", "/login", "/outbox", "/phone", "/apps", "/mandates", "/nowhere"] {
            person.fits(page).await?;
        }
        for (client_id, redirect_uri) in [("nobody", ""), (&*id, "https://elsewhere.example/callback")] {
            let query = format!("client_id={client_id}&redirect_uri={redirect_uri}&response_type=code");
            person.fits(&format!("/oauth2/authorize?{query}")).await?;
        }
        person.finds_no_complaints().await
    });
}

/// More than any page needs.
const PATIENCE: Duration = Duration::from_secs(60);

/// Somebody at a browser.
struct Person {
    driver: WebDriver,
    bank: String,
}

impl Person {
    async fn open(&self, page: &str) -> WebDriverResult<()> {
        self.driver.goto(format!("{}{page}", self.bank)).await
    }

    async fn fill(&self, field: &str, text: &str) -> WebDriverResult<()> {
        self.driver.query(By::Css(field)).first().await?.send_keys(text).await
    }

    async fn click(&self, what: &str) -> WebDriverResult<()> {
        self.driver.query(By::Css(what)).first().await?.click().await
    }

    async fn log_in(&self, email: &str) -> WebDriverResult<()> {
        self.open("/login").await?;
        self.follow_the_mail(email).await?;
        self.sees("Log out").await
    }

    /// On a page that asks for an email.
    async fn follow_the_mail(&self, email: &str) -> WebDriverResult<()> {
        self.fill("#email", email).await?;
        self.click("form .main").await?;
        self.sees("Look into your mail").await?;
        self.click("main a.main").await?;
        self.click(".mail a.main").await
    }

    /// Gives the new client's id and its secret.
    async fn register(&self, name: &str, redirect_uri: &str) -> WebDriverResult<(String, String)> {
        self.open("/developers").await?;
        self.fill("#name", name).await?;
        self.fill("#redirect_uris", redirect_uri).await?;
        self.fill("#description", "Counts what you spend").await?;
        self.click("[name=confidential][value=yes]").await?;
        self.click("#register .main").await?;
        let id = self.driver.query(By::Id("fresh-id")).first().await?.text().await?;
        Ok((id, self.driver.find(By::Id("fresh-secret")).await?.text().await?))
    }

    /// Waits for a page with this text: a click doesn't always wait for the page that it leads to.
    async fn sees(&self, text: &str) -> WebDriverResult<()> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            // The body that was found may be gone with its page by the time that it is read.
            let page = match self.driver.find(By::Css("body")).await {
                Ok(body) => body.text().await.unwrap_or_default(),
                Err(_) => String::new(),
            };
            if page.contains(text) {
                return Ok(());
            }
            assert!(Instant::now() < deadline, "no “{text}” on:\n{page}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    async fn fits(&self, page: &str) -> WebDriverResult<()> {
        self.open(page).await?;
        self.fits_now().await
    }

    /// The page in front of them doesn't scroll sideways.
    async fn fits_now(&self) -> WebDriverResult<()> {
        let script = "const root = document.documentElement; return [root.scrollWidth, root.clientWidth];";
        let [content, screen]: [u64; 2] = self.driver.execute(script, vec![]).await?.convert()?;
        let page = self.driver.current_url().await?;
        assert!(content <= screen && screen <= 320, "{page}: {content} in {screen} pixels");
        Ok(())
    }

    /// The browser had nothing to block or to miss, but for the pages that say no.
    async fn finds_no_complaints(&self) -> WebDriverResult<()> {
        let entries = self.driver.get_log("browser").await?;
        let complaints: Vec<String> = entries.into_iter().map(|entry| entry.message).collect();
        let expected = |complaint: &String| {
            ["/nowhere", "/phone/answer", "/oauth2/authorize"].iter().any(|page| complaint.contains(page))
                && complaint.contains("the server responded with a status of 4")
        };
        assert!(complaints.iter().all(expected), "{complaints:?}");
        Ok(())
    }
}
