//! A guide in chapters. All examples are compiled and run; most of them on recorded responses.
//!
//! | chapter | contents |
//! | --- | --- |
//! | [`calls`] | parameters and results, settings of one call, errors, retries, rate limits, threads |
//! | [`large_results`] | pages, waits, typed results, borrowed types, bodies that stream, events |
//! | [`credentials`] | where credentials come from, in which order, and how to change that |
//! | [`transfers`] | files, streams and folders to S3 and back |
//! | [`presigned`] | presigned URLs, upload forms, passwords of databases |
//! | [`lambda`] | Lambda functions, and other operations with a payload |
//! | [`s3_compatible`] | MinIO, SeaweedFS and other servers with the API of S3 |
//! | `mock` | a server that answers every operation of every service, for tests in any language |
//! | [`testing`] | tests without AWS: stubs, recorded responses, moto and LocalStack |
//! | [`async_client`] | calls as futures, bodies as streams, cancellation, events in both directions |
//! | [`agents`] | a server for agents: the Model Context Protocol |
//! | [`models`] | newer, private and missing models |
//! | [`from_boto3`] | coming from boto3: clients, resources, sessions, DynamoDB tables |
//! | [`from_aws_sdk_rust`] | coming from aws-sdk-rust |
//! | [`from_the_aws_command`] | coming from the `aws` command |

pub mod calls {
    #![doc = include_str!("calls.md")]
}

pub mod large_results {
    #![doc = include_str!("large_results.md")]
}

pub mod credentials {
    #![doc = include_str!("credentials.md")]
}

pub mod transfers {
    #![doc = include_str!("transfers.md")]
}

pub mod presigned {
    #![doc = include_str!("presigned.md")]
}

pub mod lambda {
    #![doc = include_str!("lambda.md")]
}

pub mod s3_compatible {
    #![doc = include_str!("s3_compatible.md")]
}

#[cfg(feature = "mock")]
pub mod mock {
    #![doc = include_str!("mock.md")]
}

pub mod testing {
    #![doc = include_str!("testing.md")]
}

/// Compiled with the feature `async`.
#[cfg(feature = "async")]
pub mod async_client {
    #![doc = include_str!("async_client.md")]
}

pub mod agents {
    #![doc = include_str!("agents.md")]
}

pub mod models {
    #![doc = include_str!("models.md")]
}

pub mod from_boto3 {
    #![doc = include_str!("from_boto3.md")]
}

pub mod from_aws_sdk_rust {
    #![doc = include_str!("from_aws_sdk_rust.md")]
}

pub mod from_the_aws_command {
    #![doc = include_str!("from_the_aws_command.md")]
}
