//! An S3 server inside this process: `s3s-fs` with a temporary folder. It verifies every signature.

use std::net::{SocketAddr, TcpListener};
use std::path::Path;

use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder as Connections;
use s3s::auth::SimpleAuth;
use s3s::service::{S3Service, S3ServiceBuilder};

/// The key pair that the server accepts.
pub(crate) const ACCESS_KEY_ID: &str = "AKIAIOSFODNN7EXAMPLE";
pub(crate) const SECRET_ACCESS_KEY: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";

/// A running server. It ends with the process.
pub(crate) struct S3Server {
    address: SocketAddr,
    /// The folder of the objects, deleted when the server is dropped.
    _folder: tempfile::TempDir,
}

type BoxError = Box<dyn std::error::Error + Send + Sync>;

impl S3Server {
    /// Starts a server on a free port of the loopback interface.
    pub(crate) fn start() -> Result<Self, BoxError> {
        let folder = tempfile::tempdir()?;
        let service = service(folder.path())?;
        let listener = TcpListener::bind("127.0.0.1:0")?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        std::thread::spawn(move || runtime.block_on(serve(listener, service)));
        let _folder = folder;
        Ok(Self { address, _folder })
    }

    /// The URL of the server.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

fn service(folder: &Path) -> Result<S3Service, BoxError> {
    let files = s3s_fs::FileSystem::new(folder).map_err(|e| format!("{e:?}"))?;
    let mut builder = S3ServiceBuilder::new(files);
    builder.set_auth(SimpleAuth::from_single(ACCESS_KEY_ID, SECRET_ACCESS_KEY));
    Ok(builder.build())
}

async fn serve(listener: TcpListener, service: S3Service) -> Result<(), BoxError> {
    let listener = tokio::net::TcpListener::from_std(listener)?;
    let connections = Connections::new(TokioExecutor::new());
    loop {
        let (socket, _) = listener.accept().await?;
        let connection = connections
            .serve_connection(TokioIo::new(socket), service.clone())
            .into_owned();
        tokio::spawn(async move {
            // a client that disconnects is not an error of the server
            let _ = connection.await;
        });
    }
}
