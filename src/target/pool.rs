//! Fixed users and clients: sets that cases lease, one case at a time each, in the order in which they ask.
//!
//! A case gets a whole set or none, so that no two can wait for each other; and nobody else uses the set meanwhile, so that a
//! fault found in one case can never be another case's doing.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use tokio::sync::{OnceCell, OwnedSemaphorePermit, Semaphore};

use super::fetch::Fetching;
use super::file::{ClientAuthentication, Pool, Register, TargetFile};
use super::world::{ClientFacts, UserFacts};

/// The sets of a target.
#[derive(Debug)]
pub struct Pools {
    sets: Vec<Set>,
    /// Which sets nobody has.
    free: Mutex<VecDeque<usize>>,
    /// As many as there are free sets. It serves whoever asked first.
    seats: Arc<Semaphore>,
}

/// One set, with its secrets fetched.
#[derive(Debug)]
pub struct Set {
    pub users: BTreeMap<String, UserFacts>,
    pub clients: BTreeMap<String, PooledClient>,
    pub world: Option<String>,
}

#[derive(Debug)]
pub struct PooledClient {
    /// Who it is; empty until it is registered.
    pub credentials: OnceCell<(String, Option<String>)>,
    pub register: Option<Register>,
    pub redirect_uris: Vec<String>,
    pub authentication: Option<ClientAuthentication>,
    pub confidential: bool,
}

/// A set that a case has for itself. Dropping it gives the set back.
#[derive(Debug)]
pub struct Lease {
    pools: Arc<Pools>,
    set: usize,
    _seat: OwnedSemaphorePermit,
}

impl Pools {
    /// The sets of a file, every secret fetched. `None` if it has none.
    pub fn open(file: &TargetFile, fetching: &mut Fetching) -> Option<Arc<Pools>> {
        if file.pools.is_empty() {
            return None;
        }
        let sets: Vec<Set> = file.pools.iter().map(|pool| Set::open(pool, fetching)).collect();
        let free = (0..sets.len()).collect();
        let seats = Arc::new(Semaphore::new(sets.len()));
        Some(Arc::new(Pools { sets, free: Mutex::new(free), seats }))
    }

    /// Waits for a set.
    pub async fn lease(self: &Arc<Pools>) -> Lease {
        let seat = self.seats.clone().acquire_owned().await.expect("the semaphore is never closed");
        let set = self.free.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
        let set = set.expect("a seat is had only while a set is free");
        Lease { pools: self.clone(), set, _seat: seat }
    }

    /// How many cases can run at a time.
    pub fn len(&self) -> usize {
        self.sets.len()
    }
}

impl Lease {
    pub fn set(&self) -> &Set {
        &self.pools.sets[self.set]
    }

    /// Tells the sets apart.
    pub fn number(&self) -> usize {
        self.set
    }
}

impl Drop for Lease {
    // The seat is given back after this, when the fields are dropped: by then the set is free.
    fn drop(&mut self) {
        self.pools.free.lock().unwrap_or_else(PoisonError::into_inner).push_back(self.set);
    }
}

impl Set {
    fn open(pool: &Pool, fetching: &mut Fetching) -> Set {
        let mut users = BTreeMap::new();
        for (role, user) in &pool.users {
            let id = OnceLock::new();
            if let Some(known) = &user.id {
                let _ = id.set(known.clone());
            }
            let mut fields = BTreeMap::new();
            let mut secret_fields = Vec::new();
            for (name, kept) in &user.fields {
                fields.insert(name.clone(), fetching.text(kept, &format!("{name} of the user {role}")));
                if kept.is_secret() {
                    secret_fields.push(name.clone());
                }
            }
            let facts =
                UserFacts { id: Arc::new(id), account_id: user.account.clone(), fields, secret_fields };
            users.insert(role.clone(), facts);
        }
        let mut clients = BTreeMap::new();
        for (role, client) in &pool.clients {
            let credentials = OnceCell::new();
            if let Some(id) = &client.id {
                let secret = client.secret.as_ref();
                let secret =
                    secret.map(|kept| fetching.text(kept, &format!("the secret of the client {role}")));
                let _ = credentials.set((id.clone(), secret));
            }
            clients.insert(
                role.clone(),
                PooledClient {
                    credentials,
                    register: client.register.clone(),
                    redirect_uris: client.redirect_uris.clone(),
                    authentication: client.authentication,
                    confidential: role != "public",
                },
            );
        }
        Set { users, clients, world: pool.world.clone() }
    }
}

impl PooledClient {
    /// What is known of it, once it is registered.
    pub fn facts(&self) -> Option<ClientFacts> {
        let (id, secret) = self.credentials.get()?;
        Some(ClientFacts {
            client_id: id.clone(),
            client_secret: secret.clone(),
            confidential: self.confidential,
            redirect_uris: self.redirect_uris.clone(),
            authentication: self.authentication,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn pools(sets: usize) -> Arc<Pools> {
        let set = "[[pool]]\nusers.alice = {}\nclients.server = { id = 'c', secret = 's', redirect_uris = ['http://127.0.0.1/cb'] }\n";
        let text =
            format!("name = 'x'\nbase = 'http://127.0.0.1:1'\nlogin.driver = 'none'\n{}", set.repeat(sets));
        let file = TargetFile::parse("t.toml", &text).expect("it is a target file");
        Pools::open(&file, &mut Fetching::default()).expect("it has sets")
    }

    #[tokio::test]
    async fn no_set_is_leased_twice_and_all_of_them_are() {
        let pools = pools(2);
        let (first, second) = (pools.lease().await, pools.lease().await);
        assert_ne!(first.number(), second.number());
        let third = tokio::time::timeout(Duration::from_millis(20), pools.lease()).await;
        assert!(third.is_err(), "there is no third set");
        let number = first.number();
        drop(first);
        assert_eq!(pools.lease().await.number(), number);
    }

    #[tokio::test]
    async fn whoever_asked_first_is_served_first() {
        let pools = pools(1);
        let held = pools.lease().await;
        let served = Arc::new(Mutex::new(Vec::new()));
        let mut waiting = tokio::task::JoinSet::new();
        for number in 0..20 {
            let (pools, served) = (pools.clone(), served.clone());
            waiting.spawn(async move {
                let _lease = pools.lease().await;
                served.lock().expect("nobody panics").push(number);
                tokio::task::yield_now().await;
            });
            // Spawned tasks of this runtime begin in order, each once the test waits.
            tokio::task::yield_now().await;
        }
        drop(held);
        while waiting.join_next().await.is_some() {}
        assert_eq!(*served.lock().expect("nobody panics"), (0..20).collect::<Vec<_>>());
    }
}
