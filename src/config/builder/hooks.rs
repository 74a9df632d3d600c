//! User interceptors and built-in service customisations.

use std::sync::Arc;

use super::ConfigBuilder;
use crate::interceptor::Interceptor;

impl ConfigBuilder {
    /// Adds an interceptor to every call. Interceptors run in the order in which they were added. See
    /// [`interceptor`](crate::interceptor).
    ///
    /// ```
    /// # use tucuxi::{Client, Config};
    /// # use serde_json::json;
    /// use tucuxi::interceptor::Stub;
    ///
    /// let stub = Stub::new().respond("dynamodb", "ListTables", json!({"TableNames": ["one"]}));
    /// let config = Config::builder().isolated().region("eu-west-1").unsigned().interceptor(stub).build()?;
    /// let tables = Client::with_config(config)?.call("dynamodb", "ListTables", json!({}))?;
    /// assert_eq!(tables["TableNames"][0], "one");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn interceptor(mut self, interceptor: impl Interceptor + 'static) -> Self {
        self.plugins.interceptors.push(Arc::new(interceptor));
        self
    }

    /// Disables a built-in service customisation by name. The variable `TUCUXI_DISABLED_CUSTOMISATIONS` and the key
    /// `disabled_customisations` of a profile take several names, separated by commas.
    ///
    /// | name | effect |
    /// | --- | --- |
    /// | `api-gateway-accept` | requests JSON from API Gateway |
    /// | `bedrock-bearer-token` | for Bedrock, prefers a bearer token in the environment to credentials |
    /// | `cloudformation-template` | parses a JSON template of CloudFormation's `GetTemplate` |
    /// | `cloudsearch-post` | sends searches of CloudSearch as forms, which can be longer than URLs |
    /// | `ec2-console-output` | decodes the base64 of EC2's `GetConsoleOutput` |
    /// | `glacier-account` | sets a missing account id to `-`, the caller's own account |
    /// | `glacier-hashes` | adds the tree hash and the SHA-256 of uploads to Glacier |
    /// | `glacier-version` | adds Glacier's header of the API version |
    /// | `iam-policy-documents` | decodes and parses the policies that IAM returns |
    /// | `lambda-trace` | propagates the trace id of a Lambda function to every service |
    /// | `machine-learning-endpoint` | sends predictions of Machine Learning to their `PredictEndpoint` |
    /// | `parameter-aliases` | accepts `Filters` for EC2's `Filter`, `fromTime` for `from` and `returnFields` for `return` |
    /// | `polly-presigned-type` | omits the content type from presigned URLs of Polly |
    /// | `route-53-ids` | accepts ids in the form that Route 53 returns, such as `/hostedzone/Z1` |
    /// | `s3-any-region-urls` | presigns for the global endpoint of S3, which redirects to the region of a bucket |
    /// | `s3-bucket-name` | rejects invalid bucket names |
    /// | `s3-bucket-region` | redirects requests to the region of a bucket |
    /// | `s3-consent` | sends bodies to S3 with `Expect: 100-continue`, and waits for that before it sends a large one |
    /// | `s3-control-arn` | takes the account id of S3 Control's calls from ARNs |
    /// | `s3-copy-source` | encodes `CopySource`, and accepts it as `{"Bucket": …, "Key": …, "VersionId": …}` |
    /// | `s3-customer-key` | encodes customer-provided keys and adds their MD5, unless the caller sets it |
    /// | `s3-expires` | returns the text of `Expires`, which may be an invalid time, as `ExpiresString` |
    /// | `s3-listed-keys` | requests encoded keys in listings from S3, and decodes them |
    /// | `s3-location` | sends `GetBucketLocation` to any region, and decodes its response |
    /// | `s3-metadata` | rejects metadata that is not ASCII |
    /// | `s3-proof` | rejects a response to an upload without an ETag or the id of a multipart upload |
    /// | `source-region-url` | presigns the URL for copying a snapshot from another region |
    /// | `sso-oidc-messages` | uses the descriptions of errors of SSO OIDC as their messages |
    /// | `user-data` | encodes `UserData` of EC2's `RunInstances` and of Auto Scaling's `CreateLaunchConfiguration` |
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// let config = Config::builder().region("eu-west-1").without_customisation("iam-policy-documents");
    /// # let policy = "<R><GetRolePolicyResult><PolicyDocument>%7B%7D</PolicyDocument></GetRolePolicyResult></R>";
    /// # let replay = Replay::new().respond(200, &[], policy);
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
