//! How an owner approves a login in the bank's app, or denies it (Monzo API docs: "approve access in the app").

use std::path::Path;
use std::time::Duration;

use super::command::Command;
use super::jar::Jar;
use super::manual::{self, Manual};
use super::values::Values;
use super::way::{Stop, Way};
use super::{Answering, Reached};
use crate::suite::Need;
use crate::suite::pages::Call;
use crate::target::{Incoming, Outgoing};

/// How owners are asked, after a login, whether the client may have access.
#[derive(Clone, Debug, Default)]
pub enum Approval {
    /// The control API answers for them.
    #[default]
    Auto,
    /// They are not: a token works at once.
    None,
    /// Requests answer for them, in this order; none for a denial where there is no way to deny.
    Request { approve: Vec<Call>, deny: Vec<Call> },
    /// A program does. One that prints `refused` was not let.
    Command(Command),
    /// They do.
    Manual(Manual),
}

/// What an owner is asked about.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// What the control API calls the login, if its page said so.
    pub login: Option<&'a str>,
    /// The access token that came of it, if one did already.
    pub access: Option<&'a str>,
}

/// What came of an owner's word.
#[derive(Clone, Debug)]
pub enum Decided {
    /// The bank's answer to it.
    Answered(Incoming),
    /// The bank took it, as whoever gave it says.
    Taken,
    /// The bank did not take it, as whoever gave it says.
    Refused,
    /// It could not be given: why.
    Stuck(String),
    /// This target has no way to give it: why.
    Lacking(&'static str),
}

impl Approval {
    /// With programs run in this folder.
    #[must_use]
    pub fn within(self, folder: &Path) -> Approval {
        match self {
            Approval::Command(command) => Approval::Command(command.within(folder)),
            other => other,
        }
    }

    /// Why a capability is missing where owners are asked so.
    pub fn lacks(&self, need: Need) -> Option<&'static str> {
        match (self, need) {
            (Approval::None, Need::Approval) => {
                Some("tokens work without an approval (`approval.driver` is `none`)")
            }
            _ => None,
        }
    }

    /// The one request that the owner's word is, so that it can be sent together with others.
    ///
    /// # Errors
    /// Why it is not one request.
    pub fn request(
        &self,
        asked: Asked<'_>,
        answering: Answering<'_>,
        way: &Way<'_>,
    ) -> Result<Outgoing, String> {
        match self {
            Approval::Auto => {
                let login = asked.login.ok_or(NO_LOGIN)?;
                Ok(way.target.approval_request(way.world, login, answering.user, answering.allow))
            }
            Approval::Request { approve, deny } => {
                match if answering.allow { approve } else { deny }.as_slice() {
                    [one] => one.request(&values(asked, answering, way), &way.target.file().base),
                    _ => {
                        Err("the approval in the target file is not one request, so it can't race".to_owned())
                    }
                }
            }
            Approval::None | Approval::Command(_) | Approval::Manual(_) => {
                Err("an approval that is not a request can't race".to_owned())
            }
        }
    }

    /// Lets the owner answer.
    pub async fn decide(&self, asked: Asked<'_>, answering: Answering<'_>, way: &mut Way<'_>) -> Decided {
        let purpose = if answering.allow { "approve in the app" } else { "deny in the app" };
        let base = way.target.file().base.clone();
        match self {
            Approval::Auto => match self.request(asked, answering, way) {
                Ok(request) => sent(request, purpose, answering, &mut Jar::default(), way).await,
                Err(why) => Decided::Stuck(why),
            },
            Approval::None => {
                Decided::Lacking("tokens work without an approval (`approval.driver` is `none`)")
            }
            Approval::Request { approve, deny } => {
                let calls = if answering.allow { approve } else { deny };
                if calls.is_empty() {
                    return Decided::Lacking(
                        "the target file says no way to deny in the app (`approval.deny`)",
                    );
                }
                let (mut values, mut jar) = (values(asked, answering, way), Jar::default());
                for (number, call) in calls.iter().enumerate() {
                    let request = match call.request(&values, &base) {
                        Ok(request) => request,
                        Err(why) => return Decided::Stuck(why),
                    };
                    let decided = sent(request, purpose, answering, &mut jar, way).await;
                    match decided {
                        Decided::Answered(answer) if number + 1 < calls.len() && answer.status < 400 => {
                            if let Err(why) = call.keep(&answer, &mut values) {
                                return Decided::Stuck(why);
                            }
                        }
                        last => return last,
                    }
                }
                Decided::Stuck("no request was sent".to_owned())
            }
            Approval::Command(command) => {
                let values = values(asked, answering, way);
                let actor = &answering.user.0;
                match command.run(&values, &base, actor, purpose, way.tape, &mut way.last).await {
                    Ok(printed) if printed.trim().eq_ignore_ascii_case("refused") => Decided::Refused,
                    Ok(_) => Decided::Taken,
                    Err(why) => Decided::Stuck(why),
                }
            }
            Approval::Manual(manual) => manual::decide(manual, answering, way).await,
        }
    }
}

const NO_LOGIN: &str = "there is no login to decide on: no page named one that the control API knows";

/// What the texts of a request or a program can hold: besides what a login's can, `login.id`, `login.world` and
/// `login.access_token`.
fn values(asked: Asked<'_>, answering: Answering<'_>, way: &Way<'_>) -> Values {
    let mut values = Values::of(way.world, answering, way.client, &way.target.file().base);
    if let Some(world) = &way.world.name {
        values.set("login.world", world);
    }
    if let Some(login) = asked.login {
        values.set("login.id", login);
    }
    if let Some(access) = asked.access {
        values.set("login.access_token", access);
    }
    values
}

async fn sent(
    request: Outgoing,
    purpose: &str,
    answering: Answering<'_>,
    jar: &mut Jar,
    way: &mut Way<'_>,
) -> Decided {
    match way.follow(jar, &answering.user.0, purpose, request).await {
        Stop::Page(page) => Decided::Answered(page.answer),
        stop => match stop.reached() {
            Reached::Trouble(trouble) => Decided::Stuck(format!(
                "the approval was not answered: {}: {}",
                trouble.kind.as_str(),
                trouble.detail
            )),
            _ => Decided::Stuck("the approval was answered with a redirect that leads nowhere".to_owned()),
        },
    }
}

/// How long a person or a program may take, if the target file does not say.
pub const PATIENCE: Duration = Duration::from_secs(120);
