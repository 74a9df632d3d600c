//! Options for members of structures.

use serde_json::Value;
use tucuxi::model::{Member, ServiceModel};

use super::{Params, structure};
use crate::aws::grammar::Takes;
use crate::aws::options::member_takes;

/// An option for a member of a structure.
pub(crate) struct Nested {
    /// The command of the service.
    service: &'static str,
    /// The operation, or `*`.
    operation: &'static str,
    /// The option of the structure.
    outer: &'static str,
    /// The member of the structure.
    inner: &'static str,
    pub(crate) name: &'static str,
    pub(crate) required: bool,
    /// Whether the structure itself is required.
    pub(crate) outer_required: bool,
    /// Another member that the option sets.
    with: Option<(&'static str, &'static str)>,
    /// Whether the value must be a zip file.
    is_zip: bool,
}

const fn nested(
    service: &'static str,
    operation: &'static str,
    outer: &'static str,
    inner: &'static str,
    name: &'static str,
) -> Nested {
    Nested {
        service,
        operation,
        outer,
        inner,
        name,
        required: false,
        outer_required: false,
        with: None,
        is_zip: false,
    }
}

const fn revision(operation: &'static str, inner: &'static str, name: &'static str) -> Nested {
    let kind = match name.as_bytes()[0] {
        b's' => "S3",
        _ => "GitHub",
    };
    Nested {
        with: Some(("revisionType", kind)),
        ..nested("deploy", operation, "revision", inner, name)
    }
}

const TABLE: &[Nested] = &[
    Nested {
        outer_required: true,
        ..nested(
            "configservice",
            "put-configuration-recorder",
            "configuration-recorder",
            "recordingGroup",
            "recording-group",
        )
    },
    revision("create-deployment", "gitHubLocation", "github-location"),
    revision("create-deployment", "s3Location", "s3-location"),
    revision(
        "get-application-revision",
        "gitHubLocation",
        "github-location",
    ),
    revision("get-application-revision", "s3Location", "s3-location"),
    revision(
        "register-application-revision",
        "gitHubLocation",
        "github-location",
    ),
    revision("register-application-revision", "s3Location", "s3-location"),
    Nested {
        is_zip: true,
        ..nested("lambda", "create-function", "code", "ZipFile", "zip-file")
    },
    Nested {
        is_zip: true,
        ..nested(
            "lambda",
            "publish-layer-version",
            "content",
            "ZipFile",
            "zip-file",
        )
    },
    nested(
        "quicksight",
        "start-asset-bundle-import-job",
        "asset-bundle-import-source",
        "Body",
        "asset-bundle-import-source-bytes",
    ),
    nested("rekognition", "*", "image", "Bytes", "image-bytes"),
    nested(
        "rekognition",
        "compare-faces",
        "source-image",
        "Bytes",
        "source-image-bytes",
    ),
    nested(
        "rekognition",
        "compare-faces",
        "target-image",
        "Bytes",
        "target-image-bytes",
    ),
    Nested {
        required: true,
        ..nested(
            "translate",
            "import-terminology",
            "terminology-data",
            "File",
            "data-file",
        )
    },
    Nested {
        required: true,
        outer_required: true,
        ..nested(
            "translate",
            "translate-document",
            "document",
            "Content",
            "document-content",
        )
    },
];

/// Returns the options for members of the structures of an operation.
pub(crate) fn of(service: &str, operation: &str) -> impl Iterator<Item = &'static Nested> {
    TABLE.iter().filter(move |nested| {
        nested.service == service && (nested.operation == operation || nested.operation == "*")
    })
}

impl Nested {
    /// Returns the member of the structure, if an option is that structure.
    pub(crate) fn member<'m>(
        &self,
        model: &'m ServiceModel,
        option: &str,
        outer: &Member,
    ) -> Option<&'m Member> {
        if option != self.outer {
            return None;
        }
        model.shape(outer.target).ok()?.members()?.get(self.inner)
    }

    pub(crate) fn takes(&self, model: &ServiceModel, inner: &Member) -> Takes {
        model
            .shape(inner.target)
            .map_or(Takes::One, |shape| member_takes(&shape.kind))
    }

    /// Puts the value into the structure.
    pub(crate) fn put(
        &self,
        params: &mut Params,
        outer: &Member,
        value: Value,
    ) -> Result<(), String> {
        if self.is_zip && !is_zip(&value) {
            return Err("the value must be a zip file: write fileb://NAME.zip".into());
        }
        let outer = structure(params, &outer.name)?;
        if let Some((name, value)) = self.with {
            outer.insert(name.into(), value.into());
        }
        outer.insert(self.inner.into(), value);
        Ok(())
    }
}

/// Whether base64 is the text of a zip file, which has the mark of its directory's end.
pub(crate) fn is_zip(value: &Value) -> bool {
    use base64::Engine as _;
    let bytes = value
        .as_str()
        .and_then(|text| base64::prelude::BASE64_STANDARD.decode(text).ok());
    bytes.is_some_and(|bytes| bytes.windows(4).any(|part| part == b"PK\x05\x06"))
}
