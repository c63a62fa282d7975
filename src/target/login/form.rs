//! The driver `form`: a login by the bank's own pages over HTTP alone, as a browser without scripts would go: cookies kept,
//! redirects and refreshes followed by hand, forms sent with all that is in them.
//!
//! What the script does not know is never taken for an answer of the bank: the driver says what the page is like, and the
//! engine judges by the request that led there.

use std::time::Duration;

use http::Method;
use http::header::{ORIGIN, REFERER};
use url::Url;

use super::forms::Submission;
use super::jar::Jar;
use super::sheet::Sheet;
use super::values::Values;
use super::way::{Lead, Page, Stop, Way};
use super::{Answering, At, Login, Reached, Unknown, auto};
use crate::suite::pages::{Call, Go, Script, Step};
use crate::target::Outgoing;

/// Pages that one login goes by at most, however often its steps may come.
const PAGES: usize = 60;
/// Refreshes in a row that are followed.
const REFRESHES: usize = 5;

/// An opened login: its browser, the page that is open, and the address that began it.
#[derive(Clone, Debug)]
pub struct Opened {
    jar: Jar,
    page: Page,
    begun: Url,
}

pub async fn open(script: &Script, request: Outgoing, way: &mut Way<'_>) -> Reached {
    let (mut jar, begun) = (Jar::default(), request.url.clone());
    let stop = way.follow(&mut jar, "the browser", "open the login page", request.page()).await;
    let page = match settled(script, stop, &mut jar, "the browser", way).await {
        Stop::Page(page) => page,
        stop => return stop.reached(),
    };
    match known(script, &page, "when it was opened") {
        Known::Step(number) => match &script.steps[number].allow.go {
            Go::Refuses(why) => Reached::Refused(why.clone()),
            Go::Stuck(why) => Reached::Stuck(stuck(why, &page)),
            _ => {
                let id = auto::login_of_page(&page.answer);
                if let Some(id) = &id {
                    way.tape.secrets().add(id, "login");
                }
                Reached::Login(Login { id, at: At::Page(Box::new(Opened { jar, page, begun })) })
            }
        },
        Known::No(reached) => reached,
    }
}

pub async fn land(script: &Script, opened: &Opened, answering: Answering<'_>, way: &mut Way<'_>) -> Reached {
    let Opened { mut jar, mut page, begun } = opened.clone();
    let mut values = Values::of(way.world, answering, way.client, &begun);
    let mut came = vec![0; script.steps.len()];
    let mut after = "when it was opened".to_owned();
    let mut said_no = false;
    for _ in 0..PAGES {
        let number = match known(script, &page, &after) {
            Known::Step(number) => number,
            Known::No(reached) if said_no => return after_no(reached),
            Known::No(reached) => return reached,
        };
        let step = &script.steps[number];
        came[number] += 1;
        if came[number] > step.times {
            return Reached::Stuck(again(number, &page));
        }
        after = format!("after step {}", number + 1);
        said_no |= step.deny.is_some() && !answering.allow;
        tokio::time::sleep(Duration::from_millis(step.wait_ms)).await;
        values.on_page(&page.url);
        let mut going = Going { jar: &mut jar, page: &page, values: &mut values, answering };
        let stop = match going.on(step, way).await {
            Ok(stop) => stop,
            Err(reached) => return reached,
        };
        page = match settled(script, stop, &mut jar, &answering.user.0, way).await {
            Stop::Page(page) => page,
            Stop::Callback(callback) => return answering.out(callback, said_no),
            stop => return stop.reached(),
        };
    }
    Reached::Stuck(format!(
        "the login went by {PAGES} pages and came to no end; it stands on {}",
        summary(&page)
    ))
}

/// Follows the refreshes of pages that no step knows.
async fn settled(script: &Script, stop: Stop, jar: &mut Jar, actor: &str, way: &mut Way<'_>) -> Stop {
    let mut stop = stop;
    for _ in 0..REFRESHES {
        let Stop::Page(page) = &stop else { return stop };
        let Some(address) = refresh(script, page) else { return stop };
        stop = match way.lead(&page.url, address.as_bytes()) {
            Lead::Page(next) => {
                way.follow(jar, actor, "go where the page refreshes to", Outgoing::get(next).page()).await
            }
            Lead::Exit(callback) => Stop::Callback(callback),
            Lead::Foreign(_) => return stop,
        };
    }
    stop
}

fn refresh(script: &Script, page: &Page) -> Option<String> {
    let sheet = Sheet::of(page);
    let known = script.steps.iter().any(|step| sheet.fits(&step.when));
    sheet.refresh().filter(|_| !known && page.answer.status < 400)
}

enum Known {
    /// The number of the step, from 0.
    Step(usize),
    No(Reached),
}

/// Which step knows the page. A server in trouble shows no page of a login, whatever is on it.
fn known(script: &Script, page: &Page, when: &str) -> Known {
    if page.answer.status == 429 || page.answer.status >= 500 {
        return Known::No(Reached::Page(None));
    }
    let sheet = Sheet::of(page);
    match script.steps.iter().position(|step| sheet.fits(&step.when)) {
        Some(number) => Known::Step(number),
        None => {
            let why = format!(
                "no step of the login in the target file knows what came {when}: {}",
                sheet.summary()
            );
            Known::No(Reached::Page(Some(Unknown { why, asks: sheet.asks() })))
        }
    }
}

/// What came after the user said no may be the bank's answer to it, which only the target file can tell.
fn after_no(reached: Reached) -> Reached {
    match reached {
        Reached::Page(Some(Unknown { why, asks })) => Reached::Page(Some(Unknown {
            why: format!(
                "{why}; if that is how the bank answers a no, add a step to the login that knows the page and says \
                 `refuses = \"…\"`"
            ),
            asks,
        })),
        other => other,
    }
}

fn again(number: usize, page: &Page) -> String {
    format!(
        "the page of step {} came again after it was answered, so what was filled in may be wrong, or the step comes more \
         often than its `times`: {}",
        number + 1,
        summary(page)
    )
}

fn stuck(why: &str, page: &Page) -> String {
    format!("{why}: {}", summary(page))
}

fn summary(page: &Page) -> String {
    Sheet::of(page).summary()
}

/// A login on one page.
struct Going<'a> {
    jar: &'a mut Jar,
    page: &'a Page,
    values: &'a mut Values,
    answering: Answering<'a>,
}

/// What a step makes of a page.
enum Move {
    Send(Outgoing),
    Out(Stop),
}

impl Going<'_> {
    /// Does a step. An error ends the login.
    async fn on(&mut self, step: &Step, way: &mut Way<'_>) -> Result<Stop, Reached> {
        let course = step.course(self.answering.allow);
        for call in &course.requests {
            if let Some(out) = self.call(call, way).await? {
                return Ok(out);
            }
        }
        let moved = match &course.go {
            Go::Refuses(why) => return Err(Reached::Refused(why.clone())),
            Go::Stuck(why) => return Err(Reached::Stuck(stuck(why, self.page))),
            Go::Open(text) => self.values.fill(text).and_then(|text| self.visit(&text, way)),
            Go::Follow(named) => Sheet::of(self.page).link(named).and_then(|link| self.visit(&link, way)),
            Go::Press(_) | Go::Submit => self.submit(step, way),
        };
        match moved.map_err(|why| Reached::Stuck(stuck(&why, self.page)))? {
            Move::Out(stop) => Ok(stop),
            Move::Send(request) => {
                let purpose = match (&step.deny, self.answering.allow) {
                    (None, _) => "go on from the page",
                    (Some(_), true) => "say yes on the page",
                    (Some(_), false) => "say no on the page",
                };
                let request = self.as_from_page(request.page());
                Ok(way.follow(self.jar, &self.answering.user.0, purpose, request).await)
            }
        }
    }

    fn visit(&self, address: &str, way: &Way<'_>) -> Result<Move, String> {
        let base = Sheet::of(self.page).base();
        match way.lead(&base, address.as_bytes()) {
            Lead::Page(url) => Ok(Move::Send(Outgoing::get(url))),
            Lead::Exit(callback) => Ok(Move::Out(Stop::Callback(callback))),
            Lead::Foreign(address) => Err(foreign(&address)),
        }
    }

    fn submit(&self, step: &Step, way: &mut Way<'_>) -> Result<Move, String> {
        let Submission { request, secrets } =
            Sheet::of(self.page).submission(step, self.answering.allow, self.values)?;
        for (field, secret) in secrets {
            way.tape.secrets().add(&secret, &format!("{}·{field}", self.answering.user));
        }
        match way.lead(&self.page.url, request.url.as_str().as_bytes()) {
            Lead::Page(_) => Ok(Move::Send(request)),
            // What a form would bring to the client in a body is not on any redirect.
            Lead::Exit(_) => {
                Err("its form leads out of the bank by itself, where a redirect is due".to_owned())
            }
            Lead::Foreign(address) => Err(foreign(&address)),
        }
    }

    /// A request that a page's script would make. `Some` if its answer leads out of the bank.
    async fn call(&mut self, call: &Call, way: &mut Way<'_>) -> Result<Option<Stop>, Reached> {
        let request = call.request(self.values, &self.page.url).and_then(|request| {
            match way.lead(&self.page.url, request.url.as_str().as_bytes()) {
                Lead::Page(_) => Ok(request),
                _ => Err(foreign(request.url.as_str())),
            }
        });
        let request = request.map_err(|why| Reached::Stuck(stuck(&why, self.page)))?;
        let shown = format!("{} {}", request.method, request.url.path());
        let request = self.as_from_page(request);
        let answer = match way
            .follow(self.jar, &self.answering.user.0, "send what the page's script sends", request)
            .await
        {
            Stop::Page(page) => page.answer,
            Stop::Callback(callback) => return Ok(Some(Stop::Callback(callback))),
            stop => return Err(stop.reached()),
        };
        match answer.status {
            429 | 500.. => return Err(Reached::Page(None)),
            400..429 | 430..500 => {
                let why = format!("the login's request {shown} was answered {}", answer.status);
                return Err(Reached::Stuck(stuck(&why, &Page { url: self.page.url.clone(), answer })));
            }
            _ => {}
        }
        call.keep(&answer, self.values).map_err(|why| {
            Reached::Stuck(stuck(&why, &Page { url: self.page.url.clone(), answer: answer.clone() }))
        })?;
        Ok(None)
    }

    /// With the headers by which servers tell their own pages' requests from others'.
    fn as_from_page(&self, request: Outgoing) -> Outgoing {
        let mut page = self.page.url.clone();
        page.set_fragment(None);
        let same = page.origin() == request.url.origin();
        let origin = page.origin().ascii_serialization();
        let request = if request.method == Method::GET { request } else { request.header(ORIGIN, &origin) };
        // As by the policy that browsers have by default (strict-origin-when-cross-origin).
        let referrer = if same { page.as_str().to_owned() } else { format!("{origin}/") };
        request.header(REFERER, &referrer)
    }
}

fn foreign(address: &str) -> String {
    format!(
        "it leads to {address}, which is none of the bank's pages; if it is one, name its origin among the `origins` of \
         [login] in the target file"
    )
}
