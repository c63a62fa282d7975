//! Logging in through the app: begun at the app, decided at the bank, and the callback delivered, changed or kept back.

use std::time::{Duration, Instant};

use url::Url;

use super::pages::{Came, Visit};
use super::{Did, ask, pages};
use crate::apptest::bank;
use crate::apptest::browser::{Hop, Landed, link_in, offered};
use crate::apptest::hostile::{Answered, By, Kind};
use crate::apptest::misled::{astray, no_such_page};
use crate::apptest::process::Program;
use crate::apptest::stage::{LoginHeld, Stage, tail};
use crate::apptest::tamper::{applies, tampered};
use crate::results::{Trouble, TroubleKind};
use crate::suite::app::Action;
use crate::suite::client::{Callback, Connect, Tamper};
use crate::suite::{USERS, User};
use crate::target::login::Sheet;
use crate::target::{Incoming, Outgoing};

/// The bundled bank's login page names its login in this header, for whoever completes it through the control API.
const LOGIN_HEADER: &str = "grantspec-login";

/// Between two tries to reach a listener that is not up yet.
const AGAIN: Duration = Duration::from_millis(50);

pub async fn connect(connect: &Connect, stage: &mut Stage) -> Did {
    if let Some(seconds) = connect.lifetime {
        stage.hostile.books().lifetime = Some(seconds);
    }
    let link = match begin(&connect.user, stage).await {
        Ok(link) => link,
        Err(did) => return did,
    };
    let state = link.query_pairs().find(|(key, _)| key == "state").map(|(_, state)| state.into_owned());
    stage.states.push(state.unwrap_or_default());
    let held = match at_the_bank(&link, &connect.user, stage).await {
        Ok(held) => held,
        Err(did) => return did,
    };
    if connect.approve {
        let did = approve(&held, stage).await;
        if did.broken.is_some() {
            return did;
        }
    }
    if let Some(save) = &connect.save {
        stage.logins.insert(save.0.clone(), held.clone());
    }
    if !connect.deliver {
        return Did::default();
    }
    let did = deliver(&held, &connect.user, connect.tamper, 1, stage).await;
    if let Some(save) = &connect.save
        && let Some(saved) = stage.logins.get_mut(&save.0)
    {
        saved.answered = did.status.is_some();
    }
    did
}

pub async fn callback(callback: &Callback, stage: &mut Stage) -> Did {
    let Some(held) = stage.logins.get(&callback.of.0).cloned() else {
        return Did::trouble("the login whose callback was to be delivered never came about");
    };
    let browser = callback.browser.clone().unwrap_or_else(|| held.user.clone());
    deliver(&held, &browser, callback.tamper, callback.times, stage).await
}

/// Has the app begin a login, and gives the address at the bank that it sends its user to.
pub async fn begin(user: &User, stage: &mut Stage) -> Result<Url, Did> {
    match stage.app.connect.clone() {
        Action::Http { method, url, form } => {
            let request = ask::request(method, &url, &form, user, stage).map_err(Did::broken)?;
            match ask::open(request, user, "begin a login at the app", stage).await {
                Landed::Bank(link) => Ok(link),
                // A page that offers the way to the bank is as good as one that sends there.
                Landed::Page(page) => match offered(&page, |url| stage.is_login(url)) {
                    Some(bank) => Ok(bank),
                    None => Err(sent_nowhere(page, stage)),
                },
                Landed::Astray(why) => Err(Did::trouble(why)),
                Landed::Endless => {
                    Err(Did::trouble("the app redirects for ever: 20 redirects led to no page"))
                }
                Landed::Nowhere(trouble) => Err(Did::trouble(format!(
                    "the app did not answer: {}: {}",
                    trouble.kind.as_str(),
                    trouble.detail
                ))),
            }
        }
        Action::Browser { open, steps } => {
            let open = pages::address(open.as_ref(), user, stage).map_err(Did::broken)?;
            let visit = Visit { open, steps: &steps, to_bank: true };
            match visit.make(user, "begin a login at the app", stage).await? {
                Came::Bank(link) => Ok(link),
                Came::Page(page) => Err(Did::trouble(format!(
                    "the app did not send its user to the bank: the steps of its file end at {}",
                    Sheet::of(&page).summary()
                ))),
            }
        }
        Action::Command { link_after, .. } => {
            let action = stage.app.connect.clone();
            // The one before may still listen on the port that this one needs.
            for mut earlier in std::mem::take(&mut stage.commands) {
                earlier.end(crate::suite::client::Restart::Stop).await;
                stage.written.push_str(&earlier.output().text());
            }
            let mut program = ask::spawn(&action, user, stage).map_err(Did::broken)?;
            let found = find_link(&mut program, link_after.as_deref(), stage).await;
            stage.commands.push(program);
            match found.as_ref().ok().and_then(|link| astray(link, stage)) {
                Some(why) => Err(Did::trouble(why)),
                None => found,
            }
        }
    }
}

/// Why a page is none that leads to the bank.
fn sent_nowhere(page: Incoming, stage: &Stage) -> Did {
    if let Some(why) = offered(&page, |url| astray(url, stage).is_some()).and_then(|url| astray(&url, stage))
    {
        return Did::trouble(why);
    }
    if let (Action::Http { method, url, .. }, Some(hop), 404 | 405 | 410) =
        (&stage.app.connect, stage.hops().last(), page.status)
    {
        let asked = stage.fill(url, None);
        let why = match Url::parse(&asked).is_ok_and(|asked| asked.path() == hop.request.url.path()) {
            true => no_such_page("connect", method, &asked, page.status),
            false => format!(
                "the app sent its user to a page of its own that is not there: it answered {} to {} {}; was it asked for a login \
                 rightly ([connect] in the app file)?",
                page.status, hop.request.method, hop.request.url
            ),
        };
        return Did { status: Some(page.status), ..Did::trouble(why) };
    }
    let bank = match stage.app.bank.hosts.as_slice() {
        [] => stage.doors.bank.to_string(),
        hosts => hosts.join(" or "),
    };
    let shown = ask::did(Landed::Page(page));
    let (status, words) = (shown.status, shown.words());
    let end = words.floor_char_boundary(200);
    let words = if words.is_empty() { String::new() } else { format!(" it shows: {};", &words[..end]) };
    let why = format!(
        "the app did not send its user to the bank: it answered {} without a redirect or a link to {bank};{words} is it told \
         where the bank is?",
        status.unwrap_or_default(),
    );
    Did { status, ..Did::trouble(why) }
}

/// The link to the bank: in what the program writes, or because something has opened it already.
async fn find_link(program: &mut Program, mark: Option<&str>, stage: &Stage) -> Result<Url, Did> {
    let until = Instant::now() + Duration::from_millis(stage.app.limits.action_ms);
    let from = stage.hostile.books().arrived.len();
    loop {
        if let Some(link) = link_in(&format!("{}\n", program.output().text()), mark) {
            return Ok(link);
        }
        let opened = {
            let books = stage.hostile.books();
            let mut opened = books.by_app().filter(|(number, _)| *number >= from);
            opened
                .find(|(_, arrived)| arrived.kind == Kind::Authorize)
                .map(|(_, arrived)| arrived.request.url.clone())
        };
        if let Some(link) = opened {
            return Ok(link);
        }
        if let Some(ended) = program.ended() {
            // What it wrote last may still be on its way here.
            program.wait(until).await;
            let written = program.output().text();
            return link_in(&format!("{written}\n"), mark).ok_or_else(|| {
                Did::trouble(format!(
                    "the app's command ended {ended} and gave no link to the bank{}",
                    tail(&written)
                ))
            });
        }
        if Instant::now() > until {
            let waited = stage.app.limits.action_ms;
            let why = format!(
                "the app's command gave no link to the bank within {waited} ms{}",
                tail(&program.output().text())
            );
            return Err(Did::trouble(why));
        }
        program.output().more(AGAIN).await;
    }
}

/// The user logs in at the bank and says yes. Gives the callback that the bank redirects to.
async fn at_the_bank(link: &Url, user: &User, stage: &mut Stage) -> Result<LoginHeld, Did> {
    let request = Outgoing::get(link.clone());
    let page = match stage.hostile.ask(By::Browser, request).await {
        Answered::Whole(page) => page,
        _ => return Err(Did::broken("the bank's login page did not come")),
    };
    let Some(login) = page.header(LOGIN_HEADER).next().filter(|login| !login.is_empty()) else {
        let asked = |name: &str| {
            let found = link.query_pairs().find(|(key, _)| key == name);
            found.map_or_else(|| "none".to_owned(), |(_, value)| value.into_owned())
        };
        let due = stage.world.client(&stage.client()).clone();
        let why = format!(
            "the bank refused the app's authorization request with {}: it names the client {} (registered: {}), the redirect URI \
             {} (registered: {}), the response type {} (due: code); correct client_id and redirect_uri in the app file, or the \
             app's own configuration",
            page.status,
            asked("client_id"),
            due.client_id,
            asked("redirect_uri"),
            due.redirect_uris.join(", "),
            asked("response_type"),
        );
        return Err(Did::trouble(why));
    };
    let request = bank::login_request(&stage.world, &login, user);
    let answer = stage.control(&user.0, "log in at the bank", request).await;
    let location = answer.ok().and_then(|answer| answer.header("location").next());
    let callback = location.and_then(|location| Url::parse(&location).ok());
    let Some(callback) = callback else {
        return Err(Did::broken("the bank did not redirect after the login"));
    };
    if let Some((_, code)) = callback.query_pairs().find(|(key, _)| key == "code") {
        stage.tape.secrets().add(&code, &format!("{user}·code"));
        stage.codes.push(code.into_owned());
    }
    Ok(LoginHeld { user: user.clone(), callback, login, answered: false })
}

/// The owner approves in the bank's app.
pub async fn approve(held: &LoginHeld, stage: &mut Stage) -> Did {
    let request = bank::approval_request(&stage.world, &held.login, &held.user);
    super::controlled(&held.user.0, "approve in the bank's app", request, stage).await
}

/// Delivers a callback by `user`'s browser, so many times at once, and lets the app do what it makes of it.
async fn deliver(
    held: &LoginHeld,
    user: &User,
    tamper: Option<Tamper>,
    times: u32,
    stage: &mut Stage,
) -> Did {
    let state = held.callback.query_pairs().find(|(key, _)| key == "state");
    let state = state.map(|(_, state)| state.into_owned()).unwrap_or_default();
    let code = held.callback.query_pairs().find(|(key, _)| key == "code").map(|(_, code)| code.into_owned());
    let mut url = held.callback.clone();
    if let Some(tamper) = tamper {
        if let Err(why) = applies(tamper, &state) {
            return Did { not_applicable: Some(why), ..Did::default() };
        }
        let mut another = None;
        if tamper == Tamper::StateOfAnother {
            if matches!(stage.app.connect, Action::Command { .. }) {
                let why = "its logins are begun by a command, so that no other is under way beside this one";
                return Did { not_applicable: Some(why.to_owned()), ..Did::default() };
            }
            let other = USERS.into_iter().find(|known| *known != user.0).unwrap_or(USERS[0]);
            match begin(&User(other.to_owned()), stage).await {
                Ok(link) => {
                    another = link
                        .query_pairs()
                        .find(|(key, _)| key == "state")
                        .map(|(_, state)| state.into_owned());
                }
                Err(did) => return did,
            }
        }
        if another.as_deref() == Some(state.as_str()) {
            let why = "the other login has the same state, so that nothing is changed";
            return Did { not_applicable: Some(why.to_owned()), ..Did::default() };
        }
        url = tampered(&held.callback, tamper, another.as_deref());
    }
    // A listener that writes a log repeats what it was sent, which tells its user nothing.
    let echo = url.query().filter(|query| !query.is_empty()).map(str::to_owned);
    let delivered = Instant::now();
    let from = stage.hostile.books().arrived.len();
    let mut did = match times {
        1 => hand_over(url, user, held.answered, stage).await,
        _ => ask::at_once(&Outgoing::get(url), times, user, "deliver the callback", stage).await,
    };
    did.code = code;
    if let Some(echo) = echo {
        did.shown = did.shown.replace(&echo, "");
    }
    if stage.reaction.is_none() && tamper.is_none() {
        let books = stage.hostile.books();
        let first = books.arrived[from..].iter().find(|arrived| arrived.kind == Kind::Exchange);
        let reaction = first.map(|arrived| arrived.at.saturating_duration_since(delivered));
        drop(books);
        stage.reaction = reaction;
    }
    did
}

/// `again`: the app has answered this login's callback before.
async fn hand_over(url: Url, user: &User, again: bool, stage: &mut Stage) -> Did {
    if matches!(stage.app.connect, Action::Browser { .. }) {
        let visit = Visit { open: Some(url), steps: &[], to_bank: false };
        return match visit.make(user, "deliver the callback", stage).await {
            Ok(came) => pages::did(came),
            Err(did) => did,
        };
    }
    let limits = stage.app.limits;
    let patience = if again { limits.longest_quiet_ms } else { limits.action_ms };
    let until = Instant::now() + Duration::from_millis(patience);
    let by_command = matches!(stage.app.connect, Action::Command { .. });
    loop {
        let landed = ask::open(Outgoing::get(url.clone()), user, "deliver the callback", stage).await;
        let mut did = match landed {
            Landed::Nowhere(trouble) if trouble.kind == TroubleKind::Connect => {
                let gone =
                    by_command && stage.commands.last_mut().is_none_or(|program| program.ended().is_some());
                if Instant::now() < until && !gone {
                    tokio::time::sleep(AGAIN).await;
                    continue;
                }
                if let (true, Some(program)) = (by_command, stage.commands.last_mut()) {
                    // The last words of one that has ended may still be on their way.
                    program.wait(Instant::now()).await;
                }
                nobody_listens(&url, &trouble, gone, again, stage)
            }
            landed => ask::did(landed),
        };
        if by_command && did.not_applicable.is_none() {
            // Once it has its callback, a command has little left to do; one that goes on is watched like any app.
            let patience = super::watch::window(stage);
            if let Some(program) = stage.commands.last_mut() {
                did.ended = program.wait(Instant::now() + patience * 5).await;
                did.shown.push_str(&program.output().text());
            }
        }
        return did;
    }
}

/// Why a callback could not be delivered. An app that listens only for as long as a login takes can be sent none again.
fn nobody_listens(url: &Url, trouble: &Trouble, gone: bool, again: bool, stage: &mut Stage) -> Did {
    let at = url.origin().ascii_serialization();
    let listens_apart = match &stage.app.connect {
        Action::Command { .. } => true,
        Action::Http { url: begun_at, .. } => {
            Url::parse(&stage.fill(begun_at, None)).is_ok_and(|begun_at| begun_at.origin() != url.origin())
        }
        Action::Browser { .. } => false,
    };
    if again && listens_apart && stage.crashed().is_none() {
        let why = if gone {
            "the app's command ended with its login, so that a callback that comes again reaches nobody"
        } else {
            "the app listens for a callback only while a login is under way, so that one that comes again reaches nobody"
        };
        return Did { not_applicable: Some(format!("{why} at {at}")), ..Did::default() };
    }
    if gone {
        let ended = stage.commands.last_mut().and_then(Program::ended);
        let how = ended.map(|ended| format!(" {ended}")).unwrap_or_default();
        return Did::trouble(format!(
            "the app's command ended{how} before its callback came to {at}{}",
            tail(&stage.output())
        ));
    }
    Did::trouble(format!(
        "nobody listens for the callback at {at}: {}; does the app listen on another port than its redirect URI says?",
        trouble.detail
    ))
}

/// An exchange of the browser with the app, noted for the tape.
pub fn note(stage: &mut Stage, user: &User, purpose: &str, hops: Vec<Hop>) {
    for hop in hops {
        stage.note(&user.0, purpose, hop);
    }
}
