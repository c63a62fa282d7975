//! What token requests show: of codes, of refresh tokens, and of how the client proves who it is.

use super::calls::after_the_end;
use super::{End, Grant, Promises, Remark, Sent, broken, kept};
use crate::watch::seen::Seen;

impl Promises {
    pub(super) fn token(&mut self, seen: &Seen, remarks: &mut Vec<Remark>) {
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
}
