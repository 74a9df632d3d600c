//! Sizes with units, as `aws` prints them.

const UNITS: [&str; 6] = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];

/// Returns a size with a unit.
pub(super) fn size(bytes: u64) -> String {
    const BASE: f64 = 1024.0;
    match bytes {
        1 => return "1 Byte".to_owned(),
        0..1024 => return format!("{bytes} Bytes"),
        _ => {}
    }
    let mut size = bytes as f64 / BASE;
    let mut units = UNITS.iter();
    let mut unit = units.next();
    // a size that would be rounded to 1024 has the next unit
    while size.round_ties_even() >= BASE
        && let Some(next) = units.next()
    {
        size /= BASE;
        unit = Some(next);
    }
    format!("{size:.1} {}", unit.unwrap_or(&""))
}

#[cfg(test)]
mod tests {
    #[test]
    fn size_has_a_unit() {
        for (bytes, expected) in [
            (0, "0 Bytes"),
            (1, "1 Byte"),
            (1023, "1023 Bytes"),
            (1024, "1.0 KiB"),
            (1536, "1.5 KiB"),
            (1024 * 1024 - 1, "1.0 MiB"),
            (1024 * 1024 - 1024, "1023.0 KiB"),
            (5 << 40, "5.0 TiB"),
            (u64::MAX, "16.0 EiB"),
        ] {
            assert_eq!(super::size(bytes), expected, "{bytes}");
        }
    }
}
