//! What `uaio demo` prints at the end.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::io::{self, Write};

use serde_json::{Value, json};

const COLUMNS: [&str; 8] = ["workload", "library", "ops/s", "p50", "p99", "CPU/op", "ratio", "routes"];

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Workload {
    Buffered,
    Direct,
}

impl Workload {
    pub fn name(self) -> &'static str {
        match self {
            Self::Buffered => "buffered",
            Self::Direct => "O_DIRECT",
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Library {
    Glibc,
    Uaio,
}

impl Library {
    pub fn name(self) -> &'static str {
        match self {
            Self::Glibc => "glibc",
            Self::Uaio => "uaio",
        }
    }
}

/// What all runs have in common.
pub struct Conditions {
    pub engine: &'static str,
    pub size: u64,
    pub block: u64,
    pub depth: u32,
    pub read_percent: u64,
    pub seed: u64,
    pub rounds: u32,
}

/// One part of what a line of the table shows.
pub struct Run {
    pub workload: Workload,
    pub library: Library,
    /// The client's last report.
    pub result: Value,
    /// What `libuaio.so` wrote at exit.
    pub statistics: Option<Value>,
}

impl Run {
    fn number(&self, key: &str) -> f64 {
        self.result[key].as_f64().unwrap_or(f64::NAN)
    }

    fn count(&self, key: &str) -> u64 {
        self.result[key].as_u64().unwrap_or(0)
    }

    fn latency_us(&self, key: &str) -> f64 {
        self.result["latency_us"][key].as_f64().unwrap_or(f64::NAN)
    }
}

pub struct Table {
    pub conditions: Conditions,
    pub runs: Vec<Run>,
    /// Why a workload is missing.
    pub skipped: Option<String>,
}

impl Table {
    pub fn differences(&self) -> u64 {
        self.sum("wrong")
    }

    pub fn print(&self, out: &mut impl Write) -> io::Result<()> {
        let mut rows = vec![COLUMNS.map(String::from)];
        rows.extend(self.lines().iter().map(|line| line.cells()));
        let widths: [usize; COLUMNS.len()] = std::array::from_fn(|column| {
            let lengths = rows.iter().map(|row| row[column].chars().count());
            lengths.max().unwrap_or(0)
        });
        writeln!(out)?;
        for row in &rows {
            let mut line = String::new();
            for (column, (cell, width)) in row.iter().zip(widths).enumerate() {
                // Names to the left, numbers to the right.
                line.push_str(&match column {
                    0 | 1 | 7 => format!("{cell:<width$}  "),
                    _ => format!("{cell:>width$}  "),
                });
            }
            writeln!(out, "{}", line.trim_end())?;
        }
        writeln!(out)?;
        if let Some(why) = &self.skipped {
            writeln!(out, "{why}")?;
        }
        let Conditions { block, depth, read_percent, rounds, .. } = self.conditions;
        writeln!(
            out,
            "Medians of {rounds} rounds; the ratio is the median of the rounds' ratios, and their range.\n\
             {} requests of {block} bytes, {depth} at a time, {read_percent} % reads.\n\
             Verified: {} reads as they finished, {} blocks of the file after the runs. \
             Differences: {}.",
            grouped(self.sum("operations")),
            grouped(self.sum("reads")),
            grouped(self.sum("blocks_verified")),
            grouped(self.differences()),
        )
    }

    pub fn to_json(&self) -> Value {
        let lines = self.lines();
        let lines = lines.iter().map(Line::to_json);
        json!({
            "version": 1,
            "engine": self.conditions.engine,
            "size": self.conditions.size,
            "block": self.conditions.block,
            "depth": self.conditions.depth,
            "read_percent": self.conditions.read_percent,
            "seed": self.conditions.seed,
            "rounds": self.conditions.rounds,
            "lines": lines.collect::<Vec<_>>(),
            "skipped": self.skipped,
            "differences": self.differences(),
        })
    }

    fn sum(&self, key: &str) -> u64 {
        self.runs.iter().map(|run| run.count(key)).sum()
    }

    fn lines(&self) -> Vec<Line<'_>> {
        let mut lines: Vec<Line<'_>> = Vec::new();
        for workload in [Workload::Buffered, Workload::Direct] {
            let of = |library: Library| -> Vec<&Run> {
                let belongs = |run: &&Run| run.workload == workload && run.library == library;
                self.runs.iter().filter(belongs).collect()
            };
            for library in [Library::Glibc, Library::Uaio] {
                let (runs, base) = (of(library), of(Library::Glibc));
                if !runs.is_empty() {
                    lines.push(Line { workload, library, runs, base });
                }
            }
        }
        lines
    }
}

/// The rounds of one workload on one library.
struct Line<'a> {
    workload: Workload,
    library: Library,
    runs: Vec<&'a Run>,
    /// The same rounds on glibc.
    base: Vec<&'a Run>,
}

impl Line<'_> {
    fn median(&self, number: impl Fn(&Run) -> f64) -> f64 {
        median(self.runs.iter().map(|run| number(run)).collect())
    }

    fn sum(&self, key: &str) -> u64 {
        self.runs.iter().map(|run| run.count(key)).sum()
    }

    fn per_second(&self) -> f64 {
        self.median(|run| run.number("operations_per_second"))
    }

    fn latency_us(&self, key: &str) -> f64 {
        self.median(|run| run.latency_us(key))
    }

    fn cpu_us_per_operation(&self) -> f64 {
        self.median(|run| run.number("cpu_us_per_operation"))
    }

    /// Operations per second against glibc in the same round: median, lowest, highest.
    fn ratio(&self) -> [f64; 3] {
        let per_second = |run: &Run| run.number("operations_per_second");
        let pairs = self.runs.iter().zip(&self.base);
        let ratios: Vec<_> = pairs.map(|(run, base)| per_second(run) / per_second(base)).collect();
        let lowest = ratios.iter().copied().fold(f64::INFINITY, f64::min);
        let highest = ratios.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        [median(ratios), lowest, highest]
    }

    /// The routes that were taken, the most frequent first.
    fn routes(&self) -> Vec<(&str, u64)> {
        let mut sums: BTreeMap<&str, u64> = BTreeMap::new();
        let routes = self.runs.iter().filter_map(|run| run.statistics.as_ref()?["routes"].as_object());
        for (name, count) in routes.flatten() {
            *sums.entry(name).or_default() += count.as_u64().unwrap_or(0);
        }
        let mut taken: Vec<_> = sums.into_iter().filter(|(_, count)| *count > 0).collect();
        taken.sort_by_key(|(_, count)| Reverse(*count));
        taken
    }

    fn cells(&self) -> [String; COLUMNS.len()] {
        let routes = self.routes();
        let all = routes.iter().map(|(_, count)| count).sum::<u64>().max(1);
        let share = |count: u64| 100.0 * count as f64 / all as f64;
        let routes: Vec<_> = routes.iter().map(|(name, count)| format!("{name} {:.1} %", share(*count))).collect();
        let [ratio, lowest, highest] = self.ratio();
        let ratio = match self.library {
            Library::Glibc => "1".into(),
            Library::Uaio if self.runs.len() == 1 => format!("{ratio:.2}"),
            Library::Uaio => format!("{ratio:.2} ({lowest:.2}–{highest:.2})"),
        };
        [
            self.workload.name().into(),
            self.library.name().into(),
            grouped(self.per_second() as u64),
            format!("{:.1} µs", self.latency_us("p50")),
            format!("{:.1} µs", self.latency_us("p99")),
            format!("{:.2} µs", self.cpu_us_per_operation()),
            ratio,
            if routes.is_empty() { "-".into() } else { routes.join(", ") },
        ]
    }

    fn to_json(&self) -> Value {
        let [ratio, lowest, highest] = self.ratio();
        let rounds = self.runs.iter().map(|run| json!({"client": run.result, "statistics": run.statistics}));
        json!({
            "workload": self.workload.name(),
            "library": self.library.name(),
            "operations": self.sum("operations"),
            "reads": self.sum("reads"),
            "blocks_verified": self.sum("blocks_verified"),
            "operations_per_second": self.per_second(),
            "latency_us": {"p50": self.latency_us("p50"), "p99": self.latency_us("p99")},
            "cpu_us_per_operation": self.cpu_us_per_operation(),
            "ratio_to_glibc": {"median": ratio, "lowest": lowest, "highest": highest},
            "routes": self.routes().into_iter().collect::<BTreeMap<_, _>>(),
            "rounds": rounds.collect::<Vec<_>>(),
        })
    }
}

fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    match numbers[..] {
        [] => f64::NAN,
        _ if numbers.len() % 2 == 1 => numbers[numbers.len() / 2],
        _ => (numbers[numbers.len() / 2 - 1] + numbers[numbers.len() / 2]) / 2.0,
    }
}

/// 1234567 as "1 234 567".
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index) % 3 == 0 {
            text.push(' ');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(library: Library, per_second: f64, statistics: Option<Value>) -> Run {
        let result = json!({
            "operations": 10, "reads": 7, "blocks_verified": 5, "wrong": 0,
            "operations_per_second": per_second, "cpu_us_per_operation": 1.5,
            "latency_us": {"p50": 2.0, "p99": 30.0},
        });
        Run { workload: Workload::Buffered, library, result, statistics }
    }

    #[test]
    fn a_table_with_ratio_and_routes() -> io::Result<()> {
        let statistics = |caller, worker| {
            Some(json!({"version": 9, "new": {}, "routes": {
                "caller": caller, "ring": 0, "worker": worker, "to be named": "ignored"}}))
        };
        let conditions =
            Conditions { engine: "auto", size: 1, block: 512, depth: 4, read_percent: 70, seed: 1, rounds: 3 };
        let runs = vec![
            run(Library::Glibc, 1000.0, None),
            run(Library::Uaio, 2500.0, statistics(30, 10)),
            run(Library::Uaio, 1800.0, statistics(20, 20)),
            run(Library::Glibc, 900.0, None),
            run(Library::Glibc, 1000.0, None),
            run(Library::Uaio, 4000.0, statistics(25, 15)),
        ];
        let mut out = Vec::new();
        Table { conditions, runs, skipped: None }.print(&mut out)?;
        let text = String::from_utf8_lossy(&out);
        let row: Vec<_> = text.lines().filter(|line| line.contains("uaio")).collect();
        assert_eq!(row.len(), 1, "{text}");
        assert!(row[0].contains("  2 500  "), "{text}");
        assert!(row[0].contains("2.50 (2.00–4.00)"), "{text}");
        assert!(row[0].ends_with("  caller 62.5 %, worker 37.5 %"), "{text}");
        Ok(())
    }

    #[test]
    fn medians() {
        assert_eq!(median(vec![3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(vec![4.0, 1.0, 2.0, 3.0]), 2.5);
        assert!(median(vec![]).is_nan());
    }

    #[test]
    fn numbers_in_groups() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(999), "999");
        assert_eq!(grouped(1000), "1 000");
        assert_eq!(grouped(1_234_567), "1 234 567");
    }
}
