//! The minimum length of compressed bodies.

use super::chain::{Chain, Source};
use super::{ConfigError, Settings, rows};

const EXPECTED: &str = "a number from 1 to 1048576";
const DEFAULT: u64 = 10240;

pub(super) fn read(chain: &Chain<'_>) -> Result<Option<u64>, ConfigError> {
    let Some(size) = chain.parsed(&rows::COMPRESSION_SIZE, EXPECTED)? else {
        return Ok(None);
    };
    check(size.value, &size.source)?;
    Ok(Some(size.value))
}

/// Checks the number of the program.
pub(super) fn check_explicit(size: Option<u64>) -> Result<(), ConfigError> {
    size.map_or(Ok(()), |size| check(size, &Source::Builder))
}

fn check(size: u64, source: &Source) -> Result<(), ConfigError> {
    match (1..=1024 * 1024).contains(&size) {
        true => Ok(()),
        false => Err(ConfigError::Value {
            key: rows::COMPRESSION_SIZE.key,
            value: size.to_string(),
            from: source.to_string(),
            expected: EXPECTED,
        }),
    }
}

impl Settings {
    /// Returns the minimum length of request bodies that are compressed if the operation supports it, or `None` if compression is
    /// disabled.
    ///
    /// ```
    /// # use tucuxi::Config;
    /// let config = Config::builder().isolated().build()?;
    /// assert_eq!(config.min_compression_size(), Some(10240));
    /// # Ok::<(), tucuxi::config::ConfigError>(())
    /// ```
    pub fn min_compression_size(&self) -> Option<u64> {
        let off = self.value(|values| values.no_compression).unwrap_or(false);
        let size = self.value(|values| values.compression_size);
        (!off).then(|| size.unwrap_or(DEFAULT))
    }
}
