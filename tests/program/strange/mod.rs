//! Servers that nobody here wrote, each with a way of its own: every case comes to the verdict that is true of such a server, the
//! message names the cause, and the exit code says whether the server or the harness is to be looked at.

mod answers;
mod files;
pub mod line;
mod server;
mod tokens;

use grantspec::results::{CaseResult, Exit, Verdict};

use crate::common::stage::{Ended, Stage};
use server::{Quirks, start, target};

/// Cases that between them ask such a server for everything that it has.
const SOME: [&str; 21] = [
    "state/on-denial",
    "code/fields",
    "code/single-use-at-once",
    "code/one-winner",
    "code/not-cacheable",
    "refresh/single-use-at-once",
    "refresh/rotates",
    "refresh/kills-old-access",
    "refresh/one-winner",
    "refresh/bound-to-client",
    "refresh/failed-attempt-keeps-token",
    "refresh/no-escalation-to-client-alone",
    "whoami/identity",
    "confidentiality/no-refresh-token",
    "confidentiality/no-refresh-grant-with-own-token",
    "confidentiality/public-client-logs-in",
    "logout/kills-access",
    "logout/kills-refresh",
    "logout/kills-refreshed-refresh",
    "logout/other-clients-survive",
    "logout/refresh-and-logout",
];

const SECRET: &str = "secret of server-app";

/// What a run came to.
struct Judged {
    ended: Ended,
    cases: Vec<CaseResult>,
}

/// Judges a server with these quirks, with lines more in its target file.
fn judged(quirks: Quirks, more: &str, cases: &[&str]) -> Judged {
    let stage = Stage::new();
    let base = stage.start(start(quirks));
    at(&stage, &base, &format!("{}{more}", target(SECRET)), cases)
}

/// Judges a server at this address by this target file.
fn at(stage: &Stage, base: &str, file: &str, cases: &[&str]) -> Judged {
    let ended = stage.run(&stage.target(base, file), cases);
    let cases = ended.results().cases;
    Judged { ended, cases }
}

impl Judged {
    /// Holds every case against what is true of the server: these cases (or all variants of them) come to these verdicts, with
    /// these words in their reasons; all others pass. No such server can say whose client a token is.
    #[track_caller]
    fn all_pass_but(&self, due: &[(&str, Verdict, &str)]) -> &Judged {
        for (id, ..) in due {
            assert!(self.cases.iter().any(|case| is(case, id)), "no case is {id}");
        }
        for case in &self.cases {
            let found = due.iter().find(|(id, ..)| is(case, id));
            let blind = (Verdict::Skipped, "whoami names no client");
            let (verdict, words) = match found {
                Some((_, verdict, words)) => (*verdict, *words),
                None if is(case, "refresh/no-escalation-to-client-alone") => blind,
                None => (Verdict::Pass, ""),
            };
            let reason = case.reason.as_deref().unwrap_or_default();
            assert_eq!(case.verdict, verdict, "{}: {reason}\n{}", case.id, self.ended);
            assert!(reason.contains(words), "{}: {words:?} is due: {reason}", case.id);
        }
        self
    }

    #[track_caller]
    fn none_is(&self, verdicts: &[Verdict]) -> &Judged {
        let found = self.cases.iter().find(|case| verdicts.contains(&case.verdict));
        assert!(found.is_none(), "{:?}\n{}", found.map(|case| (&case.id, &case.reason)), self.ended);
        self
    }

    #[track_caller]
    fn exits(&self, exit: Exit) -> &Judged {
        assert_eq!(self.ended.code, Some(exit as i32), "{}", self.ended);
        self
    }
}

fn is(case: &CaseResult, id: &str) -> bool {
    case.id == id || case.id.split('[').next() == Some(id)
}

#[test]
fn a_server_without_a_quirk_passes_all_that_it_can_be_asked() {
    judged(Quirks::default(), "", &SOME).all_pass_but(&[]).exits(Exit::Conformant);
}
