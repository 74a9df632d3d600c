//! Members of a response that do not fit the model.

use std::fmt;

/// A member of a response that does not fit the model; see [`Output::warnings`](crate::Output::warnings).
///
/// ```
/// # use tucuxi::{Client, Config, transport::Replay};
/// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
/// # let client = Client::with_transport(config, Replay::new().respond(200, &[], r#"{"TableNames": "films"}"#))?;
/// let output = client.request("dynamodb", "ListTables").send()?;
/// assert_eq!(output.warnings()[0].to_string(), "TableNames: expected list, found text");
/// assert!(output.warnings()[0].left_out);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Warning {
    /// The path in the result, such as `Contents[3].Owner` or `Attributes["All"]`; empty for the whole result.
    pub path: String,
    /// The type in the model, such as `timestamp`.
    pub expected: &'static str,
    /// The kind of value that was received; never the value itself, which may be secret.
    pub found: &'static str,
    /// Whether the result lacks the member. Otherwise the result has the value as it was received.
    pub left_out: bool,
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = match &*self.path {
            "" => "the result",
            path => path,
        };
        write!(
            f,
            "{path}: expected {}, found {}",
            self.expected, self.found
        )
    }
}

/// Logs the warnings, which contain no values.
pub(crate) fn log(warnings: &[Warning], service: &str, operation: &str) {
    for Warning {
        path,
        expected,
        found,
        ..
    } in warnings
    {
        let member = &**path;
        tracing::warn!(
            service,
            operation,
            member,
            expected,
            found,
            "the response does not fit the model"
        );
    }
}
