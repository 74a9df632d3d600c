//! The User-Agent of every request.

use std::sync::LazyLock;

/// `tucuxi/0.1.0 ua/2.1 os/linux lang/rust …`, in the form that the AWS SDKs agreed on.
pub(super) fn user_agent() -> &'static str {
    static TEXT: LazyLock<String> = LazyLock::new(|| {
        format!(
            "tucuxi/{} ua/2.1 os/{} md/arch#{} lang/rust",
            env!("CARGO_PKG_VERSION"),
            std::env::consts::OS,
            std::env::consts::ARCH,
        )
    });
    &TEXT
}
