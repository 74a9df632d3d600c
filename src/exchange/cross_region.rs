//! Copies from another region: the request to the service contains a presigned URL for the service in the source's region.

use std::time::Duration;

use http::Method;
use serde_json::Value;

use super::{Call, Exchange, Presign, Step, Waiting};
use crate::error::{Error, Result};
use crate::protocol::Params;

/// The validity of the URL, as in botocore.
const EXPIRES: Duration = Duration::from_secs(3600);

/// The source of a copy between regions.
pub(super) struct CopySource {
    region: String,
    /// The parameters of the call that is presigned in the source's region.
    params: Params,
    /// A parameter of the URL that the model does not have.
    more: Option<(&'static str, String)>,
    /// The member that takes the URL.
    member: Box<str>,
}

impl Exchange {
    /// Presigns the request that the service copies from, if the call copies from another region.
    pub(super) fn sign_copy_source(&mut self) -> Result<Option<Step>> {
        let call = &self.call;
        if call.presign.is_some() || !call.config.has_customisation("source-region-url") {
            return Ok(None);
        }
        let Some(source) = CopySource::find(call, &self.params.value)? else {
            return Ok(None);
        };
        if source.is_given() || call.config.is_unsigned() {
            self.params = source.params;
            return Ok(None);
        }
        let presign = Presign {
            expires: EXPIRES,
            method: Some(Method::GET),
            more: source.more.clone(),
        };
        let there = call.presigned_in(&source.region, "the parameter SourceRegion", presign)?;
        // the parameters were checked with those of the copy
        let signs = Self::new(there, source.params.clone(), None);
        self.waiting = Waiting::CopySource(source);
        Ok(Some(Step::NeedCall(Box::new(signs))))
    }
}

impl CopySource {
    /// Returns the source, if the model has members for it and the parameters name another region.
    fn find(call: &Call, params: &Value) -> Result<Option<Self>> {
        const SOURCE: &str = "SourceRegion";
        const DESTINATION: &str = "DestinationRegion";
        let Some(region) = params.get(SOURCE).and_then(Value::as_str) else {
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
            region: region.to_owned(),
            params: Params { value, body: None },
            more,
            member: url.name.as_str().into(),
        }))
    }

    /// Whether the caller has set the URL.
    fn is_given(&self) -> bool {
        self.params.value.get(&*self.member).is_some()
    }

    /// The parameters of the copy, with the URL.
    pub(super) fn finish(self, url: Value) -> Result<Params> {
        let mut params = self.params;
        match params.value.as_object_mut() {
            Some(members) => members.insert(self.member.into(), url),
            None => return Err(Error::request("the parameters are not an object")),
        };
        Ok(params)
    }
}
