//! What each request says of an app's promises. A remark is made only where the requests themselves show it: what the app
//! shows its user, keeps or forgets is not seen from here.

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
/// Milliseconds: whoever asks again sooner does not wait.
const POLITE_PAUSE: u64 = 250;
/// Calls of one token after it was refused: the retry of each call that was under way is one too many already.
const MOST_AFTER_REFUSAL: u32 = 2;
/// So often the app may look whether the owner has approved.
const MOST_POLLS: u32 = 60;

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

    fn token(&mut self, seen: &Seen, remarks: &mut Vec<Remark>) {
        if seen.is_basic() {
            remarks.push(broken("app.secret-in-body", "the client's secret comes by HTTP Basic"));
        } else if seen.field("client_secret").is_some() && seen.parameter("client_secret").is_none() {
            remarks.push(kept("app.secret-in-body", "the client's secret is in the body"));
        }
        if seen.bearer().is_some_and(|token| self.grants.iter().any(|grant| grant.access == token)) {
            remarks.push(broken("app.token-in-header", "an access token goes along with a token request"));
        }
        match seen.field("grant_type").as_deref() {
            Some("authorization_code") => self.exchange(seen, remarks),
            Some("refresh_token") => self.refresh(seen, remarks),
            _ => {}
        }
    }

    fn exchange(&mut self, seen: &Seen, remarks: &mut Vec<Remark>) {
        let code = seen.field("code").unwrap_or_default();
        let times = self.codes.entry(code).or_default();
        *times += 1;
        remarks.push(match *times {
            1 => kept("app.code-once", "a code is sent for the first time"),
            times => broken(
                "app.code-once",
                format!("a code that was sent before is sent again, {times} times by now"),
            ),
        });
        if seen.status == 200 {
            let client = seen.field("client_id").unwrap_or_default();
            self.ends_well(&client, remarks);
            self.take(seen, client, None);
        }
    }

    /// A new login of a client shows that it let go of what had ended.
    fn ends_well(&mut self, client: &str, remarks: &mut Vec<Remark>) {
        for grant in self.grants.iter_mut().filter(|grant| grant.client == client && !grant.abused) {
            match grant.end.take() {
                Some(End::LoggedOut) => {
                    remarks
                        .push(kept("app.discards-on-disconnect", "nothing was used after the disconnection"));
                }
                Some(End::Revoked) => {
                    remarks.push(kept(
                        "app.revoked-by-user",
                        "nothing was used after the news, until a new login",
                    ));
                }
                None => {}
            }
        }
    }

    fn refresh(&mut self, seen: &Seen, remarks: &mut Vec<Remark>) {
        let token = seen.field("refresh_token").unwrap_or_default();
        let before = self.refreshes.get(&token).cloned().unwrap_or_default();
        let own = self.grants.iter().position(|grant| grant.refresh.as_deref() == Some(token.as_str()));
        if token.is_empty() || self.grants.iter().any(|grant| grant.access == token) {
            let what = "a refresh without a refresh token: ask the user again";
            remarks.push(broken("app.public-reauthenticates", what));
        }
        let together = before.iter().any(|sent| sent.at_ms < seen.done_ms && seen.at_ms < sent.done_ms);
        if together {
            remarks.push(broken("app.single-flight-refresh", "two refreshes of one token at once"));
        } else if !token.is_empty() {
            remarks.push(kept("app.single-flight-refresh", "one refresh at a time"));
        }
        match before.last().map(|sent| sent.status) {
            _ if together => {}
            None if own.is_some() => {
                remarks.push(kept("app.uses-newest-refresh", "the newest refresh token is sent"));
                remarks.push(kept("app.never-reuses-refresh", "a refresh token is sent for the first time"));
            }
            None => {}
            Some(200) => {
                let what = "an earlier refresh token is sent, though it was replaced";
                remarks.push(broken("app.uses-newest-refresh", what));
                remarks.push(broken("app.never-reuses-refresh", "a refresh token is sent again"));
            }
            Some(429) => {}
            Some(400..500) => {
                let what = "a refresh that was refused is tried again";
                remarks.push(broken("app.dead-grant-stops", what));
            }
            Some(_) => {
                let what = "a refresh token is sent again, though its answer was lost";
                remarks.push(broken("app.never-reuses-refresh", what));
            }
        }
        if let Some(own) = own {
            let grant = &mut self.grants[own];
            after_the_end(grant, remarks);
            if grant.pending.is_some() && grant.refused.is_none() {
                remarks.push(broken("app.pending-sca", "refreshed while the owner's approval is due"));
            }
        }
        self.refreshes.entry(token).or_default().push(Sent {
            at_ms: seen.at_ms,
            done_ms: seen.done_ms,
            status: seen.status,
        });
        match (seen.status, own) {
            (200, _) => {
                let client = seen.field("client_id").unwrap_or_default();
                self.take(seen, client, own);
            }
            (_, Some(own)) if seen.code().ends_with("revoked_by_user") => {
                self.grants[own].end.get_or_insert(End::Revoked);
            }
            _ => {}
        }
    }

    /// Takes note of what the bank gave; in the place of `old`, if a refresh replaced it.
    fn take(&mut self, seen: &Seen, client: String, old: Option<usize>) {
        let text = |name: &str| seen.answer[name].as_str().map(str::to_owned);
        let Some(access) = text("access_token") else { return };
        let refresh = text("refresh_token");
        let number = self.grants.len() + 1;
        self.labels.insert(access.clone(), format!("access token {number}"));
        if let Some(refresh) = &refresh {
            self.labels.insert(refresh.clone(), format!("refresh token {number}"));
        }
        // The tokens of a grant that ended stay known: they must not come again.
        let end = old.and_then(|old| self.grants[old].end);
        self.grants.push(Grant { client, access, refresh, end, ..Grant::default() });
    }

    fn logout(&mut self, seen: &Seen, remarks: &mut Vec<Remark>) {
        const ID: &str = "app.logout-on-disconnect";
        let own = seen.bearer().and_then(|token| self.grants.iter().position(|grant| grant.access == token));
        remarks.push(match own {
            _ if seen.method != "POST" => broken(ID, format!("a logout by {}", seen.method)),
            None if seen.bearer().is_none() => broken(ID, "a logout without the token"),
            None => broken(ID, "a logout with a token that the bank did not give"),
            Some(own) => match seen.status {
                200..300 => {
                    self.grants[own].end.get_or_insert(End::LoggedOut);
                    kept(ID, "the bank is told")
                }
                // The app can't know whether the bank has heard; telling it again is right.
                _ => return,
            },
        });
    }

    fn call(&mut self, seen: &Seen, remarks: &mut Vec<Remark>) {
        let Some(token) = seen.bearer().map(str::to_owned) else { return };
        let Some(grant) = self.grants.iter_mut().find(|grant| grant.access == token) else {
            if seen.status == 401 {
                refused(self.strangers.entry(token).or_default(), seen, remarks);
            }
            return;
        };
        if seen.status == 404 && seen.path.contains("logout") {
            let what = "the bank is told at an address that it does not have";
            remarks.push(broken("app.logout-on-disconnect", what));
            return;
        }
        if !remarks.iter().any(|remark| remark.id == "app.token-in-header") {
            remarks.push(kept("app.token-in-header", "the token is in the header"));
        }
        after_the_end(grant, remarks);
        paces(&mut self.busy_until, &token, seen, remarks);
        match seen.status {
            401 => refused(grant, seen, remarks),
            403 if seen.code().ends_with("insufficient_permissions") => pending(grant, seen, remarks),
            200 if seen.path != "/ping/whoami" => grant.pending = None,
            _ => {}
        }
    }
}

fn kept(id: &'static str, what: impl Into<String>) -> Remark {
    Remark { id, kept: true, what: what.into() }
}

fn broken(id: &'static str, what: impl Into<String>) -> Remark {
    Remark { id, kept: false, what: what.into() }
}

/// A use of what is over.
fn after_the_end(grant: &mut Grant, remarks: &mut Vec<Remark>) {
    match grant.end {
        Some(End::LoggedOut) => {
            remarks.push(broken("app.discards-on-disconnect", "a token is used after the disconnection"));
        }
        Some(End::Revoked) => {
            let what = "a token is used, though the app was told that the user has disconnected it";
            remarks.push(broken("app.revoked-by-user", what));
        }
        None => return,
    }
    grant.abused = true;
}

fn refused(grant: &mut Grant, seen: &Seen, remarks: &mut Vec<Remark>) {
    if seen.code().ends_with("revoked_by_user") {
        grant.end.get_or_insert(End::Revoked);
    }
    match &mut grant.refused {
        None => {
            grant.refused = Some((seen.done_ms, 0));
            remarks.push(kept("app.no-storm-on-401", "a token is refused for the first time"));
        }
        // What was under way then could not know.
        Some((first, _)) if seen.at_ms < *first => {}
        Some((_, more)) => {
            *more += 1;
            if *more >= MOST_AFTER_REFUSAL {
                let what = format!("a refused token is used again, {more} times by now");
                remarks.push(broken("app.no-storm-on-401", what));
            }
        }
    }
}

fn pending(grant: &mut Grant, seen: &Seen, remarks: &mut Vec<Remark>) {
    const ID: &str = "app.pending-sca";
    let (last, times) = grant.pending.unwrap_or((0, 0));
    let pause = seen.at_ms.saturating_sub(last);
    grant.pending = Some((seen.done_ms, times + 1));
    remarks.push(match times {
        0 => kept(ID, "the owner has still to approve"),
        _ if pause < POLITE_PAUSE => broken(ID, format!("asked again after {pause} ms")),
        MOST_POLLS.. => broken(ID, format!("asked {} times", times + 1)),
        _ => kept(ID, format!("asked again after {pause} ms")),
    });
}

/// Whether the app waits as long as the bank asked it to.
fn paces(busy: &mut HashMap<String, u64>, token: &str, seen: &Seen, remarks: &mut Vec<Remark>) {
    const ID: &str = "app.backs-off";
    match busy.remove(token) {
        Some(until) if seen.at_ms < until => {
            remarks.push(broken(ID, format!("asked again {} ms too early", until - seen.at_ms)));
        }
        Some(_) => remarks.push(kept(ID, "waited as long as the bank asked")),
        None => {}
    }
    if matches!(seen.status, 429 | 500..600) {
        let pause = seen.retry_after.map_or(POLITE_PAUSE, |seconds| seconds * 1_000);
        busy.insert(token.to_owned(), seen.done_ms + pause);
    }
}

#[cfg(test)]
mod tests;
