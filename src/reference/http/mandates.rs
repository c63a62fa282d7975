//! A client's side of payment mandates: setting one up, looking at it, taking a payment. JSON both ways; amounts in
//! pence. No document describes such routes: they follow the bank's others.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{Method, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

use super::calls::{Call, Wanted, timestamp, turn};
use super::problem::Problem;
use crate::reference::bank::Bank;
use crate::reference::ledger::{BadTerms, MandateView, Period, Terms};

/// `POST /mandates` `{"payee", "amount", "currency": "GBP", "period": "monthly" | "weekly"}` → 201 and the mandate, which
/// waits for its owner's approval.
pub async fn set_up(State(bank): State<Arc<Bank>>, call: Call) -> Result<(StatusCode, Json<Value>), Problem> {
    #[derive(Deserialize)]
    struct SetUp {
        payee: String,
        amount: u64,
        currency: String,
        period: String,
    }
    let token = token(&bank, &call, Method::POST)?;
    let asked: SetUp = call.json()?;
    in_pounds(&asked.currency)?;
    let period = match asked.period.as_str() {
        "weekly" => Period::Weekly,
        "monthly" => Period::Monthly,
        _ => {
            let message = "`period` is neither weekly nor monthly";
            return Err(Problem::new(400, "bad_request.bad_param.period", message));
        }
    };
    let terms = Terms::new(&asked.payee, asked.amount, period).map_err(|bad| {
        let code = match bad {
            BadTerms::Payee => "bad_request.bad_param.payee",
            BadTerms::Amount => "bad_request.bad_param.amount",
        };
        Problem::new(400, code, bad.to_string())
    })?;
    let mandate = turn(&bank, &token, |turn| {
        let bearer = turn.bearer(&token)?;
        turn.used(bearer);
        let at = turn.set_up_mandate(bearer, terms)?;
        Ok(turn.mandate(at))
    })?;
    Ok((StatusCode::CREATED, Json(describe(&mandate))))
}

/// `GET /mandates/{mandate}` → the mandate. Its `status` is pending, active, denied, expired (nobody decided in time) or
/// cancelled.
pub async fn look(
    State(bank): State<Arc<Bank>>,
    Path(id): Path<String>,
    call: Call,
) -> Result<Json<Value>, Problem> {
    let token = token(&bank, &call, Method::GET)?;
    let mandate = turn(&bank, &token, |turn| {
        let bearer = turn.bearer(&token)?;
        turn.used(bearer);
        turn.own_mandate(bearer, &id)
    })?;
    Ok(Json(describe(&mandate)))
}

/// `POST /mandates/{mandate}/payments` `{"amount", "currency": "GBP"}` → 201 and the payment; 403 if its owner has not
/// approved the mandate, or has cancelled it, or not for so much, or not so often.
pub async fn pay(
    State(bank): State<Arc<Bank>>,
    Path(id): Path<String>,
    call: Call,
) -> Result<(StatusCode, Json<Value>), Problem> {
    #[derive(Deserialize)]
    struct Pay {
        amount: u64,
        currency: String,
    }
    let token = token(&bank, &call, Method::POST)?;
    let asked: Pay = call.json()?;
    in_pounds(&asked.currency)?;
    let payment = turn(&bank, &token, |turn| turn.take_payment(&token, &id, asked.amount))?;
    let body = json!({
        "payment_id": payment.id,
        "mandate_id": id,
        "amount": payment.amount,
        "currency": "GBP",
        "created": timestamp(payment.created),
    });
    Ok((StatusCode::CREATED, Json(body)))
}

fn token(bank: &Bank, call: &Call, method: Method) -> Result<String, Problem> {
    call.token(bank, method, Wanted::Data)?.ok_or_else(Problem::no_token)
}

fn in_pounds(currency: &str) -> Result<(), Problem> {
    let wrong = || Problem::new(400, "bad_request.bad_param.currency", "`currency` is not GBP");
    (currency == "GBP").then_some(()).ok_or_else(wrong)
}

fn describe(mandate: &MandateView) -> Value {
    json!({
        "mandate_id": mandate.id,
        "payee": mandate.terms.payee(),
        "amount": mandate.terms.amount(),
        "currency": "GBP",
        "period": mandate.terms.period().word(),
        "status": mandate.status,
        "created": timestamp(mandate.created),
    })
}
