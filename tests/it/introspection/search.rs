//! Searches over all services.

use serde_json::json;
use tucuxi::Client;
use tucuxi::model::Memory;
use tucuxi::transport::Replay;

use crate::support::client::IntoClient;
use crate::unsigned;

/// Queries, and the hits that are expected first, in this order.
#[rustfmt::skip] // a query a line
const EXPECTED: [(&str, &[&str]); 90] = [
    ("list buckets", &["s3 ListBuckets"]),
    ("rotate key", &["kms RotateKeyOnDemand"]),
    ("ListBuckets", &["s3 ListBuckets"]),
    ("list-buckets", &["s3 ListBuckets"]),
    ("Show me all my S3 buckets", &["s3 ListBuckets"]),
    ("create bucket", &["s3 CreateBucket"]),
    ("create bucket lightsail", &["lightsail CreateBucket"]),
    ("delete object", &["s3 DeleteObject", "s3 DeleteObjects"]),
    ("upload file", &["s3 PutObject"]),
    ("bucket policy", &["s3 DeleteBucketPolicy", "s3 GetBucketPolicy", "s3 PutBucketPolicy"]),
    ("get bucket encryption", &["s3 GetBucketEncryption"]),
    ("describe instances", &["ec2 DescribeInstances"]),
    ("list ec2 instances", &["ec2 DescribeInstances"]),
    ("start instance", &["ec2 StartInstances"]),
    ("stop vm", &["ec2 StopInstances"]),
    ("terminate instance", &["ec2 TerminateInstances"]),
    ("reboot instances", &["ec2 RebootInstances"]),
    ("create vpc", &["ec2 CreateVpc"]),
    ("create subnet", &["ec2 CreateSubnet"]),
    ("attach volume", &["ec2 AttachVolume"]),
    ("create snapshot", &["ec2 CreateSnapshot", "ec2 CreateSnapshots"]),
    ("security group rules", &["ec2 DescribeSecurityGroupRules"]),
    ("allocate ip address", &["ec2 AllocateAddress"]),
    ("list tables", &["dynamodb ListTables"]),
    ("create table", &["dynamodb CreateTable"]),
    ("put item", &["dynamodb PutItem"]),
    ("get item", &["dynamodb GetItem"]),
    ("dynamodb query", &["dynamodb Query"]),
    ("send message", &["sqs SendMessage"]),
    ("receive messages", &["sqs ReceiveMessage"]),
    ("create queue", &["sqs CreateQueue"]),
    ("delete queue", &["sqs DeleteQueue"]),
    ("purge", &["sqs PurgeQueue"]),
    ("create topic", &["sns CreateTopic"]),
    ("publish to topic", &["sns Publish"]),
    ("subscribe", &["sns Subscribe"]),
    ("list functions", &["lambda ListFunctions"]),
    ("invoke function", &["lambda Invoke"]),
    ("lambda invoke", &["lambda Invoke"]),
    ("update function code", &["lambda UpdateFunctionCode"]),
    ("create user", &["iam CreateUser"]),
    ("delete user", &["iam DeleteUser"]),
    ("list users", &["iam ListUsers"]),
    ("create access key", &["iam CreateAccessKey"]),
    ("attach role policy", &["iam AttachRolePolicy"]),
    ("list roles", &["iam ListRoles"]),
    ("assume role", &["sts AssumeRole"]),
    ("caller identity", &["sts GetCallerIdentity"]),
    ("get secret", &["secretsmanager GetSecretValue"]),
    ("rotate secret", &["secretsmanager RotateSecret"]),
    ("decrypt", &["kms Decrypt"]),
    ("list keys", &["kms ListKeys"]),
    ("schedule key deletion", &["kms ScheduleKeyDeletion"]),
    ("put metric data", &["cloudwatch PutMetricData"]),
    ("log groups", &["logs CreateLogGroup"]),
    ("search logs", &["logs FilterLogEvents"]),
    ("put log events", &["logs PutLogEvents"]),
    ("create stack", &["cloudformation CreateStack"]),
    ("list stacks", &["cloudformation ListStacks", "cloudformation DescribeStacks"]),
    ("run task", &["ecs RunTask"]),
    ("create db instance", &["rds CreateDBInstance"]),
    ("list database instances", &["rds DescribeDBInstances"]),
    ("list hosted zones", &["route53 ListHostedZones"]),
    ("create distribution", &["cloudfront CreateDistribution"]),
    ("cloudfront invalidation", &["cloudfront CreateInvalidation"]),
    ("start execution", &["stepfunctions StartExecution"]),
    ("request certificate", &["acm RequestCertificate"]),
    ("send email", &["ses SendEmail"]),
    ("get parameter", &["ssm GetParameter", "ssm GetParameters"]),
    ("detect labels", &["rekognition DetectLabels"]),
    ("translate text", &["translate TranslateText"]),
    ("synthesize speech", &["polly SynthesizeSpeech"]),
    ("invoke model", &["bedrock-runtime InvokeModel"]),
    ("list foundation models", &["bedrock ListFoundationModels"]),
    ("get cost and usage", &["ce GetCostAndUsage"]),
    ("list accounts", &["organizations ListAccounts"]),
    ("put records kinesis", &["kinesis PutRecord", "kinesis PutRecords"]),
    ("start build", &["codebuild StartBuild"]),
    ("create pipeline", &["codepipeline CreatePipeline"]),
    ("create load balancer", &["elb CreateLoadBalancer", "elbv2 CreateLoadBalancer"]),
    ("register targets", &["elbv2 RegisterTargets"]),
    ("auto scaling group", &["autoscaling CreateAutoScalingGroup"]),
    ("enable mfa device", &["iam EnableMFADevice"]),
    ("s3", &["s3 "]),
    ("DynamoDB", &["dynamodb "]),
    ("kms", &["kms "]),
    ("step functions", &["stepfunctions "]),
    ("simple queue service", &["sqs "]),
    ("list bukets", &["s3 ListBuckets"]),
    ("descrbie instances", &["ec2 DescribeInstances"]),
];

#[test]
fn the_expected_operation_comes_first() {
    let client = unsigned().over(Replay::new());
    let known = client.introspect();
    let mut faults = Vec::new();
    for (query, expected) in EXPECTED {
        let hits = known.search(query, 6).unwrap();
        let found: Vec<String> = (hits.iter())
            .map(|hit| {
                format!(
                    "{} {}",
                    hit.service,
                    hit.operation.as_deref().unwrap_or_default()
                )
            })
            .collect();
        if !found.iter().take(expected.len()).eq(expected) {
            let scores: Vec<String> = (hits.iter().zip(&found))
                .map(|(hit, name)| format!("{name} {:.3}", hit.score))
                .collect();
            faults.push(format!("{query}: {}", scores.join(", ")));
        }
    }
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
}

#[test]
fn odd_queries_find_what_they_can() {
    let client = unsigned().over(Replay::new());
    let known = client.introspect();
    let count = |query: &str, limit| known.search(query, limit).unwrap().len();
    for query in ["", " ", "🐬", "-", "zzzzzz"] {
        assert!(count(query, 10) == 0, "{query}");
    }
    assert_eq!(count("list buckets", 0), 0);
    assert_eq!(count("list buckets", 3), 3);
    // what fits badly is not a hit
    assert!(count("list buckets", usize::MAX) < 5000);
    assert!(count(&"list ".repeat(10_000), 3) > 0);
    assert!(count(&"x".repeat(100_000), 3) == 0);
}

#[test]
fn models_of_the_program_are_found_by_name_and_documentation() {
    let model = json!({
        "metadata": {"protocol": "json", "serviceId": "Bell Tower", "serviceFullName": "AWS Carillon Service"},
        "operations": {
            "RingBell": {"documentation": "<p>Makes a <b>campanologist</b> pull.</p>"},
            "MuffleBell": {},
        },
    });
    let models = Memory::new()
        .with("tower/1/service-2", model.to_string())
        .with("ruin/1/service-2", "not a model");
    let config = unsigned().build().unwrap();
    let client = Client::with_models(config, Replay::new(), models).unwrap();
    for (query, expected) in [
        ("ring bell", Some("RingBell")),
        ("campanologists", Some("RingBell")),
        ("muffled", Some("MuffleBell")),
        ("bell tower", None),
        ("carillon", None),
    ] {
        let hits = client.introspect().search(query, 1).unwrap();
        assert_eq!(hits[0].service, "tower", "{query}");
        assert_eq!(hits[0].operation.as_deref(), expected, "{query}");
    }
}
