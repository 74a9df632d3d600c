//! Tags and annotations of objects that are copied in parts.

use serde_json::{Value, json};

use super::context::SERVICE;
use super::copy::Copy;
use super::error::TransferError;
use super::report::Outcome;
use crate::error::Result;

impl Copy {
    /// Returns the parameters of an operation on the source.
    fn source_params(&self, operation: &'static str, own: Value) -> Result<Value> {
        let mut params = self.source.params();
        if let (Some(params), Value::Object(own)) = (params.as_object_mut(), own) {
            params.extend(own);
        }
        let client = &self.source_context.client;
        self.args.params(client, operation, params)
    }

    /// Returns the parameters of an operation on the version that was stored.
    fn stored_params(
        &self,
        operation: &'static str,
        outcome: &Outcome,
        mut own: Value,
    ) -> Result<Value> {
        if let Some(version) = &outcome.version_id {
            own["VersionId"] = version.as_str().into();
        }
        self.params(operation, own)
    }

    pub(super) fn put_tags(&self, outcome: &Outcome) -> Result<()> {
        let tags = match self.args.text("TaggingDirective") {
            Some("COPY") => {
                let params = self.source_params("GetObjectTagging", json!({}))?;
                let response = self.source_context.call("GetObjectTagging", params)?;
                response["TagSet"].as_array().cloned().unwrap_or_default()
            }
            Some("REPLACE") => parse_tags(self.args.text("Tagging").unwrap_or_default()),
            _ => return Ok(()),
        };
        if tags.is_empty() {
            return Ok(());
        }
        let own = json!({"Tagging": {"TagSet": tags}});
        let params = self.stored_params("PutObjectTagging", outcome, own)?;
        self.context.call("PutObjectTagging", params).map(drop)
    }

    pub(super) fn put_annotations(&self, outcome: &Outcome) -> Result<()> {
        if self.args.text("AnnotationDirective") != Some("COPY") {
            return Ok(());
        }
        let (mut succeeded, mut failed) = (Vec::new(), Vec::new());
        let mut token = Value::Null;
        loop {
            let own = match &token {
                Value::Null => json!({}),
                token => json!({"ContinuationToken": token}),
            };
            let params = self.source_params("ListObjectAnnotations", own)?;
            let page = self.source_context.call("ListObjectAnnotations", params)?;
            for annotation in page["Annotations"].as_array().into_iter().flatten() {
                let name = annotation["AnnotationName"].as_str().unwrap_or_default();
                match self.put_annotation(name, outcome) {
                    Ok(()) => succeeded.push(name.to_owned()),
                    Err(error) => failed.push(format!("{name}: {error}")),
                }
            }
            match &page["NextContinuationToken"] {
                Value::Null => break,
                next if *next == token => break,
                next => token = next.clone(),
            }
        }
        if failed.is_empty() {
            return Ok(());
        }
        let what = format!(
            "the object was copied, but not all of its annotations; copied: [{}], failed: [{}]",
            succeeded.join(", "),
            failed.join(", ")
        );
        Err(TransferError::response(&self.object.url(), what))
    }

    fn put_annotation(&self, name: &str, outcome: &Outcome) -> Result<()> {
        let own = json!({"AnnotationName": name});
        let params = self.source_params("GetObjectAnnotation", own.clone())?;
        let client = &self.source_context.client;
        let payload = client.call(SERVICE, "GetObjectAnnotation", params)?;
        let mut params = self.stored_params("PutObjectAnnotation", outcome, own)?;
        params["AnnotationPayload"] = payload["AnnotationPayload"].clone();
        if let Some(etag) = &outcome.etag {
            params["ObjectIfMatch"] = etag.as_str().into();
        }
        self.context.call("PutObjectAnnotation", params).map(drop)
    }
}

/// Parses the argument `Tagging`, such as `a=1&b=2`.
fn parse_tags(query: &str) -> Vec<Value> {
    let decode = |text: &str| {
        let spaced = text.replace('+', " ");
        crate::uri::decode(&spaced)
    };
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    let tag = |pair: &str| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        json!({"Key": decode(name), "Value": decode(value)})
    };
    pairs.map(tag).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_parsed_as_a_query() {
        let tags = parse_tags("a=1&b+c=%26x&d&e=");
        let pair = |key: &str, value: &str| json!({"Key": key, "Value": value});
        assert_eq!(
            tags,
            [
                pair("a", "1"),
                pair("b c", "&x"),
                pair("d", ""),
                pair("e", "")
            ]
        );
        assert!(parse_tags("").is_empty());
    }
}
