//! Sets of defaults that are chosen by one word (`defaults_mode`).

use std::time::Duration;

use super::Settings;
use super::values::DefaultsMode;
use crate::environment::Environment;

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
    /// Which set of defaults is used. `Auto` is shown where the environment does not say in which region the client is; the
    /// metadata service of its instance is used with the first request.
    pub fn defaults_mode(&self) -> DefaultsMode {
        self.defaults_mode
    }

    /// Whether a default depends on where this runs, and neither the program nor the environment sets it.
    pub(crate) fn depends_on_place(&self) -> bool {
        self.defaults_mode == DefaultsMode::Auto && self.explicit.connect_timeout.is_none()
    }

    /// The time that a connection may take from this region, which is that of the instance; the standard one if it is unknown.
    pub(crate) fn connect_timeout_from(&self, here: Option<&str>) -> Duration {
        connect_timeout(match here {
            Some(here) => near(here, self.region()),
            None => DefaultsMode::Standard,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

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
        let config = built(&[]);
        for (here, millis) in [
            (Some("eu-west-1"), 1100),
            (Some("us-east-1"), 3100),
            (None, 3100),
        ] {
            let timeout = config.connect_timeout_from(here);
            assert_eq!(timeout, Duration::from_millis(millis), "{here:?}");
        }
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
