//! Rendering of a model's documentation, which is HTML, as plain text.

/// Renders HTML as lines of this width that are indented by `indent` spaces. Paragraphs and list items start new lines; control
/// characters are removed.
pub(crate) fn lines(html: &str, indent: usize, width: usize) -> Vec<String> {
    let blanks = " ".repeat(indent);
    let wrapped = blocks(html)
        .into_iter()
        .flat_map(|block| wrap(&block, width));
    wrapped.map(|line| format!("{blanks}{line}")).collect()
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

fn wrap(block: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in block.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn html_becomes_lines() {
        let html = "<p>Lists <code>a &lt; b</code> &amp;lt;\n things.</p><p></p><ul><li><p>One <b>1</b></p></li><li>Two</li></ul><note>if x < 3 \u{1b}[2J</note>";
        assert_eq!(
            lines(html, 2, 98),
            [
                "  Lists a < b &lt; things.",
                "  - One 1",
                "  - Two",
                "  if x < 3 [2J"
            ]
        );
        for broken in ["", "<", "<p", "</", "a<", "<p>", "<li>", "&", "<!-- x"] {
            lines(broken, 0, 40);
        }
    }

    #[test]
    fn long_lines_are_wrapped() {
        let lines = lines(&"word ".repeat(100), 8, 92);
        assert!(
            lines.len() > 4
                && lines
                    .iter()
                    .all(|line| line.len() <= 100 && line.starts_with("        word"))
        );
        let long = "x".repeat(500);
        assert_eq!(super::lines(&long, 0, 40), [long.as_str()]);
    }
}
