//! How an app file is written: its tables and keys. Read with the same machinery as suites.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value as Json, json};
use toml::de::DeValue;

use super::{
    Action, AppFile, BankSide, Capability, Confidentiality, FURTHER_PORT, Limits, PLACEHOLDERS, Start, Stdin,
    Text,
};
use crate::suite::case::Source;
use crate::suite::code::Code;
use crate::suite::diagnostic::Diagnostic;
use crate::suite::pages::{Go, Placed, Step};
use crate::suite::read::file::whole;
use crate::suite::read::form::{form, of_file};
use crate::suite::read::keyed::Keyed;
use crate::suite::read::value::{Defs, Prose, Value, Whole, word_values};
use crate::suite::read::wording::{listed, meant_or_list, shown};
use crate::suite::read::{Node, Reader, in_file_order};

word_values! {
    Capability: "capability",
    Confidentiality: "kind of client",
    Stdin: "state of a standard input",
}

/// Reads an app file's text.
pub fn file(path: &str, text: &str) -> Result<AppFile, Vec<Diagnostic>> {
    let source = Arc::new(Source::new(path, text));
    whole(source, text, |node, reader| AppForm::read(node, reader).map(AppForm::file))
}

form! {
    /// An app that connects to the bank: how it is told where the bank is, and how each thing is asked of it.
    struct AppForm {
        /// What it is called in reports.
        name: Prose,
        /// Whether it can keep a secret. Default `confidential`.
        client: Option<Confidentiality>,
        /// The client id that it has. Without it, one is made for each case.
        client_id: Option<Prose>,
        /// The secret that it has. Without it, one is made for each case.
        client_secret: Option<Prose>,
        /// Where the bank sends its users back to.
        redirect_uri: Text,
        /// How it meets the bank.
        bank: Option<BankForm>,
        /// How it is started for each case. Without it, it is there already, or is a command for each action.
        start: Option<StartForm>,
        /// Begins a login.
        connect: Action,
        /// Makes it read from the bank.
        r#use: Action,
        /// Makes it refresh.
        refresh: Option<Action>,
        /// Makes it disconnect the bank.
        disconnect: Option<Action>,
        /// Shows the user how things stand.
        status: Option<Action>,
        /// What it leaves behind.
        files: Option<FilesForm>,
        /// What it says to its user, where the usual English words don't do.
        words: Option<WordsForm>,
        /// How long things may take.
        limits: Option<LimitsForm>,
        /// The WebDriver program for `browser`, if it is not chromedriver or geckodriver on the PATH.
        webdriver: Option<Prose>,
        /// What it can't do, and why.
        lacks: Option<Lacks>,
    }
}

form! {
    /// How the app meets the bank.
    struct BankForm {
        /// The bank's port, for apps that can't be told. Default: a free one for each case.
        port: Option<Whole<1, 65_535>>,
        /// Whether the bank speaks TLS, with an authority made for the run (`{ca_file}`). Default `false`.
        tls: Option<bool>,
        /// Hosts that the app has compiled in: a proxy answers for them (`{proxy}`), and for no others.
        hosts: Option<Vec<Prose>>,
    }
}

form! {
    /// How the app is started. It may go on running; it is ended with the case, and all that it started.
    struct StartForm {
        /// The program and its arguments.
        command: Vec<Text>,
        /// Its environment, beside what it inherits.
        env: Option<Keyed<Text>>,
        /// A file that is written before: `path` and `text`.
        config: Option<ConfigForm>,
        /// `open`: its standard input has no end as long as it runs, for programs that end with it. Default `closed`.
        stdin: Option<Stdin>,
        /// An address that answers once it is up. Default: the host of `redirect_uri` takes connections.
        ready: Option<Text>,
    }
}

form! {
    /// A file that is written before the app starts.
    struct ConfigForm {
        /// Where.
        path: Text,
        /// What.
        text: Text,
    }
}

form! {
    /// How one thing is asked of the app: `get`, `post`, `browser` or `command`.
    struct ActionForm {
        /// An address that the user's browser opens.
        get: Option<Text>,
        /// An address that the user's browser posts to.
        post: Option<Text>,
        /// What it posts.
        form: Option<Keyed<Text>>,
        /// An address that a real browser opens, for pages that need scripts: Chromium or Firefox, driven by WebDriver. Empty:
        /// the page that is open already.
        browser: Option<Text>,
        /// What is done there, page by page: the first step that knows the page and was not done yet.
        step: Option<Vec<Placed>>,
        /// A program and its arguments.
        command: Option<Vec<Text>>,
        /// Its environment.
        env: Option<Keyed<Text>>,
        /// What it reads from its standard input.
        input: Option<Text>,
        /// `open`: after `input`, its standard input has no end as long as it runs. Default `closed`.
        stdin: Option<Stdin>,
        /// What stands right before the link to open in its output. Default: the first link to the bank.
        link_after: Option<Prose>,
    }
}

form! {
    /// What the app leaves behind.
    struct FilesForm {
        /// What it writes for people. No token belongs there.
        logs: Option<Vec<Text>>,
        /// Where it stores things: looked at after a disconnection.
        state: Option<Vec<Text>>,
    }
}

form! {
    /// Words by which the app is understood. Case does not matter; one of a list is enough.
    struct WordsForm {
        /// That access was ended at the bank.
        ended: Option<Vec<Prose>>,
        /// That the user said no at the bank.
        refused: Option<Vec<Prose>>,
    }
}

form! {
    /// How long things may take, and how much there may be.
    struct LimitsForm {
        /// Milliseconds until it is up. Default 15000.
        start_ms: Option<Whole<1, 600_000>>,
        /// Milliseconds until one action is done. Default 20000.
        action_ms: Option<Whole<1, 600_000>>,
        /// Milliseconds of silence that are watched at least. Default 400.
        quiet_ms: Option<Whole<1, 60_000>>,
        /// Milliseconds of silence that are watched at most. Default 4000.
        longest_quiet_ms: Option<Whole<1, 600_000>>,
        /// Requests of one case after which a storm is stopped. Default 200.
        requests: Option<Whole<20, 100_000>>,
        /// Cases at a time. Default 4.
        jobs: Option<Whole<1, 64>>,
        /// Logins that a sample begins at most. Default 200.
        sample: Option<Whole<20, 1000>>,
    }
}

/// Capabilities, each with a reason.
pub struct Lacks(BTreeMap<Capability, String>);

impl AppForm {
    fn file(self) -> AppFile {
        let prose = |text: Prose| text.0;
        let bank = self.bank.map_or_else(BankSide::default, |bank| BankSide {
            port: bank.port.map(|port| u16::try_from(port.0).expect("the declared range fits")),
            tls: bank.tls.unwrap_or_default(),
            hosts: bank.hosts.unwrap_or_default().into_iter().map(prose).collect(),
        });
        let files = self.files;
        let (logs, state) = files.map_or_else(Default::default, |files| {
            (files.logs.unwrap_or_default(), files.state.unwrap_or_default())
        });
        let (ended, refused) = self.words.map_or((None, None), |words| (words.ended, words.refused));
        AppFile {
            name: self.name.0,
            client: self.client.unwrap_or(Confidentiality::Confidential),
            client_id: self.client_id.map(prose),
            client_secret: self.client_secret.map(prose),
            redirect_uri: self.redirect_uri,
            bank,
            start: self.start.map(|start| Start {
                command: start.command,
                env: start.env.map_or_else(Vec::new, Keyed::pairs),
                config: start.config.map(|config| (config.path, config.text)),
                stdin: start.stdin.unwrap_or(Stdin::Closed),
                ready: start.ready,
            }),
            connect: self.connect,
            uses: self.r#use,
            refresh: self.refresh,
            disconnect: self.disconnect,
            status: self.status,
            logs,
            state,
            ended_words: ended.unwrap_or_default().into_iter().map(prose).collect(),
            refused_words: refused.unwrap_or_default().into_iter().map(prose).collect(),
            limits: limits(self.limits),
            webdriver: self.webdriver.map(prose),
            lacks: self.lacks.map_or_else(BTreeMap::new, |lacks| lacks.0),
            folder: std::path::PathBuf::new(),
        }
    }
}

fn limits(form: Option<LimitsForm>) -> Limits {
    let form = form.unwrap_or(LimitsForm {
        start_ms: None,
        action_ms: None,
        quiet_ms: None,
        longest_quiet_ms: None,
        requests: None,
        jobs: None,
        sample: None,
    });
    let quiet_ms = form.quiet_ms.map_or(400, |whole| whole.0);
    Limits {
        start_ms: form.start_ms.map_or(15_000, |whole| whole.0),
        action_ms: form.action_ms.map_or(20_000, |whole| whole.0),
        quiet_ms,
        longest_quiet_ms: form.longest_quiet_ms.map_or(4_000, |whole| whole.0).max(quiet_ms),
        requests: form.requests.map_or(200, |whole| whole.small() as usize),
        jobs: form.jobs.map_or(4, |whole| whole.small() as usize),
        sample: form.sample.map_or(200, |whole| whole.small()),
    }
}

impl Default for Limits {
    fn default() -> Self {
        limits(None)
    }
}

impl Value for Action {
    fn read(node: Node<'_>, reader: &mut Reader) -> Option<Self> {
        let form = ActionForm::read(node, reader)?;
        let ways = [form.get.is_some(), form.post.is_some(), form.browser.is_some(), form.command.is_some()];
        let for_commands =
            form.env.is_some() || form.input.is_some() || form.stdin.is_some() || form.link_after.is_some();
        let wrong = if ways.into_iter().filter(|given| *given).count() != 1
            || form.command.as_ref().is_some_and(Vec::is_empty)
        {
            Some("expected exactly one of `get`, `post`, `browser` and `command`")
        } else if form.form.is_some() && form.post.is_none() {
            Some("`form` goes with `post`")
        } else if form.step.is_some() && form.browser.is_none() {
            Some("`step` goes with `browser`")
        } else if for_commands && form.command.is_none() {
            Some("`env`, `input`, `stdin` and `link_after` go with `command`")
        } else {
            None
        };
        if let Some(wrong) = wrong {
            let mistake = reader.mistake(Code::AppAction, node.span(), wrong);
            reader.note(mistake.help(
                "such as `get = \"http://127.0.0.1:{port}/connect\"` or `command = [\"./app\", \"login\"]`",
            ));
            return None;
        }
        let form_fields = form.form.map_or_else(Vec::new, Keyed::pairs);
        let steps = steps(form.step.unwrap_or_default(), node, reader)?;
        Some(match (form.get, form.post, form.browser, form.command) {
            (Some(url), ..) => Action::Http { method: "GET", url, form: Vec::new() },
            (_, Some(url), ..) => Action::Http { method: "POST", url, form: form_fields },
            (_, _, Some(open), _) => {
                Action::Browser { open: Some(open).filter(|open| !open.0.is_empty()), steps }
            }
            (_, _, _, command) => Action::Command {
                command: command.unwrap_or_default(),
                env: form.env.map_or_else(Vec::new, Keyed::pairs),
                input: form.input,
                stdin: form.stdin.unwrap_or(Stdin::Closed),
                link_after: form.link_after.map(|text| text.0),
            },
        })
    }

    fn schema(defs: &mut Defs) -> Json {
        let mut schema = ActionForm::schema(defs);
        schema["oneOf"] =
            ["get", "post", "browser", "command"].iter().map(|key| json!({ "required": [key] })).collect();
        schema
    }
}

/// What a browser does on an app's pages. What only a bank's login has is a mistake.
fn steps(placed: Vec<Placed>, node: Node<'_>, reader: &mut Reader) -> Option<Vec<Step>> {
    let read: Vec<Option<Step>> = placed.into_iter().map(|placed| placed.step(reader)).collect();
    let steps: Vec<Step> = read.into_iter().collect::<Option<_>>()?;
    let of_banks = |step: &Step| {
        let stops = matches!(step.allow.go, Go::Refuses(_) | Go::Stuck(_));
        stops || step.deny.is_some() || !step.allow.requests.is_empty()
    };
    if steps.iter().any(of_banks) {
        let wrong = "`request`, `refuses`, `stuck` and `deny` belong to a bank's login";
        let mistake = reader.mistake(Code::AppAction, node.span(), wrong);
        reader.note(
            mistake.help(
                "a step of an app has `when`, `fill`, `check`, `choose`, and `press`, `follow` or `open`",
            ),
        );
        return None;
    }
    Some(steps)
}

impl Value for Text {
    fn read(node: Node<'_>, reader: &mut Reader) -> Option<Self> {
        let written = reader.text(node)?;
        let mut rest = written.text.as_str();
        while let Some((_, after)) = rest.split_once('{') {
            let Some((name, beyond)) = after.split_once('}') else { break };
            let is_name =
                !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
            if let Some(port) = name.strip_prefix(FURTHER_PORT)
                && !is_name_of_port(port)
            {
                let message = format!("`{{{}}}` names no port", shown(name));
                let mistake = reader.mistake_in(&written, Code::UnknownWord, message);
                reader.note(mistake.help(
                    "`{port.NAME}` stands for a further free port, the same wherever its name comes: small letters, digits, `-` and `_`",
                ));
                return None;
            }
            if is_name && !PLACEHOLDERS.contains(&name) {
                let message = format!("`{{{}}}` stands for nothing", shown(name));
                let mistake = reader.mistake_in(&written, Code::UnknownWord, message);
                reader.note(mistake.help(meant_or_list(name, &PLACEHOLDERS)));
                return None;
            }
            rest = if is_name { beyond } else { after };
        }
        Some(Self(written.text))
    }

    fn schema(_: &mut Defs) -> Json {
        let braces =
            format!("With {} in braces; or `{{port.NAME}}`, a further free port.", listed(&PLACEHOLDERS));
        json!({ "type": "string", "description": braces })
    }
}

fn is_name_of_port(name: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_".contains(&byte);
    !name.is_empty() && name.bytes().all(fits)
}

impl Value for Lacks {
    fn read(node: Node<'_>, reader: &mut Reader) -> Option<Self> {
        let DeValue::Table(entries) = node.get_ref() else {
            reader.wrong_type(node, "a table of capabilities and reasons");
            return None;
        };
        let mut lacks = BTreeMap::new();
        for (key, value) in in_file_order(entries) {
            let word = key.get_ref().as_ref();
            let known = Capability::ALL.iter().find(|(_, known)| *known == word);
            let Some((capability, _)) = known else {
                let words: Vec<&str> = Capability::ALL.iter().map(|(_, word)| *word).collect();
                let message = format!("`{}` is no capability", shown(word));
                let mistake = reader.mistake(Code::UnknownWord, key.span(), message);
                reader.note(mistake.help(meant_or_list(word, &words)));
                continue;
            };
            lacks.insert(*capability, Prose::read(value, reader)?.0);
        }
        Some(Self(lacks))
    }

    fn schema(defs: &mut Defs) -> Json {
        let words: Vec<&str> = Capability::ALL.iter().map(|(_, word)| *word).collect();
        json!({ "type": "object", "propertyNames": { "enum": words }, "additionalProperties": Prose::schema(defs) })
    }
}

/// JSON Schema (2020-12) of an app file.
pub fn schema() -> Json {
    of_file::<AppForm>("grantspec app", Some(json!(false)))
}
