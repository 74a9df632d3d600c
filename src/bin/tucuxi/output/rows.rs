//! Results of many regions and accounts, each with the members that name its target.
//!
//! | format | |
//! | --- | --- |
//! | `json` | a list of `{"Region": …, "Profile": …, "Result": …}` |
//! | `yaml`, `yaml-stream` | the same |
//! | `text` | the usual lines, each after the region and the account |
//! | `table` | a row for each result, or for each item of a list that a query selects; they are printed at the end |
//! | `off` | nothing |
//!
//! A listing has a result for each page, unless a query or a table needs all of them.

use std::io::Write;

use serde_json::{Map, Value, json};
use tucuxi::Tree;

use super::table::Table;
use super::{Format, Style, escaped, json, text, yaml};
use crate::failure::Failure;

/// Prints results as they come.
pub(crate) struct Rows<'s, W> {
    style: &'s Style<'s>,
    out: W,
    count: usize,
    table: Vec<Value>,
}

impl<'s, W: Write> Rows<'s, W> {
    pub(crate) fn new(style: &'s Style<'s>, out: W) -> Self {
        Self {
            style,
            out,
            count: 0,
            table: Vec::new(),
        }
    }

    /// Whether each page is a result of its own.
    pub(crate) fn is_by_page(&self) -> bool {
        match self.style.format {
            Format::Json | Format::Yaml => self.style.query.is_none(),
            Format::Off | Format::Text | Format::YamlStream => true,
            Format::Table => false,
        }
    }

    /// Applies the query to a result.
    ///
    /// # Errors
    ///
    /// Returns an error if the query does not fit this result. It may fit others.
    pub(crate) fn select(&self, result: Value) -> Result<Value, Failure> {
        let Some(query) = self.style.query else {
            return Ok(result);
        };
        let found = query.search(&result);
        let found = found.map_err(|e| Failure::Other(format!("--query: {e}").into()))?;
        Ok(found.into_owned())
    }

    /// Prints what was selected from a result.
    pub(crate) fn add(&mut self, tags: Map<String, Value>, selected: Value) -> Result<(), Failure> {
        match self.style.format {
            Format::Json => {
                let item = tagged(tags, selected);
                let mut out = escaped(self.style, &mut self.out);
                if self.count == 0 {
                    out.write_all(b"[")?;
                }
                json::start(self.count == 0, 1, &mut out)?;
                json::write(Tree::from(&item).root(), 1, &mut out)?;
                out.flush()?;
            }
            Format::Yaml | Format::YamlStream => {
                let item = tagged(tags, selected);
                yaml::item(Tree::from(&item).root(), self.style.escape, &mut self.out)?;
            }
            Format::Text => self.lines(&tags, &selected)?,
            Format::Table => self.table.extend(rows(&tags, selected)),
            Format::Off => {}
        }
        self.count += 1;
        Ok(self.out.flush()?)
    }

    fn lines(&mut self, tags: &Map<String, Value>, selected: &Value) -> Result<(), Failure> {
        let (mut start, mut lines) = (Vec::new(), Vec::new());
        let tags: Vec<&Value> = tags.values().collect();
        text::lines(
            Tree::from(&json!(tags)).root(),
            self.style.escape,
            &mut start,
        )?;
        text::lines(Tree::from(selected).root(), self.style.escape, &mut lines)?;
        let start = start.trim_ascii_end();
        for line in lines.split_inclusive(|byte| *byte == b'\n') {
            self.out.write_all(start)?;
            self.out.write_all(b"\t")?;
            self.out.write_all(line)?;
        }
        Ok(())
    }

    /// Ends the document.
    pub(crate) fn end(mut self) -> Result<(), Failure> {
        match self.style.format {
            Format::Json if self.count == 0 => self.out.write_all(b"[]\n")?,
            Format::Json => {
                json::end("]", 0, &mut self.out)?;
                self.out.write_all(b"\n")?;
            }
            Format::Table => {
                let rows = Value::Array(std::mem::take(&mut self.table));
                let tree = Tree::from(&rows);
                if let Some(table) =
                    Table::build(&self.style.title, tree.root(), self.style.escape)?
                {
                    table.render(self.style.width, self.style.colour, &mut self.out)?;
                }
            }
            _ => {}
        }
        Ok(self.out.flush()?)
    }
}

fn tagged(mut tags: Map<String, Value>, selected: Value) -> Value {
    tags.insert("Result".into(), selected);
    tags.into()
}

/// The rows of a table, each with the tags, which replace members of the same names.
fn rows(tags: &Map<String, Value>, selected: Value) -> Vec<Value> {
    let row = |item: Value| match item {
        Value::Object(members) => members
            .into_iter()
            .chain(tags.clone())
            .collect::<Map<_, _>>()
            .into(),
        Value::Array(cells) => tags
            .values()
            .cloned()
            .chain(cells)
            .collect::<Vec<_>>()
            .into(),
        scalar => tags
            .values()
            .cloned()
            .chain([scalar])
            .collect::<Vec<_>>()
            .into(),
    };
    match selected {
        Value::Array(items) => items.into_iter().map(row).collect(),
        other => vec![row(other)],
    }
}

#[cfg(test)]
mod tests {
    use tucuxi::query::Query;

    use super::*;

    fn printed(format: Format, query: Option<&str>, results: &[Value]) -> String {
        let query = query.map(|query| Query::compile(query).unwrap());
        let style = Style {
            format,
            colour: false,
            width: 80,
            title: "List".into(),
            query: query.as_ref(),
            escape: false,
        };
        let mut out = Vec::new();
        let mut rows = Rows::new(&style, &mut out);
        for (at, result) in results.iter().enumerate() {
            let tags = json!({"Region": format!("r-{at}"), "Profile": "p"});
            let selected = rows.select(result.clone()).unwrap();
            rows.add(tags.as_object().unwrap().clone(), selected)
                .unwrap();
        }
        rows.end().unwrap();
        String::from_utf8(out).unwrap()
    }

    fn results() -> [Value; 2] {
        [
            json!({"Items": [{"Id": 1, "Name": "a"}, {"Id": 2, "Name": "b"}]}),
            json!({"Items": [{"Id": 3, "Name": "c"}]}),
        ]
    }

    #[test]
    fn documents_have_an_item_for_each_result() {
        let json: Value = serde_json::from_str(&printed(Format::Json, None, &results())).unwrap();
        assert_eq!(
            json[1],
            json!({"Region": "r-1", "Profile": "p", "Result": results()[1]})
        );
        let selected = printed(Format::Json, Some("Items[].Id"), &results());
        let selected: Value = serde_json::from_str(&selected).unwrap();
        assert_eq!(selected[0]["Result"], json!([1, 2]));
        assert_eq!(printed(Format::Json, None, &[]), "[]\n");
        for format in [Format::Yaml, Format::YamlStream] {
            let yaml = printed(format, Some("Items[0].Id"), &results());
            assert_eq!(
                yaml,
                "- Region: r-0\n  Profile: p\n  Result: 1\n- Region: r-1\n  Profile: p\n  Result: 3\n"
            );
        }
        assert_eq!(printed(Format::Off, None, &results()), "");
    }

    #[test]
    fn lines_and_rows_begin_with_the_target() {
        assert_eq!(
            printed(Format::Text, Some("Items[].[Id,Name]"), &results()),
            "r-0\tp\t1\ta\nr-0\tp\t2\tb\nr-1\tp\t3\tc\n"
        );
        assert_eq!(
            printed(Format::Text, None, &results()[1..]),
            "r-0\tp\tITEMS\t3\tc\n"
        );
        let table = printed(Format::Table, Some("Items[].{Id:Id,Name:Name}"), &results());
        for row in [
            "| Id | Name  |  Profile  | Region   |",
            "|  1 |  a    |  p        |  r-0     |",
            "|  3 |  c    |  p        |  r-1     |",
        ] {
            assert!(table.contains(row), "{table}");
        }
        // a member with the name of a tag does not replace it
        for query in ["Items[].{Region:Name}", "Items[0].{Region:Name}"] {
            let table = printed(Format::Table, Some(query), &results());
            assert!(table.contains("|  p       |  r-1     |"), "{table}");
        }
        let table = printed(Format::Table, Some("Items[].[Id,Name]"), &results());
        assert!(table.contains("|  r-1 |  p |  3 |  c  |"), "{table}");
    }
}
