//! The request log of the backend, and the hooks of tests.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use s3s::access::{S3Access, S3AccessContext};
use s3s::path::S3Path;
use s3s::{S3Error, S3ErrorCode, S3Result, s3_error};

use super::store::Store;

/// A logged operation: request and response.
#[derive(Clone, Debug, Default)]
pub(crate) struct Asked {
    /// `UploadPart`
    pub(crate) operation: String,
    /// The number of calls of this operation so far, including this one.
    pub(crate) nth: usize,
    pub(crate) key: Option<String>,
    pub(crate) part_number: Option<u32>,
    /// The range of a read or of a copy source, such as `bytes=0-9`.
    pub(crate) range: Option<String>,
    /// The length of the request body without framing.
    pub(crate) bytes: u64,
    /// The length of the response body, once it is known.
    pub(crate) answered_bytes: Option<u64>,
    /// The status of the response, once there is one.
    pub(crate) status: Option<u16>,
}

/// An error that is returned instead of running the operation.
#[derive(Clone, Debug)]
pub(crate) struct Refusal {
    code: &'static str,
    status: Option<u16>,
}

impl Refusal {
    /// An error with the status that S3 uses for this code.
    pub(crate) fn new(code: &'static str) -> Self {
        Self { code, status: None }
    }

    /// 503
    pub(crate) fn slow_down() -> Self {
        Self::new("SlowDown")
    }

    /// An error in a response with status 200, as copies and CompleteMultipartUpload may return it.
    pub(crate) fn in_body(code: &'static str) -> Self {
        let status = Some(200);
        Self { code, status }
    }

    /// The decision that was made before the body was read.
    pub(super) fn noted(extensions: &http::Extensions) -> Option<Self> {
        extensions.get().cloned()
    }

    /// The error as an entry of DeleteObjects.
    pub(super) fn of_key(&self, key: String) -> s3s::dto::Error {
        s3s::dto::Error {
            code: Some(self.code.to_owned()),
            key: Some(key),
            message: Some("refused by the test".to_owned()),
            version_id: None,
        }
    }
}

impl From<Refusal> for S3Error {
    fn from(refusal: Refusal) -> Self {
        let code = S3ErrorCode::from_bytes(refusal.code.as_bytes());
        let code = code.unwrap_or(S3ErrorCode::InternalError);
        let mut error = Self::with_message(code, "refused by the test");
        let status = refusal.status.map(http::StatusCode::from_u16);
        if let Some(Ok(status)) = status {
            error.set_status_code(status);
        }
        error
    }
}

type Refuse = dyn Fn(&Asked) -> Option<Refusal> + Send + Sync;
type Watch = dyn Fn(&Asked) + Send + Sync;

/// State that the operations and the handle share.
#[derive(Default)]
pub(crate) struct Shared {
    store: Mutex<Store>,
    log: Mutex<Log>,
    refuse: Mutex<Option<Arc<Refuse>>>,
    watch: Mutex<Option<Arc<Watch>>>,
}

#[derive(Default)]
pub(super) struct Log {
    asked: Vec<Asked>,
    /// The number of calls of each operation.
    counts: HashMap<String, usize>,
    /// The number of calls before the log was cleared.
    forgotten: usize,
}

/// The index of a request in the log, once it has one.
#[derive(Clone, Default)]
pub(super) struct Place(Arc<Mutex<Option<usize>>>);

/// The state is consistent even if a test's hook panicked.
fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    pub(super) fn store(&self) -> MutexGuard<'_, Store> {
        lock(&self.store)
    }

    pub(super) fn log(&self) -> Vec<Asked> {
        lock(&self.log).asked.clone()
    }

    pub(super) fn forget(&self) {
        let mut log = lock(&self.log);
        log.forgotten += log.asked.len();
        log.asked.clear();
        log.counts.clear();
    }

    pub(super) fn set_refuse(&self, hook: Option<Arc<Refuse>>) {
        *lock(&self.refuse) = hook;
    }

    pub(super) fn set_watch(&self, hook: Option<Arc<Watch>>) {
        *lock(&self.watch) = hook;
    }

    fn refusal(&self, asked: &Asked) -> Option<Refusal> {
        // a hook may block, and may access the store
        let hook = lock(&self.refuse).clone();
        hook.and_then(|hook| hook(asked))
    }

    /// One key of several.
    pub(super) fn refusal_of_key(&self, key: &str) -> Option<Refusal> {
        self.refusal(&Asked {
            operation: "DeleteObjects".to_owned(),
            key: Some(key.to_owned()),
            ..Asked::default()
        })
    }

    fn asked(&self, mut asked: Asked, place: Option<&Place>) -> Option<Refusal> {
        {
            let mut log = lock(&self.log);
            let count = log.counts.entry(asked.operation.clone()).or_default();
            *count += 1;
            asked.nth = *count;
            if let Some(place) = place {
                *lock(&place.0) = Some(log.forgotten + log.asked.len());
            }
            log.asked.push(asked.clone());
        }
        self.refusal(&asked)
    }

    /// Called when the operation is done, before the response is sent.
    pub(super) fn answered(&self, place: &Place, status: u16, bytes: Option<u64>) {
        let Some(asked) = self.note(place, status, bytes) else {
            return;
        };
        let hook = lock(&self.watch).clone();
        if let Some(hook) = hook {
            hook(&asked);
        }
    }

    fn note(&self, place: &Place, status: u16, bytes: Option<u64>) -> Option<Asked> {
        let place = (*lock(&place.0))?;
        let mut log = lock(&self.log);
        let at = place.checked_sub(log.forgotten)?;
        let asked = log.asked.get_mut(at)?;
        asked.status = Some(status);
        asked.answered_bytes = bytes;
        Some(asked.clone())
    }
}

/// Logs the request, and returns an error if a hook refuses it.
pub(super) struct Gate(pub(super) Arc<Shared>);

#[async_trait::async_trait]
impl S3Access for Gate {
    async fn check(&self, context: &mut S3AccessContext<'_>) -> S3Result<()> {
        if context.credentials().is_none() {
            return Err(s3_error!(AccessDenied, "a signature is required"));
        }
        let asked = asked(context);
        let has_body = matches!(&*asked.operation, "PutObject" | "UploadPart");
        let place = context.extensions_mut().get::<Place>().cloned();
        let Some(refusal) = self.0.asked(asked, place.as_ref()) else {
            return Ok(());
        };
        if has_body {
            // the operation reads its body first, then checks this
            context.extensions_mut().insert(refusal);
            return Ok(());
        }
        Err(refusal.into())
    }
}

fn asked(context: &S3AccessContext<'_>) -> Asked {
    let key = match context.s3_path() {
        S3Path::Object { key, .. } => Some(key),
        _ => None,
    };
    let headers = context.headers();
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let query = context.uri().query().unwrap_or_default().as_bytes();
    let parameter = |wanted: &str| {
        let mut pairs = form_urlencoded::parse(query);
        let found = pairs.find(|(name, _)| name == wanted);
        found.map(|(_, value)| value.into_owned())
    };
    let length = header("x-amz-decoded-content-length").or_else(|| header("content-length"));
    let range = header("range").or_else(|| header("x-amz-copy-source-range"));
    Asked {
        operation: context.s3_op().name().to_owned(),
        key: key.map(|key| key.to_string()),
        part_number: parameter("partNumber").and_then(|number| number.parse().ok()),
        range: range.map(str::to_owned),
        bytes: length.and_then(|length| length.parse().ok()).unwrap_or(0),
        ..Asked::default()
    }
}
