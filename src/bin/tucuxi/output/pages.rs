//! The pages of a listing.

use std::io::Write;

use serde_json::{Map, Value};
use tucuxi::internals::command::{Items, Limits, PrintedPages};
use tucuxi::{RequestBuilder, Tree};

use super::{Format, Printer, json, python};
use crate::failure::Failure;

impl<W: Write> Printer<'_, W> {
    /// Requests all pages, and prints them.
    pub(crate) fn pages(mut self, request: RequestBuilder, limits: Limits) -> Result<(), Failure> {
        if self.style.is_plain_json() {
            self.merged_json(PrintedPages::text(request, limits, python::number)?)?;
            return Ok(self.out.flush()?);
        }
        let mut pages = PrintedPages::trees(request, limits)?;
        match self.style.format {
            Format::Text => self.each(&mut pages)?,
            Format::YamlStream => {
                while let Some(page) = pages.next() {
                    let (items, rest) = page?;
                    self.tree(&pages.tree(&rest, Vec::from_iter(items))?)?;
                    self.out.flush()?;
                }
            }
            Format::Off => pages.try_for_each(|page| page.map(drop))?,
            _ => self.merged(&mut pages)?,
        }
        Ok(self.out.flush()?)
    }

    /// Prints the elements of each page; the first also has the members that all pages share.
    fn each(&mut self, pages: &mut PrintedPages) -> Result<(), Failure> {
        let mut is_first = true;
        while let Some(page) = pages.next() {
            let (items, rest) = page?;
            let shared = match std::mem::take(&mut is_first) {
                true => pages.shared_part().clone(),
                false => Map::new(),
            };
            let elements = pages.elements(rest, shared)?;
            self.tree(&pages.tree(&elements, Vec::from_iter(items))?)?;
            self.out.flush()?;
        }
        match pages.resume_token() {
            Some(token) => {
                let token = serde_json::json!({"NextToken": {"NextToken": token}});
                self.tree(&Tree::from(&token))
            }
            None => Ok(()),
        }
    }

    /// Prints all pages as one result.
    fn merged(&mut self, pages: &mut PrintedPages) -> Result<(), Failure> {
        let mut full = Value::Object(Map::new());
        let mut all = Vec::new();
        while let Some(page) = pages.next() {
            let (items, rest) = page?;
            all.extend(items);
            pages.merge(&mut full, rest)?;
        }
        pages.complete(&mut full);
        self.tree(&pages.tree(&full, all)?)
    }

    /// Prints all pages as one result. The items of the first list are printed as they arrive, the rest follows.
    fn merged_json(&mut self, mut pages: PrintedPages) -> Result<(), Failure> {
        let mut full = Value::Object(Map::new());
        let mut count = 0;
        while let Some(page) = pages.next() {
            let (items, rest) = page?;
            let mut out = super::escaped(self.style, &mut self.out);
            for item in items.iter().flat_map(Items::texts) {
                if count == 0 {
                    out.write_all(b"{")?;
                    json::start(true, 1, &mut out)?;
                    json::name(pages.list().unwrap_or_default(), &mut out)?;
                    out.write_all(b"[")?;
                }
                json::start(count == 0, 2, &mut out)?;
                out.write_all(item)?;
                count += 1;
            }
            out.flush()?;
            drop(out);
            pages.merge(&mut full, rest)?;
        }
        pages.complete(&mut full);
        if count == 0 {
            return self.tree(&Tree::from(&full));
        }
        let mut out = super::escaped(self.style, &mut self.out);
        json::end("]", 1, &mut out)?;
        for (member, value) in full.as_object().into_iter().flatten() {
            if Some(&**member) != pages.list() {
                json::start(false, 1, &mut out)?;
                json::name(member, &mut out)?;
                json::write(Tree::from(value).root(), 1, &mut out)?;
            }
        }
        json::end("}", 0, &mut out)?;
        out.write_all(b"\n")?;
        Ok(out.flush()?)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use tucuxi::query::Query;
    use tucuxi::transport::Replay;
    use tucuxi::{Client, Config};

    use super::super::Style;
    use super::*;

    fn listing(service: &str, operation: &str, params: Value, bodies: &[&str]) -> RequestBuilder {
        let replay = bodies.iter().fold(Replay::new(), |replay, body| {
            replay.respond(200, &[], (*body).to_owned())
        });
        let config = Config::builder().isolated().region("eu-west-1").unsigned();
        let client = Client::with_transport(config.build().unwrap(), replay).unwrap();
        client.request(service, operation).params(params)
    }

    fn tables(pages: &[&str]) -> RequestBuilder {
        listing("dynamodb", "ListTables", json!({}), pages)
    }

    fn json_style(query: Option<&Query>) -> Style<'_> {
        Style {
            format: Format::Json,
            colour: false,
            width: 80,
            title: "List".into(),
            query,
            escape: false,
        }
    }

    fn printed(request: RequestBuilder, format: Format, query: Option<&str>) -> String {
        limited(request, format, query, None)
    }

    fn limited(
        request: RequestBuilder,
        format: Format,
        query: Option<&str>,
        max_items: Option<usize>,
    ) -> String {
        try_limited(request, format, query, max_items).unwrap()
    }

    fn try_limited(
        request: RequestBuilder,
        format: Format,
        query: Option<&str>,
        max_items: Option<usize>,
    ) -> Result<String, Failure> {
        let query = query.map(|query| Query::compile(query).unwrap());
        let style = Style {
            format,
            ..json_style(query.as_ref())
        };
        let mut out = Vec::new();
        let limits = Limits {
            max_items,
            ..Limits::default()
        };
        let printer = Printer::new(&style, &mut out);
        printer.pages(request, limits)?;
        Ok(String::from_utf8(out).unwrap())
    }

    const ONE: &str = r#"{"TableNames": ["a", "b"], "LastEvaluatedTableName": "bbb"}"#;
    const TWO: &str = r#"{"TableNames": ["c"]}"#;
    const NONE: &str = r#"{"TableNames": []}"#;

    const OBJECTS: &str = "<ListBucketResult><Name>b</Name><IsTruncated>true</IsTruncated><NextContinuationToken>t</NextContinuationToken><Contents><Key>k</Key></Contents><CommonPrefixes><Prefix>p/</Prefix></CommonPrefixes></ListBucketResult>";
    const LAST: &str = "<ListBucketResult><Name>b</Name><IsTruncated>false</IsTruncated><Contents><Key>l</Key></Contents></ListBucketResult>";

    const BARE: &str =
        "<ListBucketResult><Name>b</Name><IsTruncated>false</IsTruncated></ListBucketResult>";
    const BARE_OF_MORE: &str = "<ListBucketResult><Name>b</Name><IsTruncated>true</IsTruncated><NextContinuationToken>u</NextContinuationToken></ListBucketResult>";

    #[test]
    fn what_is_printed_of_pages_equals_what_is_printed_of_all_in_one() {
        type Case = (&'static str, &'static str, Value, &'static [&'static str]);
        let cases: [Case; 10] = [
            ("dynamodb", "ListTables", json!({}), &[ONE, TWO]),
            ("dynamodb", "ListTables", json!({}), &[NONE]),
            ("dynamodb", "ListTables", json!({}), &["{}"]),
            (
                "dynamodb",
                "ListTables",
                json!({}),
                &[
                    r#"{"TableNames": [], "LastEvaluatedTableName": "bbb"}"#,
                    TWO,
                ],
            ),
            (
                "dynamodb",
                "ListTables",
                json!({}),
                &[r#"{"LastEvaluatedTableName": "bbb"}"#, TWO],
            ),
            (
                "s3",
                "ListObjectsV2",
                json!({"Bucket": "b"}),
                &[OBJECTS, LAST],
            ),
            // the elements are a map
            (
                "apigateway",
                "GetUsage",
                json!({"usagePlanId": "p", "startDate": "2020-01-01", "endDate": "2020-01-02"}),
                &[
                    r#"{"usagePlanId": "p", "items": {"k": [[1, 2]], "l": [[3, 4]]}, "position": "x"}"#,
                    r#"{"usagePlanId": "p", "items": {"m": [[5, 6]]}}"#,
                ],
            ),
            // a page without the list ends it no more than it begins another one
            (
                "s3",
                "ListObjectsV2",
                json!({"Bucket": "b"}),
                &[OBJECTS, BARE],
            ),
            (
                "s3",
                "ListObjectsV2",
                json!({"Bucket": "b"}),
                &[OBJECTS, BARE_OF_MORE, LAST],
            ),
            (
                "dynamodb",
                "ListTables",
                json!({}),
                &[ONE, r#"{"LastEvaluatedTableName": "ccc"}"#, TWO],
            ),
        ];
        for (service, operation, params, bodies) in cases {
            for most in [1, 2, 100] {
                let request = || listing(service, operation, params.clone(), bodies);
                let mut pages = request().pages().unwrap().max_items(most);
                let full = Tree::from(&pages.collect_full().unwrap());
                let formats = [Format::Json, Format::Yaml, Format::Table];
                for (format, query) in formats
                    .into_iter()
                    .flat_map(|f| [(f, None), (f, Some("@"))])
                {
                    let mut whole = Vec::new();
                    let style = Style {
                        format,
                        ..json_style(None)
                    };
                    let printer = Printer::new(&style, &mut whole);
                    let is_table = printer.response(&full).is_ok();
                    let found = try_limited(request(), format, query, Some(most));
                    assert_eq!(found.is_ok(), is_table, "{bodies:?}");
                    if let Ok(found) = found {
                        let whole = String::from_utf8(whole).unwrap();
                        assert_eq!(found, whole, "{format:?} {query:?} {bodies:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn text_has_the_query_applied_to_each_page() {
        assert_eq!(
            printed(tables(&[ONE, TWO]), Format::Text, None),
            "TABLENAMES\ta\nTABLENAMES\tb\nTABLENAMES\tc\n"
        );
        assert_eq!(
            printed(
                tables(&[ONE, TWO]),
                Format::Text,
                Some("length(TableNames)")
            ),
            "2\n1\n"
        );
        let text = limited(tables(&[ONE, TWO]), Format::Text, None, Some(1));
        assert!(text.starts_with("TABLENAMES\ta\nNEXTTOKEN\t"), "{text}");
        // elements that a page does not have are null, as are members that no page has
        let objects = listing("s3", "ListObjectsV2", json!({"Bucket": "b"}), &[LAST]);
        assert_eq!(
            printed(
                objects,
                Format::Text,
                Some("[CommonPrefixes, Contents[].Key, Prefix]")
            ),
            "None\tNone\nl\n"
        );
    }

    #[test]
    fn other_formats_have_all_pages() {
        let yaml =
            "- TableNames:\n  - a\n  - b\n  LastEvaluatedTableName: bbb\n- TableNames:\n  - c\n";
        assert_eq!(printed(tables(&[ONE, TWO]), Format::YamlStream, None), yaml);
        assert_eq!(
            printed(tables(&[ONE, TWO]), Format::Yaml, None),
            "TableNames:\n- a\n- b\n- c\n"
        );
        assert_eq!(
            printed(tables(&[ONE, TWO]), Format::Json, Some("TableNames[0]")),
            "\"a\"\n"
        );
        assert_eq!(printed(tables(&[ONE, TWO]), Format::Off, None), "");
    }
}
