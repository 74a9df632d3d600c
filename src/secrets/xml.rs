//! Scrubbing of XML documents.

use std::borrow::Cow;

use super::Side;
use super::cbor::SCRUBBED;

/// Replaces the texts and attributes of secret elements.
pub(super) fn scrub(text: &str, side: &Side) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    // the depth within a secret element
    let mut depth = usize::from(side.whole_body);
    // within the key of a map entry
    let mut is_key = false;
    loop {
        let (before, tag) = match rest.split_once('<') {
            Some((before, tag)) => (before, Some(tag)),
            None => (rest, None),
        };
        push_text(&mut out, before, depth > 0 && !std::mem::take(&mut is_key));
        let Some(tag) = tag else {
            return out;
        };
        if let Some(data) = tag.strip_prefix("![CDATA[") {
            let (data, after) = data.split_once("]]>").unwrap_or((data, ""));
            match depth > 0 {
                true => out.push_str(SCRUBBED),
                false => out.extend(["<![CDATA[", data, "]]>"]),
            }
            rest = after;
            continue;
        }
        let end = if tag.starts_with("!--") { "-->" } else { ">" };
        let (head, after) = tag.split_once(end).unwrap_or((tag, ""));
        rest = after;
        if tag.starts_with("!--") {
            continue;
        }
        if head.starts_with('/') {
            depth = depth.saturating_sub(1).max(usize::from(side.whole_body));
        } else if !head.starts_with(['?', '!']) {
            let name = head.split([' ', '\t', '\r', '\n', '/']).next();
            let name = name
                .unwrap_or_default()
                .rsplit(':')
                .next()
                .unwrap_or_default();
            let opens = !head.ends_with('/');
            is_key = name == "key" && side.keeps_keys();
            if opens && (depth > 0 || side.hides(name)) {
                depth += 1;
            }
        }
        out.push('<');
        out.push_str(&attributes(head, side));
        out.push('>');
    }
}

fn push_text(out: &mut String, text: &str, secret: bool) {
    match secret && !text.trim().is_empty() {
        true => out.push_str(replacement(text)),
        false => out.push_str(text),
    }
}

/// Replaces secret attributes of a tag.
fn attributes<'t>(head: &'t str, side: &Side) -> Cow<'t, str> {
    if !head.contains('=') || head.starts_with(['?', '!']) {
        return head.into();
    }
    let (mut out, mut rest) = (String::new(), head);
    while let Some((before, value)) = rest.split_once('=') {
        let name = before.split_whitespace().next_back().unwrap_or_default();
        let name = name.rsplit(':').next().unwrap_or_default();
        out.extend([before, "="]);
        let Some(quote) = value
            .trim_start()
            .chars()
            .next()
            .filter(|c| "'\"".contains(*c))
        else {
            rest = value;
            continue;
        };
        let value = value.trim_start().get(1..).unwrap_or_default();
        let (value, after) = value.split_once(quote).unwrap_or((value, ""));
        let value = if side.hides(name) { SCRUBBED } else { value };
        out.push(quote);
        out.push_str(value);
        out.push(quote);
        rest = after;
    }
    out.push_str(rest);
    out.into()
}

/// A replacement that parses as the same type.
pub(super) fn replacement(text: &str) -> &'static str {
    let text = text.trim();
    match text {
        "true" | "false" => "false",
        _ if text.parse::<f64>().is_ok() => "0",
        _ if text.len() >= 20 && text.get(4..5) == Some("-") && text.get(10..11) == Some("T") => {
            "1970-01-01T00:00:00Z"
        }
        _ => SCRUBBED,
    }
}
