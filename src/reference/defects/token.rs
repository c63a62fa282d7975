//! Defects of the token endpoint: codes, clients, the shape of requests and answers.

use super::{Defect, row};
use crate::reference::rules::{
    Binding, Caching, CodeRedirect, ConflictingAuth, Duplicates, Expiry, Gap, GrantTypes, Minting, Promise,
    Replay, RequestShape, Reuse, SecretCheck, TokenFields, UnknownClient,
};

pub(super) const TABLE: &[Defect] = &[
    row("code.fields", "the answer says nothing of the user", |rules| {
        rules.token.fields = TokenFields::NoUserId
    }),
    row("code.fields:other-user", "the answer has another user's id", |rules| {
        rules.token.fields = TokenFields::OtherUsersId
    }),
    row("code.fields:other-client", "the answer has another client's id", |rules| {
        rules.token.fields = TokenFields::OtherClientsId
    }),
    row("code.fields:expires-in-text", "expires_in is a string", |rules| {
        rules.token.fields = TokenFields::ExpiresInAsText
    }),
    row("code.fields:no-token-type", "the answer has no token_type", |rules| {
        rules.token.fields = TokenFields::NoTokenType
    }),
    row("code.single-use", "a code can be exchanged again and again", |rules| {
        rules.code.reuse = Reuse::Allowed
    }),
    row("code.single-use:grace-window", "a code can be exchanged again for 30 seconds", |rules| {
        rules.code.reuse = Reuse::Within(30)
    }),
    row("code.replay-revokes", "a replayed code revokes nothing", |rules| {
        rules.code.replay = Replay::RevokesNothing
    }),
    row("code.replay-revokes:access-only", "a replayed code leaves the refresh token alive", |rules| {
        rules.code.replay = Replay::RevokesAccessOnly
    }),
    row("code.one-winner", "several exchanges of one code at once all succeed", |rules| {
        rules.code.spend_gap = Gap::Open
    }),
    row("code.bound-to-client", "another client can exchange the code", |rules| {
        rules.code.client = Binding::Anyone
    }),
    row("code.bound-to-client:burned", "another client's try burns the code for its owner", |rules| {
        rules.code.client = Binding::BurnedByOthers
    }),
    row("code.bound-to-redirect", "the redirect URI of an exchange is not compared", |rules| {
        rules.code.redirect = CodeRedirect::NotCompared
    }),
    row("code.bound-to-redirect:omitted", "an exchange may leave the redirect URI out", |rules| {
        rules.code.redirect = CodeRedirect::MayBeOmitted
    }),
    row(
        "code.bound-to-redirect:any-registered",
        "an exchange may name any of the client's redirect URIs",
        |rules| rules.code.redirect = CodeRedirect::AnyRegistered,
    ),
    row("code.expires", "a code can be exchanged for a day", |rules| rules.code.seconds = 86_400),
    row(
        "code.failed-exchange-grants-nothing",
        "a refusal for a wrong secret carries a living token",
        |rules| rules.code.refusal_grants_nothing = Promise::Broken,
    ),
    row("client.secret-checked", "any secret passes", |rules| {
        rules.token.secret_check = SecretCheck::NotChecked
    }),
    row("client.secret-checked:empty", "an empty secret passes", |rules| {
        rules.token.secret_check = SecretCheck::EmptyPasses
    }),
    row("client.secret-checked:prefix", "only the first 40 characters of a secret count", |rules| {
        rules.token.secret_check = SecretCheck::Truncated
    }),
    row("client.secret-checked:case", "a secret in another case passes", |rules| {
        rules.token.secret_check = SecretCheck::IgnoresCase
    }),
    row("client.secret-checked:any-client", "any client's secret passes", |rules| {
        rules.token.secret_check = SecretCheck::AnyClients
    }),
    row("client.unknown", "an unknown client passes as the owner of the code", |rules| {
        rules.token.unknown_client = UnknownClient::PassesAsOwner
    }),
    row("client.unknown:server-error", "an unknown client breaks the bank", |rules| {
        rules.token.unknown_client = UnknownClient::Breaks
    }),
    row("client.credentials-not-in-url", "credentials in the query string count", |rules| {
        rules.token.query_credentials_refused = Promise::Broken
    }),
    row("client.conflicting-auth", "of two differing credentials, Basic counts", |rules| {
        rules.token.conflicting_auth = ConflictingAuth::BasicWins
    }),
    row("client.conflicting-auth:body-wins", "of two differing credentials, the body counts", |rules| {
        rules.token.conflicting_auth = ConflictingAuth::BodyWins
    }),
    row("token.post-form-only", "a GET gives tokens", |rules| {
        rules.token.request_shape = RequestShape::GetToo
    }),
    row("token.post-form-only:put", "a PUT gives tokens", |rules| {
        rules.token.request_shape = RequestShape::PutToo
    }),
    row("token.post-form-only:json", "a JSON body gives tokens", |rules| {
        rules.token.request_shape = RequestShape::JsonToo
    }),
    row("token.post-form-only:query", "a POST with everything in the query gives tokens", |rules| {
        rules.token.request_shape = RequestShape::QueryToo
    }),
    row("token.grant-type", "a request without grant_type is taken for an exchange", |rules| {
        rules.token.grant_type = GrantTypes::MissingIsExchange
    }),
    row("token.grant-type:unknown", "an unknown grant_type is taken for an exchange", |rules| {
        rules.token.grant_type = GrantTypes::UnknownIsExchange
    }),
    row("token.grant-type:error-code", "an unknown grant_type is refused as invalid_client", |rules| {
        rules.token.grant_type = GrantTypes::UnknownIsInvalidClient
    }),
    row("token.duplicate-parameter", "of a parameter given twice, the last counts", |rules| {
        rules.token.duplicates = Duplicates::LastWins
    }),
    row("token.duplicate-parameter:first-wins", "of a parameter given twice, the first counts", |rules| {
        rules.token.duplicates = Duplicates::FirstWins
    }),
    row("token.not-cacheable", "token answers may be stored", |rules| rules.token.caching = Caching::Allowed),
    row("token.not-cacheable:refusals", "refusals may be stored", |rules| {
        rules.token.caching = Caching::RefusalsAllowed
    }),
    row("token.not-cacheable:text", "token answers are not JSON by their content type", |rules| {
        rules.token.caching = Caching::TextPlain
    }),
    row("token.unpredictable", "codes and tokens count up", |rules| rules.token.minting = Minting::Counter),
    row(
        "token.unpredictable:prefix",
        "codes and tokens are a long constant and few random characters",
        |rules| rules.token.minting = Minting::Prefixed,
    ),
    row("token.unpredictable:clock", "codes and tokens begin with the time", |rules| {
        rules.token.minting = Minting::Clock
    }),
    row(
        "token.unpredictable:constant-tail",
        "codes and tokens are few random characters and a long constant",
        |rules| rules.token.minting = Minting::ConstantTail,
    ),
    row("token.expiry-honest", "access tokens live two hours longer than they say", |rules| {
        rules.token.expiry = Expiry::Late
    }),
    row("token.expiry-honest:early", "access tokens die two hours earlier than they say", |rules| {
        rules.token.expiry = Expiry::Early
    }),
    row("token.expiry-honest:never", "access tokens never expire", |rules| {
        rules.token.expiry = Expiry::Never
    }),
];
