//! Where worlds come from: the control API, a hook of the target file, or a pool. And what becomes of them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::json;

use super::{ControlError, World};
use crate::results::Trouble;
use crate::target::Target;
use crate::target::control::of_world;
use crate::target::hooks::{Deed, Values};
use crate::target::pool::Pools;
use crate::target::redact::Secrets;
use crate::target::tape::note_secrets;
use crate::target::wire::Reply;

/// How long an approval can be given, in seconds, where nobody says.
const APPROVAL_SECONDS: u64 = 600;

impl Target {
    /// Makes a world, or waits for a set of users and clients that nobody uses.
    ///
    /// # Errors
    /// Whatever keeps it from being whole.
    pub async fn make_world(&self) -> Result<World, ControlError> {
        if let Some(pools) = self.pools() {
            return self.leased(pools).await;
        }
        let (what, deed) = match &self.file().control.make_world {
            Some(hook) => {
                let what = "control.make_world";
                let deed = self.deed(hook, &Values::new());
                (what, deed.ok_or_else(|| ControlError::NoRequest { what, url: hook.shown().to_owned() })?)
            }
            None => ("the control API", Deed::Request(self.control("/worlds", json!({})))),
        };
        let url = match &deed {
            Deed::Request(request) => request.url.to_string(),
            Deed::Command { program, .. } => program.clone(),
        };
        let answer = self
            .does(&deed)
            .await
            .map_err(|trouble| ControlError::unreachable(what, url.clone(), &trouble))?;
        if !(200..300).contains(&answer.status) {
            return Err(ControlError::Refused { what, url, status: answer.status });
        }
        // What can't be read may be repeated in the complaint about it, and it was to hold clients' secrets.
        let malformed = |detail: String| {
            let mut secrets = Secrets::default();
            note_secrets(&mut secrets, &answer);
            ControlError::Malformed { what, url: url.clone(), detail: secrets.redactor().text(&detail) }
        };
        let mut world = World::given(&answer.body).map_err(malformed)?;
        world.nodes.extend(self.file().nodes.iter().cloned());
        Ok(world)
    }

    /// Throws a world away. That it could not be is no finding: the world is the target's to expire.
    pub async fn drop_world(&self, world: &World) {
        if world.is_shared() {
            return;
        }
        if let Some(hook) = &self.file().control.drop_world {
            if let Some(deed) = self.deed(hook, &of_world(world)) {
                let _: Reply = self.does(&deed).await;
            }
        } else if let (Some(name), true) = (&world.name, self.file().has_control_api()) {
            let mut request = self.control(&format!("/worlds/{name}"), json!({}));
            request.method = http::Method::DELETE;
            let _: Reply = self.send(&request).await;
        }
    }

    /// Whether the server answers at all: the first thing that a run does.
    ///
    /// # Errors
    /// If it does not, or does not give the users and clients that every case needs.
    pub async fn first_contact(&self) -> Result<(), ControlError> {
        let whoami = self.file().endpoints.whoami.route.request(http::Method::GET);
        if self.pools().is_some() {
            let trouble =
                |trouble: Trouble| ControlError::unreachable("the target", whoami.url.to_string(), &trouble);
            self.send(&whoami).await.map_err(trouble)?;
        }
        let world = self.make_world().await?;
        self.drop_world(&world).await;
        Ok(())
    }

    async fn leased(&self, pools: &Arc<Pools>) -> Result<World, ControlError> {
        let lease = Arc::new(pools.lease().await);
        let set = lease.set();
        let mut clients = BTreeMap::new();
        for (role, client) in &set.clients {
            self.register(role, client).await?;
            clients.insert(role.clone(), client.facts().expect("it has just been registered"));
        }
        let mut world = World {
            name: set.world.clone(),
            now: SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .ok()
                .and_then(|since| i64::try_from(since.as_secs()).ok())
                .unwrap_or_default(),
            approval_seconds: self.file().control.approval_seconds.unwrap_or(APPROVAL_SECONDS),
            nodes: self.file().nodes.clone(),
            users: set.users.clone(),
            clients,
            lease: Some(lease.clone()),
        };
        if self.file().has_control_api() {
            // The clock of a world that others have had may have been moved.
            let request = self.advance_request(&world, 0);
            let url = request.url.to_string();
            let what = "the control API";
            let answer = self
                .send(&request)
                .await
                .map_err(|trouble| ControlError::unreachable(what, url.clone(), &trouble))?;
            let now = answer.json().and_then(|json| json.get("now")?.as_i64());
            let none = || ControlError::Malformed {
                what,
                url,
                detail: format!("status {} and no time; is `world` right in the target file?", answer.status),
            };
            world.now = now.ok_or_else(none)?;
        }
        Ok(world)
    }
}
