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

/// All steps of a way. The same credentials are the same however they were come by.
#[derive(Clone, Debug, Default)]
pub(super) struct Origins(pub(super) Vec<Origin>);

impl PartialEq for Origins {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Origins {}
