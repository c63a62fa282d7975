//! `mandates`: the payment mandates that the owner sees in the bank's app.

use serde_json::Value;

use crate::engine::answer::{Answer, Facts, MandateSeen, of_reply};
use crate::engine::scene::Scene;
use crate::suite::Mandates;
use crate::target::Incoming;

pub async fn run(mandates: &Mandates, scene: &mut Scene<'_>) -> Answer {
    let request = scene.target.mandates_request(&scene.world, &mandates.user);
    let (number, reply) = match scene.control(&mandates.user.0, "look at mandates", request).await {
        Ok(answered) => answered,
        Err(answer) => return answer,
    };
    let mut answer = of_reply(&reply, |response| {
        let listed = listed(response)?;
        let active = listed.iter().filter(|mandate| mandate.active).count();
        let mandates = if listed.len() == 1 { "mandate" } else { "mandates" };
        Some(format!("{} {mandates}, {active} active", listed.len()))
    });
    answer.exchange = Some(number);
    if let Some(listed) = answer.response.as_ref().and_then(listed) {
        answer.facts = Facts::Mandates(listed);
    }
    answer
}

/// The entries of the list, if there is one.
fn listed(response: &Incoming) -> Option<Vec<MandateSeen>> {
    let json = response.json()?;
    let entries = json.get("mandates")?.as_array()?;
    let text = |entry: &Value, key: &str| entry.get(key).and_then(Value::as_str).map(str::to_owned);
    let seen = entries.iter().map(|entry| MandateSeen {
        id: text(entry, "mandate_id"),
        client_id: text(entry, "client_id"),
        payee: text(entry, "payee"),
        amount: entry.get("amount").and_then(Value::as_u64),
        currency: text(entry, "currency"),
        period: text(entry, "period"),
        // A bank that lists only what can take payments need not say so.
        active: text(entry, "status").is_none_or(|status| status == "active"),
    });
    Some(seen.collect())
}
