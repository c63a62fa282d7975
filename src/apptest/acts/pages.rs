//! Asking the app for something in its user's real browser: by the steps of the app file, on pages that run scripts.

use std::time::{Duration, Instant};

use url::Url;

use super::Did;
use crate::apptest::browser::Hop;
use crate::apptest::misled::astray;
use crate::apptest::stage::Stage;
use crate::suite::User;
use crate::suite::app::Text;
use crate::suite::pages::{Go, Step};
use crate::target::Outgoing;
use crate::target::login::{Page, Session, Sheet, Values, tab};

/// How often the page is looked at.
const GLANCE: Duration = Duration::from_millis(50);
/// How long a page has to stay as it is, once everything was done, before it counts as the app's answer.
const SETTLED: Duration = Duration::from_millis(400);
/// Bytes of an address that a message repeats.
const LONGEST_ADDRESS: usize = 200;

/// Where a browser came to rest.
pub enum Came {
    /// On its way to the bank's login.
    Bank(Url),
    Page(Page),
}

/// What is done in a browser.
pub struct Visit<'v> {
    /// Where it goes first; without it, it stays where it is.
    pub open: Option<Url>,
    pub steps: &'v [Step],
    /// It is to end at the bank's login, so that a page is waited on for as long as may be.
    pub to_bank: bool,
}

impl Visit<'_> {
    /// Does it in the user's browser.
    ///
    /// # Errors
    /// Why it could not be done.
    pub async fn make(&self, user: &User, purpose: &str, stage: &mut Stage) -> Result<Came, Did> {
        let session = stage.tab(user).await.map_err(Did::broken)?;
        let at = Instant::now();
        let came = self.walk(&session, user, stage).await;
        let (url, reply) = match &came {
            Ok(Came::Page(page)) => {
                let mut answer = page.answer.clone();
                // A page that is shown is an answer all the same.
                answer.status = if answer.status == 0 { 200 } else { answer.status };
                (page.url.clone(), Ok(answer))
            }
            Ok(Came::Bank(url)) => (url.clone(), Ok(crate::apptest::hostile::plain(200, ""))),
            Err(_) => return came,
        };
        let mut request = Outgoing::get(url);
        request.headers.clear();
        stage.note(&user.0, purpose, Hop { at, took: at.elapsed(), request, reply });
        came
    }

    async fn walk(&self, session: &Session, user: &User, stage: &mut Stage) -> Result<Came, Did> {
        let broken = |why: String| Did::trouble(format!("the user's browser: {why}"));
        let steps: Vec<Step> = self.steps.iter().map(|step| filled(step, user, stage)).collect();
        let mut values = Values::default();
        values.set("user.role", &user.0);
        let mut done = vec![0; steps.len()];
        if let Some(open) = &self.open {
            session.go(open.as_str()).await.map_err(broken)?;
        }
        let until = Instant::now() + Duration::from_millis(stage.app.limits.action_ms);
        let mut seen: Option<(Instant, bytes::Bytes)> = None;
        loop {
            let address = session.url().await.map_err(broken)?;
            if let Some(bank) = Url::parse(&address).ok().filter(|url| stage.is_login(url)) {
                return Ok(Came::Bank(bank));
            }
            if let Some(why) = Url::parse(&address).ok().and_then(|url| astray(&url, stage)) {
                return Err(Did::trouble(why));
            }
            if stage.hostile.is_stormed() {
                return Err(Did::trouble("given up because the app storms the bank"));
            }
            let over = Instant::now() > until;
            let Some(page) = tab::page(session, &address).await.map_err(broken)? else {
                if over {
                    return Err(Did::trouble(format!("the page at {address} did not load to its end")));
                }
                tokio::time::sleep(GLANCE).await;
                continue;
            };
            if let Some(error) = session.run(ERROR).await.map_err(broken)?.as_str() {
                // Between the two looks the browser may have gone on, to the bank, which it can't reach either.
                if session.url().await.map_err(broken)? != address {
                    continue;
                }
                // An answer without a page: the browser shows its status on one of its own.
                if let Some(status) = error.strip_prefix("HTTP ERROR ").and_then(|status| status.parse().ok())
                {
                    let mut page = page;
                    page.answer.status = status;
                    return Ok(Came::Page(page));
                }
                let address = &address[..address.floor_char_boundary(LONGEST_ADDRESS)];
                return Err(Did::trouble(format!("the user's browser could not reach {address}: {error}")));
            }
            let next = {
                let sheet = Sheet::of(&page);
                let is_next =
                    |(number, step): &(usize, &Step)| done[*number] < step.times && sheet.fits(&step.when);
                steps.iter().enumerate().find(is_next).map(|(number, _)| number)
            };
            if let Some(number) = next {
                let step = &steps[number];
                done[number] += 1;
                seen = None;
                tokio::time::sleep(Duration::from_millis(step.wait_ms)).await;
                values.on_page(&page.url);
                let secrets = stage.tape.secrets();
                let hide = |text: &str| secrets.add(text, &format!("{user}·password"));
                let acted = tab::act(session, step, true, &page, &values, hide).await;
                acted.map_err(|why| {
                    let summary = Sheet::of(&page).summary();
                    Did::trouble(format!(
                        "step {} of the app file can't be done: {why}: {summary}",
                        number + 1
                    ))
                })?;
                continue;
            }
            let undone = done.iter().position(|times| *times == 0);
            let since = match &seen {
                Some((since, body)) if *body == page.answer.body => *since,
                _ => Instant::now(),
            };
            let settled = undone.is_none() && !self.to_bank && since.elapsed() >= SETTLED;
            if settled || (over && undone.is_none()) {
                return Ok(Came::Page(page));
            }
            if let (true, Some(number)) = (over, undone) {
                let summary = Sheet::of(&page).summary();
                let number = number + 1;
                return Err(Did::trouble(format!(
                    "the page of step {number} of the app file never came: {summary}"
                )));
            }
            seen = Some((since, page.answer.body));
            tokio::time::sleep(GLANCE).await;
        }
    }
}

/// What the browser shows in a page of its own, because nothing answered.
const ERROR: &str = "
    if (!/^(chrome-error|about:neterror)/.test(document.URL)) return null;
    return (document.body?.innerText ?? '').match(/HTTP ERROR \\d{3}|[A-Z]{3,}_[A-Z_]+/)?.[0] ?? 'the browser says no more';";

/// A step with the app file's placeholders put in.
fn filled(step: &Step, user: &User, stage: &Stage) -> Step {
    let fill = |text: &str| stage.fill(&Text(text.to_owned()), Some(user));
    let mut step = step.clone();
    for entries in [&mut step.entries, &mut step.allow.entries] {
        for (_, text) in entries.fill.iter_mut().chain(&mut entries.choose) {
            *text = fill(text);
        }
    }
    if let Go::Open(address) = &mut step.allow.go {
        *address = fill(address);
    }
    step
}

/// What the user sees of it.
pub fn did(came: Came) -> Did {
    match came {
        Came::Bank(_) => Did { to_bank: true, ..Did::default() },
        Came::Page(page) => Did {
            shown: String::from_utf8_lossy(&page.answer.body).into_owned(),
            is_html: true,
            status: Some(page.answer.status).filter(|status| *status != 0),
            ..Did::default()
        },
    }
}

/// An address of the app file.
///
/// # Errors
/// That it is none.
pub fn address(text: Option<&Text>, user: &User, stage: &Stage) -> Result<Option<Url>, String> {
    let Some(text) = text else { return Ok(None) };
    let address = stage.fill(text, Some(user));
    Url::parse(&address)
        .map(Some)
        .map_err(|error| format!("{address} in the app file is no address: {error}"))
}
