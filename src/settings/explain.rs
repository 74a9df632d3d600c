//! A list of all settings that files and variables can set, with their values and sources.

use super::chain::{Setting, Source};
use super::{Settings, rows};
use crate::uri;

impl Settings {
    /// Returns all settings that files and variables can set: the key in the config file, and the value with its source. A key such
    /// as `s3.addressing_style` is in the nested section `s3`. Passwords in URLs are not shown.
    ///
    /// ```
    /// let config = tucuxi::Config::builder().environment([("AWS_REGION", "eu-west-1")]).build()?;
    /// let (key, region) = &config.explain()[0];
    /// assert_eq!((*key, &*region.value), ("region", "eu-west-1"));
    /// assert_eq!(region.source.to_string(), "the environment variable AWS_REGION");
    /// # Ok::<(), tucuxi::config::ConfigError>(())
    /// ```
    pub fn explain(&self) -> Vec<(&'static str, Setting<String>)> {
        let chain = self.chain();
        let shown = rows::ALL.iter().map(|row| {
            let program = (row.explicit)(&self.explicit).map(Setting::of_program);
            let setting = program.or_else(|| chain.text(row));
            let setting = setting.filter(|setting| !setting.value.is_empty());
            let setting = setting.unwrap_or_else(|| Setting {
                value: row.default.to_owned(),
                source: Source::Default,
            });
            // the URL of an endpoint may have a password
            let value = uri::without_passwords(&setting.value).into_owned();
            (row.key, Setting { value, ..setting })
        });
        shown.collect()
    }
}
