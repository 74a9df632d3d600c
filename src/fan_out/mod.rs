//! One call, listing or wait over many regions and accounts.
//!
//! ```text
//!  FanOut ── accounts: credentials once each, and their regions ─► targets ─► threads ─► Results, an iterator
//! ```
//! Each target is an account and a region. A free thread takes the next one, calls it, and passes each result on; it waits until the
//! program has taken the one before. So there are as many results in memory as threads, however many pages a listing has. Only the
//! blocking client has it.

mod account;
mod regions;
mod results;
mod work;

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use serde_json::Value;

pub use self::account::{Account, Target};
use self::regions::Regions;
pub use self::results::{Collected, Results, Tagged};
use self::work::Work;
use crate::cancel::CancelToken;
use crate::client::Client;
use crate::error::Result;
use crate::model::Operation;
use crate::wait::WaitOutput;

/// The number of threads, if the program sets none.
const THREADS: usize = 16;

/// A builder of one call over many regions and accounts. [`Client::fan_out`] returns it.
///
/// ```
/// use serde_json::json;
/// # use tucuxi::{Client, Config, transport::Replay};
/// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
/// # let replay = Replay::new().respond(200, &[], r#"{"TableNames": ["a"]}"#).respond(200, &[], r#"{"TableNames": ["b"]}"#);
/// # let client = Client::with_transport(config, replay)?;
/// let pages = client.fan_out().regions(["eu-west-1", "us-east-1"]).pages("dynamodb", "ListTables", json!({}))?;
/// for page in pages {
///     match page.result {
///         Ok(result) => println!("{}: {}", page.target, result["TableNames"]),
///         Err(error) => eprintln!("{}: {error}", page.target), // the others continue
///     }
/// }
/// # Ok::<(), tucuxi::Error>(())
/// ```
#[derive(Clone)]
#[must_use = "nothing is requested before `call`, `pages`, `wait`, `each` or `stream`"]
pub struct FanOut {
    client: Client,
    regions: Regions,
    /// `None` for the client's own; an empty list is one of no accounts.
    accounts: Option<Vec<Account>>,
    threads: usize,
    cancel: CancelToken,
}

impl Client {
    /// Starts building one call over many regions and accounts.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let client = Client::with_transport(config, Replay::new().respond(200, &[], "{}").respond(200, &[], "{}"))?;
    /// let found = client.fan_out().regions(["eu-west-1", "eu-north-1"]).call("dynamodb", "ListTables", serde_json::json!({}))?;
    /// assert_eq!(found.count(), 2);
    /// # Ok::<(), tucuxi::Error>(())
    /// ```
    pub fn fan_out(&self) -> FanOut {
        FanOut {
            client: self.clone(),
            regions: Regions::Own,
            accounts: None,
            threads: THREADS,
            cancel: CancelToken::default(),
        }
    }
}

impl FanOut {
    /// Sets the regions. Without it, each account has the region of the client, or of its profile. With an empty list, nothing is
    /// called.
    pub fn regions<R: Into<String>>(mut self, regions: impl IntoIterator<Item = R>) -> Self {
        let mut seen = BTreeSet::new();
        let regions = regions.into_iter().map(Into::into);
        let regions = regions.filter(|region: &String| seen.insert(region.clone()));
        self.regions = Regions::Some(regions.collect());
        self
    }

    /// Selects all regions of the service in the partition of each account's own region (that of the client, or of its profile), without
    /// those that the account has not enabled.
    ///
    /// `ec2 DescribeRegions`, once for each account, says which are enabled. If the account may not call it, all of them are called, and
    /// those that are not enabled return errors. An account that has enabled none of them has an error. A service without regions, such
    /// as IAM, is called once for each account.
    pub fn all_regions(mut self) -> Self {
        self.regions = Regions::All;
        self
    }

    /// Adds the accounts of these profiles. Without accounts, the client's own is called; if only empty lists are added, nothing is
    /// called.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let client = Client::with_transport(config, Replay::new())?;
    /// let none: [&str; 0] = []; // such as the profiles whose name matches
    /// let found = client.fan_out().profiles(none).call("dynamodb", "ListTables", serde_json::json!({}))?;
    /// assert_eq!(found.count(), 0);
    /// # Ok::<(), tucuxi::Error>(())
    /// ```
    pub fn profiles<P: Into<String>>(mut self, profiles: impl IntoIterator<Item = P>) -> Self {
        let profiles = profiles.into_iter().map(Into::into);
        self.add(profiles.map(Account::Profile));
        self
    }

    /// Adds the accounts of these roles, by their ARNs. They are assumed with the credentials of the client, each once. An
    /// empty list is as in [`profiles`](Self::profiles).
    pub fn roles<R: Into<String>>(mut self, roles: impl IntoIterator<Item = R>) -> Self {
        let roles = roles.into_iter().map(Into::into);
        self.add(roles.map(Account::Role));
        self
    }

    fn add(&mut self, accounts: impl Iterator<Item = Account>) {
        let known = self.accounts.get_or_insert_default();
        for account in accounts {
            if !known.contains(&account) {
                known.push(account);
            }
        }
    }

    /// Sets the maximum number of threads, and so of requests at a time, 16 by default.
    pub fn threads(mut self, number: usize) -> Self {
        self.threads = number.max(1);
        self
    }

    /// Cancels what has begun when this token is cancelled; what has not begun has no result.
    pub fn cancel_with(mut self, token: &CancelToken) -> Self {
        self.cancel = token.clone();
        self
    }

    /// Calls an operation for each target.
    ///
    /// ```
    /// use serde_json::json;
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let client = Client::with_transport(config, Replay::new().respond(200, &[], "{}").respond(400, &[], "{}"))?;
    /// let limits = client.fan_out().regions(["eu-west-1", "us-east-1"]).threads(1).call("dynamodb", "DescribeLimits", json!({}))?;
    /// let collected = limits.collect_all();
    /// assert_eq!((collected.results.len(), collected.errors.len()), (1, 1));
    /// # Ok::<(), tucuxi::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if the operation is unknown or the parameters are invalid. An error of a target is one of the results.
    pub fn call(self, service: &str, operation: &str, params: Value) -> Result<Results<Value>> {
        let known = self.checked(service, operation, &params)?;
        let (service, operation) = (service.to_owned(), operation.to_owned());
        self.start(&known, move |client, send| {
            send(client.call(&service, &operation, params.clone())?);
            Ok(())
        })
    }

    /// Lists the pages of each target. Pages of one target come in their order, and those of others between them.
    ///
    /// # Errors
    ///
    /// Returns an error as [`FanOut::call`] does, or if the operation does not return its result in pages.
    pub fn pages(self, service: &str, operation: &str, params: Value) -> Result<Results<Value>> {
        let known = self.checked(service, operation, &params)?;
        // an operation without pages is an error here
        drop(self.client.pages(service, operation, params.clone())?);
        let (service, operation) = (service.to_owned(), operation.to_owned());
        self.start(&known, move |client, send| {
            for page in client.pages(&service, &operation, params.clone())? {
                if !send(page?) {
                    break;
                }
            }
            Ok(())
        })
    }

    /// Waits for the state of each target that a waiter describes.
    ///
    /// # Errors
    ///
    /// Returns an error if the waiter is unknown or the parameters are invalid.
    pub fn wait(self, service: &str, waiter: &str, params: Value) -> Result<Results<WaitOutput>> {
        let (_, definition) = self.client.waiter_definition(service, waiter)?;
        let known = self.checked(service, &definition.operation, &params)?;
        let (service, waiter) = (service.to_owned(), waiter.to_owned());
        self.start(&known, move |client, send| {
            let wait = client.waiter(&service, &waiter, params.clone())?;
            send(wait.cancel_with(&client.env().cancel).run()?);
            Ok(())
        })
    }

    /// Runs a function for each target, whose client has the region and the credentials of the target. `service` is the one whose
    /// regions [`all_regions`](Self::all_regions) selects.
    ///
    /// ```
    /// use serde_json::json;
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let client = Client::with_transport(config, Replay::new().respond(200, &[], r#"{"TableNames": []}"#))?;
    /// let counts = client.fan_out().each("dynamodb", |client| {
    ///     Ok(client.pages("dynamodb", "ListTables", json!({}))?.items().count())
    /// })?;
    /// for counted in counts {
    ///     println!("{}: {}", counted.target, counted.result?);
    /// }
    /// # Ok::<(), tucuxi::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if the service is unknown.
    pub fn each<T: Send + 'static>(
        self,
        service: &str,
        work: impl Fn(&Client) -> Result<T> + Send + Sync + 'static,
    ) -> Result<Results<T>> {
        self.stream(service, move |client, send| {
            send(work(client)?);
            Ok(())
        })
    }

    /// Runs a function for each target, as [`each`](Self::each) does, that passes any number of results on. Passing one on waits until
    /// the program takes it, and returns `false` if no more are needed.
    ///
    /// ```
    /// use serde_json::json;
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let replay = Replay::new().respond(200, &[], r#"{"TableNames": ["a", "b"]}"#);
    /// # let client = Client::with_transport(config, replay)?;
    /// let names = client.fan_out().stream("dynamodb", |client, send| {
    ///     for name in client.pages("dynamodb", "ListTables", json!({}))?.items() {
    ///         if !send(name?) {
    ///             break;
    ///         }
    ///     }
    ///     Ok(())
    /// })?;
    /// assert_eq!(names.count(), 2);
    /// # Ok::<(), tucuxi::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if the service is unknown.
    pub fn stream<T: Send + 'static>(
        self,
        service: &str,
        work: impl Fn(&Client, &mut dyn FnMut(T) -> bool) -> Result<()> + Send + Sync + 'static,
    ) -> Result<Results<T>> {
        let known = Known {
            service: self.client.model(service)?.name().into(),
            needs_credentials: !self.client.config().is_unsigned(),
        };
        self.start(&known, work)
    }

    fn checked(&self, service: &str, operation: &str, params: &Value) -> Result<Known> {
        let request = self.client.request(service, operation);
        request.params(params.clone()).check()?;
        let model = self.client.model(service)?;
        let operation = model.operation(operation)?;
        Ok(Known {
            service: model.name().into(),
            needs_credentials: !self.client.config().is_unsigned() && is_signed(operation),
        })
    }

    fn start<T: Send + 'static>(
        self,
        known: &Known,
        work: impl Fn(&Client, &mut dyn FnMut(T) -> bool) -> Result<()> + Send + Sync + 'static,
    ) -> Result<Results<T>> {
        let accounts = self.accounts.clone();
        let work = Work {
            main_region: self.main_region()?,
            client: self.client,
            service: known.service.clone(),
            regions: self.regions,
            needs_credentials: known.needs_credentials,
            cancel: self.cancel.child(),
            run: Box::new(work),
        };
        let accounts = accounts.unwrap_or_else(|| vec![Account::Own]);
        Ok(Results::start(Arc::new(work), accounts, self.threads))
    }

    /// The region in which roles are assumed and regions are looked up, if the account has none itself.
    fn main_region(&self) -> Result<String> {
        if let Some(region) = self.client.config().region() {
            return Ok(region.into());
        }
        let partitions = self.client.all_services().partitions()?;
        let first = match &self.regions {
            Regions::Some(regions) => regions.first().map_or("", String::as_str),
            Regions::All | Regions::Own => "",
        };
        let partition = partitions.for_region_or_default(first);
        let global = partition.implicit_global_region.as_deref();
        Ok(global.unwrap_or(first).into())
    }
}

impl fmt::Debug for FanOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FanOut")
            .field("regions", &self.regions)
            .field("accounts", &self.accounts)
            .field("threads", &self.threads)
            .finish_non_exhaustive()
    }
}

/// What is called.
struct Known {
    service: String,
    needs_credentials: bool,
}

/// Whether requests of an operation are signed with credentials.
fn is_signed(operation: &Operation) -> bool {
    let with_keys = |scheme: &String| scheme.contains("sigv4") || scheme.contains("s3");
    operation.auth.is_empty() || operation.auth.iter().any(with_keys)
}
