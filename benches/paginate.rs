//! A listing of 100,000 keys over 100 pages from a server on the loopback interface, compared with as many bare calls.
//!
//! ```sh
//! cargo bench --bench paginate
//! ```
//! The last line is the resident memory after ten pages and after all of them.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tucuxi::{Client, Config};

const PAGES: usize = 100;
const KEYS: usize = 1000;

fn main() {
    let url = serve();
    let config = Config::builder().isolated().region("us-east-1").unsigned();
    let client = Client::with_config(config.endpoint_url(url).build().unwrap()).unwrap();
    let bucket = json!({"Bucket": "bucket"});
    bare(&client, &bucket); // connects, and loads the models
    let mut times = [Duration::MAX; 3];
    // `cargo test` only checks that it runs
    let rounds = if std::env::args().any(|arg| arg == "--bench") {
        5
    } else {
        1
    };
    for _ in 0..rounds {
        times[0] = times[0].min(time(|| bare(&client, &bucket)));
        times[1] = times[1].min(time(|| {
            assert_eq!(keys(&client, &bucket, false), PAGES * KEYS)
        }));
        times[2] = times[2].min(time(|| {
            assert_eq!(keys(&client, &bucket, true), PAGES * KEYS)
        }));
    }
    let bare = times[0];
    for (name, time) in ["bare calls", "pages", "pages, prefetched"]
        .iter()
        .zip(times)
    {
        let ratio = time.as_secs_f64() / bare.as_secs_f64();
        println!(
            "{name:<18} {:>6.2} ms a page, {ratio:.2} of a bare call",
            time.as_secs_f64() * 1e3 / PAGES as f64
        );
    }
    let mut pages = client.pages("s3", "ListObjectsV2", bucket).unwrap();
    for _ in 0..10 {
        pages.next().unwrap().unwrap();
    }
    let early = resident();
    pages.for_each(|page| drop(page.unwrap()));
    println!(
        "memory             {early} kB after 10 pages, {} kB after {PAGES}",
        resident()
    );
}

fn time(run: impl FnOnce()) -> Duration {
    let start = Instant::now();
    run();
    start.elapsed()
}

/// The same requests, without a paginator.
fn bare(client: &Client, bucket: &Value) {
    let mut params = bucket.clone();
    for page in 0..PAGES {
        if page > 0 {
            params["ContinuationToken"] = page.to_string().into();
        }
        let listed = client.call("s3", "ListObjectsV2", params.clone()).unwrap();
        assert_eq!(listed["Contents"].as_array().unwrap().len(), KEYS);
    }
}

fn keys(client: &Client, bucket: &Value, prefetch: bool) -> usize {
    let pages = client.pages("s3", "ListObjectsV2", bucket.clone()).unwrap();
    let pages = pages.prefetch(prefetch);
    pages
        .map(|page| page.unwrap()["Contents"].as_array().unwrap().len())
        .sum()
}

fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let number = line.and_then(|line| line.split_whitespace().next());
    number.and_then(|number| number.parse().ok()).unwrap_or(0)
}

fn serve() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            std::thread::spawn(move || answer(&stream));
        }
    });
    url
}

fn answer(stream: &TcpStream) {
    let mut reader = BufReader::new(stream);
    let contents: String = (0..KEYS)
        .map(|key| {
            format!(
                "<Contents><Key>folder/key-{key:06}</Key><LastModified>2024-01-15T12:00:00.000Z</LastModified>\
                 <ETag>&quot;d41d8cd98f00b204e9800998ecf8427e&quot;</ETag><Size>{key}</Size>\
                 <StorageClass>STANDARD</StorageClass></Contents>"
            )
        })
        .collect();
    loop {
        let mut line = String::new();
        if !matches!(reader.read_line(&mut line), Ok(1..)) {
            return;
        }
        let page = line
            .split("continuation-token=")
            .nth(1)
            .and_then(|rest| rest.split(['&', ' ']).next());
        let next = page.and_then(|page| page.parse().ok()).unwrap_or(0) + 1;
        while !matches!(line.as_str(), "\r\n") {
            line.clear();
            if reader.read_line(&mut line).is_err() {
                return;
            }
        }
        let more = match next < PAGES {
            true => format!(
                "<IsTruncated>true</IsTruncated><NextContinuationToken>{next}</NextContinuationToken>"
            ),
            false => "<IsTruncated>false</IsTruncated>".into(),
        };
        let body = format!("<ListBucketResult>{contents}{more}</ListBucketResult>");
        let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", body.len());
        let mut stream = stream;
        if stream.write_all((head + &body).as_bytes()).is_err() {
            return;
        }
    }
}
