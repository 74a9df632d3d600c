#![no_main]

use quick_xml::Reader;
use quick_xml::events::Event;

type Element = (usize, String, Option<String>);

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    // quick-xml does not normalise line ends (XML 1.0, 2.11)
    let normalised = text.replace("\r\n", "\n").replace('\r', "\n");
    if let Some(expected) = theirs(&normalised) {
        assert_eq!(
            tucuxi::internals::xml_elements(text).as_ref(),
            Ok(&expected)
        );
    }
});

/// The elements that quick-xml finds, or `None` if it finds an error or parts that responses of services never have:
/// document types, text outside the root, names with unusual characters.
fn theirs(text: &str) -> Option<Vec<Element>> {
    let mut reader = Reader::from_str(text);
    reader.config_mut().expand_empty_elements = true;
    reader.config_mut().check_end_names = true;
    let mut elements: Vec<Element> = Vec::new();
    let mut open: Vec<(usize, String)> = Vec::new();
    loop {
        match reader.read_event().ok()? {
            Event::Start(tag) => {
                let name = tag.name();
                let name: &str = name.as_ref();
                let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_' || c == '.';
                let local = name.rsplit(':').next()?;
                let prefix_is_plain = name
                    .split(':')
                    .all(|part| !part.is_empty() && part.chars().all(plain));
                let attributes = tag.attributes().all(|a| {
                    a.is_ok_and(|a| {
                        !a.value.contains('<')
                            && a.key.as_ref().chars().all(|c: char| plain(c) || c == ':')
                    })
                });
                if !prefix_is_plain
                    || name.matches(':').count() > 1
                    || !attributes
                    || open.len() >= 100
                {
                    return None;
                }
                if let Some((parent, text)) = open.last_mut() {
                    elements[*parent].2 = None;
                    text.clear();
                } else if !elements.is_empty() {
                    return None;
                }
                open.push((elements.len(), String::new()));
                elements.push((open.len() - 1, local.to_owned(), Some(String::new())));
            }
            Event::End(_) => {
                let (index, text) = open.pop()?;
                if elements[index].2.is_some() {
                    elements[index].2 = Some(text);
                }
            }
            Event::Text(text) => {
                let text: &str = &text;
                match open.last_mut() {
                    Some((_, all)) => all.push_str(text),
                    None if text.trim_matches([' ', '\t', '\n', '\r']).is_empty() => {}
                    None => return None,
                }
            }
            Event::CData(data) => open.last_mut()?.1.push_str(&data),
            Event::GeneralRef(reference) => {
                let (_, all) = open.last_mut()?;
                match reference.resolve_char_ref().ok()? {
                    Some(c) => all.push(c),
                    None => all.push_str(quick_xml::escape::resolve_predefined_entity(&reference)?),
                }
            }
            Event::Comment(_) | Event::PI(_) | Event::Decl(_) => {}
            // entities are expanded
            Event::DocType(_) | Event::Empty(_) => return None,
            Event::Eof => break,
        }
    }
    (open.is_empty() && !elements.is_empty()).then_some(elements)
}
