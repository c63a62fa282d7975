//! Sending a page's form as a browser would (HTML, "Form submission"): hidden fields and CSRF tokens go along as they are, and
//! so does what is ticked or chosen already.

use http::Method;
use scraper::ElementRef;
use url::Url;

use super::sheet::{Sheet, folded, listed, text_of};
use super::values::Values;
use crate::suite::pages::{Course, Entries, Go, Named, Step};
use crate::target::Outgoing;

/// What sending a form makes.
#[derive(Debug)]
pub struct Submission {
    pub request: Outgoing,
    /// What was typed into password fields: field name, value.
    pub secrets: Vec<(String, String)>,
}

/// Everything of a form that can be filled in or pressed.
pub const CONTROLS: &str = "input, select, textarea, button";

pub fn submission(
    sheet: &Sheet<'_>,
    step: &Step,
    allow: bool,
    values: &Values,
) -> Result<Submission, String> {
    let course = step.course(allow);
    let button = match &course.go {
        Go::Press(named) => Some(find_button(sheet, named, is_button)?),
        _ => None,
    };
    let form = match button {
        Some(button) => owner(sheet, button)
            .ok_or("what is to be pressed is in no form: the page's script does what it does; try the browser driver")?,
        None => form_of_fields(sheet, &step.entries, course)?,
    };
    let mut filled = Filled::of(sheet, form, button);
    // Who says no may do so by a form of its own, which has none of what is filled in to say yes.
    let refuses = step.deny.is_some() && !allow;
    filled.enter(&step.entries, refuses, values)?;
    filled.enter(&course.entries, false, values)?;
    filled.send(sheet, form, button)
}

/// A form in a few words, for somebody who has to find out what it asks for.
pub fn describe(sheet: &Sheet<'_>, form: ElementRef<'_>) -> String {
    let method = form.attr("method").unwrap_or("get").to_uppercase();
    let controls: Vec<ElementRef<'_>> = controls(sheet, form);
    let is_hidden = |control: &ElementRef<'_>| input_type(*control) == "hidden";
    let named = |hidden: bool| {
        let fields =
            controls.iter().filter(move |control| !is_button(**control) && is_hidden(control) == hidden);
        fields.filter_map(|control| control.attr("name"))
    };
    // Those that somebody fills in come first: they are what a step names.
    let visible = named(false).map(str::to_owned);
    let fields: Vec<String> = visible.chain(named(true).map(|name| format!("{name} (hidden)"))).collect();
    let buttons: Vec<String> = controls
        .iter()
        .filter(|control| is_button(**control))
        .map(|button| format!("[{}]", caption(*button)))
        .collect();
    let action = form.attr("action").unwrap_or_default().split('?').next().unwrap_or_default();
    let action = if action.is_empty() { "to itself" } else { action };
    format!("{method} {action} with {} {}", listed(&fields), buttons.join(" ")).trim_end().to_owned()
}

/// One control that goes along, or could.
struct Control<'s> {
    element: ElementRef<'s>,
    name: String,
    kind: Kind,
    /// What is sent; nothing while it is not ticked or chosen.
    value: Option<String>,
}

#[derive(PartialEq)]
enum Kind {
    Text,
    Password,
    Tick,
    Radio,
    List,
    Button,
}

struct Filled<'s>(Vec<Control<'s>>);

impl<'s> Filled<'s> {
    fn has(&self, name: &str) -> bool {
        self.0.iter().any(|control| control.name == name)
    }

    fn of(sheet: &'s Sheet<'_>, form: ElementRef<'s>, button: Option<ElementRef<'s>>) -> Filled<'s> {
        let mut all = Vec::new();
        for element in controls(sheet, form) {
            let Some(name) = element.attr("name").filter(|name| !name.is_empty()) else { continue };
            let name = name.to_owned();
            let value = element.attr("value").map(str::to_owned);
            if is_button(element) {
                if Some(element) == button {
                    let value = Some(value.unwrap_or_default());
                    all.push(Control { element, name, kind: Kind::Button, value });
                }
                continue;
            }
            if element.attr("disabled").is_some() {
                continue;
            }
            let (kind, value) = match (element.value().name(), input_type(element).as_str()) {
                ("select", _) => (Kind::List, chosen(element)),
                ("textarea", _) => (Kind::Text, Some(element.text().collect())),
                (_, "checkbox" | "radio") => {
                    let kind = if input_type(element) == "radio" { Kind::Radio } else { Kind::Tick };
                    let on = element.attr("checked").is_some();
                    (kind, on.then(|| value.unwrap_or_else(|| "on".to_owned())))
                }
                (_, "password") => (Kind::Password, Some(value.unwrap_or_default())),
                (_, "file" | "button" | "reset") => continue,
                _ => (Kind::Text, Some(value.unwrap_or_default())),
            };
            all.push(Control { element, name, kind, value });
        }
        Filled(all)
    }

    /// Fills in; what the form does not have is passed over if it `may_lack` it.
    fn enter(&mut self, entries: &Entries, may_lack: bool, values: &Values) -> Result<(), String> {
        let passed_over = |filled: &Filled<'_>, name: &str| may_lack && !filled.has(name);
        for (name, text) in &entries.fill {
            if !passed_over(self, name) {
                self.fill(name, values.fill(text)?)?;
            }
        }
        for name in &entries.check {
            if !passed_over(self, name) {
                self.check(name)?;
            }
        }
        for (name, text) in &entries.choose {
            if !passed_over(self, name) {
                self.choose(name, &values.fill(text)?)?;
            }
        }
        Ok(())
    }

    fn fill(&mut self, name: &str, text: String) -> Result<(), String> {
        let fits = |control: &&mut Control<'_>| {
            control.name == name && matches!(control.kind, Kind::Text | Kind::Password)
        };
        match self.0.iter_mut().find(fits) {
            Some(control) => control.value = Some(text),
            None => return Err(lacks("field to fill in", name)),
        }
        Ok(())
    }

    fn check(&mut self, name: &str) -> Result<(), String> {
        match self.0.iter_mut().find(|control| control.name == name && control.kind == Kind::Tick) {
            Some(control) => control.value = Some(control.element.attr("value").unwrap_or("on").to_owned()),
            None => return Err(lacks("checkbox", name)),
        }
        Ok(())
    }

    fn choose(&mut self, name: &str, wanted: &str) -> Result<(), String> {
        let group: Vec<usize> = (0..self.0.len())
            .filter(|at| self.0[*at].name == name && matches!(self.0[*at].kind, Kind::Radio | Kind::List))
            .collect();
        if group.is_empty() {
            return Err(lacks("list or radio button", name));
        }
        let mut found = None;
        for at in &group {
            let element = self.0[*at].element;
            let value = match self.0[*at].kind {
                Kind::Radio => Some(element.attr("value").unwrap_or("on").to_owned())
                    .filter(|value| value == wanted || folded(&label(element)) == folded(wanted)),
                _ => options(element)
                    .find(|option| {
                        option_value(*option) == wanted || folded(&text_of(*option)) == folded(wanted)
                    })
                    .map(option_value),
            };
            found = found.or(value.map(|value| (*at, value)));
        }
        let (at, value) = found.ok_or_else(|| format!("“{wanted}” is none of the choices of {name}"))?;
        for other in group {
            self.0[other].value = None;
        }
        self.0[at].value = Some(value);
        Ok(())
    }

    fn send(
        self,
        sheet: &Sheet<'_>,
        form: ElementRef<'_>,
        button: Option<ElementRef<'_>>,
    ) -> Result<Submission, String> {
        let said = |of_button: &str, of_form: &str| {
            let by_button = button.and_then(|button| button.attr(of_button));
            by_button.or_else(|| form.attr(of_form)).map(str::to_owned)
        };
        let method = said("formmethod", "method").unwrap_or_default().to_ascii_lowercase();
        let encoding = said("formenctype", "enctype").unwrap_or_default().to_ascii_lowercase();
        let action = said("formaction", "action").filter(|action| !action.trim().is_empty());
        let mut url: Url = match &action {
            Some(action) => sheet
                .base()
                .join(action.trim())
                .map_err(|_| format!("its form leads to {action}, which is no address"))?,
            None => sheet.page.url.clone(),
        };
        url.set_fragment(None);
        let mut secrets = Vec::new();
        let mut pairs = Vec::new();
        for control in self.0 {
            if let Some(value) = control.value {
                if control.kind == Kind::Password {
                    secrets.push((control.name.clone(), value.clone()));
                }
                pairs.push((control.name, value));
            }
        }
        let request = match (method.as_str(), encoding.as_str()) {
            ("post", "" | "application/x-www-form-urlencoded") => {
                Outgoing::new(Method::POST, url).form(&pairs)
            }
            ("post", "multipart/form-data") => multipart(url, &pairs),
            ("post", other) => {
                return Err(format!("its form is sent as {other}, which no login here speaks"));
            }
            _ => {
                url.set_query(None);
                Outgoing::get(url).query(&pairs)
            }
        };
        Ok(Submission { request, secrets })
    }
}

/// What a form lacks. What it has, the summary of its page says, which stands behind every such message.
fn lacks(what: &str, name: &str) -> String {
    format!("its form has no {what} `{name}` (what a page's script adds, only the browser driver sees)")
}

/// RFC 7578, for fields of text.
fn multipart(url: Url, pairs: &[(String, String)]) -> Outgoing {
    const BETWEEN: &str = "grantspec-form-field-boundary-7f3a";
    let mut body = String::new();
    for (name, value) in pairs {
        let name = name.replace('"', "%22").replace(['\r', '\n'], " ");
        body.push_str(&format!(
            "--{BETWEEN}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
        ));
    }
    body.push_str(&format!("--{BETWEEN}--\r\n"));
    let kind = format!("multipart/form-data; boundary={BETWEEN}");
    let mut request = Outgoing::new(Method::POST, url).header(http::header::CONTENT_TYPE, &kind);
    request.body = body.into();
    request
}

/// The button that is meant, among those that `is_one` takes for one.
pub fn find_button<'s>(
    sheet: &'s Sheet<'_>,
    named: &Named,
    is_one: fn(ElementRef<'_>) -> bool,
) -> Result<ElementRef<'s>, String> {
    let wanted = match named {
        Named::Css(css) => return sheet.first(css).ok_or_else(|| format!("nothing on it is {css}")),
        Named::Text(wanted) => wanted,
    };
    let buttons: Vec<ElementRef<'s>> = sheet.all(CONTROLS).filter(|control| is_one(*control)).collect();
    let pair = |button: &ElementRef<'_>| {
        format!("{}={}", button.attr("name").unwrap_or_default(), button.attr("value").unwrap_or_default())
    };
    // From what a reader sees to what only the page's author knows.
    let ways: [&dyn Fn(&ElementRef<'s>) -> bool; 5] = [
        &|button| folded(&caption(*button)) == folded(wanted),
        &|button| pair(button) == *wanted,
        &|button| button.attr("value") == Some(wanted),
        &|button| button.attr("name") == Some(wanted),
        &|button| button.attr("id") == Some(wanted),
    ];
    for way in ways {
        let found: Vec<&ElementRef<'s>> = buttons.iter().filter(|button| way(button)).collect();
        match found.as_slice() {
            [] => {}
            [one] => return Ok(**one),
            several => {
                let count = several.len();
                return Err(format!("it has {count} buttons “{wanted}”: name the one that is meant by css"));
            }
        }
    }
    let captions: Vec<String> = buttons.iter().map(|button| caption(*button)).collect();
    Err(format!("it has no button “{wanted}”; it has {}", listed(&captions)))
}

/// The form that has every field that is filled in; where nothing is, the only one.
pub fn form_of_fields<'s>(
    sheet: &'s Sheet<'_>,
    entries: &Entries,
    course: &Course,
) -> Result<ElementRef<'s>, String> {
    let forms: Vec<ElementRef<'s>> = sheet.all("form").collect();
    let names: Vec<&str> = entries.names().chain(course.entries.names()).collect();
    let has_all = |form: &&ElementRef<'s>| {
        let known: Vec<&str> =
            controls(sheet, **form).iter().filter_map(|control| control.attr("name")).collect();
        names.iter().all(|name| known.contains(name))
    };
    match (forms.iter().find(has_all), forms.as_slice()) {
        (_, []) => Err("it has no form (what a page's script adds, only the browser driver sees)".to_owned()),
        (Some(form), _) if !names.is_empty() => Ok(*form),
        (_, [only]) => Ok(*only),
        _ if names.is_empty() => Err(format!(
            "it has {} forms, and the step says neither what to fill in nor what to press",
            forms.len()
        )),
        _ => Err(format!("none of its {} forms has all of {names:?}", forms.len())),
    }
}

/// The controls that belong to a form: those in it, and those elsewhere that name it.
fn controls<'s>(sheet: &'s Sheet<'_>, form: ElementRef<'s>) -> Vec<ElementRef<'s>> {
    sheet.all(CONTROLS).filter(|control| owner(sheet, *control) == Some(form)).collect()
}

fn owner<'s>(sheet: &'s Sheet<'_>, control: ElementRef<'s>) -> Option<ElementRef<'s>> {
    match control.attr("form") {
        Some(id) => sheet.all("form").find(|form| form.attr("id") == Some(id)),
        None => control.ancestors().filter_map(ElementRef::wrap).find(|above| above.value().name() == "form"),
    }
}

pub fn input_type(element: ElementRef<'_>) -> String {
    element.attr("type").unwrap_or_default().to_ascii_lowercase()
}

/// Whether pressing it sends its form.
fn is_button(element: ElementRef<'_>) -> bool {
    match element.value().name() {
        "button" => !matches!(input_type(element).as_str(), "button" | "reset"),
        "input" => matches!(input_type(element).as_str(), "submit" | "image"),
        _ => false,
    }
}

/// What a reader sees on a button.
fn caption(button: ElementRef<'_>) -> String {
    let text = text_of(button);
    let attribute = |name| button.attr(name).map(str::to_owned).filter(|text| !text.is_empty());
    if !text.is_empty() {
        return text;
    }
    attribute("value")
        .or_else(|| attribute("aria-label"))
        .or_else(|| attribute("alt"))
        .or_else(|| attribute("name"))
        .unwrap_or_else(|| "Submit".to_owned())
}

/// The text beside a radio button.
pub fn label(element: ElementRef<'_>) -> String {
    let around =
        element.ancestors().filter_map(ElementRef::wrap).find(|above| above.value().name() == "label");
    let root = element.ancestors().filter_map(ElementRef::wrap).last();
    let naming = || {
        let id = element.attr("id")?;
        let labels = root?.descendants().filter_map(ElementRef::wrap);
        labels.into_iter().find(|other| other.value().name() == "label" && other.attr("for") == Some(id))
    };
    around.or_else(naming).map(text_of).unwrap_or_default()
}

fn options(select: ElementRef<'_>) -> impl Iterator<Item = ElementRef<'_>> {
    select.descendants().filter_map(ElementRef::wrap).filter(|below| below.value().name() == "option")
}

pub fn option_value(option: ElementRef<'_>) -> String {
    option.attr("value").map_or_else(|| text_of(option), str::to_owned)
}

/// What a list is set to: what is marked, or else its first choice.
fn chosen(select: ElementRef<'_>) -> Option<String> {
    let marked = options(select).filter(|option| option.attr("selected").is_some()).last();
    let first = || {
        let several = select.attr("multiple").is_some();
        options(select).find(|option| option.attr("disabled").is_none()).filter(|_| !several)
    };
    marked.or_else(first).map(option_value)
}
