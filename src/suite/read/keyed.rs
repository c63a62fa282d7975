//! Tables whose keys are the author's own.

use serde_json::{Value as Json, json};
use toml::de::DeValue;

use super::value::{Defs, Value};
use super::{Node, Reader, Written, in_file_order};

/// A table whose keys are the author's, in the order of the file.
pub struct Keyed<V>(pub Vec<(Written, V)>);

impl<V> Default for Keyed<V> {
    fn default() -> Self {
        Keyed(Vec::new())
    }
}

impl<V: Value> Value for Keyed<V> {
    fn read(node: Node<'_>, reader: &mut Reader) -> Option<Self> {
        let DeValue::Table(entries) = node.get_ref() else {
            reader.wrong_type(node, "a table");
            return None;
        };
        let read: Vec<Option<(Written, V)>> = in_file_order(entries)
            .into_iter()
            .map(|(key, value)| {
                let span = key.span();
                let name = Written { text: key.get_ref().to_string(), span: span.clone(), used_at: span };
                Some((name, V::read(value, reader)?))
            })
            .collect();
        read.into_iter().collect::<Option<_>>().map(Self)
    }

    fn schema(defs: &mut Defs) -> Json {
        json!({ "type": "object", "additionalProperties": V::schema(defs) })
    }
}

/// An entry that may be broken while the others of its table are still worth reading.
pub struct Loose<V>(pub Option<V>);

impl<V: Value> Value for Loose<V> {
    fn read(node: Node<'_>, reader: &mut Reader) -> Option<Self> {
        Some(Loose(V::read(node, reader)))
    }

    fn schema(defs: &mut Defs) -> Json {
        V::schema(defs)
    }
}

impl<V> Keyed<V> {
    /// Each key and its value, wherever they stand.
    pub fn pairs(self) -> Vec<(String, V)> {
        self.0.into_iter().map(|(key, value)| (key.text, value)).collect()
    }
}
