//! What can go wrong while an endpoint is resolved.

use crate::error::{Detail, ErrorKind};

/// An endpoint could not be resolved.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum EndpointError {
    /// A rule set, a partitions file or an endpoints file is not what its specification says.
    #[error("malformed endpoint data at {at}: {what}")]
    Malformed {
        /// The line and column of the file, or the path of the rule.
        at: Box<str>,
        /// What is wrong there.
        what: Box<str>,
    },
    /// A parameter that the rules require has neither a value nor a default.
    #[error("cannot find value for required parameter {name}{}", hint(built_in.as_deref()))]
    MissingParameter {
        /// The parameter's name.
        name: Box<str>,
        /// The built-in that would have filled it, such as `AWS::Region`.
        built_in: Option<Box<str>>,
    },
    /// No rule matched.
    #[error("no endpoint found for parameters: {0}")]
    NoMatch(
        /// The parameters as text.
        Box<str>,
    ),
    /// The service has no global endpoint and no region is given.
    #[error("no region is given: set one for the client, in the profile or in AWS_REGION")]
    NoRegion,
    /// A rule says that the parameters do not go together; the text is that of the rule.
    #[error("{0}")]
    Rule(
        /// The rule's message.
        Box<str>,
    ),
    /// No partition knows the region.
    #[error("no partition found for region `{0}`: check its spelling")]
    UnknownRegion(
        /// The region.
        Box<str>,
    ),
    /// The service has no FIPS or dual-stack endpoint in the region.
    #[error(
        "no {variant} endpoint exists for {service} in {place}: turn the setting off or choose another region"
    )]
    Variant {
        /// What was asked for: `FIPS`, `dual-stack` or both.
        variant: &'static str,
        /// The service's endpoint prefix.
        service: Box<str>,
        /// The region or the partition.
        place: Box<str>,
    },
    /// A parameter has a value of another type than the rule set says.
    #[error("endpoint parameter {name} must be a {expected}, not a {found}")]
    WrongType {
        /// The parameter's name.
        name: Box<str>,
        /// The type that the rule set says.
        expected: &'static str,
        /// The type that was given.
        found: &'static str,
    },
}

impl Detail for EndpointError {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Endpoint
    }
}

impl EndpointError {
    /// A malformed JSON file: the parser's position becomes `at`.
    pub(super) fn in_file(file: &str, error: &serde_json::Error) -> Self {
        let place = format!("line {} column {}", error.line(), error.column());
        let text = error.to_string();
        let what = text.strip_suffix(&format!(" at {place}")).unwrap_or(&text);
        Self::Malformed {
            at: format!("{file} {place}").into(),
            what: what.into(),
        }
    }
}

/// What to do about a parameter without a value.
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
    fn a_missing_region_says_what_to_do() {
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
    fn the_text_of_an_error_rule_stays_as_it_is() {
        let error = EndpointError::Rule("Invalid Configuration: Missing Region".into());
        assert_eq!(error.to_string(), "Invalid Configuration: Missing Region");
    }

    #[test]
    fn a_parser_s_position_moves_to_the_front() {
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
