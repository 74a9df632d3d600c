//! Retries, timeouts, and the clock.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::ConfigBuilder;
use crate::settings::{DefaultsMode, RetryMode};
use crate::transport::Throughput;

impl ConfigBuilder {
    /// Sets the defaults mode. It determines the default connect timeout, and whether S3's default endpoint for `us-east-1` is the
    /// regional one.
    ///
    /// ```
    /// # use tucuxi::Config;
    /// use std::time::Duration;
    /// use tucuxi::config::DefaultsMode;
    ///
    /// let config = Config::builder().isolated().defaults_mode(DefaultsMode::InRegion).build()?;
    /// assert_eq!(config.connect_timeout(), Duration::from_millis(1100));
    /// # Ok::<(), tucuxi::config::ConfigError>(())
    /// ```
    pub fn defaults_mode(mut self, mode: DefaultsMode) -> Self {
        self.explicit.values.defaults_mode = Some(mode);
        self
    }

    /// Sets the retry mode.
    ///
    /// ```
    /// # use tucuxi::Config;
    /// use tucuxi::config::RetryMode;
    ///
    /// let config = Config::builder().isolated().retry_mode(RetryMode::Adaptive).max_attempts(10).build()?;
    /// # Ok::<(), tucuxi::config::ConfigError>(())
    /// ```
    pub fn retry_mode(mut self, mode: RetryMode) -> Self {
        self.explicit.values.retry_mode = Some(mode);
        self
    }

    /// Sets the maximum number of attempts of a call, including the first one.
    ///
    /// ```
    /// # use tucuxi::Config;
    /// let config = Config::builder().isolated().max_attempts(5).build()?;
    /// assert_eq!(config.max_attempts(), Some(5));
    /// # Ok::<(), tucuxi::config::ConfigError>(())
    /// ```
    pub fn max_attempts(mut self, attempts: u32) -> Self {
        self.explicit.values.max_attempts = Some(attempts);
        self
    }

    /// Sets the timeout for opening a connection.
    ///
    /// ```
    /// # use tucuxi::Config;
    /// use std::time::Duration;
    ///
    /// let config = Config::builder().isolated().connect_timeout(Duration::from_secs(2)).build()?;
    /// assert_eq!(config.connect_timeout(), Duration::from_secs(2));
    /// # Ok::<(), tucuxi::config::ConfigError>(())
    /// ```
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.explicit.connect_timeout = Some(timeout);
        self
    }

    /// Sets the longest wait for bytes of a response.
    ///
    /// ```
    /// # use tucuxi::Config;
    /// use std::time::Duration;
    ///
    /// let config = Config::builder().isolated().read_timeout(Duration::from_secs(300)).build()?;
    /// assert_eq!(config.read_timeout(), Duration::from_secs(300));
    /// # Ok::<(), tucuxi::config::ConfigError>(())
    /// ```
    pub fn read_timeout(mut self, timeout: Duration) -> Self {
        self.explicit.read_timeout = Some(timeout);
        self
    }

    /// Sets the timeout of a call, including all its attempts and the delays between them, but not the time in which the program
    /// reads a streaming body.
    ///
    /// ```
    /// # use tucuxi::Config;
    /// use std::time::Duration;
    ///
    /// let config = Config::builder()
    ///     .isolated()
    ///     .operation_timeout(Duration::from_secs(60))
    ///     .attempt_timeout(Duration::from_secs(20))
    ///     .build()?;
    /// # Ok::<(), tucuxi::config::ConfigError>(())
    /// ```
    pub fn operation_timeout(mut self, timeout: Duration) -> Self {
        self.explicit.operation_timeout = Some(timeout);
        self
    }

    /// Sets the timeout of one attempt.
    ///
    /// ```
    /// # use tucuxi::Config;
    /// use std::time::Duration;
    ///
    /// let config = Config::builder().isolated().attempt_timeout(Duration::from_secs(20)).build()?;
    /// assert_eq!(config.attempt_timeout(), Some(Duration::from_secs(20)));
    /// # Ok::<(), tucuxi::config::ConfigError>(())
    /// ```
    pub fn attempt_timeout(mut self, timeout: Duration) -> Self {
        self.explicit.attempt_timeout = Some(timeout);
        self
    }

    /// Sets the minimum throughput of bodies. A throughput that is lower for the duration of `grace` is an error. Zero bytes
    /// switch the limit off. Event streams have no limit.
    ///
    /// The default for streaming bodies is one byte a second with a grace of twenty seconds, as in other SDKs. For a response that
    /// is read into memory, it is 1 KiB a second with a grace of fifteen read timeouts, because some services send single bytes
    /// while they work.
    ///
    /// ```
    /// # use tucuxi::Config;
    /// use std::time::Duration;
    ///
    /// let config = Config::builder().isolated().min_throughput(1024, Duration::from_secs(30)).build()?;
    /// let limit = config.min_throughput().unwrap();
    /// assert_eq!((limit.bytes_per_second, limit.grace), (1024, Duration::from_secs(30)));
    /// # Ok::<(), tucuxi::config::ConfigError>(())
    /// ```
    pub fn min_throughput(mut self, bytes_per_second: u64, grace: Duration) -> Self {
        self.explicit.throughput = Some((bytes_per_second > 0).then_some(Throughput {
            bytes_per_second,
            grace,
        }));
        self
    }

    /// Sets the largest clock skew that is corrected. The default is 24 hours; zero switches the correction off. A service that
    /// rejects the time of a signature reports its own time, by which the clock is corrected, and which could be forged.
    ///
    /// ```
    /// # use tucuxi::Config;
    /// use std::time::Duration;
    ///
    /// let config = Config::builder().isolated().max_clock_skew(Duration::from_secs(900)).build()?;
    /// assert_eq!(config.max_clock_skew(), Duration::from_secs(900));
    /// # Ok::<(), tucuxi::config::ConfigError>(())
    /// ```
    pub fn max_clock_skew(mut self, limit: Duration) -> Self {
        self.explicit.max_clock_skew = Some(limit);
        self
    }

    /// Uses this function in place of the system's clock.
    ///
    /// ```
    /// # use tucuxi::Config;
    /// # use std::sync::Arc;
    /// # use tucuxi::{Client, Credentials, transport::Replay};
    /// use std::time::{Duration, SystemTime};
    ///
    /// let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
    /// let config = Config::builder().isolated().region("eu-west-1").clock(move || now);
    /// # let config = config.credentials(Credentials::new("AKIDEXAMPLE", "secret"));
    /// # let replay = Arc::new(Replay::new().respond(200, &[], "{}"));
    /// let client = Client::with_transport(config.build()?, replay.clone())?;
    /// client.call("dynamodb", "ListTables", serde_json::json!({}))?;
    /// assert_eq!(replay.sent()[0].headers["x-amz-date"], "20270115T080000Z");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn clock(mut self, now: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        self.explicit.world.clock = Some(Arc::new(now));
        self
    }

    /// Uses this function in place of random numbers for the delay before a retry. It returns the fraction of the maximum delay,
    /// in `[0, 1)`. For tests.
    ///
    /// ```
    /// # use tucuxi::Config;
    /// # use tucuxi::{Client, transport::Replay};
    /// let config = Config::builder().isolated().jitter(|| 0.0).sleep(|delay| assert!(delay.is_zero()));
    /// # let replay = Replay::new().respond(500, &[], "{}").respond(200, &[], "{}");
    /// # let client = Client::with_transport(config.region("eu-west-1").unsigned().build()?, replay)?;
    /// client.call("dynamodb", "ListTables", serde_json::json!({}))?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn jitter(mut self, part: impl Fn() -> f64 + Send + Sync + 'static) -> Self {
        self.explicit.world.jitter = Some(Arc::new(part));
        self
    }

    /// Uses this function in place of blocking the thread between attempts. For tests.
    ///
    /// ```
    /// # use tucuxi::Config;
    /// # use tucuxi::{Client, transport::Replay};
    /// let (sender, delays) = std::sync::mpsc::channel();
    /// let config = Config::builder().isolated().sleep(move |delay| sender.send(delay).unwrap());
    /// # let replay = Replay::new().respond(500, &[], "{}").respond(200, &[], "{}");
    /// # let config = config.jitter(|| 0.5).region("eu-west-1").unsigned().build()?;
    /// # let client = Client::with_transport(config, replay)?;
    /// client.call("dynamodb", "ListTables", serde_json::json!({}))?;
    /// assert_eq!(delays.try_iter().count(), 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn sleep(mut self, wait: impl Fn(Duration) + Send + Sync + 'static) -> Self {
        self.explicit.world.sleep = Some(Arc::new(wait));
        self
    }
}
