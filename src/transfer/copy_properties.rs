//! The setting of what copies take over from their source.

/// What a copy takes over from its source. `MetadataDirective` in the arguments of a copy has precedence.
///
/// Headers and metadata are `CacheControl`, `ContentDisposition`, `ContentEncoding`, `ContentLanguage`, `ContentType`, `Expires`
/// and `Metadata`. Those of the arguments replace those of the source one by one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum CopyProperties {
    /// Headers, metadata, tags and annotations.
    All,
    /// What the directives in the arguments say, as in boto3. By default that is all that CopyObject takes over, and headers and
    /// metadata if the object is copied in parts.
    #[default]
    ByDirectives,
    /// Headers and metadata.
    Metadata,
    /// Headers, metadata and tags.
    MetadataAndTags,
    /// Nothing.
    None,
}
