//! Who makes requests, and how they are signed.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use super::ConfigBuilder;
use crate::credentials::CredentialsProvider;
use crate::identity::{BearerToken, Credentials};
use crate::settings::{SignatureVersion, names_in};

impl ConfigBuilder {
    /// These credentials, and no search for others.
    pub fn credentials(self, credentials: Credentials) -> Self {
        self.credentials_provider(credentials)
    }

    /// This provider in place of the chain.
    pub fn credentials_provider(mut self, provider: impl CredentialsProvider + 'static) -> Self {
        self.plugins.provider = Some(Arc::new(provider));
        self
    }

    /// How long a lookup of credentials or of a bearer token may take in all: its requests, the program of
    /// `credential_process`, and prompts to a person. By default that is 120 seconds. The time of the call
    /// ([`ConfigBuilder::operation_timeout`]) and its cancel token end a lookup too. Fractions of a second count.
    ///
    /// The variable `TUCUXI_CREDENTIALS_TIMEOUT` and the key `credentials_timeout` of a profile have it in whole seconds,
    /// from 1.
    pub fn credentials_timeout(mut self, timeout: Duration) -> Self {
        self.explicit.values.credentials_timeout = Some(timeout);
        self
    }

    /// Whether the credentials of roles are kept in `~/.aws/cli/cache`, which `aws` shares. They are by default, in files
    /// that only the user can read.
    pub fn cache_roles(mut self, yes: bool) -> Self {
        self.explicit.no_role_cache = !yes;
        self
    }

    /// What asks for the code of an MFA device, whose serial number or ARN it is given, when a profile's role needs one. By
    /// default the terminal, if there is one.
    pub fn mfa_prompt(
        mut self,
        ask: impl Fn(&str) -> io::Result<String> + Send + Sync + 'static,
    ) -> Self {
        self.explicit.world.mfa = Some(Arc::new(ask));
        self
    }

    /// The token of services that take one.
    pub fn bearer_token(mut self, token: BearerToken) -> Self {
        self.explicit.bearer_token = Some(token);
        self
    }

    /// Sends requests without a signature, as for public buckets.
    pub fn unsigned(mut self) -> Self {
        self.explicit.unsigned = true;
        self
    }

    /// How requests are signed, where that is not to be left to models and endpoint rules.
    pub fn signature_version(mut self, version: SignatureVersion) -> Self {
        self.explicit.values.signature_version = Some(version);
        self
    }

    /// The schemes of signing that are taken before others, with commas between them: `sigv4a,sigv4`.
    pub fn auth_scheme_preference(mut self, names: impl Into<String>) -> Self {
        self.explicit.values.auth_schemes = Some(names_in(&names.into()));
        self
    }

    /// The regions that a signature of version 4a is valid in, with commas between them, or `*`.
    pub fn sigv4a_signing_region_set(mut self, regions: impl Into<String>) -> Self {
        self.explicit.values.region_set = Some(regions.into());
        self
    }

    /// Whether bodies that go to S3 are signed.
    pub fn s3_sign_payload(mut self, yes: bool) -> Self {
        self.explicit.values.s3.payload_signing_enabled = Some(yes);
        self
    }

    /// Whether S3 Express buckets are used without a session.
    pub fn s3_disable_express_session_auth(mut self, yes: bool) -> Self {
        self.explicit.values.s3.disable_express_session_auth = Some(yes);
        self
    }
}
