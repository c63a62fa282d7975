//! `sample`: many logins, so that codes and tokens can be looked at together (RFC 6749 §10.10).

use super::authorize::authorized;
use super::exchange;
use super::login::{right_authorization, right_token_request};
use crate::engine::answer::{Answer, Facts, SampleFacts};
use crate::engine::confidence::OF_SAMPLE;
use crate::engine::guess::examine;
use crate::engine::scene::{Held, NeverSaved, Scene};
use crate::results::SampleSeen;
use crate::suite::{Code, Decision, Exchange, Grant, Sample};

/// The handles of one login's code and grant; no name in a suite has a space.
const CODE: &str = "sample's code";
const GRANT: &str = "sample's grant";

pub async fn run(sample: &Sample, scene: &mut Scene<'_>) -> Result<Answer, NeverSaved> {
    let (mut codes, mut accesses, mut refreshes) = (Vec::new(), Vec::new(), Vec::new());
    let exchange = Exchange {
        code: Code(CODE.to_owned()),
        redirect: None,
        request: right_token_request(),
        save: Some(Grant(GRANT.to_owned())),
    };
    let mut last = None;
    for number in 1..=sample.count {
        let request = right_authorization(&sample.client);
        let (answer, code) = authorized(&request, &sample.user, Decision::Allow, scene).await;
        let Some(code) = code else {
            let said = format!("login {number} gave no code: {}", answer.said);
            return Ok(Answer {
                said: said.clone(),
                came: crate::engine::answer::Came::Unclear(said),
                ..answer
            });
        };
        codes.push(code.code.clone());
        scene.held.insert(CODE.to_owned(), Held::Code(code));
        let answer = exchange::run(&exchange, scene).await?;
        let Some(Held::Grant(grant)) = scene.held.remove(GRANT) else {
            let said = format!("login {number}'s code was not exchanged: {}", answer.said);
            return Ok(Answer { said, ..answer });
        };
        last = answer.exchange;
        accesses.push(grant.access);
        refreshes.extend(grant.refresh);
    }
    let kinds = [("authorization codes", codes), ("access tokens", accesses), ("refresh tokens", refreshes)];
    let examined: Vec<_> = kinds
        .iter()
        .filter(|(_, values)| !values.is_empty())
        .map(|(kind, values)| examine(kind, values))
        .collect();
    let problems: Vec<String> = examined.iter().flat_map(|examined| examined.problems.clone()).collect();
    let seen = SampleSeen {
        count: sample.count,
        tests: examined.into_iter().map(|examined| examined.said).collect(),
        confidence: OF_SAMPLE.to_owned(),
    };
    let said = if problems.is_empty() { "nothing to guess by".to_owned() } else { problems.join("; ") };
    let answer = Answer::new(crate::engine::answer::Came::Granted, said);
    let facts = Facts::Sample(Box::new(SampleFacts { problems, seen }));
    Ok(Answer { exchange: last, facts, ..answer })
}
