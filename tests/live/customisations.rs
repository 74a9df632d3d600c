//! Customisations of services, in requests and responses.

use serde_json::{Value, json};

use crate::{Lack, Service, all, text, unique};

#[test]
fn keys_of_s3_round_trip() {
    Service::each_s3().for_each(|s3| keys_are_what_they_were(&s3));
}

fn keys_are_what_they_were(s3: &Service) {
    let bucket = unique("keys");
    let at = |key: &str| json!({"Bucket": bucket, "Key": key});
    match s3.has(Lack::Regions) {
        true => {
            let place = json!({"LocationConstraint": "eu-west-1"});
            let created = json!({"Bucket": bucket, "CreateBucketConfiguration": place});
            s3.call("CreateBucket", created);
            let found = s3.call("GetBucketLocation", json!({"Bucket": bucket}));
            assert_eq!(found, place);
        }
        false => drop(s3.call("CreateBucket", json!({"Bucket": bucket}))),
    }
    let keys = ["a b/\u{fc}.txt", "plus+sign", "100%25"];
    for key in keys {
        let mut object = at(key);
        object["Body"] = "aGVsbG8=".into();
        s3.call("PutObject", object);
    }
    for operation in ["ListObjects", "ListObjectsV2"] {
        let listed = s3.call(operation, json!({"Bucket": bucket}));
        let mut found = all(&listed["Contents"], "Key");
        found.sort_unstable();
        assert_eq!(
            found,
            ["100%25", "a b/\u{fc}.txt", "plus+sign"],
            "{operation}"
        );
    }
    let versions = s3.call(
        "ListObjectVersions",
        json!({"Bucket": bucket, "Delimiter": "/"}),
    );
    assert_eq!(all(&versions["CommonPrefixes"], "Prefix"), ["a b/"]);
    // a copy source in both forms, with a customer key
    let sources = [
        json!(format!("{bucket}/{}", keys[0])),
        json!({"Bucket": bucket, "Key": keys[1]}),
    ];
    for source in sources {
        let mut copy = at("copy");
        copy["CopySource"] = source;
        s3.call("CopyObject", copy);
        assert_eq!(s3.call("GetObject", at("copy"))["Body"], "aGVsbG8=");
    }
    let mut metadata = at("copy");
    metadata["Metadata"] = json!({"name": "\u{fc}"});
    let error = s3.client.call("s3", "PutObject", metadata).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("Metadata.name: becomes a header"),
        "{error}"
    );
}

#[test]
fn policy_documents_are_json() {
    let (Some(iam), Some(cloudformation)) =
        (Service::on_moto("iam"), Service::on_moto("cloudformation"))
    else {
        return;
    };
    let (role, trust) = (
        unique("role"),
        json!({"Version": "2012-10-17", "Statement": []}),
    );
    let made = json!({"RoleName": role, "AssumeRolePolicyDocument": trust.to_string()});
    iam.call("CreateRole", made);
    let found = iam.call("GetRole", json!({"RoleName": role}));
    assert_eq!(found["Role"]["AssumeRolePolicyDocument"], trust);

    let template = json!({"Resources": {"Queue": {"Type": "AWS::SQS::Queue"}}});
    let stack = unique("stack");
    let made = json!({"StackName": stack, "TemplateBody": template.to_string()});
    cloudformation.call("CreateStack", made);
    let found = cloudformation.call("GetTemplate", json!({"StackName": stack}));
    assert_eq!(found["TemplateBody"], template);
}

#[test]
fn user_data_and_ids_are_converted() {
    let (Some(ec2), Some(route53)) = (Service::on_moto("ec2"), Service::on_moto("route53")) else {
        return;
    };
    let images = ec2.call("DescribeImages", json!({"Owners": ["amazon"]}));
    let image = text(&images, "/Images/0/ImageId").to_owned();
    let run = json!({"ImageId": image, "MinCount": 1, "MaxCount": 1, "UserData": "#!/bin/sh\n"});
    let started = ec2.call("RunInstances", run);
    let ask =
        json!({"InstanceId": text(&started, "/Instances/0/InstanceId"), "Attribute": "userData"});
    let data = ec2.call("DescribeInstanceAttribute", ask);
    assert_eq!(text(&data, "/UserData/Value"), "IyEvYmluL3NoCg==");

    let zone = json!({"Name": "example.com", "CallerReference": unique("zone")});
    let made = route53.call("CreateHostedZone", zone);
    let id: &Value = &made["HostedZone"]["Id"];
    assert!(id.as_str().unwrap().starts_with("/hostedzone/"));
    let found = route53.call("GetHostedZone", json!({"Id": id}));
    assert_eq!(found["HostedZone"]["Id"], *id);
}
