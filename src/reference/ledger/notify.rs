//! What clients are told of what their users did: where a client wants to be told, and what there is to tell it. "Monzo
//! didn't want the 3rd party to suddenly start seeing that they couldn't connect to your account without knowing why"
//! (Monzo community forum, "One-Click Disconnections for Third Party API Account Access").
//!
//! A notice is a row: it is written down together with what it is about, and waits until somebody has sent it. Sending is
//! done elsewhere. A disconnection is one notice, whatever ends with it.

use serde_json::{Value, json};

use super::rows::{Fate, Happened, Notice, Subscription};
use super::{ClientIx, Ledger, MandateIx, Secret, Turn, UserIx, WorldId};

/// What is told of a client's notices.
const MOST_TOLD: usize = 20;

/// A notice that waits to be sent.
#[derive(Clone, Debug)]
pub struct Outgoing {
    /// Where its client wants to be told by now.
    pub url: String,
    /// What the client knows it by.
    pub secret: Secret,
    pub body: String,
    /// How often it was sent so far.
    pub attempts: u32,
}

/// What became of a notice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    pub id: String,
    /// How often it was sent so far.
    pub attempts: u32,
    /// What the last attempt came to.
    pub fate: Fate,
}

impl Fate {
    /// What the control API calls it.
    pub fn word(self) -> &'static str {
        match self {
            Fate::UnderWay => "under_way",
            Fate::Taken => "taken",
            Fate::GivenUp => "given_up",
        }
    }
}

impl Turn<'_> {
    /// From here on a client is told at this address; gives the secret that its notices are signed with. An address from
    /// before is forgotten, with its secret; what still waits goes to the new one.
    pub fn subscribe(&mut self, client: ClientIx, url: String) -> Secret {
        let secret = Secret::random("mnzsign.", self.mint.rng);
        let subscription = Subscription { url, secret: secret.clone() };
        self.world.clients[client.at()].told = Some(subscription);
        secret
    }

    /// Where a client is told.
    pub fn told_at(&self, client: ClientIx) -> Option<&str> {
        self.world.clients[client.at()].told.as_ref().map(|told| told.url.as_str())
    }

    /// A user has disconnected a client: it is told, if it wants to be. Gives the id of the notice that waits now.
    pub fn tell_of_disconnection(&mut self, user: UserIx, client: ClientIx) -> Option<String> {
        self.tell(user, client, Happened::Disconnection)
    }

    /// The same of a mandate that its owner has cancelled.
    pub fn tell_of_cancellation(&mut self, mandate: MandateIx) -> Option<String> {
        let row = &self.world.mandates[mandate.0];
        let (user, client, id) = (row.user, row.client, row.id.clone());
        self.tell(user, client, Happened::Cancellation { mandate: id })
    }

    /// What became of a client's last notices, the newest last.
    pub fn notices_of(&self, client: ClientIx) -> Vec<Delivery> {
        let theirs = self.world.notices.iter().rev().filter(|notice| notice.client == client);
        let mut told: Vec<Delivery> = theirs
            .take(MOST_TOLD)
            .map(|notice| Delivery { id: notice.id.clone(), attempts: notice.attempts, fate: notice.fate })
            .collect();
        told.reverse();
        told
    }

    fn tell(&mut self, user: UserIx, client: ClientIx, happened: Happened) -> Option<String> {
        self.told_at(client)?;
        let id = Secret::random("notice_", self.mint.rng).expose().to_owned();
        let (at, fate) = (self.now, Fate::UnderWay);
        self.world.notices.push(Notice { id: id.clone(), user, client, happened, at, attempts: 0, fate });
        Some(id)
    }
}

impl Ledger {
    /// The notices that wait to be sent, by world and id.
    pub fn waiting_notices(&self) -> Vec<(WorldId, String)> {
        let of_world = |(id, world): (&WorldId, &super::World)| {
            let waiting = world.notices.iter().filter(|notice| notice.fate == Fate::UnderWay);
            waiting.map(|notice| (*id, notice.id.clone())).collect::<Vec<_>>()
        };
        self.worlds.iter().flat_map(of_world).collect()
    }

    /// A notice that waits to be sent.
    pub fn waiting_notice(&self, world: WorldId, id: &str) -> Option<Outgoing> {
        let world = self.worlds.get(&world)?;
        let notice = world.notices.iter().rfind(|notice| notice.id == id)?;
        let client = &world.clients[notice.client.at()];
        let told = client.told.as_ref()?;
        let (event, reason) = match notice.happened {
            Happened::Disconnection => ("access.ended", "user_disconnected"),
            Happened::Cancellation { .. } => ("mandate.cancelled", "user_cancelled"),
        };
        let mut body = json!({
            "id": notice.id,
            "event": event,
            "reason": reason,
            "client_id": client.id,
            "user_id": world.users[notice.user.at()].id,
            "at": notice.at,
        });
        if let Happened::Cancellation { mandate } = &notice.happened {
            body["mandate_id"] = Value::from(mandate.as_str());
        }
        (notice.fate == Fate::UnderWay).then(|| Outgoing {
            url: told.url.clone(),
            secret: told.secret.clone(),
            body: body.to_string(),
            attempts: notice.attempts,
        })
    }

    /// Notes how often a notice was sent, and what came of it. No answer rests on that.
    pub fn note_delivery(&mut self, id: WorldId, notice: &str, attempts: u32, fate: Fate) {
        let Some(world) = self.worlds.get_mut(&id) else { return };
        let Some(at) = world.notices.iter().rposition(|row| row.id == notice) else { return };
        let row = world.notices.brush(at);
        (row.attempts, row.fate) = (attempts, fate);
        if let Some(changed) = &mut self.changed {
            changed.world(id);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::scene::Scene;
    use super::*;

    fn subscribed(scene: &mut Scene, client: &str) -> ClientIx {
        scene.turn(|turn| {
            let client = turn.client_by_role(client).expect("a role");
            turn.subscribe(client, "http://127.0.0.1:9/".to_owned());
            client
        })
    }

    #[test]
    fn only_who_wants_to_be_told_has_notices_and_only_its_own() {
        let mut scene = Scene::default();
        let server = subscribed(&mut scene, "server");
        let (given, other) = scene.turn(|turn| {
            let other = turn.client_by_role("other").expect("a role");
            let alice = turn.user_by_role("alice").expect("a role");
            assert_eq!(turn.tell_of_disconnection(alice, other), None);
            (turn.tell_of_disconnection(alice, server).expect("it wants to be"), other)
        });
        assert_eq!(scene.ledger.waiting_notices(), [(scene.world(), given.clone())]);
        let told = scene.turn(|turn| (turn.notices_of(server), turn.notices_of(other)));
        assert_eq!(told, (vec![Delivery { id: given, attempts: 0, fate: Fate::UnderWay }], vec![]));
    }

    #[test]
    fn what_is_told_says_what_happened_to_whom_and_why() {
        let mut scene = Scene::default();
        let server = subscribed(&mut scene, "server");
        let (_, mandate) = scene.mandate("alice", "server", 3000, super::super::Period::Monthly);
        let world = scene.world();
        let (first, second) = scene.turn(|turn| {
            let (alice, at) = (turn.user_by_role("alice").expect("a role"), turn.find_mandate(&mandate));
            let first = turn.tell_of_cancellation(at.expect("there is one")).expect("it wants to be");
            (first, turn.tell_of_disconnection(alice, server).expect("it wants to be"))
        });
        for (id, event, reason, about) in [
            (&first, "mandate.cancelled", "user_cancelled", Value::from(mandate.clone())),
            (&second, "access.ended", "user_disconnected", Value::Null),
        ] {
            let sent = scene.ledger.waiting_notice(world, id).expect("it waits");
            let body: Value = serde_json::from_str(&sent.body).expect("JSON");
            assert_eq!((&body["id"], &body["event"]), (&json!(id), &json!(event)));
            assert_eq!((&body["reason"], &body["mandate_id"]), (&json!(reason), &about));
            assert_eq!(body["client_id"], scene.client_id("server"));
            assert_eq!(body["user_id"], scene.user_id("alice"));
        }
    }

    #[test]
    fn a_notice_waits_until_it_is_taken_or_given_up() {
        let mut scene = Scene::default();
        let server = subscribed(&mut scene, "server");
        let world = scene.world();
        for fate in [Fate::Taken, Fate::GivenUp] {
            let id = scene.turn(|turn| {
                let alice = turn.user_by_role("alice").expect("a role");
                turn.tell_of_disconnection(alice, server).expect("it wants to be")
            });
            scene.ledger.note_delivery(world, &id, 2, Fate::UnderWay);
            assert_eq!(scene.ledger.waiting_notice(world, &id).expect("it waits").attempts, 2);
            scene.ledger.note_delivery(world, &id, 3, fate);
            assert!(scene.ledger.waiting_notice(world, &id).is_none());
            assert!(scene.ledger.waiting_notices().is_empty());
            let last = scene.turn(|turn| turn.notices_of(server)).pop();
            assert_eq!(last, Some(Delivery { id, attempts: 3, fate }));
        }
    }
}
