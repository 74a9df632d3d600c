//! Where requests go.

use super::ConfigBuilder;
use crate::endpoint::EndpointValue;
use crate::settings::{
    AccountIdEndpointMode, AddressingStyle, EndpointDiscoveryMode, Setting, StsEndpoints,
};

impl ConfigBuilder {
    /// The region, such as `eu-west-1`.
    pub fn region(mut self, region: impl Into<String>) -> Self {
        self.explicit.values.region = Some(Setting::of_program(region.into()));
        self
    }

    /// Where to send all requests, instead of the services' own endpoints.
    pub fn endpoint_url(mut self, url: impl Into<String>) -> Self {
        self.explicit.endpoint_url = Some(url.into());
        self
    }

    /// Whether endpoints that variables and files say are left out.
    pub fn ignore_configured_endpoint_urls(mut self, yes: bool) -> Self {
        self.explicit.ignore_endpoint_urls = Some(yes);
        self
    }

    /// Whether endpoints must be FIPS-validated.
    pub fn use_fips(mut self, yes: bool) -> Self {
        self.explicit.values.use_fips = Some(yes);
        self
    }

    /// Whether endpoints have IPv6.
    pub fn use_dualstack(mut self, yes: bool) -> Self {
        self.explicit.values.use_dualstack = Some(yes);
        self
    }

    /// Whether endpoints may be, or must be, those of the account, where a service has such.
    pub fn account_id_endpoint_mode(mut self, mode: AccountIdEndpointMode) -> Self {
        self.explicit.values.account_id_mode = Some(mode);
        self
    }

    /// Whether operations may have a host of their own, such as `data-` before that of the service.
    pub fn inject_host_prefix(mut self, yes: bool) -> Self {
        self.explicit.values.no_host_prefix = Some(!yes);
        self
    }

    /// Whether endpoints are requested from services that discover them.
    pub fn endpoint_discovery(mut self, mode: EndpointDiscoveryMode) -> Self {
        self.explicit.values.endpoint_discovery = Some(mode);
        self
    }

    /// A parameter of endpoint rules that a service leaves to its clients, by the name that its model has.
    pub fn client_context_param(
        mut self,
        name: impl Into<Box<str>>,
        value: impl Into<EndpointValue>,
    ) -> Self {
        self.explicit
            .context_params
            .push((name.into(), value.into()));
        self
    }

    /// Where S3 has the bucket's name.
    pub fn addressing_style(mut self, style: AddressingStyle) -> Self {
        self.explicit.values.s3.addressing_style = Some(style);
        self
    }

    /// Whether S3's accelerated endpoints are used.
    pub fn s3_use_accelerate_endpoint(mut self, yes: bool) -> Self {
        self.explicit.values.s3.use_accelerate_endpoint = Some(yes);
        self
    }

    /// Whether S3's endpoints have IPv6, where the setting for all services is not given.
    pub fn s3_use_dualstack(mut self, yes: bool) -> Self {
        self.explicit.values.s3.use_dualstack = Some(yes);
        self
    }

    /// Whether the region of an ARN wins over the client's.
    pub fn s3_use_arn_region(mut self, yes: bool) -> Self {
        self.explicit.values.s3.use_arn_region = Some(yes);
        self
    }

    /// Whether `us-east-1` means S3's regional endpoint and not the global one.
    pub fn s3_us_east_1_regional(mut self, yes: bool) -> Self {
        self.explicit.values.s3.us_east_1 = Some(match yes {
            true => StsEndpoints::Regional,
            false => StsEndpoints::Legacy,
        });
        self
    }

    /// Whether multi-region access points are refused.
    pub fn s3_disable_multiregion_access_points(mut self, yes: bool) -> Self {
        self.explicit.values.s3.disable_multiregion_access_points = Some(yes);
        self
    }
}
