//! What each verb's form becomes: defaults filled in, and the rules that go over several keys kept.

use super::Reader;
use super::value::Value;
use super::verbs::{
    AdvanceForm, ApproveForm, AuthorizeForm, CallForm, CancelForm, ConnectedForm, DenyForm, DisconnectForm,
    ExchangeForm, GridForm, LandForm, LoginForm, LogoutForm, MandateForm, MandatesForm, OpenForm,
    OverloadForm, Past, PayForm, RaceForm, RefreshForm, RequestForm, RestartForm, SampleForm,
};
use super::wording::listed;
use crate::suite::case::{
    Advance, Approve, Authorize, Call, Cancel, Carrier, Code as CodeHandle, Connected, Decision, Disconnect,
    Endpoint, Exchange, Grant, Grid, Land, Login, Logout, Mandate, Mandates, Open, Origin, Overload, Pay,
    Period, Race, Refresh, Request, RequestBody, Sample, SetUp, Span, Token, Verb,
};
use crate::suite::code::Code;

/// A form that is a verb.
pub trait Speak: Value {
    fn verb(self, _: Span, reader: &mut Reader) -> Option<Verb>;
}

const DEFAULT_SAMPLES: u32 = 200;
const EXCHANGE_PARAMETERS: [&str; 5] = ["grant_type", "client_id", "client_secret", "redirect_uri", "code"];
const REFRESH_PARAMETERS: [&str; 4] = ["grant_type", "client_id", "client_secret", "refresh_token"];

impl Speak for OpenForm {
    fn verb(self, span: Span, reader: &mut Reader) -> Option<Verb> {
        let request = self.asking.request(span, reader)?;
        Some(Verb::Open(Open { request, save: self.save.map(|save| save.0) }))
    }
}

impl Speak for LandForm {
    fn verb(self, _: Span, _: &mut Reader) -> Option<Verb> {
        Some(Verb::Land(Land {
            page: self.page,
            user: self.user,
            decide: self.decide.unwrap_or(Decision::Allow),
            save: self.save.map(|save| save.0),
        }))
    }
}

impl Speak for AuthorizeForm {
    fn verb(self, span: Span, reader: &mut Reader) -> Option<Verb> {
        Some(Verb::Authorize(Authorize {
            user: self.user,
            request: self.asking.request(span, reader)?,
            decide: self.decide.unwrap_or(Decision::Allow),
            save: self.save.map(|save| save.0),
        }))
    }
}

impl Speak for ExchangeForm {
    fn verb(self, _: Span, reader: &mut Reader) -> Option<Verb> {
        Some(Verb::Exchange(Exchange {
            code: self.code,
            redirect: self.redirect,
            request: self.tokening.request(&EXCHANGE_PARAMETERS, reader)?,
            save: self.save.map(|save| save.0),
        }))
    }
}

impl Speak for LoginForm {
    fn verb(self, _: Span, _: &mut Reader) -> Option<Verb> {
        Some(Verb::Login(Login {
            user: self.user,
            client: self.client,
            approve: self.approve.unwrap_or(true),
            save: self.save.map(|save| save.0),
        }))
    }
}

impl Speak for ApproveForm {
    fn verb(self, span: Span, reader: &mut Reader) -> Option<Verb> {
        let of = origin(self.grant, self.code, self.mandate, span, reader)?;
        Some(Verb::Approve(Approve { of, user: self.user }))
    }
}

impl Speak for DenyForm {
    fn verb(self, span: Span, reader: &mut Reader) -> Option<Verb> {
        let of = origin(self.grant, self.code, self.mandate, span, reader)?;
        Some(Verb::Deny(Approve { of, user: self.user }))
    }
}

fn origin(
    grant: Option<Grant>,
    code: Option<CodeHandle>,
    mandate: Option<Mandate>,
    span: Span,
    reader: &mut Reader,
) -> Option<Origin> {
    match (grant, code, mandate) {
        (Some(grant), None, None) => Some(Origin::Grant(grant)),
        (None, Some(code), None) => Some(Origin::Code(code)),
        (None, None, Some(mandate)) => Some(Origin::Mandate(mandate)),
        _ => one_of(&["grant", "code", "mandate"], span, reader),
    }
}

impl Speak for RefreshForm {
    fn verb(self, _: Span, reader: &mut Reader) -> Option<Verb> {
        Some(Verb::Refresh(Refresh {
            grant: self.grant,
            token: self.token.unwrap_or(Token::Refresh),
            request: self.tokening.request(&REFRESH_PARAMETERS, reader)?,
            save: self.save.map(|save| save.0),
        }))
    }
}

impl Speak for CallForm {
    fn verb(self, span: Span, reader: &mut Reader) -> Option<Verb> {
        let asked = [
            (Endpoint::Whoami, self.whoami),
            (Endpoint::Accounts, self.accounts),
            (Endpoint::Balance, self.balance),
            (Endpoint::Transactions, self.transactions),
            (Endpoint::History, self.history),
        ];
        let mut asked = asked.into_iter().filter_map(|(endpoint, grant)| Some((endpoint, grant?)));
        let (Some((endpoint, grant)), None) = (asked.next(), asked.next()) else {
            let endpoints: Vec<&str> = Endpoint::ALL.iter().map(|(_, word)| *word).collect();
            return one_of(&endpoints, span, reader);
        };
        Some(Verb::Call(Call {
            endpoint,
            grant,
            token: self.token.unwrap_or(Token::Access),
            send: self.send.unwrap_or(Carrier::Header),
            scheme: self.scheme.unwrap_or_default().0,
        }))
    }
}

impl Speak for LogoutForm {
    fn verb(self, _: Span, _: &mut Reader) -> Option<Verb> {
        Some(Verb::Logout(Logout {
            grant: self.grant,
            token: self.token.unwrap_or(Token::Access),
            send: self.send.unwrap_or(Carrier::Header),
            method: self.method.unwrap_or_default().0,
        }))
    }
}

impl Speak for RequestForm {
    fn verb(self, span: Span, reader: &mut Reader) -> Option<Verb> {
        let body = match (self.form, self.body) {
            (Some(form), None) => RequestBody::Form(form.0),
            (None, Some(text)) => RequestBody::Text(text),
            (None, None) => RequestBody::None,
            (Some(_), Some(_)) => return one_of(&["form", "body"], span, reader),
        };
        Some(Verb::Request(Request {
            client: self.client,
            method: self.method.0,
            to: self.to,
            headers: self.headers.map_or_else(Vec::new, |pairs| pairs.0),
            query: self.query.map_or_else(Vec::new, |pairs| pairs.0),
            body,
        }))
    }
}

impl Speak for DisconnectForm {
    fn verb(self, _: Span, _: &mut Reader) -> Option<Verb> {
        Some(Verb::Disconnect(Disconnect { user: self.user, client: self.client }))
    }
}

impl Speak for ConnectedForm {
    fn verb(self, _: Span, _: &mut Reader) -> Option<Verb> {
        Some(Verb::Connected(Connected { user: self.user }))
    }
}

impl Speak for MandateForm {
    fn verb(self, _: Span, _: &mut Reader) -> Option<Verb> {
        Some(Verb::Mandate(SetUp {
            grant: self.grant,
            payee: self.payee.0,
            amount: self.amount.0,
            period: self.period.unwrap_or(Period::Monthly),
            approve: self.approve.unwrap_or(true),
            save: self.save.map(|save| save.0),
        }))
    }
}

impl Speak for MandatesForm {
    fn verb(self, _: Span, _: &mut Reader) -> Option<Verb> {
        Some(Verb::Mandates(Mandates { user: self.user }))
    }
}

impl Speak for PayForm {
    fn verb(self, _: Span, _: &mut Reader) -> Option<Verb> {
        let amount = self.amount.map(|amount| amount.0);
        Some(Verb::Pay(Pay { mandate: self.mandate, grant: self.grant, amount }))
    }
}

impl Speak for CancelForm {
    fn verb(self, _: Span, _: &mut Reader) -> Option<Verb> {
        Some(Verb::Cancel(Cancel { mandate: self.mandate, user: self.user }))
    }
}

impl Speak for GridForm {
    fn verb(self, _: Span, _: &mut Reader) -> Option<Verb> {
        Some(Verb::Grid(Grid {
            live: self.live.unwrap_or_default(),
            dead: self.dead.unwrap_or_default(),
            either: self.either.unwrap_or_default(),
            refreshable: self.refreshable.unwrap_or_default(),
            spent: self.spent.unwrap_or_default(),
        }))
    }
}

impl Speak for AdvanceForm {
    fn verb(self, span: Span, reader: &mut Reader) -> Option<Verb> {
        let offset = self.less.is_some() || self.more.is_some();
        let advance = match (self.seconds, self.to_expiry_of, self.past) {
            (Some(seconds), None, None) if !offset => Advance::Seconds(seconds.0),
            (None, None, Some(Past)) if !offset => Advance::PastApproval,
            (None, Some(of), None) => {
                let signed = |seconds: u64| i64::try_from(seconds).expect("ten years fit");
                let offset = match (self.less, self.more) {
                    (None, None) => 0,
                    (Some(less), None) => -signed(less.0),
                    (None, Some(more)) => signed(more.0),
                    (Some(_), Some(_)) => return one_of(&["less", "more"], span, reader),
                };
                Advance::Expiry { of, offset }
            }
            (None, None, None) | (Some(_), ..) | (_, Some(_), _) | (.., Some(_)) => {
                let ways = ["seconds", "to_expiry_of", "past"];
                let mistake = reader
                    .mistake(Code::OneOf, span, format!("expected exactly one of {}", listed(&ways)))
                    .help("`less` and `more` go with `to_expiry_of`");
                reader.note(mistake);
                return None;
            }
        };
        Some(Verb::Advance(advance))
    }
}

impl Speak for RestartForm {
    fn verb(self, _: Span, _: &mut Reader) -> Option<Verb> {
        Some(Verb::Restart)
    }
}

impl Speak for OverloadForm {
    fn verb(self, _: Span, _: &mut Reader) -> Option<Verb> {
        Some(Verb::Overload(Overload { of: self.of, grant: self.grant }))
    }
}

impl Speak for RaceForm {
    fn verb(self, span: Span, reader: &mut Reader) -> Option<Verb> {
        let copies = self.copies.map_or(1, |copies| copies.small());
        if copies == 1 && self.all.0.len() == 1 {
            let mistake = reader
                .mistake(Code::RaceLane, span, "a single request has nothing to race with")
                .help("add `copies = 8`, or another lane");
            reader.note(mistake);
            return None;
        }
        Some(Verb::Race(Race { copies, lanes: self.all.0 }))
    }
}

impl Speak for SampleForm {
    fn verb(self, _: Span, _: &mut Reader) -> Option<Verb> {
        let count = self.count.map_or(DEFAULT_SAMPLES, |count| count.small());
        Some(Verb::Sample(Sample { user: self.user, client: self.client, count }))
    }
}

fn one_of<T>(keys: &[&str], span: Span, reader: &mut Reader) -> Option<T> {
    let mistake = reader.mistake(Code::OneOf, span, format!("expected exactly one of {}", listed(keys)));
    reader.note(mistake);
    None
}
