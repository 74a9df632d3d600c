//! A refresh that any number of async calls wait for.

use std::sync::{Arc, Mutex, Weak};

use tokio::sync::watch;

use super::CredentialsError;
use crate::cancel::CancelToken;
use crate::runtime::{self, OwnThread};
use crate::sync;

/// The refresh in progress, if there is one.
pub(super) struct SharedRefresh<T>(Mutex<Weak<Refresh<T>>>);

impl<T> Default for SharedRefresh<T> {
    fn default() -> Self {
        Self(Mutex::new(Weak::new()))
    }
}

/// A refresh in progress. It is cancelled when nothing waits for it any more.
pub(super) struct Refresh<T> {
    outcome: watch::Receiver<Option<Result<T, CredentialsError>>>,
    cancel: CancelToken,
}

/// Whether the caller started the refresh.
pub(super) enum Joined<T> {
    Own(Arc<Refresh<T>>),
    Others(Arc<Refresh<T>>),
}

impl<T: Clone + Send + Sync + 'static> SharedRefresh<T> {
    /// Joins the refresh in progress, or starts one with `lookup`, which blocks a thread of its own: it may wait for work of the
    /// runtime's pool.
    pub(super) fn join(
        &self,
        lookup: impl FnOnce(CancelToken) -> Result<T, CredentialsError> + Send + 'static,
    ) -> Joined<T> {
        let mut current = sync::lock(&self.0);
        if let Some(refresh) = current.upgrade()
            && refresh.outcome.borrow().is_none()
            && refresh.outcome.has_changed().is_ok()
        {
            return Joined::Others(refresh);
        }
        let (sender, outcome) = watch::channel(None);
        let cancel = CancelToken::default();
        let refresh = Arc::new(Refresh {
            outcome,
            cancel: cancel.clone(),
        });
        *current = Arc::downgrade(&refresh);
        drop(current);
        let failed = |error| CredentialsError::failed("the lookup of credentials", error);
        match runtime::current() {
            Ok(runtime) => drop(runtime.spawn(async move {
                let found = async { OwnThread::start(move || lookup(cancel))?.await };
                sender.send_replace(Some(found.await.map_err(failed).flatten()));
            })),
            Err(error) => drop(sender.send_replace(Some(Err(failed(error))))),
        }
        Joined::Own(refresh)
    }
}

impl<T: Clone> Refresh<T> {
    pub(super) async fn outcome(&self) -> Result<T, CredentialsError> {
        let mut outcome = self.outcome.clone();
        let ended = outcome.wait_for(Option::is_some).await;
        ended
            .ok()
            .and_then(|outcome| (*outcome).clone())
            .unwrap_or_else(|| {
                let what = "the provider panicked, or the runtime was shut down";
                Err(CredentialsError::failed("the lookup of credentials", what))
            })
    }
}

impl<T> Drop for Refresh<T> {
    fn drop(&mut self) {
        self.cancel.cancel();
    }
}
