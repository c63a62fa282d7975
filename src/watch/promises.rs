//! What each request says of an app's promises. A remark is made only where the requests themselves show it: what the app
//! shows its user, keeps or forgets is not seen from here.
//!
//! - `tokens`: the exchange of a code, and refreshes; `calls`: what is asked with a token, and logouts.

mod calls;
mod tokens;

use std::collections::{HashMap, HashSet};

use super::seen::Seen;

/// The promises that can be seen from the bank's side alone, in the order of the page.
pub const PROMISES: [&str; 15] = [
    "app.state-unguessable",
    "app.code-once",
    "app.token-in-header",
    "app.secret-in-body",
    "app.uses-newest-refresh",
    "app.never-reuses-refresh",
    "app.single-flight-refresh",
    "app.public-reauthenticates",
    "app.dead-grant-stops",
    "app.no-storm-on-401",
    "app.pending-sca",
    "app.backs-off",
    "app.logout-on-disconnect",
    "app.discards-on-disconnect",
    "app.revoked-by-user",
];

/// Shorter states can be guessed, or tried one by one.
const SHORTEST_STATE: usize = 16;

/// What a request shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    /// The promise, one of [`PROMISES`].
    pub id: &'static str,
    pub kept: bool,
    pub what: String,
}

/// All that has been seen.
#[derive(Debug, Default)]
pub struct Promises {
    grants: Vec<Grant>,
    states: HashSet<String>,
    codes: HashMap<String, u32>,
    /// By refresh token.
    refreshes: HashMap<String, Vec<Sent>>,
    /// Milliseconds: until when the bank asked a client's token to wait.
    busy_until: HashMap<String, u64>,
    labels: HashMap<String, String>,
    /// Refused tokens that this bank never gave: of an earlier bank, perhaps.
    strangers: HashMap<String, Grant>,
}

/// What the bank gave with one login, and what became of it.
#[derive(Clone, Debug, Default)]
struct Grant {
    client: String,
    access: String,
    refresh: Option<String>,
    /// When a call of the present access token was first refused, and how many more came after that.
    refused: Option<(u64, u32)>,
    /// When the owner's approval was last found missing, and how often.
    pending: Option<(u64, u32)>,
    end: Option<End>,
    /// Whether it was used after its end.
    abused: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    LoggedOut,
    /// The app was told that the user has disconnected it.
    Revoked,
}

/// One time that a refresh token was sent.
#[derive(Clone, Copy, Debug)]
struct Sent {
    at_ms: u64,
    done_ms: u64,
    status: u16,
}

impl Promises {
    /// Takes note of a request, in the order of the answers, and says what it shows.
    pub fn see(&mut self, seen: &Seen) -> Vec<Remark> {
        let mut remarks = Vec::new();
        self.addresses(seen, &mut remarks);
        match (seen.method.as_str(), seen.path.as_str()) {
            ("GET", "/oauth2/authorize") => self.authorize(seen, &mut remarks),
            (_, "/oauth2/token") => self.token(seen, &mut remarks),
            (_, "/oauth2/logout") => self.logout(seen, &mut remarks),
            _ => self.call(seen, &mut remarks),
        }
        remarks
    }

    /// A request in a line, with names in the place of all that must not be shown.
    pub fn told(&self, seen: &Seen) -> String {
        let parameters = seen.parameters().into_iter().map(|(name, value)| match name.as_str() {
            "grant_type" | "response_type" | "redirect_uri" | "account_id" | "since" | "before" | "limit"
            | "error" => {
                format!("{name}={value}")
            }
            "state" => format!("state of {} characters", value.chars().count()),
            _ => match self.labels.get(&value) {
                Some(label) => format!("{name}={label}"),
                None => format!("{name}=…"),
            },
        });
        let parameters = parameters.collect::<Vec<_>>().join(", ");
        let bearer = match seen.bearer() {
            Some(token) => {
                format!(" with {}", self.labels.get(token).map_or("an unknown token", String::as_str))
            }
            None if seen.is_basic() => " with HTTP Basic".to_owned(),
            None => String::new(),
        };
        let told = format!("{} {}{bearer}", seen.method, seen.path);
        if parameters.is_empty() { told } else { format!("{told} ({parameters})") }
    }

    fn addresses(&self, seen: &Seen, remarks: &mut Vec<Remark>) {
        let leaked = seen.query.split('&').any(|pair| pair.starts_with("access_token="));
        let known = url::form_urlencoded::parse(seen.query.as_bytes());
        let known = known.into_owned().any(|(_, value)| {
            self.grants.iter().any(|grant| grant.access == value || grant.refresh.as_ref() == Some(&value))
        });
        if leaked || known {
            remarks.push(broken("app.token-in-header", "a token is in the address"));
        }
        if seen.parameter("client_secret").is_some() {
            remarks.push(broken("app.secret-in-body", "the client's secret is in the address"));
        }
    }

    fn authorize(&mut self, seen: &Seen, remarks: &mut Vec<Remark>) {
        const ID: &str = "app.state-unguessable";
        remarks.push(match seen.parameter("state") {
            None => broken(ID, "a login begins without a state"),
            Some(state) if state.chars().count() < SHORTEST_STATE => {
                broken(ID, format!("the state has {} characters only", state.chars().count()))
            }
            Some(state) if !self.states.insert(state.clone()) => {
                broken(ID, "the state of an earlier login is used again")
            }
            Some(_) => kept(ID, "a state that was not seen before"),
        });
    }
}

fn kept(id: &'static str, what: impl Into<String>) -> Remark {
    Remark { id, kept: true, what: what.into() }
}

fn broken(id: &'static str, what: impl Into<String>) -> Remark {
    Remark { id, kept: false, what: what.into() }
}

#[cfg(test)]
mod tests;
