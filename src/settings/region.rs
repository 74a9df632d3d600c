//! The region.

use super::chain::Setting;
use super::{ConfigError, Settings, rows};

/// Returns the region that a setting names, and whether it implies FIPS endpoints, as old pseudo-regions such as `fips-us-east-1` do.
///
/// # Errors
///
/// Returns an error if the region cannot be a part of a host name.
pub(super) fn read(
    setting: Option<&Setting<String>>,
) -> Result<(Option<Setting<String>>, bool), ConfigError> {
    let Some(mut region) = setting.filter(|region| !region.value.is_empty()).cloned() else {
        return Ok((None, false));
    };
    let plain = region.value.strip_prefix("fips-");
    let plain = plain
        .or_else(|| region.value.strip_suffix("-fips"))
        .map(str::to_owned);
    let is_fips = plain.is_some();
    if let Some(plain) = plain {
        tracing::warn!(
            region = region.value,
            "set the region {plain} and use_fips_endpoint instead"
        );
        region.value = plain;
    }
    check(&region.value, &region.source)?;
    Ok((Some(region), is_fips))
}

/// Checks that a region can be a part of a host name.
fn check(text: &str, from: &dyn std::fmt::Display) -> Result<(), ConfigError> {
    let is_label = text.len() <= 63
        && !text.starts_with('-')
        && !text.ends_with('-')
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        && !text.bytes().all(|b| b.is_ascii_digit());
    match is_label {
        true => Ok(()),
        false => Err(ConfigError::Value {
            key: rows::REGION.key,
            from: from.to_string(),
            value: text.to_owned(),
            expected: "letters, digits and hyphens, such as eu-west-1",
        }),
    }
}

impl Settings {
    /// Returns the region.
    ///
    /// ```
    /// # use tucuxi::Config;
    /// let config = Config::builder().environment([("AWS_REGION", "eu-west-1")]).build()?;
    /// assert_eq!(config.region(), Some("eu-west-1"));
    /// # Ok::<(), tucuxi::config::ConfigError>(())
    /// ```
    pub fn region(&self) -> Option<&str> {
        self.region.as_ref().map(|region| &*region.value)
    }

    /// Returns the region, or an error that lists the settings for it.
    pub(crate) fn required_region(&self) -> Result<&str, ConfigError> {
        self.region().ok_or_else(|| ConfigError::NoRegion {
            profile: self.profile.value.clone(),
            files: self.profiles.places(),
        })
    }

    /// Returns the region, and its source.
    ///
    /// ```
    /// # use tucuxi::Config;
    /// let config = Config::builder().environment([("AWS_REGION", "eu-west-1")]).build()?;
    /// let source = config.region_setting().unwrap().source.to_string();
    /// assert_eq!(source, "the environment variable AWS_REGION");
    /// # Ok::<(), tucuxi::config::ConfigError>(())
    /// ```
    pub fn region_setting(&self) -> Option<&Setting<String>> {
        self.region.as_ref()
    }

    /// Returns these settings with another region, whose source is `from`.
    pub(crate) fn in_region(&self, region: &str, from: &str) -> Result<Self, ConfigError> {
        check(region, &from)?;
        let region = Some(Setting::of_program(region.to_owned()));
        let mut settings = self.clone();
        settings.explicit.values.region.clone_from(&region);
        settings.region = region;
        Ok(settings)
    }
}
