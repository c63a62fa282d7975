//! `login`: the whole way from the login page to an approved access token.

use super::authorize::authorized;
use super::exchange;
use super::{approve, given};
use crate::engine::answer::{Answer, Came};
use crate::engine::scene::{GrantHeld, Held, NeverSaved, Scene};
use crate::suite::{
    AuthorizeRequest, Client, Code, Credentials, Decision, Encoding, Exchange, Grant, Login, Need, Redirect,
    Secret, StateSent, TokenRequest, User,
};
use crate::target::login::Driver;

/// The handle that holds the code between two requests; no name in a suite has a space.
const CODE: &str = "login's code";
/// The same for what was granted.
const GRANT: &str = "login's grant";

pub async fn run(login: &Login, scene: &mut Scene<'_>) -> Result<Answer, NeverSaved> {
    let (answer, grant) = tokens(&login.user, &login.client, scene).await?;
    let Some(grant) = grant else {
        scene.save(login.save.as_ref().map(|save| save.0.as_str()), None);
        return Ok(answer);
    };
    // Where nobody approves, the token works at once.
    let approval = if login.approve && scene.target.lacks(Need::Approval).is_none() {
        Some(approve::send(&grant.decidable(), &login.user, true, scene).await)
    } else {
        None
    };
    scene.save(login.save.as_ref().map(|save| save.0.as_str()), Some(Held::Grant(grant)));
    match approval {
        Some(approval) if approval.came != Came::Granted => {
            let said = format!("logged in, but the approval failed: {}", approval.said);
            Ok(Answer { said, ..approval })
        }
        _ => Ok(answer),
    }
}

/// Authorizes and exchanges. The answer is that of the request that decided.
pub async fn tokens(
    user: &User,
    client: &Client,
    scene: &mut Scene<'_>,
) -> Result<(Answer, Option<GrantHeld>), NeverSaved> {
    if matches!(scene.target.login(), Driver::Token) {
        return Ok(given::tokens(user, client, scene).await);
    }
    let (answer, code) = authorized(&right_authorization(client), user, Decision::Allow, scene).await;
    let Some(code) = code else {
        let said = format!("no code came of the login: {}", answer.said);
        let came = if answer.came == Came::Granted { Came::Unclear(said.clone()) } else { answer.came };
        return Ok((Answer { came, said, ..answer }, None));
    };
    scene.held.insert(CODE.to_owned(), Held::Code(code));
    let exchange = Exchange {
        code: Code(CODE.to_owned()),
        redirect: None,
        request: right_token_request(),
        save: Some(Grant(GRANT.to_owned())),
    };
    let answer = exchange::run(&exchange, scene).await?;
    match scene.held.remove(GRANT) {
        Some(Held::Grant(grant)) => Ok((answer, Some(grant))),
        _ => {
            let said = format!("the login's code was not exchanged: {}", answer.said);
            Ok((Answer { said, ..answer }, None))
        }
    }
}

pub fn right_authorization(client: &Client) -> AuthorizeRequest {
    AuthorizeRequest {
        client: client.clone(),
        state: StateSent::Fresh,
        redirect: Redirect::Registered,
        set: Vec::new(),
        omit: Vec::new(),
        twice: Vec::new(),
    }
}

pub fn right_token_request() -> TokenRequest {
    TokenRequest {
        by: None,
        secret: Secret::Right,
        credentials: Credentials::Usual,
        method: "POST".to_owned(),
        encoding: Encoding::Form,
        set: Vec::new(),
        omit: Vec::new(),
        twice: Vec::new(),
    }
}

pub fn title(login: &Login) -> String {
    let approval = if login.approve { "and approves in the app" } else { "and does not approve in the app" };
    format!("{} logs in to {} {approval}", login.user, login.client)
}
