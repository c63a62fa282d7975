//! Choices about what must stay secret, and whom it is given to.

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SecretRules {
    pub token: TokenPlace,
    pub shown: Shown,
    pub client_secret: SecretPlace,
    pub elsewhere: Elsewhere,
    pub tls: Tls,
}

/// Where a call carries the access token.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TokenPlace {
    #[default]
    Header,
    Query,
    /// In the header, and in the query as well.
    Both,
    /// In the header, also of the request that refreshes it.
    HeaderOfRefreshToo,
}

/// Where else the app shows a token.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Shown {
    #[default]
    Nowhere,
    Page,
    Log,
    /// In the address that the browser is sent to after a login.
    OwnAddress,
    /// The refresh token, in the log.
    RefreshInLog,
    /// The code, in the log.
    CodeInLog,
    /// A token answer that makes no sense, as it came, in the log.
    OddAnswerInLog,
}

/// Where a token request carries the client's secret.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SecretPlace {
    #[default]
    Body,
    /// In the body, and in the query.
    QueryToo,
    /// HTTP Basic.
    Basic,
    /// In the body, and in the address that the user is sent to.
    AuthorizeToo,
    /// In the body, and in the log.
    LogToo,
    /// In the body, and in the app's page.
    PageToo,
}

/// What is sent to another origin that the bank redirects to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Elsewhere {
    #[default]
    Nothing,
    /// Calls, with their token.
    Calls,
    /// Token requests, with all that is in them.
    TokenRequests,
}

/// What the app wants to see of the bank's certificate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tls {
    #[default]
    Verified,
    Anything,
    AnyHost,
    AnyDate,
    /// Anybody may have signed it.
    AnyIssuer,
}
