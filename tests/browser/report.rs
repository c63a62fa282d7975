//! The HTML report: what a text of HTML can't show.

use std::path::Path;

use grantspec::report;
use serde_json::{Value, json};
use thirtyfour::prelude::*;

use crate::chromium::{Scripts, in_browser};
use crate::report_support;

#[test]
fn a_hostile_bank_runs_no_script_and_loads_nothing() {
    with_report(Scripts::On, |driver, page| async move {
        // The browser's own first page is no concern of the report's.
        driver.goto("about:blank").await?;
        requests(&driver).await?;
        driver.goto(&page).await?;
        // Everything open, so that everything is laid out.
        let marker = driver
            .execute(
                "for (const d of document.querySelectorAll('details')) d.open = true;
                 return [typeof window.pwned, document.images.length, document.scripts.length];",
                vec![],
            )
            .await?;
        assert_eq!(marker.json(), &json!(["undefined", 0, 1]));
        assert!(driver.get_alert_text().await.is_err(), "no dialog is open");
        let complaints: Vec<String> =
            driver.get_log("browser").await?.into_iter().map(|entry| entry.message).collect();
        assert!(complaints.is_empty(), "{complaints:?}");
        let requests = requests(&driver).await?;
        assert_eq!(requests, [page], "only the page itself was asked for");
        Ok(())
    });
}

#[test]
fn the_policy_stops_a_script_that_got_into_the_page() {
    with_report(Scripts::On, |driver, page| async move {
        driver.goto(&page).await?;
        let ran = driver
            .execute(
                "const script = document.createElement('script');
                 script.textContent = 'window.pwned = 1';
                 document.body.append(script);
                 return typeof window.pwned;",
                vec![],
            )
            .await?;
        assert_eq!(ran.json(), &json!("undefined"));
        Ok(())
    });
}

#[test]
fn the_filter_shows_what_fits_and_nothing_else() {
    with_report(Scripts::On, |driver, page| async move {
        driver.goto(&page).await?;
        assert_eq!(shown(&driver).await?.len(), 8);

        driver.find(By::Css("[name=verdict][value=pass]")).await?.click().await?;
        assert_eq!(shown(&driver).await?.len(), 5);
        assert!(
            !driver.find(By::Css(".group[data-verdict=pass]")).await?.is_displayed().await?,
            "an empty group is hidden"
        );

        driver.find(By::Css("#by-suite option[value=refresh]")).await?.click().await?;
        assert_eq!(shown(&driver).await?, ["refresh/single-use", "refresh/error-code[token=wrong]"]);

        driver.find(By::Css("body")).await?.send_keys("/").await?;
        driver.active_element().await?.send_keys("Used TOKEN").await?;
        assert_eq!(shown(&driver).await?, ["refresh/single-use"], "a slash leads to the search");
        assert_eq!(driver.find(By::Id("shown")).await?.text().await?, "1 of 8 cases");

        driver.find(By::Id("find")).await?.send_keys(" nowhere").await?;
        assert!(driver.find(By::Id("nothing")).await?.is_displayed().await?);

        driver.find(By::Css("button[type=reset]")).await?.click().await?;
        driver.query(By::Id("shown")).with_text("8 cases").first().await?;
        assert_eq!(shown(&driver).await?.len(), 8);
        Ok(())
    });
}

#[test]
fn on_paper_what_needs_a_reader_is_open_and_a_pass_is_a_line() {
    with_report(Scripts::On, |driver, page| async move {
        driver.goto(&page).await?;
        driver.cdp().send_raw("Emulation.setEmulatedMedia", json!({ "media": "print" })).await?;
        let seen = driver
            .execute(
                "const seen = (id) => document.getElementById(id).querySelector('.inside').checkVisibility();
                 return ['refresh/single-use', 'code/single-use', 'refresh/one-winner'].map((id) => seen('case:' + id));",
                vec![],
            )
            .await?;
        assert_eq!(seen.json(), &json!([true, true, false]));
        Ok(())
    });
}

#[test]
fn an_address_with_a_case_opens_it_also_through_a_filter() {
    with_report(Scripts::On, |driver, page| async move {
        driver.goto(format!("{page}#case:refresh/one-winner")).await?;
        let case = driver.find(By::Id("case:refresh/one-winner")).await?;
        assert!(case.find(By::Css("svg")).await?.is_displayed().await?);

        driver.find(By::Css("[name=verdict][value=inconclusive]")).await?.click().await?;
        driver.execute("location.hash = '#case:code/single-use';", vec![]).await?;
        driver.query(By::Css("[id='case:code/single-use'] > .inside")).and_displayed().first().await?;
        Ok(())
    });
}

#[test]
fn without_a_script_everything_can_be_read() {
    with_report(Scripts::Off, |driver, page| async move {
        driver.goto(&page).await?;
        assert!(
            !driver.find(By::Id("filter")).await?.is_displayed().await?,
            "what needs a script is not offered"
        );
        let failure = driver.find(By::Id("case:refresh/single-use")).await?;
        assert!(failure.text().await?.contains("Mark a refresh token as used"), "a failure is open");
        let pass = driver.find(By::Id("case:refresh/one-winner")).await?;
        assert!(!pass.text().await?.contains("Released by"));
        pass.find(By::Css("summary")).await?.click().await?;
        assert!(pass.text().await?.contains("HTTP/2, last frames in one write"), "a click opens the others");
        Ok(())
    });
}

#[test]
fn a_narrow_screen_never_scrolls_sideways() {
    with_report(Scripts::On, |driver, page| async move {
        // A frame can be narrower than any window.
        let folder = page.trim_end_matches("index.html");
        std::fs::write(
            Path::new(folder.trim_start_matches("file://")).join("frame.html"),
            "<!doctype html><iframe src=index.html width=360 height=700></iframe>",
        )
        .expect("the folder is writable");
        driver.goto(format!("{folder}frame.html")).await?;
        driver.find(By::Css("iframe")).await?.enter_frame().await?;
        let widths = driver
            .execute(
                "for (const d of document.querySelectorAll('details')) d.open = true;
                 const root = document.documentElement;
                 return [root.scrollWidth, root.clientWidth];",
                vec![],
            )
            .await?;
        let [content, screen]: [u64; 2] = widths.convert()?;
        assert!(content <= screen && screen <= 360, "{content} in {screen} pixels");
        Ok(())
    });
}

/// The ids of the cases that a reader sees.
async fn shown(driver: &WebDriver) -> WebDriverResult<Vec<String>> {
    let script = "return Array.from(document.querySelectorAll('.case:not([hidden])'), c => c.querySelector('code').textContent)";
    driver.execute(script, vec![]).await?.convert()
}

/// Every address that was asked for since the last call, from the browser's own protocol of the network.
async fn requests(driver: &WebDriver) -> WebDriverResult<Vec<String>> {
    let entries = driver.get_log("performance").await?;
    let messages = entries.iter().filter_map(|entry| serde_json::from_str::<Value>(&entry.message).ok());
    let sent = messages.filter(|message| message["message"]["method"] == "Network.requestWillBeSent");
    let urls =
        sent.filter_map(|message| Some(message["message"]["params"]["request"]["url"].as_str()?.to_owned()));
    // The browser's own first page is no concern of the report's.
    Ok(urls.filter(|url| !url.starts_with("chrome:") && url != "data:,").collect())
}

/// Opens a browser, and hands it over with the address of the report.
fn with_report<F, R>(scripts: Scripts, check: F)
where
    F: FnOnce(WebDriver, String) -> R,
    R: Future<Output = WebDriverResult<()>>,
{
    in_browser(scripts, |driver, folder| {
        let written = report::write(folder, &report_support::run()).expect("the folder is writable");
        let page = url::Url::from_file_path(&written.html).expect("an absolute path").to_string();
        check(driver, page)
    });
}
