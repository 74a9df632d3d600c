//! The comparison of both sides of a sync.

use std::collections::HashMap;
use std::time::{SystemTime, UNIX_EPOCH};

use super::conflict::Conflicts;
use super::given::Given;
use super::items::{Item, Items, What};
use super::lines::Lines;
use super::places::{Action, Places};
use super::plan::Kind;

/// When something that both sides have is transferred.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rule {
    /// Always: it is copied.
    Always,
    Never,
    /// If sizes differ.
    Size,
    /// If sizes differ or the time is wrong.
    SizeAndTime,
    /// If sizes or times differ.
    SizeAndExactTime,
}

impl Rule {
    pub(super) fn of(kind: Kind, given: &Given) -> Self {
        match kind {
            Kind::Sync if given.has("no-overwrite") => Self::Never,
            Kind::Sync if given.has("exact-timestamps") => Self::SizeAndExactTime,
            Kind::Sync if given.has("size-only") => Self::Size,
            Kind::Sync => Self::SizeAndTime,
            _ => Self::Always,
        }
    }

    fn transfers(self, action: Action, source: &Item, destination: &Item) -> bool {
        let differ = source.size != destination.size;
        let times = (micros(source.modified), micros(destination.modified));
        let (Some(from), Some(to)) = times else {
            return !matches!(self, Self::Never | Self::Size) || (differ && self == Self::Size);
        };
        let is_newer = match action {
            // as in `aws`: a file that is older than the object is the one that was uploaded
            Action::Download => to > from,
            _ => from > to,
        };
        match self {
            Self::Always => true,
            Self::Never => false,
            Self::Size => differ,
            Self::SizeAndExactTime if action == Action::Download => differ || from != to,
            Self::SizeAndExactTime | Self::SizeAndTime => differ || is_newer,
        }
    }
}

/// A time as `aws` compares it.
fn micros(time: Option<SystemTime>) -> Option<i128> {
    let time = time?;
    Some(match time.duration_since(UNIX_EPOCH) {
        Ok(since) => since.as_micros() as i128,
        Err(error) => -(error.duration().as_micros() as i128),
    })
}

/// What the destination has, by name.
pub(super) type Present = HashMap<Box<str>, Item>;

/// Compares the source with the destination, one item after the other.
pub(super) struct Comparison {
    pub(super) rule: Rule,
    pub(super) conflicts: Conflicts,
    /// In the end, what only the destination has.
    pub(super) present: Present,
}

impl Comparison {
    /// Adds what the destination has.
    ///
    /// # Errors
    ///
    /// Returns an error if the destination cannot be listed.
    pub(super) fn read(&mut self, places: &Places, items: Items) -> tucuxi::Result<()> {
        let root = places.destination.path();
        for item in items {
            let item = item?;
            let name = item.path.strip_prefix(root).unwrap_or(&item.path);
            self.present.insert(name.into(), item);
        }
        Ok(())
    }

    /// Whether an item of the source is transferred.
    ///
    /// # Errors
    ///
    /// Returns a message if the command must end.
    pub(super) fn transfers(
        &mut self,
        places: &Places,
        item: &Item,
        lines: &Lines,
    ) -> Result<bool, String> {
        let name = places.name(&item.path);
        if let Some(present) = self.present.remove(name) {
            return Ok(self.rule.transfers(places.action, item, &present));
        }
        if places.action != Action::Download {
            return Ok(true);
        }
        let (source, target) = (places.source.shown(&item.path), places.target(&item.path));
        self.conflicts.may_download(&source, name, &target, lines)
    }

    /// Takes what only the destination has and may be deleted, in the order of names.
    pub(super) fn take_extra(&mut self, may_be_there: impl Fn(&str) -> bool) -> Vec<Item> {
        let extra = std::mem::take(&mut self.present).into_iter();
        let mut extra: Vec<_> = extra
            .filter(|(name, item)| !may_be_there(name) && !is_behind_link(item))
            .collect();
        extra.sort_by(|(one, _), (other, _)| one.cmp(other));
        extra.into_iter().map(|(_, item)| item).collect()
    }
}

/// Whether a file may not be the folder's own.
fn is_behind_link(item: &Item) -> bool {
    matches!(&item.what, What::File(file) if file.is_behind_link())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn rules_are_those_of_aws() {
        use Action::{Download, Upload};
        let item = |size, millis| Item {
            path: String::new(),
            size,
            modified: Some(UNIX_EPOCH + Duration::from_millis(millis)),
            what: What::Single,
        };
        for (rule, action, source, destination, expected) in [
            (Rule::SizeAndTime, Upload, (1, 1000), (1, 1000), false),
            (Rule::SizeAndTime, Upload, (1, 1400), (1, 1000), true),
            (Rule::SizeAndTime, Upload, (1, 1000), (1, 2000), false),
            (Rule::SizeAndTime, Upload, (1, 1000), (2, 2000), true),
            (Rule::SizeAndTime, Download, (1, 2000), (1, 1000), false),
            (Rule::SizeAndTime, Download, (1, 1000), (1, 2000), true),
            (Rule::SizeAndExactTime, Download, (1, 2000), (1, 1000), true),
            (Rule::SizeAndExactTime, Upload, (1, 1000), (1, 2000), false),
            (Rule::Size, Upload, (1, 2000), (1, 1000), false),
            (Rule::Size, Upload, (1, 1000), (2, 1000), true),
            (Rule::Never, Upload, (1, 2000), (2, 1000), false),
            (Rule::Always, Upload, (1, 1000), (1, 1000), true),
        ] {
            let (source, destination) =
                (item(source.0, source.1), item(destination.0, destination.1));
            let transfers = rule.transfers(action, &source, &destination);
            assert_eq!(transfers, expected, "{rule:?} {action:?}");
        }
    }
}
