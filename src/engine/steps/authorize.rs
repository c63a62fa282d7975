//! `open`, `land` and `authorize`: the way from the client to the bank's login page and back (RFC 6749 §4.1.1, §4.1.2).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use crate::engine::answer::{
    Answer, Authorization, Came, Facts, describe, of_trouble, own_trouble, shortened,
};
use crate::engine::redirects::redirect_uri;
use crate::engine::scene::{CodeHeld, Held, NeverSaved, PageHeld, Scene};
use crate::suite::{
    Authorize, AuthorizeRequest, Client, Decision, Land, Open, Redirect, StateSent, Text, User,
};
use crate::target::Incoming;
use crate::target::login::{Answering, Reached, Unknown, Way};

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
        verifier: page.verifier.clone(),
        callback: page.callback.clone(),
        ..Authorization::default()
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
    format!("{} {what} on ‘{}’", land.user, land.page)
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
    let (mut parameters, state, redirect_uri) = parameters(asked, scene).map_err(Answer::not_applicable)?;
    let verifier = scene.target.file().pkce.then(|| challenged(&mut parameters, scene));
    let request =
        scene.target.file().endpoints.authorize.get(&parameters).header(http::header::ORIGIN, FOREIGN_ORIGIN);
    let registered = scene.world.client(&asked.client).redirect_uris.clone();
    let mut seen = Authorization { state, redirect_uri, registered, verifier, ..Authorization::default() };
    let exits = exits(&seen);
    let mut way = Way::new(scene.target, &scene.world, &mut scene.tape, &asked.client, &exits);
    let reached = scene.target.login().open(request, &mut way).await;
    let met = Met::of(way);
    let login = match &reached {
        Reached::Login(login) => Some(login.clone()),
        _ => None,
    };
    let mut answer = met.came(reached, altered(asked), &mut seen);
    if answer.came == Came::Granted && login.is_none() && seen.callback.is_none() {
        // A page that can't be completed refuses: it leads nowhere.
        (answer.came, answer.said) = (Came::Refused, "a page without a login to complete".to_owned());
    }
    let page = (login.is_some() || seen.callback.is_some()).then(|| PageHeld {
        client: asked.client.clone(),
        login,
        state: seen.state.clone(),
        redirect_uri: seen.redirect_uri.clone(),
        altered: altered(asked),
        verifier: seen.verifier.clone(),
        callback: seen.callback.clone(),
    });
    Ok((met.told(answer, seen), page))
}

/// The user answers on the page; follows the redirect to where it leaves the bank.
async fn landed(
    page: &PageHeld,
    user: &User,
    decide: Decision,
    mut seen: Authorization,
    scene: &mut Scene<'_>,
) -> (Answer, Option<CodeHeld>) {
    scene.space("login", user, &page.client).await;
    let answer = match &page.login {
        Some(login) => {
            let answering = Answering { user, allow: decide == Decision::Allow };
            let exits = exits(&seen);
            let mut way = Way::new(scene.target, &scene.world, &mut scene.tape, &page.client, &exits);
            let reached = scene.target.login().land(login, answering, &mut way).await;
            let met = Met::of(way);
            let mut answer = met.came(reached, page.altered, &mut seen);
            if let Some(hint) = said_no_by_mistake(answering.allow, &seen, scene) {
                answer.said = format!("{}; {hint}", answer.said);
            }
            met.told(answer, seen)
        }
        None => {
            let answer = judged(None, &seen);
            Answer { facts: Facts::Authorization(Box::new(seen)), ..answer }
        }
    };
    let code = match &answer.facts {
        Facts::Authorization(seen) => seen.callback.as_ref().and_then(|callback| callback.one("code")),
        _ => None,
    };
    let code = code.map(|code| {
        scene.tape.secrets().add(&code, &format!("{user}·{}·code", page.client));
        CodeHeld {
            client: page.client.clone(),
            user: user.clone(),
            login: page.login.as_ref().and_then(|login| login.id.clone()),
            redirect_uri: page.redirect_uri.clone(),
            verifier: page.verifier.clone(),
            code,
        }
    });
    (answer, code)
}

/// What to look at where the bank says that the user has denied what they were to allow: most often the login says no for them.
fn said_no_by_mistake(allow: bool, seen: &Authorization, scene: &Scene<'_>) -> Option<String> {
    let error = seen.callback.as_ref()?.one("error")?;
    let script = scene.target.login().script().filter(|_| allow && error == "access_denied")?;
    let pressed = script.yeses();
    let named = if pressed.is_empty() { String::new() } else { format!(" ({})", pressed.join(", ")) };
    Some(format!(
        "if the user was to allow it, is what the steps of the login in the target file press to say yes right{named}?"
    ))
}

/// Where the way leaves the bank.
fn exits(seen: &Authorization) -> Vec<String> {
    seen.redirect_uri.iter().chain(&seen.registered).cloned().collect()
}

/// What a login met on its way.
struct Met {
    answers: Vec<Incoming>,
    last: Option<usize>,
}

impl Met {
    fn of(way: Way<'_>) -> Met {
        Met { answers: way.answers, last: way.last }
    }

    /// What it means that a login went so far. `altered`: whether the request was other than a client's usual one.
    fn came(&self, reached: Reached, altered: bool, seen: &mut Authorization) -> Answer {
        let response = self.answers.last();
        let answer = match reached {
            Reached::Callback(callback) => {
                seen.callback = Some(callback);
                judged(response, seen)
            }
            Reached::Unasked(callback) => {
                let told =
                    judged(response, &Authorization { callback: Some(callback.clone()), ..seen.clone() });
                seen.callback = Some(callback);
                Answer::unclear(format!(
                    "{} without a page on which the user says no: the bank may remember an earlier yes (many ask again with \
                     `prompt = \"consent\"` among the `params` of the authorization endpoint)",
                    told.said
                ))
            }
            Reached::Login(_) => {
                let status = response.map_or(0, |response| response.status);
                Answer::new(Came::Granted, format!("a page ({status})"))
            }
            Reached::Page(None) => judged(response, seen),
            Reached::Page(Some(unknown)) => left(unknown, altered, response, seen),
            Reached::Refused(why) => Answer::new(Came::Refused, format!("a page that refuses: {why}")),
            Reached::Stuck(why) => Answer::broken(format!("the login can't get through: {why}")),
            Reached::Lacking(why) => {
                Answer::not_applicable(format!("the target's logins can't be driven: {why}"))
            }
            Reached::Trouble(trouble) => return of_trouble(&trouble),
            Reached::Loop(hops) => {
                return Answer::unclear(format!(
                    "a redirect loop: more than {hops} redirects among the bank's own pages"
                ));
            }
        };
        Answer { response: response.cloned(), ..answer }
    }

    /// The answer with everything that was met.
    fn told(self, answer: Answer, mut seen: Authorization) -> Answer {
        seen.answers.extend(self.answers);
        Answer { exchange: self.last, facts: Facts::Authorization(Box::new(seen)), ..answer }
    }
}

/// What a page means that the login in the target file does not know. After a usual request it is the login that is at a
/// loss, whatever the page says: a wrong client id in the target file leads to one too. After an altered request it is a
/// refusal, unless it asks for something.
fn left(unknown: Unknown, altered: bool, response: Option<&Incoming>, seen: &mut Authorization) -> Answer {
    let status = response.map_or(0, |response| response.status);
    match status {
        429 | 500.. => judged(response, seen),
        _ if !altered => Answer::broken(format!("the login can't get through: {}", unknown.why)),
        400..500 => judged(response, seen),
        _ if response.is_some_and(|response| response.refuses) => Answer::new(
            Came::Refused,
            format!("a page ({status}) that refuses, as the target file says of such an answer"),
        ),
        _ if unknown.asks => Answer::unclear(format!(
            "{}; it asks for something, so that it can't be told whether it refuses: add a step for it to the login in the \
             target file",
            unknown.why
        )),
        _ => {
            seen.unknown_page = true;
            // Whoever logs in outside of this program tells of a page, and not of its status.
            let page = response.map_or_else(String::new, |response| format!(" ({})", response.status));
            Answer::new(Came::Refused, format!("a page{page} that leads nowhere"))
        }
    }
}

/// Whether the request is other than what a client usually sends, so that a refusal may be due.
fn altered(asked: &AuthorizeRequest) -> bool {
    let usual = matches!(asked.redirect, Redirect::Registered | Redirect::WithQuery)
        && matches!(asked.state, StateSent::Fresh);
    !usual || !asked.set.is_empty() || !asked.omit.is_empty() || !asked.twice.is_empty()
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
        _ if response.refuses => Answer::new(
            Came::Refused,
            format!("refused, as the target file says of such an answer: {}", describe(response)),
        ),
        _ => Answer::unclear(own_trouble(response.status)),
    }
}

type Parameters = Vec<(String, String)>;

/// Adds the challenge of a fresh verifier (RFC 7636 §4.2) and returns the verifier.
fn challenged(parameters: &mut Parameters, scene: &mut Scene<'_>) -> String {
    let verifier = format!("{}{}", scene.fresh(), scene.fresh());
    scene.tape.secrets().add(&verifier, "verifier");
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(&verifier));
    parameters.push(("code_challenge".to_owned(), challenge));
    parameters.push(("code_challenge_method".to_owned(), "S256".to_owned()));
    verifier
}

/// The request's parameters, and the state and the redirect URI among them.
fn parameters(
    asked: &AuthorizeRequest,
    scene: &mut Scene<'_>,
) -> Result<(Parameters, Option<String>, Option<String>), String> {
    if let Some(why) = nobody_knows(&asked.set, scene).or_else(|| nobody_knows(&asked.twice, scene)) {
        return Err(why);
    }
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

/// Why one of these parameters can't be sent: an empty text in the place of an id would be another probe.
pub fn nobody_knows(parameters: &[(String, Text)], scene: &Scene<'_>) -> Option<String> {
    parameters.iter().find_map(|(key, text)| match text {
        Text::UserId(user) if scene.world.user(user).user_id().is_none() => {
            Some(format!("{key} is to be {user}'s id, which nobody knows: whoami never showed it"))
        }
        _ => None,
    })
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
        Text::UserId(user) => scene.world.user(user).user_id().unwrap_or_default().to_owned(),
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

#[cfg(test)]
mod tests {
    use super::*;
    #[test]
    fn a_page_that_the_target_file_calls_a_refusal_refuses_an_altered_request_though_it_asks() {
        let page = |refuses| Incoming { refuses, ..Incoming::new(200, http::HeaderMap::new(), "".into()) };
        let came = |altered, refuses| {
            let unknown = Unknown { why: "a page".to_owned(), asks: true };
            left(unknown, altered, Some(&page(refuses)), &mut Authorization::default()).came
        };
        assert_eq!(came(true, true), Came::Refused);
        assert!(matches!(came(true, false), Came::Unclear(_)));
        assert!(matches!(came(false, true), Came::Broken(_)), "then the login is at a loss");
    }
}
