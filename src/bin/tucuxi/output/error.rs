//! Errors of commands of services on stderr, in the formats of `--cli-error-format`.
//!
//! | format | what is printed |
//! | --- | --- |
//! | `enhanced` | a sentence with the error's code, then the error's other members |
//! | `legacy` | a sentence |
//! | `json`, `yaml`, `text`, `table` | the error's members in this format; a sentence for an error without a code |
//!
//! The sentences are those that scripts search for.

use std::io::Write;

use serde_json::{Map, Value, json};
use tucuxi::error::RetriesEnded;
use tucuxi::internals::command::PrintableLines;
use tucuxi::tree::{Kind, Node};
use tucuxi::{Error, ServiceError, Tree};

use super::{Format, Printer, Style, python};
use crate::failure::{Failure, is_without_credentials, is_without_region};

/// A value of `--cli-error-format`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum ErrorFormat {
    #[default]
    Enhanced,
    Legacy,
    /// The format of a result.
    Result(Format),
}

impl ErrorFormat {
    pub(crate) const ALL: [(&'static str, Self); 6] = [
        ("legacy", Self::Legacy),
        ("json", Self::Result(Format::Json)),
        ("yaml", Self::Result(Format::Yaml)),
        ("text", Self::Result(Format::Text)),
        ("table", Self::Result(Format::Table)),
        ("enhanced", Self::Enhanced),
    ];

    /// Parses a value, in any case of letters.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        let mut all = Self::ALL.iter();
        all.find_map(|(known, format)| known.eq_ignore_ascii_case(name).then_some(*format))
    }
}

/// Writes a failure. An error of writing is the caller's, who has no other place to report it.
pub(crate) fn report(
    failure: &Failure,
    format: ErrorFormat,
    (width, colour): (usize, bool),
    out: &mut impl Write,
) -> Result<(), Failure> {
    let report = Report::of(failure);
    let style = |format| Style {
        format,
        colour,
        width,
        title: "error".into(),
        query: None,
        escape: true,
    };
    match (format, &report.code) {
        (ErrorFormat::Result(format), Some(_)) => {
            let members = Tree::from(&report.members());
            Printer::new(&style(format), out).response(&members)
        }
        (ErrorFormat::Enhanced, _) => {
            let sentence = report.enhanced();
            writeln!(out, "\ntucuxi: [ERROR]: {}", PrintableLines(sentence))?;
            Ok(report.write_details(out)?)
        }
        _ => Ok(writeln!(
            out,
            "\ntucuxi: [ERROR]: {}",
            PrintableLines(report.sentence)
        )?),
    }
}

/// Returns an error as a sentence, without what was being done when it occurred.
pub(crate) fn sentence(error: &Error) -> String {
    let root = error.root();
    match root.service_error() {
        Some(of_service) => Report::of_service(root, of_service).sentence,
        None => root.to_string(),
    }
}

/// The parts of a failure.
struct Report {
    /// None for errors that belong to no kind.
    code: Option<String>,
    message: String,
    sentence: String,
    /// The other members of a service's error.
    details: Map<String, Value>,
    is_of_service: bool,
}

impl Report {
    fn of(failure: &Failure) -> Self {
        if let Failure::Call(error) = failure
            && let Some(of_service) = error.root().service_error()
        {
            return Self::of_service(error.root(), of_service);
        }
        let message = failure.to_string();
        let code = match failure {
            Failure::Call(error) if is_without_credentials(error) => Some("NoCredentials"),
            Failure::Call(error) if is_without_region(error) => Some("NoRegion"),
            failure => match failure.code() {
                252 => Some("ParamValidation"),
                253 => Some("Configuration"),
                _ => None,
            },
        };
        Self {
            code: code.map(str::to_owned),
            sentence: message.clone(),
            message,
            details: Map::new(),
            is_of_service: false,
        }
    }

    fn of_service(error: &Error, of_service: &ServiceError) -> Self {
        let ServiceError {
            code,
            message,
            value,
            ..
        } = of_service;
        let operation = error.operation().unwrap_or("unknown");
        let retries = match error.retries_ended() {
            Some(RetriesEnded::Attempts) => {
                format!(
                    " (reached max retries: {})",
                    error.attempts().saturating_sub(1)
                )
            }
            _ => String::new(),
        };
        let details = value.as_object().cloned().unwrap_or_default();
        let is_other = |name: &str| !["code", "message"].contains(&&*name.to_lowercase());
        Self {
            code: Some(code.clone()),
            message: message.clone(),
            sentence: format!(
                "An error occurred ({code}) when calling the {operation} operation{retries}: {message}"
            ),
            details: details
                .into_iter()
                .filter(|(name, _)| is_other(name))
                .collect(),
            is_of_service: true,
        }
    }

    fn enhanced(&self) -> String {
        match &self.code {
            Some(code) if !self.is_of_service => {
                format!("An error occurred ({code}): {}", self.sentence)
            }
            _ => self.sentence.clone(),
        }
    }

    fn members(&self) -> Value {
        let mut members = json!({"Code": self.code, "Message": self.message});
        for (name, value) in &self.details {
            members[name] = value.clone();
        }
        members
    }

    /// Writes the other members; those that would take several lines are named only.
    fn write_details(&self, out: &mut impl Write) -> std::io::Result<()> {
        if self.details.is_empty() {
            return Ok(());
        }
        writeln!(out, "\nAdditional error details:")?;
        for (name, value) in &self.details {
            let tree = Tree::from(value);
            let shown = short(tree.root());
            let name = python::printable(name, true);
            match shown {
                Some(shown) => writeln!(out, "{name}: {shown}")?,
                None => writeln!(
                    out,
                    "{name}: <complex value>, --cli-error-format json recommended for full details"
                )?,
            }
        }
        Ok(())
    }
}

/// The text of a value, if it fits on a line.
fn short(node: Node<'_>) -> Option<String> {
    let text = |node| python::text(node, true);
    let mut parts = node.elements().chain(node.members().map(|(_, node)| node));
    if node.len() > 4 || !parts.all(python::is_scalar) {
        return None;
    }
    Some(match node.kind() {
        Kind::List(items) => {
            let items: Vec<_> = items.map(text).collect();
            format!("[{}]", items.join(", "))
        }
        Kind::Map(members) => {
            let entries = members.map(|(name, node)| format!("{name}: {}", text(node)));
            format!("{{{}}}", entries.collect::<Vec<_>>().join(", "))
        }
        _ => text(node).into_owned(),
    })
}

#[cfg(test)]
mod tests {
    use tucuxi::transport::Replay;
    use tucuxi::{Client, Config};

    use super::*;

    const BUCKET: &str =
        "<Error><Code>NoSuchBucket</Code><Message>gone</Message><BucketName>b</BucketName></Error>";
    const CANCELLED: &str = r#"{"__type": "TransactionCanceledException", "Message": "no", "CancellationReasons": [{"Code": "None"}]}"#;
    const STACK: &str = "<ErrorResponse><Error><Type>Sender</Type><Code>ValidationError</Code><Message>no stack</Message></Error></ErrorResponse>";

    fn failed(service: &str, operation: &str, params: Value, body: &str) -> Failure {
        let config = Config::builder().isolated().region("eu-west-1").unsigned();
        let replay = Replay::new().respond(400, &[], body.to_owned());
        let client = Client::with_transport(config.build().unwrap(), replay).unwrap();
        client.call(service, operation, params).unwrap_err().into()
    }

    fn reported(failure: &Failure, format: &str) -> String {
        let mut out = Vec::new();
        let format = ErrorFormat::parse(format).unwrap();
        report(failure, format, (80, false), &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn errors_of_services_are_sentences_or_members() {
        let bucket = failed("s3", "ListObjectsV2", json!({"Bucket": "b"}), BUCKET);
        let sentence = "\ntucuxi: [ERROR]: An error occurred (NoSuchBucket) when calling the ListObjectsV2 operation: gone\n";
        assert_eq!(reported(&bucket, "legacy"), sentence);
        let details = "\nAdditional error details:\nBucketName: b\n";
        assert_eq!(
            reported(&bucket, "Enhanced"),
            format!("{sentence}{details}")
        );
        for (format, expected) in [
            (
                "json",
                "{\n    \"Code\": \"NoSuchBucket\",\n    \"Message\": \"gone\",\n    \"BucketName\": \"b\"\n}\n",
            ),
            ("yaml", "Code: NoSuchBucket\nMessage: gone\nBucketName: b\n"),
            ("text", "b\tNoSuchBucket\tgone\n"),
        ] {
            assert_eq!(reported(&bucket, format), expected);
        }
        let stack = failed("cloudformation", "DescribeStacks", json!({}), STACK);
        let sentence = "\ntucuxi: [ERROR]: An error occurred (ValidationError) when calling the DescribeStacks operation: no stack\n";
        assert_eq!(reported(&stack, "enhanced"), sentence);
        let params = json!({"TransactItems": [{}]});
        let cancelled = failed("dynamodb", "TransactWriteItems", params, CANCELLED);
        let reported = reported(&cancelled, "enhanced");
        let details = "CancellationReasons: <complex value>, --cli-error-format json recommended for full details\n";
        assert!(reported.ends_with(details), "{reported}");
    }

    #[test]
    fn other_errors_have_a_code_if_they_are_of_a_kind() {
        let invalid = Failure::Usage("--x: wrong".into());
        let enhanced = "\ntucuxi: [ERROR]: An error occurred (ParamValidation): --x: wrong\n";
        assert_eq!(reported(&invalid, "enhanced"), enhanced);
        assert_eq!(
            reported(&invalid, "legacy"),
            "\ntucuxi: [ERROR]: --x: wrong\n"
        );
        assert_eq!(reported(&invalid, "text"), "ParamValidation\t--x: wrong\n");
        let other = Failure::Other("disk \u{1b}[2J".into());
        for format in ["enhanced", "json"] {
            assert_eq!(
                reported(&other, format),
                "\ntucuxi: [ERROR]: disk \\u{1b}[2J\n"
            );
        }
        let config = Config::builder().isolated().unsigned().build().unwrap();
        let client = Client::with_transport(config, Replay::new()).unwrap();
        let regionless = client.call("ec2", "DescribeVpcs", json!({})).unwrap_err();
        let text = reported(&regionless.into(), "json");
        assert!(text.contains("\"Code\": \"NoRegion\""), "{text}");
    }
}
