//! Errors of endpoint resolution.

use crate::error::{Detail, ErrorKind};

/// The reason why an endpoint cannot be resolved.
///
/// ```
/// use tucuxi::endpoint::EndpointError;
///
/// # let config = tucuxi::Config::builder().isolated().region("cn-north-1").use_fips(true).unsigned().build()?;
/// # let client = tucuxi::Client::with_transport(config, tucuxi::transport::Replay::new())?;
/// let error = client.call("s3", "ListBuckets", serde_json::json!({})).unwrap_err();
/// assert!(matches!(error.downcast_ref(), Some(EndpointError::Rule(_))), "{error}");
/// # Ok::<(), tucuxi::Error>(())
/// ```
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum EndpointError {
    /// A rule set, a partitions file or an endpoints file is malformed.
    #[error("malformed endpoint data at {at}: {what}")]
    Malformed {
        /// The line and column of the file, or the path of the rule.
        at: String,
        /// The problem.
        what: String,
    },
    /// A required parameter has neither a value nor a default.
    #[error("cannot find value for required parameter {name}{}", hint(built_in.as_deref()))]
    MissingParameter {
        /// The parameter's name.
        name: String,
        /// The built-in that supplies its value, such as `AWS::Region`.
        built_in: Option<String>,
    },
    /// No rule matches.
    #[error("no endpoint found for parameters: {0}")]
    NoMatch(
        /// The parameters as text.
        String,
    ),
    /// The service has no endpoint rules and is not one of AWS's, so its endpoint must be set.
    #[error("the service has no endpoint of its own: set its URL (endpoint_url, AWS_ENDPOINT_URL)")]
    NoEndpoint,
    /// The service has no global endpoint, and no region is set.
    #[error("no region: set one for the client, in the profile or in AWS_REGION")]
    NoRegion,
    /// A rule rejects the parameters; the text is that of the rule.
    #[error("{0}")]
    Rule(
        /// The rule's message.
        String,
    ),
    /// No partition has the region.
    #[error("no partition found for region `{0}`: check its spelling")]
    UnknownRegion(
        /// The region.
        String,
    ),
    /// The service has no FIPS or dual-stack endpoint in the region.
    #[error(
        "no {variant} endpoint exists for {service} in {place}: turn the setting off or choose another region"
    )]
    Variant {
        /// The requested variant: `FIPS`, `dual-stack` or both.
        variant: &'static str,
        /// The service's endpoint prefix.
        service: String,
        /// The region or the partition.
        place: String,
    },
    /// A value of a parameter has the wrong type.
    #[error("endpoint parameter {name} must be a {expected}, not a {found}")]
    WrongType {
        /// The parameter's name.
        name: String,
        /// The type in the rule set.
        expected: &'static str,
        /// The type of the value.
        found: &'static str,
    },
}

impl Detail for EndpointError {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Endpoint
    }
}

impl EndpointError {
    /// Converts an error of the JSON parser. Its line and column become `at`.
    pub(super) fn in_file(file: &str, error: &serde_json::Error) -> Self {
        let place = format!("line {} column {}", error.line(), error.column());
        let text = error.to_string();
        let what = text.strip_suffix(&format!(" at {place}")).unwrap_or(&text);
        Self::Malformed {
            at: format!("{file} {place}"),
            what: what.into(),
        }
    }
}

/// Returns the remedy for a parameter without a value.
fn hint(built_in: Option<&str>) -> &'static str {
    match built_in {
        Some("AWS::Auth::AccountId") => ": use credentials that carry an account id",
        Some("AWS::Region") => ": set a region for the client, in the profile or in AWS_REGION",
        Some("SDK::Endpoint") => ": set an endpoint URL",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_error_of_a_missing_region_has_a_remedy() {
        let error = EndpointError::MissingParameter {
            name: "Region".into(),
            built_in: Some("AWS::Region".into()),
        };
        assert_eq!(
            error.to_string(),
            "cannot find value for required parameter Region: set a region for the client, in the profile or in AWS_REGION"
        );
    }

    #[test]
    fn the_text_of_an_error_rule_is_unchanged() {
        let error = EndpointError::Rule("Invalid Configuration: Missing Region".into());
        assert_eq!(error.to_string(), "Invalid Configuration: Missing Region");
    }

    #[test]
    fn the_position_of_the_parser_moves_to_the_front() {
        let Err(error) = serde_json::from_str::<bool>("\n 7") else {
            panic!("7 is no boolean");
        };
        let EndpointError::Malformed { at, what } = EndpointError::in_file("rules", &error) else {
            panic!("not malformed");
        };
        assert_eq!(&*at, "rules line 2 column 2");
        assert_eq!(&*what, "invalid type: integer `7`, expected a boolean");
    }
}
