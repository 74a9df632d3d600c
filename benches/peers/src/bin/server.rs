//! The server that the peers call. It prints two URLs: at the first, results are large, at the second, empty. It ends with its
//! input.

#[path = "../../../../tests/support/null_server.rs"]
mod null_server;
#[path = "../../../codec/responses.rs"]
mod responses;

use std::io::Read;

use self::null_server::Operations;

const IDENTITY: &str = "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><GetCallerIdentityResult>\
    <Arn>arn:aws:iam::123456789012:user/bench</Arn><UserId>AIDACKCEVSQ6C2EXAMPLE</UserId><Account>123456789012</Account>\
    </GetCallerIdentityResult></GetCallerIdentityResponse>";
const NO_INSTANCES: &str = "<DescribeInstancesResponse xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\">\
    <requestId>59dbff89-35bd-4eac-99ed-be587EXAMPLE</requestId><reservationSet/></DescribeInstancesResponse>";
const ITEM: &str = r#"{"Item": {"pk": {"S": "customer#00007"}, "sk": {"S": "order#00000007"}, "total": {"N": "12.50"},
    "paid": {"BOOL": true}, "note": {"S": "hello"}, "tags": {"SS": ["new", "eu", "web"]}, "gone": {"NULL": true}}}"#;

fn main() -> std::io::Result<()> {
    let large = [
        ("GetCallerIdentity", xml(IDENTITY.as_bytes())),
        ("ListObjectsV2", xml(&responses::objects())),
        ("DescribeInstances", xml(&responses::instances())),
        ("Query", json(&responses::items())),
        ("GetItem", json(ITEM.as_bytes())),
        ("PutItem", json(b"{}")),
    ];
    let empty = [("DescribeInstances", xml(NO_INSTANCES.as_bytes()))];
    for operations in [Operations::from(large), Operations::from(empty)] {
        println!("http://{}", null_server::start_with(operations)?);
    }
    std::io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}

fn xml(body: &[u8]) -> Vec<u8> {
    null_server::response("200 OK", "Content-Type: text/xml\r\n", body)
}

/// A response of DynamoDB, which has a checksum that some clients verify.
fn json(body: &[u8]) -> Vec<u8> {
    let headers = format!(
        "Content-Type: application/x-amz-json-1.0\r\nx-amz-crc32: {}\r\n",
        crc32(body)
    );
    null_server::response("200 OK", &headers, body)
}

fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = !0;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = (crc >> 1) ^ (0xedb8_8320 * (crc & 1));
        }
    }
    !crc
}
