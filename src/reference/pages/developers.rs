//! `/developers`: registering clients. A secret is shown once, when it is made.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use url::form_urlencoded::Serializer;

use super::form::Form;
use super::frame::{Frame, Logo};
use super::stop::Stop;
use super::visit::Visit;
use crate::reference::ledger::{ClientIx, Mistake, Refusal, Registration, Said, Secret, Turn};

#[derive(Template)]
#[template(path = "developers.html")]
struct Developers {
    frame: Frame,
    /// A client's name and its secret, to be seen once.
    fresh: Option<Fresh>,
    own: Vec<ClientCard>,
    shipped: Vec<ClientCard>,
    said: Said,
    mistake: Mistake,
    /// The form was sent in and something in it is wrong.
    wrong: bool,
}

struct Fresh {
    client_id: String,
    secret: String,
    /// It signs notices; otherwise it is the client's own.
    signs: bool,
}

struct ClientCard {
    id: String,
    name: String,
    logo: Logo,
    description: String,
    confidential: bool,
    redirect_uris: Vec<String>,
    /// Where it is told of what its users do.
    notified_at: Option<String>,
    /// Where its login begins.
    login: String,
}

/// `GET /developers`
pub async fn page(mut visit: Visit) -> Result<Response, Stop> {
    visit.must_be_user("/developers")?;
    show(&mut visit, StatusCode::OK, Said::default(), Mistake::default())
}

/// `POST /developers/clients`
pub async fn create(mut form: Form) -> Result<Response, Stop> {
    let user = form.visit.must_be_user("/developers")?;
    let said = Said {
        name: form.text("name"),
        logo: form.text("logo"),
        redirect_uris: form.text("redirect_uris"),
        description: form.text("description"),
        confidential: match form.text("confidential").as_str() {
            "yes" => Some(true),
            "no" => Some(false),
            _ => None,
        },
    };
    let visit = &mut form.visit;
    let registration = match Registration::new(&said) {
        Ok(registration) => registration,
        Err(mistake) => return show(visit, StatusCode::UNPROCESSABLE_ENTITY, said, mistake),
    };
    let made = visit.turn(|turn| {
        let (client, secret) = turn.register(registration, Some(user))?;
        Ok((turn.client_id(client).to_owned(), secret))
    });
    match made {
        Ok((id, secret)) => reveal(visit, format!("{} is registered.", said.name), id, secret),
        Err(refusal) => too_many(visit, &refusal),
    }
    Ok(visit.go("/developers"))
}

/// `POST /developers/secret`
pub async fn replace_secret(mut form: Form) -> Result<Response, Stop> {
    let user = form.visit.must_be_user("/developers")?;
    let id = form.text("client_id");
    let visit = &mut form.visit;
    let made = visit.turn(|turn| {
        let client = turn.client(&id)?;
        Ok((turn.replace_secret(client, user)?, turn.client_name(client).to_owned()))
    });
    match made {
        Ok((secret, name)) => {
            reveal(visit, format!("{name} has a new secret. The old one is dead."), id, secret)
        }
        Err(_) => visit.note("You have no such client.", vec![]),
    }
    Ok(visit.go("/developers"))
}

/// `POST /developers/notifications`
pub async fn notify(mut form: Form) -> Result<Response, Stop> {
    let user = form.visit.must_be_user("/developers")?;
    let (id, url) = (form.text("client_id"), form.text("url"));
    let visit = &mut form.visit;
    let own = visit.look(|turn| {
        let client = turn.client(&id).ok()?;
        let own = turn.clients_of(Some(user)).any(|own| own == client);
        own.then(|| (client, turn.client_name(client).to_owned()))
    })?;
    let Some((client, name)) = own else {
        visit.note("You have no such client.", vec![]);
        return Ok(visit.go("/developers"));
    };
    match visit.bank.notices().read(&url) {
        Ok(url) => {
            let secret = visit.look(|turn| turn.subscribe(client, url.into()))?;
            let headline = format!("{name} is told when a user disconnects it or cancels its mandate.");
            visit.note(headline, vec![]);
            visit.change(|session| session.signing_secret = Some((id, secret)));
        }
        Err(bad) => visit.note(format!("{name} can't be told there: {bad}."), vec![]),
    }
    Ok(visit.go("/developers"))
}

fn reveal(visit: &mut Visit, headline: String, client_id: String, secret: Secret) {
    visit.note(headline, vec![]);
    visit.change(|session| session.client_secret = Some((client_id, secret)));
}

fn too_many(visit: &mut Visit, refusal: &Refusal) {
    let rest = "There is no room for more. Use one of those that you have: a secret can be replaced.";
    visit.note(format!("Not registered: {refusal}."), vec![rest.to_owned()]);
}

fn show(visit: &mut Visit, status: StatusCode, said: Said, mistake: Mistake) -> Result<Response, Stop> {
    let user = visit.user();
    let cards = |turn: &Turn<'_>, owner| turn.clients_of(owner).map(|client| card(turn, client)).collect();
    let (own, all): (Vec<ClientCard>, Vec<ClientCard>) =
        visit.look(|turn| (cards(turn, user), cards(turn, None)))?;
    let hidden = visit.look(|turn| turn.own_client().map(|client| turn.client_id(client).to_owned()))?;
    let shipped = all.into_iter().filter(|card| Some(&card.id) != hidden.as_ref()).collect();
    let client = visit.change(|session| session.client_secret.take()).flatten();
    let signing = visit.change(|session| session.signing_secret.take()).flatten();
    let fresh = client.map(|made| (made, false)).or(signing.map(|made| (made, true)));
    let fresh = fresh.map(|((client_id, secret), signs)| {
        let secret = secret.expose().to_owned();
        Fresh { client_id, secret, signs }
    });
    let wrong = mistake != Mistake::default();
    let frame = visit.frame("Developer tools", "/developers")?;
    let page = Developers { frame, fresh, own, shipped, said, mistake, wrong };
    let logos = page.own.iter().filter_map(|card| card.logo.url.as_deref());
    Ok(visit.show(status, &page, logos))
}

fn card(turn: &Turn<'_>, client: ClientIx) -> ClientCard {
    let (id, name) = (turn.client_id(client).to_owned(), turn.client_name(client).to_owned());
    let redirect_uris = turn.redirect_uris(client).to_vec();
    let mut login = Serializer::new("/oauth2/authorize?".to_owned());
    login.append_pair("client_id", &id);
    login.append_pair("redirect_uri", redirect_uris.first().map_or("", String::as_str));
    login.append_pair("response_type", "code").append_pair("state", "tried-by-hand");
    ClientCard {
        logo: Logo::new(&name, turn.client_logo(client)),
        description: turn.client_description(client).to_owned(),
        confidential: turn.confidential(client),
        login: login.finish().replace("?&", "?"),
        id,
        name,
        redirect_uris,
        notified_at: turn.told_at(client).map(str::to_owned),
    }
}

#[cfg(test)]
mod tests {
    use super::super::scene::Browser;

    const RIGHT: [(&str, &str); 5] = [
        ("name", "My App"),
        ("logo", "https://app.example/logo.png"),
        ("redirect_uris", "https://app.example/cb"),
        ("description", "Counts what you spend"),
        ("confidential", "yes"),
    ];

    fn with(field: &'static str, value: &'static str) -> Vec<(&'static str, &'static str)> {
        RIGHT.iter().map(|(name, right)| (*name, if *name == field { value } else { right })).collect()
    }

    #[tokio::test]
    async fn a_client_is_made_and_its_secret_shown_once_and_it_works() {
        let mut browser = Browser::logged_in("alice@example.com").await;
        browser.get("/developers").await;
        assert_eq!(browser.post("/developers/clients", &RIGHT).await.status, 303);
        let page = browser.get("/developers").await;
        let (id, secret) = (page.code("fresh-id"), page.code("fresh-secret"));
        assert!(id.starts_with("oauth2client_") && secret.starts_with("mnzconf."), "{id} {secret}");
        assert!(page.header("content-security-policy").contains("img-src https://app.example;"));
        let later = browser.get("/developers").await;
        assert!(later.text.contains(&id) && !later.text.contains(&secret));
        let login = format!(
            "/oauth2/authorize?client_id={id}&redirect_uri=https://app.example/cb&response_type=code"
        );
        assert!(browser.get(&login).await.text.contains("My App asks for access"));
        let refusal = browser.token_request(&id, &secret, &[("grant_type", "nonsense")]).await;
        assert!(refusal.text.contains("unsupported_grant_type"), "{}", refusal.text);

        browser.post("/developers/secret", &[("client_id", &id)]).await;
        let new = browser.get("/developers").await.code("fresh-secret");
        assert_ne!(new, secret);
        for (secret, says) in [(&secret, "invalid_client"), (&new, "unsupported_grant_type")] {
            let answer = browser.token_request(&id, secret, &[("grant_type", "nonsense")]).await;
            assert!(answer.text.contains(says), "{}", answer.text);
        }
        let mut bob = browser.another();
        bob.log_in("bob@example.com").await;
        bob.get("/developers").await;
        bob.post("/developers/secret", &[("client_id", &id)]).await;
        let page = bob.get("/developers").await;
        assert!(page.text.contains("You have no such client") && !page.text.contains(&id));
    }

    #[tokio::test]
    async fn a_mistake_is_said_beside_its_field_and_nothing_typed_is_lost() {
        let mut browser = Browser::logged_in("alice@example.com").await;
        browser.get("/developers").await;
        for (field, value, says) in [
            ("name", "", "give it one"),
            ("name", "a\u{202e}b", "can&#39;t be seen"),
            ("logo", "javascript:alert(1)", "must begin with https://"),
            ("redirect_uris", "", "at least one"),
            ("redirect_uris", "javascript:alert(1)", "must begin with https://"),
            ("redirect_uris", "https://a.example/#x", "has a fragment"),
            ("confidential", "", "Choose one"),
        ] {
            let page = browser.post("/developers/clients", &with(field, value)).await;
            assert_eq!(page.status, 422, "{field} {value}");
            assert_eq!(page.text.matches("class=\"mistake\"").count(), 1, "{field} {value}");
            assert!(page.text.contains(says), "{field} {value}");
            assert!(page.text.contains("Counts what you spend"), "{field} {value}");
        }
        assert!(browser.get("/developers").await.text.contains("You have registered none yet"));
    }

    #[tokio::test]
    async fn a_client_is_told_where_its_developer_says_and_nobody_elses_developer() {
        let mut browser = Browser::logged_in("alice@example.com").await;
        browser.get("/developers").await;
        browser.post("/developers/clients", &RIGHT).await;
        let id = browser.get("/developers").await.code("fresh-id");
        let told = [("client_id", &*id), ("url", "http://127.0.0.1:9/notices")];
        let elsewhere = [("client_id", &*id), ("url", "https://app.example/notices")];
        browser.post("/developers/notifications", &elsewhere).await;
        assert!(browser.get("/developers").await.text.contains("not on this machine"));
        browser.post("/developers/notifications", &told).await;
        let page = browser.get("/developers").await;
        assert!(page.code("fresh-secret").starts_with("mnzsign."));
        assert!(page.text.contains("http://127.0.0.1:9/notices"));
        assert!(!browser.get("/developers").await.text.contains("mnzsign."), "shown once");
        let mut bob = browser.another();
        bob.log_in("bob@example.com").await;
        bob.get("/developers").await;
        bob.post("/developers/notifications", &told).await;
        assert!(bob.get("/developers").await.text.contains("You have no such client"));
    }

    #[tokio::test]
    async fn the_worlds_own_clients_are_shown_without_secrets() {
        let mut browser = Browser::logged_in("alice@example.com").await;
        let page = browser.get("/developers").await;
        for client in ["server", "other", "public"] {
            assert!(page.text.contains(&browser.client_id(client).await), "{client}");
        }
        assert!(!page.text.contains("mnzconf."));
    }

    #[tokio::test]
    async fn what_a_client_is_called_is_shown_as_text() {
        let mut browser = Browser::logged_in("alice@example.com").await;
        browser.get("/developers").await;
        browser.post("/developers/clients", &with("name", "<script>x</script>")).await;
        assert!(!browser.get("/developers").await.text.contains("<script>"));
    }
}
