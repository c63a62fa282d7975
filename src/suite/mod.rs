//! The suite language: what an author writes, and the typed cases it becomes.
//!
//! A suite is a TOML file of cases; a case is a list of steps; a step is one verb and what is expected of it. Reading
//! goes from text to [`Suite`]s, or to every mistake in all files at once ([`Diagnostic`]): nothing that is left of a
//! file after reading can be wrong. This room knows no target and sends nothing; only `load.rs` reads from disk.
//!
//! # The format
//!
//! ```toml
//! [suite]
//! id = "refresh"                          # kebab-case, unique among all suites
//! about = "Refreshing access"
//!
//! [[case]]
//! id = "single-use"                       # kebab-case; the full id is refresh/single-use
//! proves = ["refresh.single-use"]         # at least one, all of one level
//! about = "A refresh token works once"
//! since = "2026.1"                        # optional: the first edition of the catalogue that has the case
//! rounds = 20                             # optional, 1 to 1000: each in a fresh world
//! needs = ["clock"]                       # optional: adds to what the steps show to be needed
//! each = { client = ["server", "other"] } # optional: variants
//! also = { "refresh.rotates" = "why" }    # optional: what else breaks it, and why that is in order
//!
//! [[case.step]]
//! login = { user = "alice", client = "$client", save = "first" }
//!
//! [[case.step]]
//! refresh = { grant = "first", save = "second" }
//!
//! [[case.step]]
//! refresh = { grant = "first" }
//! expect = { outcome = "refused" }        # judged: not held is a failure, or a warning for a *should*
//!
//! [[case.step]]
//! call = { whoami = "second" }
//! observe = "whether a reuse ends the session"
//! ```
//!
//! ## Steps
//!
//! A step has one of these verbs. What must come of it if the step says nothing else is its *contract* ([`Verb`]).
//!
//! | verb | keys; those with a value in brackets, and those in brackets, can be left out |
//! |---|---|
//! | `open` | `client`, the request's keys, (`save` a page) |
//! | `land` | `page`, `user`, `decide` ("allow"), (`save` a code) |
//! | `authorize` | `user`, `client`, the request's keys, `decide` ("allow"), (`save` a code) |
//! | `exchange` | `code`, (`redirect`), the token request's keys, (`save` a grant) |
//! | `login` | `user`, `client`, `approve` (true), (`save` a grant) |
//! | `approve`, `deny` | `grant`, `code` or `mandate`, (`user`) |
//! | `refresh` | `grant`, `token` ("refresh"), the token request's keys, (`save` a grant) |
//! | `call` | a grant as `whoami`, `accounts`, `balance`, `transactions` or `history` (transactions since ever); `token` ("access"), `send`, `scheme` |
//! | `logout` | `grant`, `token` ("access"), `send`, `method` ("POST") |
//! | `request` | `client`, `method`, `to`, (`headers`, `query`), (`form` or `body`) |
//! | `disconnect` | `user`, `client` |
//! | `connected` | `user` |
//! | `mandate` | `grant`, `payee`, `amount` in pence, `period` ("monthly"), `approve` (true), (`save` a mandate) |
//! | `mandates` | `user` |
//! | `pay` | `mandate`, (`grant`), (`amount`) |
//! | `cancel` | `mandate`, (`user`) |
//! | `grid` | `live`, `dead`, `either`: every grant saved so far, in one of them; `refreshable`, `spent` |
//! | `advance` | `seconds`; or `to_expiry_of` a grant with (`less`) or (`more`) seconds; or `past` "approval" |
//! | `restart` | none: `restart = {}` |
//! | `overload` | `of` ("token", "logout", "whoami", "accounts", "balance", "transactions" or "mandates"), `grant` |
//! | `race` | `copies` (1), `all`: a list of lanes, each with one verb that is a single request |
//! | `sample` | `user`, `client`, `count` (200) |
//!
//! `send` says how the token travels ("header"), `scheme` is the word before it ("Bearer").
//!
//! The request's keys: `state` (fresh), `redirect` ("registered"), `set` and `twice` (tables of parameters), `omit` (a
//! list of them). The token request's keys: `by` (the handle's client), `secret` ("right"), `credentials` ("usual"),
//! `method` ("POST"), `encoding` ("form"), `set`, `omit`, `twice`. A parameter's value is a plain text, `user:bob` or
//! `client:other` for that one's id, or in `twice` the word `same`.
//!
//! A `request` is any request at all, for probes that no other verb can make. `to` names an endpoint (`authorize`, `token`,
//! `whoami`, `logout`, `accounts`, `balance`, `transactions`, `mandates`) or is a path under the target's base, such as `/accounts`.
//! Nothing is added to it, no credentials and no token; `client` only says in whose name it is sent. It alone writes values into texts:
//! in a path, and in the values of `headers`, `query`, `form` and in `body`, `{first.access}` and `{first.refresh}` are a
//! grant's tokens, `{landed.code}` a code, `{alice.id}`, `{server.id}` and `{server.secret}` what belongs to a role. Queries and
//! forms are encoded when they are sent. `{{first.access}}` is that very text; other braces, such as JSON's, stand for
//! themselves.
//!
//! `node = 2` beside a verb sends the step's requests to the target's second address of the same state. It goes with
//! `exchange`, `refresh`, `call`, `logout`, `request`, `pay` and `grid`; all else goes to the first. Where a call that must be
//! refused names a node, the report tells how long after the change before it that node had heard, or had not.
//!
//! `overload` makes the target turn the next request to an endpoint away: the control API is asked to, or, if it can't, a burst
//! of requests that change nothing is sent with the grant's client and token, until one is answered 429. The step after it
//! sends the request that is to be turned away, with `given = { outcome = "throttled" }`. Then the case waits as `Retry-After`
//! says.
//!
//! Beside its verb a step has at most:
//! - `given`: preconditions. If one does not hold, the case is inconclusive; or skipped, where the answer shows it and the case
//!   says what it `supposes`: other requirements without which there is nothing to probe, each with what is missing then. It
//!   replaces the contract.
//! - `expect`: what is judged. A `grid` takes exactly `expect = { outcome = "granted" }`: the whole table is judged.
//! - `observe`: words under which is recorded what came; judges nothing, and excludes the other two.
//!
//! Their keys are `outcome`, `status` (a number, or a list: any of them), `error` (a text, or a list), `state`,
//! `landing`, `refresh_token`, `user`, `client`, `has` (a list: all of them), `lists`, `lists_not` (what an owner's list
//! shows: clients at `connected`, mandates at `mandates`), `since` (a grant), `tokens_at_most`, `live_at_most`,
//! `live_exactly`; each only at verbs whose answer can have it. The words behind them are those of [`Outcome`],
//! [`StateRule`], [`Landing`], [`RefreshRule`] and [`Trait`].
//!
//! ## Handles
//!
//! `save` gives what came of a step a name: a page, a code, a grant, or a mandate. A handle is saved once, before it is used, and
//! is used at least once. Handles of two cases have nothing to do with each other. What a lane of a race saves is
//! the first copy's that was granted.
//!
//! ## Variants
//!
//! `each` makes a variant of the case for every combination of its values. `"$client"` as a whole string stands for
//! the variant's value, wherever a step has a string. A list's values are their own names; a table gives names:
//! `each = { state = { plain = "abc", long = { repeat = "ab", times = 2048 } } }`. The variants' ids are
//! `refresh/single-use[server]`, or `…[server,plain]` for several keys, in the order of the file.
//!
//! ## Suites for apps
//!
//! What stands in a folder `client` tries apps instead of banks, in the same language with other verbs: see [`client`].
//!
//! ## A negative has its control
//!
//! Where `expect` demands that an `exchange`, `refresh`, `call`, `logout`, `authorize` or `request` is refused, the same case has
//! a step in which the same verb must be granted. A `login` counts for `exchange` and `authorize`, a `grid` with
//! `live` for a call of whoami, and for a `request` to a named endpoint the verb that asks it. The same holds for `pay`. Where something must not be on a list,
//! something is on one; and where it is judged that others are not told of a disconnection, somebody is.

pub mod app;
pub mod case;
mod catalogue;
pub mod client;
pub mod code;
mod diagnostic;
mod documents;
mod editions;
mod library;
mod lint;
mod load;
mod needs;
pub mod pages;
pub(crate) mod read;
mod readings;
mod schema;
mod shipped;
mod source;

pub use app::AppFile;
pub use case::*;
pub use catalogue::{Catalogue, Side};
pub use diagnostic::{At, Diagnostic, Mark, Paint, Record, render};
pub use editions::Editions;
pub use library::Library;
pub use read::case::Script;
pub(crate) use read::wording::near;
pub use schema::{client_schema, schema};
