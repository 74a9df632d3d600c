//! The source of credentials, which requests report in the User-Agent.

/// The source of credentials, or one step of the way to them. The User-Agent of a request reports the sources of the
/// credentials that sign it, with the ids that the AWS SDKs agreed on.
///
/// ```
/// use tucuxi::Credentials;
/// use tucuxi::credentials::CredentialsSource;
///
/// let assumed = Credentials::new("ASIAEXAMPLE", "secret").with_source(CredentialsSource::AssumeRole);
/// assert_eq!(assumed.sources(), [CredentialsSource::AssumeRole]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CredentialsSource {
    /// `AssumeRole` of STS.
    AssumeRole,
    /// `AssumeRoleWithWebIdentity` of STS.
    AssumeRoleWithWebIdentity,
    /// The program, which passes them to the client.
    Code,
    /// The service that ECS and EKS provide to containers.
    Container,
    /// The profile's `credential_source`.
    CredentialSource,
    /// Environment variables.
    Environment,
    /// Environment variables that name a web identity token.
    EnvironmentWebIdentity,
    /// The metadata service of EC2.
    Imds,
    /// `aws login`.
    Login,
    /// A `credential_process`.
    Process,
    /// The keys of a profile.
    Profile,
    /// The profile's `login_session`.
    ProfileLogin,
    /// The profile's `credential_process`.
    ProfileProcess,
    /// The profile's `sso_session`.
    ProfileSso,
    /// The profile's `sso_start_url` without a session.
    ProfileSsoLegacy,
    /// The profile's `web_identity_token_file`.
    ProfileWebIdentity,
    /// The profile's `source_profile`.
    SourceProfile,
    /// IAM Identity Center.
    Sso,
    /// IAM Identity Center, without a session.
    SsoLegacy,
}

impl CredentialsSource {
    /// The id in the User-Agent.
    pub(crate) fn feature_id(self) -> &'static str {
        match self {
            Self::AssumeRole => "i",
            Self::AssumeRoleWithWebIdentity => "k",
            Self::Code => "e",
            Self::Container => "z",
            Self::CredentialSource => "p",
            Self::Environment => "g",
            Self::EnvironmentWebIdentity => "h",
            Self::Imds => "0",
            Self::Login => "AD",
            Self::Process => "w",
            Self::Profile => "n",
            Self::ProfileLogin => "AC",
            Self::ProfileProcess => "v",
            Self::ProfileSso => "r",
            Self::ProfileSsoLegacy => "t",
            Self::ProfileWebIdentity => "q",
            Self::SourceProfile => "o",
            Self::Sso => "s",
            Self::SsoLegacy => "u",
        }
    }
}

impl CredentialsSource {
    /// The name in error texts; `None` for a step that another one of the same chain implies.
    fn name(self) -> Option<&'static str> {
        match self {
            Self::AssumeRole => Some("assumed role"),
            Self::AssumeRoleWithWebIdentity => Some("role of a web identity token"),
            Self::Code => Some("set by the program"),
            Self::Container => Some("container endpoint"),
            Self::Environment => Some("environment variables"),
            Self::Imds => Some("EC2 instance metadata"),
            Self::Login => Some("aws login"),
            Self::Process => Some("credential_process"),
            Self::Profile => Some("profile"),
            Self::Sso | Self::SsoLegacy => Some("aws sso login"),
            Self::CredentialSource
            | Self::EnvironmentWebIdentity
            | Self::ProfileLogin
            | Self::ProfileProcess
            | Self::ProfileSso
            | Self::ProfileSsoLegacy
            | Self::ProfileWebIdentity
            | Self::SourceProfile => None,
        }
    }

    /// The names of all steps, such as `profile, assumed role`; `None` if none has a name.
    pub(super) fn names(sources: &[Self]) -> Option<String> {
        let names: Vec<&str> = sources.iter().filter_map(|source| source.name()).collect();
        (!names.is_empty()).then(|| names.join(", "))
    }
}

/// The sources of credentials, in order. Credentials are equal whatever their sources.
#[derive(Clone, Debug, Default)]
pub(super) struct Sources(pub(super) Vec<CredentialsSource>);

impl PartialEq for Sources {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Sources {}
