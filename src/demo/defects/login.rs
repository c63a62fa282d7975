//! Defects of a login.

use super::{Defect, row};
use crate::demo::rules::{
    Browser, Denied, Mismatch, Missing, OddCallback, Resend, Spent, StateSource, TokenAnswer,
};

pub(super) const TABLE: &[Defect] = &[
    row("app.state-unguessable", "every login has the same state", |rules| {
        rules.login.state = StateSource::Constant
    }),
    row("app.state-unguessable:per-start", "the state is drawn once, when the app starts", |rules| {
        rules.login.state = StateSource::PerStart
    }),
    row("app.state-unguessable:counter", "the state is counted up", |rules| {
        rules.login.state = StateSource::Counter
    }),
    row("app.state-unguessable:clock", "the state is the time", |rules| {
        rules.login.state = StateSource::Clock
    }),
    row("app.state-unguessable:short", "the state is four digits", |rules| {
        rules.login.state = StateSource::Short
    }),
    row("app.state-unguessable:none", "no state is sent", |rules| rules.login.state = StateSource::None),
    row("app.state-bound-to-browser", "a login that was begun in another browser is taken", |rules| {
        rules.login.browser = Browser::Any
    }),
    row(
        "app.state-bound-to-browser:starter",
        "a login that another browser brings back connects the one that began it",
        |rules| rules.login.browser = Browser::AnyForTheStarter,
    ),
    row("app.state-one-time", "a state works again and again", |rules| rules.login.spent = Spent::Never),
    row("app.state-one-time:after-failure", "a state works again after its login has failed", |rules| {
        rules.login.spent = Spent::OnSuccess
    }),
    row("app.state-one-time:at-once", "a state works twice if both callbacks come at one moment", |rules| {
        rules.login.spent = Spent::AfterExchange
    }),
    row(
        "app.state-one-time:reused",
        "a browser's logins have the same state while one is under way",
        |rules| rules.login.state = StateSource::PerBrowser,
    ),
    row("app.abort-on-mismatch", "any state is taken", |rules| rules.login.mismatch = Mismatch::Anything),
    row("app.abort-on-mismatch:case", "a state in another case is taken", |rules| {
        rules.login.mismatch = Mismatch::OtherCase
    }),
    row("app.abort-on-mismatch:appended", "a state with something after it is taken", |rules| {
        rules.login.mismatch = Mismatch::Longer
    }),
    row("app.abort-on-mismatch:blanks", "a state with blanks around it is taken", |rules| {
        rules.login.mismatch = Mismatch::Padded
    }),
    row("app.abort-on-mismatch:truncated", "the beginning of the state is taken", |rules| {
        rules.login.mismatch = Mismatch::Shorter
    }),
    row("app.abort-on-mismatch:length", "a state of the same length is taken", |rules| {
        rules.login.mismatch = Mismatch::SameLength
    }),
    row(
        "app.abort-on-mismatch:late",
        "another state is noticed after the code has been exchanged",
        |rules| rules.login.mismatch = Mismatch::NoticedLate,
    ),
    row("app.abort-on-missing", "a callback without a state is taken", |rules| {
        rules.login.missing = Missing::AbsentPasses
    }),
    row("app.abort-on-missing:empty", "a callback with an empty state is taken", |rules| {
        rules.login.missing = Missing::EmptyPasses
    }),
    row("app.abort-on-missing:first-of-two", "of two states the first counts", |rules| {
        rules.login.missing = Missing::FirstOfTwoCounts
    }),
    row("app.abort-on-missing:last-of-two", "of two states the last counts", |rules| {
        rules.login.missing = Missing::LastOfTwoCounts
    }),
    row("app.code-once", "a code is sent again while the bank answers 5xx", |rules| {
        rules.login.resend = Resend::AfterServerError
    }),
    row("app.code-once:silence", "a code is sent again when no answer came", |rules| {
        rules.login.resend = Resend::AfterSilence
    }),
    row("app.code-once:refusal", "a code is sent again when it was refused", |rules| {
        rules.login.resend = Resend::AfterRefusal
    }),
    row("app.code-once:always", "each code is sent twice", |rules| rules.login.resend = Resend::Always),
    row("app.odd-callback", "a code that comes with an error is exchanged", |rules| {
        rules.login.odd = OddCallback::CodeWins
    }),
    row("app.odd-callback:no-code", "without a code, an empty one is exchanged", |rules| {
        rules.login.odd = OddCallback::EmptyCode
    }),
    row(
        "app.odd-callback:client-credentials",
        "without a code, the app asks for a token of its own",
        |rules| rules.login.odd = OddCallback::ClientCredentials,
    ),
    row("app.odd-callback:crash", "a callback without a code ends the app", |rules| {
        rules.login.odd = OddCallback::CrashesWithoutCode
    }),
    row("app.odd-callback:giant", "a giant code ends the app", |rules| {
        rules.login.odd = OddCallback::CrashesOnGiant
    }),
    row("app.odd-callback:two-codes", "of two codes the first is exchanged", |rules| {
        rules.login.odd = OddCallback::FirstOfTwoCodes
    }),
    row("app.denied", "a user who says no is sent straight back to the bank", |rules| {
        rules.login.denied = Denied::Loops
    }),
    row("app.denied:unescaped", "the description of an error reaches the page as markup", |rules| {
        rules.login.denied = Denied::Unescaped
    }),
    row("app.denied:unescaped-error", "an error code reaches the page as markup", |rules| {
        rules.login.denied = Denied::ErrorUnescaped
    }),
    row(
        "app.denied:client-credentials",
        "a user who says no makes the app ask for a token of its own",
        |rules| rules.login.denied = Denied::ClientCredentials,
    ),
    row("app.denied:silent", "a user who says no is told nothing", |rules| {
        rules.login.denied = Denied::Silent
    }),
    row(
        "app.bad-token-answer",
        "any successful answer is taken for a login, with a token or without",
        |rules| rules.login.answer = TokenAnswer::AnySuccess,
    ),
    row("app.bad-token-answer:type", "a token of an unknown type is taken", |rules| {
        rules.login.answer = TokenAnswer::AnyType
    }),
    row(
        "app.bad-token-answer:lifetime",
        "a token with a lifetime that makes no sense ends the app",
        |rules| rules.login.answer = TokenAnswer::CrashesOnLifetime,
    ),
    row("app.bad-token-answer:no-lifetime", "a token without a lifetime ends the app", |rules| {
        rules.login.answer = TokenAnswer::CrashesWithoutLifetime
    }),
    row("app.bad-token-answer:status", "a token in an error answer is taken", |rules| {
        rules.login.answer = TokenAnswer::AnyStatus
    }),
];
