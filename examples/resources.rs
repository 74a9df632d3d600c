//! Uses resources: a bucket and its objects, a queue and its messages.
//!
//! ```sh
//! cargo run --example resources -- --endpoint-url http://127.0.0.1:5000    # a server such as moto
//! cargo run --example resources                                            # AWS, with the settings of the environment
//! ```

use serde_json::json;
use tucuxi::{Client, Config};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let mut config = Config::builder();
    match &args[..] {
        [] => {}
        [option, url] if option == "--endpoint-url" => config = config.endpoint_url(url),
        _ => return Err("the only option is --endpoint-url URL".into()),
    }
    let client = Client::with_config(config.build()?)?;
    bucket(&client)?;
    queue(&client)
}

fn bucket(client: &Client) -> Result<(), Box<dyn std::error::Error>> {
    let s3 = client.resource("s3")?;
    let name = format!("tucuxi-example-{}", std::process::id());
    let mut params = json!({"Bucket": name});
    if let Some(region) = client
        .config()
        .region()
        .filter(|region| *region != "us-east-1")
    {
        params["CreateBucketConfiguration"] = json!({"LocationConstraint": region});
    }
    let bucket = s3.action("create_bucket", params)?.resource()?;
    bucket.wait("exists")?;
    println!(
        "{bucket:?} was created at {}",
        bucket.attribute("creation_date")?
    );

    for fish in ["tetra", "discus", "piranha"] {
        let object = bucket.sub("Object", format!("fish/{fish}"))?;
        object.request("put", json!({}))?.body(fish).send()?;
    }
    let fish = bucket
        .collection("objects")?
        .filter(json!({"Prefix": "fish/"}));
    for object in &fish {
        let object = object?;
        println!("{object:?} has {} bytes", object.attribute("size")?);
    }
    fish.batch("delete", json!({}))?;
    bucket.action("delete", json!({}))?;
    Ok(())
}

fn queue(client: &Client) -> Result<(), Box<dyn std::error::Error>> {
    let sqs = client.resource("sqs")?;
    let name = format!("tucuxi-example-{}", std::process::id());
    let queue = sqs
        .action("create_queue", json!({"QueueName": name}))?
        .resource()?;
    queue.action("send_message", json!({"MessageBody": "it rains"}))?;
    for message in queue.action("receive_messages", json!({}))?.resources()? {
        println!("{queue:?} says {}", message.attribute("body")?);
        message.action("delete", json!({}))?;
    }
    queue.action("delete", json!({}))?;
    Ok(())
}
