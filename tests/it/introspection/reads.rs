//! Which operations only read.

use tucuxi::transport::Replay;

use crate::support::client::IntoClient;
use crate::unsigned;

/// Operations that only read.
const READ: [(&str, &[&str]); 40] = [
    ("accessanalyzer", &["ValidatePolicy"]),
    ("acm", &["DescribeCertificate", "GetCertificate"]),
    ("apigateway", &["GetApiKeys", "GetExport", "GetRestApis"]),
    ("apigatewayv2", &["ExportApi"]),
    ("athena", &["BatchGetQueryExecution", "GetQueryResults"]),
    (
        "backup",
        &["DescribeBackupVault", "ExportBackupPlanTemplate"],
    ),
    ("ce", &["GetCostAndUsage"]),
    (
        "cloudformation",
        &["DescribeStacks", "EstimateTemplateCost", "ValidateTemplate"],
    ),
    ("cloudfront", &["GetDistribution"]),
    ("cloudsearchdomain", &["Search", "Suggest"]),
    ("cloudtrail", &["DescribeQuery", "LookupEvents"]),
    ("cloudwatch", &["GetMetricData", "ListMetrics"]),
    (
        "cognito-idp",
        &["AdminGetUser", "AdminListUserSessions", "GetUser"],
    ),
    ("config", &["SelectResourceConfig"]),
    (
        "dynamodb",
        &[
            "BatchGetItem",
            "GetItem",
            "Query",
            "Scan",
            "TransactGetItems",
        ],
    ),
    (
        "ec2",
        &["DescribeInstances", "GetConsoleOutput", "GetPasswordData"],
    ),
    ("ecr", &["BatchCheckLayerAvailability", "BatchGetImage"]),
    ("elasticbeanstalk", &["CheckDNSAvailability"]),
    ("geo-routes", &["CalculateRoutes"]),
    ("glue", &["GetTables", "SearchTables"]),
    ("health", &["DescribeEvents"]),
    (
        "iam",
        &[
            "GetCredentialReport",
            "GetUser",
            "ListAccessKeys",
            "SimulatePrincipalPolicy",
        ],
    ),
    ("identitystore", &["IsMemberInGroups"]),
    ("kendra", &["Query"]),
    ("kinesis", &["GetRecords", "GetShardIterator"]),
    ("kms", &["DescribeKey", "GetPublicKey"]),
    ("lambda", &["GetFunction", "ListFunctions"]),
    ("logs", &["FilterLogEvents", "GetLogEvents"]),
    ("managedblockchain-query", &["GetTokenBalance"]),
    ("opensearch", &["CompareDomainConfiguration"]),
    ("organizations", &["ListAccounts"]),
    ("route53", &["ListHostedZones"]),
    (
        "s3",
        &[
            "GetObject",
            "HeadBucket",
            "ListBuckets",
            "SelectObjectContent",
        ],
    ),
    ("secretsmanager", &["GetSecretValue", "ListSecrets"]),
    ("servicequotas", &["GetServiceQuota"]),
    ("sns", &["CheckIfPhoneNumberIsOptedOut", "ListTopics"]),
    ("sqs", &["GetQueueAttributes", "GetQueueUrl"]),
    ("ssm", &["GetParameter"]),
    ("sts", &["GetCallerIdentity"]),
    (
        "verifiedpermissions",
        &["BatchIsAuthorized", "IsAuthorized"],
    ),
];

/// Operations that write, or of which that cannot be excluded.
const WRITE: [(&str, &[&str]); 40] = [
    ("athena", &["StartQueryExecution"]),
    ("bedrock-agentcore", &["GetWorkloadAccessTokenForJWT"]),
    ("bedrock-runtime", &["InvokeModel"]),
    ("cloudformation", &["CreateChangeSet", "DetectStackDrift"]),
    ("codeartifact", &["GetAuthorizationToken"]),
    (
        "cognito-identity",
        &["GetCredentialsForIdentity", "GetId", "GetOpenIdToken"],
    ),
    (
        "cognito-idp",
        &[
            "GetTokensFromRefreshToken",
            "GetUserAttributeVerificationCode",
        ],
    ),
    ("connect", &["GetFederationToken"]),
    ("deadline", &["AssumeQueueRoleForUser"]),
    (
        "dynamodb",
        &["BatchExecuteStatement", "ExecuteStatement", "UpdateItem"],
    ),
    ("ec2", &["RebootInstances", "RunInstances"]),
    ("ecr", &["GetAuthorizationToken"]),
    ("elasticache", &["TestFailover"]),
    (
        "emr",
        &[
            "GetClusterSessionCredentials",
            "GetOnClusterAppUIPresignedURL",
        ],
    ),
    ("events", &["PutEvents"]),
    ("gamelift", &["GetComputeAccess"]),
    ("glacier", &["InitiateJob"]),
    ("iam", &["GenerateCredentialReport"]),
    ("iot", &["ConfirmTopicRuleDestination"]),
    ("ivs", &["StartViewerSessionRevocation"]),
    ("kinesis", &["SubscribeToShard"]),
    (
        "kms",
        &["Decrypt", "GenerateDataKey", "GetParametersForImport"],
    ),
    ("lakeformation", &["GetTemporaryGlueTableCredentials"]),
    ("lambda", &["Invoke"]),
    ("license-manager", &["CheckInLicense", "GetAccessToken"]),
    (
        "lightsail",
        &["DownloadDefaultKeyPair", "GetInstanceAccessDetails"],
    ),
    ("logs", &["StartQuery"]),
    ("quicksight", &["GetDashboardEmbedUrl"]),
    ("rds-data", &["ExecuteStatement"]),
    ("redshift", &["GetClusterCredentials"]),
    ("redshift-data", &["ExecuteStatement"]),
    ("s3", &["CreateSession", "PutObject"]),
    ("s3control", &["GetDataAccess"]),
    ("sqs", &["ReceiveMessage"]),
    ("sso", &["GetRoleCredentials"]),
    ("stepfunctions", &["GetActivityTask", "TestState"]),
    ("storagegateway", &["RetrieveTapeArchive"]),
    (
        "sts",
        &["AssumeRole", "GetFederationToken", "GetSessionToken"],
    ),
    ("swf", &["PollForDecisionTask"]),
    ("timestream-query", &["Query"]),
];

#[test]
fn well_known_operations_read_or_write() {
    let client = unsigned().over(Replay::new());
    let mut faults = Vec::new();
    for (rows, expected) in [(&READ, true), (&WRITE, false)] {
        for (service, names) in rows {
            let model = client.model(service).unwrap();
            for name in *names {
                let operation = model.operation(name).unwrap();
                if operation.is_read_only() != expected {
                    faults.push(format!("{service}.{name}: reads is {}", !expected));
                }
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn names_of_operations_that_read_do_not_say_that_they_write() {
    let client = unsigned().over(Replay::new());
    let mut counts = [0, 0];
    for service in client.introspect().services().unwrap() {
        let model = client.model(&service).unwrap();
        for name in model.operation_names() {
            let reads = model.operation(name).unwrap().is_read_only();
            counts[usize::from(reads)] += 1;
            let verb = ["Create", "Delete", "Put", "Start", "Stop", "Update"];
            let verb = verb.iter().any(|verb| name.starts_with(verb));
            assert!(!(reads && verb), "{service}.{name}");
        }
    }
    let [writes, reads] = counts;
    assert!(reads > 8000 && writes > 10_000, "{counts:?}");
}
