//! A hook: something outside the promises that the target file says how to do, as an HTTP request or as a program. What it
//! says may hold values in braces, such as `{user.id}`.

use std::path::PathBuf;

use http::Method;
use url::Url;

use super::route::address;
use super::value::Headers;
use crate::suite::Span;
use crate::suite::code::Code;
use crate::suite::read::form::form;
use crate::suite::read::keyed::Keyed;
use crate::suite::read::{Reader, Written};

/// What is done.
#[derive(Clone, Debug)]
pub enum Hook {
    Request(RequestHook),
    Command(CommandHook),
}

/// A request; texts with values in braces are filled in before it is sent.
#[derive(Clone, Debug)]
pub struct RequestHook {
    pub method: Method,
    /// As it is written: a path under the base, or a whole address.
    pub url: String,
    pub headers: Headers,
    pub body: HookBody,
}

#[derive(Clone, Debug)]
pub enum HookBody {
    Nothing,
    Form(Vec<(String, String)>),
    /// Sent as `application/json`.
    Json(String),
}

/// A program, run in the folder of the target file.
#[derive(Clone, Debug)]
pub struct CommandHook {
    pub program: String,
    pub arguments: Vec<String>,
    pub folder: PathBuf,
}

form! {
    /// An HTTP request or a program: exactly one of `url` and `command`. Texts may hold values in braces.
    struct HookForm {
        /// Where a request goes: a path under the base, or a whole address.
        url: Option<Written>,
        /// Its method. Default `POST`.
        method: Option<Written>,
        /// Its header lines.
        headers: Option<Headers>,
        /// Its form fields.
        form: Option<Keyed<String>>,
        /// Its JSON body, as a text.
        json: Option<String>,
        /// The program to run and its arguments. Not a shell's line: each is passed on as it stands.
        command: Option<Vec<String>>,
    }
}

impl HookForm {
    pub fn hook(self, span: Span, base: &Url, reader: &mut Reader) -> Option<Hook> {
        let wrong = |message: &str, help: &str, reader: &mut Reader| {
            let mistake = reader.mistake(Code::OneOf, span.clone(), message).help(help);
            reader.note(mistake);
            None
        };
        match (self.url, self.command) {
            (Some(url), None) => {
                let method = self.method.map_or_else(|| "POST".to_owned(), |method| method.text);
                let Ok(method) = Method::from_bytes(method.as_bytes()) else {
                    return wrong(
                        "the method is none that HTTP can carry",
                        "such as `POST` or `DELETE`",
                        reader,
                    );
                };
                // What a value in braces will be is not known; a stand-in shows whether the rest makes an address.
                let plain = Written { text: url.text.replace(['{', '}'], ""), ..url.clone() };
                address(&plain, Some(base), reader)?;
                let body = match (self.form, self.json) {
                    (None, None) => HookBody::Nothing,
                    (Some(form), None) => HookBody::Form(form.pairs()),
                    (None, Some(json)) => HookBody::Json(json),
                    _ => return wrong("a body is a form or JSON", "leave out `form` or `json`", reader),
                };
                let headers = self.headers.unwrap_or_default();
                Some(Hook::Request(RequestHook { method, url: url.text, headers, body }))
            }
            (None, Some(command)) => {
                let beside = self.method.is_some()
                    || self.headers.is_some()
                    || self.form.is_some()
                    || self.json.is_some();
                if beside {
                    return wrong(
                        "`method`, `headers`, `form` and `json` are a request's",
                        "leave them out",
                        reader,
                    );
                }
                let mut words = command.into_iter();
                let Some(program) = words.next() else {
                    return wrong(
                        "a command without a program",
                        "such as `command = [\"./restart\"]`",
                        reader,
                    );
                };
                let folder = PathBuf::new();
                Some(Hook::Command(CommandHook { program, arguments: words.collect(), folder }))
            }
            _ => wrong(
                "expected exactly one of `url` and `command`",
                "a request has a `url`, a program is a `command`",
                reader,
            ),
        }
    }
}

impl Hook {
    /// The address or the program, as the file says it.
    pub fn shown(&self) -> &str {
        match self {
            Hook::Request(request) => &request.url,
            Hook::Command(command) => &command.program,
        }
    }

    /// With programs run, and files found, in this folder.
    #[must_use]
    pub fn within(self, folder: &std::path::Path) -> Hook {
        match self {
            Hook::Command(command) => Hook::Command(CommandHook { folder: folder.to_owned(), ..command }),
            Hook::Request(mut request) => {
                request.headers = request.headers.within(folder);
                Hook::Request(request)
            }
        }
    }
}

/// A text with the values in braces filled in, each once: what a value holds is not looked at again. Braces that name none of
/// `values` stand for themselves, as JSON's do.
pub fn filled(text: &str, values: &[(String, String)]) -> String {
    let mut whole = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('{') {
        let (before, from) = rest.split_at(at);
        whole.push_str(before);
        let named = values.iter().find(|(name, _)| {
            from[1..].strip_prefix(name.as_str()).is_some_and(|after| after.starts_with('}'))
        });
        match named {
            Some((name, value)) => {
                whole.push_str(value);
                rest = &from[name.len() + 2..];
            }
            None => {
                whole.push('{');
                rest = &from[1..];
            }
        }
    }
    whole.push_str(rest);
    whole
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_filled_in_once_and_other_braces_stay() {
        let values =
            [("user.id".to_owned(), "{user.pin}".to_owned()), ("user.pin".to_owned(), "1234".to_owned())];
        let text = r#"{"id": "{user.id}", "pin": "{user.pin}", "other": "{user}"}"#;
        assert_eq!(filled(text, &values), r#"{"id": "{user.pin}", "pin": "1234", "other": "{user}"}"#);
        assert_eq!(filled("{", &values), "{");
    }
}
