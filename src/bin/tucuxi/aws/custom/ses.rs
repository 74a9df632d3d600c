//! SES: `send-email` with addresses and texts as options.

use serde_json::json;

use super::{Custom, NONE, Params, first, one, option, structure};
use crate::aws::grammar::Takes;

pub(super) const TABLE: &[Custom] = &[Custom {
    service: "ses",
    operation: "send-email",
    optional: &["destination", "message"],
    added: &[
        option("to", Takes::Some, |params, values| {
            addresses(params, "ToAddresses", values)
        }),
        option("cc", Takes::Some, |params, values| {
            addresses(params, "CcAddresses", values)
        }),
        option("bcc", Takes::Some, |params, values| {
            addresses(params, "BccAddresses", values)
        }),
        one("subject", |params, values| {
            message(params)?.insert("Subject".into(), json!({"Data": first(values)}));
            Ok(())
        }),
        one("text", |params, values| body(params, "Text", values)),
        one("html", |params, values| body(params, "Html", values)),
    ],
    exclusive: &[
        [&["destination"], &["bcc", "cc", "to"]],
        [&["message"], &["html", "text"]],
    ],
    ..NONE
}];

fn addresses(params: &mut Params, name: &str, values: &[String]) -> Result<(), String> {
    structure(params, "Destination")?.insert(name.into(), values.into());
    Ok(())
}

fn message(params: &mut Params) -> Result<&mut Params, String> {
    let message = structure(params, "Message")?;
    for name in ["Subject", "Body"] {
        structure(message, name)?;
    }
    Ok(message)
}

fn body(params: &mut Params, name: &str, values: &[String]) -> Result<(), String> {
    let body = structure(message(params)?, "Body")?;
    body.insert(name.into(), json!({"Data": first(values)}));
    Ok(())
}
