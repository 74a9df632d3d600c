//! How credentials were come by, which services are told in the User-Agent.

/// A way to come by credentials, or a step of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    Container,
    Environment,
    EnvironmentWebIdentity,
    Imds,
    Login,
    /// What a profile's `credential_source` names.
    NamedProvider,
    Process,
    Profile,
    ProfileLogin,
    ProfileProcess,
    ProfileSso,
    ProfileSsoLegacy,
    ProfileWebIdentity,
    /// The program gave them.
    Program,
    Role,
    RoleOfWebIdentity,
    /// What a profile's `source_profile` names.
    SourceProfile,
    Sso,
    SsoLegacy,
}

impl Origin {
    /// The id that the AWS SDKs agreed on.
    pub(crate) fn feature_id(self) -> &'static str {
        match self {
            Self::Container => "z",
            Self::Environment => "g",
            Self::EnvironmentWebIdentity => "h",
            Self::Imds => "0",
            Self::Login => "AD",
            Self::NamedProvider => "p",
            Self::Process => "w",
            Self::Profile => "n",
            Self::ProfileLogin => "AC",
            Self::ProfileProcess => "v",
            Self::ProfileSso => "r",
            Self::ProfileSsoLegacy => "t",
            Self::ProfileWebIdentity => "q",
            Self::Program => "e",
            Self::Role => "i",
            Self::RoleOfWebIdentity => "k",
            Self::SourceProfile => "o",
            Self::Sso => "s",
            Self::SsoLegacy => "u",
        }
    }
}

impl Origin {
    /// The name in error texts. `None` for a step that another one of the same chain implies.
    fn name(self) -> Option<&'static str> {
        match self {
            Self::Container => Some("container endpoint"),
            Self::Environment => Some("environment variables"),
            Self::Imds => Some("EC2 instance metadata"),
            Self::Login => Some("aws login"),
            Self::Process => Some("credential_process"),
            Self::Profile => Some("profile"),
            Self::Program => Some("set by the program"),
            Self::Role => Some("assumed role"),
            Self::RoleOfWebIdentity => Some("role of a web identity token"),
            Self::Sso | Self::SsoLegacy => Some("aws sso login"),
            Self::EnvironmentWebIdentity
            | Self::NamedProvider
            | Self::ProfileLogin
            | Self::ProfileProcess
            | Self::ProfileSso
            | Self::ProfileSsoLegacy
            | Self::ProfileWebIdentity
            | Self::SourceProfile => None,
        }
    }

    /// The names of all steps, such as `profile, assumed role`. `None` if none has a name.
    pub(super) fn names(origins: &[Self]) -> Option<String> {
        let names: Vec<&str> = origins.iter().filter_map(|origin| origin.name()).collect();
        (!names.is_empty()).then(|| names.join(", "))
    }
}

/// All steps of a way. The same credentials are the same however they were come by.
#[derive(Clone, Debug, Default)]
pub(super) struct Origins(pub(super) Vec<Origin>);

impl PartialEq for Origins {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Origins {}
