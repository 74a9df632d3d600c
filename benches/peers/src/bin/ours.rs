//! tucuxi as a peer.
//!
//! ```text
//! ours cold  <case> <endpoint>                               one call of a new process
//! ours calls <case> <endpoint> 1 <seconds>                   calls of a warm client, one after the other
//! ours xfer  put|get <endpoint> <bucket> <key> <file>
//! ours xfer  putdir|getdir <endpoint> <bucket> <prefix> <folder>
//! ours xfer  list|list-type|list-items <endpoint> <bucket>   as pages, as pages of a type, and object by object
//! ours create all                                            a client of each service, with its model
//! ```

use std::hint::black_box;

use peers::{Done, repeat};
use serde::Deserialize;
use serde_json::{Value, json};
use tucuxi::transfer::TransferConfig;
use tucuxi::{Client, Config, Credentials};

fn main() -> Done<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match *words {
        ["cold", case, url] => println!("{}", call(&connect(url)?, case)?),
        ["calls", case, url, "1", seconds] => {
            let client = connect(url)?;
            repeat(seconds, || call(&client, case))?;
        }
        ["xfer", kind, url, bucket] => println!("{}", list(&connect(url)?, kind, bucket)?),
        ["xfer", kind, url, bucket, key, path] => {
            println!("{}", transfer(&connect(url)?, kind, bucket, key, path)?);
        }
        ["create", "all"] => println!("{}", all_services()?),
        _ => return Err("see the head of ours.rs".into()),
    }
    Ok(())
}

/// A client that looks at the environment and files of configuration, as those of the other peers do.
fn connect(url: &str) -> Done<Client> {
    let config = Config::builder().region("us-east-1").endpoint_url(url);
    let config = config.credentials(Credentials::new("AKIDEXAMPLE", "secret"));
    Ok(Client::with_config(config.build()?)?)
}

/// Makes the call of a case, and returns how many things the result has.
fn call(client: &Client, case: &str) -> Done<usize> {
    let elements = |result: Value, list: &str| result[list].as_array().map_or(0, Vec::len);
    let key = || json!({"pk": {"S": "customer#00007"}, "sk": {"S": "order#00000007"}});
    Ok(match case {
        "GetCallerIdentity" => {
            let who = client.call("sts", case, json!({}))?;
            usize::from(who["Account"].is_string())
        }
        "ListObjectsV2" => elements(
            client.call("s3", case, json!({"Bucket": "bench"}))?,
            "Contents",
        ),
        "DescribeInstances" => elements(client.call("ec2", case, json!({}))?, "Reservations"),
        "Query" => {
            let values = json!({":p": {"S": "customer#00007"}});
            let params = json!({"TableName": "orders", "KeyConditionExpression": "pk = :p", "ExpressionAttributeValues": values});
            elements(client.call("dynamodb", case, params)?, "Items")
        }
        "GetItem" => {
            let found = client.call(
                "dynamodb",
                case,
                json!({"TableName": "orders", "Key": key()}),
            )?;
            found["Item"].as_object().map_or(0, |item| item.len())
        }
        "PutItem" => {
            let mut item = key();
            item["total"] = json!({"N": "12.50"});
            item["paid"] = json!({"BOOL": true});
            item["note"] = json!({"S": "hello"});
            client.call(
                "dynamodb",
                case,
                json!({"TableName": "orders", "Item": item}),
            )?;
            1
        }
        "PutObject4K" => {
            let params = json!({"Bucket": "bench", "Key": "k4"});
            let request = client.request("s3", "PutObject").params(params);
            request.body(&[b'x'; 4096][..]).send()?.to_value()?;
            1
        }
        "GetObject4K" => {
            let params = json!({"Bucket": "bench", "Key": "size-4096"});
            let mut output = client.request("s3", "GetObject").params(params).send()?;
            output.to_value()?;
            output.body.as_mut().ok_or("no body")?.read_to_vec()?.len()
        }
        other => return Err(format!("no case {other}").into()),
    })
}

fn transfer(client: &Client, kind: &str, bucket: &str, key: &str, path: &str) -> Done<u64> {
    let one = client.transfer();
    let many = client.transfer_with(TransferConfig::default().concurrency(32))?;
    let prefix = key.trim_end_matches('/');
    Ok(match kind {
        "put" => one.upload_file(path, bucket, key).run()?.bytes,
        "get" => one.download_file(bucket, key, path).run()?.bytes,
        "putdir" => many.upload_folder(path, bucket, prefix).run()?.objects,
        "getdir" => many.download_folder(bucket, prefix, path).run()?.objects,
        other => return Err(format!("no transfer {other}").into()),
    })
}

/// The members of a page that programs use.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Page {
    contents: Vec<Object>,
    next_continuation_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
#[expect(dead_code, reason = "they are filled and thrown away")]
struct Object {
    key: String,
    last_modified: String,
    #[serde(rename = "ETag")]
    e_tag: String,
    checksum_algorithm: Vec<String>,
    checksum_type: String,
    size: u64,
    storage_class: String,
}

fn list(client: &Client, kind: &str, bucket: &str) -> Done<usize> {
    let mut params = json!({"Bucket": bucket});
    let mut count = 0;
    match kind {
        "list" => {
            for page in client.pages("s3", "ListObjectsV2", params)? {
                count += page?["Contents"].as_array().map_or(0, Vec::len);
            }
        }
        "list-items" => {
            for object in client.pages("s3", "ListObjectsV2", params)?.items() {
                black_box(object?);
                count += 1;
            }
        }
        "list-type" => loop {
            let page: Page = client.call_as("s3", "ListObjectsV2", params.clone())?;
            count += black_box(page.contents).len();
            match page.next_continuation_token {
                Some(token) => params["ContinuationToken"] = token.into(),
                None => break,
            }
        },
        other => return Err(format!("no listing {other}").into()),
    }
    Ok(count)
}

fn all_services() -> Done<usize> {
    let first = connect("http://127.0.0.1:9")?;
    let mut kept = Vec::new();
    for service in first.introspect().services()? {
        let client = connect("http://127.0.0.1:9")?;
        let model = client.model(&service)?;
        kept.push((client, model));
    }
    Ok(kept.len())
}
