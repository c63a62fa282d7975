//! The driver `browser`: the same steps as `form`, done in a real browser, for pages that need scripts. The redirect that ends
//! the login is read from the address bar, and the app's own host is out of the browser's reach: no code gets there.
//!
//! Each login begins anew in a browser of its own when it is landed.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{OnceCell, OwnedSemaphorePermit, Semaphore};
use url::{Host, Url};

use super::sheet::Sheet;
use super::values::Values;
use super::way::{Lead, Page, Way};
use super::webdriver::{Drivers, Session};
use super::{Answering, Reached, Unknown, tab};
use crate::suite::pages::{Go, Script};
use crate::target::{Callback, Outgoing};

/// Browsers that are open at a time: each is as heavy as everything else together.
const BROWSERS: usize = 2;
/// How long a page may be one that no step knows before it is called unknown.
const QUIET: Duration = Duration::from_secs(10);
/// How long a page may stay after it was answered before it is said to have come again.
const AGAIN: Duration = Duration::from_secs(30);
/// How often the page is looked at.
const GLANCE: Duration = Duration::from_millis(50);

/// A browser that goes by a script.
#[derive(Clone, Debug)]
pub struct Browser {
    pub script: Script,
    pub origins: Vec<Url>,
    /// The WebDriver program; the first that is installed, if none is named.
    pub webdriver: Option<String>,
    /// How long one login may take.
    pub limit: Duration,
    pub shared: Arc<Shared>,
}

/// What all logins of a target, or all cases of an app, share.
#[derive(Debug)]
pub struct Shared {
    drivers: OnceCell<Result<Drivers, String>>,
    seats: Arc<Semaphore>,
}

impl Default for Shared {
    fn default() -> Shared {
        Shared { drivers: OnceCell::new(), seats: Arc::new(Semaphore::new(BROWSERS)) }
    }
}

impl Shared {
    /// Waits until another browser may be opened.
    pub async fn seat(&self) -> OwnedSemaphorePermit {
        self.seats.clone().acquire_owned().await.expect("the semaphore is never closed")
    }

    /// The program that drives browsers, started when it is first needed: the one that is named, or the first that is installed.
    ///
    /// # Errors
    /// What is missing, and what to install.
    pub async fn drivers(&self, named: Option<&str>) -> Result<&Drivers, &String> {
        self.drivers.get_or_init(|| Drivers::start(named)).await.as_ref()
    }
}

pub async fn land(browser: &Browser, begun: &Url, answering: Answering<'_>, way: &mut Way<'_>) -> Reached {
    let _seat = browser.shared.seat().await;
    let drivers = match browser.shared.drivers(browser.webdriver.as_deref()).await {
        Ok(drivers) => drivers,
        Err(why) => return Reached::Lacking(why.clone()),
    };
    let session = match drivers.open(&sealed(way), false).await {
        Ok(session) => session,
        Err(why) => return Reached::Stuck(format!("no browser could be opened: {why}")),
    };
    let mut visit = Visit { script: &browser.script, session: &session, answering, begun, way: &mut *way };
    let reached = match tokio::time::timeout(browser.limit, visit.go()).await {
        Ok(Ok(reached)) => reached,
        Ok(Err(why)) => Reached::Stuck(why),
        Err(_) => Reached::Stuck(format!("the login had come to no end after {} s", browser.limit.as_secs())),
    };
    if let (Reached::Page(_) | Reached::Stuck(_), Some(number)) = (&reached, way.last)
        && let Ok(png) = session.screenshot().await
    {
        way.tape.picture(number, png);
    }
    session.close().await;
    reached
}

/// The hosts that the client's answer would go to, but for this machine's: whoever listens here is asked for nothing.
fn sealed(way: &Way<'_>) -> Vec<String> {
    let mut hosts = Vec::new();
    for uri in way.exits {
        let Ok(url) = Url::parse(uri) else { continue };
        let bank = way.target.file().base.host() == url.host();
        if let (Some(Host::Domain(name)), false) = (url.host(), bank)
            && name != "localhost"
            && !hosts.contains(&name.to_owned())
        {
            hosts.push(name.to_owned());
        }
    }
    hosts
}

/// One login in one browser.
struct Visit<'v, 'w, 't> {
    script: &'v Script,
    session: &'v Session,
    answering: Answering<'v>,
    begun: &'v Url,
    way: &'w mut Way<'t>,
}

impl Visit<'_, '_, '_> {
    async fn go(&mut self) -> Result<Reached, String> {
        let mut values = Values::of(self.way.world, self.answering, self.way.client, self.begun);
        let mut came = vec![0; self.script.steps.len()];
        self.session.go(self.begun.as_str()).await?;
        let (mut answered, mut said_no) = (None, false);
        loop {
            let (number, page) = match self.wait(answered).await? {
                Seen::Step(number, page) => (number, page),
                Seen::Out(callback) => return Ok(self.answering.out(callback, said_no)),
                Seen::Unknown(page) => {
                    let sheet = Sheet::of(&page);
                    let why = format!("no step of the login in the target file knows {}", sheet.summary());
                    let asks = sheet.has_controls() || page.answer.status == 0;
                    return Ok(Reached::Page(Some(Unknown { why, asks })));
                }
            };
            let step = &self.script.steps[number];
            answered = Some(number);
            came[number] += 1;
            said_no |= step.deny.is_some() && !self.answering.allow;
            let stuck = |why: &str| Reached::Stuck(format!("{why}: {}", Sheet::of(&page).summary()));
            if came[number] > step.times {
                let why = format!("the page of step {} came again after it was answered", number + 1);
                return Ok(stuck(&why));
            }
            tokio::time::sleep(Duration::from_millis(step.wait_ms)).await;
            values.on_page(&page.url);
            let course = step.course(self.answering.allow);
            match &course.go {
                Go::Refuses(why) => return Ok(Reached::Refused(why.clone())),
                Go::Stuck(why) => return Ok(stuck(why)),
                _ => {}
            }
            let secrets = self.way.tape.secrets();
            let hide = |text: &str| secrets.add(text, &format!("{}·password", self.answering.user));
            if let Err(why) = tab::act(self.session, step, self.answering.allow, &page, &values, hide).await {
                return Ok(stuck(&why));
            }
        }
    }

    /// Waits for a page that a step knows, or for the way out. `answered` is the step that was done last.
    async fn wait(&mut self, answered: Option<usize>) -> Result<Seen, String> {
        let begun = Instant::now();
        loop {
            let address = self.session.url().await?;
            if let Lead::Exit(callback) = self.way.lead(self.begun, address.as_bytes()) {
                return Ok(Seen::Out(callback));
            }
            if let Some(page) = tab::page(self.session, &address).await? {
                let known = {
                    let sheet = Sheet::of(&page);
                    self.script.steps.iter().position(|step| sheet.fits(&step.when))
                };
                // A page stays for a while after its button was pressed.
                let stays = known.is_some() && known == answered && tab::stays(self.session).await?;
                if begun.elapsed() > if stays { AGAIN } else { QUIET } || (known.is_some() && !stays) {
                    self.note(&page);
                    let foreign =
                        || matches!(self.way.lead(self.begun, address.as_bytes()), Lead::Foreign(_));
                    return Ok(match known {
                        Some(number) => Seen::Step(number, page),
                        None if foreign() => Seen::Out(Callback::parse(address.as_bytes())),
                        None => Seen::Unknown(page),
                    });
                }
            }
            tokio::time::sleep(GLANCE).await;
        }
    }

    /// Puts what the browser shows on the tape.
    fn note(&mut self, page: &Page) {
        let mut shown = Outgoing::get(page.url.clone());
        shown.headers.clear();
        let mut answer = page.answer.clone();
        if answer.status == 0 {
            // A page that is shown is an answer all the same.
            answer.status = 200;
        }
        let actor = &self.answering.user.0;
        let purpose = "see this in the browser";
        let number = self.way.tape.record(actor, purpose, Instant::now(), shown, Ok(answer.clone()));
        self.way.last = Some(number);
        self.way.answers.push(answer);
    }
}

enum Seen {
    Step(usize, Page),
    Out(Callback),
    Unknown(Page),
}
