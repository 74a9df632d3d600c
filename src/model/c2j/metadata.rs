//! The `metadata` of a service.

use serde::Deserialize;
use serde_json::Value;

use crate::model::text::{RawNamespace, Text};
use crate::model::{Metadata, Protocol};

#[derive(Deserialize)]
pub(super) struct RawContextParam<'a> {
    #[serde(rename = "type", borrow)]
    pub(super) kind: Text<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[derive(Default)]
pub(super) struct RawMetadata<'a> {
    #[serde(borrow)]
    pub(super) api_version: Text<'a>,
    pub(super) auth: Vec<Text<'a>>,
    pub(super) aws_query_compatible: Option<Value>,
    pub(super) endpoint_prefix: Text<'a>,
    pub(super) json_version: Option<Text<'a>>,
    pub(super) protocol: Text<'a>,
    pub(super) protocols: Vec<Text<'a>>,
    pub(super) service_full_name: Text<'a>,
    pub(super) service_id: Option<Text<'a>>,
    pub(super) signature_version: Text<'a>,
    pub(super) signing_name: Option<Text<'a>>,
    pub(super) target_prefix: Text<'a>,
    pub(super) xml_namespace: Option<RawNamespace<'a>>,
}

impl RawMetadata<'_> {
    pub(super) fn resolve(self) -> Result<Metadata, String> {
        let spoken: Vec<&str> = match &*self.protocols {
            [] => vec![&*self.protocol],
            all => all.iter().map(|p| &**p).collect(),
        };
        let protocol = Protocol::preferred(spoken.iter().filter_map(|name| Protocol::named(name)))
            .ok_or_else(|| format!("none of its protocols is supported: {}", spoken.join(", ")))?;
        Ok(Metadata {
            protocol,
            api_key: None,
            api_version: self.api_version.into(),
            auth: self.auth.into_iter().map(String::from).collect(),
            client_context_params: Vec::new(),
            json_version: self.json_version.map_or_else(|| "1.0".into(), Into::into),
            query_compatible: self.aws_query_compatible.is_some(),
            service_id: self
                .service_id
                .unwrap_or_else(|| self.endpoint_prefix.clone())
                .into(),
            signing_name: self
                .signing_name
                .unwrap_or_else(|| self.endpoint_prefix.clone())
                .into(),
            endpoint_prefix: self.endpoint_prefix.into(),
            service_full_name: self.service_full_name.into(),
            signature_version: self.signature_version.into(),
            target_prefix: self.target_prefix.into(),
            xml_namespace: self.xml_namespace.map(Into::into),
        })
    }
}
