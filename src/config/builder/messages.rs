//! What requests contain, and how responses are read.

use super::ConfigBuilder;
use crate::settings::{RequestChecksums, ResponseChecksums, Source, warn_if_long};

impl ConfigBuilder {
    /// Whether parameters are checked before anything is sent.
    pub fn validate_parameters(mut self, yes: bool) -> Self {
        self.explicit.values.validate_parameters = Some(yes);
        self
    }

    /// Whether greatest values and lengths and enumerations are checked too. Services add values before models do, so
    /// this refuses what a newer service would take.
    pub fn validate_strictly(mut self, yes: bool) -> Self {
        self.explicit.strict_validation = yes;
        self
    }

    /// Whether a response with a member that does not fit the model is an error, which names the member. By default it is
    /// not: such a member is given as it came, or left out where it is of another kind, and
    /// [`Output::warnings`](crate::Output::warnings) and the log name it. Broken documents are errors in any case.
    pub fn strict_responses(mut self, yes: bool) -> Self {
        self.explicit.strict_responses = yes;
        self
    }

    /// Whether the values of DynamoDB's items are plain JSON in parameters and results: `{"id": "a", "n": 1}`, and not
    /// `{"id": {"S": "a"}, "n": {"N": "1"}}`. It holds for every operation of a service whose model has such values, and
    /// changes nothing for others. [`dynamodb`](crate::dynamodb) has the forms of what JSON has no values for.
    ///
    /// Interceptors are given the parameters as the caller gave them, and see what goes out of them afterwards; what a
    /// [`Stub`](crate::interceptor::Stub) expects and answers is in the form of the API.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let replay = Replay::new().answer(200, &[], r#"{"Item": {"id": {"S": "a"}, "n": {"N": "1"}}}"#);
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

    /// The most bytes that a response which is read whole may have; by default 512 MiB, which no document of a service
    /// meets. It counts for documents and errors, and for an object or a stream of events that is wanted in memory
    /// (`send_buffered`, `call`). A body that the program reads itself may be of any length.
    pub fn max_response_size(mut self, bytes: u64) -> Self {
        self.explicit.max_response_size = Some(bytes);
        self
    }

    /// When requests get a checksum. Servers that know nothing of checksums behind a body need
    /// [`RequestChecksums::WhenRequired`].
    pub fn request_checksums(mut self, when: RequestChecksums) -> Self {
        self.explicit.values.request_checksums = Some(when);
        self
    }

    /// When the checksums of responses are verified.
    pub fn response_checksums(mut self, when: ResponseChecksums) -> Self {
        self.explicit.values.response_checksums = Some(when);
        self
    }

    /// Whether no body is compressed.
    pub fn disable_request_compression(mut self, yes: bool) -> Self {
        self.explicit.values.no_compression = Some(yes);
        self
    }

    /// From which length on bodies are compressed, up to 1 MiB.
    pub fn request_min_compression_size(mut self, bytes: u64) -> Self {
        self.explicit.values.compression_size = Some(bytes);
        self
    }

    /// The name of the program, which services see in their logs; up to 50 characters.
    pub fn app_id(mut self, name: impl Into<String>) -> Self {
        let name = name.into();
        warn_if_long(&name, &Source::Builder);
        self.explicit.values.app_id = Some(name);
        self
    }

    /// Puts this text at the end of the User-Agent of every request, as it is: `my-framework/1.2`. By default nothing.
    pub fn user_agent_extra(mut self, text: impl Into<String>) -> Self {
        self.explicit.user_agent_extra = Some(text.into());
        self
    }
}
