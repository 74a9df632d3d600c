//! The contents of requests, and the decoding of responses.

use super::ConfigBuilder;
use crate::settings::{RequestChecksums, ResponseChecksums, Source, warn_if_long};

impl ConfigBuilder {
    /// Sets whether parameters are validated before a request is sent.
    ///
    /// ```
    /// # use tucuxi::Config;
    /// let config = Config::builder().isolated().validate_parameters(false).build()?;
    /// assert!(!config.validates_parameters());
    /// # Ok::<(), tucuxi::config::ConfigError>(())
    /// ```
    pub fn validate_parameters(mut self, yes: bool) -> Self {
        self.explicit.values.validate_parameters = Some(yes);
        self
    }

    /// Sets whether maximum values, maximum lengths and enumerations are validated too. Services accept new values before the
    /// models list them, so this may reject valid parameters.
    ///
    /// ```
    /// # use tucuxi::Config;
    /// # use tucuxi::{Client, transport::Replay};
    /// let config = Config::builder().isolated().region("eu-west-1").unsigned().validate_strictly(true);
    /// # let client = Client::with_transport(config.build()?, Replay::new())?;
    /// let too_many = serde_json::json!({"Limit": 1000});
    /// assert!(client.call("dynamodb", "ListTables", too_many).is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn validate_strictly(mut self, yes: bool) -> Self {
        self.explicit.strict_validation = yes;
        self
    }

    /// Sets whether a response with a member that does not fit the model is an error, which names the member. By default, the
    /// value of such a member is returned as received, or omitted if it is of another kind, and
    /// [`Output::warnings`](crate::Output::warnings) and the log name the member. Malformed documents are always errors.
    ///
    /// ```
    /// # use tucuxi::Config;
    /// # use tucuxi::{Client, transport::Replay};
    /// let config = Config::builder().isolated().region("eu-west-1").unsigned().strict_responses(true);
    /// # let replay = Replay::new().respond(200, &[], r#"{"TableNames": "not a list"}"#);
    /// # let client = Client::with_transport(config.build()?, replay)?;
    /// let error = client.call("dynamodb", "ListTables", serde_json::json!({})).unwrap_err();
    /// assert!(error.to_string().contains("TableNames"), "{error}");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn strict_responses(mut self, yes: bool) -> Self {
        self.explicit.strict_responses = yes;
        self
    }

    /// Sets whether the values of DynamoDB's items are plain JSON in parameters and results: `{"id": "a", "n": 1}` instead of
    /// `{"id": {"S": "a"}, "n": {"N": "1"}}`. This applies to all services whose model has such values.
    /// [`dynamodb`](crate::dynamodb) describes how values that JSON does not have are written.
    ///
    /// Interceptors receive the parameters as the caller wrote them, and later the request that is made from them. A
    /// [`Stub`](crate::interceptor::Stub) expects parameters and returns results in the form of the API.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let replay = Replay::new().respond(200, &[], r#"{"Item": {"id": {"S": "a"}, "n": {"N": "1"}}}"#);
    /// # let client = Client::with_transport(config, replay)?;
    /// let client = client.with(|config| config.plain_attribute_values(true))?;
    /// let key = serde_json::json!({"TableName": "t", "Key": {"id": "a"}});
    /// let found = client.call("dynamodb", "GetItem", key)?;
    /// assert_eq!(found["Item"], serde_json::json!({"id": "a", "n": 1}));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn plain_attribute_values(mut self, yes: bool) -> Self {
        self.explicit.plain_attribute_values = yes;
        self
    }

    /// Sets the maximum length of a response that is read into memory: of documents and errors, and of objects and event streams
    /// with `send_buffered` and `call`. The default is 512 MiB, which no document of a service reaches. A body that the program
    /// reads itself may have any length.
    ///
    /// ```
    /// # use tucuxi::Config;
    /// let config = Config::builder().isolated().max_response_size(1 << 30).build()?;
    /// assert_eq!(config.max_response_size(), 1 << 30);
    /// # Ok::<(), tucuxi::config::ConfigError>(())
    /// ```
    pub fn max_response_size(mut self, bytes: u64) -> Self {
        self.explicit.max_response_size = Some(bytes);
        self
    }

    /// Sets which requests get a checksum. Servers that do not support checksums in trailers need
    /// [`RequestChecksums::WhenRequired`].
    ///
    /// ```
    /// # use tucuxi::Config;
    /// use tucuxi::config::RequestChecksums;
    ///
    /// let config = Config::builder().isolated().request_checksums(RequestChecksums::WhenRequired).build()?;
    /// assert_eq!(config.request_checksums(), RequestChecksums::WhenRequired);
    /// # Ok::<(), tucuxi::config::ConfigError>(())
    /// ```
    pub fn request_checksums(mut self, when: RequestChecksums) -> Self {
        self.explicit.values.request_checksums = Some(when);
        self
    }

    /// Sets which responses are verified against their checksums.
    ///
    /// ```
    /// # use tucuxi::Config;
    /// use tucuxi::config::ResponseChecksums;
    ///
    /// let config = Config::builder().isolated().response_checksums(ResponseChecksums::WhenRequired).build()?;
    /// assert_eq!(config.response_checksums(), ResponseChecksums::WhenRequired);
    /// # Ok::<(), tucuxi::config::ConfigError>(())
    /// ```
    pub fn response_checksums(mut self, when: ResponseChecksums) -> Self {
        self.explicit.values.response_checksums = Some(when);
        self
    }

    /// Sets whether request bodies are never compressed.
    ///
    /// ```
    /// # use tucuxi::Config;
    /// let config = Config::builder().isolated().disable_request_compression(true).build()?;
    /// assert_eq!(config.min_compression_size(), None);
    /// # Ok::<(), tucuxi::config::ConfigError>(())
    /// ```
    pub fn disable_request_compression(mut self, yes: bool) -> Self {
        self.explicit.values.no_compression = Some(yes);
        self
    }

    /// Sets the minimum length of request bodies that are compressed, up to 1 MiB.
    ///
    /// ```
    /// # use tucuxi::Config;
    /// let config = Config::builder().isolated().request_min_compression_size(1024).build()?;
    /// assert_eq!(config.min_compression_size(), Some(1024));
    /// # Ok::<(), tucuxi::config::ConfigError>(())
    /// ```
    pub fn request_min_compression_size(mut self, bytes: u64) -> Self {
        self.explicit.values.compression_size = Some(bytes);
        self
    }

    /// Sets the name of the program in the User-Agent, which services log. It should have at most 50 characters.
    ///
    /// ```
    /// # use tucuxi::Config;
    /// # use std::sync::Arc;
    /// # use tucuxi::{Client, transport::Replay};
    /// let config = Config::builder().isolated().region("eu-west-1").unsigned().app_id("my-program");
    /// # let replay = Arc::new(Replay::new().respond(200, &[], "{}"));
    /// # let client = Client::with_transport(config.build()?, replay.clone())?;
    /// client.call("dynamodb", "ListTables", serde_json::json!({}))?;
    /// assert!(replay.sent()[0].headers["user-agent"].to_str()?.contains("app/my-program"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn app_id(mut self, name: impl Into<String>) -> Self {
        let name = name.into();
        warn_if_long(&name, &Source::Builder);
        self.explicit.values.app_id = Some(name);
        self
    }

    /// Appends text to the User-Agent of every request, such as `my-framework/1.2`.
    ///
    /// ```
    /// # use tucuxi::Config;
    /// let config = Config::builder().isolated().user_agent_extra("my-framework/1.2").build()?;
    /// assert_eq!(config.user_agent_extra(), Some("my-framework/1.2"));
    /// # Ok::<(), tucuxi::config::ConfigError>(())
    /// ```
    pub fn user_agent_extra(mut self, text: impl Into<String>) -> Self {
        self.explicit.user_agent_extra = Some(text.into());
        self
    }
}
