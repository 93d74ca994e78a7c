//! What the kernel, or a sandbox around this process, allows.

use std::fs;
use std::io;

use serde_json::{Value, json};

use crate::os;

/// As many as a context of the library has.
const NATIVE_REQUESTS: u32 = 256;

/// A facility of the kernel and how it answered.
pub struct Facility {
    pub name: &'static str,
    /// One word for scripts.
    pub state: &'static str,
    /// For people.
    pub why: String,
    pub error: Option<io::Error>,
}

impl Facility {
    pub fn works(&self) -> bool {
        self.error.is_none()
    }

    pub fn to_json(&self) -> Value {
        json!({
            "state": self.state,
            "works": self.works(),
            "errno": self.error.as_ref().and_then(io::Error::raw_os_error),
            "error": self.error.as_ref().map(os::error_name),
            "why": self.why,
        })
    }
}

/// io_uring: there, or who is in the way.
pub fn ring() -> Facility {
    let (state, why, error) = match os::try_ring() {
        Ok(()) => ("present", "there".into(), None),
        Err(error) => {
            let (state, why) = why_no_ring(&error);
            (state, why, Some(error))
        }
    };
    Facility { name: "io_uring", state, why, error }
}

fn why_no_ring(error: &io::Error) -> (&'static str, String) {
    let name = os::error_name(error);
    let disabled = number("/proc/sys/kernel/io_uring_disabled");
    match (error.raw_os_error(), disabled) {
        (Some(libc::EPERM), Some(2)) => ("disabled", format!("the sysctl kernel.io_uring_disabled is 2 ({name})")),
        (Some(libc::EPERM), Some(1)) if !is_filtered() => {
            let who = "only CAP_SYS_ADMIN and the group kernel.io_uring_group may use it";
            ("disabled", format!("the sysctl kernel.io_uring_disabled is 1: {who} ({name})"))
        }
        (Some(libc::ENOSYS), None) if !is_filtered() => {
            ("absent", format!("this kernel is too old, or built without it ({name})"))
        }
        (Some(libc::EPERM | libc::EACCES | libc::ENOSYS), _) if is_filtered() => {
            ("refused", format!("a seccomp filter, as containers have it, refuses it ({name})"))
        }
        (Some(libc::EPERM | libc::EACCES), _) => ("refused", format!("a security module refuses it ({name})")),
        (Some(libc::ENOMEM), _) => ("no-memory", format!("no locked memory is left: RLIMIT_MEMLOCK ({name})")),
        _ => ("failed", format!("io_uring_setup failed ({name})")),
    }
}

/// Native AIO, and what `fs.aio-max-nr` has left.
pub struct Native {
    pub facility: Facility,
    used: Option<u64>,
    max: Option<u64>,
}

impl Native {
    pub fn ask() -> Native {
        let used = number("/proc/sys/fs/aio-nr");
        let max = number("/proc/sys/fs/aio-max-nr");
        let (state, why, error) = match os::try_native(NATIVE_REQUESTS) {
            Ok(()) => ("present", "there".into(), None),
            Err(error) => {
                let name = os::error_name(&error);
                let (state, why) = match error.raw_os_error() {
                    Some(libc::EAGAIN) if left(used, max).is_some_and(|left| left >= NATIVE_REQUESTS.into()) => {
                        ("refused", format!("a seccomp filter refuses it ({name})"))
                    }
                    Some(libc::EAGAIN) => ("used-up", format!("fs.aio-max-nr is used up ({name})")),
                    Some(libc::ENOSYS) if !is_filtered() => {
                        ("absent", format!("this kernel is built without it ({name})"))
                    }
                    Some(libc::EPERM | libc::EACCES | libc::ENOSYS) => {
                        ("refused", format!("a seccomp filter or security module refuses it ({name})"))
                    }
                    _ => ("failed", format!("io_setup failed ({name})")),
                };
                (state, why, Some(error))
            }
        };
        Native { facility: Facility { name: "native AIO", state, why, error }, used, max }
    }

    pub fn numbers(&self) -> String {
        match (self.used, self.max, left(self.used, self.max)) {
            (Some(used), Some(max), Some(left)) => format!("; of fs.aio-max-nr = {max} in use {used}, left {left}"),
            _ => String::new(),
        }
    }

    pub fn to_json(&self) -> Value {
        let mut value = self.facility.to_json();
        value["aio_nr"] = json!(self.used);
        value["aio_max_nr"] = json!(self.max);
        value["left"] = json!(left(self.used, self.max));
        value
    }
}

fn left(used: Option<u64>, max: Option<u64>) -> Option<u64> {
    Some(max?.saturating_sub(used?))
}

/// The limits of this process that the library can meet: name, what it limits, and its value.
pub fn limits() -> [(&'static str, &'static str, Option<u64>); 4] {
    [
        ("RLIMIT_NPROC", "threads of the user", os::limit(libc::RLIMIT_NPROC)),
        ("RLIMIT_SIGPENDING", "queued signals", os::limit(libc::RLIMIT_SIGPENDING)),
        ("RLIMIT_MEMLOCK", "bytes of locked memory", os::limit(libc::RLIMIT_MEMLOCK)),
        ("RLIMIT_NOFILE", "descriptors", os::limit(libc::RLIMIT_NOFILE)),
    ]
}

pub fn release() -> String {
    fs::read_to_string("/proc/sys/kernel/osrelease").map_or_else(|_| "unknown".into(), |text| text.trim().into())
}

/// Whether a seccomp filter is on this process.
fn is_filtered() -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    status.lines().any(|line| line.strip_prefix("Seccomp:").is_some_and(|mode| mode.trim() == "2"))
}

fn number(path: &str) -> Option<u64> {
    fs::read_to_string(path).ok()?.trim().parse().ok()
}
