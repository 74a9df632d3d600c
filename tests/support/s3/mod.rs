//! An S3 server in memory, on the loopback interface, that verifies signatures and checksums.
//!
//! Tests can inspect it (objects, open uploads, requests) and change its behaviour with hooks:
//!
//! ```text
//! request ── signature ── log ── refuse(asked) ── body ── operation ── watch(asked) ── response
//!                                     └────────── error ──────────────────┘
//! ```

mod checksums;
mod conditions;
mod listings;
mod multipart;
mod objects;
mod operations;
mod store;
mod watched;

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use hyper::body::Body as _;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder as Connections;
use s3s::auth::SimpleAuth;
use s3s::service::{S3Service, S3ServiceBuilder};
use tokio::runtime::Runtime;

pub(crate) use self::watched::{Asked, Refusal};

use self::operations::Operations;
use self::store::Bucket;
use self::watched::{Gate, Place, Shared};

/// The key pair that the server accepts.
pub(crate) const ACCESS_KEY_ID: &str = "AKIAIOSFODNN7EXAMPLE";
pub(crate) const SECRET_ACCESS_KEY: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";

/// A running server. Dropping the handle stops it.
pub(crate) struct S3Backend {
    address: SocketAddr,
    shared: Arc<Shared>,
    runtime: Option<Runtime>,
}

/// An upload that is neither completed nor aborted.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct OpenUpload {
    pub(crate) key: String,
    pub(crate) id: String,
    /// Part numbers and lengths, in order.
    pub(crate) parts: Vec<(i32, u64)>,
}

impl S3Backend {
    /// Starts a server with this bucket on a free port of the loopback interface.
    pub(crate) fn start(bucket: &str) -> Self {
        Self::try_start("127.0.0.1:0", bucket).expect("a free port of the loopback interface")
    }

    pub(crate) fn try_start(at: &str, bucket: &str) -> io::Result<Self> {
        let listener = TcpListener::bind(at)?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let shared = Arc::<Shared>::default();
        // a hook that blocks occupies one of these
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(4)
            .enable_all()
            .build()?;
        runtime.spawn(serve(listener, service(&shared), shared.clone()));
        let runtime = Some(runtime);
        let backend = Self {
            address,
            shared,
            runtime,
        };
        backend.create_bucket(bucket);
        Ok(backend)
    }

    /// The address of the server.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// A configuration that uses only this server.
    pub(crate) fn config(&self) -> tucuxi::ConfigBuilder {
        config_for(&self.url())
    }

    /// Allows parts below 5 MiB from now on.
    pub(crate) fn allow_small_parts(&self) {
        self.shared.store().small_parts = true;
    }

    pub(crate) fn create_bucket(&self, name: &str) {
        let mut store = self.shared.store();
        let buckets = &mut store.buckets;
        buckets
            .entry(name.to_owned())
            .or_insert_with(|| Bucket::new(None));
    }

    /// Stores an object without a request. The bucket is created if necessary.
    pub(crate) fn put(&self, bucket: &str, key: &str, bytes: impl Into<Bytes>) {
        self.create_bucket(bucket);
        let object = store::Object::of_bytes(bytes.into());
        let mut store = self.shared.store();
        if let Some(bucket) = store.buckets.get_mut(bucket) {
            bucket.objects.insert(key.to_owned(), object);
        }
    }

    /// Returns the content of an object, or `None`.
    pub(crate) fn bytes(&self, bucket: &str, key: &str) -> Option<Vec<u8>> {
        self.pieces(bucket, key).map(|pieces| pieces.concat())
    }

    /// Like `object`, without copying.
    pub(crate) fn pieces(&self, bucket: &str, key: &str) -> Option<Vec<Bytes>> {
        let store = self.shared.store();
        let object = store.object(bucket, key).ok()?;
        Some(object.body.clone())
    }

    /// Returns the ETag of an object, without quotes.
    pub(crate) fn etag(&self, bucket: &str, key: &str) -> Option<String> {
        let store = self.shared.store();
        let object = store.object(bucket, key).ok()?;
        Some(object.etag.clone())
    }

    /// Returns all keys of a bucket, in order.
    pub(crate) fn keys(&self, bucket: &str) -> Vec<String> {
        let store = self.shared.store();
        let bucket = store.buckets.get(bucket);
        bucket.map_or_else(Vec::new, |bucket| bucket.objects.keys().cloned().collect())
    }

    /// Returns the open uploads of a bucket, in the order in which they were started.
    pub(crate) fn uploads(&self, bucket: &str) -> Vec<OpenUpload> {
        let store = self.shared.store();
        let uploads = store.buckets.get(bucket).map(|bucket| &bucket.uploads);
        let shown = |(id, upload): (&String, &store::Upload)| OpenUpload {
            key: upload.key.clone(),
            id: id.clone(),
            parts: upload
                .parts
                .iter()
                .map(|(number, part)| (*number, part.length))
                .collect(),
        };
        uploads.into_iter().flatten().map(shown).collect()
    }

    /// Returns all requests so far.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.shared.log()
    }

    /// Returns the requests of one operation.
    pub(crate) fn asked_for(&self, operation: &str) -> Vec<Asked> {
        let mut asked = self.asked();
        asked.retain(|asked| asked.operation == operation);
        asked
    }

    /// Clears the log. Requests that are in progress are not logged any more.
    pub(crate) fn forget(&self) {
        self.shared.forget();
    }

    /// Calls `hook` before each operation; an error that it returns is the response. For DeleteObjects it is called once without a
    /// key, then for each key. The body is read before an operation is refused.
    pub(crate) fn refuse(&self, hook: impl Fn(&Asked) -> Option<Refusal> + Send + Sync + 'static) {
        self.shared.set_refuse(Some(Arc::new(hook)));
    }

    /// Removes the hook of `refuse`.
    pub(crate) fn relent(&self) {
        self.shared.set_refuse(None);
    }

    /// Calls `hook` after each operation, before the response is sent.
    pub(crate) fn watch(&self, hook: impl Fn(&Asked) + Send + Sync + 'static) {
        self.shared.set_watch(Some(Arc::new(hook)));
    }
}

impl Drop for S3Backend {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            match tokio::runtime::Handle::try_current() {
                // an asynchronous test may not wait
                Ok(_) => runtime.shutdown_background(),
                // a hook that still blocks is not waited for
                Err(_) => runtime.shutdown_timeout(Duration::from_secs(1)),
            }
        }
    }
}

/// A configuration for a server at `url`, with the backend's key pair.
pub(crate) fn config_for(url: &str) -> tucuxi::ConfigBuilder {
    tucuxi::Config::builder()
        .isolated()
        .region("us-east-1")
        .endpoint_url(url)
        .credentials(tucuxi::Credentials::new(ACCESS_KEY_ID, SECRET_ACCESS_KEY))
}

fn service(shared: &Arc<Shared>) -> S3Service {
    let mut builder = S3ServiceBuilder::new(Operations(shared.clone()));
    builder.set_auth(SimpleAuth::from_single(ACCESS_KEY_ID, SECRET_ACCESS_KEY));
    builder.set_access(Gate(shared.clone()));
    builder.build()
}

async fn serve(listener: TcpListener, service: S3Service, shared: Arc<Shared>) -> io::Result<()> {
    let listener = tokio::net::TcpListener::from_std(listener)?;
    let connections = Connections::new(TokioExecutor::new());
    loop {
        let (socket, _) = listener.accept().await?;
        socket.set_nodelay(true)?;
        let (service, shared) = (service.clone(), shared.clone());
        let answer = move |request| answer(service.clone(), shared.clone(), request);
        let connection = connections
            .serve_connection(TokioIo::new(socket), hyper::service::service_fn(answer))
            .into_owned();
        tokio::spawn(async move {
            // a client that disconnects is not an error of the server
            let _ = connection.await;
        });
    }
}

async fn answer(
    service: S3Service,
    shared: Arc<Shared>,
    mut request: http::Request<hyper::body::Incoming>,
) -> Result<s3s::HttpResponse, s3s::HttpError> {
    let place = Place::default();
    request.extensions_mut().insert(place.clone());
    let response = service.call(request.map(s3s::Body::from)).await?;
    let length = response.body().size_hint().exact();
    shared.answered(&place, response.status().as_u16(), length);
    Ok(response)
}
