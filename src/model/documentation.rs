//! Documentation in models, which is HTML.

use std::fmt;

/// The documentation of an operation, a shape or a member. Its `Display` is plain text, with each paragraph and list item on a line of
/// its own.
///
/// ```
/// use tucuxi::model::Documentation;
///
/// let documentation = Documentation::new("<p>Rings <b>one</b> bell:</p> <ul><li>the large one</li></ul>");
/// assert_eq!(documentation.to_string(), "Rings one bell:\n- the large one");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Documentation(String);

impl Documentation {
    /// Creates documentation from HTML.
    pub fn new(html: impl Into<String>) -> Self {
        Self(html.into())
    }

    /// Returns the HTML.
    pub fn html(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Documentation {
    /// Writes plain text without control characters, except for the line breaks.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, block) in blocks(&self.0).iter().enumerate() {
            if n > 0 {
                f.write_str("\n")?;
            }
            for (n, word) in block.split_whitespace().enumerate() {
                write!(f, "{}{word}", if n > 0 { " " } else { "" })?;
            }
        }
        Ok(())
    }
}

/// The paragraphs and list items.
fn blocks(html: &str) -> Vec<String> {
    let mut blocks = vec![String::new()];
    let mut rest = html;
    while let Some((text, after)) = rest.split_once('<') {
        push(&mut blocks, text);
        // a lone `<` is text: `a < b`
        let tag = after.split_once('>').filter(|(tag, _)| {
            tag.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/' || c == '!')
        });
        let Some((tag, after)) = tag else {
            push(&mut blocks, "<");
            rest = after;
            continue;
        };
        match tag_name(tag) {
            "li" if !tag.starts_with('/') => blocks.push("- ".into()),
            // a paragraph in a list item stays on the item's line
            "p" if blocks.last().is_some_and(|last| last == "- ") => {}
            "br" | "dd" | "div" | "dl" | "dt" | "h1" | "h2" | "h3" | "li" | "note" | "ol" | "p"
            | "pre" | "ul" => {
                blocks.push(String::new());
            }
            _ => {}
        }
        rest = after;
    }
    push(&mut blocks, rest);
    blocks.retain(|block| !["", "-"].contains(&block.trim()));
    blocks
}

fn tag_name(tag: &str) -> &str {
    let name = tag.trim_start_matches('/');
    name.split(|c: char| !c.is_ascii_alphanumeric())
        .next()
        .unwrap_or_default()
}

fn push(blocks: &mut [String], text: &str) {
    const ENTITIES: [(&str, &str); 7] = [
        ("&nbsp;", " "),
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#39;", "'"),
        ("&apos;", "'"),
        ("&amp;", "&"), // last, as `&amp;lt;` is the text `&lt;`
    ];
    let Some(block) = blocks.last_mut() else {
        return;
    };
    let text = match text.contains('&') {
        true => ENTITIES
            .iter()
            .fold(text.to_owned(), |text, (name, is)| text.replace(name, is)),
        false => text.to_owned(),
    };
    block.extend(text.chars().map(|c| if c.is_control() { ' ' } else { c }));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn html_becomes_paragraphs() {
        let html = "<p>Lists <code>a &lt; b</code> &amp;lt;\n things.</p><p></p><ul><li><p>One <b>1</b></p></li><li>Two</li></ul><note>if x < 3 \u{1b}[2J</note>";
        assert_eq!(
            Documentation::new(html).to_string(),
            "Lists a < b &lt; things.\n- One 1\n- Two\nif x < 3 [2J"
        );
        for broken in ["", "<", "<p", "</", "a<", "<p>", "<li>", "&", "<!-- x"] {
            let _ = Documentation::new(broken).to_string();
        }
    }
}
