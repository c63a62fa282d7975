//! What calls and logouts show: which token comes, how soon again, and whether it was over.

use std::collections::HashMap;

use super::{End, Grant, Promises, Remark, broken, kept};
use crate::watch::seen::Seen;

/// Milliseconds: whoever asks again sooner does not wait.
const POLITE_PAUSE: u64 = 250;
/// Calls of one token after it was refused: the retry of each call that was under way is one too many already.
const MOST_AFTER_REFUSAL: u32 = 2;
/// So often the app may look whether the owner has approved.
const MOST_POLLS: u32 = 60;

impl Promises {
    pub(super) fn logout(&mut self, seen: &Seen, remarks: &mut Vec<Remark>) {
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

    pub(super) fn call(&mut self, seen: &Seen, remarks: &mut Vec<Remark>) {
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

/// A use of what is over.
pub(super) fn after_the_end(grant: &mut Grant, remarks: &mut Vec<Remark>) {
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
