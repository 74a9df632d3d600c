//! The basics on a real server: create a bucket, put objects, list them, stream one back, and handle an error.
//!
//! ```sh
//! cargo run --example quickstart                              # an S3 server inside this process
//! cargo run --example quickstart -- --serve                   # only the server, for other programs
//! cargo run --example quickstart -- --real [--profile NAME]   # AWS: GetCallerIdentity
//! ```

mod s3_server;

use std::io::Write;

use s3_server::{ACCESS_KEY_ID, S3Server, SECRET_ACCESS_KEY};
use serde_json::json;
use tucuxi::{Body, Client, Config, Credentials};

type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

fn main() -> Result {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(|arg| &**arg).collect();
    match args[..] {
        [] => on_own_server(),
        ["--real"] => on_aws(None),
        ["--real", "--profile", name] => on_aws(Some(name)),
        ["--serve"] => serve(),
        _ => Err("the options are --serve, or --real with or without --profile NAME".into()),
    }
}

fn on_own_server() -> Result {
    let server = S3Server::start()?;
    println!("an S3 server listens at {}", server.url());
    let config = Config::builder()
        .region("us-east-1")
        .endpoint_url(server.url())
        .credentials(Credentials::new(ACCESS_KEY_ID, SECRET_ACCESS_KEY))
        .build()?;
    let client = Client::with_config(config)?;

    client.call("s3", "CreateBucket", json!({"Bucket": "river"}))?;
    println!("created the bucket river");

    // small objects are bytes, large ones are streamed from a file without loading it into memory
    let small = json!({"Bucket": "river", "Key": "fish/tetra.txt", "ContentType": "text/plain"});
    client
        .request("s3", "PutObject")
        .params(small)
        .body(Body::from("a small fish"))
        .send()?;
    let mut file = tempfile::NamedTempFile::new()?;
    let line = b"the tucuxi is a small, fast dolphin\n";
    for _ in 0..100_000 {
        file.write_all(line)?;
    }
    let large = json!({"Bucket": "river", "Key": "dolphin/tucuxi.txt"});
    client
        .request("s3", "PutObject")
        .params(large.clone())
        .body(Body::file(file.path())?)
        .send()?;
    println!(
        "put two objects, one of them from a file of {} bytes",
        line.len() * 100_000
    );

    let listed = client.call("s3", "ListObjectsV2", json!({"Bucket": "river"}))?;
    let objects = listed["Contents"]
        .as_array()
        .ok_or("no objects are listed")?;
    for object in objects {
        println!("listed {} with {} bytes", object["Key"], object["Size"]);
    }
    check(objects.len() == 2, "two objects are listed")?;

    let output = client.request("s3", "GetObject").params(large).send()?;
    let mut body = output.body.ok_or("the object has no body")?;
    let mut copy = tempfile::NamedTempFile::new()?;
    let length = body.copy_to(&mut copy)?;
    check(
        std::fs::read(copy.path())? == std::fs::read(file.path())?,
        "the same bytes come back",
    )?;
    println!("streamed {length} bytes back into a file; they are the same");

    let missing = json!({"Bucket": "river", "Key": "no/such/key"});
    match client.call("s3", "GetObject", missing) {
        Err(error) if error.code() == Some("NoSuchKey") => println!("an error reads so: {error}"),
        other => return Err(format!("a missing key gives {other:?}").into()),
    }
    match client.call("s3", "GetObject", json!({"Bucket": "river", "Kee": "x"})) {
        Err(error) if error.param_errors().is_some() => println!("and so: {error}"),
        other => return Err(format!("wrong parameters give {other:?}").into()),
    }
    println!("all is well");
    Ok(())
}

fn check(holds: bool, what: &str) -> Result {
    match holds {
        true => Ok(()),
        false => Err(format!("not true: {what}").into()),
    }
}

fn on_aws(profile: Option<&str>) -> Result {
    let mut config = Config::builder();
    if let Some(name) = profile {
        config = config.profile(name);
    }
    let client = Client::with_config(config.build()?)?;
    let who = client.call("sts", "GetCallerIdentity", json!({}))?;
    println!("you are {} of account {}", who["Arn"], who["Account"]);
    Ok(())
}

fn serve() -> Result {
    let server = S3Server::start()?;
    println!("AWS_ENDPOINT_URL={}", server.url());
    println!("AWS_ACCESS_KEY_ID={ACCESS_KEY_ID}");
    println!("AWS_SECRET_ACCESS_KEY={SECRET_ACCESS_KEY}");
    println!("AWS_REGION=us-east-1");
    loop {
        std::thread::park();
    }
}
