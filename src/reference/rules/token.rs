//! Choices of the token endpoint: who asks, how the request looks, what an authorization code is worth.

use super::{Duplicates, Gap, Promise};
use crate::reference::ledger::{EXPIRES_IN, Seconds};

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TokenRules {
    pub secret_check: SecretCheck,
    pub secret_refusal: SecretRefusal,
    pub unknown_client: UnknownClient,
    /// Whether credentials in the query string are refused.
    pub query_credentials_refused: Promise,
    pub conflicting_auth: ConflictingAuth,
    pub request_shape: RequestShape,
    pub grant_type: GrantTypes,
    pub duplicates: Duplicates,
    pub caching: Caching,
    pub minting: Minting,
    /// `expires_in`, in a bank that keeps its word.
    pub lifetime: Lifetime,
    pub expiry: Expiry,
    pub fields: TokenFields,
}

/// How long an access token lives. Not a matter of right or wrong: who serves the bank chooses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lifetime(pub Seconds);

impl Default for Lifetime {
    fn default() -> Self {
        Lifetime(EXPIRES_IN)
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeRules {
    /// How long a code can be exchanged: RFC 6749 §4.1.2 recommends 10 minutes at most.
    pub seconds: Seconds,
    /// The same for codes of public clients.
    pub public_seconds: Seconds,
    pub reuse: Reuse,
    pub replay: Replay,
    /// Between finding a code good and marking it spent.
    pub spend_gap: Gap,
    /// The same for codes of public clients.
    pub public_spend_gap: Gap,
    pub client: Binding,
    pub redirect: CodeRedirect,
    /// Whether a refused exchange grants nothing.
    pub refusal_grants_nothing: Promise,
}

impl Default for CodeRules {
    fn default() -> Self {
        CodeRules {
            seconds: 300,
            public_seconds: 300,
            reuse: Reuse::Refused,
            replay: Replay::RevokesAll,
            spend_gap: Gap::Closed,
            public_spend_gap: Gap::Closed,
            client: Binding::Bound,
            redirect: CodeRedirect::Equal,
            refusal_grants_nothing: Promise::Kept,
        }
    }
}

/// Which client secrets pass (RFC 6749 §3.2.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SecretCheck {
    #[default]
    Exact,
    /// Any secret does, as long as there is one.
    NotChecked,
    /// An empty one does.
    EmptyPasses,
    /// Only its first 40 characters count.
    Truncated,
    IgnoresCase,
    /// That of any client of the same world does.
    AnyClients,
    /// Any secret does to refresh.
    NotCheckedAtRefresh,
}

/// How a client is refused that has not shown its secret (RFC 6749 §5.2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SecretRefusal {
    #[default]
    InvalidClient,
    /// By an error that belongs to the authorization endpoint.
    AccessDenied,
}

/// What becomes of a request by a client that is not registered (RFC 6749 §5.2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UnknownClient {
    #[default]
    Refused,
    /// It passes as the client that the code or refresh token belongs to.
    PassesAsOwner,
    /// It passes as the client that the refresh token belongs to.
    PassesAtRefresh,
    /// The bank breaks on it: 500.
    Breaks,
}

/// What becomes of credentials given both by Basic and in the body (RFC 6749 §2.3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ConflictingAuth {
    #[default]
    Refused,
    BasicWins,
    BodyWins,
}

/// What a token request may look like (RFC 6749 §3.2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RequestShape {
    /// POST, form-encoded body.
    #[default]
    PostForm,
    /// GET with the parameters in the query too.
    GetToo,
    /// GET too, to refresh.
    GetToRefreshToo,
    /// PUT too.
    PutToo,
    /// Whatever the verb.
    AnyVerb,
    /// A JSON object in the body too.
    JsonToo,
    /// POST with the parameters in the query too.
    QueryToo,
}

/// Which grant types are answered (RFC 6749 §5.2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum GrantTypes {
    #[default]
    Listed,
    /// A request without one is taken for an exchange.
    MissingIsExchange,
    /// A request without one is taken for what its other parameters look like.
    MissingIsGuessed,
    /// In any case.
    AnyCase,
    /// An unknown one is taken for an exchange.
    UnknownIsExchange,
    /// An unknown one is answered 401 `invalid_client`.
    UnknownIsInvalidClient,
}

/// How token answers are kept out of caches (RFC 6749 §5.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Caching {
    #[default]
    Never,
    Allowed,
    /// Only refusals may be stored.
    RefusalsAllowed,
    /// Only answers to a refresh may be stored.
    RefreshAllowed,
    /// Only refusals of a client that has not shown who it is may be stored.
    ClientRefusalsAllowed,
    /// Not stored, but no JSON by its content type.
    TextPlain,
}

/// How codes and tokens are made (RFC 6749 §10.10).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Minting {
    /// 256 random bits.
    #[default]
    Random,
    /// A counter, spread over the whole length.
    Counter,
    /// A long constant, and a counter at its end.
    CounterAtTheEnd,
    /// Random after a fixed beginning.
    Prefixed,
    /// The world's clock, then a few random characters.
    Clock,
    /// Random in its first characters, the same for all in the rest.
    ConstantTail,
    /// A counter between two long constants.
    CounterInside,
    /// A number in base64.
    EncodedNumber,
    /// Cut out of one random text, each two characters farther on than the one before.
    Overlapping,
    /// Random; codes are short enough to be typed.
    ShortCodes,
}

/// How the real life of an access token compares with `expires_in`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Expiry {
    #[default]
    Honest,
    /// Two hours longer.
    Late,
    /// Two hours shorter.
    Early,
    Never,
    /// Never for public clients.
    NeverForPublic,
    /// Never for those that came from a refresh.
    NeverOnceRefreshed,
    /// It counts from the login, for refreshed ones too.
    FromTheLogin,
    /// Each call begins it anew.
    Sliding,
}

/// What a code's token answer says (Monzo API docs, "Exchange the authorization code").
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TokenFields {
    #[default]
    AsDocumented,
    NoUserId,
    /// The id of another user of the world.
    OtherUsersId,
    /// The id of another client of the world.
    OtherClientsId,
    ExpiresInAsText,
    NoTokenType,
    /// A refresh's answer has no `user_id`.
    RefreshWithoutUserId,
    /// A refresh's answer has the id of another user of the world.
    RefreshOtherUsersId,
    /// A refresh's answer has `expires_in` as a text.
    RefreshExpiresInAsText,
    /// The id of the user who came first to the client.
    FirstUsersId,
}

/// Whether something that works once works again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reuse {
    #[default]
    Refused,
    Allowed,
    /// For so many seconds after its first use.
    Within(Seconds),
    /// From so many seconds after its first use on: that it was used is not remembered for longer.
    ForgottenAfter(Seconds),
    /// Only the last one spent is remembered: older ones work again.
    OlderAllowed,
    /// Once its grant was logged out.
    AfterLogout,
    /// Once a newer login has ended its grant.
    AfterNewerLogin,
    /// Once what it gave was refreshed.
    AfterRefresh,
    /// Once its user has logged in to another client.
    AfterLoginElsewhere,
    /// Once its user has logged out of another client.
    AfterLogoutElsewhere,
    /// Once another user has logged in to its client.
    AfterOthersLogin,
    /// Once another user has logged out of its client.
    AfterOthersLogout,
    /// Once the access token that it gave has expired.
    AfterExpiry,
    /// If it was used when the access token had expired.
    UsedAfterExpiry,
    /// If it was itself given by a refresh.
    FromRefresh,
    /// As long as its login waits for the owner's approval.
    WhilePending,
}

/// What a replayed code does to the tokens it once gave (RFC 6749 §4.1.2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Replay {
    #[default]
    RevokesAll,
    RevokesNothing,
    RevokesAccessOnly,
    /// What was given, but nothing that was refreshed from it.
    SparesRefreshed,
    /// What was given, if the client is not public.
    SparesPublic,
}

/// Whether something that was given to one client works for others (RFC 6749 §4.1.3, §10.4).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Binding {
    #[default]
    Bound,
    Anyone,
    /// Refused to others, but their try burns it for its owner.
    BurnedByOthers,
    /// The same for tries by public clients only.
    BurnedByPublic,
    /// The same for tries by clients that nobody registered.
    BurnedByStrangers,
    /// It works for clients that its user has logged in to.
    UsersClients,
    /// What was given to a public client works for anybody.
    PublicsAnyone,
}

/// Which redirect URI an exchange must name (RFC 6749 §4.1.3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CodeRedirect {
    /// The one that the code was asked for with.
    #[default]
    Equal,
    NotCompared,
    /// Not compared for public clients.
    NotComparedForPublic,
    MayBeOmitted,
    /// Any that the client registered.
    AnyRegistered,
    /// One that begins with it.
    Prefix,
    /// One that differs in the query.
    IgnoresQuery,
    IgnoresCase,
}
