//! Reference cases from outside the repository, for tests.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use safetensors::{Dtype, SafeTensors};
use tch::{Kind, Tensor};

/// A file or folder of the reference data; says loudly which test does not run without it.
///
/// `ECLAIRCIE_SHARED` names the folder that holds `data/`; else it is `../shared`.
pub(crate) fn reference(test: &str, path: &str) -> Option<PathBuf> {
    let shared = std::env::var_os("ECLAIRCIE_SHARED")
        .map(PathBuf::from)
        .unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared"));
    let path = shared.join("data").join(path);
    if path.exists() {
        return Some(path);
    }
    eprintln!("SKIPPED {test}: {} is not there; set ECLAIRCIE_SHARED", path.display());
    None
}

/// Every tensor of a safetensors file as it is; uint16 as its bits in int16.
pub(crate) fn read_tensors(path: &Path) -> BTreeMap<String, Tensor> {
    let bytes = std::fs::read(path).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let tensor = |(name, view): (String, safetensors::tensor::TensorView)| {
        let kind = match view.dtype() {
            Dtype::F32 => Kind::Float,
            Dtype::F64 => Kind::Double,
            Dtype::I16 | Dtype::U16 => Kind::Int16,
            other => panic!("{name} is {other:?}"),
        };
        let shape: Vec<i64> = view.shape().iter().map(|d| *d as i64).collect();
        (name, Tensor::from_data_size(view.data(), &shape, kind))
    };
    file.tensors().into_iter().map(tensor).collect()
}
