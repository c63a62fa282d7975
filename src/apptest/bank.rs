//! The bundled bank from its own side: worlds for the app, and what its users do there. Requests of its control API,
//! handed to its routes without a network in between.

use std::collections::BTreeMap;

use axum::Router;
use axum::body::Body;
use serde::Deserialize;
use serde_json::{Value, json};
use tower_service::Service;
use url::{Position, Url};

use super::hostile::BODY_LIMIT;
use crate::results::{Trouble, TroubleKind};
use crate::suite::{Client, User};
use crate::target::{Incoming, Outgoing, Reply};

/// Where the routes believe to be.
const BASE: &str = "http://127.0.0.1";

/// The bank's own side.
#[derive(Clone, Debug)]
pub struct Desk(Router);

/// The users and clients of one case.
#[derive(Clone, Debug, Deserialize)]
pub struct World {
    world: String,
    users: BTreeMap<String, UserFacts>,
    clients: BTreeMap<String, ClientFacts>,
}

#[derive(Clone, Debug, Deserialize)]
pub struct UserFacts {
    pub user_id: String,
    pub account_id: String,
}

#[derive(Clone, Debug, Deserialize)]
pub struct ClientFacts {
    pub client_id: String,
    pub client_secret: String,
    pub redirect_uris: Vec<String>,
}

/// Why the bank made no world.
#[derive(Debug, thiserror::Error)]
#[error(
    "the bundled bank made no world for the app: {0}; look at client_id and redirect_uri in the app file"
)]
pub struct NoWorld(String);

impl World {
    /// The user of a role that every world has.
    pub fn user(&self, user: &User) -> &UserFacts {
        &self.users[&user.0]
    }

    /// The client of a role that every world has.
    pub fn client(&self, client: &Client) -> &ClientFacts {
        &self.clients[&client.0]
    }
}

impl Desk {
    pub fn new(routes: Router) -> Desk {
        Desk(routes)
    }

    /// Makes a world in which these clients have what is given: `{"server": {"redirect_uris": […]}}`.
    pub async fn make_world(&self, clients: Value) -> Result<World, NoWorld> {
        let answer = self.send(&post("/worlds", &json!({ "clients": clients }))).await;
        let answer = answer.map_err(|trouble| NoWorld(trouble.detail))?;
        if answer.status != 201 {
            return Err(NoWorld(String::from_utf8_lossy(&answer.body).into_owned()));
        }
        serde_json::from_slice(&answer.body).map_err(|error| NoWorld(error.to_string()))
    }

    pub async fn drop_world(&self, world: &World) {
        let mut request = of(world, "", &json!({}));
        request.method = http::Method::DELETE;
        // That it could not be is no finding: the bank forgets it in time.
        let _: Reply = self.send(&request).await;
    }

    /// Hands a request to the bank.
    pub async fn send(&self, request: &Outgoing) -> Reply {
        let broken = |detail: String| Trouble { kind: TroubleKind::Garbage, detail };
        let path = &request.url[Position::BeforePath..Position::AfterQuery];
        let mut handed = http::Request::builder().method(request.method.clone()).uri(path);
        for (name, value) in &request.headers {
            handed = handed.header(name, value);
        }
        let handed =
            handed.body(Body::from(request.body.clone())).map_err(|error| broken(error.to_string()))?;
        let Ok(response) = self.0.clone().call(handed).await;
        let (head, body) = response.into_parts();
        let body = axum::body::to_bytes(body, BODY_LIMIT).await.map_err(|error| broken(error.to_string()))?;
        Ok(Incoming { status: head.status.as_u16(), headers: head.headers, body, refuses: false })
    }
}

/// A user follows the login link and answers.
pub fn login_request(world: &World, login: &str, user: &User) -> Outgoing {
    of(world, "/login", &json!({ "login": login, "user": user.0, "allow": true }))
}

/// A user approves a login in the bank's app.
pub fn approval_request(world: &World, login: &str, user: &User) -> Outgoing {
    of(world, "/approve", &json!({ "login": login, "user": user.0 }))
}

/// A user disconnects the app in the bank's app.
pub fn disconnect_request(world: &World, user: &User, client: &Client) -> Outgoing {
    of(world, "/disconnect", &json!({ "user": user.0, "client": client.0 }))
}

/// Time passes in the world.
pub fn advance_request(world: &World, seconds: u64) -> Outgoing {
    of(world, "/advance", &json!({ "seconds": seconds }))
}

/// Asks whoami with an access token.
pub fn whoami_request(access: &str) -> Outgoing {
    Outgoing::get(at("/ping/whoami")).header(http::header::AUTHORIZATION, &format!("Bearer {access}"))
}

fn of(world: &World, action: &str, body: &Value) -> Outgoing {
    post(&format!("/worlds/{}{action}", world.world), body)
}

fn post(path: &str, body: &Value) -> Outgoing {
    Outgoing::new(http::Method::POST, at(&format!("/control{path}"))).json(body)
}

fn at(path: &str) -> Url {
    Url::parse(&format!("{BASE}{path}")).expect("a path of the bank makes an address")
}
