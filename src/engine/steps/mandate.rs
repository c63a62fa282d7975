//! `mandate`: a client sets a payment mandate up, and its owner approves it in the bank's app.

use http::Method;
use serde_json::json;

use super::approve;
use super::call::carried;
use crate::engine::answer::{Answer, Came, of_reply};
use crate::engine::scene::{Decidable, Held, MandateHeld, NeverSaved, Scene};
use crate::suite::{Carrier, SetUp};
use crate::target::{Incoming, Route};

pub async fn run(mandate: &SetUp, scene: &mut Scene<'_>) -> Result<Answer, NeverSaved> {
    let grant = scene.grant(&mandate.grant)?;
    let terms = json!({
        "payee": mandate.payee,
        "amount": mandate.amount,
        "currency": "GBP",
        "period": mandate.period.word(),
    });
    let request = mandates(scene)?.request(Method::POST).json(&terms);
    let request = carried(request, Some(grant.access.clone()), Carrier::Header, "Bearer");
    let (number, reply) = scene.send(&grant.client.0, "set a mandate up", request).await;
    let answer = of_reply(&reply, |response| id(response).map(|_| "a mandate".into())).at(number);
    let save = mandate.save.as_ref().map(|save| save.0.as_str());
    let given = answer.response.as_ref().filter(|_| answer.came == Came::Granted).and_then(id);
    let Some(id) = given else {
        scene.save(save, None);
        return Ok(answer);
    };
    let user = grant.user.clone();
    let held = MandateHeld {
        id: id.clone(),
        grant,
        payee: mandate.payee.clone(),
        amount: mandate.amount,
        period: mandate.period,
    };
    scene.save(save, Some(Held::Mandate(held)));
    if !mandate.approve {
        return Ok(answer);
    }
    let approval = approve::send(&Decidable::Mandate(id), &user, true, scene).await;
    if approval.came == Came::Granted {
        return Ok(answer);
    }
    let said = format!("set up, but the approval failed: {}", approval.said);
    Ok(Answer { said, ..approval })
}

/// Where mandates are set up. A case with mandates is not run on a target that has none.
pub fn mandates<'s>(scene: &Scene<'s>) -> Result<&'s Route, NeverSaved> {
    scene.target.file().endpoints.mandates.as_ref().ok_or(NeverSaved::NotRun)
}

fn id(response: &Incoming) -> Option<String> {
    let json = response.json()?;
    json.get("mandate_id")?.as_str().filter(|id| !id.is_empty()).map(str::to_owned)
}

pub fn title(mandate: &SetUp) -> String {
    let SetUp { grant, payee, amount, period, approve, .. } = mandate;
    let approval = if *approve { "the owner approves" } else { "the owner does not approve" };
    format!(
        "the client sets up {} a {period} period to {payee} with ‘{grant}’, and {approval}",
        pounds(*amount)
    )
}

/// An amount in pence, as people write it.
pub fn pounds(pence: u64) -> String {
    format!("£{}.{:02}", pence / 100, pence % 100)
}
