//! The contents of requests, and the decoding of responses.

use super::Settings;
use super::values::{RequestChecksums, ResponseChecksums};

impl Settings {
    /// Whether parameters are validated before a request is sent.
    ///
    /// ```
    /// # use tucuxi::Config;
    /// let config = Config::builder().isolated().validate_parameters(false).build()?;
    /// assert!(!config.validates_parameters());
    /// # Ok::<(), tucuxi::config::ConfigError>(())
    /// ```
    pub fn validates_parameters(&self) -> bool {
        self.value(|values| values.validate_parameters)
            .unwrap_or(true)
    }

    /// Whether maximum values, maximum lengths and enumerations are validated too.
    ///
    /// ```
    /// # use tucuxi::Config;
    /// let config = Config::builder().isolated().validate_strictly(true).build()?;
    /// assert!(config.validates_strictly());
    /// # Ok::<(), tucuxi::config::ConfigError>(())
    /// ```
    pub fn validates_strictly(&self) -> bool {
        self.explicit.strict_validation
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
