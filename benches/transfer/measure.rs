//! Measurement of scenarios.

use std::io::Write;
use std::path::Path;
use std::time::Instant;

use serde_json::json;

use super::{BUCKET, Bench, Scenario, Sizes};

pub(super) struct Measured {
    objects: u64,
    bytes: u64,
    seconds: f64,
    cpu: f64,
    /// The peak of resident memory, in kB.
    peak: u64,
}

impl Measured {
    pub(super) const HEADING: &str =
        "server/scenario             objects       MB      s     MB/s  objects/s  CPU s  peak MB";

    /// Prints the result for the parent process.
    pub(super) fn text(&self) -> String {
        let Self {
            objects,
            bytes,
            seconds,
            cpu,
            peak,
        } = self;
        format!("{objects} {bytes} {seconds} {cpu} {peak}")
    }

    pub(super) fn parse(text: &str) -> Option<Self> {
        let words: Vec<&str> = text.split_whitespace().collect();
        let [objects, bytes, seconds, cpu, peak] = words[..] else {
            return None;
        };
        Some(Self {
            objects: objects.parse().ok()?,
            bytes: bytes.parse().ok()?,
            seconds: seconds.parse().ok()?,
            cpu: cpu.parse().ok()?,
            peak: peak.parse().ok()?,
        })
    }

    /// The best of each number.
    pub(super) fn best(self, other: Self) -> Self {
        Self {
            seconds: self.seconds.min(other.seconds),
            cpu: self.cpu.min(other.cpu),
            peak: self.peak.min(other.peak),
            ..self
        }
    }

    pub(super) fn line(&self, name: &str) -> String {
        let (objects, megabytes) = (self.objects, self.bytes as f64 / 1e6);
        let (rate, frequency) = (megabytes / self.seconds, objects as f64 / self.seconds);
        let (seconds, cpu, peak) = (self.seconds, self.cpu, self.peak as f64 / 1024.0);
        format!(
            "{name:<26} {objects:>8} {megabytes:>8.1} {seconds:>6.2} {rate:>8.0} {frequency:>10.0} {cpu:>6.2} {peak:>8.1}"
        )
    }
}

/// Creates the files that are uploaded.
pub(super) fn prepare(folder: &Path, sizes: Sizes) {
    let piece: Vec<u8> = (0..1_u32 << 20)
        .map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8)
        .collect();
    let mut large = std::fs::File::create(folder.join("large")).unwrap();
    for _ in 0..sizes.large >> 20 {
        large.write_all(&piece).unwrap();
    }
    let small = folder.join("small");
    std::fs::create_dir(&small).unwrap();
    for n in 0..sizes.count {
        let bytes = &piece[..sizes.small as usize];
        std::fs::write(small.join(format!("part-{n:08}-{}", sizes.small)), bytes).unwrap();
    }
}

pub(super) fn measured(bench: &Bench, scenario: Scenario) -> Measured {
    // connects, and loads the model
    let bucket = json!({"Bucket": BUCKET});
    bench.client.call("s3", "HeadBucket", bucket).unwrap();
    let target = bench.target();
    let _ = std::fs::remove_dir_all(&target);
    std::fs::create_dir(&target).unwrap();
    let (start, before) = (Instant::now(), cpu());
    let done = scenario(bench);
    Measured {
        objects: done.objects,
        bytes: done.bytes,
        seconds: start.elapsed().as_secs_f64(),
        cpu: cpu() - before,
        peak: peak(),
    }
}

/// The user and system time of this process, in seconds; Linux counts hundredths here.
fn cpu() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // after the name, which may contain spaces
    let fields = stat.rsplit_once(") ").map_or("", |(_, fields)| fields);
    let ticks = fields.split(' ').skip(11).take(2);
    let ticks = ticks.filter_map(|field| field.parse::<u32>().ok());
    f64::from(ticks.sum::<u32>()) / 100.0
}

fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let words = line.unwrap_or_default().split_whitespace().next();
    words.and_then(|number| number.parse().ok()).unwrap_or(0)
}
