//! sqs, sns, logs, cloudwatch.

use serde_json::json;

use crate::{Service, all, text, unique};

#[test]
fn sqs() {
    let Some(sqs) = Service::on_moto("sqs") else {
        return;
    };
    let name = unique("queue");
    let created = sqs.call("CreateQueue", json!({"QueueName": name}));
    let url = text(&created, "/QueueUrl");
    let attributes = json!({"n": {"DataType": "Binary", "BinaryValue": "AAEC"}});
    let sent =
        json!({"QueueUrl": url, "MessageBody": "hello ünïcode", "MessageAttributes": attributes});
    sqs.call("SendMessage", sent);
    let received = sqs.call(
        "ReceiveMessage",
        json!({"QueueUrl": url, "MessageAttributeNames": ["All"]}),
    );
    assert_eq!(text(&received, "/Messages/0/Body"), "hello ünïcode");
    assert_eq!(
        received["Messages"][0]["MessageAttributes"]["n"]["BinaryValue"],
        "AAEC"
    );
    let listed = sqs.call("ListQueues", json!({"QueueNamePrefix": name}));
    assert_eq!(listed["QueueUrls"], json!([url]));
    sqs.call("DeleteQueue", json!({"QueueUrl": url}));
    let error = sqs.refusal("GetQueueUrl", json!({"QueueName": name}));
    // a service that used the query protocol before still returns its codes
    assert_eq!(
        error.code(),
        Some("AWS.SimpleQueueService.NonExistentQueue")
    );
    assert_eq!(
        error.service_error().unwrap().shape.as_deref(),
        Some("QueueDoesNotExist")
    );
}

#[test]
fn sns() {
    let Some(sns) = Service::on_moto("sns") else {
        return;
    };
    let created = sns.call("CreateTopic", json!({"Name": unique("topic")}));
    let topic = text(&created, "/TopicArn");
    let read = sns.call("GetTopicAttributes", json!({"TopicArn": topic}));
    assert_eq!(text(&read, "/Attributes/TopicArn"), topic);
    assert!(all(&sns.call("ListTopics", json!({}))["Topics"], "TopicArn").contains(&topic));
    sns.call("DeleteTopic", json!({"TopicArn": topic}));
    assert_eq!(
        sns.refused("GetTopicAttributes", json!({"TopicArn": topic})),
        "NotFound"
    );
}

#[test]
fn logs() {
    let Some(logs) = Service::on_moto("logs") else {
        return;
    };
    let group = unique("group");
    let place = json!({"logGroupName": group, "logStreamName": "stream"});
    logs.call("CreateLogGroup", json!({"logGroupName": group}));
    logs.call("CreateLogStream", place.clone());
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap();
    let event = json!({"timestamp": now.as_millis() as u64, "message": "it rains"});
    let mut put = place.clone();
    put["logEvents"] = json!([event]);
    logs.call("PutLogEvents", put);
    let read = logs.call("GetLogEvents", place.clone());
    assert_eq!(read["events"][0]["timestamp"], event["timestamp"]);
    assert_eq!(text(&read, "/events/0/message"), "it rains");
    let listed = logs.call("DescribeLogGroups", json!({"logGroupNamePrefix": group}));
    assert_eq!(all(&listed["logGroups"], "logGroupName"), [&*group]);
    logs.call("DeleteLogGroup", json!({"logGroupName": group}));
    assert_eq!(
        logs.refused("GetLogEvents", place),
        "ResourceNotFoundException"
    );
}

#[test]
fn cloudwatch() {
    let Some(cloudwatch) = Service::on_moto("cloudwatch") else {
        return;
    };
    let name = unique("alarm");
    cloudwatch.call(
        "PutMetricAlarm",
        json!({"AlarmName": name, "ComparisonOperator": "GreaterThanThreshold", "EvaluationPeriods": 2,
            "MetricName": "Heat", "Namespace": "Kitchen", "Period": 60, "Statistic": "Average", "Threshold": 90.5}),
    );
    let read = cloudwatch.call("DescribeAlarms", json!({"AlarmNames": [name]}));
    assert_eq!(read["MetricAlarms"][0]["Threshold"], 90.5);
    let data = json!([{"MetricName": "Heat", "Value": 21.25, "Timestamp": "2026-01-02T03:04:05Z"}]);
    cloudwatch.call(
        "PutMetricData",
        json!({"Namespace": "Kitchen", "MetricData": data}),
    );
    let listed = cloudwatch.call("ListMetrics", json!({"Namespace": "Kitchen"}));
    assert!(all(&listed["Metrics"], "MetricName").contains(&"Heat"));
    cloudwatch.call("DeleteAlarms", json!({"AlarmNames": [name]}));
    let none = json!({"DashboardName": "none"});
    let code = cloudwatch.refused("GetDashboard", none);
    assert!(code.contains("ResourceNotFound"), "{code}");
}
