//! What a copy takes over from its source, as arguments of its requests.

use super::args::Args;
use super::copy_properties::CopyProperties;
use super::object::Object;

/// The properties of an object that can be changed in a copy only by replacing all of them.
pub(super) const METADATA: [&str; 7] = [
    "CacheControl",
    "ContentDisposition",
    "ContentEncoding",
    "ContentLanguage",
    "ContentType",
    "Expires",
    "Metadata",
];

impl CopyProperties {
    /// Whether the properties of the source must be known, although it is not copied in parts.
    pub(super) fn needs_source(self, args: &Args) -> bool {
        self.merges() && args.text("MetadataDirective").is_none() && changes_metadata(args)
    }

    fn merges(self) -> bool {
        matches!(self, Self::All | Self::Metadata | Self::MetadataAndTags)
    }

    /// Adds the directives and properties to the arguments of a copy.
    pub(super) fn apply(self, args: &mut Args, source: &Object, in_parts: bool) {
        if self == Self::ByDirectives || args.text("MetadataDirective").is_some() {
            return;
        }
        if self == Self::None {
            args.insert("MetadataDirective", "REPLACE".into());
        } else if in_parts || changes_metadata(args) {
            for name in METADATA {
                let value = source.response.get(name);
                if let (Some(value), false) = (value, args.has(name)) {
                    args.insert(name, value.clone());
                }
            }
            args.insert("MetadataDirective", "REPLACE".into());
        }
        let tags = match self {
            Self::All | Self::MetadataAndTags if in_parts => Some("COPY"),
            Self::Metadata | Self::None => Some("REPLACE"),
            _ => None,
        };
        if let (Some(tags), false) = (tags, args.has("TaggingDirective")) {
            args.insert("TaggingDirective", tags.into());
        }
        if self == Self::All && in_parts && !args.has("AnnotationDirective") {
            args.insert("AnnotationDirective", "COPY".into());
        }
    }
}

fn changes_metadata(args: &Args) -> bool {
    METADATA.iter().any(|name| args.has(name))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::args::Action;
    use super::*;

    #[test]
    fn properties_become_directives() {
        use CopyProperties::{All, ByDirectives, Metadata, MetadataAndTags, None};
        let replace = json!({"MetadataDirective": "REPLACE", "TaggingDirective": "REPLACE"});
        let merged = |tags: Value| {
            let mut args = json!({"ContentType": "a/b", "Metadata": {"k": "v"}, "MetadataDirective": "REPLACE"});
            if !tags.is_null() {
                args["TaggingDirective"] = tags;
            }
            args
        };
        let (nothing, own) = (json!({}), json!({"ContentType": "a/b"}));
        for (properties, in_parts, given, expected) in [
            (ByDirectives, true, &nothing, nothing.clone()),
            (None, false, &nothing, replace.clone()),
            (None, true, &nothing, replace),
            (
                Metadata,
                false,
                &nothing,
                json!({"TaggingDirective": "REPLACE"}),
            ),
            (Metadata, false, &own, merged("REPLACE".into())),
            (MetadataAndTags, false, &nothing, nothing.clone()),
            (MetadataAndTags, false, &own, merged(Value::Null)),
            (MetadataAndTags, true, &own, merged("COPY".into())),
            (All, false, &nothing, nothing.clone()),
            (
                All,
                true,
                &json!({"MetadataDirective": "COPY"}),
                json!({"MetadataDirective": "COPY"}),
            ),
        ] {
            let mut args = Args::check(Action::Copy, given.clone()).unwrap();
            let source = Object {
                response: json!({"ContentType": "x/y", "Metadata": {"k": "v"}, "ETag": "e"}),
                ..Object::default()
            };
            properties.apply(&mut args, &source, in_parts);
            let actual: Value = serde_json::from_str(&args.to_json()).unwrap();
            assert_eq!(actual, expected, "{properties:?} {in_parts} {given}");
        }
    }
}
