//! The width of text in columns of a terminal.

use icu_properties::CodePointMapData;
use icu_properties::props::EastAsianWidth;

/// The width of a text: wide, fullwidth and ambiguous characters take two columns, all others one, as `aws` counts them.
#[inline]
pub(super) fn columns(text: &str) -> usize {
    match text.is_ascii() {
        true => text.len(),
        false => of_characters(text),
    }
}

fn of_characters(text: &str) -> usize {
    let widths = CodePointMapData::<EastAsianWidth>::new();
    let wide = [
        EastAsianWidth::Ambiguous,
        EastAsianWidth::Fullwidth,
        EastAsianWidth::Wide,
    ];
    let width = |c| if wide.contains(&widths.get(c)) { 2 } else { 1 };
    text.chars().map(width).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wide_and_ambiguous_characters_take_two_columns() {
        for (text, width) in [
            ("", 0),
            ("abc", 3),
            ("é", 2),
            ("ä", 1),
            ("漢字", 4),
            ("🎉", 2),
            ("ﾊ", 1),
            ("Ａ", 2),
            ("\u{301}", 2),
            ("\n\u{1b}", 2),
        ] {
            assert_eq!(columns(text), width, "{text:?}");
        }
    }
}
