//! Options that name a file for a part of the result: where it is written to, or the key that decrypts it.

/// An option that names a file, and the part of the result that it is for.
pub(crate) struct Saved {
    service: &'static str,
    operation: &'static str,
    pub(crate) name: &'static str,
    pub(crate) required: bool,
    pub(crate) part: Part,
}

/// What the file is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// One of the members of a structure, which another option chooses. It is base64 and is written to the file. None of them is
    /// printed.
    Chosen {
        structure: &'static str,
        by: &'static str,
        members: &'static [&'static str],
    },
    /// The member that the RSA key in the file decrypts.
    Decrypted(&'static str),
    /// The text that a path of members leads to, which is written to the file.
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
        service: "ec2",
        operation: "get-password-data",
        name: "priv-launch-key",
        required: false,
        part: Part::Decrypted("PasswordData"),
    },
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

/// Returns the options of an operation that name a file for a part of its result.
pub(crate) fn of(service: &str, operation: &str) -> impl Iterator<Item = &'static Saved> {
    TABLE
        .iter()
        .filter(move |saved| saved.service == service && saved.operation == operation)
}
