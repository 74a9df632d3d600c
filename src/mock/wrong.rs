//! Errors by their purpose: the service's own, if the model has one for that, or else the usual one of the protocol.

use super::recognise::Recognised;
use super::response::Failure;
use crate::model::{Protocol, ShapeId};

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

/// The error for too many requests.
pub(super) fn throttling(recognised: &Recognised) -> Failure {
    let Recognised {
        model, operation, ..
    } = recognised;
    let is_throttling = |id: &&ShapeId| {
        let traits = model
            .shape(**id)
            .ok()
            .and_then(|shape| shape.error.as_ref());
        let status = traits.and_then(|traits| traits.status);
        traits.is_some_and(|traits| traits.throttling) || status == Some(429)
    };
    let modelled = operation.errors.iter().find(is_throttling);
    let (code, status) = match (modelled, model.metadata().protocol) {
        (Some(id), _) => (model.shape_name(*id), None),
        (None, Protocol::AwsQuery) => ("Throttling", Some(400)),
        (None, Protocol::Ec2Query) => ("RequestLimitExceeded", Some(503)),
        (None, Protocol::RestXml) => ("SlowDown", Some(503)),
        (None, Protocol::RestJson) => ("TooManyRequestsException", Some(429)),
        (None, _) => ("ThrottlingException", Some(400)),
    };
    Failure {
        status,
        ..failure(code, "Rate exceeded")
    }
}

/// The error for a failure of the service.
pub(super) fn internal(recognised: &Recognised) -> Failure {
    let Recognised {
        model, operation, ..
    } = recognised;
    let is_internal = |id: &&ShapeId| {
        let traits = model
            .shape(**id)
            .ok()
            .and_then(|shape| shape.error.as_ref());
        traits.and_then(|traits| traits.status) == Some(500)
    };
    let code = match (
        operation.errors.iter().find(is_internal),
        model.metadata().protocol,
    ) {
        (Some(id), _) => model.shape_name(*id),
        (None, Protocol::Ec2Query | Protocol::RestXml) => "InternalError",
        (None, _) => "InternalFailure",
    };
    Failure {
        status: Some(500),
        ..failure(code, "We encountered an internal error. Please try again.")
    }
}

fn failure(code: &str, message: &str) -> Failure {
    Failure {
        code: code.into(),
        message: message.into(),
        ..Failure::default()
    }
}
