//! What the system says of memory.

use std::fs;

/// Bytes of memory of the machine; `None` where the system does not tell.
pub fn memory_bytes() -> Option<usize> {
    line("/proc/meminfo", "MemTotal:")
}

/// The most bytes that this process has held at a time, mapped files included; `None` where the
/// system does not tell.
pub fn peak_bytes() -> Option<usize> {
    line("/proc/self/status", "VmHWM:")
}

/// Bytes that this process holds now; `None` where the system does not tell.
pub fn resident_bytes() -> Option<usize> {
    line("/proc/self/status", "VmRSS:")
}

/// The value of `KEY: N kB`.
fn line(file: &str, key: &str) -> Option<usize> {
    let text = fs::read_to_string(file).ok()?;
    let rest = text.lines().find_map(|line| line.strip_prefix(key))?;
    rest.trim().strip_suffix("kB")?.trim().parse::<usize>().ok()?.checked_mul(1024)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_smaller_than_its_machine() {
        let (process, machine) = (peak_bytes().unwrap(), memory_bytes().unwrap());
        assert!(0 < process && process < machine);
    }
}
