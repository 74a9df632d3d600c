//! Providers of the program that are asynchronous.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::{Credentials, CredentialsError, CredentialsProvider, ProviderContext};
use crate::runtime;
use crate::settings::Settings;
use crate::transport::passed;

/// A lookup of credentials: completes with the credentials of an [`AsyncCredentialsProvider`].
pub type Lookup<'a> =
    Pin<Box<dyn Future<Output = Result<Credentials, CredentialsError>> + Send + 'a>>;

/// A source of credentials whose lookup is a future. As [`Awaited`], it is a [`CredentialsProvider`] of the async client.
///
/// All calls that need credentials at the same time wait for one lookup. It is dropped when no call waits for it any more, and when
/// the time for it is over.
///
/// ```
/// use serde_json::json;
/// use tucuxi::credentials::{AsyncCredentialsProvider, AsyncProviderContext, Awaited, CredentialsError, Lookup};
/// use tucuxi::{AsyncClient, Config, Credentials};
/// # use tucuxi::transport::Replay;
///
/// /// Exchanges the key of another client for credentials of a role.
/// struct Exchange {
///     client: AsyncClient,
/// }
///
/// impl AsyncCredentialsProvider for Exchange {
///     fn name(&self) -> &'static str {
///         "exchange"
///     }
///     fn credentials<'a>(&'a self, _: AsyncProviderContext<'a>) -> Lookup<'a> {
///         Box::pin(async move {
///             let role = json!({"RoleArn": "arn:aws:iam::123456789012:role/reader", "RoleSessionName": "exchange"});
///             let response = self.client.call("sts", "AssumeRole", role).await;
///             let response = response.map_err(|e| CredentialsError::failed(self.name(), e))?;
///             let text = |name: &str| response["Credentials"][name].as_str().unwrap_or_default();
///             Ok(Credentials::new(text("AccessKeyId"), text("SecretAccessKey")).with_session_token(text("SessionToken")))
///         })
///     }
/// }
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> tucuxi::Result<()> {
/// # let role = "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ASIAROLE</AccessKeyId>\
/// #     <SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken></Credentials></AssumeRoleResult></AssumeRoleResponse>";
///
/// let key = Config::builder().region("eu-west-1").credentials(Credentials::new("AKIDVAULT", "secret"));
/// # let client = AsyncClient::with_transport(key.isolated().build()?, Replay::new().respond(200, &[], role))?; /*
/// let client = AsyncClient::with_config(key.build()?)?;
/// # */
/// let config = Config::builder().region("eu-west-1").credentials_provider(Awaited(Exchange { client }));
/// # let transport = std::sync::Arc::new(Replay::new().respond(200, &[], r#"{"TableNames": []}"#));
/// # let client = AsyncClient::with_transport(config.isolated().build()?, transport.clone())?; /*
/// let client = AsyncClient::with_config(config.build()?)?;
/// # */
/// client.call("dynamodb", "ListTables", json!({})).await?;
/// # assert!(transport.sent()[0].headers["authorization"].to_str().unwrap().contains("ASIAROLE"));
/// # Ok(())
/// # }
/// ```
pub trait AsyncCredentialsProvider: Send + Sync {
    /// Returns the name, a word or two.
    fn name(&self) -> &'static str;

    /// Looks up the credentials. The future runs on the runtime of the call. It has the errors of
    /// [`CredentialsProvider::credentials`].
    fn credentials<'a>(&'a self, cx: AsyncProviderContext<'a>) -> Lookup<'a>;
}

impl<P: AsyncCredentialsProvider + ?Sized> AsyncCredentialsProvider for Arc<P> {
    fn name(&self) -> &'static str {
        (**self).name()
    }

    fn credentials<'a>(&'a self, cx: AsyncProviderContext<'a>) -> Lookup<'a> {
        (**self).credentials(cx)
    }
}

impl<P: AsyncCredentialsProvider + ?Sized> AsyncCredentialsProvider for Box<P> {
    fn name(&self) -> &'static str {
        (**self).name()
    }

    fn credentials<'a>(&'a self, cx: AsyncProviderContext<'a>) -> Lookup<'a> {
        (**self).credentials(cx)
    }
}

/// The environment of an [`AsyncCredentialsProvider`].
///
/// ```
/// use std::time::Duration;
/// use tucuxi::credentials::AsyncProviderContext;
///
/// /// Whether a slow source is worth a try.
/// fn has_time(cx: &AsyncProviderContext<'_>) -> bool {
///     cx.remaining.is_none_or(|left| left > Duration::from_secs(5))
/// }
/// # let _ = has_time;
/// ```
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct AsyncProviderContext<'a> {
    /// The settings of the call.
    pub config: &'a Settings,
    /// The time of the call.
    pub now: SystemTime,
    /// The time that is left for the lookup, after which its future is dropped; `None` if it is not limited.
    pub remaining: Option<Duration>,
}

impl fmt::Debug for AsyncProviderContext<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AsyncProviderContext")
            .field("now", &self.now)
            .field("remaining", &self.remaining)
            .finish_non_exhaustive()
    }
}

/// An [`AsyncCredentialsProvider`] as a provider of the async client, alone or in a [`Chain`](super::Chain). The future of its
/// lookup runs on a thread that waits for it, so it never blocks the executor.
///
/// A blocking client cannot wait for it, except for that of [`AsyncClient::blocking`](crate::AsyncClient::blocking): its error
/// says so.
///
/// ```
/// use tucuxi::Config;
/// use tucuxi::credentials::{AsyncCredentialsProvider, Awaited, Chain};
///
/// fn before_all(vault: impl AsyncCredentialsProvider + 'static) -> tucuxi::ConfigBuilder {
///     Config::builder().credentials_provider(Chain::standard().before("env", Awaited(vault)))
/// }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Awaited<P>(pub P);

impl<P: AsyncCredentialsProvider> CredentialsProvider for Awaited<P> {
    fn name(&self) -> &'static str {
        self.0.name()
    }

    fn credentials(&self, cx: &ProviderContext<'_>) -> Result<Credentials, CredentialsError> {
        let of_lookup = AsyncProviderContext {
            config: cx.config,
            now: cx.now,
            remaining: cx.remaining(),
        };
        let lookup = async {
            tokio::select! {
                biased;
                () = cx.cancel.cancelled() => Err(CredentialsError::Cancelled),
                () = passed(cx.deadline) => Err(CredentialsError::TimedOut),
                found = self.0.credentials(of_lookup) => found,
            }
        };
        let found = runtime::block_on(None, lookup);
        found.unwrap_or_else(|error| Err(CredentialsError::failed(self.name(), error)))
    }
}
