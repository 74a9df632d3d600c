//! Credentials and tokens that are used until shortly before they end.

use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::{Duration, SystemTime};

use super::document::lasts;
use super::sso_token::{self, SsoTokenProvider};
use super::{
    Asked, BearerToken, Credentials, CredentialsError, CredentialsProvider, ProviderContext,
};

use crate::sync;

/// From here on one caller asks for new ones, while the others go on with the old.
const ADVISORY: Duration = Duration::from_secs(15 * 60);
/// From here on every caller waits for new ones.
const MANDATORY: Duration = Duration::from_secs(10 * 60);

/// Something that may end.
pub(crate) trait Ends: Clone {
    /// When it does.
    fn ends(&self) -> Option<SystemTime>;
}

impl Ends for Credentials {
    fn ends(&self) -> Option<SystemTime> {
        self.expires()
    }
}

impl Ends for BearerToken {
    fn ends(&self) -> Option<SystemTime> {
        self.expires()
    }
}

/// What a provider of credentials gave last.
pub(crate) struct CredentialsCache {
    provider: Arc<dyn CredentialsProvider>,
    last: Fresh<Credentials>,
}

impl CredentialsCache {
    pub(crate) fn new(provider: Arc<dyn CredentialsProvider>) -> Self {
        let last = Fresh::default();
        Self { provider, last }
    }

    /// Credentials that are good for a while yet.
    pub(crate) fn get(&self, cx: &ProviderContext<'_>) -> Result<Credentials, CredentialsError> {
        let name = self.provider.name();
        self.last.get(cx, name, || {
            let found = self.provider.credentials(cx)?;
            found.checked(name, |part| part.to_string())
        })
    }

    /// What each provider answers.
    pub(crate) fn explain(&self, cx: &ProviderContext<'_>) -> Vec<Asked> {
        self.provider.explain(cx)
    }
}

/// The token that the profile's session gave last.
#[derive(Default)]
pub(crate) struct TokenCache {
    provider: SsoTokenProvider,
    last: Fresh<BearerToken>,
}

impl TokenCache {
    /// A token that is good for a while yet.
    pub(crate) fn get(&self, cx: &ProviderContext<'_>) -> Result<BearerToken, CredentialsError> {
        self.last
            .get(cx, sso_token::NAME, || self.provider.of_profile(cx))
    }
}

/// The last of several things that end.
struct Fresh<T> {
    current: Mutex<Option<T>>,
    /// Of the one caller that asks for the next.
    refreshing: Turn,
}

impl<T> Default for Fresh<T> {
    fn default() -> Self {
        Self {
            current: Mutex::new(None),
            refreshing: Turn::default(),
        }
    }
}

/// One caller's turn. Those that wait for it may give up.
#[derive(Default)]
struct Turn {
    is_taken: Mutex<bool>,
    ended: Condvar,
}

/// Ends the turn when it is dropped.
struct Taken<'a>(&'a Turn);

impl Turn {
    /// How soon a waiting caller notices that its call is cancelled.
    const SLICE: Duration = Duration::from_millis(20);

    fn try_take(&self) -> Option<Taken<'_>> {
        let was_taken = std::mem::replace(&mut *self.lock(), true);
        (!was_taken).then(|| Taken(self))
    }

    fn take(&self, cx: &ProviderContext<'_>) -> Result<Taken<'_>, CredentialsError> {
        let mut is_taken = self.lock();
        while *is_taken {
            cx.check()?;
            let woken = self.ended.wait_timeout(is_taken, Self::SLICE);
            is_taken = sync::whole(woken).0;
        }
        *is_taken = true;
        Ok(Taken(self))
    }

    fn lock(&self) -> MutexGuard<'_, bool> {
        sync::lock(&self.is_taken)
    }
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        *self.0.lock() = false;
        self.0.ended.notify_one();
    }
}

impl<T: Ends> Fresh<T> {
    fn get(
        &self,
        cx: &ProviderContext<'_>,
        provider: &'static str,
        ask: impl FnOnce() -> Result<T, CredentialsError>,
    ) -> Result<T, CredentialsError> {
        let now = cx.now;
        if let Some(current) = self.usable(now, ADVISORY) {
            return Ok(current);
        }
        let old = self.usable(now, MANDATORY);
        let _turn = match (self.refreshing.try_take(), &old) {
            (Some(turn), _) => turn,
            (None, Some(old)) => return Ok(old.clone()),
            (None, None) => self.refreshing.take(cx)?,
        };
        if let Some(current) = self.usable(now, ADVISORY) {
            return Ok(current); // another caller was here
        }
        cx.check()?;
        match (ask().and_then(|new| still_good(new, now, provider)), old) {
            (Ok(new), _) => {
                *self.lock() = Some(new.clone());
                Ok(new)
            }
            (Err(error), Some(old)) => {
                tracing::warn!(provider, %error, "no refresh, what there was is used on");
                Ok(old)
            }
            // a provider only knows that its request failed
            (Err(_), None) if cx.cancel.is_cancelled() => Err(CredentialsError::Cancelled),
            (Err(error), None) => Err(error),
        }
    }

    /// The current one, if it does not end within this time.
    fn usable(&self, now: SystemTime, margin: Duration) -> Option<T> {
        let current = self.lock();
        let current = current.as_ref()?;
        let good = current.ends().is_none_or(|end| lasts(end, now, margin));
        good.then(|| current.clone())
    }

    fn lock(&self) -> MutexGuard<'_, Option<T>> {
        sync::lock(&self.current)
    }
}

fn still_good<T: Ends>(
    new: T,
    now: SystemTime,
    provider: &'static str,
) -> Result<T, CredentialsError> {
    match new.ends() {
        Some(end) if end <= now => Err(CredentialsError::Provider {
            provider,
            what: "what it gave has expired".into(),
        }),
        _ => Ok(new),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cancel::CancelToken;
    use crate::config::Config;
    use crate::credentials::tests::{Calls, context};
    use crate::transport::Replay;
    use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
    use std::sync::{Barrier, LazyLock};
    use std::time::{Instant, UNIX_EPOCH};

    static CALLS: LazyLock<Calls> = LazyLock::new(Calls::default);

    /// Gives credentials that last an hour from `now`, or fails.
    struct Hourly {
        asked: AtomicUsize,
        fails: bool,
    }

    impl CredentialsProvider for Arc<Hourly> {
        fn name(&self) -> &'static str {
            "hourly"
        }
        fn credentials(&self, cx: &ProviderContext<'_>) -> Result<Credentials, CredentialsError> {
            let number = self.asked.fetch_add(1, SeqCst);
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

    /// Has old credentials at first, and is not done with new ones before it may be.
    struct Slow {
        asked: AtomicUsize,
        done: Barrier,
    }

    impl CredentialsProvider for Arc<Slow> {
        fn name(&self) -> &'static str {
            "slow"
        }
        fn credentials(&self, cx: &ProviderContext<'_>) -> Result<Credentials, CredentialsError> {
            let number = self.asked.fetch_add(1, SeqCst);
            if number > 0 {
                self.done.wait();
            }
            let fresh = Credentials::new(format!("AKID{number}"), "secret");
            Ok(fresh.with_expiry(cx.now + Duration::from_secs(3600)))
        }
    }

    /// 64 threads ask at this minute. Those that are served while the provider is asked are counted, `served` of them
    /// before it may be done.
    fn ask_together(minute: u64, served: usize) -> Vec<String> {
        let done = Barrier::new(2);
        let asked = AtomicUsize::new(0);
        let provider = Arc::new(Slow { asked, done });
        let cache = CredentialsCache::new(Arc::new(provider.clone()));
        let config = Config::builder().isolated().build().unwrap();
        let transport = Replay::new();
        cache.get(&at(&config, &transport, 0)).unwrap();
        let (start, names) = (Barrier::new(64), Mutex::new(Vec::new()));
        let (told, heard) = std::sync::mpsc::channel();
        std::thread::scope(|scope| {
            for _ in 0..64 {
                let told = told.clone();
                let (start, names, cache) = (&start, &names, &cache);
                let (config, transport) = (&config, &transport);
                scope.spawn(move || {
                    start.wait();
                    let got = cache.get(&at(config, transport, minute)).unwrap();
                    names.lock().unwrap().push(got.access_key_id().to_owned());
                    told.send(()).unwrap();
                });
            }
            for _ in 0..served {
                heard.recv().unwrap();
            }
            provider.done.wait();
        });
        assert_eq!(provider.asked.load(SeqCst), 2, "minute {minute}");
        let mut names = names.into_inner().unwrap();
        names.sort();
        names
    }

    #[test]
    fn one_thread_refreshes_while_the_others_go_on() {
        let names = ask_together(46, 63);
        let (old, new) = (&names[..63], &names[63..]);
        assert!(old.iter().all(|name| name == "AKID0"), "{names:?}");
        assert_eq!(new, ["AKID1"]);
    }

    #[test]
    fn expired_credentials_are_refreshed_once_for_all() {
        let names = ask_together(61, 0);
        assert!(names.iter().all(|name| name == "AKID1"), "{names:?}");
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

    /// Waits until the call is cancelled, the first time that it is asked.
    struct Stuck {
        asked: AtomicUsize,
        begun: Barrier,
    }

    impl CredentialsProvider for Arc<Stuck> {
        fn name(&self) -> &'static str {
            "stuck"
        }
        fn credentials(&self, cx: &ProviderContext<'_>) -> Result<Credentials, CredentialsError> {
            if self.asked.fetch_add(1, SeqCst) == 0 {
                self.begun.wait();
                loop {
                    cx.pause(Duration::from_secs(60))?;
                }
            }
            Ok(Credentials::new("AKID1", "secret"))
        }
    }

    #[test]
    fn those_that_wait_go_on_when_the_one_that_refreshes_is_cancelled() {
        let (asked, begun) = (AtomicUsize::new(0), Barrier::new(2));
        let provider = Arc::new(Stuck { asked, begun });
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
            // one that has no time left does not wait for the others
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
        assert_eq!(provider.asked.load(SeqCst), 2);
    }

    /// Gives what no header has.
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
    fn what_a_provider_of_the_program_gives_is_checked_too() {
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
