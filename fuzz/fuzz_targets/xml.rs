#![no_main]

mod decode;

static SERVICES: decode::Services =
    decode::Services::new(|| decode::load(&["s3", "ec2", "iam", "cloudfront"]));

libfuzzer_sys::fuzz_target!(|data: &[u8]| SERVICES.run(data));
