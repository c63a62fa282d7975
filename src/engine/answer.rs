//! What came of a step, before anybody judges it.

use serde_json::Value;

use crate::results::{SampleSeen, Trouble, TroubleKind};
use crate::target::{Callback, Incoming, Naming, Pointer, Reply};

/// What came of a request as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Came {
    /// It gave what was asked for, whatever its status says.
    Granted,
    /// A 4xx other than 429, and nothing given.
    Refused,
    /// Neither: why, in words. Nothing can be concluded from it.
    Unclear(String),
    /// The harness or the line to the target broke: why, in words.
    Broken(String),
    /// The step makes no sense on this target: why, in words.
    NotApplicable(String),
}

/// What came of a step.
#[derive(Clone, Debug)]
pub struct Answer {
    pub came: Came,
    /// The outcome in a few words. May hold secrets; it is redacted with the rest.
    pub said: String,
    /// The deciding exchange's number on the tape.
    pub exchange: Option<usize>,
    /// The deciding answer.
    pub response: Option<Incoming>,
    pub facts: Facts,
}

/// What a step's kind of answer holds besides.
#[derive(Clone, Debug, Default)]
pub enum Facts {
    #[default]
    None,
    Authorization(Box<Authorization>),
    Tokens(Box<Tokens>),
    Identity(Identity),
    Transactions {
        /// The age of the oldest one listed, in whole days.
        oldest_days: Option<i64>,
    },
    /// What the owner's list of connected third parties shows.
    Connections(Vec<ConnectionSeen>),
    /// What the owner's list of mandates shows.
    Mandates(Vec<MandateSeen>),
    Race(Box<RaceFacts>),
    Sample(Box<SampleFacts>),
}

/// Everything seen of an authorization.
#[derive(Clone, Debug, Default)]
pub struct Authorization {
    /// What was sent, if anything.
    pub state: Option<String>,
    /// What was asked for, if anything.
    pub redirect_uri: Option<String>,
    /// The client's registered redirect URIs.
    pub registered: Vec<String>,
    /// The PKCE verifier whose challenge was sent, if the target wants one.
    pub verifier: Option<String>,
    /// Every answer on the way, in order.
    pub answers: Vec<Incoming>,
    /// Where it led off the bank's own pages.
    pub callback: Option<Callback>,
    /// Whether it ended on a page that the target's login does not know and that does not say by its status what it is.
    pub unknown_page: bool,
}

/// A token answer (RFC 6749 §5.1), as far as it goes.
#[derive(Clone, Debug, Default)]
pub struct Tokens {
    /// The `refresh_token` key, whatever its value.
    pub refresh: Option<Value>,
    pub token_type: Option<Value>,
    pub expires_in: Option<Value>,
    /// Where the target file says that they stand.
    pub user_id: Option<String>,
    pub client_id: Option<String>,
    /// The ids that should stand there; `None` for what this target's answers don't say. A user's id may be known to nobody.
    pub due_user: Option<Option<String>>,
    pub due_client: Option<String>,
    /// The refresh token that was used, if one was.
    pub used_refresh: Option<String>,
    /// Whether an earlier answer of the case had the same access token.
    pub access_seen_before: bool,
}

impl Tokens {
    /// The refresh token, if there is a usable one.
    pub fn refresh_text(&self) -> Option<&str> {
        self.refresh.as_ref().and_then(Value::as_str).filter(|token| !token.is_empty())
    }

    /// Seconds that the access token is said to live.
    pub fn lifetime(&self) -> Option<u64> {
        self.expires_in.as_ref().and_then(Value::as_u64).filter(|seconds| *seconds > 0)
    }
}

/// Whom an answer names.
#[derive(Clone, Debug, Default)]
pub struct Identity {
    pub user_id: Option<String>,
    pub client_id: Option<String>,
}

/// An entry of the owner's list of connected third parties, as far as it goes.
#[derive(Clone, Debug, Default)]
pub struct ConnectionSeen {
    pub client_id: Option<String>,
    /// How many things it names that the third party may read.
    pub may_read: usize,
    /// Unix seconds.
    pub since: Option<i64>,
}

/// An entry of the owner's list of mandates, as far as it goes.
#[derive(Clone, Debug, Default)]
pub struct MandateSeen {
    pub id: Option<String>,
    pub client_id: Option<String>,
    pub payee: Option<String>,
    /// Pence.
    pub amount: Option<u64>,
    pub currency: Option<String>,
    pub period: Option<String>,
    /// Whether it is shown as one that can take payments.
    pub active: bool,
}

/// What a race gave, and what lives of it.
#[derive(Clone, Debug, Default)]
pub struct RaceFacts {
    /// Distinct access tokens given, or distinct refresh tokens, whichever are more.
    pub given: u32,
    /// Distinct access tokens that live afterwards. `None` if that could not be told.
    pub live: Option<u32>,
    /// Copies that were neither granted nor refused: what they were to be given, nobody knows.
    pub unanswered: u32,
    /// The end state, comparable between runs of the same race, or why it could not be told. `None` if nobody asks for it.
    pub state: Option<Result<String, String>>,
    /// The end states that running the lanes one after the other leads to.
    pub serial: Vec<String>,
    pub spread_us: u64,
    pub method: &'static str,
}

/// What the statistical tests of a sample found.
#[derive(Clone, Debug)]
pub struct SampleFacts {
    /// Empty is good.
    pub problems: Vec<String>,
    pub seen: SampleSeen,
}

impl Answer {
    pub fn new(came: Came, said: impl Into<String>) -> Answer {
        Answer { came, said: said.into(), exchange: None, response: None, facts: Facts::None }
    }

    pub fn broken(why: impl Into<String>) -> Answer {
        let why = why.into();
        Answer::new(Came::Broken(why.clone()), why)
    }

    pub fn not_applicable(why: impl Into<String>) -> Answer {
        let why = why.into();
        Answer::new(Came::NotApplicable(why.clone()), why)
    }

    pub fn unclear(why: impl Into<String>) -> Answer {
        let why = why.into();
        Answer::new(Came::Unclear(why.clone()), why)
    }

    pub fn at(mut self, exchange: usize) -> Answer {
        self.exchange = Some(exchange);
        self
    }
}

/// Why an answer that is missing concludes nothing, or breaks the run.
pub fn of_trouble(trouble: &Trouble) -> Answer {
    let said = format!("{}: {}", trouble.kind.as_str(), trouble.detail);
    match trouble.kind {
        TroubleKind::Connect | TroubleKind::Garbage => Answer::broken(said),
        TroubleKind::TimeOut | TroubleKind::Reset | TroubleKind::TooLong => Answer::unclear(said),
    }
}

/// The answer of a request that gives something, where `given` says what a body holds of it.
///
/// RFC 6749 §5.1 and §5.2 put success at 200 and refusals at 400 and 401; a thing that is given counts whatever the status
/// is, and a refusal is a 4xx other than 429 that gives nothing.
pub fn of_reply(reply: &Reply, given: impl Fn(&Incoming) -> Option<String>) -> Answer {
    let response = match reply {
        Ok(response) => response,
        Err(trouble) => return of_trouble(trouble),
    };
    let status = response.status;
    let what = given(response);
    let (came, said) = match (status, what) {
        (200..300, Some(what)) => (Came::Granted, format!("granted: {status} with {what}")),
        (_, Some(what)) => (Came::Granted, format!("{status}, and yet with {what}")),
        (429, None) => (Came::Unclear("429, too many requests".into()), describe(response)),
        (..400 | 501, None) if response.refuses => (
            Came::Refused,
            format!("refused, as the target file says of such an answer: {}", describe(response)),
        ),
        (400..500, None) => (Came::Refused, format!("refused: {}", describe(response))),
        (500.., None) => (Came::Unclear(own_trouble(status)), describe(response)),
        (300..400, None) => {
            let to = response.header("location").next().map(|to| format!(" to {}", shortened(&to, 120)));
            let why = format!(
                "{status}, a redirect{} where an answer was due; if the endpoint is there, name that address in the target \
                 file",
                to.unwrap_or_default()
            );
            (Came::Unclear(why.clone()), why)
        }
        (_, None) => {
            let why = format!("{status} that neither gives what was asked for nor refuses it");
            (Came::Unclear(why.clone()), why)
        }
    };
    Answer { came, said, exchange: None, response: Some(response.clone()), facts: Facts::None }
}

/// What a 5xx says.
pub fn own_trouble(status: u16) -> String {
    format!("{status}, the server's own trouble")
}

/// What to write into the target file where a refusal was due, and the answer looks like one by its body or by a 501, but not by
/// anything that the file says of refusals.
pub fn undeclared_refusal(response: &Incoming) -> Option<String> {
    const HINT: &str = "if that is how it refuses, the target file can say so";
    if response.refuses {
        return None;
    }
    match response.status {
        501 => Some(format!("{HINT}: `statuses = [501]` in [refusal]")),
        200..300 => {
            let json = response.json()?;
            let error = json.get("error")?.as_str().filter(|error| !error.is_empty())?;
            let said = shortened(error, 60);
            Some(format!(
                "its body has the error {said}: {HINT}, with a text of such answers in `texts` of [refusal]"
            ))
        }
        _ => None,
    }
}

/// Status and error of an answer, such as `401 invalid_token (unauthorized.bad_access_token)`.
pub fn describe(response: &Incoming) -> String {
    let json = response.json();
    let text = |key: &str| {
        json.as_ref().and_then(|json| json.get(key)).and_then(Value::as_str).map(|text| shortened(text, 80))
    };
    let mut said = response.status.to_string();
    match (text("error"), text("code")) {
        (Some(error), Some(code)) => said.push_str(&format!(" {error} ({code})")),
        (Some(only), None) | (None, Some(only)) => said.push_str(&format!(" {only}")),
        (None, None) => {}
    }
    said
}

/// A text of at most so many characters. The word at the cut is left out as a whole: half a secret would not be known for
/// one when the text is redacted.
pub fn shortened(text: &str, most: usize) -> String {
    let Some((end, next)) = text.char_indices().nth(most) else { return text.to_owned() };
    let between = |character: char| character.is_whitespace() || ",;:\"'()<>[]{}".contains(character);
    let kept = if between(next) { end } else { text[..end].rfind(between).unwrap_or(0) };
    format!("{}…", &text[..kept])
}

/// A token answer's access token, if it is one.
pub fn access_token(response: &Incoming) -> Option<String> {
    let json = response.json()?;
    json.get("access_token")?.as_str().filter(|token| !token.is_empty()).map(str::to_owned)
}

/// Whom a whoami answer names, where `naming` says that it does. `None` if it names nobody or says that nobody is
/// authenticated. Where the target file says that it names nothing at all, any 2xx that is not declared a refusal will do: the
/// resource was given.
pub fn identity(response: &Incoming, naming: &Naming) -> Option<Identity> {
    let nothing = Naming::default();
    if naming == &nothing {
        return ((200..300).contains(&response.status) && !response.refuses).then(Identity::default);
    }
    let json = response.json()?;
    let authenticated = naming.authenticated.as_ref().and_then(|pointer| pointer.of(&json));
    if authenticated.is_some_and(|value| value != &Value::Bool(true)) {
        return None;
    }
    let id = |pointer: &Option<Pointer>| pointer.as_ref()?.text(&json);
    let identity = Identity { user_id: id(&naming.user), client_id: id(&naming.client) };
    (identity.user_id.is_some() || identity.client_id.is_some() || authenticated.is_some())
        .then_some(identity)
}

/// Whether an introspection says that the token is dead (RFC 7662 §2.2): that is how it refuses.
pub fn is_inactive(response: &Incoming) -> bool {
    response.status == 200
        && response.json().is_some_and(|json| json.get("active") == Some(&Value::Bool(false)))
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;

    use super::*;

    fn reply(status: u16, body: &'static str) -> Reply {
        Ok(Incoming::new(status, HeaderMap::new(), body.into()))
    }

    fn came(status: u16, body: &'static str) -> Came {
        of_reply(&reply(status, body), |response| access_token(response).map(|_| "a token".into())).came
    }

    #[test]
    fn only_a_4xx_that_gives_nothing_is_a_refusal() {
        assert_eq!(came(400, "{}"), Came::Refused);
        assert_eq!(came(401, "<html>"), Came::Refused);
        assert!(matches!(came(429, "{}"), Came::Unclear(_)));
        assert!(matches!(came(500, "{}"), Came::Unclear(_)));
        assert!(matches!(came(302, ""), Came::Unclear(_)));
        assert!(matches!(came(200, r#"{"error":"invalid_grant"}"#), Came::Unclear(_)));
        assert!(matches!(came(200, r#"{"access_token":""}"#), Came::Unclear(_)));
    }

    #[test]
    fn a_token_in_a_refusal_is_a_grant() {
        assert_eq!(came(401, r#"{"error":"invalid_client","access_token":"t"}"#), Came::Granted);
    }

    #[test]
    fn a_cut_leaves_no_half_of_a_word() {
        assert_eq!(shortened("bad token abcdef", 13), "bad token…");
        assert_eq!(shortened("bad token abcdef, sorry", 16), "bad token abcdef…");
        assert_eq!(shortened("abcdefghij", 5), "…");
        assert_eq!(shortened("abcdefghij", 10), "abcdefghij");
    }

    #[test]
    fn nobody_is_identified_by_an_answer_that_denies_it() {
        let naming = Naming::of_whoami();
        let named = |body: &'static str| identity(&reply(200, body).expect("an answer"), &naming).is_some();
        assert!(named(r#"{"authenticated":true,"user_id":"u","client_id":"c"}"#));
        assert!(named(r#"{"authenticated":true}"#));
        assert!(!named(r#"{"authenticated":false,"user_id":"u"}"#));
        assert!(!named("{}"));
        assert!(!named("<html>"));
    }
}
