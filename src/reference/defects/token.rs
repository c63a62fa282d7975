//! Defects of the token endpoint: codes, clients, the shape of requests and answers.

use super::{Defect, row};
use crate::reference::rules::{
    Binding, Caching, CodeRedirect, ConflictingAuth, Duplicates, Expiry, Gap, GrantTypes, Minting, Promise,
    Remembered, Replay, RequestShape, Reuse, SecretCheck, SecretRefusal, TokenFields, UnknownClient,
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
    row(
        "code.fields:first-user",
        "the answer has the id of the user who came first to the client",
        |rules| rules.token.fields = TokenFields::FirstUsersId,
    ),
    row("code.fields:refresh", "the answer to a refresh says nothing of the user", |rules| {
        rules.token.fields = TokenFields::RefreshWithoutUserId
    }),
    row("code.fields:refresh-other-user", "the answer to a refresh has another user's id", |rules| {
        rules.token.fields = TokenFields::RefreshOtherUsersId
    }),
    row("code.fields:refresh-expiry", "the answer to a refresh has `expires_in` as a text", |rules| {
        rules.token.fields = TokenFields::RefreshExpiresInAsText
    }),
    row("code.single-use", "a code can be exchanged again and again", |rules| {
        rules.code.reuse = Reuse::Allowed
    }),
    row("code.single-use:grace-window", "a code can be exchanged again for 30 seconds", |rules| {
        rules.code.reuse = Reuse::Within(30)
    }),
    row(
        "code.single-use:mark-forgotten",
        "a code can be exchanged again a minute later, when nobody remembers that it was used",
        |rules| rules.code.reuse = Reuse::ForgottenAfter(60),
    ),
    row(
        "code.single-use:remembers-one",
        "only the client's code that was exchanged last is refused",
        |rules| rules.code.reuse = Reuse::OlderAllowed,
    ),
    row("code.single-use:after-logout", "a code works again once what it gave was logged out", |rules| {
        rules.code.reuse = Reuse::AfterLogout
    }),
    row(
        "code.single-use:after-newer-login",
        "a code works again once a newer login has ended what it gave",
        |rules| rules.code.reuse = Reuse::AfterNewerLogin,
    ),
    row("code.single-use:after-refresh", "a code works again once what it gave was refreshed", |rules| {
        rules.code.reuse = Reuse::AfterRefresh
    }),
    row("code.replay-revokes", "a replayed code revokes nothing", |rules| {
        rules.code.replay = Replay::RevokesNothing
    }),
    row("code.replay-revokes:access-only", "a replayed code leaves the refresh token alive", |rules| {
        rules.code.replay = Replay::RevokesAccessOnly
    }),
    row(
        "code.replay-revokes:refreshed",
        "a replayed code leaves what was refreshed from it alive",
        |rules| rules.code.replay = Replay::SparesRefreshed,
    ),
    row("code.replay-revokes:public", "a replayed code of a public client revokes nothing", |rules| {
        rules.code.replay = Replay::SparesPublic
    }),
    row("code.one-winner", "several exchanges of one code at once all succeed", |rules| {
        (rules.code.spend_gap, rules.code.public_spend_gap) = (Gap::Open, Gap::Open)
    }),
    row(
        "code.one-winner:public",
        "several exchanges of a public client's code at once all succeed",
        |rules| rules.code.public_spend_gap = Gap::Open,
    ),
    row("code.bound-to-client", "another client can exchange the code", |rules| {
        rules.code.client = Binding::Anyone
    }),
    row("code.bound-to-client:burned", "another client's try burns the code for its owner", |rules| {
        rules.code.client = Binding::BurnedByOthers
    }),
    row(
        "code.bound-to-client:burned-by-public",
        "a public client's try burns the code for its owner",
        |rules| rules.code.client = Binding::BurnedByPublic,
    ),
    row(
        "code.bound-to-client:burned-by-strangers",
        "the try of a client that nobody registered burns the code for its owner",
        |rules| rules.code.client = Binding::BurnedByStrangers,
    ),
    row("code.bound-to-client:public-codes", "anybody can exchange a public client's code", |rules| {
        rules.code.client = Binding::PublicsAnyone
    }),
    row("code.bound-to-redirect", "the redirect URI of an exchange is not compared", |rules| {
        rules.code.redirect = CodeRedirect::NotCompared
    }),
    row(
        "code.bound-to-redirect:public",
        "the redirect URI of a public client's exchange is not compared",
        |rules| rules.code.redirect = CodeRedirect::NotComparedForPublic,
    ),
    row("code.bound-to-redirect:omitted", "an exchange may leave the redirect URI out", |rules| {
        rules.code.redirect = CodeRedirect::MayBeOmitted
    }),
    row(
        "code.bound-to-redirect:any-registered",
        "an exchange may name any of the client's redirect URIs",
        |rules| rules.code.redirect = CodeRedirect::AnyRegistered,
    ),
    row(
        "code.bound-to-redirect:prefix",
        "an exchange may name a redirect URI that begins with the right one",
        |rules| rules.code.redirect = CodeRedirect::Prefix,
    ),
    row("code.bound-to-redirect:query", "an exchange may name a redirect URI with another query", |rules| {
        rules.code.redirect = CodeRedirect::IgnoresQuery
    }),
    row("code.bound-to-redirect:case", "an exchange may name a redirect URI in another case", |rules| {
        rules.code.redirect = CodeRedirect::IgnoresCase
    }),
    row("code.expires", "a code can be exchanged for a day", |rules| rules.code.seconds = 86_400),
    row("code.expires:public", "a public client's code can be exchanged for a day", |rules| {
        rules.code.public_seconds = 86_400
    }),
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
    row("client.secret-checked:refresh", "any secret passes to refresh", |rules| {
        rules.token.secret_check = SecretCheck::NotCheckedAtRefresh
    }),
    row(
        "client.secret-checked:error-code",
        "a client without its secret is refused as access_denied",
        |rules| rules.token.secret_refusal = SecretRefusal::AccessDenied,
    ),
    row("client.unknown", "an unknown client passes as the owner of the code", |rules| {
        rules.token.unknown_client = UnknownClient::PassesAsOwner
    }),
    row("client.unknown:server-error", "an unknown client breaks the bank", |rules| {
        rules.token.unknown_client = UnknownClient::Breaks
    }),
    row("client.unknown:refresh", "an unknown client passes as the owner of the refresh token", |rules| {
        rules.token.unknown_client = UnknownClient::PassesAtRefresh
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
    row("token.post-form-only:any-verb", "a form gives tokens by whatever verb it is sent", |rules| {
        rules.token.request_shape = RequestShape::AnyVerb
    }),
    row("token.post-form-only:refresh-by-get", "a GET refreshes", |rules| {
        rules.token.request_shape = RequestShape::GetToRefreshToo
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
    row(
        "token.grant-type:guessed",
        "a request without grant_type is taken for what its parameters look like",
        |rules| rules.token.grant_type = GrantTypes::MissingIsGuessed,
    ),
    row("token.grant-type:any-case", "a grant_type in another case passes", |rules| {
        rules.token.grant_type = GrantTypes::AnyCase
    }),
    row("token.duplicate-parameter", "of a parameter given twice, the last counts", |rules| {
        rules.token.duplicates = Duplicates::LastWins
    }),
    row("token.duplicate-parameter:first-wins", "of a parameter given twice, the first counts", |rules| {
        rules.token.duplicates = Duplicates::FirstWins
    }),
    row("token.duplicate-parameter:same-value", "a parameter given twice with one value passes", |rules| {
        rules.token.duplicates = Duplicates::SameAllowed
    }),
    row("token.not-cacheable", "token answers may be stored", |rules| rules.token.caching = Caching::Allowed),
    row("token.not-cacheable:refusals", "refusals may be stored", |rules| {
        rules.token.caching = Caching::RefusalsAllowed
    }),
    row("token.not-cacheable:text", "token answers are not JSON by their content type", |rules| {
        rules.token.caching = Caching::TextPlain
    }),
    row("token.not-cacheable:refresh", "answers to a refresh may be stored", |rules| {
        rules.token.caching = Caching::RefreshAllowed
    }),
    row(
        "token.not-cacheable:client-refusals",
        "refusals of a client that did not show who it is may be stored",
        |rules| rules.token.caching = Caching::ClientRefusalsAllowed,
    ),
    row("token.unpredictable", "codes and tokens count up", |rules| rules.token.minting = Minting::Counter),
    row(
        "token.unpredictable:counter",
        "codes and tokens are a long constant that ends in a counter",
        |rules| rules.token.minting = Minting::CounterAtTheEnd,
    ),
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
    row(
        "token.unpredictable:counter-inside",
        "codes and tokens hold a counter between two long constants",
        |rules| rules.token.minting = Minting::CounterInside,
    ),
    row("token.unpredictable:encoded-number", "codes and tokens are a number in base64", |rules| {
        rules.token.minting = Minting::EncodedNumber
    }),
    row("token.unpredictable:overlapping", "codes and tokens overlap in one random text", |rules| {
        rules.token.minting = Minting::Overlapping
    }),
    row("token.unpredictable:short-codes", "codes have ten characters", |rules| {
        rules.token.minting = Minting::ShortCodes
    }),
    row("token.expiry-honest", "access tokens live two hours longer than they say", |rules| {
        rules.token.expiry = Expiry::Late
    }),
    row("token.expiry-honest:early", "access tokens die two hours earlier than they say", |rules| {
        rules.token.expiry = Expiry::Early
    }),
    row("token.expiry-honest:never", "access tokens never expire", |rules| {
        rules.token.expiry = Expiry::Never
    }),
    row("token.expiry-honest:public", "access tokens of public clients never expire", |rules| {
        rules.token.expiry = Expiry::NeverForPublic
    }),
    row("token.expiry-honest:refreshed", "access tokens that came from a refresh never expire", |rules| {
        rules.token.expiry = Expiry::NeverOnceRefreshed
    }),
    row(
        "token.expiry-honest:from-the-login",
        "a refreshed access token's time counts from the login",
        |rules| rules.token.expiry = Expiry::FromTheLogin,
    ),
    row("token.expiry-honest:sliding", "each call gives an access token its whole time again", |rules| {
        rules.token.expiry = Expiry::Sliding
    }),
    row("token.expiry-honest:data", "an expired access token still reads data", |rules| {
        rules.whoami.remembered = Remembered::Expired
    }),
];
