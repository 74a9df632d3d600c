//! Options that write a part of the result to a file.

/// An option that names a file, and the part of the result that is written to it.
pub(crate) struct Saved {
    service: &'static str,
    operation: &'static str,
    pub(crate) name: &'static str,
    pub(crate) required: bool,
    pub(crate) part: Part,
}

/// What is written to the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// One of the members of a structure, which another option chooses. It is base64. None of them is printed.
    Chosen {
        structure: &'static str,
        by: &'static str,
        members: &'static [&'static str],
    },
    /// The text that a path of members leads to.
    Text(&'static [&'static str]),
}

/// The option that chooses the form of an MFA device's secret.
pub(crate) const BOOTSTRAP: &str = "bootstrap-method";

const fn text(operation: &'static str, name: &'static str, path: &'static [&'static str]) -> Saved {
    Saved {
        service: "iot",
        operation,
        name,
        required: false,
        part: Part::Text(path),
    }
}

const TABLE: &[Saved] = &[
    Saved {
        service: "iam",
        operation: "create-virtual-mfa-device",
        name: "outfile",
        required: true,
        part: Part::Chosen {
            structure: "VirtualMFADevice",
            by: BOOTSTRAP,
            members: &["QRCodePNG", "Base32StringSeed"],
        },
    },
    text(
        "create-certificate-from-csr",
        "certificate-pem-outfile",
        &["certificatePem"],
    ),
    text(
        "create-keys-and-certificate",
        "certificate-pem-outfile",
        &["certificatePem"],
    ),
    text(
        "create-keys-and-certificate",
        "public-key-outfile",
        &["keyPair", "PublicKey"],
    ),
    text(
        "create-keys-and-certificate",
        "private-key-outfile",
        &["keyPair", "PrivateKey"],
    ),
];

/// Returns the options of an operation that write a part of its result to a file.
pub(crate) fn of(service: &str, operation: &str) -> impl Iterator<Item = &'static Saved> {
    TABLE
        .iter()
        .filter(move |saved| saved.service == service && saved.operation == operation)
}
