//! For tests: whatever happens in whatever order, the ledger's invariants hold.

use std::collections::{BTreeMap, HashMap};

use proptest::prelude::*;

use super::scene::Scene;
use super::{Change, Fixture, Issued, Key, Ledger, Proof, Refusal, Secret};
use crate::reference::rules::Rules;

const USERS: [&str; 2] = ["alice", "bob"];
const CLIENTS: [&str; 3] = ["server", "other", "public"];

#[derive(Clone, Debug)]
enum Operation {
    /// A whole login of a user at a client.
    Login(usize, usize),
    /// One whose code is kept for later.
    Land(usize, usize),
    /// A client tries the code that landed so many ago.
    Exchange(usize, usize),
    /// A client tries the refresh token that was given so many ago.
    Refresh(usize, usize),
    Logout(usize),
    Disconnect(usize, usize),
    /// A user approves what waits for them.
    Approve(usize),
    /// A mandate, if the token that was given so many ago allows it.
    Mandate(usize),
    Call(usize),
    Advance(u64),
}

fn operations() -> impl Strategy<Value = Vec<Operation>> {
    let user = 0..USERS.len();
    let client = 0..CLIENTS.len();
    let age = 0..4_usize;
    let one = prop_oneof![
        4 => (user.clone(), client.clone()).prop_map(|(u, c)| Operation::Login(u, c)),
        2 => (user.clone(), client.clone()).prop_map(|(u, c)| Operation::Land(u, c)),
        3 => (client.clone(), age.clone()).prop_map(|(c, a)| Operation::Exchange(c, a)),
        5 => (client.clone(), age.clone()).prop_map(|(c, a)| Operation::Refresh(c, a)),
        2 => age.clone().prop_map(Operation::Logout),
        2 => user.clone().prop_map(Operation::Approve),
        1 => age.clone().prop_map(Operation::Mandate),
        1 => age.prop_map(Operation::Call),
        1 => (user, client).prop_map(|(u, c)| Operation::Disconnect(u, c)),
        1 => prop_oneof![1..400_u64, 20_000..22_000_u64].prop_map(Operation::Advance),
    ];
    prop::collection::vec(one, 1..30)
}

#[derive(Default)]
struct Seen {
    codes: Vec<Secret>,
    issued: Vec<Issued>,
    dead: Vec<Secret>,
}

impl Seen {
    fn nth_newest<T>(list: &[T], age: usize) -> Option<&T> {
        list.iter().rev().nth(age)
    }

    fn run(&mut self, scene: &mut Scene, operation: &Operation) {
        match *operation {
            Operation::Login(user, client) => {
                self.issued.push(scene.login(USERS[user], CLIENTS[client]));
            }
            Operation::Land(user, client) => {
                self.codes.push(scene.code(USERS[user], CLIENTS[client]));
            }
            Operation::Exchange(client, age) => {
                if let Some(code) = Seen::nth_newest(&self.codes, age)
                    && let Ok(issued) = scene.exchange(CLIENTS[client], code)
                {
                    self.issued.push(issued);
                }
            }
            Operation::Refresh(client, age) => {
                if let Some(issued) = Seen::nth_newest(&self.issued, age)
                    && let Some(token) = &issued.refresh
                    && let Ok(issued) = scene.refresh(CLIENTS[client], token)
                {
                    self.issued.push(issued);
                }
            }
            Operation::Logout(age) => {
                if let Some(issued) = Seen::nth_newest(&self.issued, age) {
                    let _ = scene.logout(&issued.access);
                }
            }
            Operation::Disconnect(user, client) => scene.turn(|turn| {
                let user = turn.user_by_role(USERS[user]).expect("a role");
                let client = turn.client_by_role(CLIENTS[client]).expect("a role");
                let begun = turn.begin_disconnection(user, client);
                turn.disconnect(begun);
                turn.tell_of_disconnection(user, client);
            }),
            Operation::Approve(user) => scene.turn(|turn| {
                let user = turn.user_by_role(USERS[user]).expect("a role");
                for ask in turn.asks(user) {
                    turn.approve_on_phone(user, &ask.matter.name(), Proof::Face).expect("it waits");
                }
            }),
            Operation::Mandate(age) => {
                if let Some(issued) = Seen::nth_newest(&self.issued, age) {
                    let _ = scene.set_up(&issued.access, 3000);
                }
            }
            Operation::Call(age) => {
                if let Some(issued) = Seen::nth_newest(&self.issued, age) {
                    let _ = scene.accounts(&issued.access);
                }
            }
            Operation::Advance(seconds) => {
                scene.turn(|turn| turn.advance(seconds));
            }
        }
    }

    fn check(&mut self, scene: &mut Scene) -> Result<(), TestCaseError> {
        for token in &self.dead {
            prop_assert!(scene.whoami(token).is_err(), "a dead token lives again");
        }
        let mut live: HashMap<(String, String), usize> = HashMap::new();
        for issued in &self.issued {
            match scene.whoami(&issued.access) {
                Ok(who) => *live.entry((who.user_id, who.client_id)).or_default() += 1,
                Err(_) => self.dead.push(issued.access.clone()),
            }
        }
        prop_assert!(live.values().all(|count| *count == 1), "several live tokens: {live:?}");
        Ok(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_user_has_one_live_token_per_client_and_the_dead_stay_dead(operations in operations()) {
        let mut scene = Scene::default();
        let mut seen = Seen::default();
        for operation in &operations {
            seen.run(&mut scene, operation);
            seen.check(&mut scene)?;
        }
    }

    #[test]
    fn what_is_written_down_is_the_whole_ledger(operations in operations()) {
        let mut scene = Scene::journaled(Rules::default());
        // So little that it forgets on the way.
        scene.ledger.remember(3);
        scene.turn(|turn| {
            let client = turn.client_by_role("server").expect("a role");
            turn.subscribe(client, "http://127.0.0.1:9/".to_owned());
        });
        let mut seen = Seen::default();
        let mut rows: BTreeMap<Key, Vec<u8>> = BTreeMap::new();
        for operation in &operations {
            seen.run(&mut scene, operation);
            let (id, now) = (scene.world(), scene.turn(|turn| turn.now()));
            scene.ledger.make_room(id, now);
            for change in scene.ledger.take_changes().list {
                match change {
                    Change::Put(key, row) => drop(rows.insert(key, row)),
                    Change::Close(world) => rows.retain(|key, _| key.world != world),
                }
            }
        }
        let mut again = Ledger::journaled(Rules::default());
        for (key, row) in &rows {
            again.put_back(*key, row, Fixture::embedded()).expect("it was written so");
        }
        prop_assert!(again.take_changes().list.is_empty(), "what was read has changed nothing");
        prop_assert_eq!(again.contents(), scene.ledger.contents());
    }

    #[test]
    fn a_refresh_token_gives_at_most_one_pair(operations in operations()) {
        let mut scene = Scene::default();
        let mut seen = Seen::default();
        for operation in &operations {
            seen.run(&mut scene, operation);
        }
        for issued in &seen.issued {
            let Some(token) = &issued.refresh else { continue };
            let client = CLIENTS.into_iter().find(|role| {
                scene.turn(|turn| turn.client_by_role(role) == Some(issued.client))
            });
            let client = client.expect("a role");
            if scene.refresh(client, token).is_ok() {
                let again = scene.refresh(client, token).map(|_| ());
                prop_assert_eq!(again, Err(Refusal::BadRefreshToken));
            }
        }
    }
}
