//! The words and numbers of outlines, which say where the parts of a text are. An outline has thousands of them, so they are not
//! split and parsed as text.

/// Returns the words of a line, which spaces separate.
pub(crate) fn words(line: &str) -> impl Iterator<Item = &[u8]> {
    line.as_bytes().split(|byte| *byte == b' ')
}

/// Returns the number that a word is.
pub(crate) fn number(word: &[u8]) -> Option<usize> {
    if word.is_empty() {
        return None;
    }
    word.iter().try_fold(0_usize, |number, digit| {
        let digit = digit.wrapping_sub(b'0');
        let more = number.checked_mul(10)?.checked_add(digit.into())?;
        (digit < 10).then_some(more)
    })
}

/// Returns the number that a word is, which may have a minus sign.
pub(crate) fn signed(word: &[u8]) -> Option<isize> {
    match word.strip_prefix(b"-") {
        Some(rest) => isize::try_from(number(rest)?).ok()?.checked_neg(),
        None => isize::try_from(number(word)?).ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_numbers_or_not() {
        let found: Vec<_> = words("0 12 -7 x 1x  18446744073709551616 -").collect();
        let numbers: Vec<_> = found.iter().map(|word| number(word)).collect();
        let none = None;
        assert_eq!(
            numbers,
            [Some(0), Some(12), none, none, none, none, none, none]
        );
        let both: Vec<_> = found.iter().map(|word| signed(word)).collect();
        assert_eq!(
            both,
            [Some(0), Some(12), Some(-7), None, None, None, None, None]
        );
    }
}
