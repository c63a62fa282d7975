//! How the app decides, as values: every rule is a small choice whose default is the right one, and is consulted at
//! exactly one place of the app. A defect is a change of one of them; nothing here decides anything.

mod leaving;
mod login;
mod reading;
mod refresh;
mod secrets;

pub use leaving::*;
pub use login::*;
pub use reading::*;
pub use refresh::*;
pub use secrets::*;

/// All of the app's choices.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rules {
    pub login: LoginRules,
    pub secrets: SecretRules,
    pub refresh: RefreshRules,
    pub reading: ReadingRules,
    pub leaving: LeavingRules,
    pub filed: Filed,
}

/// What the file keeps of the books.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Filed {
    #[default]
    Everything,
    /// The refresh token of the login, so that a restart brings it back.
    FirstRefreshToken,
    /// Tokens that were discarded, so that a restart brings them back.
    DiscardedTokens,
}
