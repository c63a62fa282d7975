//! What only a browser shows: the HTML report, and the bank's pages, in Chromium. Where there is no `chromium` or
//! `chromedriver`, these tests pass and say that they were left out; with `GRANTSPEC_DEMAND_BROWSER=1` they fail instead.

mod app;
mod bank;
mod chromium;
mod login;
mod report;
#[path = "../report_support/mod.rs"]
mod report_support;
mod scripted;
mod watch;
