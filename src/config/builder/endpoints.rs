//! Region and endpoints.

use super::ConfigBuilder;
use crate::endpoint::EndpointValue;
use crate::settings::{
    AccountIdEndpointMode, AddressingStyle, EndpointDiscoveryMode, Setting, StsEndpoints,
};

impl ConfigBuilder {
    /// Sets the region, such as `eu-west-1`.
    ///
    /// ```
    /// # use tucuxi::Config;
    /// let config = Config::builder().isolated().region("eu-west-1").build()?;
    /// assert_eq!(config.region(), Some("eu-west-1"));
    /// # Ok::<(), tucuxi::config::ConfigError>(())
    /// ```
    pub fn region(mut self, region: impl Into<String>) -> Self {
        self.explicit.values.region = Some(Setting::of_program(region.into()));
        self
    }

    /// Sets the URL to which all requests are sent, in place of the endpoints of the services.
    ///
    /// ```
    /// # use tucuxi::Config;
    /// let config = Config::builder().isolated().endpoint_url("http://localhost:9000").build()?;
    /// assert_eq!(config.endpoint_url("s3")?.as_deref(), Some("http://localhost:9000"));
    ///
    /// let error = Config::builder().isolated().endpoint_url("localhost:9000").build().unwrap_err();
    /// assert!(error.to_string().contains("write http://localhost:9000"), "{error}");
    /// # Ok::<(), tucuxi::config::ConfigError>(())
    /// ```
    pub fn endpoint_url(mut self, url: impl Into<String>) -> Self {
        self.explicit.endpoint_url = Some(url.into());
        self
    }

    /// Sets whether the endpoint URLs in environment variables and files are ignored.
    ///
    /// ```
    /// # use tucuxi::Config;
    /// let config = Config::builder().environment([("AWS_ENDPOINT_URL", "http://localhost:9000")]);
    /// let config = config.ignore_configured_endpoint_urls(true).build()?;
    /// assert_eq!(config.endpoint_url("s3")?, None);
    /// # Ok::<(), tucuxi::config::ConfigError>(())
    /// ```
    pub fn ignore_configured_endpoint_urls(mut self, yes: bool) -> Self {
        self.explicit.ignore_endpoint_urls = Some(yes);
        self
    }

    /// Sets whether FIPS endpoints are used.
    ///
    /// ```
    /// # use tucuxi::Config;
    /// let config = Config::builder().isolated().use_fips(true).build()?;
    /// assert!(config.use_fips());
    /// # Ok::<(), tucuxi::config::ConfigError>(())
    /// ```
    pub fn use_fips(mut self, yes: bool) -> Self {
        self.explicit.values.use_fips = Some(yes);
        self
    }

    /// Sets whether dual-stack endpoints are used, which have IPv4 and IPv6 addresses.
    ///
    /// ```
    /// # use tucuxi::Config;
    /// let config = Config::builder().isolated().use_dualstack(true).build()?;
    /// assert_eq!(config.use_dualstack(), Some(true));
    /// # Ok::<(), tucuxi::config::ConfigError>(())
    /// ```
    pub fn use_dualstack(mut self, yes: bool) -> Self {
        self.explicit.values.use_dualstack = Some(yes);
        self
    }

    /// Sets whether endpoints contain the account id, for services with account-based endpoints such as DynamoDB.
    ///
    /// ```
    /// # use tucuxi::Config;
    /// use tucuxi::config::AccountIdEndpointMode;
    ///
    /// let config = Config::builder().isolated().account_id_endpoint_mode(AccountIdEndpointMode::Required).build()?;
    /// assert_eq!(config.account_id_endpoint_mode(), AccountIdEndpointMode::Required);
    /// # Ok::<(), tucuxi::config::ConfigError>(())
    /// ```
    pub fn account_id_endpoint_mode(mut self, mode: AccountIdEndpointMode) -> Self {
        self.explicit.values.account_id_mode = Some(mode);
        self
    }

    /// Sets whether operations may add their prefix, such as `data-`, to the host of the endpoint.
    ///
    /// ```
    /// # use tucuxi::Config;
    /// let config = Config::builder().isolated().inject_host_prefix(false).build()?;
    /// assert!(!config.injects_host_prefix());
    /// # Ok::<(), tucuxi::config::ConfigError>(())
    /// ```
    pub fn inject_host_prefix(mut self, yes: bool) -> Self {
        self.explicit.values.no_host_prefix = Some(!yes);
        self
    }

    /// Sets when endpoint discovery is used, by which services such as Timestream return the endpoint of a call.
    ///
    /// ```
    /// # use tucuxi::Config;
    /// use tucuxi::config::EndpointDiscoveryMode;
    ///
    /// let config = Config::builder().isolated().endpoint_discovery(EndpointDiscoveryMode::Disabled).build()?;
    /// assert_eq!(config.endpoint_discovery(), EndpointDiscoveryMode::Disabled);
    /// # Ok::<(), tucuxi::config::ConfigError>(())
    /// ```
    pub fn endpoint_discovery(mut self, mode: EndpointDiscoveryMode) -> Self {
        self.explicit.values.endpoint_discovery = Some(mode);
        self
    }

    /// Sets a client context parameter of the endpoint rules, by its name in the service's model.
    ///
    /// ```
    /// # use tucuxi::Config;
    /// # use tucuxi::{Client, transport::Replay};
    /// let config = Config::builder().isolated().region("eu-west-1").client_context_param("ForcePathStyle", true);
    /// # let client = Client::with_transport(config.unsigned().build()?, Replay::new())?;
    /// let params = serde_json::json!({"Bucket": "logs"});
    /// let explained = client.introspect().explain_endpoint("s3", "ListObjectsV2", &params)?;
    /// assert_eq!(&*explained.endpoint?.url, "https://s3.eu-west-1.amazonaws.com/logs");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
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

    /// Sets the position of the bucket's name in S3's URLs.
    ///
    /// ```
    /// # use tucuxi::Config;
    /// use tucuxi::config::AddressingStyle;
    ///
    /// // S3-compatible servers often support buckets in the path only
    /// let config = Config::builder().isolated().addressing_style(AddressingStyle::Path).build()?;
    /// # Ok::<(), tucuxi::config::ConfigError>(())
    /// ```
    pub fn addressing_style(mut self, style: AddressingStyle) -> Self {
        self.explicit.values.s3.addressing_style = Some(style);
        self
    }

    /// Sets whether S3 Transfer Acceleration is used.
    ///
    /// ```
    /// # use tucuxi::Config;
    /// let config = Config::builder().isolated().s3_use_accelerate_endpoint(true).build()?;
    /// assert!(config.s3().use_accelerate_endpoint);
    /// # Ok::<(), tucuxi::config::ConfigError>(())
    /// ```
    pub fn s3_use_accelerate_endpoint(mut self, yes: bool) -> Self {
        self.explicit.values.s3.use_accelerate_endpoint = Some(yes);
        self
    }

    /// Sets whether S3's dual-stack endpoints are used, if [`use_dualstack`](Self::use_dualstack) is not set.
    ///
    /// ```
    /// # use tucuxi::Config;
    /// let config = Config::builder().isolated().s3_use_dualstack(true).build()?;
    /// assert_eq!(config.s3().use_dualstack, Some(true));
    /// # Ok::<(), tucuxi::config::ConfigError>(())
    /// ```
    pub fn s3_use_dualstack(mut self, yes: bool) -> Self {
        self.explicit.values.s3.use_dualstack = Some(yes);
        self
    }

    /// Sets whether the region of an ARN, such as an access point's, takes precedence over the client's region.
    ///
    /// ```
    /// # use tucuxi::Config;
    /// let config = Config::builder().isolated().s3_use_arn_region(true).build()?;
    /// assert_eq!(config.s3().use_arn_region, Some(true));
    /// # Ok::<(), tucuxi::config::ConfigError>(())
    /// ```
    pub fn s3_use_arn_region(mut self, yes: bool) -> Self {
        self.explicit.values.s3.use_arn_region = Some(yes);
        self
    }

    /// Sets whether S3's endpoint for `us-east-1` is the regional one instead of the global one.
    ///
    /// ```
    /// # use tucuxi::Config;
    /// let config = Config::builder().isolated().s3_us_east_1_regional(false).build()?;
    /// assert!(!config.s3().us_east_1_regional);
    /// # Ok::<(), tucuxi::config::ConfigError>(())
    /// ```
    pub fn s3_us_east_1_regional(mut self, yes: bool) -> Self {
        self.explicit.values.s3.us_east_1 = Some(match yes {
            true => StsEndpoints::Regional,
            false => StsEndpoints::Legacy,
        });
        self
    }

    /// Sets whether S3 multi-region access points are rejected.
    ///
    /// ```
    /// # use tucuxi::Config;
    /// let config = Config::builder().isolated().s3_disable_multiregion_access_points(true).build()?;
    /// assert!(config.s3().disable_multiregion_access_points);
    /// # Ok::<(), tucuxi::config::ConfigError>(())
    /// ```
    pub fn s3_disable_multiregion_access_points(mut self, yes: bool) -> Self {
        self.explicit.values.s3.disable_multiregion_access_points = Some(yes);
        self
    }
}
