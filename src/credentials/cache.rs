//! Caches of credentials and tokens, which are refreshed shortly before they expire.

use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::{Duration, SystemTime};

use super::document::lasts;
#[cfg(feature = "async")]
use super::shared_refresh::{Joined, SharedRefresh};
use super::sso_token::{self, SsoTokenProvider};
use super::{
    BearerToken, Credentials, CredentialsError, CredentialsProvider, ProviderContext,
    ProviderReport,
};
#[cfg(feature = "async")]
use crate::cancel::CancelToken;
use crate::sync;

/// Advisory refresh window: one caller refreshes, while the others use the cached value.
const ADVISORY: Duration = Duration::from_secs(15 * 60);
/// Mandatory refresh window: every caller waits for a new value.
const MANDATORY: Duration = Duration::from_secs(10 * 60);

/// A value that can expire.
pub(crate) trait Expires: Clone {
    fn expires_at(&self) -> Option<SystemTime>;
}

impl Expires for Credentials {
    fn expires_at(&self) -> Option<SystemTime> {
        self.expires()
    }
}

impl Expires for BearerToken {
    fn expires_at(&self) -> Option<SystemTime> {
        self.expires()
    }
}

/// A provider and its cached credentials.
pub(crate) struct CredentialsCache {
    provider: Arc<dyn CredentialsProvider>,
    last: Cached<Credentials>,
}

impl CredentialsCache {
    pub(crate) fn new(provider: Arc<dyn CredentialsProvider>) -> Self {
        let last = Cached::default();
        Self { provider, last }
    }

    /// Returns cached credentials that do not expire soon, or new ones.
    pub(crate) fn get(&self, cx: &ProviderContext<'_>) -> Result<Credentials, CredentialsError> {
        let name = self.provider.name();
        self.last.get(cx, name, || {
            let found = self.provider.credentials(cx)?;
            found.checked(name, |part| part.to_string())
        })
    }

    /// Returns what [`get`](Self::get) does. `lookup` calls it, for all who wait.
    #[cfg(feature = "async")]
    pub(crate) async fn get_async(
        &self,
        now: SystemTime,
        lookup: impl FnOnce(CancelToken) -> Result<Credentials, CredentialsError> + Send + 'static,
    ) -> Result<Credentials, CredentialsError> {
        self.last.get_async(now, lookup).await
    }

    /// Queries each provider and reports the outcomes.
    pub(crate) fn explain(&self, cx: &ProviderContext<'_>) -> Vec<ProviderReport> {
        self.provider.explain(cx)
    }
}

/// The cached token of the profile's SSO session.
#[derive(Default)]
pub(crate) struct TokenCache {
    provider: SsoTokenProvider,
    last: Cached<BearerToken>,
}

impl TokenCache {
    /// Returns a cached token that does not expire soon, or a new one.
    pub(crate) fn get(&self, cx: &ProviderContext<'_>) -> Result<BearerToken, CredentialsError> {
        self.last
            .get(cx, sso_token::NAME, || self.provider.of_profile(cx))
    }

    /// Returns what [`get`](Self::get) does. `lookup` calls it, for all who wait.
    #[cfg(feature = "async")]
    pub(crate) async fn get_async(
        &self,
        now: SystemTime,
        lookup: impl FnOnce(CancelToken) -> Result<BearerToken, CredentialsError> + Send + 'static,
    ) -> Result<BearerToken, CredentialsError> {
        self.last.get_async(now, lookup).await
    }
}

/// A cached value that can expire.
struct Cached<T> {
    current: Mutex<Option<T>>,
    /// Held by the caller that refreshes the value.
    refreshing: RefreshLock,
    /// The refresh that async calls wait for.
    #[cfg(feature = "async")]
    shared: SharedRefresh<T>,
}

impl<T> Default for Cached<T> {
    fn default() -> Self {
        Self {
            current: Mutex::new(None),
            refreshing: RefreshLock::default(),
            #[cfg(feature = "async")]
            shared: SharedRefresh::default(),
        }
    }
}

/// A lock whose waiters stop when their lookup is cancelled or reaches its deadline.
#[derive(Default)]
struct RefreshLock {
    is_held: Mutex<bool>,
    released: Condvar,
}

/// Releases the lock on drop.
struct RefreshGuard<'a>(&'a RefreshLock);

impl RefreshLock {
    /// How often a waiter checks its limits.
    const SLICE: Duration = Duration::from_millis(20);

    fn try_lock(&self) -> Option<RefreshGuard<'_>> {
        let was_held = std::mem::replace(&mut *self.state(), true);
        (!was_held).then(|| RefreshGuard(self))
    }

    fn wait_and_lock(
        &self,
        cx: &ProviderContext<'_>,
    ) -> Result<RefreshGuard<'_>, CredentialsError> {
        let mut is_held = self.state();
        while *is_held {
            cx.check()?;
            let woken = self.released.wait_timeout(is_held, Self::SLICE);
            is_held = sync::ignore_poison(woken).0;
        }
        *is_held = true;
        Ok(RefreshGuard(self))
    }

    fn state(&self) -> MutexGuard<'_, bool> {
        sync::lock(&self.is_held)
    }
}

impl Drop for RefreshGuard<'_> {
    fn drop(&mut self) {
        *self.0.state() = false;
        self.0.released.notify_one();
    }
}

impl<T: Expires> Cached<T> {
    fn get(
        &self,
        cx: &ProviderContext<'_>,
        provider: &'static str,
        refresh: impl FnOnce() -> Result<T, CredentialsError>,
    ) -> Result<T, CredentialsError> {
        let now = cx.now;
        if let Some(current) = self.usable(now, ADVISORY) {
            return Ok(current);
        }
        let old = self.usable(now, MANDATORY);
        let _guard = match (self.refreshing.try_lock(), &old) {
            (Some(guard), _) => guard,
            (None, Some(old)) => return Ok(old.clone()),
            (None, None) => self.refreshing.wait_and_lock(cx)?,
        };
        if let Some(current) = self.usable(now, ADVISORY) {
            return Ok(current); // another caller has refreshed it meanwhile
        }
        cx.check()?;
        match (refresh().and_then(|new| unexpired(new, now, provider)), old) {
            (Ok(new), _) => {
                *self.lock() = Some(new.clone());
                Ok(new)
            }
            (Err(error), Some(old)) => {
                tracing::warn!(provider, %error, "the refresh failed; the cached value is used");
                Ok(old)
            }
            // the provider only knows that its request failed
            (Err(_), None) if cx.cancel.is_cancelled() => Err(CredentialsError::Cancelled),
            (Err(error), None) => Err(error),
        }
    }

    /// Returns the cached value, or waits for the refresh that all callers share. In the advisory window, the caller that starts
    /// the refresh waits for it, and the others use the cached value.
    #[cfg(feature = "async")]
    async fn get_async(
        &self,
        now: SystemTime,
        lookup: impl FnOnce(CancelToken) -> Result<T, CredentialsError> + Send + 'static,
    ) -> Result<T, CredentialsError>
    where
        T: Send + Sync + 'static,
    {
        if let Some(current) = self.usable(now, ADVISORY) {
            return Ok(current);
        }
        match (self.shared.join(lookup), self.usable(now, MANDATORY)) {
            (Joined::Others(_), Some(old)) => Ok(old),
            (Joined::Own(refresh) | Joined::Others(refresh), _) => refresh.outcome().await,
        }
    }

    /// Returns the cached value, unless it expires within `margin`.
    fn usable(&self, now: SystemTime, margin: Duration) -> Option<T> {
        let current = self.lock();
        let current = current.as_ref()?;
        let good = current
            .expires_at()
            .is_none_or(|end| lasts(end, now, margin));
        good.then(|| current.clone())
    }

    fn lock(&self) -> MutexGuard<'_, Option<T>> {
        sync::lock(&self.current)
    }
}

fn unexpired<T: Expires>(
    new: T,
    now: SystemTime,
    provider: &'static str,
) -> Result<T, CredentialsError> {
    match new.expires_at() {
        Some(end) if end <= now => Err(CredentialsError::Provider {
            provider,
            what: "the credentials that it returned have expired".into(),
        }),
        _ => Ok(new),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(not(feature = "async"))]
    use crate::cancel::CancelToken;
    use crate::config::Config;
    use crate::credentials::tests::{Calls, context};
    use crate::transport::Replay;
    use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
    use std::sync::{Barrier, LazyLock};
    use std::time::{Instant, UNIX_EPOCH};

    static CALLS: LazyLock<Calls> = LazyLock::new(Calls::default);

    /// Returns credentials that are valid for an hour, or fails.
    struct Hourly {
        queries: AtomicUsize,
        fails: bool,
    }

    impl CredentialsProvider for Arc<Hourly> {
        fn name(&self) -> &'static str {
            "hourly"
        }
        fn credentials(&self, cx: &ProviderContext<'_>) -> Result<Credentials, CredentialsError> {
            let number = self.queries.fetch_add(1, SeqCst);
            if self.fails && number > 0 {
                let (provider, what) = ("hourly", "down".into());
                return Err(CredentialsError::Provider { provider, what });
            }
            let fresh = Credentials::new(format!("AKID{number}"), "secret");
            Ok(fresh.with_expiry(cx.now + Duration::from_secs(3600)))
        }
    }

    fn at<'a>(config: &'a Config, transport: &'a Replay, minutes: u64) -> ProviderContext<'a> {
        ProviderContext {
            now: UNIX_EPOCH + Duration::from_secs(minutes * 60),
            ..context(config, transport, &CALLS)
        }
    }

    fn setup(fails: bool) -> (Arc<Hourly>, CredentialsCache, Config, Replay) {
        let queries = AtomicUsize::new(0);
        let provider = Arc::new(Hourly { queries, fails });
        let cache = CredentialsCache::new(Arc::new(provider.clone()));
        let config = Config::builder().isolated().build().unwrap();
        (provider, cache, config, Replay::new())
    }

    #[test]
    fn credentials_are_refreshed_before_they_expire() {
        let (provider, cache, config, transport) = setup(false);
        for (minute, queries) in [(0, 1), (44, 1), (46, 2), (80, 2), (92, 3)] {
            cache.get(&at(&config, &transport, minute)).unwrap();
            assert_eq!(provider.queries.load(SeqCst), queries, "minute {minute}");
        }
    }

    #[test]
    fn a_failed_refresh_is_an_error_only_after_expiry() {
        let (_, cache, config, transport) = setup(true);
        for (minute, good) in [(0, true), (46, true), (49, true), (51, false)] {
            let got = cache.get(&at(&config, &transport, minute));
            assert_eq!(got.is_ok(), good, "minute {minute}");
        }
    }

    /// Returns its first credentials at once, and further ones after the barrier.
    struct Slow {
        queries: AtomicUsize,
        done: Barrier,
    }

    impl CredentialsProvider for Arc<Slow> {
        fn name(&self) -> &'static str {
            "slow"
        }
        fn credentials(&self, cx: &ProviderContext<'_>) -> Result<Credentials, CredentialsError> {
            let number = self.queries.fetch_add(1, SeqCst);
            if number > 0 {
                self.done.wait();
            }
            let fresh = Credentials::new(format!("AKID{number}"), "secret");
            Ok(fresh.with_expiry(cx.now + Duration::from_secs(3600)))
        }
    }

    /// Queries the cache from 64 threads at this minute. `served` of them return before the provider does.
    fn query_together(minute: u64, served: usize) -> Vec<String> {
        let done = Barrier::new(2);
        let queries = AtomicUsize::new(0);
        let provider = Arc::new(Slow { queries, done });
        let cache = CredentialsCache::new(Arc::new(provider.clone()));
        let config = Config::builder().isolated().build().unwrap();
        let transport = Replay::new();
        cache.get(&at(&config, &transport, 0)).unwrap();
        let (start, names) = (Barrier::new(64), Mutex::new(Vec::new()));
        let (sender, receiver) = std::sync::mpsc::channel();
        std::thread::scope(|scope| {
            for _ in 0..64 {
                let sender = sender.clone();
                let (start, names, cache) = (&start, &names, &cache);
                let (config, transport) = (&config, &transport);
                scope.spawn(move || {
                    start.wait();
                    let got = cache.get(&at(config, transport, minute)).unwrap();
                    names.lock().unwrap().push(got.access_key_id().to_owned());
                    sender.send(()).unwrap();
                });
            }
            for _ in 0..served {
                receiver.recv().unwrap();
            }
            provider.done.wait();
        });
        assert_eq!(provider.queries.load(SeqCst), 2, "minute {minute}");
        let mut names = names.into_inner().unwrap();
        names.sort();
        names
    }

    #[test]
    fn one_thread_refreshes_while_the_others_use_the_cached_value() {
        let names = query_together(46, 63);
        let (old, new) = (&names[..63], &names[63..]);
        assert!(old.iter().all(|name| name == "AKID0"), "{names:?}");
        assert_eq!(new, ["AKID1"]);
    }

    #[test]
    fn expired_credentials_are_refreshed_once_for_all() {
        let names = query_together(61, 0);
        assert!(names.iter().all(|name| name == "AKID1"), "{names:?}");
    }

    #[test]
    fn many_threads_query_the_provider_once() {
        let (provider, cache, config, transport) = setup(false);
        let barrier = Barrier::new(64);
        std::thread::scope(|scope| {
            for _ in 0..64 {
                scope.spawn(|| {
                    barrier.wait();
                    cache.get(&at(&config, &transport, 0)).unwrap();
                });
            }
        });
        assert_eq!(provider.queries.load(SeqCst), 1);
    }

    /// Waits for the cancellation when it is queried for the first time.
    struct Stuck {
        queries: AtomicUsize,
        begun: Barrier,
    }

    impl CredentialsProvider for Arc<Stuck> {
        fn name(&self) -> &'static str {
            "stuck"
        }
        fn credentials(&self, cx: &ProviderContext<'_>) -> Result<Credentials, CredentialsError> {
            if self.queries.fetch_add(1, SeqCst) == 0 {
                self.begun.wait();
                loop {
                    cx.pause(Duration::from_secs(60))?;
                }
            }
            Ok(Credentials::new("AKID1", "secret"))
        }
    }

    #[test]
    fn waiters_continue_when_the_refreshing_caller_is_cancelled() {
        let (queries, begun) = (AtomicUsize::new(0), Barrier::new(2));
        let provider = Arc::new(Stuck { queries, begun });
        let cache = CredentialsCache::new(Arc::new(provider.clone()));
        let config = Config::builder().isolated().build().unwrap();
        let (transport, cancel) = (Replay::new(), CancelToken::default());
        std::thread::scope(|scope| {
            let first = scope.spawn(|| {
                let cx = ProviderContext {
                    cancel: &cancel,
                    ..at(&config, &transport, 0)
                };
                cache.get(&cx)
            });
            provider.begun.wait();
            // a caller without time does not wait for the others
            let late = ProviderContext {
                deadline: Some(Instant::now()),
                ..at(&config, &transport, 0)
            };
            assert!(matches!(cache.get(&late), Err(CredentialsError::TimedOut)));
            let others: Vec<_> = (0..63)
                .map(|_| scope.spawn(|| cache.get(&at(&config, &transport, 0)).unwrap()))
                .collect();
            cancel.cancel();
            assert!(matches!(
                first.join().unwrap(),
                Err(CredentialsError::Cancelled)
            ));
            for other in others {
                assert_eq!(other.join().unwrap().access_key_id(), "AKID1");
            }
        });
        assert_eq!(provider.queries.load(SeqCst), 2);
    }

    /// Returns a token that is not valid in a header.
    struct Broken;

    impl CredentialsProvider for Broken {
        fn name(&self) -> &'static str {
            "vault"
        }
        fn credentials(&self, _: &ProviderContext<'_>) -> Result<Credentials, CredentialsError> {
            Ok(Credentials::new("AKID", "s").with_session_token("hidden\n"))
        }
    }

    #[test]
    fn credentials_of_a_custom_provider_are_validated() {
        let cache = CredentialsCache::new(Arc::new(Broken));
        let config = Config::builder().isolated().build().unwrap();
        let error = cache
            .get(&at(&config, &Replay::new(), 0))
            .unwrap_err()
            .to_string();
        let expected =
            "vault: the session token has a line break as character 7, the last; remove it";
        assert_eq!(error, expected);
    }
}
