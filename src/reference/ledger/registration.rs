//! Registering a client: "Before you begin, you will need to create a client in the developer tools" (Monzo API docs,
//! "Acquire an access token"). What can be said of a client, and the secrets that it gets.
//!
//! Confidentiality is fixed here for good; a secret can be replaced.

use std::borrow::Cow;

use url::Url;

use super::fixture::ClientSeed;
use super::rows::Client;
use super::world::identifier;
use super::{ClientIx, Digest, Refusal, Secret, Turn, UserIx};

/// How many clients a user can register.
const MOST_CLIENTS: usize = 20;
/// Longest texts, in characters.
const LONGEST_NAME: usize = 40;
const LONGEST_DESCRIPTION: usize = 300;
const LONGEST_URL: usize = 500;
const MOST_REDIRECT_URIS: usize = 10;

/// What a developer says of a client, unchecked.
#[derive(Clone, Debug, Default)]
pub struct Said {
    pub name: String,
    /// May be empty.
    pub logo: String,
    /// One a line.
    pub redirect_uris: String,
    pub description: String,
    /// `None` if they didn't say.
    pub confidential: Option<bool>,
}

/// What was said, found to be in order.
#[derive(Clone, Debug)]
pub struct Registration(ClientSeed);

/// What a client of a new world shall have instead of what is made up for it.
#[derive(Clone, Debug, Default)]
pub struct Pinned {
    pub client_id: Option<String>,
    pub client_secret: Option<String>,
    pub redirect_uris: Option<Vec<String>>,
}

/// What is wrong with what was said, for each part of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mistake {
    pub name: Option<String>,
    pub logo: Option<String>,
    pub redirect_uris: Option<String>,
    pub description: Option<String>,
    pub confidential: Option<String>,
}

impl Registration {
    /// # Errors
    /// Everything that is wrong, at once.
    pub fn new(said: &Said) -> Result<Registration, Mistake> {
        let mistake = Mistake {
            name: text(&said.name, LONGEST_NAME).or_else(|| {
                said.name
                    .trim()
                    .is_empty()
                    .then(|| "Users have to know it by a name: give it one.".to_owned())
            }),
            logo: Some(said.logo.trim()).filter(|logo| !logo.is_empty()).and_then(wrong_with_logo),
            redirect_uris: wrong_with_redirect_uris(&said.redirect_uris),
            description: text(&said.description, LONGEST_DESCRIPTION),
            confidential: said.confidential.is_none().then(|| "Choose one of the two.".to_owned()),
        };
        match said.confidential {
            Some(confidential) if mistake == Mistake::default() => Ok(Registration(ClientSeed {
                name: said.name.trim().to_owned(),
                logo: Some(said.logo.trim().to_owned()).filter(|logo| !logo.is_empty()),
                description: said.description.trim().to_owned(),
                confidential,
                redirect_uris: lines(&said.redirect_uris).map(str::to_owned).collect(),
            })),
            _ => Err(mistake),
        }
    }
}

impl Turn<'_> {
    /// Registers a client, and gives the only copy of its secret.
    pub fn register(
        &mut self,
        registration: Registration,
        owner: Option<UserIx>,
    ) -> Result<(ClientIx, Secret), Refusal> {
        if owner.is_some() && self.clients_of(owner).count() >= MOST_CLIENTS {
            return Err(Refusal::TooManyClients);
        }
        let seed = registration.0;
        let (secret, digest) = self.client_secret(seed.confidential);
        let id = identifier("oauth2client_", self.mint.rng);
        let row =
            Client { role: None, id: id.clone(), secret: digest, seed: Cow::Owned(seed), owner, told: None };
        let client = ClientIx::new(self.world.clients.push(row));
        self.client_index.insert(id, (self.id, client));
        Ok((client, secret))
    }

    /// Lets a client have what an app was configured with: its id, its secret, its redirect URIs. Whether it could: an id
    /// names one client.
    pub fn pin(&mut self, client: ClientIx, pinned: Pinned) -> bool {
        let row = &mut self.world.clients[client.at()];
        if let Some(id) = pinned.client_id.filter(|id| *id != row.id) {
            if self.client_index.contains_key(&id) {
                return false;
            }
            self.client_index.remove(&row.id);
            self.client_index.insert(id.clone(), (self.id, client));
            row.id = id;
        }
        if let Some(secret) = pinned.client_secret {
            row.secret = Digest::of_client_secret(self.rules.token.secret_check, &secret);
        }
        if let Some(redirect_uris) = pinned.redirect_uris {
            row.seed.to_mut().redirect_uris = redirect_uris;
        }
        true
    }

    /// Gives a client another secret; the one from before is dead at once, tokens live on. Only its owner can ask for it.
    pub fn replace_secret(&mut self, client: ClientIx, owner: UserIx) -> Result<Secret, Refusal> {
        if self.world.clients[client.at()].owner != Some(owner) {
            return Err(Refusal::UnknownClient);
        }
        Ok(self.renew_secret(client))
    }

    /// The same, whoever asks.
    pub fn renew_secret(&mut self, client: ClientIx) -> Secret {
        let (secret, digest) = self.client_secret(self.confidential(client));
        self.world.clients[client.at()].secret = digest;
        secret
    }

    /// The clients that a user has registered; for `None`, those that nobody has.
    pub fn clients_of(&self, owner: Option<UserIx>) -> impl Iterator<Item = ClientIx> {
        let clients = self.world.clients.iter().enumerate();
        clients.filter(move |(_, client)| client.owner == owner).map(|(at, _)| ClientIx::new(at))
    }

    /// The client that the bank has registered for itself: neither its fixture knows it nor does a user own it.
    pub fn own_client(&self) -> Option<ClientIx> {
        self.clients_of(None).find(|client| self.client_role(*client).is_none())
    }

    fn client_secret(&mut self, confidential: bool) -> (Secret, Digest) {
        let prefix = if confidential { "mnzconf." } else { "mnzpub." };
        let secret = Secret::random(prefix, self.mint.rng);
        let digest = Digest::of_client_secret(self.rules.token.secret_check, secret.expose());
        (secret, digest)
    }
}

fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty())
}

fn text(said: &str, longest: usize) -> Option<String> {
    let length = said.trim().chars().count();
    if length > longest {
        return Some(format!("{length} characters are too many: {longest} at most."));
    }
    let invisible = |character: char| {
        (character.is_control() && character != '\n' && character != '\r')
            || matches!(character, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    said.contains(invisible).then(|| "It has characters that can't be seen: take them out.".to_owned())
}

fn wrong_with_logo(logo: &str) -> Option<String> {
    if logo.len() > LONGEST_URL {
        return Some(format!("It is too long: {LONGEST_URL} characters at most."));
    }
    match Url::parse(logo) {
        Err(_) => Some("It is no whole URL: write it with https:// and its host.".to_owned()),
        Ok(url) if !is_web(&url, logo) => {
            Some("It must begin with https:// (http:// is for 127.0.0.1 and localhost only).".to_owned())
        }
        Ok(url) if has_credentials(&url) => Some("It must not have a user name or a password.".to_owned()),
        Ok(_) => None,
    }
}

fn wrong_with_redirect_uris(text: &str) -> Option<String> {
    let all: Vec<&str> = lines(text).collect();
    if all.is_empty() {
        return Some("Give at least one: where users come back to.".to_owned());
    }
    if all.len() > MOST_REDIRECT_URIS {
        return Some(format!("{} are too many: {MOST_REDIRECT_URIS} at most.", all.len()));
    }
    all.iter().enumerate().find_map(|(at, uri)| {
        if all[..at].contains(uri) {
            return Some(format!("{} is there twice.", shown(uri)));
        }
        wrong_with_redirect_uri(uri).map(|wrong| format!("{} {wrong}", shown(uri)))
    })
}

/// RFC 6749 §3.1.2: absolute, without a fragment. RFC 8252 §7.1: an app's own scheme is a domain name reversed, which no
/// scheme that a browser runs or opens by itself is.
fn wrong_with_redirect_uri(uri: &str) -> Option<&'static str> {
    if uri.len() > LONGEST_URL {
        return Some("is too long: 500 characters at most.");
    }
    if !uri.bytes().all(|byte| byte.is_ascii_graphic()) || uri.contains(['"', '<', '>', '\\', '`']) {
        return Some("has characters that don't belong into a URL: encode them as %….");
    }
    let Ok(url) = Url::parse(uri) else {
        return Some("is no whole URL: write it with https:// and its host.");
    };
    if uri.contains('#') {
        return Some("has a fragment (#…), which a redirect URL can't have.");
    }
    if has_credentials(&url) {
        return Some("has a user name or a password, which a redirect URL can't have.");
    }
    if is_web(&url, uri) || url.scheme().contains('.') {
        return None;
    }
    Some(
        "must begin with https:// (or http:// for 127.0.0.1 and localhost, or an app's own com.example.app:/).",
    )
}

/// `text` is what `url` was read from: reading adds slashes that are missing.
fn is_web(url: &Url, text: &str) -> bool {
    let loopback = match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    text.starts_with("https://") || (text.starts_with("http://") && loopback)
}

fn has_credentials(url: &Url) -> bool {
    !url.username().is_empty() || url.password().is_some()
}

/// Enough of it to know it again.
fn shown(uri: &str) -> String {
    let short: String = uri.chars().take(60).collect();
    if short.len() < uri.len() { format!("{short}…") } else { short }
}

#[cfg(test)]
mod tests {
    use super::super::Source;
    use super::super::scene::Scene;
    use super::*;

    fn said() -> Said {
        Said {
            name: "My App".into(),
            logo: "https://app.example/logo.png".into(),
            redirect_uris: "https://app.example/cb\r\nhttp://127.0.0.1:8080/cb\ncom.example.app:/cb\n".into(),
            description: "Counts what you spend".into(),
            confidential: Some(true),
        }
    }

    #[test]
    fn what_is_in_order_passes() {
        let Registration(seed) = Registration::new(&said()).expect("in order");
        assert_eq!(
            seed.redirect_uris,
            ["https://app.example/cb", "http://127.0.0.1:8080/cb", "com.example.app:/cb"]
        );
        let bare = Said { logo: " ".into(), description: String::new(), ..said() };
        assert_eq!(Registration::new(&bare).expect("in order").0.logo, None);
    }

    #[test]
    fn a_redirect_url_that_could_lead_astray_is_refused() {
        for bad in [
            "",
            "/cb",
            "app.example/cb",
            "http://app.example/cb",
            "http://127.0.0.1.evil.example/cb",
            "javascript:alert(1)",
            "data:text/html,x",
            "file:///etc/passwd",
            "https:app.example/cb",
            "https://app.example/cb#part",
            "https://user@app.example/cb",
            "https://app.example/c b",
            "https://app.example\\@evil.example/",
            "https://app.example/é",
            "https://app.example/cb\nhttps://app.example/cb",
            &format!("https://app.example/{}", "x".repeat(LONGEST_URL)),
            &(0..=MOST_REDIRECT_URIS).map(|n| format!("https://app.example/{n}\n")).collect::<String>(),
        ] {
            let said = Said { redirect_uris: bad.to_owned(), ..said() };
            let mistake = Registration::new(&said).expect_err(bad);
            assert!(mistake.redirect_uris.is_some(), "{bad}");
            assert_eq!(Mistake { redirect_uris: None, ..mistake }, Mistake::default(), "{bad}");
        }
    }

    #[test]
    fn a_logo_is_a_picture_on_the_web() {
        for bad in ["javascript:alert(1)", "data:image/svg+xml,x", "http://app.example/l.png", "l.png", "//x"]
        {
            let said = Said { logo: bad.to_owned(), ..said() };
            assert!(Registration::new(&said).expect_err(bad).logo.is_some(), "{bad}");
        }
    }

    #[test]
    fn texts_are_visible_and_not_too_long_and_a_choice_is_made() {
        let said = Said {
            name: " ".into(),
            description: "x".repeat(LONGEST_DESCRIPTION + 1),
            confidential: None,
            ..said()
        };
        let mistake = Registration::new(&said).expect_err("three times wrong");
        assert!(mistake.name.is_some() && mistake.description.is_some() && mistake.confidential.is_some());
        for bad in ["a\u{202e}b", "a\0b", &"x".repeat(LONGEST_NAME + 1)] {
            let said = Said { name: bad.to_owned(), ..said.clone() };
            assert!(Registration::new(&said).expect_err("bad").name.is_some());
        }
    }

    #[test]
    fn a_registered_client_works_and_its_old_secret_dies_when_it_is_replaced() {
        let mut scene = Scene::default();
        let world = scene.world();
        let (client, id, first) = scene.turn(|turn| {
            let alice = turn.user_by_role("alice");
            let registration = Registration::new(&said()).expect("in order");
            let (client, secret) = turn.register(registration, alice).expect("room");
            (client, turn.client_id(client).to_owned(), secret)
        });
        assert!(first.expose().starts_with("mnzconf."));
        assert_eq!(scene.ledger.world_of_client(&id), Some(world));
        scene.turn(|turn| {
            let (alice, bob) =
                (turn.user_by_role("alice").expect("a role"), turn.user_by_role("bob").expect("a role"));
            assert_eq!(turn.client(&id), Ok(client));
            assert_eq!(turn.authenticate(client, Some(first.expose()), Source::Code), Ok(()));
            assert_eq!(turn.replace_secret(client, bob), Err(Refusal::UnknownClient));
            let second = turn.replace_secret(client, alice).expect("hers");
            assert_eq!(
                turn.authenticate(client, Some(first.expose()), Source::Code),
                Err(Refusal::BadClientSecret)
            );
            assert_eq!(turn.authenticate(client, Some(second.expose()), Source::Code), Ok(()));
            let server = turn.client_by_role("server").expect("a role");
            assert_eq!(turn.replace_secret(server, alice), Err(Refusal::UnknownClient));
        });
        scene.ledger.close(world);
        assert_eq!(scene.ledger.world_of_client(&id), None);
    }

    #[test]
    fn there_is_a_most_of_clients() {
        let mut scene = Scene::default();
        scene.turn(|turn| {
            let alice = turn.user_by_role("alice");
            let registration = Registration::new(&said()).expect("in order");
            for _ in 0..MOST_CLIENTS {
                turn.register(registration.clone(), alice).expect("room");
            }
            let refused = turn.register(registration.clone(), alice).map(|_| ());
            assert_eq!(refused, Err(Refusal::TooManyClients));
            assert!(turn.register(registration, turn.user_by_role("bob")).is_ok());
        });
    }
}
