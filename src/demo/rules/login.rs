//! Choices of a login: the state, the callback, the exchange.

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LoginRules {
    pub state: StateSource,
    pub browser: Browser,
    pub spent: Spent,
    pub mismatch: Mismatch,
    pub missing: Missing,
    pub resend: Resend,
    pub odd: OddCallback,
    pub denied: Denied,
    pub answer: TokenAnswer,
}

/// Where a login's state comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StateSource {
    #[default]
    Random,
    /// The same text for everybody.
    Constant,
    /// Drawn when the app starts, and the same for everybody from then on.
    PerStart,
    Counter,
    /// The time in milliseconds.
    Clock,
    /// Four random digits.
    Short,
    /// No state is sent, and none is expected.
    None,
    /// Drawn once for a browser, and used for all of its logins.
    PerBrowser,
}

/// Whose callback a state allows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Browser {
    /// That of the browser that the login was begun in.
    #[default]
    Same,
    /// Anybody's, who is then connected.
    Any,
    /// Anybody's, and the browser that began the login is connected.
    AnyForTheStarter,
}

/// When a state has had its use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Spent {
    /// With the first callback that bears it.
    #[default]
    AtOnce,
    Never,
    /// Only once the login has succeeded.
    OnSuccess,
    /// Once the exchange is over, whatever it came to: two callbacks at one moment both pass.
    AfterExchange,
}

/// What else is taken for the state that was sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mismatch {
    #[default]
    Nothing,
    Anything,
    OtherCase,
    /// What begins with it.
    Longer,
    /// What it begins with.
    Shorter,
    /// Whatever is as long.
    SameLength,
    /// Anything: the user is told of the mismatch after the code has been exchanged.
    NoticedLate,
    /// What it is with blanks around it.
    Padded,
}

/// A callback that has no state, or more than one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Missing {
    #[default]
    Aborts,
    /// Without a state it is nobody's mistake.
    AbsentPasses,
    EmptyPasses,
    FirstOfTwoCounts,
    LastOfTwoCounts,
}

/// When a code is sent again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Resend {
    #[default]
    Never,
    AfterServerError,
    /// When the answer got lost.
    AfterSilence,
    AfterRefusal,
    /// Two exchanges for each callback.
    Always,
}

/// Callbacks that no bank should send.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OddCallback {
    #[default]
    Aborts,
    /// With a code and an error, the code is exchanged.
    CodeWins,
    /// Without a code and an error, an empty code is exchanged.
    EmptyCode,
    /// Without a code and an error, the app asks for a token of its own.
    ClientCredentials,
    /// Without a code and an error, the app ends.
    CrashesWithoutCode,
    /// A code that no bank would send ends the app.
    CrashesOnGiant,
    /// Of two codes the first is exchanged.
    FirstOfTwoCodes,
}

/// What a refusal by the user leads to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Denied {
    #[default]
    Shown,
    /// Straight back to the bank.
    Loops,
    /// Shown, with whatever markup its description brings.
    Unescaped,
    /// Shown, its description as text, and an error without one with whatever markup it brings.
    ErrorUnescaped,
    /// The app asks for a token of its own.
    ClientCredentials,
    /// Nothing is said.
    Silent,
}

/// Token answers that are taken for a login.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TokenAnswer {
    #[default]
    Checked,
    /// Any 200, with a token or without.
    AnySuccess,
    /// Any JSON with a token, whatever type it says it is.
    AnyType,
    /// Only those that are right; a lifetime that makes no sense ends the app.
    CrashesOnLifetime,
    /// Only those that are right; one without a lifetime ends the app.
    CrashesWithoutLifetime,
    /// … whatever the status says.
    AnyStatus,
}
