//! Reading the requests that a page's script would make.

use http::{HeaderName, Method};

use super::texts::{template, texts};
use super::{Body, Call};
use crate::suite::code::Code;
use crate::suite::read::form::form;
use crate::suite::read::keyed::Keyed;
use crate::suite::read::wording::shown;
use crate::suite::read::{Reader, Written};

form! {
    /// A request that a page's script would make.
    struct CallForm {
        /// Where it goes: under the page's address, or whole.
        url: Written,
        /// Its method. Default `POST`.
        method: Option<Written>,
        /// Its header lines.
        headers: Option<Keyed<Written>>,
        /// Its form fields.
        form: Option<Keyed<Written>>,
        /// Its JSON body, as a text.
        json: Option<Written>,
        /// Name → JSON pointer into the answer. From then on, `{kept.name}` stands for what it points at.
        keep: Option<Keyed<Written>>,
    }
}

/// The requests of a list.
pub fn calls(forms: Option<Vec<CallForm>>, reader: &mut Reader) -> Option<Vec<Call>> {
    let read = forms.unwrap_or_default().into_iter();
    let read: Vec<Option<Call>> = read.map(|form| form.call(reader)).collect();
    read.into_iter().collect()
}

impl CallForm {
    fn call(self, reader: &mut Reader) -> Option<Call> {
        let method = self.method.map(|method| {
            let read = Method::from_bytes(method.text.as_bytes()).ok();
            if read.is_none() {
                let message = format!("`{}` is no HTTP method", shown(&method.text));
                let mistake = reader.mistake_in(&method, Code::BadText, message);
                reader.note(mistake);
            }
            read
        });
        let body = match (self.form, self.json) {
            (None, None) => Body::None,
            (Some(form), None) => Body::Form(texts(Some(form), reader)?),
            (None, Some(json)) => Body::Json(template(json, reader)?),
            (Some(_), Some(json)) => {
                let mistake = reader.mistake_in(&json, Code::OneOf, "a body is a form or JSON, not both");
                reader.note(mistake);
                return None;
            }
        };
        let mut headers = Vec::new();
        for (name, value) in self.headers.unwrap_or_default().0 {
            let Ok(header) = HeaderName::from_bytes(name.text.as_bytes()) else {
                let message = format!("`{}` is no name of a header", shown(&name.text));
                let mistake = reader.mistake_in(&name, Code::BadName, message);
                reader.note(mistake);
                return None;
            };
            headers.push((header, template(value, reader)?));
        }
        let mut keep = Vec::new();
        for (name, pointer) in self.keep.unwrap_or_default().0 {
            if !pointer.text.starts_with('/') {
                let message = format!("`{}` is no JSON pointer", shown(&pointer.text));
                let mistake = reader.mistake_in(&pointer, Code::BadText, message);
                reader.note(mistake.help("each member stands after a slash: `/redirect/url`"));
                return None;
            }
            keep.push((name.text, pointer.text));
        }
        let url = template(self.url, reader)?;
        Some(Call { method: method.unwrap_or(Some(Method::POST))?, url, headers, body, keep })
    }
}
