//! Paginators and waiters: s3, dynamodb, ec2, cloudformation.

use std::time::Duration;

use serde_json::{Value, json};
use tucuxi::{WaitError, WaitFailure};

use crate::{Service, text, unique};

#[test]
fn pages_of_s3() {
    Service::each_s3().for_each(|s3| pages_of_a_bucket(&s3));
}

fn pages_of_a_bucket(s3: &Service) {
    let bucket = unique("pages");
    s3.call("CreateBucket", json!({"Bucket": bucket}));
    let keys: Vec<String> = (0..2500).map(|number| format!("key {number:04}")).collect();
    std::thread::scope(|scope| {
        for part in keys.chunks(625) {
            let bucket = &bucket;
            scope.spawn(move || {
                for key in part {
                    s3.call("PutObject", json!({"Bucket": bucket, "Key": key}));
                }
            });
        }
    });
    let pages = || {
        s3.client
            .pages("s3", "list-objects-v2", json!({"Bucket": bucket}))
            .unwrap()
    };
    let listed = |found: Vec<Value>| -> Vec<String> {
        found
            .iter()
            .map(|item| item["Key"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(pages().count(), 3);
    assert_eq!(
        listed(
            pages()
                .prefetch(true)
                .items()
                .collect::<Result<_, _>>()
                .unwrap()
        ),
        keys
    );
    let found = pages()
        .page_size(700)
        .search("Contents[?starts_with(Key, 'key 000')].Key")
        .unwrap();
    assert_eq!(found.collect::<Result<Vec<_>, _>>().unwrap(), keys[..10]);

    // in parts of 900, each resumed where the previous one stopped
    let (mut all, mut token) = (Vec::new(), None);
    loop {
        let mut part = pages().max_items(900).page_size(400);
        if let Some(token) = token {
            part = part.starting_token(token);
        }
        let full = part.collect_full().unwrap();
        all.extend(listed(full["Contents"].as_array().unwrap().clone()));
        token = part.resume_token();
        if token.is_none() {
            break;
        }
    }
    assert_eq!(all, keys);
}

#[test]
fn pages_of_dynamodb() {
    let Some(dynamodb) = Service::on_moto("dynamodb") else {
        return;
    };
    let table = unique("table");
    dynamodb.call(
        "CreateTable",
        json!({
            "TableName": table, "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "B"}],
            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        }),
    );
    dynamodb
        .client
        .wait("dynamodb", "TableExists", json!({"TableName": table}))
        .unwrap();
    use base64::Engine as _;
    let id = |number: u32| base64::prelude::BASE64_STANDARD.encode(number.to_be_bytes());
    for number in 0..500 {
        dynamodb.call(
            "PutItem",
            json!({"TableName": table, "Item": {"id": {"B": id(number)}}}),
        );
    }
    let scan = || {
        dynamodb
            .client
            .pages("dynamodb", "Scan", json!({"TableName": table}))
            .unwrap()
            .page_size(120)
    };
    let ids = |items: Vec<Value>| -> Vec<String> {
        items
            .iter()
            .map(|item| text(item, "/id/B").to_owned())
            .collect()
    };
    let mut all = ids(scan().items().collect::<Result<_, _>>().unwrap());
    let mut first = scan().max_items(300);
    let head = first.collect_full().unwrap();
    let token = first.resume_token().unwrap();
    let rest = scan()
        .starting_token(token)
        .items()
        .collect::<Result<_, _>>()
        .unwrap();
    let parts = [ids(head["Items"].as_array().unwrap().clone()), ids(rest)].concat();
    assert_eq!(parts, all);
    all.sort();
    all.dedup();
    assert_eq!(all.len(), 500);
}

#[test]
fn waiters_of_ec2() {
    let Some(ec2) = Service::on_moto("ec2") else {
        return;
    };
    let image = ec2.call("DescribeImages", json!({"MaxResults": 5}));
    let image = text(&image, "/Images/0/ImageId");
    let run = ec2.call(
        "RunInstances",
        json!({"ImageId": image, "MinCount": 1, "MaxCount": 1}),
    );
    let ids = json!({"InstanceIds": [text(&run, "/Instances/0/InstanceId")]});
    let waited = ec2
        .client
        .wait("ec2", "instance-running", ids.clone())
        .unwrap();
    assert_eq!(
        text(
            &waited.response.unwrap(),
            "/Reservations/0/Instances/0/State/Name"
        ),
        "running"
    );
    ec2.call("TerminateInstances", ids.clone());
    ec2.client
        .wait("ec2", "InstanceTerminated", ids.clone())
        .unwrap();
    let error = ec2.client.wait("ec2", "InstanceRunning", ids).unwrap_err();
    let error: WaitError = error.downcast().unwrap();
    assert!(matches!(error.reason, WaitFailure::Terminal(_)), "{error}");
    assert!(error.last_response.is_some());
}

#[test]
fn waiters_of_cloudformation() {
    let Some(stacks) = Service::on_moto("cloudformation") else {
        return;
    };
    let name = json!({"StackName": unique("stack")});
    let template = json!({"Resources": {"Q": {"Type": "AWS::SQS::Queue"}}}).to_string();
    let mut create = name.clone();
    create["TemplateBody"] = template.into();
    stacks.call("CreateStack", create);
    stacks
        .client
        .wait("cloudformation", "StackCreateComplete", name.clone())
        .unwrap();
    stacks.call("DeleteStack", name.clone());
    let wait = stacks
        .client
        .waiter("cloudformation", "stack_delete_complete", name)
        .unwrap();
    wait.delay(Duration::from_millis(20))
        .max_attempts(50)
        .run()
        .unwrap();
}
