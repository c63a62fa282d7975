//! A form that a person sent in. It counts only with the key that this browser's pages put into their forms: another site
//! can send a form here, but not know the key (RFC 6749 §10.12 on why).

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};

use super::stop::Stop;
use super::visit::Visit;
use crate::reference::bank::Bank;
use crate::reference::http::Params;
use crate::reference::ledger::Secret;
use crate::reference::rules::Duplicates;

/// What a browser sent in, the key found right.
pub struct Form {
    pub visit: Visit,
    params: Params,
}

impl Form {
    /// A form with `params`, if it has the key of the visit's session.
    pub fn of(visit: Visit, params: Params) -> Result<Form, Stop> {
        let shown = Secret::shown(&params.text("form_key").unwrap_or_default());
        let own = visit.session().is_some_and(|session| session.form_key.same(&shown));
        if own { Ok(Form { visit, params }) } else { Err(Stop::forged()) }
    }

    /// A field's text, trimmed; empty if it was not sent.
    pub fn text(&self, field: &str) -> String {
        self.params.text(field).unwrap_or_default().trim().to_owned()
    }
}

impl FromRequest<Arc<Bank>> for Form {
    type Rejection = Stop;

    async fn from_request(request: Request, bank: &Arc<Bank>) -> Result<Form, Stop> {
        let visit = Visit::of(bank, request.headers())?;
        let body = Bytes::from_request(request, bank).await.map_err(|_| Stop::too_long())?;
        let params = Params::read(&body, Duplicates::Refused).map_err(|_| Stop::garbled())?;
        Form::of(visit, params)
    }
}
