//! A request beside the pages, with its texts filled in, and what is kept of its answer.

use url::Url;

use super::values::Values;
use crate::suite::pages::{Body, Call};
use crate::target::{Incoming, Outgoing};

impl Call {
    /// The request, its address under `base`.
    ///
    /// # Errors
    /// What stands for nothing, or makes no address.
    pub fn request(&self, values: &Values, base: &Url) -> Result<Outgoing, String> {
        let url = values.fill(&self.url)?;
        let url = base.join(&url).map_err(|_| format!("{url} makes no address"))?;
        let mut request = Outgoing::new(self.method.clone(), url);
        for (name, value) in &self.headers {
            request = request.header(name.clone(), &values.fill(value)?);
        }
        Ok(match &self.body {
            Body::None => request,
            Body::Form(fields) => {
                let filled = fields.iter().map(|(name, text)| Ok((name.clone(), values.fill(text)?)));
                request.form(&filled.collect::<Result<Vec<_>, String>>()?)
            }
            Body::Json(text) => {
                let mut request = request.header(http::header::CONTENT_TYPE, "application/json");
                request.body = values.fill_json(text)?.into();
                request
            }
        })
    }

    /// Takes from the answer what later texts need.
    ///
    /// # Errors
    /// What the answer lacks.
    pub fn keep(&self, answer: &Incoming, values: &mut Values) -> Result<(), String> {
        let json = answer.json();
        for (name, pointer) in &self.keep {
            let value = json.as_ref().and_then(|json| json.pointer(pointer));
            let text = value.map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned));
            let text = text.ok_or_else(|| {
                format!(
                    "the answer to {} {} ({}) has nothing at {pointer}",
                    self.method, self.url, answer.status
                )
            })?;
            values.set(&format!("kept.{name}"), &text);
        }
        Ok(())
    }
}
