//! The types for what a service needs beyond its model and its interceptors. `custom` has the values.

use crate::settings::Settings;

/// What a service needs beyond its model and cannot get from an interceptor. It is looked up once for each service.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ServiceQuirks {
    pub(crate) retry: RetryRule,
    /// Operations that wait for something to happen. Programs call them in a loop, which would be a busy one if calls failed without
    /// a delay while the retry quota is exhausted.
    pub(crate) long_polling: &'static [&'static str],
    /// Error codes that are retried, although they mean that the caller is at fault.
    pub(crate) transient_codes: &'static [&'static str],
    /// Errors that only the legacy mode retries: status and code.
    pub(crate) legacy_retries: &'static [(u16, &'static str)],
    /// The service accepts nothing newer than signature version 2.
    pub(crate) signs_with_version_2: bool,
    /// A bearer token in the environment takes precedence over credentials.
    pub(crate) prefers_bearer: Quirk,
    /// Presigned URLs are for the global endpoint, which finds a bucket in any region.
    pub(crate) presigns_for_any_region: Quirk,
    /// If the rules name no signing region, requests are signed for the region in the endpoints file, because the endpoint is in
    /// another region than its host name suggests.
    pub(crate) signs_for_legacy_region: bool,
    /// If an endpoint URL but no region is configured, requests are signed for the global endpoint's region, as users of servers
    /// that are compatible with this service expect.
    pub(crate) has_region_at_any_url: bool,
    /// A response may say that the bucket is in another region, and the call follows it.
    pub(crate) follows_bucket_regions: Quirk,
    /// A streaming body is sent with `Expect: 100-continue`, for which a large one waits.
    pub(crate) awaits_consent: Quirk,
    /// A streaming body is sent with its tree hash and its SHA-256.
    pub(crate) sends_tree_hash: Quirk,
    /// Operations that never have the bucket's name in the host, because they are sent to buckets in any region.
    pub(crate) path_style: &'static [&'static str],
    /// Switches the list above.
    pub(crate) has_path_style: Quirk,
    /// Whether an XML error is the root element `Error`, without one around it.
    #[cfg_attr(
        not(feature = "mock"),
        allow(dead_code, reason = "readers accept both forms")
    )]
    pub(crate) has_bare_errors: bool,
    /// The root element of an operation's response, if it is not the one that the model implies.
    pub(crate) root_element: fn(operation: &str) -> Option<&'static str>,
}

/// A quirk that can be switched off by the name of a customisation. `NONE` stands for a quirk that the service does not have.
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
    /// The maximum number of attempts.
    pub(crate) attempts: u32,
    /// The longest delay, in seconds, before the first retry after a transient failure.
    pub(crate) transient_delay: f64,
    /// The maximum number of attempts in the legacy mode.
    pub(crate) legacy_attempts: u32,
    /// The first delay of the legacy mode, in seconds, or `None` for a random delay of up to a second.
    pub(crate) legacy_delay: Option<f64>,
}
