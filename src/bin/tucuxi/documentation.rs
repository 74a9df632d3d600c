//! Documentation in lines of a terminal.

use tucuxi::model::Documentation;

/// Renders HTML as lines of this width that are indented by `indent` spaces. Paragraphs and list items start new lines.
pub(crate) fn lines(html: &str, indent: usize, width: usize) -> Vec<String> {
    let blanks = " ".repeat(indent);
    let text = Documentation::new(html).to_string();
    let wrapped = text.lines().flat_map(|block| wrap(block, width));
    wrapped.map(|line| format!("{blanks}{line}")).collect()
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
    fn html_becomes_indented_lines() {
        let html = "<p>Lists things.</p><ul><li>One</li></ul>";
        assert_eq!(lines(html, 2, 98), ["  Lists things.", "  - One"]);
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
