//! Reading a step: what a page is known by, what is done there, and what leads on.

use scraper::Selector;
use serde_json::{Value as Json, json};
use toml::de::DeValue;

use super::calls::{CallForm, calls};
use super::texts::{says_something, template, texts};
use super::{Course, Entries, Go, Named, Step, When};
use crate::suite::Span;
use crate::suite::code::Code;
use crate::suite::read::form::form;
use crate::suite::read::keyed::Keyed;
use crate::suite::read::value::{Defs, Value, Whole};
use crate::suite::read::wording::{listed, shown};
use crate::suite::read::{Node, Reader, Written};

form! {
    /// What is done on a page. What leads on is exactly one of `press`, `follow`, `open`, `refuses` and `stuck`, or the table
    /// `allow` with one of them, and `deny` for a user who says no; without any, the form is sent as the Enter key does.
    struct StepForm {
        with way: WayForm;
        /// What the page is known by. Without it, every page is.
        when: Option<WhenForm>,
        /// What leads on for a user who says yes.
        allow: Option<WayForm>,
        /// What leads on for a user who says no.
        deny: Option<WayForm>,
        /// How often a login may come by here: 1 to 50. Default 1.
        times: Option<Whole<1, 50>>,
        /// Milliseconds to wait before it is done, at most a minute.
        wait_ms: Option<Whole<0, 60_000>>,
    }
}

form! {
    /// What this answer fills in besides what the step does, and what leads on: at most one of `press`, `follow`, `open`,
    /// `refuses` and `stuck`. Without any, the form is sent.
    struct WayForm {
        /// Requests that are sent first, as the page's script would.
        request: Option<Vec<CallForm>>,
        /// Field name → text. `{user.email}` is that field of whoever logs in.
        fill: Option<Keyed<Written>>,
        /// Names of checkboxes to tick.
        check: Option<Vec<String>>,
        /// Radio buttons and lists: field name → the value or the label of what is chosen.
        choose: Option<Keyed<Written>>,
        /// A button, by what stands on it, its value, name or id, or `{ css = "…" }`.
        press: Option<Named>,
        /// A link, by its text or id, or `{ css = "…" }`.
        follow: Option<Named>,
        /// An address to go to.
        open: Option<Written>,
        /// The page is the bank's refusal: in these words.
        refuses: Option<Written>,
        /// The login can't go on from the page: why.
        stuck: Option<Written>,
    }
}

form! {
    /// What a page is known by: all of them hold.
    struct WhenTable {
        /// A CSS selector that finds something on it.
        css: Option<Written>,
        /// A text on it, in any case.
        text: Option<Written>,
        /// What its path begins with.
        path: Option<Written>,
        /// Its status.
        status: Option<Whole<100, 599>>,
    }
}

/// A CSS selector, or a table.
pub struct WhenForm(When);

impl Value for WhenForm {
    fn read(node: Node<'_>, reader: &mut Reader) -> Option<Self> {
        if let DeValue::String(_) = node.get_ref() {
            let css = Some(css(reader.text(node)?, reader)?);
            return Some(WhenForm(When { css, ..When::default() }));
        }
        let table = WhenTable::read(node, reader)?;
        let css = match table.css {
            Some(written) => Some(css(written, reader)?),
            None => None,
        };
        let text = |written: Option<Written>| written.map(|written| written.text);
        let status = table.status.map(|status| u16::try_from(status.0).expect("the declared range fits"));
        let when = When { css, text: text(table.text), path: text(table.path), status };
        if when == When::default() {
            let mistake = reader.mistake(Code::SaysNothing, node.span(), "a page known by nothing");
            reader.note(
                mistake.help("give `css`, `text`, `path` or `status`; without `when`, every page is known"),
            );
            return None;
        }
        Some(WhenForm(when))
    }

    fn schema(defs: &mut Defs) -> Json {
        json!({ "anyOf": [{ "type": "string" }, WhenTable::schema(defs)] })
    }
}

impl Value for Named {
    fn read(node: Node<'_>, reader: &mut Reader) -> Option<Self> {
        if let DeValue::String(_) = node.get_ref() {
            let written = says_something(reader.text(node)?, reader)?;
            return Some(Named::Text(written.text));
        }
        let table = reader.table(node, &["css"])?;
        let Some((_, value)) = table.entry("css") else {
            let mistake = reader.mistake(Code::MissingKey, node.span(), "the key `css` is missing");
            reader.note(mistake.help("`{ css = \"…\" }`, or a text by itself"));
            return None;
        };
        css(reader.text(value)?, reader).map(Named::Css)
    }

    fn schema(_: &mut Defs) -> Json {
        let css = json!({ "type": "string" });
        json!({ "anyOf": [
            { "type": "string", "minLength": 1 },
            { "type": "object", "properties": { "css": css }, "required": ["css"], "additionalProperties": false },
        ] })
    }
}

/// A step, and where it stands.
pub struct Placed(StepForm, Span);

impl Value for Placed {
    fn read(node: Node<'_>, reader: &mut Reader) -> Option<Self> {
        StepForm::read(node, reader).map(|form| Placed(form, node.span()))
    }

    fn schema(defs: &mut Defs) -> Json {
        StepForm::schema(defs)
    }
}

impl Placed {
    /// The step, if it says one.
    pub fn step(self, reader: &mut Reader) -> Option<Step> {
        let Placed(form, span) = self;
        form.step(span, reader)
    }
}

impl StepForm {
    fn step(self, span: Span, reader: &mut Reader) -> Option<Step> {
        let leads = self.way.leads();
        let own = self.way.course(&span, self.allow.is_none(), reader);
        let allow = self.allow.map(|form| form.course(&span, true, reader));
        let deny = self.deny.map(|form| form.course(&span, true, reader));
        if allow.is_some() && leads {
            let mistake = reader.mistake(Code::OneOf, span, "two ways lead on");
            reader.note(mistake.help("put what leads on for a yes into `allow`, and for a no into `deny`"));
            return None;
        }
        let own = own?;
        let after_own = |course: Course| {
            let requests = own.requests.iter().cloned().chain(course.requests).collect();
            Course { requests, ..course }
        };
        Some(Step {
            when: self.when.map(|when| when.0).unwrap_or_default(),
            entries: own.entries.clone(),
            deny: match deny {
                Some(deny) => Some(after_own(deny?)),
                None => None,
            },
            allow: match allow {
                Some(allow) => after_own(allow?),
                None => Course { entries: Entries::default(), ..own },
            },
            times: self.times.map_or(1, |times| times.small()),
            wait_ms: self.wait_ms.map_or(0, |wait| wait.0),
        })
    }
}

impl WayForm {
    /// Whether it says what leads on.
    fn leads(&self) -> bool {
        let texts = self.open.is_some() || self.refuses.is_some() || self.stuck.is_some();
        texts || self.press.is_some() || self.follow.is_some()
    }

    /// `last`: nothing else says what leads on.
    fn course(self, span: &Span, last: bool, reader: &mut Reader) -> Option<Course> {
        if last && !self.leads() && self.request.is_some() {
            let mistake =
                reader.mistake(Code::MissingKey, span.clone(), "after its requests, the step leads nowhere");
            reader.note(mistake.help("say what leads on, such as `open = \"{login.url}\"`"));
            return None;
        }
        let requests = calls(self.request, reader);
        let mut ways: Vec<Option<Go>> = Vec::new();
        ways.extend(self.press.map(|named| Some(Go::Press(named))));
        ways.extend(self.follow.map(|named| Some(Go::Follow(named))));
        ways.extend(self.open.map(|text| template(says_something(text, reader)?, reader).map(Go::Open)));
        ways.extend(self.refuses.map(|text| says_something(text, reader).map(|why| Go::Refuses(why.text))));
        ways.extend(self.stuck.map(|text| says_something(text, reader).map(|why| Go::Stuck(why.text))));
        if ways.len() > 1 {
            let words = ["press", "follow", "open", "refuses", "stuck"];
            let message = format!("expected at most one of {}", listed(&words));
            let mistake = reader.mistake(Code::OneOf, span.clone(), message);
            reader.note(mistake);
            return None;
        }
        let (fill, choose) = (texts(self.fill, reader), texts(self.choose, reader));
        let entries = Entries { fill: fill?, check: self.check.unwrap_or_default(), choose: choose? };
        let go = ways.pop().unwrap_or(Some(Go::Submit))?;
        Some(Course { entries, requests: requests?, go })
    }
}

fn css(written: Written, reader: &mut Reader) -> Option<String> {
    if Selector::parse(&written.text).is_err() {
        let message = format!("`{}` is no CSS selector", shown(&written.text));
        let mistake = reader.mistake_in(&written, Code::BadText, message);
        reader.note(mistake.help("such as `input[name=email]` or `form#consent`"));
        return None;
    }
    Some(written.text)
}
