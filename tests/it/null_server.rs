//! The server that benchmarks use returns valid responses.

use serde_json::{Value, json};
use tucuxi::{Body, Client};

use crate::support::client::IntoClient;
use crate::support::null_server;
use crate::support::s3::config_for;

fn connect() -> Client {
    let url = format!("http://{}", null_server::start().unwrap());
    config_for(&url).connect()
}

fn at(key: &str) -> Value {
    json!({"Bucket": "bucket", "Key": key})
}

#[test]
fn keys_determine_the_sizes_of_objects() {
    let s3 = connect();
    for size in [0, 10, 70_000, 3_000_000] {
        let params = at(&format!("zeros-{size}"));
        let head = s3.call("s3", "HeadObject", params.clone()).unwrap();
        assert_eq!(head["ContentLength"], size);
        let output = s3.request("s3", "GetObject").params(params).send().unwrap();
        let bytes = output.body.unwrap().read_to_vec().unwrap();
        assert_eq!(bytes, vec![0; size]);
    }
    let mut params = at("zeros-10");
    params["Range"] = "bytes=4-99".into();
    let part = s3.call("s3", "GetObject", params.clone()).unwrap();
    assert_eq!(
        (&part["ContentRange"], &part["ContentLength"]),
        (&json!("bytes 4-9/10"), &json!(6))
    );
    params["Range"] = "bytes=10-".into();
    let error = s3.call("s3", "GetObject", params).unwrap_err();
    assert_eq!(error.code(), Some("InvalidRange"));
}

#[test]
fn bodies_of_every_framing_are_accepted() {
    let s3 = connect();
    let bytes = vec![7; 700_000];
    for body in [
        Body::empty(),
        Body::from(bytes.clone()),
        Body::from_reader_with_len(std::io::Cursor::new(bytes), 700_000),
    ] {
        let put = s3.request("s3", "PutObject").params(at("k"));
        put.body(body).send().unwrap();
    }
    let begun = s3.call("s3", "CreateMultipartUpload", at("k")).unwrap();
    let mut params = at("k");
    params["UploadId"] = begun["UploadId"].clone();
    s3.call("s3", "CompleteMultipartUpload", params.clone())
        .unwrap();
    s3.call("s3", "AbortMultipartUpload", params).unwrap();
    // the connection is still in sync
    s3.call("s3", "DeleteObject", at("k")).unwrap();
}

#[test]
fn bucket_or_prefix_determines_the_number_of_keys() {
    let s3 = connect();
    for (bucket, prefix, expected) in [
        ("keys-2500", "", (2500, 0)),
        ("bucket", "keys-3000-16/", (3000, 48_000)),
    ] {
        let params = json!({"Bucket": bucket, "Prefix": prefix});
        let (mut count, mut bytes) = (0, 0);
        for page in s3.pages("s3", "ListObjectsV2", params).unwrap() {
            for object in page.unwrap()["Contents"].as_array().unwrap() {
                assert!(object["Key"].as_str().unwrap().starts_with(prefix));
                count += 1;
                bytes += object["Size"].as_i64().unwrap();
            }
        }
        assert_eq!((count, bytes), expected, "{bucket}");
    }
}

#[test]
fn given_operations_are_recognised_in_headers_and_forms() {
    let xml = "<GetCallerIdentityResponse><GetCallerIdentityResult><Account>123456789012</Account>\
               </GetCallerIdentityResult></GetCallerIdentityResponse>";
    let keys = "<ListBucketResult><Contents><Key>k</Key></Contents></ListBucketResult>";
    let given = [
        ("GetCallerIdentity", xml),
        ("ListObjectsV2", keys),
        ("PutItem", "{\"ConsumedCapacity\": {}}"),
    ];
    let given =
        given.map(|(name, body)| (name, null_server::response("200 OK", "", body.as_bytes())));
    let address = null_server::start_with(given.into()).unwrap();
    let client = config_for(&format!("http://{address}")).connect();
    let who = client.call("sts", "GetCallerIdentity", json!({})).unwrap();
    assert_eq!(who["Account"], "123456789012");
    let item = json!({"TableName": "table", "Item": {"pk": {"S": "k"}}});
    let put = client.call("dynamodb", "PutItem", item).unwrap();
    assert_eq!(put["ConsumedCapacity"], json!({}));
    let bucket = json!({"Bucket": "bucket"});
    let listed = client.call("s3", "ListObjectsV2", bucket).unwrap();
    assert_eq!(listed["Contents"][0]["Key"], "k");
    // the number is that of the keys
    let bucket = json!({"Bucket": "keys-3"});
    let listed = client.call("s3", "ListObjectsV2", bucket).unwrap();
    assert_eq!(listed["KeyCount"], 3);
}
