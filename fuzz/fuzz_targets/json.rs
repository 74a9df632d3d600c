#![no_main]

mod decode;

static SERVICES: decode::Services =
    decode::Services::new(|| decode::load(&["dynamodb", "lambda", "iot", "ssm"]));

libfuzzer_sys::fuzz_target!(|data: &[u8]| SERVICES.run(data));
