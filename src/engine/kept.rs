//! Refresh tokens that a refresh did not replace: the client goes on with the one it has (RFC 6749 §6).
//!
//! Where such a token is refused, that may be because it was used before. So its refusal shows something only of a server
//! that lets these tokens work on, which is tried when the case is over, on a login of its own.

use super::answer::Came;
use super::scene::{GrantHeld, Held, Scene};
use super::steps::{self, right_token_request};
use crate::suite::{Client, Grant, Login, Refresh, Token, User, Verb};

/// What a case has shown of such tokens.
#[derive(Clone, Debug, Default)]
pub struct Kept {
    /// Whether one worked again.
    works: bool,
    /// Whose was refused last.
    refused: Option<(User, Client)>,
    /// How many were refused.
    pub refusals: u32,
}

impl Kept {
    /// Takes note of what came of refreshing a grant.
    pub fn note(&mut self, grant: &GrantHeld, came: &Came) {
        match came {
            Came::Granted if grant.kept => self.works = true,
            Came::Refused if grant.kept => {
                self.refused = Some((grant.user.clone(), grant.client.clone()));
                self.refusals += 1;
            }
            _ => {}
        }
    }

    /// Whose token was refused that may have been dead before the probe.
    fn in_doubt(&self) -> Option<(User, Client)> {
        self.refused.clone().filter(|_| !self.works)
    }
}

/// The handles of the control's grants; no name in a suite has a space.
const FIRST: &str = "control's login";
const SECOND: &str = "control's refresh";

/// Why the refusal of a refresh token that was used and not replaced shows nothing.
#[derive(Debug)]
pub enum Doubt {
    /// The server ends each token with its use, so that after a refresh the client has none to probe with.
    Spent,
    /// It could not be told whether such tokens work.
    Unproven(String),
}

/// Shows that a refresh token that was used and not replaced works again where nothing ends it, if a refusal of one rests on
/// that.
pub async fn control(scene: &mut Scene<'_>) -> Result<(), Doubt> {
    let Some((user, client)) = scene.kept.in_doubt() else { return Ok(()) };
    if let Err(why) = scene.go_to(None) {
        return Err(Doubt::Unproven(unproven(&why)));
    }
    let grant = |name: &str| Grant(name.to_owned());
    let login = Verb::Login(Login { user, client, approve: true, save: Some(grant(FIRST)) });
    let refresh = |of: &str, save: Option<Grant>| {
        Verb::Refresh(Refresh {
            grant: grant(of),
            token: Token::Refresh,
            request: right_token_request(),
            save,
        })
    };
    for verb in [login, refresh(FIRST, Some(grant(SECOND))), refresh(SECOND, None)] {
        match steps::run(&verb, scene).await {
            Ok(answer) if answer.came == Came::Granted => {}
            Ok(answer) if answer.came == Came::Refused && is_kept(scene) => return Err(Doubt::Spent),
            Ok(answer) => return Err(Doubt::Unproven(unproven(&answer.said))),
            Err(_) => return Err(Doubt::Unproven(unproven("no tokens came of it"))),
        }
    }
    if is_kept(scene) { Ok(()) } else { Err(Doubt::Unproven(unproven("this time a new one came"))) }
}

/// Whether the control's refresh gave no new refresh token.
fn is_kept(scene: &Scene<'_>) -> bool {
    matches!(scene.held.get(SECOND), Some(Held::Grant(grant)) if grant.kept)
}

fn unproven(why: &str) -> String {
    format!(
        "a refresh gave no new refresh token, and the old one was refused later; that such a token works again where nothing \
         ends it could not be shown, so that the refusal shows nothing: {why}"
    )
}
