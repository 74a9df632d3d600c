//! What threads do: first the accounts, then their targets.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};

use super::account::{Account, Target};
use super::regions::Regions;
use crate::cancel::CancelToken;
use crate::client::Client;
use crate::error::Result;
use crate::sync;

/// Calls a target, and passes each result on; the function returns `false` if no more is needed.
pub(super) type Run<T> = dyn Fn(&Client, &mut dyn FnMut(T) -> bool) -> Result<()> + Send + Sync;

/// What is done for each account and target.
pub(super) struct Work<T> {
    pub(super) client: Client,
    pub(super) service: String,
    pub(super) regions: Regions,
    /// The region in which the credentials of an account without one are looked up.
    pub(super) main_region: String,
    pub(super) needs_credentials: bool,
    pub(super) cancel: CancelToken,
    pub(super) run: Box<Run<T>>,
}

/// A thing to do.
pub(super) enum Task {
    Account(Account),
    Target(Target, Client),
}

impl<T> Work<T> {
    /// Looks up the credentials of an account, so that its targets share them, and returns these.
    pub(super) fn targets(&self, account: &Account) -> Result<Vec<(Target, Client)>> {
        let client = account.client(&self.client)?;
        let own = client.config().region().map(str::to_owned);
        let main = own.as_deref().unwrap_or(&self.main_region);
        let of_account = client.in_region(Some(main), &self.cancel)?;
        if self.needs_credentials {
            of_account.credentials()?;
        }
        let regions: Vec<Option<String>> = match (&self.regions, &own) {
            // the error is that of any call without a region
            (Regions::Own, None) => vec![None],
            (regions, _) => {
                let signed = self.needs_credentials;
                let names = regions.of_account(&of_account, &self.service, main, signed)?;
                names.into_iter().map(Some).collect()
            }
        };
        let targets = regions.into_iter().map(|region| {
            let client = client.in_region(region.as_deref(), &self.cancel)?;
            let account = account.clone();
            Ok((Target { account, region }, client))
        });
        targets.collect()
    }
}

/// The tasks that are left. Accounts come first, and their targets in turns, so that threads do not wait for the credentials of one.
pub(super) struct Queue {
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    tasks: VecDeque<Task>,
    /// The accounts that are looked up, from which targets may follow.
    accounts: usize,
    is_over: bool,
}

impl Queue {
    pub(super) fn new(accounts: Vec<Account>) -> Self {
        let state = State {
            accounts: accounts.len(),
            tasks: accounts.into_iter().map(Task::Account).collect(),
            is_over: false,
        };
        Self {
            state: Mutex::new(state),
            changed: Condvar::new(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        sync::lock(&self.state)
    }

    /// The next task. Waits as long as there may be more.
    pub(super) fn take(&self) -> Option<Task> {
        let waiting =
            |state: &mut State| state.tasks.is_empty() && state.accounts > 0 && !state.is_over;
        let state = self.changed.wait_while(self.lock(), waiting);
        let mut state = sync::ignore_poison(state);
        match state.is_over {
            true => None,
            false => state.tasks.pop_front(),
        }
    }

    /// Ends the lookup of an account, whose targets follow.
    pub(super) fn add(&self, targets: Vec<(Target, Client)>) {
        let mut state = self.lock();
        state.accounts -= 1;
        let targets = targets.into_iter();
        state
            .tasks
            .extend(targets.map(|(target, client)| Task::Target(target, client)));
        self.changed.notify_all();
    }

    /// Ends all threads after their current tasks.
    pub(super) fn end(&self) {
        self.lock().is_over = true;
        self.changed.notify_all();
    }
}

/// Ends all threads if one of them panics, as the targets that it would add do not follow.
pub(super) struct EndOnPanic(pub(super) Arc<Queue>);

impl Drop for EndOnPanic {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.end();
        }
    }
}
