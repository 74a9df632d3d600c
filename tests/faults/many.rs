//! Many calls of the async client at the same time, from one thread.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Builder;
use tokio::sync::Notify;
use tucuxi::{AsyncClient, Config, Credentials};

use crate::alone;
#[cfg(unix)]
use crate::support::report;

/// The memory of the process, in bytes.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok());
    kib.unwrap_or_default() * 1024
}

/// Answers each request once all have come.
async fn serve(mut socket: TcpStream, waiting: Arc<AtomicUsize>, all: usize, go: Arc<Notify>) {
    let mut received = vec![0; 4096];
    loop {
        let mut len = 0;
        while !received[..len].windows(2).any(|two| two == b"{}") {
            match socket.read(&mut received[len..]).await {
                Ok(0) | Err(_) => return,
                Ok(n) => len += n,
            }
        }
        let released = go.notified();
        if waiting.fetch_add(1, Ordering::SeqCst) + 1 < all {
            released.await;
        } else {
            tokio::time::sleep(Duration::from_millis(300)).await;
            go.notify_waiters();
        }
        let response = b"HTTP/1.1 200 OK\r\ncontent-length: 18\r\n\r\n{\"TableNames\": []}";
        if socket.write_all(response).await.is_err() {
            return;
        }
    }
}

/// The number of calls: 5,000, or as many as the system has descriptors for, two a call.
fn calls() -> usize {
    const CALLS: usize = 5_000;
    #[cfg(unix)]
    {
        use rustix::process::{Resource, getrlimit, setrlimit};
        let mut limit = getrlimit(Resource::Nofile);
        limit.current = limit.maximum;
        let _ = setrlimit(Resource::Nofile, limit);
        let most = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
        let most = usize::try_from(most / 2)
            .unwrap_or(CALLS)
            .saturating_sub(100);
        if most < CALLS {
            report::skipped(
                "5,000 calls at once",
                &format!("descriptors are for {most}"),
            );
        }
        CALLS.min(most)
    }
    #[cfg(not(unix))]
    CALLS.min(400)
}

#[test]
fn five_thousand_calls_at_once_on_one_thread_are_all_answered() {
    let _alone = alone();
    let calls = calls();
    let server = Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let listener = server.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (waiting, go) = (Arc::<AtomicUsize>::default(), Arc::<Notify>::default());
    let counted = waiting.clone();
    server.spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            tokio::spawn(serve(socket, counted.clone(), calls, go.clone()));
        }
    });
    let config = Config::builder()
        .isolated()
        .region("us-east-1")
        .endpoint_url(&url)
        .credentials(Credentials::new("AKIDEXAMPLE", "secret"))
        .read_timeout(Duration::from_secs(120))
        .connect_timeout(Duration::from_secs(120));
    let client = AsyncClient::with_config(config.build().unwrap()).unwrap();
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        client.model("dynamodb").await.unwrap();
        let before = resident();
        let running: Vec<_> = (0..calls)
            .map(|_| {
                let client = client.clone();
                tokio::spawn(async move { client.call("dynamodb", "ListTables", json!({})).await })
            })
            .collect();
        while waiting.load(Ordering::SeqCst) < calls {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let each = resident().saturating_sub(before) / calls as u64;
        for call in running {
            call.await.unwrap().unwrap();
        }
        // the server's part is in it too
        println!("{calls} calls in flight: {each} bytes a call");
        assert!(each <= 64 * 1024, "{each} bytes a call");
    });
}
