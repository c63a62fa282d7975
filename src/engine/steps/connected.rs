//! `connected`: the third parties that the owner sees as connected in the bank's app.

use crate::engine::answer::{Answer, ConnectionSeen, Facts, of_reply};
use crate::engine::scene::Scene;
use crate::suite::Connected;
use crate::target::Incoming;

pub async fn run(connected: &Connected, scene: &mut Scene<'_>) -> Answer {
    let request = scene.target.connected_request(&scene.world, &connected.user);
    let (number, reply) = match scene.control(&connected.user.0, "look at connected apps", request).await {
        Ok(answered) => answered,
        Err(answer) => return answer,
    };
    let mut answer =
        of_reply(&reply, |response| listed(response).map(|listed| format!("{} connected", listed.len())));
    answer.exchange = Some(number);
    if let Some(listed) = answer.response.as_ref().and_then(listed) {
        answer.facts = Facts::Connections(listed);
    }
    answer
}

/// The entries of the list, if there is one.
fn listed(response: &Incoming) -> Option<Vec<ConnectionSeen>> {
    let json = response.json()?;
    let entries = json.get("connected")?.as_array()?;
    let seen = entries.iter().map(|entry| ConnectionSeen {
        client_id: entry.get("client_id").and_then(|id| id.as_str()).map(str::to_owned),
        may_read: entry.get("may_read").and_then(|list| list.as_array()).map_or(0, Vec::len),
        since: entry.get("since").and_then(|since| since.as_i64()),
    });
    Some(seen.collect())
}
