//! Copies from another region.

use serde_json::Value;

use super::Call;
use crate::error::Result;
use crate::protocol::Params;

/// A call that copies from another region: the service here is given a URL of the service there.
pub(crate) struct CrossRegion {
    pub(crate) source_region: String,
    /// What is called there.
    pub(crate) params: Params,
    pub(crate) more: Option<(&'static str, String)>,
    /// The member that the URL goes into.
    member: Box<str>,
}

impl CrossRegion {
    /// Whether the model has members for that, and the parameters need it.
    pub(crate) fn find(call: &Call<'_>, params: &Value) -> Result<Option<Self>> {
        const SOURCE: &str = "SourceRegion";
        const DESTINATION: &str = "DestinationRegion";
        let Some(source_region) = params.get(SOURCE).and_then(Value::as_str) else {
            return Ok(None);
        };
        let model = &call.service.model;
        let input = call.operation.input.map(|id| model.shape(id)).transpose()?;
        let Some(members) = input.and_then(|shape| shape.members()) else {
            return Ok(None);
        };
        let mut all = members.iter();
        let Some(url) = all.find(|m| m.name.eq_ignore_ascii_case("PresignedUrl")) else {
            return Ok(None);
        };
        let mut value = params.clone();
        let mut more = None;
        let here = call.config.required_region()?;
        match members.iter().any(|m| &*m.name == DESTINATION) {
            true => {
                let given = params.get(&*url.name).is_some();
                if given || call.config.is_unsigned() {
                    return Ok(None);
                }
                value[DESTINATION] = here.into();
            }
            false => {
                more = Some((DESTINATION, here.to_owned()));
                if let Some(members) = value.as_object_mut() {
                    members.remove(SOURCE);
                }
            }
        }
        Ok(Some(Self {
            source_region: source_region.to_owned(),
            params: Params { value, body: None },
            more,
            member: url.name.clone(),
        }))
    }

    /// Whether the caller gives the URL: then nobody else signs one.
    pub(crate) fn is_given(&self) -> bool {
        self.params.value.get(&*self.member).is_some()
    }

    /// The parameters, with the URL unless the caller gives one.
    pub(crate) fn finish(self, url: &str) -> Params {
        let mut params = self.params;
        if let Some(members) = params.value.as_object_mut() {
            members.entry(&*self.member).or_insert_with(|| url.into());
        }
        params
    }
}
