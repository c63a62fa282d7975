//! What `exchange` and `refresh` share: a token request made right, or wrong in one way (RFC 6749 §2.3.1, §4.1.3, §6), and
//! the reading of its answer (§5).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::Method;
use http::header::AUTHORIZATION;

use super::authorize::{changed, nobody_knows};
use crate::engine::answer::{Answer, Came, Facts, Tokens, access_token, of_reply};
use crate::engine::scene::{GrantHeld, Scene};
use crate::engine::secrets::secret;
use crate::suite::{Client, Credentials, Encoding, Secret, TokenRequest, User};
use crate::target::{ClientAuthentication, Outgoing, Reply, Route, authentication};

/// Builds the request that `client` sends to an endpoint with these parameters (without its credentials). An error answer says why it can't be
/// sent. What is changed of `client_id` and `client_secret` is changed where they stand: in the body, or in Basic's user and
/// password.
pub fn build(
    asked: &TokenRequest,
    client: &Client,
    route: &Route,
    parameters: Vec<(String, String)>,
    scene: &mut Scene<'_>,
) -> Result<Outgoing, Box<Answer>> {
    if let Some(why) = nobody_knows(&asked.set, scene).or_else(|| nobody_knows(&asked.twice, scene)) {
        return Err(not_applicable(why));
    }
    let mut parameters = route.with_own(&parameters);
    let facts = scene.world.client(client);
    let (id, right) = (facts.client_id.clone(), facts.client_secret.clone());
    let usual = authentication(route, facts.authentication, scene.target.file().client_authentication);
    let shown = secret(scene, client, asked.secret).map_err(not_applicable)?;
    let mut query = Vec::new();
    let mut basic = None;
    let named = |secret: Option<String>| {
        let mut credentials = vec![("client_id".to_owned(), id.clone())];
        credentials.extend(secret.map(|secret| ("client_secret".to_owned(), secret)));
        credentials
    };
    let mut user = id.clone();
    let mut changes = asked.clone();
    match asked.credentials {
        Credentials::Usual => match (usual, &shown) {
            (ClientAuthentication::None, Some(_)) if asked.secret == Secret::Right => {
                parameters.splice(1..1, named(None)).for_each(drop);
            }
            (ClientAuthentication::Basic, Some(shown)) if !twice(asked) && !omits(asked, "client_secret") => {
                let mut credentials = named(Some(shown.clone()));
                changed(&mut credentials, &asked.set, &asked.omit, &[], scene);
                let sent = |name: &str| credentials.iter().find(|(key, _)| key == name);
                let sent = |name: &str| sent(name).map_or_else(String::new, |(_, value)| value.clone());
                (user, basic) = (sent("client_id"), Some(sent("client_secret")));
                changes.set.retain(|(name, _)| !is_credential(name));
            }
            _ => parameters.splice(1..1, named(shown)).for_each(drop),
        },
        Credentials::Query => query = named(shown),
        Credentials::BasicRightBodyWrong => {
            basic = Some(
                right.ok_or_else(|| Box::new(Answer::broken(format!("{client} has no secret to show"))))?,
            );
            let wrong = secret(scene, client, Secret::Wrong).map_err(not_applicable)?;
            parameters.splice(1..1, named(wrong)).for_each(drop);
        }
        Credentials::BasicWrongBodyRight => {
            basic = secret(scene, client, Secret::Wrong).map_err(not_applicable)?;
            parameters.splice(1..1, named(right)).for_each(drop);
        }
    }
    changed(&mut parameters, &changes.set, &changes.omit, &changes.twice, scene);
    let method = Method::from_bytes(asked.method.as_bytes())
        .map_err(|_| Box::new(Answer::broken(format!("{} is no HTTP method", asked.method))))?;
    let mut request = route.request(method).query(&query);
    if let Some(secret) = basic {
        request = request.header(AUTHORIZATION, &basic_header(&user, &secret));
    }
    Ok(match asked.encoding {
        Encoding::Form => request.form(&parameters),
        Encoding::Query => request.query(&parameters),
        Encoding::Json => {
            let members = parameters.into_iter().map(|(key, value)| (key, value.into())).collect();
            request.json(&serde_json::Value::Object(members))
        }
    })
}

fn not_applicable(why: String) -> Box<Answer> {
    Box::new(Answer::not_applicable(why))
}

/// A POST with these parameters, by which a client shows itself as it usually does (RFC 6749 §2.3).
pub fn signed(
    route: &Route,
    client: &Client,
    mut parameters: Vec<(String, String)>,
    scene: &Scene<'_>,
) -> Outgoing {
    let facts = scene.world.client(client);
    let usual = authentication(route, facts.authentication, scene.target.file().client_authentication);
    let mut request = route.request(Method::POST);
    match (usual, &facts.client_secret) {
        (ClientAuthentication::Basic, Some(secret)) => {
            request = request.header(AUTHORIZATION, &basic_header(&facts.client_id, secret));
        }
        (ClientAuthentication::Body, Some(secret)) => {
            parameters.push(("client_id".to_owned(), facts.client_id.clone()));
            parameters.push(("client_secret".to_owned(), secret.clone()));
        }
        _ => parameters.push(("client_id".to_owned(), facts.client_id.clone())),
    }
    request.form(&route.with_own(&parameters))
}

/// HTTP Basic with a client's credentials, both form encoded first (RFC 6749 §2.3.1).
fn basic_header(id: &str, secret: &str) -> String {
    let encoded = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    format!("Basic {}", STANDARD.encode(format!("{}:{}", encoded(id), encoded(secret))))
}

fn is_credential(name: &str) -> bool {
    matches!(name, "client_id" | "client_secret")
}

/// Whether a credential is sent twice. Basic has room for one, so that both go into the body then.
fn twice(asked: &TokenRequest) -> bool {
    asked.twice.iter().any(|(name, _)| is_credential(name))
}

/// Whether a parameter is left out. A Basic header without a secret would show an empty one.
fn omits(asked: &TokenRequest, name: &str) -> bool {
    asked.omit.iter().any(|omitted| omitted == name)
}

/// Whose tokens an answer should hold.
pub struct Due<'a> {
    pub user: &'a User,
    pub client: &'a Client,
    pub login: Option<String>,
    /// The code that was exchanged.
    pub code: Option<String>,
    /// The refresh token that was used, if it was this grant's own.
    pub refresh: Option<String>,
}

/// Reads a token endpoint's answer, and takes note of the tokens in it.
pub fn read(
    due: Due<'_>,
    scene: &mut Scene<'_>,
    number: usize,
    reply: &Reply,
) -> (Answer, Option<GrantHeld>) {
    let mut answer = of_reply(reply, |response| access_token(response).map(|_| "an access token".into()));
    answer.exchange = Some(number);
    let given = answer.response.as_ref().filter(|_| answer.came == Came::Granted);
    let Some((json, access)) = given.and_then(|response| Some((response.json()?, access_token(response)?)))
    else {
        return (answer, None);
    };
    let part = |key: &str| json.get(key).cloned();
    let naming = &scene.target.file().token_answer;
    let tokens = Tokens {
        access_seen_before: scene.given.contains(&access),
        refresh: part("refresh_token"),
        token_type: part("token_type"),
        expires_in: part("expires_in"),
        user_id: naming.user.as_ref().and_then(|pointer| pointer.text(&json)),
        client_id: naming.client.as_ref().and_then(|pointer| pointer.text(&json)),
        due_user: naming.user.as_ref().map(|_| scene.world.user(due.user).user_id().map(str::to_owned)),
        due_client: naming.client.as_ref().map(|_| scene.world.client(due.client).client_id.clone()),
        used_refresh: due.refresh,
    };
    // Where no new one comes, the client goes on with the one it has (RFC 6749 §6).
    let refresh = tokens.refresh_text().map(str::to_owned).or_else(|| tokens.used_refresh.clone());
    let kept = refresh.is_some() && refresh == tokens.used_refresh;
    let kind = format!("{}·{}", due.user, due.client);
    scene.tape.secrets().add(&access, &format!("{kind}·access"));
    if let Some(refresh) = &refresh {
        scene.tape.secrets().add(refresh, &format!("{kind}·refresh"));
    }
    scene.given.push(access.clone());
    let label = scene.tape.secrets().label(&access);
    answer.said = answer.said.replace("an access token", &label);
    let held = GrantHeld {
        client: due.client.clone(),
        user: due.user.clone(),
        login: due.login,
        code: due.code,
        access,
        refresh,
        kept,
        lifetime: tokens.lifetime(),
        given: scene.clock,
    };
    scene.grants.push(held.clone());
    answer.facts = Facts::Tokens(Box::new(tokens));
    (answer, Some(held))
}

/// How a title says that a request is not quite right.
pub fn oddities(asked: &TokenRequest) -> String {
    let mut odd = Vec::new();
    if asked.secret != Secret::Right {
        odd.push(format!("secret: {}", asked.secret));
    }
    if asked.credentials != Credentials::Usual {
        odd.push(format!("credentials: {}", asked.credentials));
    }
    if asked.method != "POST" {
        odd.push(format!("by {}", asked.method));
    }
    if asked.encoding != Encoding::Form {
        odd.push(format!("encoded as {}", asked.encoding));
    }
    odd.extend(asked.set.iter().map(|(key, _)| format!("{key} changed")));
    odd.extend(asked.omit.iter().map(|key| format!("no {key}")));
    odd.extend(asked.twice.iter().map(|(key, _)| format!("{key} twice")));
    if odd.is_empty() { String::new() } else { format!(" ({})", odd.join(", ")) }
}
