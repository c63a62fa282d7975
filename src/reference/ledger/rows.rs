//! The rows of a world: users, clients, logins, grants and their tokens, and the states that each can be in. Their names
//! and those of their parts are also what they are written down by where the books are kept (`journal`).

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

use super::Seconds;
use super::fixture::{ClientSeed, UserSeed};
use super::mandate::Terms;
use super::mint::{Digest, Secret, in_the_clear};

/// Which row of a table: four bytes, so that a row that names others stays small. No world has 2^32 rows of a kind.
macro_rules! place {
    ($(#[$about:meta])* $visible:vis $name:ident) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        $visible struct $name(u32);

        impl $name {
            pub(super) fn new(at: usize) -> Self {
                $name(u32::try_from(at).expect("a world's rows fit into memory"))
            }

            pub(super) fn at(self) -> usize {
                self.0 as usize
            }
        }
    };
}

place! {
    /// A user's row.
    pub UserIx
}
place! {
    /// A client's row.
    pub ClientIx
}
place! {
    /// A login's row.
    pub LoginIx
}
place! {
    /// A grant's row: what one exchange gave, and all that was refreshed from it.
    pub(super) GrantIx
}

#[derive(Debug)]
pub(super) struct User {
    pub role: &'static str,
    pub id: String,
    pub account_id: String,
    pub seed: &'static UserSeed,
}

#[derive(Debug)]
pub(super) struct Client {
    /// What the fixture calls it. `None` for one that was registered later.
    pub role: Option<&'static str>,
    pub id: String,
    pub secret: Digest,
    pub seed: Cow<'static, ClientSeed>,
    /// Who registered it, if a user did.
    pub owner: Option<UserIx>,
    /// Where it wants to be told of what its users do, if it does.
    pub told: Option<Subscription>,
}

/// Where a client is told, and how it knows that the bank does.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Subscription {
    pub url: String,
    /// No digest: the bank signs with it.
    #[serde(with = "in_the_clear")]
    pub secret: Secret,
}

/// What a digest is the digest of.
#[derive(Clone, Copy, Debug)]
pub(super) enum Entry {
    Login(LoginIx),
    Code(LoginIx),
    Access(usize),
    Refresh(usize),
}

/// From the login page to the decision of the approval.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Login {
    /// Of the id that its page carries.
    pub digest: Digest,
    pub client: ClientIx,
    pub redirect_uri: String,
    pub state: Option<Vec<u8>>,
    pub stage: Stage,
    pub approval: Option<Approval>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Stage {
    Open,
    Denied,
    Allowed { user: UserIx, code: Code },
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Code {
    pub digest: Digest,
    pub born: Seconds,
    pub life: CodeLife,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum CodeLife {
    Fresh,
    /// `grant` is what it gave, once that is there.
    Spent {
        at: Seconds,
        grant: Option<GrantIx>,
    },
    Dead(End),
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct Approval {
    pub born: Seconds,
    pub standing: Standing,
    /// When the owner last said again that it may go on.
    pub confirmed: Option<Seconds>,
    pub wrong_pins: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Standing {
    Pending,
    Approved {
        at: Seconds,
    },
    Denied,
    /// By a logout, a newer login, a disconnection.
    Ended,
    /// Nobody decided in time. Never stored: it follows from the clock.
    TimedOut,
}

/// Where the tokens of a grant stand, oldest first. Those of a grant that was refreshed once stand in its own row: with a
/// million grants every other place that is looked at is one more that no cache holds.
pub(super) type Places = SmallVec<[usize; 2]>;

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Grant {
    pub login: LoginIx,
    pub user: UserIx,
    pub client: ClientIx,
    pub born: Seconds,
    /// The node that it came from.
    #[serde(default)]
    pub node: usize,
    pub last_used: Option<Seconds>,
    /// Why all of it ended, once it has.
    pub over: Option<End>,
    /// Never written down: each token says which grant it is of.
    #[serde(skip)]
    pub access: Places,
    #[serde(skip)]
    pub refresh: Places,
}

/// What every call asks of it stands first and together: most often it is one line of a cache that has to be fetched.
#[derive(Debug, Serialize, Deserialize)]
#[repr(C)]
pub(super) struct Access {
    pub grant: GrantIx,
    /// Those of the grant.
    pub user: UserIx,
    pub client: ClientIx,
    pub life: Life,
    /// Whether its login was approved when it was given. Only some defective bank asks; the others leave it at that.
    pub approved: bool,
    pub expires: Seconds,
    pub born: Seconds,
    pub digest: Digest,
    /// Of its beginning, in a bank that can be logged out of with that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub beginning: Option<Box<Digest>>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Refresh {
    pub digest: Digest,
    pub grant: GrantIx,
    pub life: RefreshLife,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Life {
    Live,
    Dead(End),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum RefreshLife {
    Live,
    Spent { at: Seconds },
    Dead(End),
}

/// Why something ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum End {
    /// By its successor.
    Replaced,
    /// By a newer login.
    Evicted,
    LoggedOut,
    /// By its owner, in the bank's app.
    Disconnected,
    /// Because something that was spent was used again.
    Abused,
}

/// A user's standing order to let a client take payments.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Mandate {
    pub id: String,
    pub user: UserIx,
    pub client: ClientIx,
    pub terms: Terms,
    pub born: Seconds,
    pub standing: MandateStanding,
    pub wrong_pins: u8,
    /// In order.
    pub payments: Vec<Paid>,
}

/// A payment that was taken under a mandate.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Paid {
    /// What tells it from all others: the end of its ids.
    pub name: String,
    pub at: Seconds,
    /// Pence.
    pub amount: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum MandateStanding {
    Pending,
    Active {
        since: Seconds,
    },
    Denied,
    /// By its owner, or with the third party's disconnection. `since` is when it had become active, if it had.
    Cancelled {
        at: Seconds,
        since: Option<Seconds>,
        /// How many access tokens the world had given by then.
        tokens: usize,
    },
    /// Nobody decided in time. Never stored: it follows from the clock.
    TimedOut,
}

/// That a user disconnected a client, and when they last did.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct Disconnected {
    pub user: UserIx,
    pub client: ClientIx,
    pub at: Seconds,
}

/// Something that a client is told.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Notice {
    pub id: String,
    pub user: UserIx,
    pub client: ClientIx,
    pub happened: Happened,
    pub at: Seconds,
    /// How often it was sent.
    pub attempts: u32,
    pub fate: Fate,
}

/// What a user did.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Happened {
    /// They disconnected the client.
    Disconnection,
    /// They cancelled its mandate of this id.
    Cancellation { mandate: String },
}

/// What became of a notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Fate {
    /// It waits to be sent, the first time or again.
    UnderWay,
    /// It was answered with a 2xx.
    Taken,
    /// It was not, and is not sent again.
    GivenUp,
}

/// Which tokens of a grant an end takes along.
#[derive(Clone, Copy, Debug)]
pub(super) struct Takes {
    pub access: bool,
    pub refresh: bool,
}

impl Takes {
    pub const ALL: Takes = Takes { access: true, refresh: true };
}
