//! The pages of a listing.

use std::io::Write;

use serde_json::{Map, Value};
use tucuxi::Pages;
use tucuxi::internals::command::{complete_pages, merge_page, page_elements, paginator};

use super::{Format, Printer, json};
use crate::failure::Failure;

impl<W: Write> Printer<'_, W> {
    /// Requests all pages, and prints them.
    pub(crate) fn pages(mut self, pages: &mut Pages) -> Result<(), Failure> {
        match self.style.format {
            Format::Text => self.each(pages)?,
            Format::YamlStream => {
                for page in pages.by_ref() {
                    self.value(&page?)?;
                    self.out.flush()?;
                }
            }
            Format::Json if self.style.query.is_none() => self.merged_json(pages)?,
            _ => self.value(&pages.collect_full()?)?,
        }
        Ok(self.out.flush()?)
    }

    /// Prints the elements of each page; the first also has the members that all pages share.
    fn each(&mut self, pages: &mut Pages) -> Result<(), Failure> {
        let mut is_first = true;
        while let Some(page) = pages.next() {
            let page = page?;
            let shared = match std::mem::take(&mut is_first) {
                true => pages.shared_part().clone(),
                false => Map::new(),
            };
            self.value(&page_elements(pages, &page, shared)?)?;
            self.out.flush()?;
        }
        match pages.resume_token() {
            Some(token) => {
                let token = serde_json::json!({"NextToken": {"NextToken": token}});
                self.value(&token)
            }
            None => Ok(()),
        }
    }

    /// Prints all pages as one result. The elements of the first list are printed as they arrive, the rest follows.
    fn merged_json(&mut self, pages: &mut Pages) -> Result<(), Failure> {
        let mut full = Value::Object(Map::new());
        let keys = &paginator(pages).result_keys;
        let name = keys.first().map(|key| key.text().to_owned());
        let name = name.as_deref();
        let mut streamed: Option<(&str, usize)> = None;
        let mut is_first = true;
        while let Some(page) = pages.next() {
            let mut page = page?;
            let list = name.and_then(|name| page.get_mut(name)?.as_array_mut());
            // only the first member of the result can be printed before the others are complete
            if std::mem::take(&mut is_first) && list.is_some() {
                streamed = name.map(|name| (name, 0));
            }
            if let (Some((name, count)), Some(list)) = (&mut streamed, list) {
                let mut out = super::escaped(self.style, &mut self.out);
                for item in std::mem::take(list) {
                    if *count == 0 {
                        out.write_all(b"{")?;
                        json::start(true, 1, &mut out)?;
                        json::name(name, &mut out)?;
                        out.write_all(b"[")?;
                    }
                    json::start(*count == 0, 2, &mut out)?;
                    json::write(&item, 2, &mut out)?;
                    *count += 1;
                }
                out.flush()?;
            }
            merge_page(pages, &mut full, &page)?;
        }
        complete_pages(pages, &mut full);
        let Some((name, 1..)) = streamed else {
            return self.value(&full);
        };
        let mut out = super::escaped(self.style, &mut self.out);
        json::end("]", 1, &mut out)?;
        for (member, value) in full.as_object().into_iter().flatten() {
            if member != name {
                json::start(false, 1, &mut out)?;
                json::name(member, &mut out)?;
                json::write(value, 1, &mut out)?;
            }
        }
        json::end("}", 0, &mut out)?;
        Ok(out.write_all(b"\n")?)
    }
}
