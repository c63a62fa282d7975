//! Secrets never leave the process: the one place that replaces tokens, codes and secrets by stable labels.
//!
//! A secret is looked for as it is and in every form it is likely to travel in: percent-encoded, as a form field,
//! escaped in JSON or HTML, and in base64, where it may stand at any offset (as in HTTP Basic).

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap, HashSet};

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What is shorter can't be replaced without tearing up every text it happens to occur in.
const SHORTEST: usize = 4;

/// How much of a form is searched for at first, in bytes. Where it stands, the rest is compared.
const BEGINNING: usize = 10;

/// RFC 3986 §2.3: what many encoders leave alone.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The secrets that are known so far, each with the label that stands for it.
#[derive(Clone, Debug, Default)]
pub struct Secrets {
    labels: Vec<(String, String)>,
    known: HashSet<String>,
    counts: BTreeMap<String, u32>,
}

impl Secrets {
    /// Adds `secret` under `kind` (such as `alice·server·access`), numbered in order of appearance. A secret that is known
    /// keeps its first label.
    pub fn add(&mut self, secret: &str, kind: &str) {
        if secret.len() < SHORTEST || !self.known.insert(secret.to_owned()) {
            return;
        }
        let count = self.counts.entry(kind.to_owned()).or_default();
        *count += 1;
        self.labels.push((secret.to_owned(), format!("‹{kind} {count}›")));
    }

    /// The label of a secret, or a stand-in that gives nothing away.
    pub fn label(&self, secret: &str) -> String {
        self.labels
            .iter()
            .find_map(|(known, label)| (known == secret).then(|| label.clone()))
            .unwrap_or_else(|| "‹something short›".to_owned())
    }

    /// Something that replaces everything known up to now.
    pub fn redactor(&self) -> Redactor {
        let mut numbers = HashMap::new();
        let mut beginnings = Vec::new();
        let mut forms_of: Vec<Vec<Form>> = Vec::new();
        let mut seen = HashSet::new();
        for (number, (secret, _)) in self.labels.iter().enumerate() {
            for form in forms(secret) {
                if form.len() < SHORTEST || !seen.insert(form.clone()) {
                    continue;
                }
                let beginning = form.as_bytes()[..form.len().min(BEGINNING)].to_vec();
                let at = *numbers.entry(beginning.clone()).or_insert_with(|| {
                    beginnings.push(beginning);
                    forms_of.push(Vec::new());
                    beginnings.len() - 1
                });
                forms_of[at].push(Form { text: form, label: number });
            }
        }
        // One automaton for each case, and then a few kilobytes to search: what counts is how fast it is built, and that
        // goes with the length of all patterns together.
        let search = AhoCorasick::builder()
            .kind(Some(AhoCorasickKind::NoncontiguousNFA))
            .dense_depth(2)
            .build(&beginnings)
            .expect("a case's few hundred secrets are far below the automaton's limits");
        let labels = self.labels.iter().map(|(_, label)| label.clone()).collect();
        Redactor { search, forms: forms_of, labels }
    }
}

/// Replaces secrets in texts.
#[derive(Debug)]
pub struct Redactor {
    /// Finds where a form may begin.
    search: AhoCorasick,
    /// By number of the beginning: the forms that have it.
    forms: Vec<Vec<Form>>,
    labels: Vec<String>,
}

/// One form of one secret.
#[derive(Debug)]
struct Form {
    text: String,
    /// The number of the secret's label.
    label: usize,
}

impl Redactor {
    pub fn text(&self, text: &str) -> String {
        let mut found: Vec<(usize, Reverse<usize>, usize)> = Vec::new();
        for hit in self.search.find_overlapping_iter(text) {
            let rest = &text.as_bytes()[hit.start()..];
            let here = self.forms[hit.pattern().as_usize()].iter();
            let here = here.filter(|form| rest.starts_with(form.text.as_bytes()));
            found.extend(here.map(|form| (hit.start(), Reverse(hit.start() + form.text.len()), form.label)));
        }
        // The first, and of those that begin together the longest.
        found.sort_unstable();
        let mut redacted = String::with_capacity(text.len());
        let mut done = 0;
        for (start, Reverse(end), label) in found {
            if start >= done {
                redacted.push_str(&text[done..start]);
                redacted.push_str(&self.labels[label]);
            }
            // What begins inside another and goes on beyond it is covered by the same label.
            done = done.max(end);
        }
        redacted.push_str(&text[done..]);
        redacted
    }
}

/// Every form that a secret is looked for in.
fn forms(secret: &str) -> Vec<String> {
    let mut forms = base64_forms(secret.as_bytes());
    forms.push(secret.to_owned());
    // Nothing that writes texts down leaves letters and digits other than they are.
    if !secret.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        forms.extend(escaped_forms(secret));
    }
    forms
}

fn escaped_forms(secret: &str) -> Vec<String> {
    let full = utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string();
    let usual = utf8_percent_encode(secret, RESERVED).to_string();
    let form: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
    let json = serde_json::Value::from(secret).to_string();
    let json = json[1..json.len() - 1].to_owned();
    let html = secret
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;");
    let mut forms: Vec<String> =
        [&full, &usual, &form].into_iter().map(|encoded| lower_hex(encoded)).collect();
    forms.push(json.replace('/', "\\/"));
    forms.push(escaped(secret, |unit| format!("\\u{unit:04x}")));
    forms.push(escaped(secret, |unit| format!("\\u{unit:04X}")));
    forms.push(html.replace("&quot;", "&#34;").replace("&#39;", "&#x27;"));
    forms.extend([full, usual, form, json, html]);
    forms
}

/// As JSON writers escape it that trust nothing but letters and digits (RFC 8259 §7).
fn escaped(secret: &str, escape: impl Fn(u16) -> String) -> String {
    let unit = |unit: u16| match u8::try_from(unit) {
        Ok(byte) if byte.is_ascii_alphanumeric() => char::from(byte).to_string(),
        _ => escape(unit),
    };
    secret.encode_utf16().map(unit).collect()
}

/// `%2F` as `%2f`.
fn lower_hex(text: &str) -> String {
    let mut lower = String::with_capacity(text.len());
    let mut hex = 0;
    for character in text.chars() {
        hex = if character == '%' { 3 } else { hex };
        lower.push(if hex > 0 { character.to_ascii_lowercase() } else { character });
        hex = u8::saturating_sub(hex, 1);
    }
    lower
}

/// The characters of base64 that depend on nothing but the secret, for each of the three offsets it may stand at.
fn base64_forms(secret: &[u8]) -> Vec<String> {
    let mut forms = Vec::new();
    for offset in 0..3usize {
        let mut padded = vec![0; offset];
        padded.extend_from_slice(secret);
        // Six bits a character: those that hold a bit of what stands before are left out, and so are those that would
        // hold a bit of what comes after.
        let from = (offset * 8).div_ceil(6);
        let to = padded.len() * 8 / 6;
        for encoded in [STANDARD_NO_PAD.encode(&padded), URL_SAFE_NO_PAD.encode(&padded)] {
            if from < to {
                forms.push(encoded[from..to].to_owned());
            }
        }
    }
    forms
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_secret_keeps_its_first_label_and_kinds_are_numbered() {
        let mut secrets = Secrets::default();
        secrets.add("token-one", "alice·server·access");
        secrets.add("token-two", "alice·server·access");
        secrets.add("token-one", "token");
        assert_eq!(secrets.label("token-one"), "‹alice·server·access 1›");
        assert_eq!(secrets.label("token-two"), "‹alice·server·access 2›");
    }

    #[test]
    fn the_longer_of_two_secrets_is_replaced_whole() {
        let mut secrets = Secrets::default();
        secrets.add("abcdef", "short");
        secrets.add("abcdefgh", "long");
        assert_eq!(secrets.redactor().text("x abcdefgh abcdef"), "x ‹long 1› ‹short 1›");
    }

    #[test]
    fn of_two_secrets_that_overlap_nothing_is_left() {
        let mut secrets = Secrets::default();
        secrets.add("abcdefghijklmnop", "one");
        secrets.add("klmnopqrstuvwxyz", "other");
        assert_eq!(secrets.redactor().text("-abcdefghijklmnopqrstuvwxyz-"), "-‹one 1›-");
        assert_eq!(secrets.redactor().text("abcdefghijkl"), "abcdefghijkl");
    }

    proptest! {
        #[test]
        fn no_form_of_a_secret_survives(
            secret in "[ -~é]{12,60}",
            before in "[a-z]{0,7}",
            after in "[a-z]{0,7}",
        ) {
            let mut secrets = Secrets::default();
            secrets.add(&secret, "access");
            let redactor = secrets.redactor();
            let basic = STANDARD_NO_PAD.encode(format!("{before}{secret}{after}"));
            let carriers = [
                format!("{before}{secret}{after}"),
                format!("a={}", utf8_percent_encode(&secret, NON_ALPHANUMERIC)),
                format!("a={}", url::form_urlencoded::byte_serialize(secret.as_bytes()).collect::<String>()),
                serde_json::json!({ "token": secret }).to_string(),
                basic,
            ];
            for carrier in carriers {
                prop_assert!(redactor.text(&carrier).contains("‹access 1›"), "{}", carrier);
            }
        }
    }
}
