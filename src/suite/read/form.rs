//! Tables with fixed keys. [`form!`] declares one as a struct: its fields are the keys, their types say what may stand
//! behind them, their docs become the schema's descriptions.

use serde_json::{Value as Json, json};

use super::value::{Defs, Value};
use super::wording::near;
use super::{Reader, Table};
use crate::suite::code::Code;

/// A table with fixed keys, or a group of keys that several tables share.
pub trait Form: Sized {
    fn keys() -> Vec<&'static str>;

    /// Reads every key, so that every mistake is noted, and then all of it or nothing.
    fn fields(table: &Table<'_>, reader: &mut Reader) -> Option<Self>;

    fn properties(defs: &mut Defs) -> Vec<Property>;
}

/// A key in the schema.
pub struct Property {
    pub key: &'static str,
    pub required: bool,
    pub schema: Json,
}

/// What may stand behind a key: a value that must be there, or an `Option` of one.
pub trait Field: Sized {
    const REQUIRED: bool;
    fn read(table: &Table<'_>, key: &'static str, reader: &mut Reader) -> Option<Self>;
    fn schema(defs: &mut Defs) -> Json;
}

impl<T: Value> Field for T {
    const REQUIRED: bool = true;

    fn read(table: &Table<'_>, key: &'static str, reader: &mut Reader) -> Option<Self> {
        if let Some((_, node)) = table.entry(key) {
            return T::read(node, reader);
        }
        if table.strays.iter().any(|stray| near(stray, [key]).is_some()) {
            return None;
        }
        let mistake =
            reader.mistake(Code::MissingKey, table.span.clone(), format!("the key `{key}` is missing"));
        reader.note(mistake.label(format!("`{key}` must be given here")));
        None
    }

    fn schema(defs: &mut Defs) -> Json {
        T::schema(defs)
    }
}

impl<T: Value> Field for Option<T> {
    const REQUIRED: bool = false;

    fn read(table: &Table<'_>, key: &'static str, reader: &mut Reader) -> Option<Self> {
        match table.entry(key) {
            Some((_, node)) => T::read(node, reader).map(Some),
            None => Some(None),
        }
    }

    fn schema(defs: &mut Defs) -> Json {
        T::schema(defs)
    }
}

/// A key that may be broken while the rest of its table is still worth reading.
pub struct Lenient<F>(pub Option<F>);

impl<F: Field> Field for Lenient<F> {
    const REQUIRED: bool = F::REQUIRED;

    fn read(table: &Table<'_>, key: &'static str, reader: &mut Reader) -> Option<Self> {
        Some(Self(F::read(table, key, reader)))
    }

    fn schema(defs: &mut Defs) -> Json {
        F::schema(defs)
    }
}

impl Property {
    pub fn of<F: Field>(key: &'static str, about: &str, defs: &mut Defs) -> Self {
        let mut schema = F::schema(defs);
        schema["description"] = json!(about.trim());
        Self { key, required: F::REQUIRED, schema }
    }
}

/// The schema of a table with these properties and no others.
pub fn object(about: &str, properties: Vec<Property>) -> Json {
    let required: Vec<&str> =
        properties.iter().filter(|property| property.required).map(|it| it.key).collect();
    let properties: serde_json::Map<String, Json> =
        properties.into_iter().map(|property| (property.key.to_owned(), property.schema)).collect();
    let mut schema = json!({
        "description": about.trim(),
        "type": "object",
        "properties": properties,
        "additionalProperties": false,
    });
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
    schema
}

/// JSON Schema (2020-12) of a whole file, that `F` is. `variable` is the schema of what stands for a value of `each`, if
/// words of a suite are among its keys.
pub fn of_file<F: Value>(title: &str, variable: Option<Json>) -> Json {
    let mut defs = serde_json::Map::new();
    defs.extend(variable.map(|variable| ("Variable".to_owned(), variable)));
    let mut schema = F::schema(&mut defs);
    schema["$schema"] = json!("https://json-schema.org/draft/2020-12/schema");
    schema["title"] = json!(title);
    if !defs.is_empty() {
        schema["$defs"] = Json::Object(defs);
    }
    schema
}

/// A field's name as a key: what is a word of Rust too is written `r#use` there.
pub fn key(field: &'static str) -> &'static str {
    field.trim_start_matches("r#")
}

/// Declares a table. `with name: Group;` lines, if any, come first and take in another form's keys.
macro_rules! form {
    (
        $(#[doc = $about:literal])+
        struct $Form:ident {
            $(with $group:ident: $Group:ty;)*
            $($(#[doc = $doc:literal])+ $field:ident: $Type:ty,)*
        }
    ) => {
        $(#[doc = $about])+
        pub struct $Form {
            $(pub $group: $Group,)*
            $($(#[doc = $doc])+ pub $field: $Type,)*
        }

        impl $crate::suite::read::form::Form for $Form {
            fn keys() -> Vec<&'static str> {
                let mut keys = vec![$($crate::suite::read::form::key(stringify!($field))),*];
                $(keys.extend(<$Group as $crate::suite::read::form::Form>::keys());)*
                // Saving comes last in every table.
                keys.sort_by_key(|key| *key == "save");
                keys
            }

            fn fields(
                table: &$crate::suite::read::Table<'_>,
                reader: &mut $crate::suite::read::Reader,
            ) -> Option<Self> {
                $(let $field = <$Type as $crate::suite::read::form::Field>::read(table, $crate::suite::read::form::key(stringify!($field)), reader);)*
                $(let $group = <$Group as $crate::suite::read::form::Form>::fields(table, reader);)*
                Some(Self { $($group: $group?,)* $($field: $field?,)* })
            }

            fn properties(
                defs: &mut $crate::suite::read::value::Defs,
            ) -> Vec<$crate::suite::read::form::Property> {
                let own = vec![
                    $($crate::suite::read::form::Property::of::<$Type>(
                        $crate::suite::read::form::key(stringify!($field)), concat!($($doc),+), defs,
                    ),)*
                ];
                own.into_iter()$(.chain(<$Group as $crate::suite::read::form::Form>::properties(defs)))*.collect()
            }
        }

        impl $crate::suite::read::value::Value for $Form {
            fn read(
                node: $crate::suite::read::Node<'_>,
                reader: &mut $crate::suite::read::Reader,
            ) -> Option<Self> {
                let known = <Self as $crate::suite::read::form::Form>::keys();
                let table = reader.table(node, &known)?;
                <Self as $crate::suite::read::form::Form>::fields(&table, reader)
            }

            fn schema(defs: &mut $crate::suite::read::value::Defs) -> serde_json::Value {
                let properties = <Self as $crate::suite::read::form::Form>::properties(defs);
                $crate::suite::read::form::object(concat!($($about),+), properties)
            }
        }
    };
}
pub(crate) use form;
