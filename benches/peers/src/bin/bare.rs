//! `ureq` without an SDK: the same requests, unsigned, and responses that are read and not parsed. What an SDK on this library
//! cannot be faster than.
//!
//! ```text
//! bare cold  <case> <endpoint>
//! bare calls <case> <endpoint> 1 <seconds>
//! bare xfer  put|get <endpoint> <bucket> <key> <file>    the size of an object is the number at the end of its key
//! ```

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::os::unix::fs::FileExt;
use std::sync::atomic::{AtomicU64, Ordering};

use peers::{Done, PART, repeat};
use ureq::{Agent, SendBody};

/// The number of requests at a time of a transfer.
const CONCURRENCY: usize = 10;

fn main() -> Done<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let config = Agent::config_builder().max_idle_connections_per_host(CONCURRENCY);
    let agent: Agent = config.build().into();
    match *words {
        ["cold", case, url] => println!("{}", call(&agent, url, &request(case)?)?),
        ["calls", case, url, "1", seconds] => {
            let request = request(case)?;
            repeat(seconds, || call(&agent, url, &request))?;
        }
        ["xfer", "put", url, bucket, key, path] => {
            put(&agent, &format!("{url}/{bucket}/{key}"), path)?
        }
        ["xfer", "get", url, bucket, key, path] => {
            get(&agent, &format!("{url}/{bucket}/{key}"), path)?
        }
        _ => return Err("see the head of bare.rs".into()),
    }
    Ok(())
}

/// Method, path, the operation in a header, and body.
type Request = (&'static str, &'static str, &'static str, &'static [u8]);

#[rustfmt::skip] // a request a line
fn request(case: &str) -> Done<Request> {
    Ok(match case {
        "GetCallerIdentity" => ("POST", "/", "", b"Action=GetCallerIdentity&Version=2011-06-15"),
        "ListObjectsV2" => ("GET", "/bench?list-type=2", "", b""),
        "DescribeInstances" => ("POST", "/", "", b"Action=DescribeInstances&Version=2016-11-15"),
        "Query" => ("POST", "/", "DynamoDB_20120810.Query", br##"{"TableName":"orders","KeyConditionExpression":"pk = :p","ExpressionAttributeValues":{":p":{"S":"customer#00007"}}}"##),
        "GetItem" => ("POST", "/", "DynamoDB_20120810.GetItem", br##"{"TableName":"orders","Key":{"pk":{"S":"customer#00007"},"sk":{"S":"order#00000007"}}}"##),
        "PutItem" => ("POST", "/", "DynamoDB_20120810.PutItem", br##"{"TableName":"orders","Item":{"pk":{"S":"customer#00007"},"sk":{"S":"order#00000007"},"total":{"N":"12.50"},"paid":{"BOOL":true},"note":{"S":"hello"}}}"##),
        "PutObject4K" => ("PUT", "/bench/k4", "", &[b'x'; 4096]),
        "GetObject4K" => ("GET", "/bench/size-4096", "", b""),
        other => return Err(format!("no case {other}").into()),
    })
}

fn call(agent: &Agent, url: &str, (method, path, target, body): &Request) -> Done<usize> {
    let url = format!("{url}{path}");
    let mut response = match *method {
        "GET" => agent.get(&url).call()?,
        "PUT" => agent.put(&url).send(*body)?,
        _ if target.is_empty() => agent.post(&url).send(*body)?,
        _ => agent
            .post(&url)
            .header("x-amz-target", *target)
            .send(*body)?,
    };
    Ok(response.body_mut().read_to_vec()?.len())
}

fn put(agent: &Agent, url: &str, path: &str) -> Done<()> {
    let size = std::fs::metadata(path)?.len();
    in_parts(size, |from, length| {
        let mut file = File::open(path)?;
        file.seek(SeekFrom::Start(from))?;
        let url = format!("{url}?partNumber={}&uploadId=u1", from / PART + 1);
        let request = agent.put(url).header("content-length", length.to_string());
        request.send(SendBody::from_reader(&mut file.take(length)))?;
        Ok(())
    })
}

fn get(agent: &Agent, url: &str, path: &str) -> Done<()> {
    let size = url.rsplit('-').next().unwrap_or_default().parse()?;
    let file = File::create(path)?;
    in_parts(size, |from, length| {
        let range = format!("bytes={from}-{}", from + length - 1);
        let mut response = agent.get(url).header("range", range).call()?;
        let mut reader = response.body_mut().as_reader();
        let (mut buffer, mut at) = (vec![0; 256 << 10], from);
        loop {
            let count = reader.read(&mut buffer)?;
            if count == 0 {
                return Ok(());
            }
            file.write_all_at(&buffer[..count], at)?;
            at += count as u64;
        }
    })
}

/// Divides a size into parts, which threads take in turn.
fn in_parts(size: u64, work: impl Fn(u64, u64) -> Done<()> + Sync) -> Done<()> {
    let next = AtomicU64::new(0);
    let take = || -> Done<()> {
        loop {
            let from = next.fetch_add(PART, Ordering::Relaxed);
            if from >= size {
                return Ok(());
            }
            work(from, PART.min(size - from))?;
        }
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..CONCURRENCY).map(|_| scope.spawn(take)).collect();
        let mut results = threads
            .into_iter()
            .map(|thread| thread.join().expect("no panic"));
        results.try_for_each(|result| result)
    })
}
