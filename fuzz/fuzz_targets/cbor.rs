#![no_main]

mod decode;

static SERVICES: decode::Services = decode::Services::new(|| {
    decode::load(&[
        "cloudwatchomni",
        "eventbridgev2",
        "partnercentral-revenue-measurement",
    ])
});

libfuzzer_sys::fuzz_target!(|data: &[u8]| SERVICES.run(data));
