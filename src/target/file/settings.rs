//! How the server is talked to, and how its answers are read where it has ways of its own.

use std::path::PathBuf;
use std::time::Duration;

use url::Url;

use super::hook::{Hook, HookForm};
use super::route::{address, is_loopback};
use super::secret::Kept;
use super::value::{Status, choices};
use crate::suite::Span;
use crate::suite::code::Code;
use crate::suite::read::form::{Lenient, form};
use crate::suite::read::value::Whole;
use crate::suite::read::{Reader, Written};
use crate::target::Callback;

/// What keeps a run within what a server can take.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limits {
    /// Milliseconds until an answer must be there, whole; 1 to 600,000.
    pub request_ms: u64,
    /// Bytes that an answer's body may have; at least 1,024.
    pub body_bytes: usize,
    /// Cases that run at a time; 1 to 1,024.
    pub jobs: usize,
    /// Requests that begin in a second, on average; `None` for any number.
    pub rate: Option<u32>,
    /// Requests under way at a time; `None` for any number. The copies of a race go together all the same.
    pub in_flight: Option<usize>,
    /// Milliseconds between two logins, or two code exchanges, of the same user with the same client.
    pub login_gap_ms: u64,
    /// Seconds that a token may live longer or shorter than `expires_in` says.
    pub expiry_tolerance_s: u64,
    /// Longest wait, in seconds, for time to pass where it can't be moved.
    pub longest_wait_s: u64,
}

/// Cases at a time against a server on this machine: enough to keep its cores and one's own busy, and few enough that what
/// they hold in memory stays in caches.
const NEAR_JOBS: usize = 16;
/// Requests in a second to a server that is not on this machine, unless its file says otherwise.
const POLITE_RATE: u32 = 10;
/// The same for requests under way, and cases, at a time.
const POLITE_IN_FLIGHT: usize = 4;

impl Limits {
    /// What holds for a server at this address unless its file says otherwise.
    pub fn usual(base: &Url) -> Limits {
        let near = is_loopback(base);
        Limits {
            request_ms: 10_000,
            body_bytes: 1 << 20,
            jobs: if near { NEAR_JOBS } else { POLITE_IN_FLIGHT },
            rate: (!near).then_some(POLITE_RATE),
            in_flight: (!near).then_some(POLITE_IN_FLIGHT),
            login_gap_ms: 0,
            expiry_tolerance_s: 15,
            longest_wait_s: 300,
        }
    }

    pub fn request(&self) -> Duration {
        Duration::from_millis(self.request_ms)
    }
}

form! {
    /// What keeps a run within what the server can take.
    struct LimitsForm {
        /// How long, in milliseconds, one whole answer may take. Default 10000. Longer counts as a time-out.
        request_ms: Lenient<Option<Whole<1, 600_000>>>,
        /// How long, in bytes, an answer's body may be. Default 1048576.
        body_bytes: Lenient<Option<Whole<1024, 1_073_741_824>>>,
        /// Cases at a time. Default 16, and 4 for a server that is not on this machine. `--jobs` goes before it.
        jobs: Lenient<Option<Whole<1, 1024>>>,
        /// Requests that begin in a second, on average. Default 10 for a server that is not on this machine, else any number.
        rate: Lenient<Option<Whole<1, 100_000>>>,
        /// Requests under way at a time. Default 4 for a server that is not on this machine, else any number. The copies of a
        /// race go together all the same.
        in_flight: Lenient<Option<Whole<1, 1024>>>,
        /// Milliseconds between two logins, or two code exchanges, of the same user with the same client. Default 0.
        login_gap_ms: Lenient<Option<Whole<0, 600_000>>>,
        /// Seconds that a token may live longer or shorter than `expires_in` says. Default 15.
        expiry_tolerance_s: Lenient<Option<Whole<0, 3600>>>,
        /// Longest wait, in seconds, for time to pass where it can't be moved and `--slow` asks for it. Default 300.
        longest_wait_s: Lenient<Option<Whole<0, 86_400>>>,
    }
}

impl LimitsForm {
    pub fn limits(self, base: &Url) -> Limits {
        fn number<const MIN: u64, const MAX: u64>(value: Lenient<Option<Whole<MIN, MAX>>>) -> Option<u64> {
            value.0.flatten().map(|whole| whole.0)
        }
        let size = |number: u64| usize::try_from(number).expect("the declared ranges fit");
        let usual = Limits::usual(base);
        Limits {
            request_ms: number(self.request_ms).unwrap_or(usual.request_ms),
            body_bytes: number(self.body_bytes).map_or(usual.body_bytes, size),
            jobs: number(self.jobs).map_or(usual.jobs, size),
            rate: self.rate.0.flatten().map(|rate| rate.small()).or(usual.rate),
            in_flight: number(self.in_flight).map(size).or(usual.in_flight),
            login_gap_ms: number(self.login_gap_ms).unwrap_or(usual.login_gap_ms),
            expiry_tolerance_s: number(self.expiry_tolerance_s).unwrap_or(usual.expiry_tolerance_s),
            longest_wait_s: number(self.longest_wait_s).unwrap_or(usual.longest_wait_s),
        }
    }
}

/// How TLS is spoken.
#[derive(Clone, Debug, Default)]
pub struct Tls {
    /// PEM certificates that are trusted besides the system's.
    pub ca_file: Option<PathBuf>,
    /// The client's PEM certificate chain and its key.
    pub client: Option<(PathBuf, PathBuf)>,
    pub minimum: Option<TlsVersion>,
}

choices! {
    /// A version of TLS.
    TlsVersion: "version of TLS" {
        /// RFC 5246
        Tls12 = "1.2",
        /// RFC 8446
        Tls13 = "1.3",
    }
}

form! {
    /// How TLS is spoken. Paths are relative to the target file.
    struct TlsForm {
        /// PEM certificates that are trusted besides the system's.
        ca_file: Option<Written>,
        /// The client's certificate chain, PEM.
        certificate_file: Option<Written>,
        /// The key to it, PEM.
        key_file: Option<Written>,
        /// The oldest version that is spoken. Default `1.2`.
        minimum_version: Option<TlsVersion>,
    }
}

impl TlsForm {
    pub fn tls(self, span: Span, reader: &mut Reader) -> Option<Tls> {
        let client = match (self.certificate_file, self.key_file) {
            (None, None) => None,
            (Some(certificate), Some(key)) => Some((certificate.text.into(), key.text.into())),
            _ => {
                let mistake =
                    reader.mistake(Code::MissingKey, span, "a client certificate and its key go together");
                reader.note(mistake.help("give both `certificate_file` and `key_file`"));
                return None;
            }
        };
        let ca_file = self.ca_file.map(|path| path.text.into());
        Some(Tls { ca_file, client, minimum: self.minimum_version })
    }
}

impl Tls {
    /// With files found in this folder.
    #[must_use]
    pub fn within(self, folder: &std::path::Path) -> Tls {
        let client = self.client.map(|(certificate, key)| (folder.join(certificate), folder.join(key)));
        Tls { ca_file: self.ca_file.map(|path| folder.join(path)), client, ..self }
    }
}

/// What counts as a refusal besides a 4xx: an answer that gives nothing of what was asked for, and …
#[derive(Clone, Debug, Default)]
pub struct Refusal {
    /// … has one of these statuses,
    pub statuses: Vec<u16>,
    /// … is a 2xx that holds one of these texts,
    pub texts: Vec<String>,
    /// … or redirects to an address that begins with one of these.
    pub redirects: Vec<String>,
}

impl Refusal {
    /// Whether a redirect leads to an error page of the server's own, and carries nothing there.
    pub fn has_page(&self, callback: &Callback) -> bool {
        let leads_to = |page: &String| callback.raw.starts_with(page.as_str());
        callback.grants().is_empty() && self.redirects.iter().any(leads_to)
    }
}

form! {
    /// What counts as a refusal besides a 4xx. An answer that gives what was asked for never does.
    struct RefusalForm {
        /// Statuses from 200 to 399, or 501, that refuse where nothing was given.
        statuses: Option<Vec<Status>>,
        /// Texts that a 2xx holds when it refuses, such as the title of an error page.
        texts: Option<Vec<Written>>,
        /// Where a redirect leads that refuses: a path under the base, or the beginning of a whole address.
        redirects: Option<Vec<Written>>,
    }
}

impl RefusalForm {
    pub fn refusal(self, base: &Url, reader: &mut Reader) -> Option<Refusal> {
        let mut whole = true;
        let texts = self.texts.unwrap_or_default();
        for text in &texts {
            if let Some(mistake) = super::value::blank(text, "a text that every page holds: it", reader) {
                reader.note(mistake);
                whole = false;
            }
        }
        let redirects: Vec<Option<String>> = self
            .redirects
            .unwrap_or_default()
            .iter()
            .map(|written| Some(address(written, Some(base), reader)?.to_string()))
            .collect();
        let redirects = redirects.into_iter().collect::<Option<_>>();
        whole.then_some(())?;
        Some(Refusal {
            statuses: self.statuses.unwrap_or_default().into_iter().map(|status| status.0).collect(),
            texts: texts.into_iter().map(|text| text.text).collect(),
            redirects: redirects?,
        })
    }
}

/// What the server, or who runs it, does for tests.
#[derive(Clone, Debug, Default)]
pub struct Control {
    /// What the control API is called with, if it asks for a key.
    pub key: Option<Kept>,
    /// Gives a world as the control API does.
    pub make_world: Option<Hook>,
    pub drop_world: Option<Hook>,
    pub advance: Option<Hook>,
    pub restart: Option<Hook>,
    pub disconnect: Option<Hook>,
    /// How long an approval can be given after the login.
    pub approval_seconds: Option<u64>,
}

form! {
    /// What the server, or who runs it, does for tests. Each hook is an HTTP request or a program. Besides what each names, texts
    /// may hold `{world}`.
    struct ControlForm {
        /// The environment variable that holds the control API's key, sent as `Authorization: Bearer`.
        key_env: Option<Written>,
        /// The file that holds it, relative to this one.
        key_file: Option<Written>,
        /// Gives new users and clients: answers, or prints, the JSON that the control API gives for a world.
        make_world: Option<HookForm>,
        /// Throws a world away.
        drop_world: Option<HookForm>,
        /// Lets `{seconds}` pass.
        advance: Option<HookForm>,
        /// Restarts the server. The hook ends when the server answers again.
        restart: Option<HookForm>,
        /// `{user.id}` disconnects `{client.id}`; a user's fields are `{user.…}`.
        disconnect: Option<HookForm>,
        /// How many seconds after the login an approval can be given. Default 600, or what the control API says.
        approval_seconds: Option<Whole<1, 31_536_000>>,
    }
}

impl ControlForm {
    pub fn control(self, span: &Span, base: &Url, reader: &mut Reader) -> Option<Control> {
        let key = match (self.key_env, self.key_file) {
            (Some(_), Some(_)) => {
                let message = "expected one of `key_env` and `key_file`";
                let mistake = reader.mistake(Code::OneOf, span.clone(), message);
                reader.note(mistake);
                return None;
            }
            (Some(name), None) => Some(Kept::Env(name.text)),
            (None, path) => path.map(|path| Kept::File(path.text.into())),
        };
        let mut hook = |form: Option<HookForm>| match form {
            None => Some(None),
            Some(form) => form.hook(span.clone(), base, reader).map(Some),
        };
        let hooks =
            [self.make_world, self.drop_world, self.advance, self.restart, self.disconnect].map(&mut hook);
        let [make_world, drop_world, advance, restart, disconnect] = hooks;
        Some(Control {
            key,
            make_world: make_world?,
            drop_world: drop_world?,
            advance: advance?,
            restart: restart?,
            disconnect: disconnect?,
            approval_seconds: self.approval_seconds.map(|seconds| seconds.0),
        })
    }
}

impl Control {
    /// Every hook, by its key.
    pub fn hooks_mut(&mut self) -> impl Iterator<Item = (&'static str, &mut Hook)> {
        let hooks = [
            ("control.make_world", &mut self.make_world),
            ("control.drop_world", &mut self.drop_world),
            ("control.advance", &mut self.advance),
            ("control.restart", &mut self.restart),
            ("control.disconnect", &mut self.disconnect),
        ];
        hooks.into_iter().filter_map(|(key, hook)| Some((key, hook.as_mut()?)))
    }

    /// With programs run, and files found, in this folder.
    #[must_use]
    pub fn within(self, folder: &std::path::Path) -> Control {
        let within = |hook: Option<Hook>| hook.map(|hook| hook.within(folder));
        Control {
            key: self.key.map(|key| key.within(folder)),
            make_world: within(self.make_world),
            drop_world: within(self.drop_world),
            advance: within(self.advance),
            restart: within(self.restart),
            disconnect: within(self.disconnect),
            approval_seconds: self.approval_seconds,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_page_elsewhere_is_the_servers_own_while_no_code_goes_there() {
        let refusal =
            Refusal { redirects: vec!["https://pages.bank.example/error".into()], ..Refusal::default() };
        let has_page = |location: &str| refusal.has_page(&Callback::parse(location.as_bytes()));
        assert!(has_page("https://pages.bank.example/error?error=invalid_request"));
        assert!(!has_page("https://pages.bank.example/error?code=c"));
        assert!(!has_page("https://foreign.example/error?error=invalid_request"));
        assert!(!Refusal::default().has_page(&Callback::parse(b"https://pages.bank.example/error")));
    }
}
