//! Credentials that are used until shortly before they end.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use super::{Credentials, CredentialsError, CredentialsProvider, ProviderContext};

/// From here on one caller asks for new ones, while the others go on with the old.
const ADVISORY: Duration = Duration::from_secs(15 * 60);
/// From here on every caller waits for new ones.
const MANDATORY: Duration = Duration::from_secs(10 * 60);

/// What a provider gave last.
pub(crate) struct CredentialsCache {
    provider: Arc<dyn CredentialsProvider>,
    current: Mutex<Option<Credentials>>,
    /// Held by the one caller that asks the provider.
    refreshing: Mutex<()>,
}

impl CredentialsCache {
    pub(crate) fn new(provider: Arc<dyn CredentialsProvider>) -> Self {
        Self {
            provider,
            current: Mutex::new(None),
            refreshing: Mutex::new(()),
        }
    }

    /// Credentials that are good for a while yet.
    pub(crate) fn get(&self, cx: &ProviderContext<'_>) -> Result<Credentials, CredentialsError> {
        match self.usable(cx.now, ADVISORY) {
            Some(current) => Ok(current),
            None => self.refresh(cx),
        }
    }

    fn refresh(&self, cx: &ProviderContext<'_>) -> Result<Credentials, CredentialsError> {
        let old = self.usable(cx.now, MANDATORY);
        // a guard of nothing stays good when its holder panics
        let _guard = match (self.refreshing.try_lock(), &old) {
            (Ok(guard), _) => guard,
            (Err(_), Some(old)) => return Ok(old.clone()),
            (Err(_), None) => self
                .refreshing
                .lock()
                .unwrap_or_else(PoisonError::into_inner),
        };
        if let Some(current) = self.usable(cx.now, ADVISORY) {
            return Ok(current); // another caller was here
        }
        match (self.ask(cx), old) {
            (Ok(new), _) => {
                *self.lock() = Some(new.clone());
                Ok(new)
            }
            (Err(error), Some(old)) => {
                tracing::warn!(%error, "credentials were not refreshed, the old ones are used");
                Ok(old)
            }
            (Err(error), None) => Err(error),
        }
    }

    fn ask(&self, cx: &ProviderContext<'_>) -> Result<Credentials, CredentialsError> {
        let provider = self.provider.name();
        let new = self.provider.credentials(cx)?.ok_or_else(|| {
            let asked = provider.to_owned();
            CredentialsError::NotFound { asked }
        })?;
        match new.expires() {
            Some(end) if end <= cx.now => Err(CredentialsError::Provider {
                provider,
                what: "the credentials that it gave have expired".into(),
            }),
            _ => Ok(new),
        }
    }

    /// The current ones, if they do not end within this time.
    fn usable(&self, now: SystemTime, margin: Duration) -> Option<Credentials> {
        let current = self.lock();
        let current = current.as_ref()?;
        let good = current.expires().is_none_or(|end| now + margin < end);
        good.then(|| current.clone())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Credentials>> {
        // it is replaced whole, so it is whole whenever a thread may have panicked
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use crate::credentials::{ProviderCall, ServiceCalls};
    use crate::transport::Replay;
    use serde_json::Value;
    use std::sync::Barrier;
    use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
    use std::time::UNIX_EPOCH;

    /// Gives credentials that last an hour from `now`, or fails.
    struct Hourly {
        asked: AtomicUsize,
        fails: bool,
    }

    impl CredentialsProvider for Arc<Hourly> {
        fn name(&self) -> &'static str {
            "hourly"
        }
        fn credentials(
            &self,
            cx: &ProviderContext<'_>,
        ) -> Result<Option<Credentials>, CredentialsError> {
            let number = self.asked.fetch_add(1, SeqCst);
            if self.fails && number > 0 {
                let (provider, what) = ("hourly", "down".into());
                return Err(CredentialsError::Provider { provider, what });
            }
            let fresh = Credentials::new(format!("AKID{number}"), "secret");
            Ok(Some(fresh.with_expiry(cx.now + Duration::from_secs(3600))))
        }
    }

    struct NoCalls;

    impl ServiceCalls for NoCalls {
        fn call(&self, _: ProviderCall<'_>) -> crate::Result<Value> {
            Err(crate::Error::request("nobody calls"))
        }
    }

    fn at<'a>(config: &'a Config, transport: &'a Replay, minutes: u64) -> ProviderContext<'a> {
        ProviderContext {
            config,
            transport,
            now: UNIX_EPOCH + Duration::from_secs(minutes * 60),
            calls: &NoCalls,
        }
    }

    fn setup(fails: bool) -> (Arc<Hourly>, CredentialsCache, Config, Replay) {
        let asked = AtomicUsize::new(0);
        let provider = Arc::new(Hourly { asked, fails });
        let cache = CredentialsCache::new(Arc::new(provider.clone()));
        let config = Config::builder().isolated().build().unwrap();
        (provider, cache, config, Replay::new())
    }

    #[test]
    fn credentials_are_asked_for_again_before_they_end() {
        let (provider, cache, config, transport) = setup(false);
        for (minute, asked) in [(0, 1), (44, 1), (46, 2), (80, 2), (92, 3)] {
            cache.get(&at(&config, &transport, minute)).unwrap();
            assert_eq!(provider.asked.load(SeqCst), asked, "minute {minute}");
        }
    }

    #[test]
    fn a_failed_refresh_hurts_only_when_the_old_ones_end() {
        let (_, cache, config, transport) = setup(true);
        for (minute, good) in [(0, true), (46, true), (49, true), (51, false)] {
            let got = cache.get(&at(&config, &transport, minute));
            assert_eq!(got.is_ok(), good, "minute {minute}");
        }
    }

    #[test]
    fn many_threads_ask_once() {
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
        assert_eq!(provider.asked.load(SeqCst), 1);
    }
}
