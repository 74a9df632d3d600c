//! The sets of defaults among which `defaults_mode` chooses.

use std::time::Duration;

use super::Settings;
use super::values::DefaultsMode;
use crate::environment::Environment;

/// Returns the mode that `auto` stands for, if the environment shows the region in which the program runs.
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

/// Returns the default connect timeout.
pub(super) fn connect_timeout(mode: DefaultsMode) -> Duration {
    Duration::from_millis(match mode {
        DefaultsMode::Legacy => 60_000,
        DefaultsMode::InRegion => 1100,
        DefaultsMode::Mobile => 30_000,
        DefaultsMode::Auto | DefaultsMode::CrossRegion | DefaultsMode::Standard => 3100,
    })
}

impl Settings {
    /// Returns the defaults mode. It is `Auto` only if the environment does not show the region in which the program runs: the
    /// first request then gets that region from the instance metadata service.
    ///
    /// ```
    /// # use tucuxi::Config;
    /// use tucuxi::config::DefaultsMode;
    ///
    /// let config = Config::builder().environment([("AWS_DEFAULTS_MODE", "mobile")]).build()?;
    /// assert_eq!(config.defaults_mode(), DefaultsMode::Mobile);
    /// # Ok::<(), tucuxi::config::ConfigError>(())
    /// ```
    pub fn defaults_mode(&self) -> DefaultsMode {
        self.defaults_mode
    }

    /// Whether a default depends on the region in which the program runs, which is not known yet.
    pub(crate) fn depends_on_place(&self) -> bool {
        self.defaults_mode == DefaultsMode::Auto && self.explicit.connect_timeout.is_none()
    }

    /// Returns the connect timeout of a program that runs in the region `here`, or the standard one if the region is unknown.
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
    fn the_auto_mode_compares_the_region_of_the_environment() {
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
    fn a_set_value_takes_precedence_over_the_default_of_a_mode() {
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
