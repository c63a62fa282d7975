//! `grantspec target init`: a target file for a server, from flags, questions, and what the server publishes about itself.

use std::fs::OpenOptions;
use std::io::{self, BufRead, IsTerminal, Write};
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use url::Url;

use crate::cli::output::{complain, out};
use crate::results::Exit;
use crate::target::{Draft, Known, Metadata, Outgoing, Target, TargetFile, well_known};

/// Write a target file for a server, with what it publishes about itself filled in.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  grantspec target init                                  asks what it has to know
  grantspec target init https://bank.example             reads its metadata, writes target.toml
  grantspec target init http://127.0.0.1:8080 --login auto --out mine.toml
  grantspec target init http://127.0.0.1:3000 --authorize /oauth/authorize --token /oauth/token \\
      --whoami /api/me --revocation /oauth/revoke --authentication basic --scope profile

Metadata is looked for where OpenID Connect Discovery and RFC 8414 put it. Then:
grantspec target check target.toml")]
pub struct Init {
    /// The server's address, or its issuer.
    #[arg(value_name = "URL")]
    url: Option<String>,
    /// What reports call the server. Without it, its host.
    #[arg(long, value_name = "TEXT")]
    name: Option<String>,
    /// How users log in.
    #[arg(long, value_enum)]
    login: Option<Login>,
    /// Where logins begin: a path under the address, or a whole address.
    #[arg(long, value_name = "ADDRESS", help_heading = "What the server does not publish")]
    authorize: Option<String>,
    /// Where tokens come from.
    #[arg(long, value_name = "ADDRESS", help_heading = "What the server does not publish")]
    token: Option<String>,
    /// What answers whose a token is: whoami, userinfo, or another resource.
    #[arg(long, value_name = "ADDRESS", help_heading = "What the server does not publish")]
    whoami: Option<String>,
    /// Token introspection (RFC 7662), where no resource tells whether a token lives.
    #[arg(
        long,
        value_name = "ADDRESS",
        help_heading = "What the server does not publish",
        conflicts_with = "whoami"
    )]
    introspection: Option<String>,
    /// A logout by a POST with the access token in its header.
    #[arg(long, value_name = "ADDRESS", help_heading = "What the server does not publish")]
    logout: Option<String>,
    /// Token revocation (RFC 7009).
    #[arg(
        long,
        value_name = "ADDRESS",
        help_heading = "What the server does not publish",
        conflicts_with = "logout"
    )]
    revocation: Option<String>,
    /// How clients show their secret.
    #[arg(long, value_enum, help_heading = "What the server does not publish")]
    authentication: Option<Authentication>,
    /// The scope that a login asks for.
    #[arg(long, value_name = "SCOPE", help_heading = "What the server does not publish")]
    scope: Option<String>,
    /// There is one user to test with, not two.
    #[arg(long)]
    one_user: bool,
    /// There is a client without a secret too.
    #[arg(long)]
    public_client: bool,
    /// The file to write.
    #[arg(long, value_name = "FILE", default_value = "target.toml")]
    out: PathBuf,
    /// Write over a file that is there.
    #[arg(long)]
    replace: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Login {
    /// The server's own pages, over HTTP.
    Form,
    /// The control API logs users in.
    Auto,
    /// Nobody is asked: the server redirects at once, for one user.
    None,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Authentication {
    /// Among the form fields.
    Body,
    /// In the Authorization header.
    Basic,
    /// Not at all.
    None,
}

impl Init {
    pub fn main(self) -> Exit {
        if self.out.exists() && !self.replace {
            complain(format!("{} is there already; --replace writes over it", self.out.display()));
            return Exit::Usage;
        }
        let mut questions = Questions::new();
        let asked = self.url.clone().or_else(|| questions.ask("The server's address", None));
        let Some(base) = asked.as_deref().map(str::trim).and_then(address) else {
            let given =
                asked.map_or_else(|| "no address was given".to_owned(), |given| format!("{given} is none"));
            complain(format!("{given}: give the server's address, such as https://bank.example"));
            return Exit::Usage;
        };
        let host = base.authority().to_owned();
        let name = self.name.clone().or_else(|| questions.ask("What reports call it", Some(&host)));
        let login = self.login.or_else(|| questions.choose("How users log in", Some("form")));
        let metadata = match tokio::runtime::Runtime::new().map(|runtime| runtime.block_on(published(&base)))
        {
            Ok(Ok(metadata)) => metadata,
            Ok(Err(trouble)) => {
                complain(trouble);
                return Exit::Trouble;
            }
            Err(error) => {
                complain(format!("failed to start: {error}"));
                return Exit::Trouble;
            }
        };
        let known = self.known(metadata.is_none(), &mut questions);
        let users: &[&str] = if self.one_user { &["alice"] } else { &["alice", "bob"] };
        let clients: &[&str] =
            if self.public_client { &["server", "other", "public"] } else { &["server", "other"] };
        let draft = Draft {
            name: name.filter(|name| !name.trim().is_empty()).unwrap_or(host),
            base,
            metadata: metadata.as_ref().map(|(_, metadata)| metadata.clone()),
            users: users.iter().map(|role| (*role).to_owned()).collect(),
            clients: clients.iter().map(|role| (*role).to_owned()).collect(),
            login: login
                .and_then(|login| login.to_possible_value())
                .map_or("form".to_owned(), |value| value.get_name().to_owned()),
            known,
        };
        let has_endpoints = draft.known.has_endpoints();
        if let Err(error) = write(&self.out, &draft.text(), self.replace) {
            complain(format!(
                "failed to write {}: {error}; choose another file with --out",
                self.out.display()
            ));
            return Exit::Trouble;
        }
        let shown = self.out.display();
        out(&match metadata {
            Some((url, _)) => format!("{shown}: endpoints as published at {url}\n"),
            None if has_endpoints => format!("{shown}: endpoints as given\n"),
            None => format!(
                "{shown}: the server publishes nothing about itself, so that its endpoints are guesses\n"
            ),
        });
        out(&format!("Fill in the users and clients, then: grantspec target check {shown}\n"));
        Exit::Conformant
    }
}

impl Init {
    /// What was said of the server; what is `missing` is asked for.
    fn known(&self, missing: bool, questions: &mut Questions) -> Known {
        let said = |questions: &mut Questions, flag: &Option<String>, what: &str| {
            flag.clone().or_else(|| missing.then(|| questions.ask(what, None)).flatten())
        };
        let authorize = said(questions, &self.authorize, "Where logins begin, such as /oauth2/authorize");
        let token = said(questions, &self.token, "Where tokens come from, such as /oauth2/token");
        let whoami = match &self.introspection {
            Some(_) => None,
            None => said(questions, &self.whoami, "What tells whose a token is, such as /userinfo"),
        };
        let authentication = self
            .authentication
            .or_else(|| missing.then(|| questions.choose("How clients show their secret", None)).flatten());
        Known {
            authorize,
            token,
            whoami,
            introspection: self.introspection.clone(),
            logout: self.logout.clone(),
            revocation: self.revocation.clone(),
            authentication: authentication
                .and_then(|way| way.to_possible_value())
                .map(|word| word.get_name().to_owned()),
            scope: said(questions, &self.scope, "The scope that a login asks for, if any"),
        }
    }
}

/// What the server publishes, and where; `None` if nothing.
async fn published(base: &Url) -> Result<Option<(Url, Metadata)>, String> {
    let file = TargetFile::at(base.as_str()).map_err(|error| error.to_string())?;
    let target = Target::open(file).map_err(|error| error.to_string())?;
    for url in well_known(base) {
        let answer = target.send(&Outgoing::get(url.clone())).await.map_err(|trouble| {
            format!(
                "failed to reach {url}: {}: {}; is the address right?",
                trouble.kind.as_str(),
                trouble.detail
            )
        })?;
        let metadata =
            (answer.status == 200).then(|| serde_json::from_slice::<Metadata>(&answer.body).ok()).flatten();
        // JSON about anything else names neither endpoint.
        let metadata =
            metadata.filter(|said| said.authorization_endpoint.is_some() || said.token_endpoint.is_some());
        if let Some(metadata) = metadata {
            return Ok(Some((url, metadata)));
        }
    }
    Ok(None)
}

fn address(text: &str) -> Option<Url> {
    Url::parse(text).ok().filter(|url| {
        matches!(url.scheme(), "http" | "https")
            && url.has_host()
            && url.query().is_none()
            && url.username().is_empty()
    })
}

fn write(path: &Path, text: &str, replace: bool) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true).create_new(!replace);
    options.open(path)?.write_all(text.as_bytes())
}

/// Questions, where there is somebody to answer them.
struct Questions {
    /// Where the answers come from.
    heard: Option<Box<dyn BufRead>>,
}

impl Questions {
    fn new() -> Questions {
        let is_answered = io::stdin().is_terminal() && io::stderr().is_terminal();
        Questions { heard: is_answered.then(|| Box::new(io::stdin().lock()) as Box<dyn BufRead>) }
    }

    /// The answer, or what is usual if it is empty. `None` if nobody is there.
    fn ask(&mut self, what: &str, usual: Option<&str>) -> Option<String> {
        let Some(heard) = &mut self.heard else { return usual.map(str::to_owned) };
        let offered = usual.map(|usual| format!(" [{usual}]")).unwrap_or_default();
        let mut answer = String::new();
        let asked = write!(io::stderr(), "{what}{offered}: ").and_then(|()| heard.read_line(&mut answer));
        if asked.is_err() || answer.is_empty() {
            // The terminal is gone, or its user has nothing more to say.
            self.heard = None;
        }
        match answer.trim() {
            "" => usual.map(str::to_owned),
            answer => Some(answer.to_owned()),
        }
    }

    /// The same, where the answer is one of a few words. Another one is asked for until it is one of them.
    fn choose<T: ValueEnum>(&mut self, what: &str, usual: Option<&str>) -> Option<T> {
        let words = T::value_variants().iter().filter_map(ValueEnum::to_possible_value);
        let words: Vec<String> = words.map(|word| word.get_name().to_owned()).collect();
        let words = words.join(", ");
        loop {
            let answer = self.ask(&format!("{what} ({words})"), usual)?;
            match T::from_str(&answer, true) {
                Ok(chosen) => return Some(chosen),
                Err(_) => complain(format!("{answer} is none of these: {words}")),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_goes_before_what_is_usual_and_nobody_is_asked_who_is_gone() {
        let mut questions = Questions { heard: Some(Box::new(&b" Our bank \n\n"[..])) };
        assert_eq!(questions.ask("What reports call it", Some("host")).as_deref(), Some("Our bank"));
        assert_eq!(questions.ask("How users log in", Some("form")).as_deref(), Some("form"));
        assert!(questions.heard.is_some(), "an empty line is an answer");
        assert_eq!(questions.ask("The server's address", None), None);
        assert!(questions.heard.is_none(), "the answers have ended");
        assert_eq!(questions.ask("What reports call it", Some("host")).as_deref(), Some("host"));
    }

    #[test]
    fn a_word_that_is_not_offered_is_asked_for_again() {
        let heard = |said: &'static str| Questions { heard: Some(Box::new(said.as_bytes())) };
        let chosen: Option<Login> = heard("browser\nnone\n").choose("How users log in", Some("form"));
        assert!(matches!(chosen, Some(Login::None)));
        let chosen: Option<Login> = heard("browser\n\n").choose("How users log in", Some("form"));
        assert!(matches!(chosen, Some(Login::Form)), "the usual one");
        let chosen: Option<Authentication> = heard("Basic\n").choose("How clients show their secret", None);
        assert!(matches!(chosen, Some(Authentication::Basic)), "in any case");
        let chosen: Option<Authentication> = heard("jwt\n").choose("How clients show their secret", None);
        assert!(chosen.is_none(), "whoever is gone is not asked again");
    }
}
