//! What several test programs and benchmarks share: servers, and what is between them and a client.

#![allow(dead_code, reason = "each program uses a part of it")]

pub(crate) mod null_server;
pub(crate) mod proxy;
pub(crate) mod s3;
pub(crate) mod wire;
