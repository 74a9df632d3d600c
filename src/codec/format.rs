//! The formats of documents in bodies.

use serde::de::Error as _;

use super::ReadError;
use super::raw::{self, Raw};
use super::xml_tape::Nodes;

/// The format of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Cbor,
    Json,
    Xml,
}

impl Format {
    /// Scans an XML document for the reader, and so verifies that it is well-formed. JSON and CBOR are verified as they are read.
    pub(crate) fn scan(self, body: &[u8]) -> Result<Option<Nodes>, ReadError> {
        match self {
            Self::Xml if !body.is_empty() => {
                let text = std::str::from_utf8(body).map_err(ReadError::custom)?;
                Nodes::scan(text).map(Some)
            }
            Self::Cbor | Self::Json | Self::Xml => Ok(None),
        }
    }

    /// Replaces what is not UTF-8 in an XML document by U+FFFD; `None` if there is nothing to replace. The other formats are
    /// read as bytes.
    pub(crate) fn repair(self, body: &[u8]) -> Option<Vec<u8>> {
        let is_broken = matches!(self, Self::Xml) && std::str::from_utf8(body).is_err();
        is_broken.then(|| String::from_utf8_lossy(body).into_owned().into_bytes())
    }

    /// Parses JSON or CBOR without a shape; `None` for XML, which is read from its scan.
    pub(crate) fn parse(self, body: &[u8]) -> Option<Result<Raw, ReadError>> {
        let raw = match self {
            Self::Json => raw::json(body),
            Self::Cbor => raw::cbor(body),
            Self::Xml => return None,
        };
        Some(raw.ok_or_else(|| ReadError::custom("not well-formed")))
    }
}

/// Whether the first item of a CBOR document is a map.
pub(crate) fn is_cbor_map(body: &[u8]) -> bool {
    const MAP: u8 = 5;
    body.first().is_some_and(|first| first >> 5 == MAP)
}
