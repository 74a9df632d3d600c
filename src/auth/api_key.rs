//! An API key in a header or in the query (`smithy.api#httpApiKeyAuth`).

use std::fmt;

use http::{HeaderName, Uri};
use zeroize::Zeroizing;

use super::{AuthScheme, IdentityKind, Sign, Signing, secret_header, secure};
use crate::call::CallContext;
use crate::endpoint::EndpointAuthScheme;
use crate::error::{Error, Result};
use crate::identity::ApiKey as Key;
use crate::model::ApiKeyPlace;
use crate::transport::Request;
use crate::uri;

#[derive(Clone, Copy, Debug)]
pub(super) struct ApiKey;

impl AuthScheme for ApiKey {
    fn id(&self) -> &'static str {
        "api-key"
    }

    fn names(&self) -> &'static [&'static str] {
        &["httpApiKeyAuth"]
    }

    fn signer(
        &self,
        cx: &CallContext<'_>,
        _: Option<&EndpointAuthScheme>,
        _: &dyn Fn() -> Result<String>,
    ) -> Result<Box<dyn Sign>> {
        let metadata = cx.model.metadata();
        let place = metadata.api_key.clone();
        let place = place
            .ok_or_else(|| Error::request("the model does not say where the API key is sent"))?;
        let key = cx.config.api_key(&metadata.service_key())?;
        let key = key.ok_or_else(|| {
            Error::request("no API key: pass one to the client (api_key), or set TUCUXI_API_KEY")
        })?;
        Ok(Box::new(Signer { place, key }))
    }
}

struct Signer {
    place: ApiKeyPlace,
    key: Key,
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signer")
            .field("place", &self.place)
            .finish_non_exhaustive()
    }
}

impl Sign for Signer {
    fn identity(&self) -> Option<IdentityKind> {
        None
    }

    fn sign(&self, _: &Signing<'_>, request: &mut Request) -> Result<()> {
        secure(request, "an API key")?;
        match &self.place {
            ApiKeyPlace::Header { name, scheme } => {
                let name = HeaderName::try_from(name.as_str()).map_err(Error::request)?;
                let value = match scheme {
                    Some(scheme) => Zeroizing::new(format!("{scheme} {}", self.key.text())),
                    None => Zeroizing::new(self.key.text().to_owned()),
                };
                let value = secret_header(&value, "the API key")?;
                request.headers_mut().insert(name, value);
            }
            ApiKeyPlace::Query { name } => {
                let (name, key) = (uri::encode(name, b""), uri::encode(self.key.text(), b""));
                let old = request.uri();
                let separator = if old.query().is_some() { '&' } else { '?' };
                let text = Zeroizing::new(format!("{old}{separator}{name}={key}"));
                *request.uri_mut() = text.parse::<Uri>().map_err(Error::request)?;
            }
        }
        Ok(())
    }
}
