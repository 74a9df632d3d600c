//! Transfers of the async client.

use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::thread;
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_core::Stream;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tucuxi::transfer::{Running, Target, TransferManager};
use tucuxi::transport::{CancelToken, UreqTransport};
use tucuxi::{AsyncClient, Body, Result};

use super::{BUCKET, MIB, PART, Place, bytes};
use crate::support::asynchronous::{all, client};

const LEN: usize = 20 * MIB + 12_345;

type Manager = TransferManager<AsyncClient>;

impl Place {
    fn async_client(&self) -> AsyncClient {
        let config = self.backend.config().s3_sign_payload(false).sleep(|_| {});
        let network = config.clone().build().unwrap();
        let transport = UreqTransport::new(network.network()).unwrap();
        client(config, transport)
    }

    fn async_s3(&self) -> Manager {
        self.async_client().transfer_with(self.config()).unwrap()
    }

    /// Counts the requests of an operation as they are answered.
    fn requests(&self, operation: &'static str) -> UnboundedReceiver<()> {
        let (sender, requests) = unbounded_channel();
        self.backend.watch(move |asked| {
            if asked.operation == operation {
                let _ = sender.send(()); // unless the test is over
            }
        });
        requests
    }

    /// Waits until a job that was dropped has undone what it began.
    async fn until_undone(&self, job: &AtomicBool) {
        until(|| job.load(Ordering::SeqCst)).await;
        until(|| self.backend.uploads(BUCKET).is_empty()).await;
    }
}

async fn until(mut done: impl FnMut() -> bool) {
    let start = Instant::now();
    while !done() {
        assert!(
            start.elapsed() < Duration::from_secs(30),
            "it takes too long"
        );
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Sets a flag when it is dropped: a job drops its progress at its end.
struct Flag(Arc<AtomicBool>);

impl Drop for Flag {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

impl tucuxi::transfer::Progress for Flag {
    fn moved(&self, _: &tucuxi::transfer::Snapshot) {}
}

fn flag() -> (Flag, Arc<AtomicBool>) {
    let set = Arc::new(AtomicBool::new(false));
    (Flag(set.clone()), set)
}

/// Chunks of odd sizes, then the end, or silence.
struct Chunks {
    left: Bytes,
    ends: bool,
    _flag: Flag,
}

impl Stream for Chunks {
    type Item = Result<Bytes, std::io::Error>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let n = self.left.len().min(100_003);
        match n {
            0 if self.ends => Poll::Ready(None),
            0 => Poll::Pending,
            n => Poll::Ready(Some(Ok(self.left.split_to(n)))),
        }
    }
}

/// Counts on the executor until it is dropped.
async fn ticking(ticks: &AtomicUsize) {
    loop {
        tokio::time::sleep(Duration::from_millis(1)).await;
        ticks.fetch_add(1, Ordering::SeqCst);
    }
}

/// Whether the executor counts on, within half a minute.
fn is_free(ticks: &AtomicUsize) -> bool {
    let (before, start) = (ticks.load(Ordering::SeqCst), Instant::now());
    while start.elapsed() < Duration::from_secs(30) {
        if ticks.load(Ordering::SeqCst) > before {
            return true;
        }
        thread::sleep(Duration::from_millis(1));
    }
    false
}

#[tokio::test]
async fn streams_go_up_and_down_while_the_executor_is_free() {
    let place = Place::new();
    let content = bytes(LEN);
    let s3 = place.async_s3();
    let (writer, mut reader) = tokio::io::duplex(64 * 1024);
    // no request has a response while the executor is blocked
    let (ticks, is_blocked) = (
        Arc::new(AtomicUsize::new(0)),
        Arc::new(AtomicBool::new(false)),
    );
    let (seen, blocked) = (ticks.clone(), is_blocked.clone());
    place.backend.watch(move |_| {
        if !blocked.load(Ordering::SeqCst) && !is_free(&seen) {
            blocked.store(true, Ordering::SeqCst);
        }
    });
    let work = async {
        let (flag, _) = flag();
        let up = Body::from_stream(Chunks {
            left: content.clone().into(),
            ends: true,
            _flag: flag,
        });
        let report = s3.upload(up, BUCKET, "key").run().await.unwrap();
        assert_eq!(report.bytes, LEN as u64);
        let down = s3.download(BUCKET, "key", Target::async_writer(writer));
        let down = down.start().unwrap();
        let mut found = Vec::new();
        reader.read_to_end(&mut found).await.unwrap();
        assert_eq!(down.await.unwrap().bytes, LEN as u64);
        found
    };
    let found = tokio::select! {
        found = work => found,
        () = ticking(&ticks) => unreachable!(),
    };
    place.backend.watch(|_| ());
    assert!(found == content);
    assert!(place.backend.bytes(BUCKET, "key").unwrap() == content);
    assert!(
        !is_blocked.load(Ordering::SeqCst),
        "the executor was blocked"
    );
    let parts = place.backend.asked_for("UploadPart");
    assert!(parts.len() >= 4);
    let params = json!({"Bucket": BUCKET, "Key": "key", "ChecksumMode": "ENABLED"});
    let read = place.async_client().call("s3", "HeadObject", params).await;
    assert!(read.unwrap()["ChecksumCRC32"].is_string());
    place.assert_clean(&[]);
}

#[tokio::test]
async fn readers_and_files_go_up_and_down() {
    let place = Place::new();
    let content = bytes(LEN);
    let s3 = place.async_s3();
    let (mut writer, reader) = tokio::io::duplex(1000);
    let sent = content.clone();
    let write = tokio::spawn(async move { writer.write_all(&sent).await });
    let up = s3.upload(Body::from_async_read(reader), BUCKET, "a");
    assert_eq!(up.run().await.unwrap().bytes, LEN as u64);
    write.await.unwrap().unwrap();
    let (from, to) = (place.file("from", &content), place.path("to"));
    s3.upload_file(&from, BUCKET, "b").run().await.unwrap();
    s3.copy((BUCKET, "b"), BUCKET, "c").run().await.unwrap();
    s3.delete(BUCKET, "b").run().await.unwrap();
    s3.download_file(BUCKET, "c", &to).run().await.unwrap();
    assert!(std::fs::read(&to).unwrap() == content);
    assert_eq!(place.backend.keys(BUCKET), ["a", "c"]);
    place.assert_clean(&[&from, &to]);
}

#[tokio::test]
async fn a_source_of_the_wrong_length_or_that_fails_is_an_error() {
    struct Failing;
    impl Stream for Failing {
        type Item = Result<Bytes, std::io::Error>;
        fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
            Poll::Ready(Some(Err(std::io::Error::other("no more fish"))))
        }
    }
    let place = Place::new();
    let s3 = place.async_s3();
    let error = s3.upload(Body::from_stream(Failing), BUCKET, "key");
    let error = error.run().await.unwrap_err();
    assert!(error.to_string().contains("no more fish"), "{error}");
    let (flag, _) = flag();
    let short = Chunks {
        left: bytes(PART + 1).into(),
        ends: true,
        _flag: flag,
    };
    let short = Body::from_stream_with_len(short, 2 * PART as u64);
    s3.upload(short, BUCKET, "key").run().await.unwrap_err();
    place.assert_clean(&[]);
    assert!(place.backend.keys(BUCKET).is_empty());
}

#[tokio::test]
async fn snapshots_grow_and_end_with_the_job() {
    let place = Place::new();
    let up = place.file("up", &bytes(LEN));
    let seen = Arc::new(AtomicU32::new(0));
    let count = seen.clone();
    let job = place.async_s3().upload_file(&up, BUCKET, "key");
    let job = job.progress(move |_: &tucuxi::transfer::Snapshot| {
        count.fetch_add(1, Ordering::SeqCst);
    });
    let running = job.start().unwrap();
    let shown = all(running.snapshots());
    let mut again = running.snapshots();
    let (report, shown) = tokio::join!(running, shown);
    report.unwrap();
    assert!(shown.len() > 2, "{shown:?}");
    let last = shown.last().unwrap();
    assert_eq!((last.bytes, last.objects), (LEN as u64, 1));
    assert!(shown.windows(2).all(|two| two[0].elapsed <= two[1].elapsed));
    assert!(seen.load(Ordering::SeqCst) > 0);
    // the latest counts, however late it is read
    again.next().await.unwrap();
    assert_eq!(again.next().await.unwrap().bytes, LEN as u64);
    assert_eq!(again.next().await, None);
}

#[tokio::test]
async fn snapshots_of_a_job_that_is_done_end() {
    let place = Place::new();
    let mut running = place.async_s3().delete(BUCKET, "key").start().unwrap();
    (&mut running).await.unwrap();
    assert!(running.is_done());
    let shown = all(running.snapshots()).await;
    assert_eq!(shown.len(), 1);
    assert_eq!(shown[0].objects, 1);
}

#[tokio::test]
async fn an_upload_that_is_dropped_is_undone_and_can_be_repeated() {
    let place = Place::new();
    let content = bytes(LEN);
    let up = place.file("up", &content);
    let s3 = place.async_s3();
    for (operation, times) in [
        ("CreateMultipartUpload", 0),
        ("CreateMultipartUpload", 1),
        ("UploadPart", 1),
        ("UploadPart", 2),
        ("UploadPart", 4),
        ("CompleteMultipartUpload", 1),
    ] {
        let mut requests = place.requests(operation);
        let (flag, ended) = flag();
        let running = s3.upload_file(&up, BUCKET, "key").progress(flag).start();
        let running = running.unwrap();
        for _ in 0..times {
            requests.recv().await.unwrap();
        }
        drop(running);
        place.until_undone(&ended).await;
        place.assert_clean(&[&up]);
        place.backend.watch(|_| {});
        s3.upload_file(&up, BUCKET, "key").run().await.unwrap();
        assert!(place.backend.bytes(BUCKET, "key").unwrap() == content);
        place.assert_clean(&[&up]);
    }
}

#[tokio::test]
async fn an_upload_that_is_dropped_without_a_response_has_a_journal() {
    let place = Place::new();
    let up = place.file("up", &bytes(2 * PART));
    let (sender, mut requests) = unbounded_channel();
    let (hold, held) = std::sync::mpsc::channel::<()>();
    let held = std::sync::Mutex::new(held);
    place.backend.watch(move |asked| {
        if asked.operation == "CreateMultipartUpload" {
            sender.send(()).unwrap();
            let _ = held.lock().unwrap().recv(); // until the end of the test
        }
    });
    let (flag, ended) = flag();
    let job = place.async_s3().upload_file(&up, BUCKET, "key");
    let running = job.progress(flag).start().unwrap();
    requests.recv().await.unwrap();
    drop(running);
    until(|| ended.load(Ordering::SeqCst)).await;
    let journals = std::fs::read_dir(place.path("state")).unwrap().count();
    assert_eq!((place.backend.uploads(BUCKET).len(), journals), (1, 1));
    drop(hold);
}

#[tokio::test]
async fn a_download_that_is_dropped_leaves_no_file_and_can_be_repeated() {
    let place = Place::new();
    let content = bytes(LEN);
    place.backend.put(BUCKET, "key", content.clone());
    let down = place.path("down");
    let s3 = place.async_s3();
    for (operation, times) in [
        ("HeadObject", 0),
        ("HeadObject", 1),
        ("GetObject", 1),
        ("GetObject", 3),
    ] {
        let mut requests = place.requests(operation);
        let (flag, ended) = flag();
        let job = s3.download_file(BUCKET, "key", &down).progress(flag);
        let mut run = Box::pin(job.run());
        tokio::select! {
            done = &mut run => panic!("{done:?}"),
            () = async {
                for _ in 0..times {
                    requests.recv().await.unwrap();
                }
                // it was polled before
                tokio::task::yield_now().await;
            } => {}
        }
        drop(run);
        until(|| ended.load(Ordering::SeqCst)).await;
        place.assert_clean(&[]);
        place.backend.watch(|_| {});
        s3.download_file(BUCKET, "key", &down).run().await.unwrap();
        assert!(std::fs::read(&down).unwrap() == content);
        std::fs::remove_file(&down).unwrap();
    }
}

#[tokio::test]
async fn a_silent_source_does_not_outlive_its_job() {
    let place = Place::new();
    for len in [0, PART / 2, 2 * PART + 7] {
        let (flag, dropped) = flag();
        let silent = Body::from_stream(Chunks {
            left: bytes(len).into(),
            ends: false,
            _flag: flag,
        });
        let running = place.async_s3().upload(silent, BUCKET, "key").start();
        let running = running.unwrap();
        let parts = len / PART;
        let asked = || place.backend.asked_for("UploadPart").len();
        until(|| asked() == parts).await;
        drop(running);
        place.until_undone(&dropped).await;
        assert!(place.backend.keys(BUCKET).is_empty());
        place.backend.forget();
        place.assert_clean(&[]);
    }
}

#[tokio::test]
async fn a_slow_target_holds_the_download_back() {
    let place = Place::new();
    place.backend.put(BUCKET, "key", bytes(12 * PART));
    let config = place.config().concurrency(2).memory_limit(2 * PART as u64);
    let s3 = place.async_client().transfer_with(config).unwrap();
    let (writer, mut reader) = tokio::io::duplex(1024);
    let (flag, ended) = flag();
    let job = s3.download(BUCKET, "key", Target::async_writer(writer));
    let running = job.progress(flag).start().unwrap();
    reader.read_u8().await.unwrap();
    tokio::time::sleep(Duration::from_millis(300)).await;
    let asked = place.backend.asked_for("GetObject").len();
    assert!(asked <= 6, "{asked} of 12 parts were requested");
    drop(running);
    until(|| ended.load(Ordering::SeqCst)).await;
    // the writer is gone: what was written is followed by the end
    let mut rest = Vec::new();
    reader.read_to_end(&mut rest).await.unwrap();
    assert!(rest.len() < PART);
    place.assert_clean(&[]);
}

#[tokio::test]
async fn tokens_cancel_jobs_and_jobs_do_not_cancel_tokens() {
    let place = Place::new();
    let s3 = place.async_s3();
    let token = CancelToken::default();
    let silent = || {
        let (_flag, _) = flag();
        Body::from_stream(Chunks {
            left: bytes(2 * PART).into(),
            ends: false,
            _flag,
        })
    };
    let start = |key: &str| -> Running<AsyncClient> {
        let job = s3.upload(silent(), BUCKET, key).cancel_with(&token);
        job.start().unwrap()
    };
    let (one, other, third) = (start("one"), start("other"), start("third"));
    drop(one);
    until(|| place.backend.uploads(BUCKET).len() == 2).await;
    assert!(!token.is_cancelled());
    other.cancel();
    assert!(other.await.unwrap_err().is_cancelled());
    assert!(!token.is_cancelled() && !third.is_done());
    token.cancel();
    assert!(third.await.unwrap_err().is_cancelled());
    assert!(start("late").await.unwrap_err().is_cancelled());
    place.assert_clean(&[]);
}

#[tokio::test]
async fn folders_syncs_and_unfinished_uploads() {
    let place = Place::new();
    let s3 = place.async_s3();
    for name in ["site/a", "site/b/c"] {
        place.file(name, name.as_bytes());
    }
    let site = place.path("site");
    s3.upload_folder(&site, BUCKET, "one").run().await.unwrap();
    let plan = s3.sync_up(&site, BUCKET, "two").plan().await.unwrap();
    assert_eq!(plan.changes().count(), 2);
    assert_eq!(plan.job().run().await.unwrap().objects, 2);
    let job = s3.sync_down(BUCKET, "two", place.path("copy")).job();
    assert_eq!(job.run().await.unwrap().objects, 2);
    let down = s3.download_folder(BUCKET, "one", place.path("other"));
    assert_eq!(down.run().await.unwrap().objects, 2);
    for copy in ["copy/b/c", "other/b/c"] {
        assert_eq!(std::fs::read(place.path(copy)).unwrap(), b"site/b/c");
    }
    let copies = s3.copy_folder(BUCKET, "one", BUCKET, "three");
    copies.run().await.unwrap();
    s3.delete_folder(BUCKET, "one").job().run().await.unwrap();
    let keys = ["three/a", "three/b/c", "two/a", "two/b/c"];
    assert_eq!(place.backend.keys(BUCKET), keys);

    place.file("file", &bytes(8 * PART));
    super::resume::kill_after(&place, "up", "UploadPart", 2);
    let unfinished = s3.unfinished().await.unwrap();
    let [unfinished] = <[_; 1]>::try_from(unfinished).unwrap();
    assert_eq!((unfinished.bucket(), unfinished.key()), (BUCKET, "key"));
    unfinished.abort().await.unwrap();
    place.assert_clean(&[&place.path("file")]);
    assert!(s3.unfinished().await.unwrap().is_empty());
}

#[test]
fn a_runtime_that_ends_before_its_jobs_is_no_harm() {
    let place = Place::new();
    let up = place.file("up", &bytes(LEN));
    for keeps_running in [false, true] {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let (flag, ended) = flag();
        let mut requests = place.requests("UploadPart");
        let running = runtime.block_on(async {
            let job = place.async_s3().upload_file(&up, BUCKET, "key");
            let running = job.progress(flag).start().unwrap();
            requests.recv().await.unwrap();
            keeps_running.then_some(running)
        });
        drop(runtime);
        drop(running);
        let start = Instant::now();
        while !ended.load(Ordering::SeqCst) {
            assert!(start.elapsed() < Duration::from_secs(30), "the job hangs");
            thread::sleep(Duration::from_millis(5));
        }
        // the upload may be left, and then its journal is; the journal alone, if the response to the abort was lost
        let journals = std::fs::read_dir(place.path("state")).unwrap().count();
        assert!(journals >= place.backend.uploads(BUCKET).len());
        place.backend.watch(|_| {});
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let again = async { place.async_s3().upload_file(&up, BUCKET, "key").run().await };
        runtime.block_on(again).unwrap();
        place.assert_clean(&[&up]);
    }
}

#[test]
fn jobs_take_no_thread_of_a_small_pool() {
    let place = Place::new();
    let up = place.file("up", &bytes(2 * PART));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .max_blocking_threads(1)
        .build()
        .unwrap();
    runtime.block_on(async {
        let s3 = place.async_s3();
        let start = |key: String| s3.upload_file(&up, BUCKET, key).start().unwrap();
        let running: Vec<_> = (0..4).map(|n| start(n.to_string())).collect();
        for running in running {
            running.await.unwrap();
        }
    });
    place.assert_clean(&[&up]);
}

#[test]
fn without_a_runtime_there_is_an_error() {
    let place = Place::new();
    let error = place.async_s3().delete(BUCKET, "key").start().unwrap_err();
    assert!(error.to_string().contains("no tokio runtime"), "{error}");
}

#[test]
fn futures_can_be_sent_to_other_threads() {
    fn is_send<T: Send>(_: &T) {}
    fn is_sync<T: Send + Sync>() {}
    let place = Place::new();
    let s3 = place.async_s3();
    is_send(&s3.delete(BUCKET, "key").run());
    is_send(&s3.sync_up(Path::new("."), BUCKET, "p").plan());
    is_send(&s3.unfinished());
    is_sync::<Running<AsyncClient>>();
    is_sync::<Manager>();
}
