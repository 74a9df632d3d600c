//! Sizes and rates in the section `s3` of a profile: `8MB`, `64KiB`, `10MB/s`, `80Mb/s`.

use std::str::FromStr;

/// The units, in any case, with the binary logarithm of their bytes. As in `aws`, `KB` and `KiB` are both powers of 1024.
const UNITS: [(&str, u32); 8] = [
    ("kib", 10),
    ("mib", 20),
    ("gib", 30),
    ("tib", 40),
    ("kb", 10),
    ("mb", 20),
    ("gb", 30),
    ("tb", 40),
];

/// A number of bytes, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Size(pub(super) u64);

impl FromStr for Size {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let text = text.trim().to_ascii_lowercase();
        let mut units = UNITS.into_iter();
        let unit = units.find_map(|(unit, bits)| Some((text.strip_suffix(unit)?, bits)));
        let (number, bits) = unit.unwrap_or((&text, 0));
        let number = number.trim_end();
        if !number.bytes().all(|b| b.is_ascii_digit()) {
            return Err(());
        }
        let number: u64 = number.parse().map_err(drop)?;
        match number.checked_mul(1 << bits) {
            Some(bytes) if bytes > 0 => Ok(Self(bytes)),
            _ => Err(()),
        }
    }
}

/// A number of bytes a second, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rate(pub(super) u64);

impl FromStr for Rate {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let text = text.trim();
        let (size, units) = match text.strip_suffix("/s") {
            // bits
            Some(size) if size.ends_with('b') => (size, 8),
            Some(size) if size.ends_with('B') => (size, 1),
            Some(_) => return Err(()),
            None => (text, 1),
        };
        let plain = || size.strip_suffix(['B', 'b']).ok_or(())?.parse();
        let Size(number) = size.parse().or_else(|()| plain())?;
        let bytes = number / units;
        if bytes == 0 {
            return Err(());
        }
        Ok(Self(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_parsed_as_by_aws() {
        for (text, bytes) in [
            ("1", Some(1)),
            ("8MB", Some(8 << 20)),
            ("64KB", Some(64 << 10)),
            ("64kb", Some(64 << 10)),
            ("5 GiB", Some(5 << 30)),
            ("1TiB", Some(1 << 40)),
            ("0", None),
            ("0MB", None),
            ("-1", None),
            ("+1", None),
            ("8.5MB", None),
            ("8M", None),
            ("8B", None),
            ("MB", None),
            ("", None),
            ("8MB/s", None),
            ("18446744073709551615", Some(u64::MAX)),
            ("18446744073709551616", None),
            ("18446744073709551615KB", None),
        ] {
            assert_eq!(text.parse().ok(), bytes.map(Size), "{text}");
        }
    }

    #[test]
    fn rates_are_in_bytes_or_bits_a_second() {
        for (text, bytes) in [
            ("10MB/s", Some(10 << 20)),
            ("800KB/s", Some(800 << 10)),
            ("1GB/s", Some(1 << 30)),
            ("1GiB/s", Some(1 << 30)),
            ("500B/s", Some(500)),
            ("500", Some(500)),
            ("10MB", Some(10 << 20)),
            ("10Mb/s", Some(10 << 17)),
            ("8b/s", Some(1)),
            ("7b/s", None),
            ("10MB/m", None),
            ("0B/s", None),
            ("/s", None),
            ("B/s", None),
            ("fast", None),
        ] {
            assert_eq!(text.parse().ok(), bytes.map(Rate), "{text}");
        }
    }
}
