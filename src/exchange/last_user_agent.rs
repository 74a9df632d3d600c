//! The last User-Agent of a service. Most calls have the same.

use std::sync::{Arc, Mutex, Weak};

use http::HeaderValue;

use crate::error::Result;
use crate::settings::Settings;
use crate::sync;

#[derive(Default)]
pub(super) struct LastUserAgent(Mutex<Option<Known>>);

struct Known {
    /// It keeps the address of the settings, and not what they contain.
    config: Weak<Settings>,
    features: Vec<&'static str>,
    value: HeaderValue,
}

impl LastUserAgent {
    /// Returns the User-Agent for these settings and features, which `write` writes unless it is the last one.
    pub(super) fn get(
        &self,
        config: &Arc<Settings>,
        features: Vec<&'static str>,
        write: impl FnOnce(&[&'static str]) -> Result<HeaderValue>,
    ) -> Result<HeaderValue> {
        let mut last = sync::lock(&self.0);
        if let Some(known) = &*last
            && std::ptr::eq(known.config.as_ptr(), Arc::as_ptr(config))
            && known.features == features
        {
            return Ok(known.value.clone());
        }
        let value = write(&features)?;
        *last = Some(Known {
            config: Arc::downgrade(config),
            features,
            value: value.clone(),
        });
        Ok(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    #[test]
    fn the_last_one_is_written_once() {
        let config = || Config::builder().isolated().build().unwrap();
        let (one, other) = (config(), config());
        let last = LastUserAgent::default();
        let mut written = 0;
        for (config, features) in [
            (&one, ["a", "b"]),
            (&one, ["a", "b"]),
            (&one, ["a", "c"]),
            (&other, ["a", "c"]),
            (&other, ["a", "c"]),
        ] {
            let value = last.get(config.settings(), features.into(), |features| {
                written += 1;
                Ok(HeaderValue::try_from(features.concat()).unwrap())
            });
            assert_eq!(value.unwrap(), features.concat());
        }
        assert_eq!(written, 3);
    }
}
