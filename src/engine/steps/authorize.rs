//! `open`, `land` and `authorize`: the way from the client to the bank's login page and back (RFC 6749 §4.1.1, §4.1.2).

use http::header::LOCATION;
use url::Url;

use crate::engine::answer::{Answer, Authorization, Came, Facts, describe, of_trouble, shortened};
use crate::engine::redirects::redirect_uri;
use crate::engine::scene::{CodeHeld, Held, NeverSaved, PageHeld, Scene};
use crate::suite::{Authorize, AuthorizeRequest, Client, Decision, Land, Open, StateSent, Text, User};
use crate::target::{Callback, Incoming, Outgoing, login_of_page};

/// Redirects among the bank's own pages that are followed before it is called a loop.
const HOPS: usize = 10;

/// A foreign site asks, so that a page which lets any origin read it says so.
const FOREIGN_ORIGIN: &str = "https://grantspec-foreign.invalid";

pub async fn open(open: &Open, scene: &mut Scene<'_>) -> Result<Answer, NeverSaved> {
    let (mut answer, page) = match opened(&open.request, scene).await {
        Ok(opened) => opened,
        Err(answer) => return Ok(answer),
    };
    // A bank that goes on without asking has opened the way all the same.
    if page.as_ref().is_some_and(|page| page.callback.as_ref().is_some_and(|back| !back.grants().is_empty()))
    {
        answer.came = Came::Granted;
    }
    let usable = answer.came == Came::Granted;
    scene.save(open.save.as_ref().map(|save| save.0.as_str()), page.filter(|_| usable).map(Held::Page));
    Ok(answer)
}

pub async fn land(land: &Land, scene: &mut Scene<'_>) -> Result<Answer, NeverSaved> {
    let page = scene.page(&land.page)?;
    let registered = scene.world.client(&page.client).redirect_uris.clone();
    let seen = Authorization {
        state: page.state.clone(),
        redirect_uri: page.redirect_uri.clone(),
        registered,
        answers: Vec::new(),
        callback: page.callback.clone(),
    };
    let (answer, code) = landed(&page, &land.user, land.decide, seen, scene).await;
    scene.save(land.save.as_ref().map(|save| save.0.as_str()), code.map(Held::Code));
    Ok(answer)
}

pub async fn authorize(authorize: &Authorize, scene: &mut Scene<'_>) -> Result<Answer, NeverSaved> {
    let (answer, code) = authorized(&authorize.request, &authorize.user, authorize.decide, scene).await;
    scene.save(authorize.save.as_ref().map(|save| save.0.as_str()), code.map(Held::Code));
    Ok(answer)
}

/// Opens the page and lands on the redirect. Also what `login` and `sample` begin with.
pub async fn authorized(
    request: &AuthorizeRequest,
    user: &User,
    decide: Decision,
    scene: &mut Scene<'_>,
) -> (Answer, Option<CodeHeld>) {
    let (answer, page) = match opened(request, scene).await {
        Ok(opened) => opened,
        Err(answer) => return (answer, None),
    };
    match (page, answer.facts) {
        (Some(page), Facts::Authorization(seen)) if page.login.is_some() || page.callback.is_some() => {
            landed(&page, user, decide, *seen, scene).await
        }
        (_, facts) => (Answer { facts, ..answer }, None),
    }
}

pub fn title_land(land: &Land) -> String {
    let what = match land.decide {
        Decision::Allow => "logs in and allows it",
        Decision::Deny => "logs in and says no",
    };
    format!("{} {what} on {}", land.user, land.page)
}

pub fn title_authorize(authorize: &Authorize) -> String {
    let what = match authorize.decide {
        Decision::Allow => "is sent to the bank, logs in and allows it",
        Decision::Deny => "is sent to the bank, logs in and says no",
    };
    format!("{} {what}, for {}", authorize.user, authorize.request.client)
}

/// Sends the authorization request and follows the bank's own redirects.
async fn opened(
    asked: &AuthorizeRequest,
    scene: &mut Scene<'_>,
) -> Result<(Answer, Option<PageHeld>), Answer> {
    let (parameters, state, redirect_uri) = parameters(asked, scene).map_err(Answer::not_applicable)?;
    let authorize = scene.target.url(&scene.target.file().endpoints.authorize);
    let request = Outgoing::get(authorize).query(&parameters).header(http::header::ORIGIN, FOREIGN_ORIGIN);
    let registered = scene.world.client(&asked.client).redirect_uris.clone();
    let mut seen = Authorization { state, redirect_uri, registered, answers: Vec::new(), callback: None };
    let answer = followed("the browser", "open the login page", request, &mut seen, scene).await;
    if let (Came::Granted, Some(page)) = (&answer.came, &answer.response)
        && let Some(login) = login_of_page(page)
    {
        scene.tape.secrets().add(&login, "login");
        let held = held(asked, &seen, Some(login));
        return Ok((Answer { facts: Facts::Authorization(Box::new(seen)), ..answer }, Some(held)));
    }
    let (came, said) = match (&answer.came, &seen.callback) {
        // A page that can't be completed refuses: it leads nowhere.
        (Came::Granted, None) => (Came::Refused, "a page without a login to complete".to_owned()),
        (came, _) => (came.clone(), answer.said.clone()),
    };
    let page = seen.callback.is_some().then(|| held(asked, &seen, None));
    Ok((Answer { came, said, facts: Facts::Authorization(Box::new(seen)), ..answer }, page))
}

fn held(asked: &AuthorizeRequest, seen: &Authorization, login: Option<String>) -> PageHeld {
    PageHeld {
        client: asked.client.clone(),
        login,
        state: seen.state.clone(),
        redirect_uri: seen.redirect_uri.clone(),
        callback: seen.callback.clone(),
    }
}

/// The user answers on the page; follows the redirect to where it leaves the bank.
async fn landed(
    page: &PageHeld,
    user: &User,
    decide: Decision,
    mut seen: Authorization,
    scene: &mut Scene<'_>,
) -> (Answer, Option<CodeHeld>) {
    let answer = match &page.login {
        Some(login) => {
            let allow = decide == Decision::Allow;
            let request = scene.target.login_request(&scene.world, login, user, allow);
            let purpose = if allow { "log in and allow it" } else { "log in and say no" };
            followed(&user.0, purpose, request, &mut seen, scene).await
        }
        None => judged(None, &seen),
    };
    let code = seen.callback.as_ref().and_then(|callback| callback.one("code"));
    let code = code.map(|code| {
        scene.tape.secrets().add(&code, &format!("{user}·{}·code", page.client));
        CodeHeld {
            client: page.client.clone(),
            user: user.clone(),
            login: page.login.clone(),
            redirect_uri: page.redirect_uri.clone(),
            code,
        }
    });
    (Answer { facts: Facts::Authorization(Box::new(seen)), ..answer }, code)
}

/// Sends a request and follows redirects among the bank's own pages, until a page or a way out is reached.
async fn followed(
    actor: &str,
    purpose: &str,
    request: Outgoing,
    seen: &mut Authorization,
    scene: &mut Scene<'_>,
) -> Answer {
    let mut request = request;
    for _ in 0..HOPS {
        let here = request.url.clone();
        let (number, reply) = scene.send(actor, purpose, request).await;
        let response = match reply {
            Ok(response) => response,
            Err(trouble) => return of_trouble(&trouble).at(number),
        };
        seen.answers.push(response.clone());
        let location = response.headers.get(LOCATION).filter(|_| (300..400).contains(&response.status));
        let Some(location) = location else {
            return Answer { response: Some(response.clone()), ..judged(Some(&response), seen) }.at(number);
        };
        match own_page(&here, location.as_bytes(), seen, scene) {
            Some(next) => request = Outgoing::get(next),
            None => {
                seen.callback = Some(Callback::parse(location.as_bytes()));
                return Answer { response: Some(response.clone()), ..judged(Some(&response), seen) }
                    .at(number);
            }
        }
    }
    Answer::unclear(format!("a redirect loop: more than {HOPS} redirects among the bank's own pages"))
}

/// The address of a redirect that stays on the bank's own pages.
fn own_page(here: &Url, location: &[u8], seen: &Authorization, scene: &Scene<'_>) -> Option<Url> {
    let text = str::from_utf8(location).ok()?;
    let callback = Callback::parse(location);
    let to_client = seen.redirect_uri.iter().chain(&seen.registered).any(|uri| {
        let base = Callback::parse(uri.as_bytes()).base;
        !base.is_empty() && base == callback.base
    });
    let next = here.join(text).ok()?;
    let bank = [scene.target.url(&scene.target.file().endpoints.authorize), scene.target.file().base.clone()];
    (!to_client && bank.iter().any(|own| own.origin() == next.origin())).then_some(next)
}

/// What an authorization came to: a code (or worse) on a redirect, a refusal, or a page.
fn judged(response: Option<&Incoming>, seen: &Authorization) -> Answer {
    if let Some(callback) = &seen.callback {
        let grants = callback.grants();
        let to = shortened(&callback.base, 120);
        return if grants.is_empty() {
            let error = callback.one("error").map(|error| format!(" with error {}", shortened(&error, 60)));
            Answer::new(Came::Refused, format!("a redirect to {to}{}", error.unwrap_or_default()))
        } else {
            Answer::new(Came::Granted, format!("a redirect to {to} with {}", grants.join(" and ")))
        };
    }
    let Some(response) = response else { return Answer::unclear("no answer") };
    match response.status {
        200..300 => Answer::new(Came::Granted, format!("a page ({})", response.status)),
        429 => Answer::unclear("429, too many requests"),
        400..500 => Answer::new(Came::Refused, format!("refused: {}", describe(response))),
        300..400 => Answer::unclear(format!("{} without a Location", response.status)),
        _ => Answer::unclear(format!("{}, the server's own trouble", response.status)),
    }
}

type Parameters = Vec<(String, String)>;

/// The request's parameters, and the state and the redirect URI among them.
fn parameters(
    asked: &AuthorizeRequest,
    scene: &mut Scene<'_>,
) -> Result<(Parameters, Option<String>, Option<String>), String> {
    let client = scene.world.client(&asked.client).client_id.clone();
    let mut parameters =
        vec![("client_id".to_owned(), client), ("response_type".to_owned(), "code".to_owned())];
    if let Some(uri) = redirect_uri(&scene.world, &asked.client, asked.redirect)? {
        parameters.push(("redirect_uri".to_owned(), uri));
    }
    match &asked.state {
        StateSent::Fresh => parameters.push(("state".to_owned(), scene.fresh())),
        StateSent::Exactly(state) => parameters.push(("state".to_owned(), state.clone())),
        StateSent::Omitted => {}
    }
    changed(&mut parameters, &asked.set, &asked.omit, &asked.twice, scene);
    let value = |name: &str| parameters.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
    let (state, redirect) = (value("state"), value("redirect_uri"));
    Ok((parameters, state, redirect))
}

/// Applies `set`, `omit` and `twice`, in this order.
pub fn changed(
    parameters: &mut Parameters,
    set: &[(String, Text)],
    omit: &[String],
    twice: &[(String, Text)],
    scene: &Scene<'_>,
) {
    let first = |parameters: &Parameters, key: &str| {
        parameters.iter().find(|(known, _)| known == key).map(|(_, value)| value.clone()).unwrap_or_default()
    };
    let text = |parameters: &Parameters, key: &str, text: &Text| match text {
        Text::Plain(plain) => plain.clone(),
        Text::UserId(user) => scene.world.user(user).user_id.clone(),
        Text::ClientId(Client(role)) => scene.world.client(&Client(role.clone())).client_id.clone(),
        Text::Same => first(parameters, key),
    };
    for (key, value) in set {
        let value = text(parameters, key, value);
        match parameters.iter_mut().find(|(known, _)| known == key) {
            Some(parameter) => parameter.1 = value,
            None => parameters.push((key.clone(), value)),
        }
    }
    parameters.retain(|(key, _)| !omit.contains(key));
    for (key, value) in twice {
        let value = text(parameters, key, value);
        parameters.push((key.clone(), value));
    }
}
