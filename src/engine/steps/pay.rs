//! `pay`: a client takes a payment under a mandate.

use http::Method;
use serde_json::json;

use super::Single;
use super::call::carried;
use super::mandate::{mandates, pounds};
use crate::engine::answer::{Answer, of_reply};
use crate::engine::scene::{NeverSaved, Scene};
use crate::suite::{Carrier, Pay};
use crate::target::Reply;

pub async fn run(pay: &Pay, scene: &mut Scene<'_>) -> Result<Answer, NeverSaved> {
    let single = request(pay, scene)?;
    let (number, reply) = scene.send(&single.actor, &single.purpose, single.request).await;
    Ok(settle(number, &reply))
}

pub fn request(pay: &Pay, scene: &Scene<'_>) -> Result<Single, NeverSaved> {
    let mandate = scene.mandate(&pay.mandate)?;
    let grant = match &pay.grant {
        Some(grant) => scene.grant(grant)?,
        None => mandate.grant,
    };
    let amount = pay.amount.unwrap_or(mandate.amount);
    let mut request = mandates(scene)?.request(Method::POST);
    if let Ok(mut path) = request.url.path_segments_mut() {
        path.pop_if_empty().extend([mandate.id.as_str(), "payments"]);
    }
    let request = request.json(&json!({ "amount": amount, "currency": "GBP" }));
    let request = carried(request, Some(grant.access), Carrier::Header, "Bearer");
    Ok(Single { actor: grant.client.0, purpose: format!("take {}", pounds(amount)), request })
}

/// Taken is any 2xx.
pub fn settle(number: usize, reply: &Reply) -> Answer {
    of_reply(reply, |response| (200..300).contains(&response.status).then(|| "a payment".into())).at(number)
}

pub fn title(pay: &Pay) -> String {
    let amount = pay.amount.map_or_else(|| "a payment".to_owned(), pounds);
    let with = pay.grant.as_ref().map(|grant| format!(" with ‘{grant}’")).unwrap_or_default();
    format!("the client takes {amount} under ‘{}’{with}", pay.mandate)
}
