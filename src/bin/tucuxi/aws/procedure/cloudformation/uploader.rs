//! Uploads of files under the names of their content, so that the same content is uploaded once.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use md5::{Digest as _, Md5};
use serde_json::{Value, json};
use tucuxi::Client;
use tucuxi::internals::command::hex;

use super::super::Task;
use crate::bar::Bar;
use crate::failure::Failure;

/// Uploads files to a bucket.
pub(super) struct Uploader {
    client: Client,
    bucket: String,
    prefix: String,
    /// Whether an object with the same content is replaced.
    force: bool,
    args: Value,
}

impl Uploader {
    /// Takes the bucket and its options from a command line.
    pub(super) fn new(task: &Task<'_, '_>, metadata: Option<Value>) -> Self {
        let mut args = match task.value("kms-key-id") {
            None => json!({"ServerSideEncryption": "AES256"}),
            Some(key) => json!({"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key}),
        };
        if let Some(metadata) = metadata {
            args["Metadata"] = metadata;
        }
        Self {
            client: task.others.clone(),
            bucket: task.required("s3-bucket").to_owned(),
            prefix: task.value("s3-prefix").unwrap_or_default().to_owned(),
            force: task.has("force-upload"),
            args,
        }
    }

    /// Uploads a file, unless its content is there already, and returns the key of the object.
    pub(super) fn upload(&self, path: &Path, extension: &str) -> Result<String, Failure> {
        let shown = path.to_string_lossy();
        let name = checksum(path).map_err(Failure::file(&shown))?;
        let mut key = match &*self.prefix {
            "" => name,
            prefix => format!("{prefix}/{name}"),
        };
        key += extension;
        let object = json!({"Bucket": self.bucket, "Key": key});
        // without the right to know, it is uploaded
        if !self.force && self.client.call("s3", "HeadObject", object).is_ok() {
            return Ok(key);
        }
        let bar = Bar::new(format!("Uploading to {key}"));
        let transfer = self.client.transfer();
        let upload = transfer.upload_file(path, &*self.bucket, &*key);
        let result = upload.args(self.args.clone()).progress(bar).run();
        match result {
            Ok(_) => Ok(key),
            Err(error) if error.root().code() == Some("NoSuchBucket") => {
                let bucket = &self.bucket;
                Err(Failure::Other(
                    format!(
                        "there is no bucket {bucket}: create it with tucuxi s3 mb s3://{bucket}"
                    )
                    .into(),
                ))
            }
            Err(error) => Err(error.into()),
        }
    }

    pub(super) fn s3_url(&self, key: &str) -> String {
        format!("s3://{}/{key}", self.bucket)
    }

    /// The URL of an object in the form in which CloudFormation reads templates.
    pub(super) fn https_url(&self, key: &str) -> Result<String, Failure> {
        let known = self.client.introspect();
        let endpoint = known
            .explain_endpoint("s3", "ListBuckets", &json!({}))?
            .endpoint?;
        let base = endpoint.url.trim_end_matches('/');
        Ok(format!("{base}/{}/{key}", self.bucket))
    }
}

fn checksum(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let mut hash = Md5::new();
    let mut buffer = vec![0; 64 * 1024];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(hex(&hash.finalize())),
            n => hash.update(&buffer[..n]),
        }
    }
}
