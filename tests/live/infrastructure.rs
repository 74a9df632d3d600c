//! ec2, lambda, route53, cloudformation, apigateway.

use serde_json::{Value, json};

use crate::{Service, all, text, unique};

#[test]
fn ec2() {
    let Some(ec2) = Service::on_moto("ec2") else {
        return;
    };
    let created = ec2.call(
        "CreateVpc",
        json!({"CidrBlock": "10.7.0.0/16", "TagSpecifications": [
            {"ResourceType": "vpc", "Tags": [{"Key": "Name", "Value": "pond"}]}]}),
    );
    let vpc = text(&created, "/Vpc/VpcId");
    let read = ec2.call("DescribeVpcs", json!({"VpcIds": [vpc]}));
    assert_eq!(text(&read, "/Vpcs/0/Tags/0/Value"), "pond");
    assert_eq!(read["Vpcs"][0]["IsDefault"], false);
    let filter = json!([{"Name": "tag:Name", "Values": ["pond"]}]);
    assert!(
        all(
            &ec2.call("DescribeVpcs", json!({"Filters": filter}))["Vpcs"],
            "VpcId"
        )
        .contains(&vpc)
    );
    ec2.call("DeleteVpc", json!({"VpcId": vpc}));
    assert_eq!(
        ec2.refused("DescribeVpcs", json!({"VpcIds": [vpc]})),
        "InvalidVpcID.NotFound"
    );
}

#[test]
fn lambda() {
    let (Some(lambda), Some(iam)) = (Service::on_moto("lambda"), Service::on_moto("iam")) else {
        return;
    };
    let name = unique("function");
    let role = iam.call(
        "CreateRole",
        json!({"RoleName": name, "AssumeRolePolicyDocument": "{}"}),
    );
    // the smallest zip file: an empty one
    let empty_zip = "UEsFBgAAAAAAAAAAAAAAAAAAAAAAAA==";
    let created = lambda.call(
        "CreateFunction",
        json!({"FunctionName": name, "Role": text(&role, "/Role/Arn"), "Runtime": "python3.12",
            "Handler": "f.handler", "Code": {"ZipFile": empty_zip}, "Environment": {"Variables": {"A": "b"}}}),
    );
    assert_eq!(text(&created, "/FunctionName"), name);
    let read = lambda.call("GetFunctionConfiguration", json!({"FunctionName": name}));
    assert_eq!(read["Environment"]["Variables"], json!({"A": "b"}));
    assert!(
        all(
            &lambda.call("ListFunctions", json!({}))["Functions"],
            "FunctionName"
        )
        .contains(&&*name)
    );
    lambda.call("DeleteFunction", json!({"FunctionName": name}));
    let gone = json!({"FunctionName": name});
    assert_eq!(
        lambda.refused("GetFunction", gone),
        "ResourceNotFoundException"
    );
}

#[test]
fn route53() {
    let Some(route53) = Service::on_moto("route53") else {
        return;
    };
    let name = format!("{}.example.", unique("zone"));
    let created = route53.call(
        "CreateHostedZone",
        json!({"Name": name, "CallerReference": unique("call")}),
    );
    let id = text(&created, "/HostedZone/Id").to_owned();
    let bare = id.trim_start_matches("/hostedzone/");
    let record = json!({"Name": format!("www.{name}"), "Type": "A", "TTL": 300, "ResourceRecords": [{"Value": "192.0.2.1"}]});
    let batch = json!({"Changes": [{"Action": "UPSERT", "ResourceRecordSet": record}]});
    let mut change = json!({"HostedZoneId": bare, "ChangeBatch": batch});
    route53.call("ChangeResourceRecordSets", change.clone());
    let listed = route53.call("ListResourceRecordSets", json!({"HostedZoneId": bare}));
    let sets = listed["ResourceRecordSets"].as_array().unwrap();
    let found = sets.iter().find(|set| set["Type"] == "A").unwrap();
    assert_eq!(*found, record);
    change["ChangeBatch"]["Changes"][0]["Action"] = Value::from("DELETE");
    route53.call("ChangeResourceRecordSets", change);
    route53.call("DeleteHostedZone", json!({"Id": bare}));
    assert_eq!(
        route53.refused("GetHostedZone", json!({"Id": bare})),
        "NoSuchHostedZone"
    );
}

#[test]
fn cloudformation() {
    let Some(cloudformation) = Service::on_moto("cloudformation") else {
        return;
    };
    let name = unique("stack");
    let topic = json!({"Resources": {"T": {"Type": "AWS::SNS::Topic"}}}).to_string();
    let created = cloudformation.call(
        "CreateStack",
        json!({"StackName": name, "TemplateBody": topic}),
    );
    assert!(text(&created, "/StackId").contains(&name));
    let read = cloudformation.call("DescribeStacks", json!({"StackName": name}));
    assert_eq!(text(&read, "/Stacks/0/StackStatus"), "CREATE_COMPLETE");
    let listed = cloudformation.call("ListStacks", json!({}));
    assert!(all(&listed["StackSummaries"], "StackName").contains(&&*name));
    cloudformation.call("DeleteStack", json!({"StackName": name}));
    let none = json!({"StackName": "no-such-stack"});
    assert_eq!(
        cloudformation.refused("DescribeStacks", none),
        "ValidationError"
    );
}

#[test]
fn apigateway() {
    let Some(apigateway) = Service::on_moto("apigateway") else {
        return;
    };
    let name = unique("api");
    let created = apigateway.call("CreateRestApi", json!({"name": name, "tags": {"a": "b"}}));
    let id = text(&created, "/id");
    let read = apigateway.call("GetRestApi", json!({"restApiId": id}));
    assert_eq!(read["tags"], json!({"a": "b"}));
    assert!(text(&read, "/createdDate").ends_with('Z'));
    assert!(all(&apigateway.call("GetRestApis", json!({}))["items"], "name").contains(&&*name));
    apigateway.call("DeleteRestApi", json!({"restApiId": id}));
    assert_eq!(
        apigateway.refused("GetRestApi", json!({"restApiId": id})),
        "NotFoundException"
    );
}
