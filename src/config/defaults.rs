//! Sets of defaults that are chosen by one word (`defaults_mode`).

use std::time::Duration;

use super::chain::{self, Chain, Row};
use super::values::DefaultsMode;
use super::{Config, ConfigBuilder, ConfigError, Settings, word};
use crate::environment::Environment;

pub(super) const MODE: Row = chain::row("defaults_mode", &["AWS_DEFAULTS_MODE"]);

pub(super) fn mode(chain: &Chain<'_>) -> Result<DefaultsMode, ConfigError> {
    word(chain, &MODE, DefaultsMode::VALUES)
}

/// How near the client is to its region, where the environment tells.
pub(super) fn by_environment(env: &Environment, region: Option<&str>) -> Option<DefaultsMode> {
    env.get("AWS_EXECUTION_ENV")?;
    let here = env
        .get("AWS_REGION")
        .or_else(|| env.get("AWS_DEFAULT_REGION"))?;
    Some(near(here, region))
}

fn near(here: &str, region: Option<&str>) -> DefaultsMode {
    match region {
        Some(region) if region == here => DefaultsMode::InRegion,
        _ => DefaultsMode::CrossRegion,
    }
}

/// The time that a connection may take by default.
pub(super) fn connect_timeout(mode: DefaultsMode) -> Duration {
    Duration::from_millis(match mode {
        DefaultsMode::Legacy => 60_000,
        DefaultsMode::InRegion => 1100,
        DefaultsMode::Mobile => 30_000,
        DefaultsMode::Auto | DefaultsMode::CrossRegion | DefaultsMode::Standard => 3100,
    })
}

impl Settings {
    /// Fills in what the mode says and nobody else did.
    pub(super) fn set_defaults(&mut self, mode: DefaultsMode) {
        self.defaults_mode = mode;
        if !self.connect_timeout_is_set {
            self.connect_timeout = connect_timeout(mode);
        }
    }
}

impl Config {
    /// Which set of defaults is used. `Auto` is shown where the environment does not say in which region the client is; its
    /// instance is asked with the first request.
    pub fn defaults_mode(&self) -> DefaultsMode {
        self.0.settings.defaults_mode
    }

    /// Whether a default depends on where this runs, and neither the program nor the environment says it.
    pub(crate) fn depends_on_place(&self) -> bool {
        let settings = &self.0.settings;
        settings.defaults_mode == DefaultsMode::Auto && !settings.connect_timeout_is_set
    }

    /// The same, with the defaults for a client that is in this region, as its instance says; without one, the standard
    /// ones.
    pub(crate) fn near_region(&self, here: Option<&str>) -> Self {
        let mode = match here {
            Some(here) => near(here, self.region()),
            None => DefaultsMode::Standard,
        };
        let mut resolved = (*self.0).clone();
        resolved.settings.set_defaults(mode);
        Self(resolved.into())
    }
}

impl ConfigBuilder {
    /// Which set of defaults is used.
    pub fn defaults_mode(self, mode: DefaultsMode) -> Self {
        self.set(&MODE, mode.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_tells_how_near_a_region_is() {
        let built = |variables: &[(&str, &str)]| {
            let config = Config::builder().environment(variables.iter().copied());
            config
                .region("eu-west-1")
                .defaults_mode(DefaultsMode::Auto)
                .build()
                .unwrap()
        };
        let lambda = ("AWS_EXECUTION_ENV", "AWS_Lambda_rust");
        let cases: [(&[(&str, &str)], _, u64); 3] = [
            (
                &[lambda, ("AWS_REGION", "eu-west-1")],
                DefaultsMode::InRegion,
                1100,
            ),
            (
                &[lambda, ("AWS_DEFAULT_REGION", "us-east-1")],
                DefaultsMode::CrossRegion,
                3100,
            ),
            (&[("AWS_REGION", "eu-west-1")], DefaultsMode::Auto, 3100),
        ];
        for (variables, mode, millis) in cases {
            let config = built(variables);
            assert_eq!(config.defaults_mode(), mode);
            assert_eq!(config.connect_timeout(), Duration::from_millis(millis));
        }
        let config = built(&[]).near_region(Some("eu-west-1"));
        assert_eq!(config.defaults_mode(), DefaultsMode::InRegion);
    }

    #[test]
    fn what_is_said_wins_over_the_defaults_of_a_mode() {
        let config = Config::builder()
            .isolated()
            .defaults_mode(DefaultsMode::Mobile);
        let config = config
            .connect_timeout(Duration::from_secs(5))
            .build()
            .unwrap();
        assert_eq!(config.connect_timeout(), Duration::from_secs(5));
    }
}
