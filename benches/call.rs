//! A call without its network: from parameters to a signed request, and from a response to a result. And hashes, as in
//! signing.
//!
//! ```sh
//! cargo bench --bench call
//! TUCUXI_BENCH_ONCE=signed:1000 valgrind --tool=callgrind target/release/deps/call-…
//! ```
//! `TUCUXI_BENCH_ONCE` selects a case and a number of calls, such as `signed:1000`. The instructions per call are the
//! difference between two such runs. `items` only creates and drops the parameters, which is the program's part;
//! `region`, `config` and `interceptor` are signed calls with such options, `unsigned` has no signature.
//!
//! Budgets of a warm PutItem with five members, parameters included (callgrind and DHAT; optimised, without LTO): 170,000
//! instructions, of which SHA-256 in software is 48,000; the signer 75,000 with its hashes; 125 allocations, of which 33 are
//! the parameters. Over the network, three system calls: `ppoll`, `sendto`, `recvfrom`.

use std::hint::black_box;

use bytes::Bytes;
use serde_json::{Value, json};
use tucuxi::checksum::ChecksumAlgorithm;
use tucuxi::interceptor::Interceptor;
use tucuxi::transport::{Limits, Request, Response, Transport, TransportError};
use tucuxi::{Client, Config, Credentials, ResponseBody};

fn main() {
    let once = std::env::var("TUCUXI_BENCH_ONCE");
    match once.ok().as_deref().and_then(|text| text.split_once(':')) {
        Some((case, count)) => {
            let client = client(case != "unsigned");
            for _ in 0..count.parse().unwrap_or(1) {
                match case {
                    "items" => drop(black_box(item())),
                    "config" | "interceptor" | "region" => put_item_with(&client, case, item()),
                    _ => put_item(&client, item()),
                }
            }
        }
        None => divan::main(),
    }
}

/// A network that responds immediately.
struct Instant;

impl Transport for Instant {
    fn send(&self, request: Request, _: &Limits) -> Result<Response, TransportError> {
        black_box(request);
        Ok(Response::new(ResponseBody::from(Bytes::from_static(b"{}"))))
    }
}

/// A client in an environment of usual size.
fn client(signed: bool) -> Client {
    let variables = (0..100).map(|n| (format!("VARIABLE_{n}"), "a value of some length".into()));
    let isolated = ("AWS_EC2_METADATA_DISABLED".to_owned(), "true".to_owned());
    let config = Config::builder().environment(variables.chain([isolated]));
    let config = config.region("us-east-1");
    let config = match signed {
        true => config.credentials(Credentials::new(
            "AKIDEXAMPLE",
            "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
        )),
        false => config.unsigned(),
    };
    Client::with_transport(config.build().unwrap(), Instant).unwrap()
}

fn item() -> Value {
    json!({
        "TableName": "table",
        "Item": {
            "pk": {"S": "user#12345"}, "sk": {"S": "order#2024-01-15"}, "total": {"N": "129.95"},
            "paid": {"BOOL": true}, "tags": {"SS": ["a", "b", "c"]},
            "address": {"M": {"street": {"S": "1 Main St"}, "city": {"S": "Berlin"}}},
            "lines": {"L": [{"M": {"sku": {"S": "x"}, "n": {"N": "1"}}}, {"M": {"sku": {"S": "y"}, "n": {"N": "2"}}}]},
        },
    })
}

fn put_item(client: &Client, item: Value) {
    black_box(client.call("dynamodb", "PutItem", item).unwrap());
}

/// The same call with options.
fn put_item_with(client: &Client, option: &str, item: Value) {
    let request = client.request("dynamodb", "PutItem").params(item);
    let request = match option {
        "config" => request.config(|config| config.max_attempts(2)),
        "interceptor" => request.interceptor(Silent),
        _ => request.region("eu-west-1"),
    };
    black_box(request.send_buffered().unwrap().to_value().unwrap());
}

struct Silent;

impl Interceptor for Silent {}

#[divan::bench(args = ["config", "interceptor", "region"])]
fn put_item_with_options(bencher: divan::Bencher<'_, '_>, option: &str) {
    let client = client(true);
    put_item_with(&client, option, item());
    bencher
        .with_inputs(item)
        .bench_local_values(|item| put_item_with(&client, option, item));
}

#[divan::bench(args = [true, false])]
fn put_item_signed(bencher: divan::Bencher<'_, '_>, signed: bool) {
    let client = client(signed);
    put_item(&client, item());
    bencher
        .with_inputs(item)
        .bench_local_values(|item| put_item(&client, item));
}

/// A page of 1,000 keys, decoded and as text.
#[divan::bench(args = [true, false])]
fn listing_decoded(bencher: divan::Bencher<'_, '_>, decoded: bool) {
    let config = Config::builder().isolated().region("us-east-1").unsigned();
    let config = match decoded {
        true => config,
        false => config.without_customisation("s3-listed-keys"),
    };
    let client = Client::with_transport(config.build().unwrap(), Listing(listing())).unwrap();
    let bucket = json!({"Bucket": "bucket"});
    bencher.bench_local(|| client.call("s3", "ListObjectsV2", bucket.clone()).unwrap());
}

/// A network that responds with this listing.
struct Listing(Bytes);

impl Transport for Listing {
    fn send(&self, _: Request, _: &Limits) -> Result<Response, TransportError> {
        Ok(Response::new(ResponseBody::from(self.0.clone())))
    }
}

fn listing() -> Bytes {
    let mut text = String::from("<ListBucketResult><EncodingType>url</EncodingType>");
    for number in 0..1000 {
        text += &format!(
            "<Contents><Key>logs/2024/01/15/part-{number:05}%20of%201000.json</Key>\
             <LastModified>2024-01-15T12:00:00.000Z</LastModified><ETag>&quot;d41d8cd98f00b204e9800998ecf8427e&quot;</ETag>\
             <Size>{number}</Size><StorageClass>STANDARD</StorageClass></Contents>"
        );
    }
    Bytes::from(text + "</ListBucketResult>")
}

#[divan::bench(args = ["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256", "MD5", "XXHASH3"])]
fn checksum(bencher: divan::Bencher<'_, '_>, name: &str) {
    let algorithm: ChecksumAlgorithm = name.parse().unwrap();
    let bytes = vec![7; 8 << 20];
    bencher
        .counter(divan::counter::BytesCount::of_slice(&bytes))
        .bench_local(|| algorithm.checksum(&bytes));
}
