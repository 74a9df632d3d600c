//! The errors for requests that do not fit the model: the service's own, if the model has one for that.

use super::recognise::Recognised;
use super::response::Failure;
use crate::model::Protocol;

/// Names of errors of validation, the most specific first.
const VALIDATION: [&str; 16] = [
    "ValidationException",
    "ValidationError",
    "ValidationErrorException",
    "InvalidParameterValueException",
    "InvalidParameterException",
    "InvalidParameterValue",
    "InvalidParametersException",
    "InvalidInputException",
    "InvalidArgumentException",
    "InvalidArgument",
    "InvalidArguments",
    "InvalidRequestException",
    "InvalidRequest",
    "InvalidInput",
    "BadRequestException",
    "BadRequest",
];

/// The error for parameters that do not pass the validation.
pub(super) fn parameters(recognised: &Recognised, problem: &str) -> Failure {
    let Recognised {
        model, operation, ..
    } = recognised;
    let of_operation = VALIDATION
        .into_iter()
        .find(|name| (operation.errors.iter()).any(|id| model.shape_name(*id) == *name));
    let of_service = || {
        let name = VALIDATION.first().copied();
        name.filter(|name| model.shape_id(name).is_some())
    };
    let default = match model.metadata().protocol {
        Protocol::AwsQuery => "ValidationError",
        Protocol::Ec2Query => "InvalidParameterValue",
        Protocol::RestXml => "InvalidArgument",
        _ => "ValidationException",
    };
    failure(of_operation.or_else(of_service).unwrap_or(default), problem)
}

/// The error for a body that cannot be read.
pub(super) fn document(recognised: &Recognised, problem: &str) -> Failure {
    let code = match recognised.model.metadata().protocol {
        Protocol::AwsQuery | Protocol::Ec2Query => "MalformedQueryString",
        Protocol::RestXml => "MalformedXML",
        _ => "SerializationException",
    };
    failure(code, problem)
}

fn failure(code: &str, message: &str) -> Failure {
    Failure {
        code: code.into(),
        message: message.into(),
        ..Failure::default()
    }
}
