//! What hooks into calls: the program's interceptors, and those of services unless they are switched off.

use std::sync::Arc;

use super::ConfigBuilder;
use crate::interceptor::Interceptor;

impl ConfigBuilder {
    /// Hooks into every call; several are asked in the order in which they were added. See
    /// [`interceptor`](crate::interceptor).
    pub fn interceptor(mut self, interceptor: impl Interceptor + 'static) -> Self {
        self.plugins.interceptors.push(Arc::new(interceptor));
        self
    }

    /// Leaves out what services need beyond their models, by name. The variable `TUCUXI_DISABLED_CUSTOMISATIONS` and the key
    /// `disabled_customisations` of a profile take several names, with commas between them.
    ///
    /// | name | what it does |
    /// | --- | --- |
    /// | `api-gateway-accept` | asks API Gateway for JSON |
    /// | `bedrock-bearer-token` | takes a bearer token of the environment for Bedrock before any credentials |
    /// | `cloudformation-template` | reads a template of CloudFormation's `GetTemplate` that is JSON as JSON |
    /// | `cloudsearch-post` | sends searches of CloudSearch as forms, which may be long |
    /// | `ec2-console-output` | decodes the base64 of EC2's `GetConsoleOutput` |
    /// | `glacier-account` | fills in `-`, the caller's own account |
    /// | `glacier-hashes` | hashes what is uploaded |
    /// | `glacier-version` | names the version of the API |
    /// | `iam-policy-documents` | reads policies that IAM gives as JSON |
    /// | `lambda-trace` | tells every service of the trace that a Lambda function runs in |
    /// | `machine-learning-endpoint` | sends predictions of Machine Learning to their `PredictEndpoint` |
    /// | `parameter-aliases` | takes `Filters` for EC2's `Filter`, `fromTime` for `from` and `returnFields` for `return` |
    /// | `polly-presigned-type` | leaves the content type out of presigned URLs of Polly |
    /// | `route-53-ids` | takes ids of Route 53 as it gives them, such as `/hostedzone/Z1` |
    /// | `s3-any-region-urls` | presigns for the endpoint of S3 that finds a bucket in any region |
    /// | `s3-bucket-name` | refuses what can be no bucket's name |
    /// | `s3-bucket-region` | follows a bucket to its region |
    /// | `s3-consent` | waits for the consent of S3 before a body is sent |
    /// | `s3-control-arn` | finds the account of S3 Control's calls in ARNs |
    /// | `s3-copy-source` | encodes `CopySource`, and takes it as `{"Bucket": …, "Key": …, "VersionId": …}` |
    /// | `s3-customer-key` | encodes keys of the customer and adds their MD5, unless the caller gives it |
    /// | `s3-expires` | gives the text of `Expires`, which may be no time, as `ExpiresString` |
    /// | `s3-listed-keys` | has keys of listings encoded by S3, and decodes them |
    /// | `s3-location` | asks for the location of a bucket anywhere, and reads it |
    /// | `s3-metadata` | refuses metadata that are not ASCII |
    /// | `s3-proof` | refuses a response to an upload without the ETag, or the id of a multipart upload, that S3 sends |
    /// | `source-region-url` | signs the URL by which a snapshot is copied from another region |
    /// | `sso-oidc-messages` | tells errors of SSO OIDC in its own words |
    /// | `user-data` | encodes `UserData` of EC2's `RunInstances` and of Auto Scaling's `CreateLaunchConfiguration` |
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// let config = Config::builder().region("eu-west-1").without_customisation("iam-policy-documents");
    /// # let policy = "<R><GetRolePolicyResult><PolicyDocument>%7B%7D</PolicyDocument></GetRolePolicyResult></R>";
    /// # let replay = Replay::new().answer(200, &[], policy);
    /// # let client = Client::with_transport(config.isolated().unsigned().build()?, replay)?;
    /// let place = serde_json::json!({"RoleName": "r", "PolicyName": "p"});
    /// assert_eq!(client.call("iam", "GetRolePolicy", place)?["PolicyDocument"], "%7B%7D");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn without_customisation(mut self, name: impl Into<String>) -> Self {
        self.explicit.disabled_customisations.push(name.into());
        self
    }
}
