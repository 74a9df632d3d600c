//! Resources: found, loaded, changed and deleted without the name of an operation.

use std::collections::HashSet;

use serde_json::{Value, json};
use tucuxi::Resource;
use tucuxi::resource::{ActionOutput, Category, Collection};

use crate::{Service, all, unique};

impl Service {
    fn resource(&self) -> Resource {
        self.client.resource(self.name).unwrap()
    }
}

fn act(resource: &Resource, action: &str, params: Value) -> ActionOutput {
    let outcome = resource.action(action, params);
    outcome.unwrap_or_else(|error| panic!("{resource:?}.{action}: {error}"))
}

fn made(resource: &Resource, action: &str, params: Value) -> Resource {
    act(resource, action, params).resource().unwrap()
}

fn attribute(resource: &Resource, name: &str) -> Value {
    let value = resource.attribute(name);
    value.unwrap_or_else(|error| panic!("{resource:?}.{name}: {error}"))
}

fn listed(collection: Collection) -> Vec<Resource> {
    collection.into_iter().collect::<Result<_, _>>().unwrap()
}

/// The only resource of a listing.
fn only(collection: Collection) -> Resource {
    let mut all = listed(collection);
    assert_eq!(all.len(), 1, "{all:?}");
    all.remove(0)
}

#[test]
fn s3() {
    let Some(s3) = Service::on_moto("s3").map(|s3| s3.resource()) else {
        return;
    };
    let name = unique("bucket");
    let bucket = made(&s3, "create_bucket", json!({"Bucket": name}));
    assert_eq!(bucket, s3.sub("Bucket", &name).unwrap());
    bucket.wait("exists").unwrap();
    assert!(
        attribute(&bucket, "creation_date")
            .as_str()
            .unwrap()
            .ends_with('Z')
    );
    assert!(listed(s3.collection("buckets").unwrap()).contains(&bucket));

    let keys: Vec<String> = (0..25).map(|number| format!("fish/{number:02}")).collect();
    for key in &keys {
        let params = json!({"Key": key, "Metadata": {"colour": "grey"}});
        let object = made(&bucket, "put_object", params);
        assert_eq!(object.identifier("key").unwrap(), key.as_str());
    }
    let objects = bucket.collection("objects").unwrap();
    let fish = objects.filter(json!({"Prefix": "fish/"})).page_size(10);
    let pages: Vec<usize> = fish
        .clone()
        .pages()
        .map(|page| page.unwrap().len())
        .collect();
    assert_eq!(pages, [10, 10, 5]);
    assert_eq!(listed(fish.clone()).len(), 25);
    assert_eq!(listed(fish.limit(13)).len(), 13);

    let summary = bucket.sub("Object", &keys[0]).unwrap();
    assert_eq!(attribute(&summary, "metadata"), json!({"colour": "grey"}));
    let summary = s3.sub("ObjectSummary", [&*name, &keys[0]]).unwrap();
    assert_eq!(attribute(&summary, "size"), 0);

    let object = bucket.sub("Object", "letter").unwrap();
    object
        .request("put", json!({}))
        .unwrap()
        .body("dear dolphin")
        .send()
        .unwrap();
    assert_eq!(attribute(&object, "content_length"), 12);
    let output = object.request("get", json!({})).unwrap().send().unwrap();
    assert_eq!(output.body.unwrap().read_to_vec().unwrap(), b"dear dolphin");
    let upload = made(&object, "initiate_multipart_upload", json!({}));
    let part = upload.sub("Part", [1]).unwrap();
    act(&part, "upload", json!({"Body": "aGVsbG8="}));
    let parts = listed(upload.collection("parts").unwrap());
    assert_eq!(parts, [part]);
    assert_eq!(attribute(&parts[0], "size"), 5);
    act(&upload, "abort", json!({}));

    let versioning = bucket.sub("Versioning", ()).unwrap();
    act(&versioning, "enable", json!({}));
    assert_eq!(attribute(&versioning, "status"), "Enabled");
    act(&object, "delete", json!({}));
    object.wait("not_exists").unwrap();
    let versions = bucket.collection("object_versions").unwrap();
    let outcomes = versions.batch("delete", json!({})).unwrap();
    let deleted = outcomes.into_iter().next().unwrap().value().unwrap();
    // with the version and the deletion marker of the letter
    assert_eq!(deleted["Deleted"].as_array().unwrap().len(), 27);
    act(&bucket, "delete", json!({}));
    bucket.wait("not_exists").unwrap();
}

#[test]
fn ec2() {
    let Some(ec2) = Service::on_moto("ec2").map(|ec2| ec2.resource()) else {
        return;
    };
    let vpc = made(&ec2, "create_vpc", json!({"CidrBlock": "10.9.0.0/16"}));
    vpc.wait("available").unwrap();
    let subnet = made(&vpc, "create_subnet", json!({"CidrBlock": "10.9.1.0/24"}));
    assert_eq!(subnet.reference("vpc").unwrap(), Some(vpc.clone()));
    assert_eq!(only(vpc.collection("subnets").unwrap()), subnet);

    let images = ec2
        .collection("images")
        .unwrap()
        .filter(json!({"Owners": ["amazon"]}));
    let image = listed(images.limit(1)).remove(0);
    let run = json!({
        "ImageId": image.identifier("id").unwrap(), "MinCount": 2, "MaxCount": 2,
        "SubnetId": subnet.identifier("id").unwrap(),
    });
    let instances = act(&ec2, "create_instances", run).resources().unwrap();
    let instance = &instances[0];
    instance.wait("running").unwrap();
    instance.reload().unwrap();
    assert_eq!(attribute(instance, "state")["Name"], "running");
    assert_eq!(instance.reference("image").unwrap(), Some(image));
    assert_eq!(instance.reference("subnet").unwrap(), Some(subnet.clone()));
    assert_eq!(instance.reference("key_pair").unwrap(), None);
    let interfaces = instance.references("network_interfaces").unwrap();
    assert_eq!(interfaces.len(), 1);
    assert!(listed(instance.collection("volumes").unwrap()).len() == 1);

    let ids: Vec<_> = instances
        .iter()
        .map(|one| one.identifier("id").unwrap())
        .collect();
    let tags = json!([{"Key": "pond", "Value": "north"}, {"Key": "deep", "Value": "yes"}]);
    let made_tags = act(&ec2, "create_tags", json!({"Resources": ids, "Tags": tags}));
    let made_tags = made_tags.resources().unwrap();
    assert_eq!(made_tags.len(), 4);
    assert_eq!(
        made_tags[0],
        ec2.sub("Tag", json!([ids[0], "pond", "north"])).unwrap()
    );
    act(instance, "delete_tags", json!({"Tags": [{"Key": "deep"}]}));
    assert_eq!(
        attribute(instance, "tags"),
        json!([{"Key": "pond", "Value": "north"}])
    );
    let tag = made_tags[0].clone();
    act(&tag, "delete", json!({}));
    instance.reload().unwrap();
    assert!(
        attribute(instance, "tags")
            .as_array()
            .is_none_or(Vec::is_empty)
    );

    let here = json!({"Filters": [{"Name": "instance-state-name", "Values": ["running"]}]});
    let running = subnet.collection("instances").unwrap().filter(here);
    assert_eq!(listed(running.clone()).len(), 2);
    let outcomes = running.batch("terminate", json!({})).unwrap();
    let ended = outcomes.into_iter().next().unwrap().value().unwrap();
    assert_eq!(all(&ended["TerminatingInstances"], "InstanceId").len(), 2);
    instance.wait("terminated").unwrap();

    let gateway = made(&ec2, "create_internet_gateway", json!({}));
    act(
        &vpc,
        "attach_internet_gateway",
        json!({"InternetGatewayId": gateway.identifier("id").unwrap()}),
    );
    assert_eq!(only(vpc.collection("internet_gateways").unwrap()), gateway);
    let table = made(&vpc, "create_route_table", json!({}));
    let route = json!({"DestinationCidrBlock": "0.0.0.0/0", "GatewayId": gateway.identifier("id").unwrap()});
    let route = made(&table, "create_route", route);
    table.reload().unwrap();
    assert!(table.references("routes").unwrap().contains(&route));
    act(&route, "delete", json!({}));
    act(&table, "delete", json!({}));
}

#[test]
fn iam() {
    let Some(iam) = Service::on_moto("iam").map(|iam| iam.resource()) else {
        return;
    };
    let (name, group_name) = (unique("user"), unique("group"));
    let user = made(
        &iam,
        "create_user",
        json!({"UserName": name, "Path": "/staff/"}),
    );
    assert_eq!(attribute(&user, "path"), "/staff/"); // from the response
    let staff = iam
        .collection("users")
        .unwrap()
        .filter(json!({"PathPrefix": "/staff/"}));
    assert!(listed(staff).contains(&user));
    let group = made(&iam, "create_group", json!({"GroupName": group_name}));
    act(&user, "add_group", json!({"GroupName": group_name}));
    assert_eq!(only(user.collection("groups").unwrap()), group);
    assert_eq!(only(group.collection("users").unwrap()), user);

    let statement = json!({"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "*"});
    let statement = json!({"Version": "2012-10-17", "Statement": [statement]});
    let inline = json!({"PolicyName": "inline", "PolicyDocument": statement.to_string()});
    let policy = made(&user, "create_policy", inline);
    assert_eq!(attribute(&policy, "policy_document"), statement);
    assert_eq!(policy.sub("User", ()).unwrap(), user);
    let params = json!({"PolicyName": unique("policy"), "PolicyDocument": statement.to_string()});
    let managed = made(&iam, "create_policy", params);
    act(&managed, "attach_user", json!({"UserName": name}));
    assert_eq!(only(user.collection("attached_policies").unwrap()), managed);
    let version = managed.reference("default_version").unwrap().unwrap();
    assert_eq!(version.identifier("version_id").unwrap(), "v1");

    let pair = made(&user, "create_access_key_pair", json!({}));
    assert!(attribute(&pair, "secret").is_string());
    act(&pair, "deactivate", json!({}));
    let key = listed(user.collection("access_keys").unwrap()).remove(0);
    assert_eq!(attribute(&key, "status"), "Inactive");
    act(&key, "delete", json!({}));
    act(&managed, "detach_user", json!({"UserName": name}));
    act(&policy, "delete", json!({}));
    act(&managed, "delete", json!({}));
    act(&user, "remove_group", json!({"GroupName": group_name}));
    act(&group, "delete", json!({}));
    act(&user, "delete", json!({}));
    assert_eq!(user.reload().unwrap_err().code(), Some("NoSuchEntity"));
}

#[test]
fn sqs() {
    let Some(sqs) = Service::on_moto("sqs").map(|sqs| sqs.resource()) else {
        return;
    };
    let name = unique("queue");
    let queue = made(&sqs, "create_queue", json!({"QueueName": name}));
    assert_eq!(
        made(&sqs, "get_queue_by_name", json!({"QueueName": name})),
        queue
    );
    let mine = sqs
        .collection("queues")
        .unwrap()
        .filter(json!({"QueueNamePrefix": name}));
    assert_eq!(only(mine), queue);
    for body in ["one", "two"] {
        act(&queue, "send_message", json!({"MessageBody": body}));
    }
    let most = json!({"MaxNumberOfMessages": 10});
    let messages = act(&queue, "receive_messages", most.clone())
        .resources()
        .unwrap();
    let bodies: HashSet<Value> = messages.iter().map(|one| attribute(one, "body")).collect();
    assert_eq!(bodies, HashSet::from(["one".into(), "two".into()]));
    assert_eq!(messages[0].sub("Queue", ()).unwrap(), queue);
    for message in &messages {
        act(message, "delete", json!({}));
    }
    assert_eq!(
        act(&queue, "receive_messages", most),
        ActionOutput::Resources(vec![])
    );
    let attributes = attribute(&queue, "attributes");
    assert!(attributes["QueueArn"].as_str().unwrap().ends_with(&name));
    act(&queue, "delete", json!({}));
}

#[test]
fn sns() {
    let Some(sns) = Service::on_moto("sns").map(|sns| sns.resource()) else {
        return;
    };
    let topic = made(&sns, "create_topic", json!({"Name": unique("topic")}));
    assert!(listed(sns.collection("topics").unwrap()).contains(&topic));
    let arn = topic.identifier("arn").unwrap().clone();
    assert_eq!(attribute(&topic, "attributes")["TopicArn"], arn);
    let sent = act(&topic, "publish", json!({"Message": "rain"}))
        .value()
        .unwrap();
    assert!(sent["MessageId"].is_string());
    let endpoint = json!({"Protocol": "https", "Endpoint": "https://example.com/"});
    let subscription = made(&topic, "subscribe", endpoint);
    assert_eq!(
        only(topic.collection("subscriptions").unwrap()),
        subscription
    );
    act(&subscription, "delete", json!({}));
    act(&topic, "delete", json!({}));
    assert_eq!(topic.load().unwrap_err().code(), Some("NotFound"));
}

#[test]
fn dynamodb() {
    let Some(dynamodb) = Service::on_moto("dynamodb").map(|dynamodb| dynamodb.resource()) else {
        return;
    };
    let name = unique("table");
    let params = json!({
        "TableName": name, "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    });
    let table = made(&dynamodb, "create_table", params);
    table.wait("exists").unwrap();
    assert!(listed(dynamodb.collection("tables").unwrap()).contains(&table));
    // an identifier under the name of its shape
    assert_eq!(attribute(&table, "table_name"), name);
    table.reload().unwrap();
    assert_eq!(attribute(&table, "table_status"), "ACTIVE");
    // items have plain values
    let item = json!({"id": "one", "legs": 4, "names": {"$set": ["a", "b"]}});
    act(&table, "put_item", json!({"Item": item}));
    let found = act(&table, "get_item", json!({"Key": {"id": "one"}}));
    let found = found.value().unwrap();
    assert_eq!(found["Item"], item);
    act(&table, "delete", json!({}));
    table.wait("not_exists").unwrap();
}

#[test]
fn cloudformation() {
    let Some(cloudformation) = Service::on_moto("cloudformation").map(|it| it.resource()) else {
        return;
    };
    let template = json!({"Resources": {"Queue": {"Type": "AWS::SQS::Queue"}}}).to_string();
    let name = unique("stack");
    let params = json!({"StackName": name, "TemplateBody": template});
    let stack = made(&cloudformation, "create_stack", params);
    assert_eq!(stack.identifier("name").unwrap(), &*name);
    assert_eq!(attribute(&stack, "stack_status"), "CREATE_COMPLETE");
    let summary = listed(stack.collection("resource_summaries").unwrap()).remove(0);
    assert_eq!(attribute(&summary, "resource_type"), "AWS::SQS::Queue");
    let detail = summary.sub("Resource", ()).unwrap();
    assert_eq!(detail, stack.sub("Resource", "Queue").unwrap());
    assert_eq!(attribute(&detail, "resource_type"), "AWS::SQS::Queue");
    assert_eq!(detail.sub("Stack", ()).unwrap(), stack);
    assert!(!listed(stack.collection("events").unwrap()).is_empty());
    act(&stack, "delete", json!({}));
}

#[test]
fn cloudwatch() {
    let Some(cloudwatch) = Service::on_moto("cloudwatch").map(|it| it.resource()) else {
        return;
    };
    let (name, space) = (unique("alarm"), unique("kitchen"));
    let metric = cloudwatch.sub("Metric", [&*space, "Heat"]).unwrap();
    act(
        &metric,
        "put_data",
        json!({"MetricData": [{"MetricName": "Heat", "Value": 21.25}]}),
    );
    let here = json!({"Namespace": space});
    let metrics = cloudwatch.collection("metrics").unwrap();
    assert_eq!(only(metrics.filter(here)), metric);
    let params = json!({
        "AlarmName": name, "ComparisonOperator": "GreaterThanThreshold", "EvaluationPeriods": 2,
        "Period": 60, "Statistic": "Average", "Threshold": 90.5,
    });
    let alarm = made(&metric, "put_alarm", params);
    assert_eq!(attribute(&alarm, "threshold"), 90.5);
    assert_eq!(alarm.reference("metric").unwrap(), Some(metric));
    act(&alarm, "disable_actions", json!({}));
    assert_eq!(attribute(&alarm, "actions_enabled"), false);
    let mine = cloudwatch
        .collection("alarms")
        .unwrap()
        .filter(json!({"AlarmNames": [name]}));
    mine.batch("delete", json!({})).unwrap();
    alarm.reload().unwrap();
    let error = alarm.attribute("threshold").unwrap_err().to_string();
    assert!(
        error.contains("the response of DescribeAlarms does not contain it"),
        "{error}"
    );
}

#[test]
fn glacier() {
    let Some(glacier) = Service::on_moto("glacier").map(|glacier| glacier.resource()) else {
        return;
    };
    let vault = made(
        &glacier,
        "create_vault",
        json!({"vaultName": unique("vault")}),
    );
    assert_eq!(vault.names(Category::Identifier), ["account_id", "name"]);
    assert!(attribute(&vault, "vault_arn").is_string());
    assert!(listed(glacier.collection("vaults").unwrap()).contains(&vault));
    let archive = made(&vault, "upload_archive", json!({"body": "aGVsbG8="}));
    act(&archive, "delete", json!({}));
    act(&vault, "delete", json!({}));
}
