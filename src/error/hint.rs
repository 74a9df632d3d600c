//! Advice for errors of services whose message does not say what to do.

use std::borrow::Cow;

use http::Method;

use super::ServiceError;

/// The request that failed.
pub(crate) struct FailedRequest<'a> {
    pub(crate) method: &'a Method,
    /// The provider of the credentials that signed it.
    pub(crate) credentials: Option<&'a str>,
}

impl ServiceError {
    /// Returns what the user can do about the error, unless its message already says so.
    pub(crate) fn hint(&self, failed: &FailedRequest<'_>) -> Option<Cow<'static, str>> {
        let credentials = match failed.credentials {
            Some(source) => format!("the credentials ({source})"),
            None => "the credentials".to_owned(),
        };
        // a response without a body has its status as code
        let is_bare_head = *failed.method == Method::HEAD && self.code.parse::<u16>().is_ok();
        if self.is_expired_credentials() {
            return Some(
                format!("{credentials} have expired: refresh them or log in again").into(),
            );
        }
        let hint = match (&*self.code, self.status) {
            ("InvalidAccessKeyId" | "InvalidClientTokenId" | "UnrecognizedClientException", _) => {
                let partition = "check the keys, whether they need a session token, and the partition of the region";
                return Some(
                    format!("the service does not know {credentials}: {partition}").into(),
                );
            }
            (
                "AuthorizationHeaderMalformed"
                | "IllegalLocationConstraintException"
                | "PermanentRedirect",
                _,
            ) => {
                match self
                    .headers
                    .get("x-amz-bucket-region")
                    .map(|region| region.to_str())
                {
                    Some(Ok(region)) => {
                        return Some(format!("the region of the bucket is {region}").into());
                    }
                    _ => {
                        "the request was sent to, or signed for, another region: check the region and the endpoint URL"
                    }
                }
            }
            _ if self.message.contains("scoped to a valid region") => {
                "the endpoint belongs to another region: check the region and the endpoint URL"
            }
            ("RequestInTheFuture" | "RequestTimeTooSkewed", _) => {
                "check the clock of this computer"
            }
            ("SignatureDoesNotMatch" | "InvalidSignatureException", _) => {
                "check the secret access key, the clock of this computer, and proxies that change requests"
            }
            (_, 403) if is_bare_head => {
                "responses to HEAD carry no reason: without permission to list, a missing object is 403 as well"
            }
            (_, 404) if is_bare_head => {
                "responses to HEAD carry no reason: the object or its bucket does not exist"
            }
            _ => return None,
        };
        Some(hint.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_of_credentials_regions_and_clocks_have_a_hint() {
        let cases = [
            (
                Method::POST,
                "ExpiredToken",
                400,
                "m",
                Some("env) have expired"),
            ),
            (
                Method::GET,
                "InvalidAccessKeyId",
                403,
                "m",
                Some("does not know the credentials (env)"),
            ),
            (
                Method::GET,
                "AuthorizationHeaderMalformed",
                400,
                "m",
                Some("is eu-west-3"),
            ),
            (
                Method::POST,
                "SignatureDoesNotMatch",
                403,
                "Credential should be scoped to a valid region.",
                Some("belongs to another region"),
            ),
            (
                Method::POST,
                "SignatureDoesNotMatch",
                403,
                "m",
                Some("check the secret access key"),
            ),
            (
                Method::GET,
                "RequestTimeTooSkewed",
                403,
                "m",
                Some("check the clock"),
            ),
            (
                Method::HEAD,
                "403",
                403,
                "Forbidden",
                Some("without permission to list"),
            ),
            (Method::HEAD, "404", 404, "Not Found", Some("or its bucket")),
            (Method::HEAD, "412", 412, "", None),
            (Method::GET, "403", 403, "", None),
            (Method::GET, "AccessDenied", 403, "m", None),
        ];
        for (method, code, status, message, expected) in cases {
            let mut error = ServiceError::in_stream(code, message);
            error.status = status;
            let region = "eu-west-3".parse().unwrap();
            error.headers.insert("x-amz-bucket-region", region);
            let failed = FailedRequest {
                method: &method,
                credentials: Some("env"),
            };
            let hint = error.hint(&failed);
            match (&hint, expected) {
                (Some(hint), Some(part)) => assert!(hint.contains(part), "{code}: {hint}"),
                (hint, expected) => assert_eq!(hint.as_deref(), expected, "{code}"),
            }
        }
    }
}
