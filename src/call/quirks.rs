//! The form of what a service needs beyond its model and its interceptors. `custom` has the values.

use crate::settings::Settings;

/// What a service needs beyond its model, where an interceptor cannot do it. It is looked up once for each service.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ServiceQuirks {
    pub(crate) retry: RetryRule,
    /// Operations that wait for something to happen. Programs call them in a loop: without a delay an empty quota would make
    /// that loop a busy one.
    pub(crate) long_polling: &'static [&'static str],
    /// Error codes that another attempt may mend, though they say that the caller is at fault.
    pub(crate) transient_codes: &'static [&'static str],
    /// Errors that only the legacy mode retries: status and code.
    pub(crate) legacy_retries: &'static [(u16, &'static str)],
    /// The service accepts nothing newer than version 2 of signatures.
    pub(crate) signs_with_version_2: bool,
    /// A bearer token in the environment is used before anything else.
    pub(crate) prefers_bearer: Quirk,
    /// Presigned URLs go to the global endpoint, which finds a bucket in any region.
    pub(crate) presigns_for_any_region: Quirk,
    /// If the rules name no signing region, requests are signed for the region in the endpoints file: the endpoint is in another
    /// region than its host name suggests.
    pub(crate) signs_for_legacy_region: bool,
    /// If the configuration has an endpoint URL and no region, requests are signed for the global endpoint's region, as
    /// users of other servers of this API expect.
    pub(crate) has_region_at_any_url: bool,
    /// A response may say that the bucket is in another region, and the call follows it.
    pub(crate) follows_bucket_regions: Quirk,
    /// A streaming body is sent only after `100 Continue`.
    pub(crate) awaits_consent: Quirk,
    /// A streaming body is sent with its tree hash and its SHA-256.
    pub(crate) sends_tree_hash: Quirk,
    /// Operations that never have the bucket's name in the host, because they are sent to buckets in any region.
    pub(crate) path_style: &'static [&'static str],
    /// Switches the list above.
    pub(crate) has_path_style: Quirk,
    /// The root element of an operation's response, where it is not the one that the model implies.
    pub(crate) root_element: fn(operation: &str) -> Option<&'static str>,
}

/// A quirk that may be switched off under a customisation's name. `NONE` is one that the service does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Quirk(Option<&'static str>);

impl Quirk {
    pub(crate) const NONE: Self = Self(None);

    pub(crate) const fn named(customisation: &'static str) -> Self {
        Self(Some(customisation))
    }

    pub(crate) fn is_on(self, config: &Settings) -> bool {
        self.0.is_some_and(|name| config.has_customisation(name))
    }
}

/// The default number of attempts of a call, and their delays.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct RetryRule {
    /// Attempts in all.
    pub(crate) attempts: u32,
    /// The longest delay, in seconds, before the first retry after a transient failure.
    pub(crate) transient_delay: f64,
    /// Attempts in all in the legacy mode.
    pub(crate) legacy_attempts: u32,
    /// The first delay of the legacy mode, in seconds; `None` for a random one up to a second.
    pub(crate) legacy_delay: Option<f64>,
}
