//! s3, dynamodb, secretsmanager, ssm, kms.

use std::time::Duration;

use serde_json::json;

use crate::{Lack, Service, all, text, unique};

#[test]
fn s3() {
    Service::each_s3().for_each(|s3| objects(&s3));
}

fn objects(s3: &Service) {
    let bucket = unique("bucket");
    let mut keys = vec!["a b/ä+&=?#.txt", "plain", "🐬"];
    if s3.has(Lack::OddKeys) {
        keys.push("../up//twice");
    }
    s3.call("CreateBucket", json!({"Bucket": bucket}));
    for key in &keys {
        let metadata = json!({"Bucket": bucket, "Key": key, "Metadata": {"colour": "grey"}});
        let request = s3.client.request("s3", "PutObject").params(metadata);
        let output = request.body(format!("body of {key}")).send().unwrap();
        assert!(output.meta.request_id.is_some());
    }
    let listed = s3.call("ListObjectsV2", json!({"Bucket": bucket}));
    let mut found = all(&listed["Contents"], "Key");
    found.sort_unstable();
    let mut expected = keys.clone();
    expected.sort_unstable();
    assert_eq!(found, expected);
    assert!(text(&listed, "/Contents/0/LastModified").ends_with('Z'));
    for key in &keys {
        let place = json!({"Bucket": bucket, "Key": key});
        let output = s3
            .client
            .request("s3", "GetObject")
            .params(place.clone())
            .send()
            .unwrap();
        let head = output.to_value().unwrap();
        assert_eq!(head["Metadata"]["colour"], "grey");
        let body = output.body.unwrap().read_to_vec().unwrap();
        assert_eq!(String::from_utf8(body).unwrap(), format!("body of {key}"));
        s3.call("DeleteObject", place);
    }
    presigned(s3, &bucket);
    let error = s3.refusal("GetObject", json!({"Bucket": bucket, "Key": "gone"}));
    let error = error.service_error().unwrap();
    assert_eq!((&*error.code, error.status), ("NoSuchKey", 404));
    assert_eq!(error.shape.as_deref(), Some("NoSuchKey"));
    s3.call("DeleteBucket", json!({"Bucket": bucket}));
    assert_eq!(s3.refused("HeadBucket", json!({"Bucket": bucket})), "404");
}

/// Presigned requests are sent by a plain HTTP client.
fn presigned(s3: &Service, bucket: &str) {
    let place = json!({"Bucket": bucket, "Key": "by link"});
    let minute = Duration::from_secs(60);
    let sign = |operation: &str| {
        s3.client
            .presigner()
            .presign("s3", operation, place.clone(), minute)
            .unwrap()
    };
    ureq::put(sign("PutObject").url).send("hello").unwrap();
    let mut answer = ureq::get(sign("GetObject").url).call().unwrap();
    assert_eq!(answer.body_mut().read_to_string().unwrap(), "hello");
    ureq::delete(sign("DeleteObject").url).call().unwrap();

    let form = s3
        .client
        .presigner()
        .post(bucket, "by form")
        .content_length(1..=10)
        .expires(minute)
        .sign()
        .unwrap();
    let mut body = String::new();
    for (name, value) in &form.fields {
        body +=
            &format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
    }
    body += "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"f\"\r\n\r\nhello\r\n--b--\r\n";
    let post = ureq::post(&form.url).header("content-type", "multipart/form-data; boundary=b");
    post.send(&body).unwrap();
    let place = json!({"Bucket": bucket, "Key": "by form"});
    assert_eq!(s3.call("GetObject", place.clone())["Body"], "aGVsbG8="); // hello
    s3.call("DeleteObject", place);
}

#[test]
fn dynamodb() {
    let Some(dynamodb) = Service::on_moto("dynamodb") else {
        return;
    };
    let table = unique("table");
    dynamodb.call(
        "CreateTable",
        json!({
            "TableName": table,
            "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
            "BillingMode": "PAY_PER_REQUEST",
        }),
    );
    let item = json!({"id": {"S": "1"}, "n": {"N": "12345678901234567890.5"}, "b": {"B": "AAEC/w=="},
        "set": {"SS": ["a"]}, "map": {"M": {"inner": {"L": [{"NULL": true}, {"BOOL": false}]}}}});
    dynamodb.call("PutItem", json!({"TableName": table, "Item": item}));
    let found = dynamodb.call(
        "GetItem",
        json!({"TableName": table, "Key": {"id": {"S": "1"}}}),
    );
    assert_eq!(found["Item"], item);
    let tables = dynamodb.call("list_tables", json!({}));
    assert!(
        tables["TableNames"]
            .as_array()
            .unwrap()
            .contains(&json!(table))
    );
    dynamodb.call(
        "DeleteItem",
        json!({"TableName": table, "Key": {"id": {"S": "1"}}}),
    );
    dynamodb.call("DeleteTable", json!({"TableName": table}));
    let gone = json!({"TableName": table});
    assert_eq!(
        dynamodb.refused("DescribeTable", gone),
        "ResourceNotFoundException"
    );
}

#[test]
fn secretsmanager() {
    let Some(secrets) = Service::on_moto("secretsmanager") else {
        return;
    };
    let name = unique("secret");
    secrets.call(
        "CreateSecret",
        json!({"Name": name, "SecretBinary": "AAEC"}),
    );
    let read = secrets.call("GetSecretValue", json!({"SecretId": name}));
    assert_eq!(read["SecretBinary"], "AAEC");
    assert!(text(&read, "/CreatedDate").ends_with('Z'));
    let listed = secrets.call("ListSecrets", json!({}));
    assert!(all(&listed["SecretList"], "Name").contains(&&*name));
    secrets.call(
        "DeleteSecret",
        json!({"SecretId": name, "ForceDeleteWithoutRecovery": true}),
    );
    let gone = json!({"SecretId": name});
    assert_eq!(
        secrets.refused("GetSecretValue", gone),
        "ResourceNotFoundException"
    );
}

#[test]
fn ssm() {
    let Some(ssm) = Service::on_moto("ssm") else {
        return;
    };
    let name = unique("/app/parameter");
    ssm.call(
        "PutParameter",
        json!({"Name": name, "Value": "v", "Type": "String"}),
    );
    let read = ssm.call("GetParameter", json!({"Name": name}));
    assert_eq!(
        (&read["Parameter"]["Value"], &read["Parameter"]["Version"]),
        (&json!("v"), &json!(1))
    );
    let listed = ssm.call("GetParametersByPath", json!({"Path": "/app"}));
    assert!(all(&listed["Parameters"], "Name").contains(&&*name));
    ssm.call("DeleteParameter", json!({"Name": name}));
    assert_eq!(
        ssm.refused("GetParameter", json!({"Name": name})),
        "ParameterNotFound"
    );
}

#[test]
fn kms() {
    let Some(kms) = Service::on_moto("kms") else {
        return;
    };
    let created = kms.call("CreateKey", json!({"Description": "a key"}));
    let key = text(&created, "/KeyMetadata/KeyId");
    let secret = kms.call("Encrypt", json!({"KeyId": key, "Plaintext": "aGVsbG8="}));
    let opened = kms.call(
        "Decrypt",
        json!({"CiphertextBlob": secret["CiphertextBlob"]}),
    );
    assert_eq!(opened["Plaintext"], "aGVsbG8=");
    assert!(all(&kms.call("ListKeys", json!({}))["Keys"], "KeyId").contains(&key));
    kms.call(
        "ScheduleKeyDeletion",
        json!({"KeyId": key, "PendingWindowInDays": 7}),
    );
    let none = json!({"KeyId": "00000000-0000-0000-0000-000000000000"});
    assert_eq!(kms.refused("DescribeKey", none), "NotFoundException");
}
