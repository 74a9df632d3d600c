#![no_main]

use tucuxi::eventstream::Message;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let mut rest = data;
    while let (before, Ok(Some(message))) = (rest, Message::read(&mut rest)) {
        let length = before.len() - rest.len();
        assert_eq!(
            message.encode().expect("what was read can be written"),
            &before[..length]
        );
    }
});
