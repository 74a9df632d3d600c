#![no_main]

use std::path::{Component, Path};

use tucuxi::internals::{is_portable_name, path_of_key};

// names that become paths: accepted names stay below the folder, each under its own name
libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let text = String::from_utf8_lossy(data);
    let folder = Path::new("/folder");
    if is_portable_name(&text) {
        let path = folder.join(&*text);
        assert_eq!(path.parent(), Some(folder), "{text:?}");
        assert_eq!(
            path.file_name().and_then(|name| name.to_str()),
            Some(&*text)
        );
        assert!(
            text.bytes()
                .all(|byte| byte.is_ascii_graphic() && byte != b'\\' && byte != b':'),
            "{text:?}"
        );
    }
    if let Some(path) = path_of_key(folder, &text) {
        let below = path.strip_prefix(folder).expect("it is below the folder");
        assert!(
            below
                .components()
                .all(|part| matches!(part, Component::Normal(_))),
            "{text:?}"
        );
        assert_eq!(below.to_str(), Some(&*text), "two keys have one file");
    }
});
