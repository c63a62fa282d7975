//! What is written as one of a few fixed words: what a target must be able to do, where requests go, and how they may
//! differ from the right ones.

/// Declares an enum whose variants are written as fixed words in a suite.
macro_rules! words {
    ($(
        $(#[doc = $doc:literal])*
        $name:ident { $($(#[doc = $vdoc:literal])* $variant:ident = $word:literal,)* }
    )*) => {$(
        $(#[doc = $doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[doc = $vdoc])* $variant,)* }

        impl $name {
            /// Every value and the word it is written as.
            pub const ALL: &'static [($name, &'static str)] = &[$(($name::$variant, $word),)*];

            /// What the whole list is about, and what each value of `ALL` means, as documented above.
            pub const ABOUT: (&'static str, &'static [&'static str]) =
                (concat!($($doc),*), &[$(concat!("" $(, $vdoc)*),)*]);

            /// The word it is written as.
            pub fn word(self) -> &'static str {
                match self { $($name::$variant => $word,)* }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.word())
            }
        }
    )*};
}
pub(in crate::suite) use words;

words! {
    /// What a target must be able to do for a case to run.
    Need {
        /// A user can be sent through a login, as often as a case wants.
        Login = "login",
        /// A second user.
        TwoUsers = "two-users",
        /// The second confidential client.
        OtherClient = "other-client",
        /// A client that can't keep a secret.
        PublicClient = "public-client",
        /// A registered redirect URI with a query of its own.
        RedirectQuery = "redirect-query",
        /// The owner can say no on the login page.
        Denial = "denial",
        /// Data stays closed until the owner approves in the app.
        Approval = "approval",
        /// The target's clock can be moved.
        Clock = "clock",
        /// There is a logout endpoint.
        Logout = "logout",
        /// It takes the access token in the Authorization header.
        BearerLogout = "bearer-logout",
        /// Whoami takes the access token in the Authorization header.
        BearerWhoami = "bearer-whoami",
        /// There are data endpoints.
        Data = "data",
        /// Among them, the list of accounts.
        Accounts = "accounts",
        /// Among them, an account's balance.
        Balance = "balance",
        /// Among them, an account's transactions.
        Transactions = "transactions",
        /// Refresh tokens are issued to confidential clients.
        Refresh = "refresh",
        /// The owner can disconnect a client in the bank's app.
        Disconnect = "disconnect",
        /// The owner's list of connected third parties can be read.
        Consents = "consents",
        /// There are payment mandates.
        Mandates = "mandates",
        /// There is a second address of the same state.
        Nodes = "nodes",
        /// The target can be started anew in the midst of a case.
        Restart = "restart",
        /// Requests can be made to be turned away with 429: through the control API, or by a burst of them.
        Overload = "overload",
    }

    /// How often a payment can be taken under a mandate.
    Period { Weekly = "weekly", Monthly = "monthly", }

    /// What the owner answers on the login page.
    Decision { Allow = "allow", Deny = "deny", }

    /// Where a token answers, or data.
    Endpoint {
        Whoami = "whoami",
        Accounts = "accounts",
        Balance = "balance",
        /// The latest transactions: no `since`.
        Transactions = "transactions",
        /// All transactions there ever were: the same endpoint, with a `since` from before the bank was founded.
        History = "history",
    }

    /// An endpoint that a raw request can go to by its name, wherever the target has it.
    Address {
        Authorize = "authorize",
        Token = "token",
        Whoami = "whoami",
        Logout = "logout",
        Accounts = "accounts",
        Balance = "balance",
        Transactions = "transactions",
        Mandates = "mandates",
    }

    /// An endpoint that can be made to turn requests away.
    Door {
        Token = "token",
        Logout = "logout",
        Whoami = "whoami",
        Accounts = "accounts",
        Balance = "balance",
        Transactions = "transactions",
        /// Setting up mandates, and payments under them.
        Mandates = "mandates",
    }

    /// Which redirect URI an authorize or exchange request names.
    Redirect {
        /// The client's first registered one.
        Registered = "registered",
        /// Its registered one that has a query.
        WithQuery = "with-query",
        /// Another client's registered one (`other`'s for `server`, else `server`'s).
        OtherClients = "other-clients",
        /// On a host that nobody registered.
        Foreign = "foreign",
        /// The first letter of the path in the other case.
        PathCase = "path-case",
        /// A slash more at the end.
        TrailingSlash = "trailing-slash",
        /// Another port. Not applicable to a loopback address (RFC 8252 §7.3).
        Port = "port",
        /// `http` for `https`, or the other way round.
        Scheme = "scheme",
        /// A `/x/..` in the path.
        DotDot = "dot-dot",
        /// A `/x/%2e%2e` in the path.
        EncodedDotDot = "encoded-dot-dot",
        /// A letter of the path percent-encoded.
        EncodedLetter = "encoded-letter",
        /// The registered host as userinfo before `@` and a foreign host.
        Userinfo = "userinfo",
        /// A query that was not registered.
        ExtraQuery = "extra-query",
        /// A label more before the host.
        Subdomain = "subdomain",
        /// The registered host as the beginning of a longer foreign one.
        HostSuffix = "host-suffix",
        /// A path that the registered one is a prefix of.
        PathSuffix = "path-suffix",
        /// A fragment.
        Fragment = "fragment",
        /// A backslash and `@` that some parsers read as the end of the host.
        Backslash = "backslash",
        /// An empty string.
        Empty = "empty",
        /// The parameter left out.
        Omitted = "omitted",
    }

    /// Which secret a client shows.
    Secret {
        Right = "right",
        /// Of the same length and alphabet, but another.
        Wrong = "wrong",
        Empty = "empty",
        /// The right one without its last character.
        Prefix = "prefix",
        /// The right one and a character more.
        Longer = "longer",
        /// The right one with its letters in the other case.
        OtherCase = "other-case",
        /// Another client's right one (`other`'s for `server`, else `server`'s).
        OtherClients = "other-clients",
        /// The public client's right one.
        PublicClients = "public-clients",
        Omitted = "omitted",
    }

    /// How client credentials travel.
    Credentials {
        /// As the target file says: the way that is right for the target.
        Usual = "usual",
        /// In the request's URL, not in the body.
        Query = "query",
        /// Right by Basic, wrong in the body.
        BasicRightBodyWrong = "basic-right-body-wrong",
        /// Wrong by Basic, right in the body.
        BasicWrongBodyRight = "basic-wrong-body-right",
    }

    /// How a token request is encoded.
    Encoding {
        /// `application/x-www-form-urlencoded` in the body: the right way.
        Form = "form",
        /// The same parameters as a JSON object in the body.
        Json = "json",
        /// The same parameters in the URL's query, no body.
        Query = "query",
    }

    /// Which token of a grant is shown, and in what state.
    Token {
        Access = "access",
        Refresh = "refresh",
        /// The refresh token; where none was issued, the access token: whatever there is to refresh with.
        RefreshOrAccess = "refresh-or-access",
        /// The authorization code that the grant came from.
        Code = "code",
        /// The access token with one bit of one character in its middle flipped.
        Flipped = "flipped",
        /// The access token without its last character.
        Truncated = "truncated",
        /// The access token twice in a row.
        Doubled = "doubled",
        /// The access token with its letters in the other case.
        OtherCase = "other-case",
        /// A token-like random string that nobody issued.
        Random = "random",
        /// Characters that no token has: quotes, braces, percent signs.
        Malformed = "malformed",
        /// 64 KiB of letters.
        Huge = "huge",
        /// The empty string after the scheme.
        Empty = "empty",
        /// No credentials at all.
        Nothing = "none",
    }

    /// How a token travels.
    Carrier {
        /// `Authorization: Bearer …`: the right way.
        Header = "header",
        /// `?access_token=…`
        Query = "query",
        /// `access_token=…` in a form body.
        Form = "form",
        /// `Cookie: access_token=…`
        Cookie = "cookie",
        /// The same `Authorization` header twice.
        TwoHeaders = "two-headers",
    }

}
