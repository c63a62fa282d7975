//! How each verb is written: one form a verb. What a form becomes stands in [`super::speak`].

use super::form::{form, object};
use super::request::{Asking, Method, Scheme, Tokening};
use super::step::lanes;
use super::template::Pairs;
use super::value::{Defs, Prose, Save, Value, Whole};
use super::{Node, Reader};
use crate::suite::case::{
    Carrier, Client, Code as CodeHandle, Decision, Destination, Door, Grant, Mandate, Page, Period, Redirect,
    Template, Token, User, Verb,
};

form! {
    /// Opens the authorization page. Contract: an authorization page, or a redirect to one.
    struct OpenForm {
        with asking: Asking;
        /// The page's handle, for `land`.
        save: Option<Save<Page>>,
    }
}

form! {
    /// The owner logs in on an opened page and decides. Contract: for `allow` a code on the redirect URI; for `deny`
    /// no code.
    struct LandForm {
        /// The page, as `open` saved it.
        page: Page,
        /// Who logs in.
        user: User,
        /// What the owner answers. Default `allow`.
        decide: Option<Decision>,
        /// The code's handle.
        save: Option<Save<CodeHandle>>,
    }
}

form! {
    /// `open` and `land` in one. Contract: for `allow` a code on the redirect URI; for `deny` no code.
    struct AuthorizeForm {
        with asking: Asking;
        /// Who logs in.
        user: User,
        /// What the owner answers. Default `allow`.
        decide: Option<Decision>,
        /// The code's handle.
        save: Option<Save<CodeHandle>>,
    }
}

form! {
    /// Exchanges an authorization code. Contract: an access token.
    struct ExchangeForm {
        with tokening: Tokening;
        /// The code, as `authorize` or `land` saved it.
        code: CodeHandle,
        /// Which redirect URI to name. Default: the one that was sent when the code was asked for.
        redirect: Option<Redirect>,
        /// The handle of the tokens that are given.
        save: Option<Save<Grant>>,
    }
}

form! {
    /// `authorize`, `exchange` and `approve` in one. Contract: all of it.
    struct LoginForm {
        /// Who logs in.
        user: User,
        /// The client that the user logs in to.
        client: Client,
        /// Whether the owner approves in the app at once. Default `true`.
        approve: Option<bool>,
        /// The handle of the tokens that are given.
        save: Option<Save<Grant>>,
    }
}

form! {
    /// The owner approves in the app. Contract: done.
    struct ApproveForm {
        /// The login to approve, by what it gave. Either this, `code` or `mandate`.
        grant: Option<Grant>,
        /// The login to approve, by its code. Either this, `grant` or `mandate`.
        code: Option<CodeHandle>,
        /// The mandate to approve. Either this, `grant` or `code`.
        mandate: Option<Mandate>,
        /// Who approves. Default: the user who logged in.
        user: Option<User>,
    }
}

form! {
    /// The owner says no in the app. Contract: done.
    struct DenyForm {
        /// The login to deny, by what it gave. Either this, `code` or `mandate`.
        grant: Option<Grant>,
        /// The login to deny, by its code. Either this, `grant` or `mandate`.
        code: Option<CodeHandle>,
        /// The mandate to deny. Either this, `grant` or `code`.
        mandate: Option<Mandate>,
        /// Who denies. Default: the user who logged in.
        user: Option<User>,
    }
}

form! {
    /// Refreshes access. Contract: an access token.
    struct RefreshForm {
        with tokening: Tokening;
        /// Whose refresh token is used.
        grant: Grant,
        /// What is shown as the refresh token. Default `refresh`.
        token: Option<Token>,
        /// The handle of the tokens that are given.
        save: Option<Save<Grant>>,
    }
}

form! {
    /// Asks an endpoint with a token: one of `whoami`, `accounts`, `balance`, `transactions`, `history`. Contract: a 2xx; for
    /// whoami with an identity.
    struct CallForm {
        /// Asks who the token belongs to, with the token of this grant.
        whoami: Option<Grant>,
        /// Asks for the accounts, with the token of this grant.
        accounts: Option<Grant>,
        /// Asks for the balance, with the token of this grant.
        balance: Option<Grant>,
        /// Asks for the transactions, with the token of this grant.
        transactions: Option<Grant>,
        /// Asks for the transactions since ever, with the token of this grant.
        history: Option<Grant>,
        /// What is shown as the access token. Default `access`.
        token: Option<Token>,
        /// How the token travels. Default `header`.
        send: Option<Carrier>,
        /// The word before the token. Default `Bearer`.
        scheme: Option<Scheme>,
    }
}

form! {
    /// Logs out. Contract: a 2xx.
    struct LogoutForm {
        /// Whose token is invalidated.
        grant: Grant,
        /// What is shown as the access token. Default `access`.
        token: Option<Token>,
        /// How the token travels. Default `header`.
        send: Option<Carrier>,
        /// The request's method. Default `POST`.
        method: Option<Method>,
    }
}

form! {
    /// Sends any request at all, and nothing that is not written here. Texts take in values: `{first.access}`,
    /// `{first.refresh}`, `{landed.code}`, `{alice.id}`, `{server.id}`, `{server.secret}`. Contract: a 2xx; from a named
    /// endpoint with what it is for.
    struct RequestForm {
        /// The client that sends it.
        client: Client,
        /// The request's method.
        method: Method,
        /// Where it goes: an endpoint by name, or a path under the target's base.
        to: Destination,
        /// Headers, each a text with values.
        headers: Option<Pairs<true>>,
        /// Parameters of the address, encoded when they are sent.
        query: Option<Pairs<false>>,
        /// Parameters of the body, form encoded when they are sent. Either this or `body`.
        form: Option<Pairs<false>>,
        /// The body as it stands. Either this or `form`.
        body: Option<Template>,
    }
}

form! {
    /// The owner disconnects the client in the app. Contract: done.
    struct DisconnectForm {
        /// The owner.
        user: User,
        /// The client that loses its access.
        client: Client,
    }
}

form! {
    /// The third parties that the owner sees as connected. Contract: a list of them.
    struct ConnectedForm {
        /// Who looks.
        user: User,
    }
}

form! {
    /// A client sets a payment mandate up. Contract: it is set up, and approved unless `approve = false`.
    struct MandateForm {
        /// Whose client asks, with its access token.
        grant: Grant,
        /// Who is to be paid.
        payee: Prose,
        /// How much a payment can be, in pence.
        amount: Pence,
        /// How often a payment can be taken. Default `monthly`.
        period: Option<Period>,
        /// Whether the owner approves it in the app at once. Default `true`.
        approve: Option<bool>,
        /// The mandate's handle.
        save: Option<Save<Mandate>>,
    }
}

form! {
    /// The payment mandates that the owner sees. Contract: a list of them.
    struct MandatesForm {
        /// Who looks.
        user: User,
    }
}

form! {
    /// A client takes a payment under a mandate. Contract: a 2xx.
    struct PayForm {
        /// The mandate, as `mandate` saved it.
        mandate: Mandate,
        /// Whose access token is shown. Default: that of the grant that set the mandate up.
        grant: Option<Grant>,
        /// How much, in pence. Default: as agreed.
        amount: Option<Pence>,
    }
}

form! {
    /// The owner cancels a mandate. Contract: done.
    struct CancelForm {
        /// The mandate, as `mandate` saved it.
        mandate: Mandate,
        /// Who cancels it. Default: its owner.
        user: Option<User>,
    }
}

form! {
    /// Which tokens of the case live. `live`, `dead` and `either` name every grant saved so far. A precondition, unless
    /// the step has `expect = { outcome = "granted" }`, which makes the whole table judged.
    struct GridForm {
        /// Grants whose access token lives.
        live: Option<Vec<Grant>>,
        /// Grants whose access token is dead.
        dead: Option<Vec<Grant>>,
        /// Grants whose access token may be either.
        either: Option<Vec<Grant>>,
        /// Grants whose refresh token works. It is used up by the question.
        refreshable: Option<Vec<Grant>>,
        /// Grants whose refresh token does not work.
        spent: Option<Vec<Grant>>,
    }
}

form! {
    /// Moves the target's clock: by `seconds`, to a token's expiry, or `past` something. Contract: done.
    struct AdvanceForm {
        /// By so many seconds.
        seconds: Option<Whole<1, TEN_YEARS>>,
        /// To the moment at which this grant's access token expires.
        to_expiry_of: Option<Grant>,
        /// So many seconds before that.
        less: Option<Whole<1, TEN_YEARS>>,
        /// So many seconds after that.
        more: Option<Whole<1, TEN_YEARS>>,
        /// `approval`: to just after the time in which an approval must come.
        past: Option<Past>,
    }
}

/// The target is started anew. Contract: done. It has no keys: `restart = {}`.
pub struct RestartForm;

impl Value for RestartForm {
    fn read(node: Node<'_>, reader: &mut Reader) -> Option<Self> {
        reader.table(node, &[]).map(|_| Self)
    }

    fn schema(_: &mut Defs) -> serde_json::Value {
        object("The target is started anew. Contract: done.", Vec::new())
    }
}

form! {
    /// Makes the target turn the next request to an endpoint away with 429: through the control API, or, where that can't, by
    /// a burst of requests that change nothing. Contract: done; a target that never says 429 skips the case.
    struct OverloadForm {
        /// The endpoint.
        of: Door,
        /// Whose client and token the burst is sent with.
        grant: Grant,
    }
}

form! {
    /// Sends every lane at one instant, each so many times. Judged by `expect` with `tokens_at_most`, `live_at_most`,
    /// `live_exactly` or `has = ["serial"]`.
    struct RaceForm {
        /// How often each lane is sent. Default 1.
        copies: Option<Whole<1, 64>>,
        /// The lanes, each a table with one verb: `exchange`, `refresh`, `call`, `logout`, `approve`, `deny`, `disconnect`,
        /// `pay` or `cancel`.
        all: Lanes,
    }
}

form! {
    /// Logs in many times and keeps what was given, for `expect = { has = ["unguessable"] }`. Contract: every login
    /// works.
    struct SampleForm {
        /// Who logs in.
        user: User,
        /// The client that the user logs in to.
        client: Client,
        /// How many times. Default 200.
        count: Option<Whole<20, 10_000>>,
    }
}

const TEN_YEARS: u64 = 10 * 366 * 86_400;

/// An amount of money in pence, up to a million pounds.
type Pence = Whole<1, 100_000_000>;

/// `past = "approval"`
pub struct Past;

impl Value for Past {
    fn read(node: Node<'_>, reader: &mut Reader) -> Option<Self> {
        let written = reader.text(node)?;
        if written.text != "approval" {
            reader.unknown_word(&written, "moment to go past", ["approval"]);
            return None;
        }
        Some(Self)
    }

    fn schema(_: &mut Defs) -> serde_json::Value {
        serde_json::json!({ "anyOf": [{ "enum": ["approval"] }, { "$ref": "#/$defs/Variable" }] })
    }
}

/// The lanes of a race.
pub struct Lanes(pub Vec<Verb>);

impl Value for Lanes {
    fn read(node: Node<'_>, reader: &mut Reader) -> Option<Self> {
        lanes(node, reader).map(Self)
    }

    fn schema(_: &mut Defs) -> serde_json::Value {
        let lane = object("One lane: a table with one verb.", super::step::lane_properties());
        serde_json::json!({
            "type": "array",
            "minItems": 1,
            "items": { "allOf": [lane, { "minProperties": 1, "maxProperties": 1 }] },
        })
    }
}
