//! What is expected of an answer.

use super::words::words;
use super::{Client, Grant, Mandate, User};

/// One thing that is expected of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Check {
    /// `outcome = "refused"`
    Outcome(Outcome),
    /// `status = 401` or `status = [400, 401]`: any of these.
    Status(Vec<u16>),
    /// `error = "invalid_grant"` or a list: any of these as `error` or as `code` in the JSON body, or as `error` on the
    /// callback.
    Error(Vec<String>),
    /// `state = "same"`
    State(StateRule),
    /// `landing = "registered-only"`
    Landing(Landing),
    /// `refresh_token = "absent"`
    RefreshToken(RefreshRule),
    /// `user = "alice"`: the user whom the answer names.
    User(User),
    /// `client = "server"`: the client whom the answer names.
    Client(Client),
    /// `lists = ["server"]`: each of these is on the list.
    Lists(Listed),
    /// `lists_not = ["server"]`: none of these is.
    ListsNot(Listed),
    /// `since = "first"`: the client of this grant is listed as connected since the grant was given, give or take some
    /// minutes.
    Since(Grant),
    /// `has = ["no-store"]`: each of these.
    Has(Trait),
    /// `tokens_at_most = 1`: distinct access tokens that a race gave, and distinct refresh tokens.
    TokensAtMost(u32),
    /// `live_at_most = 1`: how many of a race's distinct access tokens live afterwards.
    LiveAtMost(u32),
    /// `live_exactly = 1`: how many of a race's distinct access tokens live afterwards.
    LiveExactly(u32),
}

/// What can be on an owner's list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Listed {
    /// Connected third parties.
    Clients(Vec<Client>),
    /// Mandates that can take payments.
    Mandates(Vec<Mandate>),
}

words! {
    /// What came of a request as a whole.
    Outcome {
        /// It was done: a 2xx that gives what the verb asks for; for an authorization, a code on the redirect URI.
        Granted = "granted",
        /// A 4xx other than 429, and nothing granted; for an authorization, no code anywhere.
        Refused = "refused",
        /// Either of these.
        Any = "any",
        /// It was turned away with 429. Only a precondition: no promise says when a server does that.
        Throttled = "throttled",
    }

    /// How the state on the callback compares with the one sent, after one form decoding.
    StateRule {
        /// The callback has it, once, the same byte for byte.
        Same = "same",
        /// The callback has none.
        Absent = "absent",
        /// The same, or the request was refused.
        SameOrRefused = "same-or-refused",
    }

    /// Where an authorization may have led.
    Landing {
        /// To no address but the client's registered redirect URI, string for string (the bank's own pages aside).
        RegisteredOnly = "registered-only",
        /// Nowhere but the bank's own pages.
        Nowhere = "nowhere",
        /// To the redirect URI, its own query once and unchanged.
        KeepsQuery = "keeps-query",
    }

    /// What a token answer says of the refresh token.
    RefreshRule {
        Present = "present",
        /// No such key, or null.
        Absent = "absent",
        /// Present, and another than the one that was used.
        New = "new",
    }

    /// Properties that an answer has or lacks, each a check of its own.
    Trait {
        /// A token answer with every documented field: `access_token`, `client_id`, `expires_in` (a positive whole
        /// number), `token_type` Bearer in any case, `user_id`; with the right client and user.
        TokenFields = "token-fields",
        /// An access token other than every earlier one of the case.
        NewAccess = "new-access",
        /// `Cache-Control` with `no-store`.
        NoStore = "no-store",
        /// `Content-Type: application/json`.
        Json = "json",
        /// `WWW-Authenticate: Bearer …`.
        BearerChallenge = "bearer-challenge",
        /// `X-Frame-Options: DENY|SAMEORIGIN`, or CSP `frame-ancestors` 'none' or 'self'.
        NoFraming = "no-framing",
        /// A `Referrer-Policy` that keeps the query from other origins.
        NoReferrer = "no-referrer",
        /// No `Access-Control-Allow-Origin` for a foreign origin.
        NoCrossOrigin = "no-cross-origin",
        /// Nothing that was sent in split a header, or became an element or attribute of a page.
        NoInjection = "no-injection",
        /// A 4xx other than 429, whichever: unlike `outcome = "refused"`, a 500 breaks this.
        ClientError = "client-error",
        /// A transaction older than 90 days is listed.
        OldHistory = "old-history",
        /// None is listed, or the request is refused.
        NoOldHistory = "no-old-history",
        /// A refusal that says that the user has disconnected the client, in words or by a name that the target file
        /// gives (`disconnected_errors`).
        DisconnectReason = "disconnect-reason",
        /// An answer that does not say so.
        NoDisconnectReason = "no-disconnect-reason",
        /// Of every listed third party, what it may read: at least one thing.
        AccessNamed = "access-named",
        /// Of every listed mandate of the case, its third party, payee, amount, currency and period, as they were agreed.
        TermsNamed = "terms-named",
        /// The statistical tests of a sample find nothing.
        Unguessable = "unguessable",
        /// A race ended in a state that running its lanes one after the other, in some order, also ends in.
        Serial = "serial",
    }
}
