//! A page that is open in a browser: what it is, and what a step does on it.

use http::HeaderMap;
use url::Url;

use super::forms::CONTROLS;
use super::plan::{Plan, Press};
use super::sheet::Sheet;
use super::values::Values;
use super::way::Page;
use super::webdriver::Session;
use crate::suite::pages::Step;
use crate::target::Incoming;

/// Marks the document as answered, at this address.
const MARK: &str = "window.grantspecAnswered = location.href;";
/// Whether the page that was answered is still there.
const STAYS: &str = "return window.grantspecAnswered === location.href;";
/// Whether all of the page is there.
const IS_WHOLE: &str = "return document.readyState === 'complete' && !!document.body;";
/// The status that the page came with, where the browser tells.
const STATUS: &str =
    "const [entry] = performance.getEntriesByType('navigation'); return entry?.responseStatus ?? 0;";

/// The page as it is now, once all of it is there. Its status is 0 where the browser does not tell it.
pub async fn page(session: &Session, address: &str) -> Result<Option<Page>, String> {
    let is_whole = session.run(IS_WHOLE).await? == true;
    let (true, Ok(url)) = (is_whole, Url::parse(address)) else { return Ok(None) };
    let status = session.run(STATUS).await.ok().and_then(|status| status.as_u64()).unwrap_or(0);
    let body = session.source().await?.into();
    let status = u16::try_from(status).unwrap_or(0);
    Ok(Some(Page { url, answer: Incoming::new(status, HeaderMap::new(), body) }))
}

/// Whether the page that was answered last is still there.
pub async fn stays(session: &Session) -> Result<bool, String> {
    Ok(session.run(STAYS).await? == true)
}

/// Does a step on the page that is open. `hide` is told what is typed where it does not show.
pub async fn act(
    session: &Session,
    step: &Step,
    allow: bool,
    page: &Page,
    values: &Values,
    mut hide: impl FnMut(&str),
) -> Result<(), String> {
    if !step.course(allow).requests.is_empty() {
        return Err(
            "`request` belongs to the driver form: a browser sends what the page's scripts send".to_owned()
        );
    }
    let (plan, base) = {
        let sheet = Sheet::of(page);
        (Plan::of(&sheet, step, allow, values)?, sheet.base())
    };
    for (at, text, is_secret) in &plan.fill {
        if *is_secret {
            hide(text);
        }
        let field = session.element(CONTROLS, *at).await?;
        session.fill(&field, text).await?;
    }
    for (css, at) in &plan.select {
        let choice = session.element(css, *at).await?;
        if !session.is_selected(&choice).await? {
            session.click(&choice).await?;
        }
    }
    session.run(MARK).await?;
    match plan.press {
        Press::Element(css, at) => {
            let pressed = session.element(&css, at).await?;
            session.click(&pressed).await
        }
        Press::Submit(at) => session.run(&format!("document.forms[{at}].requestSubmit()")).await.map(drop),
        Press::Open(address) => {
            let url = base.join(&address).map_err(|_| format!("{address} is no address"))?;
            session.go(url.as_str()).await
        }
    }
}
