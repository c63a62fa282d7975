//! How the bank decides, as values: every rule is a small choice whose default is the right one, and is consulted at
//! exactly one place of the ledger or the routes. A defect is a change of one of them; nothing here decides anything.

mod authorize;
mod calls;
mod consent;
mod grants;
mod logout;
mod mandate;
mod node;
mod token;

pub use authorize::*;
pub use calls::*;
pub use consent::*;
pub use grants::*;
pub use logout::*;
pub use mandate::*;
pub use node::*;
pub use token::*;

/// A rule with one right way and one wrong way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Promise {
    #[default]
    Kept,
    Broken,
}

impl Promise {
    /// Whether the bank does what it says.
    pub fn kept(self) -> bool {
        self == Promise::Kept
    }
}

/// Whether a check and the act that rests on it happen under one lock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Gap {
    #[default]
    Closed,
    /// The lock is let go in between, so that other requests pass the same check.
    Open,
    /// The same, ten times as long: for two requests of different kinds, which seldom meet in a shorter one.
    Wide,
}

/// Every choice of the bank. [`Default`] is the bank as documented.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rules {
    pub authorize: AuthorizeRules,
    pub token: TokenRules,
    pub code: CodeRules,
    pub refresh: RefreshRules,
    pub public: PublicRules,
    pub one: OneRules,
    pub whoami: WhoamiRules,
    pub sca: ScaRules,
    pub logout: LogoutRules,
    pub consent: ConsentRules,
    pub mandate: MandateRules,
    pub node: NodeRules,
}
