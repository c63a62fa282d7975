//! One round of one case: its world, what it has in hand, its clock and its tape.

use std::collections::HashMap;
use std::time::Instant;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use url::Url;

use super::answer::Answer;
use super::kept::Kept;
use crate::results::TroubleKind;
use crate::suite::{Client, Code, Grant, Mandate, Origin, Page, Period, User};
use crate::target::login::Login;
use crate::target::{Callback, Deed, Outgoing, Reply, Secrets, Tape, Target, World};

/// A login page that was opened.
#[derive(Clone, Debug)]
pub struct PageHeld {
    pub client: Client,
    /// What completes it. `None` if the bank went on without asking.
    pub login: Option<Login>,
    pub state: Option<String>,
    pub redirect_uri: Option<String>,
    /// Whether the request was other than a client's usual one.
    pub altered: bool,
    /// The PKCE verifier whose challenge was sent.
    pub verifier: Option<String>,
    /// Where opening it led off the bank's pages already.
    pub callback: Option<Callback>,
}

/// What came back on the redirect URI.
#[derive(Clone, Debug)]
pub struct CodeHeld {
    pub client: Client,
    pub user: User,
    pub login: Option<String>,
    pub redirect_uri: Option<String>,
    /// What proves that whoever exchanges the code began the login (RFC 7636), where the target wants it.
    pub verifier: Option<String>,
    pub code: String,
}

/// What a login gave, or a refresh.
#[derive(Clone, Debug)]
pub struct GrantHeld {
    pub client: Client,
    pub user: User,
    pub login: Option<String>,
    pub code: Option<String>,
    pub access: String,
    pub refresh: Option<String>,
    /// Whether the refresh token is the one that was used to get the access token, because no new one came.
    pub kept: bool,
    /// Seconds, as the answer said.
    pub lifetime: Option<u64>,
    /// The scene's clock when it was given, in seconds.
    pub given: u64,
}

/// A payment mandate that was set up.
#[derive(Clone, Debug)]
pub struct MandateHeld {
    pub id: String,
    /// What it was set up with.
    pub grant: GrantHeld,
    pub payee: String,
    /// Pence.
    pub amount: u64,
    pub period: Period,
}

/// What an owner is asked to approve in the bank's app.
#[derive(Clone, Debug)]
pub enum Decidable {
    Login(Asking),
    /// By the mandate's id.
    Mandate(String),
}

/// A login that an owner is asked to approve.
#[derive(Clone, Debug)]
pub struct Asking {
    pub client: Client,
    /// What the control API calls it, if its page said so.
    pub login: Option<String>,
    /// The access token that came of it, if one did already.
    pub access: Option<String>,
}

/// What a handle stands for.
#[derive(Clone, Debug)]
pub enum Held {
    Page(PageHeld),
    Code(CodeHeld),
    Grant(GrantHeld),
    Mandate(MandateHeld),
    /// The step that should have saved it was refused, and that was in order.
    Never,
}

/// How a race is run in this round.
#[derive(Clone, Debug)]
pub enum Racing {
    /// All lanes at one instant; the end states that are known to be in order.
    Together { serial: Vec<String> },
    /// One lane after the other, in this order.
    Serial(Vec<usize>),
}

/// One round of one case.
pub struct Scene<'a> {
    pub target: &'a Target,
    pub world: World,
    pub tape: Tape,
    pub held: HashMap<String, Held>,
    /// Seconds that the world's clock was moved so far.
    pub clock: u64,
    pub random: StdRng,
    /// Every access token that was given so far.
    pub given: Vec<String>,
    /// Every grant that was given so far, whether or not a handle stands for it.
    pub grants: Vec<GrantHeld>,
    pub racing: Racing,
    /// What is known of refresh tokens that no new ones replaced.
    pub kept: Kept,
    /// Whether the case is about several nodes: then it always knows which one it asks.
    about_nodes: bool,
    /// Where requests go, if not to the base.
    node: Option<Url>,
    /// When a request was last answered that may have changed something.
    pub changed: Option<Instant>,
    /// Whether a logout was granted.
    pub has_logged_out: bool,
}

/// A handle that can't be used: the step is not run.
#[derive(Debug)]
pub enum NeverSaved {
    /// What should have saved it was refused, and that was in order.
    Refused,
    /// What should have saved it was not run either.
    NotRun,
}

impl NeverSaved {
    fn of(held: Option<&Held>) -> NeverSaved {
        if held.is_some() { NeverSaved::Refused } else { NeverSaved::NotRun }
    }
}

impl GrantHeld {
    /// It, as its owner is asked about it.
    pub fn decidable(&self) -> Decidable {
        Decidable::Login(Asking {
            client: self.client.clone(),
            login: self.login.clone(),
            access: Some(self.access.clone()),
        })
    }
}

impl<'a> Scene<'a> {
    /// `about_nodes`: whether the case needs several nodes.
    pub fn new(target: &'a Target, world: World, seed: u64, racing: Racing, about_nodes: bool) -> Self {
        let mut secrets = Secrets::default();
        for (role, client) in world.clients() {
            if let Some(secret) = &client.client_secret {
                secrets.add(secret, &format!("{role}·secret"));
            }
        }
        for (role, user) in world.users() {
            for name in &user.secret_fields {
                secrets.add(&user.fields[name], &format!("{role}·{name}"));
            }
        }
        for (secret, kind) in target.first_secrets() {
            secrets.add(secret, &kind);
        }
        Scene {
            target,
            world,
            tape: Tape::new(secrets),
            held: HashMap::new(),
            clock: 0,
            random: StdRng::seed_from_u64(seed),
            given: Vec::new(),
            grants: Vec::new(),
            racing,
            kept: Kept::default(),
            about_nodes,
            node: None,
            changed: None,
            has_logged_out: false,
        }
    }

    /// From here on requests go to this node, from 1, or why they can't.
    pub fn go_to(&mut self, node: Option<u8>) -> Result<(), String> {
        let number = node.or(self.about_nodes.then_some(1));
        self.node = number.map(|number| self.target.node(&self.world, number)).transpose()?;
        Ok(())
    }

    /// Sends a request once and records it. Returns the exchange's number and the reply.
    pub async fn send(&mut self, actor: &str, purpose: &str, mut request: Outgoing) -> (usize, Reply) {
        if let Some(node) = &self.node {
            request.url = self.target.moved(&request.url, node);
        }
        self.tape.send(self.target, actor, purpose, request).await
    }

    /// Does what stands for something that the bank's own pages or its operators do, and records it. What is not done there is
    /// the harness's trouble, not the bank's fault.
    pub async fn does(&mut self, actor: &str, purpose: &str, deed: Deed) -> Result<(usize, Reply), Answer> {
        match deed {
            Deed::Request(request) => self.control(actor, purpose, request).await,
            Deed::Command { program, arguments, hook } => {
                let at = Instant::now();
                let reply = self.target.run(&program, &arguments, &hook).await;
                let shown = Outgoing::run(&program, &arguments);
                let number = self.tape.record(actor, purpose, at, shown, reply.clone());
                match &reply {
                    Err(trouble) => {
                        Err(Answer::broken(format!("the program failed: {}", trouble.detail)).at(number))
                    }
                    Ok(_) => Ok((number, reply)),
                }
            }
        }
    }

    /// Waits until `user` may log in to `client` again, or exchange a code: as long as the target file wants between two.
    pub async fn space(&self, what: &str, user: &User, client: &Client) {
        let set = self.world.place();
        self.target.space(format!("{what} of {user} with {client} in {set}")).await;
    }

    /// Sends a request of the control API, or one that stands for it. What is not done there is the harness's trouble, not the
    /// bank's fault: no answer and a 5xx are both taken for a broken line. A 501 says that the server has no such thing.
    pub async fn control(
        &mut self,
        actor: &str,
        purpose: &str,
        request: Outgoing,
    ) -> Result<(usize, Reply), Answer> {
        let (number, reply) = self.send(actor, purpose, request).await;
        match &reply {
            Err(trouble) => {
                let kind: TroubleKind = trouble.kind;
                let why = format!("the control API did not answer: {}: {}", kind.as_str(), trouble.detail);
                Err(Answer::broken(why).at(number))
            }
            Ok(answer) if answer.status == 501 => {
                let why =
                    format!("asked to {purpose}, the server answered 501: it has no such thing for tests");
                Err(Answer::not_applicable(why).at(number))
            }
            Ok(answer) if answer.status >= 500 || answer.status == 429 => {
                Err(Answer::broken(format!("the control API answered {}", answer.status)).at(number))
            }
            Ok(_) => Ok((number, reply)),
        }
    }

    /// 128 random bits in hexadecimal.
    pub fn fresh(&mut self) -> String {
        format!("{:016x}{:016x}", self.random.next_u64(), self.random.next_u64())
    }

    pub fn page(&self, page: &Page) -> Result<PageHeld, NeverSaved> {
        match self.held.get(&page.0) {
            Some(Held::Page(page)) => Ok(page.clone()),
            held => Err(NeverSaved::of(held)),
        }
    }

    pub fn code(&self, code: &Code) -> Result<CodeHeld, NeverSaved> {
        match self.held.get(&code.0) {
            Some(Held::Code(code)) => Ok(code.clone()),
            held => Err(NeverSaved::of(held)),
        }
    }

    pub fn grant(&self, grant: &Grant) -> Result<GrantHeld, NeverSaved> {
        match self.held.get(&grant.0) {
            Some(Held::Grant(grant)) => Ok(grant.clone()),
            held => Err(NeverSaved::of(held)),
        }
    }

    pub fn mandate(&self, mandate: &Mandate) -> Result<MandateHeld, NeverSaved> {
        match self.held.get(&mandate.0) {
            Some(Held::Mandate(mandate)) => Ok(mandate.clone()),
            held => Err(NeverSaved::of(held)),
        }
    }

    /// Whose word is asked for, and on what.
    pub fn origin(&self, origin: &Origin) -> Result<(User, Decidable), NeverSaved> {
        Ok(match origin {
            Origin::Grant(grant) => {
                let grant = self.grant(grant)?;
                (grant.user.clone(), grant.decidable())
            }
            Origin::Code(code) => {
                let CodeHeld { client, user, login, .. } = self.code(code)?;
                (user, Decidable::Login(Asking { client, login, access: None }))
            }
            Origin::Mandate(mandate) => {
                self.mandate(mandate).map(|mandate| (mandate.grant.user, Decidable::Mandate(mandate.id)))?
            }
        })
    }

    pub fn save(&mut self, name: Option<&str>, held: Option<Held>) {
        if let Some(name) = name {
            self.held.insert(name.to_owned(), held.unwrap_or(Held::Never));
        }
    }
}
