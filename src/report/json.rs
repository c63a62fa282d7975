//! Results as JSON: a line for each thing that somebody may want to compare, and a line for a whole exchange.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::ser::Formatter;

use super::files::FileProblem;

/// Containers inside so many others are written in one line: an exchange is one of a step's, and a step one of a case's.
const OPEN: usize = 6;

/// Bytes that are put together before they are handed on.
const PIECE: usize = 64 << 10;

/// Writes `value` as JSON, the outer containers with a line for each member, and ends the last line.
pub fn write(file: &mut dyn io::Write, value: &impl Serialize) -> Result<(), FileProblem> {
    // JSON is written in pieces of a few bytes, each of which would be a call through a table.
    let mut file = io::BufWriter::with_capacity(PIECE, file);
    let mut serializer = serde_json::Serializer::with_formatter(&mut file, Lines::default());
    value.serialize(&mut serializer).map_err(|error| match error.io_error_kind() {
        Some(_) => FileProblem::Write(error.into()),
        None => FileProblem::Json(error),
    })?;
    file.write_all(b"\n").and_then(|()| file.flush()).map_err(FileProblem::Write)
}

/// How the text is broken into lines.
#[derive(Default)]
struct Lines {
    /// Containers that are open.
    depth: usize,
    /// Whether the innermost one has a member.
    filled: bool,
}

impl Lines {
    fn begin<W: ?Sized + io::Write>(&mut self, writer: &mut W, bracket: &[u8]) -> io::Result<()> {
        self.depth += 1;
        self.filled = false;
        writer.write_all(bracket)
    }

    fn end<W: ?Sized + io::Write>(&mut self, writer: &mut W, bracket: &[u8]) -> io::Result<()> {
        let open = self.depth <= OPEN;
        self.depth -= 1;
        if open && self.filled {
            self.new_line(writer)?;
        }
        self.filled = true;
        writer.write_all(bracket)
    }

    fn member<W: ?Sized + io::Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        match (first, self.depth <= OPEN) {
            (true, true) => {}
            (true, false) => return Ok(()),
            (false, true) => writer.write_all(b",")?,
            (false, false) => return writer.write_all(b", "),
        }
        self.new_line(writer)
    }

    fn new_line<W: ?Sized + io::Write>(&self, writer: &mut W) -> io::Result<()> {
        const SPACES: [u8; 2 * OPEN] = [b' '; 2 * OPEN];
        writer.write_all(b"\n")?;
        writer.write_all(&SPACES[..2 * self.depth])
    }
}

impl Formatter for Lines {
    fn begin_array<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.begin(writer, b"[")
    }

    fn end_array<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.end(writer, b"]")
    }

    fn begin_array_value<W: ?Sized + io::Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        self.member(writer, first)
    }

    fn end_array_value<W: ?Sized + io::Write>(&mut self, _: &mut W) -> io::Result<()> {
        self.filled = true;
        Ok(())
    }

    fn begin_object<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.begin(writer, b"{")
    }

    fn end_object<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.end(writer, b"}")
    }

    fn begin_object_key<W: ?Sized + io::Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        self.member(writer, first)
    }

    fn begin_object_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        writer.write_all(b": ")
    }

    fn end_object_value<W: ?Sized + io::Write>(&mut self, _: &mut W) -> io::Result<()> {
        self.filled = true;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn written(value: &Value) -> String {
        let mut bytes = Vec::new();
        write(&mut bytes, value).expect("memory takes it");
        String::from_utf8(bytes).expect("JSON is text")
    }

    #[test]
    fn what_is_deep_inside_stands_in_one_line() {
        let deep = json!([[[[[[{ "a": [1, 2], "b": {} }, { "c": [] }]]]]]]);
        let lines: Vec<String> = written(&deep).lines().map(|line| line.trim().to_owned()).collect();
        assert_eq!(lines[6..8], [r#"{"a": [1, 2], "b": {}},"#, r#"{"c": []}"#]);
        assert_eq!(serde_json::from_str::<Value>(&written(&deep)).expect("it is JSON"), deep);
    }

    #[test]
    fn what_is_outside_stands_as_in_any_indented_json() {
        let value = json!({ "empty": [], "none": {}, "two": [1, { "x": null }], "text": "a\n\"b" });
        let usual = serde_json::to_string_pretty(&value).expect("it is JSON") + "\n";
        assert_eq!(written(&value), usual);
    }
}
