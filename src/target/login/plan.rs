//! What a step does on a page in a browser: to which elements, each by its place among those that a selector finds.

use scraper::ElementRef;

use super::forms::{CONTROLS, find_button, form_of_fields, input_type, label, option_value};
use super::sheet::{Sheet, folded, listed, text_of};
use super::values::Values;
use crate::suite::pages::{Go, Named, Step};

/// A step, ready to be done.
pub struct Plan {
    /// Among the controls: what is typed where, and whether the field hides it.
    pub fill: Vec<(usize, String, bool)>,
    /// What is ticked or chosen, if it is not yet.
    pub select: Vec<(&'static str, usize)>,
    pub press: Press,
}

/// What leads on.
pub enum Press {
    Element(String, usize),
    /// Among the page's forms.
    Submit(usize),
    Open(String),
}

impl Plan {
    /// # Errors
    /// What the page lacks for the step.
    pub fn of(sheet: &Sheet<'_>, step: &Step, allow: bool, values: &Values) -> Result<Plan, String> {
        let course = step.course(allow);
        let entries = [&step.entries, &course.entries];
        let mut fill = Vec::new();
        for (name, text) in entries.iter().flat_map(|entries| &entries.fill) {
            let field = named(sheet, name, |kind| {
                !matches!(kind, "hidden" | "checkbox" | "radio" | "submit" | "image")
            });
            let (at, field) = field.ok_or_else(|| lacks(sheet, "field to fill in", name))?;
            fill.push((at, values.fill(text)?, input_type(field) == "password"));
        }
        let mut select = Vec::new();
        for name in entries.iter().flat_map(|entries| &entries.check) {
            let tick = named(sheet, name, |kind| kind == "checkbox");
            select.push((CONTROLS, tick.ok_or_else(|| lacks(sheet, "checkbox", name))?.0));
        }
        for (name, text) in entries.iter().flat_map(|entries| &entries.choose) {
            let wanted = values.fill(text)?;
            let choice = choice(sheet, name, &wanted);
            select.push(choice.ok_or_else(|| format!("“{wanted}” is none of the choices of {name}"))?);
        }
        let press = match &course.go {
            Go::Press(Named::Css(css)) | Go::Follow(Named::Css(css)) => Press::Element(css.clone(), 0),
            Go::Press(text) => {
                let button = find_button(sheet, text, can_be_pressed)?;
                Press::Element(CONTROLS.to_owned(), place(sheet, CONTROLS, button))
            }
            Go::Follow(text) => {
                const LINKS: &str = "a[href]";
                Press::Element(LINKS.to_owned(), place(sheet, LINKS, sheet.find_link(text)?))
            }
            Go::Open(text) => Press::Open(values.fill(text)?),
            Go::Submit | Go::Refuses(_) | Go::Stuck(_) => {
                Press::Submit(place(sheet, "form", form_of_fields(sheet, &step.entries, course)?))
            }
        };
        Ok(Plan { fill, select, press })
    }
}

fn place(sheet: &Sheet<'_>, css: &str, element: ElementRef<'_>) -> usize {
    sheet.all(css).position(|other| other == element).expect("it was found among them")
}

/// Where scripts run, every button may lead on.
fn can_be_pressed(control: ElementRef<'_>) -> bool {
    let is_input = control.value().name() == "input";
    control.value().name() == "button"
        || (is_input && matches!(input_type(control).as_str(), "submit" | "image" | "button"))
}

fn named<'s>(
    sheet: &'s Sheet<'_>,
    name: &str,
    fits: impl Fn(&str) -> bool,
) -> Option<(usize, ElementRef<'s>)> {
    let is_it = |control: &ElementRef<'_>| {
        control.attr("name") == Some(name)
            && control.value().name() != "button"
            && fits(&input_type(*control))
    };
    sheet.all(CONTROLS).enumerate().find(|(_, control)| is_it(control))
}

fn choice(sheet: &Sheet<'_>, name: &str, wanted: &str) -> Option<(&'static str, usize)> {
    let radio = |control: &ElementRef<'_>| {
        control.attr("name") == Some(name)
            && input_type(*control) == "radio"
            && (control.attr("value") == Some(wanted) || folded(&label(*control)) == folded(wanted))
    };
    let option = |option: &ElementRef<'_>| {
        let lists = option.ancestors().filter_map(ElementRef::wrap);
        let own = lists.into_iter().find(|above| above.value().name() == "select");
        own.is_some_and(|list| list.attr("name") == Some(name))
            && (option_value(*option) == wanted || folded(&text_of(*option)) == folded(wanted))
    };
    let among = |css: &'static str, at: Option<usize>| at.map(|at| (css, at));
    among(CONTROLS, sheet.all(CONTROLS).position(|control| radio(&control)))
        .or_else(|| among("option", sheet.all("option").position(|one| option(&one))))
}

fn lacks(sheet: &Sheet<'_>, what: &str, name: &str) -> String {
    let names: Vec<String> =
        sheet.all(CONTROLS).filter_map(|control| control.attr("name").map(str::to_owned)).collect();
    format!("it has no {what} `{name}`; it has {}", listed(&names))
}
