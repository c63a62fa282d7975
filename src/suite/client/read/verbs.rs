//! The verbs of a suite for apps: one form each.

use super::values::Status;
use crate::suite::case::{Span, USERS, User};
use crate::suite::client::{
    Answer, Break, Callback, CertificateKind, Connect, Login, Restart, Secrets, Tamper, To, Use, Verb,
};
use crate::suite::code::Code;
use crate::suite::read::form::{Property, form};
use crate::suite::read::keyed::Keyed;
use crate::suite::read::value::{Defs, OneOrMany, Save, Value, Whole};
use crate::suite::read::{Node, Reader};

form! {
    /// A login through the app. Contract: the code is exchanged, once, and tokens are given.
    struct ConnectForm {
        /// Whose browser and whose account. Default `alice`.
        user: Option<User>,
        /// What happens to the callback before it is delivered.
        tamper: Option<Tamper>,
        /// Whether the callback is delivered. Default `true`.
        deliver: Option<bool>,
        /// Whether the owner approves in the bank's app at once. Default `true`.
        approve: Option<bool>,
        /// Seconds that the bank says its access tokens live.
        lifetime: Option<Whole<1, 86_400>>,
        /// The login's handle.
        save: Option<Save<Login>>,
    }
}

form! {
    /// A saved callback is delivered. Contract: the app answers it.
    struct CallbackForm {
        /// The login, as `connect` saved it.
        of: Login,
        /// Whose browser delivers it. Default: that of the login.
        browser: Option<User>,
        /// What happens to it before.
        tamper: Option<Tamper>,
        /// So many times at once. Default 1.
        times: Option<Whole<1, 16>>,
    }
}

form! {
    /// The app is made to read from the bank. Contract: a call is answered with what it asked for.
    struct UseForm {
        /// Whose browser asks. Default `alice`.
        user: Option<User>,
        /// So many times at once. Default 1.
        times: Option<Whole<1, 16>>,
        /// Whether its answer is waited for. Default `true`; if not, the step is over once a request of the app is under way.
        wait: Option<bool>,
    }
}

form! {
    /// A user of the app, `alice` unless said otherwise. Contract: what is asked for is done.
    struct UserForm {
        /// Whose browser asks. Default `alice`.
        user: Option<User>,
    }
}

form! {
    /// The app ends and begins again. Contract: it comes up.
    struct RestartForm {
        /// How it ends. Default `stop`.
        how: Option<Restart>,
    }
}

form! {
    /// The owner approves in the bank's app. Contract: done.
    struct ApproveForm {
        /// The login, as `connect` saved it.
        of: Login,
    }
}

form! {
    /// Access tokens given so far are past their lifetime. Contract: done.
    struct ExpireForm {
        /// Seconds past it. Default 1.
        by: Option<Whole<1, 1000>>,
    }
}

form! {
    /// What the bank answers instead.
    struct AnswerForm {
        /// To which requests.
        to: To,
        /// How often. Default 1.
        times: Option<Whole<1, 1000>>,
        /// From now on, instead of so often.
        always: Option<bool>,
        /// The status of an answer that the bank has no part in.
        status: Option<Status>,
        /// Its body. Default: an error body of the bank for the status.
        body: Option<String>,
        /// Its content type. Default `application/json`.
        content_type: Option<String>,
        /// Seconds in its `Retry-After`.
        retry_after: Option<Whole<0, 60>>,
        /// Members of the bank's own JSON answer that are changed.
        set: Option<Keyed<String>>,
        /// Members of it that are left out.
        omit: Option<Vec<String>>,
        /// Redirects to the same path at another origin, with this status.
        elsewhere: Option<Status>,
        /// Milliseconds that the answer is held back.
        delay_ms: Option<Whole<1, 30_000>>,
        /// It goes as soon as the app has answered what is asked of it in the step after the one in which the request came; at the
        /// latest after `delay_ms`.
        until_answered: Option<bool>,
        /// How the answer fails to arrive.
        fails: Option<Break>,
        /// Held back until so many such requests have come, or no more come.
        together: Option<Whole<2, 16>>,
    }
}

form! {
    /// What the bank shows to prove who it is. Contract: done.
    struct CertificateForm {
        /// From now on.
        kind: CertificateKind,
    }
}

form! {
    /// Looks for secrets where they must not be. Contract: done.
    struct SearchForm {
        /// Which.
        lists: OneOrMany<Secrets>,
    }
}

form! {
    /// Logins that are only begun. Contract: each has a state.
    struct SampleForm {
        /// How many. Default 200.
        count: Option<Whole<20, 1000>>,
    }
}

form! {
    /// Time passes while the app is watched. Contract: done.
    struct WaitForm {
        /// How much.
        seconds: Whole<1, 30>,
    }
}

fn somebody(user: Option<User>) -> User {
    user.unwrap_or_else(|| User(USERS[0].to_owned()))
}

macro_rules! verbs {
    ($($word:literal: $Form:ident => $speak:expr,)*) => {
        pub const VERBS: &[&str] = &[$($word),*];

        pub fn verb(word: &str, node: Node<'_>, reader: &mut Reader) -> Option<Verb> {
            match word {
                $($word => {
                    let speak: fn($Form, Span, &mut Reader) -> Option<Verb> = $speak;
                    speak($Form::read(node, reader)?, node.span(), reader)
                })*
                _ => None,
            }
        }

        pub fn verb_properties(defs: &mut Defs) -> Vec<Property> {
            vec![$(Property { key: $word, required: false, schema: $Form::schema(defs) },)*]
        }
    };
}

verbs! {
    "connect": ConnectForm => |form, _, _| Some(Verb::Connect(Connect {
        user: somebody(form.user),
        tamper: form.tamper,
        deliver: form.deliver.unwrap_or(true),
        approve: form.approve.unwrap_or(true),
        lifetime: form.lifetime.map(|seconds| seconds.0),
        save: form.save.map(|save| save.0),
    })),
    "callback": CallbackForm => |form, _, _| Some(Verb::Callback(Callback {
        of: form.of,
        browser: form.browser,
        tamper: form.tamper,
        times: form.times.map_or(1, |times| times.small()),
    })),
    "use": UseForm => |form, _, _| Some(Verb::Use(Use {
        user: somebody(form.user),
        times: form.times.map_or(1, |times| times.small()),
        wait: form.wait.unwrap_or(true),
    })),
    "refresh": UserForm => |form, _, _| Some(Verb::Refresh(somebody(form.user))),
    "disconnect": UserForm => |form, _, _| Some(Verb::Disconnect(somebody(form.user))),
    "status": UserForm => |form, _, _| Some(Verb::Status(somebody(form.user))),
    "restart": RestartForm => |form, _, _| Some(Verb::Restart(form.how.unwrap_or(Restart::Stop))),
    "approve": ApproveForm => |form, _, _| Some(Verb::Approve(form.of)),
    "revoke": UserForm => |form, _, _| Some(Verb::Revoke(somebody(form.user))),
    "expire": ExpireForm => |form, _, _| Some(Verb::Expire(form.by.map_or(1, |seconds| seconds.0))),
    "answer": AnswerForm => answer,
    "certificate": CertificateForm => |form, _, _| Some(Verb::Certificate(form.kind)),
    "search": SearchForm => |form, _, _| Some(Verb::Search(form.lists.0)),
    "sample": SampleForm => |form, _, _| Some(Verb::Sample(form.count.map_or(200, |count| count.small()))),
    "wait": WaitForm => |form, _, _| Some(Verb::Wait(form.seconds.0)),
}

fn answer(form: AnswerForm, span: Span, reader: &mut Reader) -> Option<Verb> {
    let answer = Answer {
        to: Some(form.to),
        times: match form.always {
            Some(true) => None,
            _ => Some(form.times.as_ref().map_or(1, Whole::small)),
        },
        status: form.status.map(|status| status.0),
        body: form.body,
        content_type: form.content_type,
        retry_after: form.retry_after.map(|seconds| seconds.0),
        set: form.set.map_or_else(Vec::new, Keyed::pairs),
        omit: form.omit.unwrap_or_default(),
        elsewhere: form.elsewhere.map(|status| status.0),
        delay_ms: form.delay_ms.map_or(0, |delay| delay.0),
        until_answered: form.until_answered.unwrap_or_default(),
        broken: form.fails,
        together: form.together.map(|together| together.small()),
    };
    let own = answer.status.is_some();
    let altered = !answer.set.is_empty() || !answer.omit.is_empty();
    let ways = [own, altered, answer.elsewhere.is_some(), answer.broken.is_some()];
    let others = answer.delay_ms > 0 || answer.together.is_some();
    if ways.iter().filter(|way| **way).count() > 1 || !(others || ways.contains(&true)) {
        let message = "expected one of `status`, `set` with `omit`, `elsewhere` and `fails`, or only a delay";
        let mistake = reader.mistake(Code::OneOf, span, message);
        reader.note(mistake.help("each answer departs in one way: write two `answer` steps for two of them"));
        return None;
    }
    if !own && (answer.body.is_some() || answer.content_type.is_some() || answer.retry_after.is_some()) {
        let message = "`body`, `content_type` and `retry_after` need a `status`";
        let mistake = reader.mistake(Code::OneOf, span, message);
        reader.note(mistake.help("add the status of the answer, such as `status = 200`"));
        return None;
    }
    if answer.until_answered && answer.delay_ms == 0 {
        let message = "`until_answered` needs `delay_ms`";
        let mistake = reader.mistake(Code::OneOf, span, message);
        reader.note(mistake.help("add how long the answer is held back at most, such as `delay_ms = 5000`"));
        return None;
    }
    Some(Verb::Answer(answer))
}
