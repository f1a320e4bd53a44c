//! Where tensors live.

use tch::{Cuda, Device};

use super::cuda;
use crate::error::{Error, Kind, Result};

/// `auto`, `cpu`, `cuda`, `cuda:1`. `auto` takes a GPU if libtorch finds one.
///
/// Refuses another text, and a GPU that is asked for by name but is not there.
pub fn pick_device(text: &str) -> Result<Device> {
    match text {
        "cpu" => Ok(Device::Cpu),
        "auto" => Ok(gpu(0).unwrap_or(Device::Cpu)),
        "cuda" => gpu(0),
        other => match other.strip_prefix("cuda:").map(str::parse) {
            Some(Ok(index)) => gpu(index),
            _ => Err(Error::usage(format!("'{}' is not a device", other.escape_debug()))
                .hint("give auto, cpu, cuda or cuda:N")),
        },
    }
}

/// Sets how many threads libtorch may use for one operator that this thread calls; 1 to 1024.
///
/// OpenMP keeps the number per calling thread: each that runs networks sets its own. More of
/// them than free cores is far slower than one, since they spin while they wait for each other.
pub fn limit_threads(threads: usize) {
    // A thread that never asked takes over, at its first operator, what any thread set last.
    let _ = tch::get_num_threads();
    tch::set_num_threads(threads.clamp(1, 1024) as i32);
}

/// Whether a GPU looks for the fastest kernels of a layer when it meets it in a new size: seconds, which a training gets back
/// and a few scenes do not. What a thread found stays in use there.
pub fn search_kernels(on: bool) {
    Cuda::cudnn_set_benchmark(on);
}

fn gpu(index: usize) -> Result<Device> {
    let refused = |why: String| {
        Error::new(Kind::Unsupported, format!("cannot use GPU {index}: {why}")).hint(
            "run with --device cpu, or start where a CUDA build of libtorch 2.11 can be loaded",
        )
    };
    let found = count().map_err(|text| refused(format!("libtorch's CUDA half: {text}")))?;
    if (index as u64) < found {
        return Ok(Device::Cuda(index));
    }
    Err(refused(format!("libtorch finds {found} GPUs")))
}

/// Number of GPUs; the loader's text where the CUDA half cannot be opened.
fn count() -> Result<u64, String> {
    cuda::load()?;
    Ok(Cuda::device_count().max(0) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_gpu_is_an_error_only_when_it_is_asked_for() {
        assert_eq!(pick_device("cpu").unwrap(), Device::Cpu);
        let auto = pick_device("auto").unwrap();
        match pick_device("cuda") {
            Ok(device) => assert_eq!(auto, device),
            Err(error) => {
                assert_eq!(auto, Device::Cpu);
                assert_eq!(error.kind(), Kind::Unsupported);
                assert!(error.next_step().is_some_and(|h| h.contains("--device cpu")));
            }
        }
    }

    #[test]
    fn other_texts_are_no_device() {
        for bad in ["", "gpu", "cuda:", "cuda:-1", "cuda:x", "CPU"] {
            assert_eq!(pick_device(bad).unwrap_err().kind(), Kind::Usage, "{bad:?}");
        }
    }
}
