//! Asking the app for something: by its user's browser, or by running its command.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use http::Method;
use url::Url;

use super::pages::{self, Visit};
use super::{Did, login, watch};
use crate::apptest::browser::{Landed, link_in};
use crate::apptest::misled::astray;
use crate::apptest::process::Program;
use crate::apptest::stage::Stage;
use crate::suite::User;
use crate::suite::app::{Action, Text};
use crate::suite::client::Use;
use crate::target::Outgoing;

/// How often it is looked whether a storm has to be stopped.
const LOOK: Duration = Duration::from_millis(100);

/// Makes the app read, once or several times at one moment.
pub async fn uses(using: &Use, stage: &mut Stage) -> Did {
    let action = stage.app.uses.clone();
    if !using.wait {
        return in_the_background(&action, using, stage);
    }
    if using.times > 1 && matches!(action, Action::Http { .. }) {
        return ask_at_once(&action, using, stage).await;
    }
    self::action(Some(&action), "read from the bank", &using.user, stage).await
}

/// Asks, and does not wait for the app's answer.
fn in_the_background(action: &Action, using: &Use, stage: &mut Stage) -> Did {
    let Action::Http { method, url, form } = action else {
        return Did::broken("only what is asked over HTTP can go on without being waited for");
    };
    let request = match request(method, url, form, &using.user, stage) {
        Ok(request) => request,
        Err(why) => return Did::broken(why),
    };
    let browser = stage.browser(&using.user);
    let user = using.user.clone();
    stage.under_way.spawn(async move {
        let mut hops = Vec::new();
        browser.open(request, |_| true, &mut hops).await;
        (user, hops)
    });
    Did::default()
}

async fn ask_at_once(action: &Action, using: &Use, stage: &mut Stage) -> Did {
    let Action::Http { method, url, form } = action else {
        return Did::broken("only what is asked over HTTP can be asked several times at once");
    };
    match request(method, url, form, &using.user, stage) {
        Ok(request) => {
            at_once(&request, using.times, &using.user, "ask the app to read from the bank", stage).await
        }
        Err(why) => Did::broken(why),
    }
}

/// Opens an address so many times at one moment in one browser. What came of the first is what was done.
pub async fn at_once(request: &Outgoing, times: u32, user: &User, purpose: &str, stage: &mut Stage) -> Did {
    let browser = stage.browser(user);
    let asked = join_all((0..times).map(|_| {
        let (browser, request) = (browser.clone(), request.clone());
        let stage = &*stage;
        async move {
            let mut hops = Vec::new();
            let landed = browser.open(request, |url| stage.is_login(url), &mut hops).await;
            (landed, hops)
        }
    }));
    let all = asked.await;
    let mut first = None;
    for (landed, hops) in all {
        login::note(stage, user, purpose, hops);
        let did = did(landed);
        first.get_or_insert(did);
    }
    first.unwrap_or_default()
}

/// Asks for one thing, and waits until the app has answered, or its command has ended.
pub async fn action(action: Option<&Action>, purpose: &str, user: &User, stage: &mut Stage) -> Did {
    match action {
        None => Did {
            not_applicable: Some(format!("the app file does not say how to {purpose}")),
            ..Did::default()
        },
        Some(Action::Http { method, url, form }) => {
            let request = match request(method, url, form, user, stage) {
                Ok(request) => request,
                Err(why) => return Did::broken(why),
            };
            did(open(request, user, &format!("ask the app to {purpose}"), stage).await)
        }
        Some(Action::Browser { open, steps }) => {
            let open = match pages::address(open.as_ref(), user, stage) {
                Ok(open) => open,
                Err(why) => return Did::broken(why),
            };
            let visit = Visit { open, steps, to_bank: false };
            match visit.make(user, &format!("ask the app to {purpose}"), stage).await {
                Ok(came) => pages::did(came),
                Err(did) => did,
            }
        }
        Some(command @ Action::Command { .. }) => {
            let mut program = match spawn(command, user, stage) {
                Ok(program) => program,
                Err(why) => return Did::broken(why),
            };
            let until = Instant::now() + Duration::from_millis(stage.app.limits.action_ms);
            let (patience, mut asks_since, mut ended) = (watch::window(stage) * 2, None, None);
            while ended.is_none() && Instant::now() < until && !stage.hostile.is_stormed() {
                ended = program.wait((Instant::now() + LOOK).min(until)).await;
                // One that has no access any more may begin a login, and wait for as long as its user takes.
                let asks = || link_in(&format!("{}\n", program.output().text()), None);
                if asks_since.is_none() && asks().is_some_and(|link| stage.is_login(&link)) {
                    asks_since = Some(Instant::now());
                }
                if asks_since.is_some_and(|since| since.elapsed() > patience) {
                    break;
                }
            }
            let shown = program.output().text();
            let asks_for_login = ended.is_none() && asks_since.is_some();
            let mut did = Did { shown, ended, asks_for_login, ..Did::default() };
            if ended.is_none() && !asks_for_login && !stage.hostile.is_stormed() {
                let waited = stage.app.limits.action_ms;
                did.trouble = Some(format!("the app's command to {purpose} had not ended after {waited} ms"));
            }
            program.end(crate::suite::client::Restart::Kill).await;
            stage.written.push_str(&program.output().text());
            did
        }
    }
}

/// A request of a user's browser, as the app file has it.
pub fn request(
    method: &str,
    url: &Text,
    form: &[(String, Text)],
    user: &User,
    stage: &Stage,
) -> Result<Outgoing, String> {
    let address = stage.fill(url, Some(user));
    let url =
        Url::parse(&address).map_err(|error| format!("{address} in the app file is no address: {error}"))?;
    if method == "GET" {
        return Ok(Outgoing::get(url));
    }
    let fields: Vec<(String, String)> =
        form.iter().map(|(key, value)| (key.clone(), stage.fill(value, Some(user)))).collect();
    Ok(Outgoing::new(Method::POST, url).form(&fields))
}

/// Opens it in the user's browser, unless a storm breaks out.
pub async fn open(request: Outgoing, user: &User, purpose: &str, stage: &mut Stage) -> Landed {
    let browser = stage.browser(user);
    let mut hops = Vec::new();
    let landed = {
        let stage = &*stage;
        let is_end = |url: &Url| stage.is_login(url) || astray(url, stage).is_some();
        let opening = browser.open(request, is_end, &mut hops);
        let storm = async {
            while !stage.hostile.is_stormed() {
                tokio::time::sleep(LOOK).await;
            }
        };
        tokio::select! {
            landed = opening => Some(landed),
            () = storm => None,
        }
    };
    login::note(stage, user, purpose, hops);
    if let Some(Landed::Bank(url)) = &landed
        && let Some(why) = astray(url, stage)
    {
        return Landed::Astray(why);
    }
    landed.unwrap_or_else(|| {
        Landed::Nowhere(crate::results::Trouble {
            kind: crate::results::TroubleKind::TimeOut,
            detail: "given up because the app storms the bank".to_owned(),
        })
    })
}

/// What a browser saw of it.
pub fn did(landed: Landed) -> Did {
    match landed {
        Landed::Page(page) => Did {
            is_html: page.header("content-type").any(|value| value.to_ascii_lowercase().contains("html")),
            shown: String::from_utf8_lossy(&page.body).into_owned(),
            status: Some(page.status),
            ..Did::default()
        },
        Landed::Bank(_) => Did { to_bank: true, ..Did::default() },
        Landed::Astray(why) => Did::trouble(why),
        Landed::Endless => Did::trouble("the app redirects for ever: 20 redirects led to no page"),
        Landed::Nowhere(trouble) => {
            Did::trouble(format!("the app did not answer: {}: {}", trouble.kind.as_str(), trouble.detail))
        }
    }
}

/// Runs a command of the app.
pub fn spawn(action: &Action, user: &User, stage: &Stage) -> Result<Program, String> {
    let Action::Command { command, env, input, stdin, .. } = action else {
        return Err("this is not asked for by a command".to_owned());
    };
    let command: Vec<String> = command.iter().map(|word| stage.fill(word, Some(user))).collect();
    let env = stage.environment(env, Some(user));
    let input = input.as_ref().map(|input| stage.fill(input, Some(user)));
    Program::start(&command, &env, &stage.app.folder, input, *stdin).map_err(|error| error.to_string())
}
