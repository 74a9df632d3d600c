//! aws-sdk-rust as a peer.
//!
//! ```text
//! peer-sdk cold  <case> <endpoint>                  one call of a new process
//! peer-sdk calls <case> <endpoint> 1 <seconds>      calls of a warm client, one after the other
//! peer-sdk xfer  put|get <endpoint> <bucket> <key> <file>             parts of 8 MiB, 10 at a time
//! peer-sdk xfer  putdir|getdir <endpoint> <bucket> <prefix> <folder>  32 objects at a time
//! peer-sdk xfer  list <endpoint> <bucket>
//! ```

mod transfer;

use std::error::Error;
use std::time::{Duration, Instant};

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_s3::config::Credentials;
use aws_sdk_s3::primitives::ByteStream;
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;
use tokio::runtime::Builder;

type Done<T> = Result<T, Box<dyn Error + Send + Sync>>;

fn main() -> Done<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let single = Builder::new_current_thread().enable_all().build()?;
    match *words {
        ["cold", case, url] => {
            let count =
                single.block_on(async { call(&Clients::new(&config(url).await), case).await })?;
            println!("{count}");
        }
        ["calls", case, url, "1", seconds] => single.block_on(repeat(case, url, seconds))?,
        ["xfer", kind, url, bucket, ref rest @ ..] => {
            let many = Builder::new_multi_thread().enable_all().build()?;
            let count = many.block_on(async {
                let client = s3(&config(url).await);
                transfer::run(client, kind, bucket, rest).await
            })?;
            println!("{count}");
        }
        _ => return Err("see the head of main.rs".into()),
    }
    Ok(())
}

async fn config(url: &str) -> SdkConfig {
    let credentials = Credentials::new("AKIDEXAMPLE", "secret", None, None, "bench");
    let loader = aws_config::defaults(BehaviorVersion::latest()).region(Region::new("us-east-1"));
    loader
        .credentials_provider(credentials)
        .endpoint_url(url)
        .load()
        .await
}

fn s3(config: &SdkConfig) -> aws_sdk_s3::Client {
    let config = aws_sdk_s3::config::Builder::from(config).force_path_style(true);
    aws_sdk_s3::Client::from_conf(config.build())
}

struct Clients {
    dynamodb: aws_sdk_dynamodb::Client,
    ec2: aws_sdk_ec2::Client,
    s3: aws_sdk_s3::Client,
    sts: aws_sdk_sts::Client,
}

impl Clients {
    fn new(config: &SdkConfig) -> Self {
        Self {
            dynamodb: aws_sdk_dynamodb::Client::new(config),
            ec2: aws_sdk_ec2::Client::new(config),
            s3: s3(config),
            sts: aws_sdk_sts::Client::new(config),
        }
    }
}

fn text(value: &str) -> AttributeValue {
    AttributeValue::S(value.into())
}

static BODY: [u8; 4096] = [b'x'; 4096];

/// Makes the call of a case, and returns how many things the result has.
async fn call(clients: &Clients, case: &str) -> Done<usize> {
    let Clients {
        dynamodb,
        ec2,
        s3,
        sts,
    } = clients;
    Ok(match case {
        "GetCallerIdentity" => {
            usize::from(sts.get_caller_identity().send().await?.account().is_some())
        }
        "ListObjectsV2" => s3
            .list_objects_v2()
            .bucket("bench")
            .send()
            .await?
            .contents()
            .len(),
        "DescribeInstances" => ec2.describe_instances().send().await?.reservations().len(),
        "Query" => {
            let query = dynamodb
                .query()
                .table_name("orders")
                .key_condition_expression("pk = :p");
            let query = query.expression_attribute_values(":p", text("customer#00007"));
            query.send().await?.items().len()
        }
        "GetItem" => {
            let get = dynamodb
                .get_item()
                .table_name("orders")
                .key("pk", text("customer#00007"));
            let found = get.key("sk", text("order#00000007")).send().await?;
            found.item().map_or(0, |item| item.len())
        }
        "PutItem" => {
            let put = dynamodb
                .put_item()
                .table_name("orders")
                .item("pk", text("customer#00007"));
            let put = put
                .item("sk", text("order#00000007"))
                .item("note", text("hello"));
            let put = put.item("total", AttributeValue::N("12.50".into()));
            put.item("paid", AttributeValue::Bool(true)).send().await?;
            1
        }
        "PutObject4K" => {
            let put = s3.put_object().bucket("bench").key("k4");
            put.body(ByteStream::from_static(&BODY)).send().await?;
            1
        }
        "GetObject4K" => {
            let found = s3
                .get_object()
                .bucket("bench")
                .key("size-4096")
                .send()
                .await?;
            found.body.collect().await?.into_bytes().len()
        }
        other => return Err(format!("no case {other}").into()),
    })
}

async fn repeat(case: &str, url: &str, seconds: &str) -> Done<()> {
    let clients = Clients::new(&config(url).await);
    for _ in 0..20 {
        call(&clients, case).await?;
    }
    let length = Duration::from_secs_f64(seconds.parse()?);
    let (start, before, mut calls) = (Instant::now(), cpu()?, 0);
    while start.elapsed() < length {
        call(&clients, case).await?;
        calls += 1;
    }
    println!(
        "RESULT cpu_us_per_call={:.2}",
        (cpu()? - before) / f64::from(calls)
    );
    Ok(())
}

/// The processor time of this process, in microseconds.
fn cpu() -> Done<f64> {
    let usage = getrusage(UsageWho::RUSAGE_SELF)?;
    Ok((usage.user_time().num_microseconds() + usage.system_time().num_microseconds()) as f64)
}
