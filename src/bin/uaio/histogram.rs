//! A latency histogram of fixed size: 64 steps for each power of two, so within 1.6 %.

const STEP_BITS: u32 = 6;
const STEPS: usize = 1 << STEP_BITS;
const BUCKETS: usize = (64 - STEP_BITS as usize + 1) * STEPS;

pub struct Histogram {
    counts: Box<[u64]>,
    total: u64,
    max_ns: u64,
}

impl Histogram {
    pub fn new() -> Self {
        Self { counts: vec![0; BUCKETS].into_boxed_slice(), total: 0, max_ns: 0 }
    }

    pub fn add(&mut self, ns: u64) {
        self.counts[bucket(ns)] += 1;
        self.total += 1;
        self.max_ns = self.max_ns.max(ns);
    }

    pub fn max_ns(&self) -> u64 {
        self.max_ns
    }

    /// The value that `percent` of all values do not exceed; 0 when there is none.
    pub fn percentile_ns(&self, percent: f64) -> u64 {
        let wanted = (self.total as f64 * percent / 100.0).ceil().max(1.0) as u64;
        let mut seen = 0;
        for (bucket, count) in self.counts.iter().enumerate() {
            seen += count;
            if seen >= wanted {
                return upper_end(bucket).min(self.max_ns);
            }
        }
        self.max_ns
    }
}

fn bucket(ns: u64) -> usize {
    if ns < STEPS as u64 {
        return ns as usize;
    }
    let shift = ns.ilog2() - STEP_BITS;
    (shift as usize + 1) * STEPS + ((ns >> shift) as usize - STEPS)
}

fn upper_end(bucket: usize) -> u64 {
    if bucket < STEPS {
        return bucket as u64;
    }
    let shift = bucket / STEPS - 1;
    let step = (bucket % STEPS + STEPS) as u64;
    (step << shift) + ((1 << shift) - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_value_lies_in_its_bucket() {
        let edges = (0..64).flat_map(|p| {
            let x = 1u64 << p;
            [x - 1, x, x + 1, x + (x >> 1), x + (x - 1)]
        });
        for ns in edges.chain([u64::MAX]) {
            let b = bucket(ns);
            assert!(upper_end(b) >= ns, "{ns}");
            assert!(b == 0 || upper_end(b - 1) < ns, "{ns}");
            assert!((upper_end(b) - ns) as f64 <= ns as f64 / STEPS as f64, "{ns}");
        }
    }

    #[test]
    fn percentiles_of_a_known_row() {
        let mut h = Histogram::new();
        assert_eq!(h.percentile_ns(50.0), 0);
        for ns in 1..=1000 {
            h.add(ns);
        }
        assert!((500..=508).contains(&h.percentile_ns(50.0)));
        assert!((990..=1000).contains(&h.percentile_ns(99.0)));
        assert_eq!(h.percentile_ns(100.0), 1000);
        assert_eq!(h.max_ns(), 1000);
    }
}
