//! What a step does, as a sentence fragment for reports.

use crate::suite::client::{Answer, Callback, Connect, Login, Step, Verb};

/// Who does what in a step of a case. Logins that others saved are named by whose they are.
pub fn title(step: &Step, of_case: &[Step]) -> String {
    match &step.verb {
        Verb::Connect(connect) => connects(connect),
        Verb::Callback(callback) => delivers(callback, of_case),
        Verb::Use(using) if using.times > 1 => {
            format!("{} makes the app read {} times at once", using.user, using.times)
        }
        Verb::Use(using) => format!("{} makes the app read", using.user),
        Verb::Refresh(user) => format!("{user} makes the app refresh"),
        Verb::Disconnect(user) => format!("{user} disconnects the bank in the app"),
        Verb::Status(user) => format!("{user} looks how things stand"),
        Verb::Restart(how) => format!("the app is restarted ({how})"),
        Verb::Approve(login) => match begun(login, of_case) {
            Some(connect) => format!("{} approves the login in the bank's app", connect.user),
            None => "the owner approves the login in the bank's app".to_owned(),
        },
        Verb::Revoke(user) => format!("{user} disconnects the app in the bank"),
        Verb::Expire(_) => "access tokens expire".to_owned(),
        Verb::Answer(answer) => answers(answer),
        Verb::Certificate(kind) => format!("the bank shows a certificate: {kind}"),
        Verb::Search(secrets) => {
            let lists: Vec<&str> = secrets.iter().map(|secret| secret.word()).collect();
            format!("all that was seen is searched for: {}", lists.join(", "))
        }
        Verb::Sample(count) => format!("{count} logins are begun"),
        Verb::Wait(seconds) => format!("{seconds} s pass"),
    }
}

/// The step that saved a login.
fn begun<'a>(login: &Login, of_case: &'a [Step]) -> Option<&'a Connect> {
    of_case.iter().find_map(|step| match &step.verb {
        Verb::Connect(connect) if connect.save.as_ref() == Some(login) => Some(connect),
        _ => None,
    })
}

fn delivers(callback: &Callback, of_case: &[Step]) -> String {
    let begun = begun(&callback.of, of_case);
    let what = match begun {
        Some(connect) => format!("the callback of {}'s login", connect.user),
        None => format!("the callback of the login {}", callback.of),
    };
    let again = if begun.is_some_and(|connect| connect.deliver) { " again" } else { "" };
    let whose = callback.browser.as_ref().map(|user| format!(" in {user}'s browser")).unwrap_or_default();
    let changed = callback.tamper.map(|tamper| format!(", changed: {tamper}")).unwrap_or_default();
    let often = match callback.times {
        1 => String::new(),
        times => format!(", {times} times at once"),
    };
    format!("{what} is delivered{again}{whose}{changed}{often}")
}

fn connects(connect: &Connect) -> String {
    let user = &connect.user;
    match (connect.deliver, connect.tamper) {
        (false, _) => format!("{user} logs in through the app; the callback is kept back"),
        (true, Some(tamper)) => format!("{user} logs in through the app; the callback is changed: {tamper}"),
        (true, None) if !connect.approve => {
            format!("{user} logs in through the app, and does not approve yet")
        }
        (true, None) => format!("{user} logs in through the app"),
    }
}

fn answers(answer: &Answer) -> String {
    let to = answer.to.map_or("", |to| to.word());
    let often = match answer.times {
        None => "always".to_owned(),
        Some(1) => "once".to_owned(),
        Some(times) => format!("{times} times"),
    };
    let mut how = Vec::new();
    if let Some(status) = answer.status {
        how.push(format!("answers {status}"));
    }
    if let Some(status) = answer.elsewhere {
        how.push(format!("redirects to another origin with {status}"));
    }
    if let Some(broken) = answer.broken {
        how.push(format!("leaves without a whole answer ({broken})"));
    }
    if !answer.set.is_empty() || !answer.omit.is_empty() {
        let changed: Vec<&str> = answer
            .set
            .iter()
            .map(|(name, _)| name.as_str())
            .chain(answer.omit.iter().map(String::as_str))
            .collect();
        how.push(format!("changes {} in its answer", changed.join(", ")));
    }
    match (answer.delay_ms, answer.until_answered) {
        (0, _) => {}
        (delay, false) => how.push(format!("takes {delay} ms")),
        (delay, true) => {
            how.push(format!("waits until the app has answered its user, at most {delay} ms"));
        }
    }
    if let Some(together) = answer.together {
        how.push(format!("waits until {together} have come"));
    }
    format!("to {to} the bank {}, {often}, in the next step", how.join(" and "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::suite::Library;

    /// The titles of a case's steps, as the shipped suites have it.
    fn titles(id: &str) -> Vec<String> {
        let library = Library::shipped();
        let mut cases = library.apps.iter().flat_map(|suite| &suite.cases);
        let case = cases.find(|case| case.id == id).expect("the case is shipped");
        case.steps.iter().map(|step| title(step, &case.steps)).collect()
    }

    #[test]
    fn a_saved_login_is_named_by_whose_it_is() {
        let told = titles("app-login/state-bound-to-browser");
        assert!(
            told.contains(&"the callback of alice's login is delivered in bob's browser".to_owned()),
            "{told:?}"
        );
        let told = titles("app-login/state-one-time");
        assert!(told.contains(&"the callback of alice's login is delivered again".to_owned()), "{told:?}");
        let told = titles("app-refresh/pending-sca");
        assert!(told.contains(&"alice approves the login in the bank's app".to_owned()), "{told:?}");
    }
}
