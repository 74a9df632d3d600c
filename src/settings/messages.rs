//! The contents of requests, and the decoding of responses.

use super::Settings;
use super::values::{ParameterValidation, RequestChecksums, ResponseChecksums};

impl Settings {
    /// Returns the validation of parameters.
    ///
    /// ```
    /// # use tucuxi::Config;
    /// use tucuxi::config::ParameterValidation;
    ///
    /// let config = Config::builder().isolated().build()?;
    /// assert_eq!(config.parameter_validation(), ParameterValidation::Enabled);
    /// # Ok::<(), tucuxi::config::ConfigError>(())
    /// ```
    pub fn parameter_validation(&self) -> ParameterValidation {
        self.value(|values| values.parameter_validation)
            .unwrap_or_default()
    }

    /// Whether a response with a member that does not fit the model is an error.
    ///
    /// ```
    /// # use tucuxi::Config;
    /// let config = Config::builder().isolated().strict_responses(true).build()?;
    /// assert!(config.strict_responses());
    /// # Ok::<(), tucuxi::config::ConfigError>(())
    /// ```
    pub fn strict_responses(&self) -> bool {
        self.explicit.strict_responses
    }

    /// Returns these settings with strict responses.
    pub(crate) fn with_strict_responses(&self) -> Self {
        let mut settings = self.clone();
        settings.explicit.strict_responses = true;
        settings
    }

    /// Whether `AttributeValue`s are plain JSON.
    pub(crate) fn has_plain_attribute_values(&self) -> bool {
        self.explicit.plain_attribute_values
    }

    /// Returns these settings with plain `AttributeValue`s.
    pub(crate) fn with_plain_attribute_values(&self) -> Self {
        let mut settings = self.clone();
        settings.explicit.plain_attribute_values = true;
        settings
    }

    /// Returns which requests get a checksum.
    ///
    /// ```
    /// # use tucuxi::Config;
    /// use tucuxi::config::RequestChecksums;
    ///
    /// let config = Config::builder().environment([("AWS_REQUEST_CHECKSUM_CALCULATION", "when_required")]).build()?;
    /// assert_eq!(config.request_checksums(), RequestChecksums::WhenRequired);
    /// # Ok::<(), tucuxi::config::ConfigError>(())
    /// ```
    pub fn request_checksums(&self) -> RequestChecksums {
        self.value(|values| values.request_checksums)
            .unwrap_or_default()
    }

    /// Returns which responses are verified against their checksum.
    ///
    /// ```
    /// # use tucuxi::Config;
    /// use tucuxi::config::ResponseChecksums;
    ///
    /// let config = Config::builder().environment([("AWS_RESPONSE_CHECKSUM_VALIDATION", "when_required")]).build()?;
    /// assert_eq!(config.response_checksums(), ResponseChecksums::WhenRequired);
    /// # Ok::<(), tucuxi::config::ConfigError>(())
    /// ```
    pub fn response_checksums(&self) -> ResponseChecksums {
        self.value(|values| values.response_checksums)
            .unwrap_or_default()
    }

    /// Returns the names of the disabled customisations.
    pub(crate) fn disabled_customisations(&self) -> impl Iterator<Item = &str> {
        let all = [
            &self.ambient.disabled_customisations,
            &self.explicit.disabled_customisations,
        ];
        all.into_iter().flatten().map(|name| &**name)
    }

    /// Whether a customisation is enabled.
    pub(crate) fn has_customisation(&self, name: &str) -> bool {
        !self.disabled_customisations().any(|off| off == name)
    }
}
