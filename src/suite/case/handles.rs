//! What an author names, each kind a type of its own; and the roles of a world.

use std::fmt;

macro_rules! names {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub String);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )*};
}

names! {
    /// The handle of a login page that was opened and not yet landed.
    Page;
    /// The handle of what came back on the redirect URI.
    Code;
    /// The handle of the tokens that one login gave, or one refresh.
    Grant;
    /// The handle of a payment mandate.
    Mandate;
    /// A user by role: `alice`, `bob`.
    User;
    /// A client by role: `server` (confidential), `other` (a second confidential one), `public`.
    Client;
}

/// The roles that a world has.
pub const USERS: [&str; 2] = ["alice", "bob"];
/// The roles that a world has.
pub const CLIENTS: [&str; 3] = ["server", "other", "public"];
