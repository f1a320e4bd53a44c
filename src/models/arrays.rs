//! Arrays of a file as the inputs of a network, and its answer as arrays.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use safetensors::Dtype;
use safetensors::tensor::TensorView;
use tch::{Device, Tensor};

use super::inputs::channels;
use super::source::{Entry, Source};
use super::stored::Stored;
use crate::error::{Error, Result, While};
use crate::limits;
use crate::store::publish;
use crate::tensors::{role_layer, scale};

/// The arrays of these roles, `[b, h, w, c]` of any integer or float type, as float32 `[b, c, h,
/// w]`; scaled as the study does unless they are so already. Other arrays of the file are left
/// alone. Refuses a role that is not there, a shape or type that is not that of the role, and
/// values that are not finite.
pub(super) fn read(
    path: &Path,
    roles: &[String],
    scaled: bool,
) -> Result<BTreeMap<String, Tensor>> {
    let doing = || format!("reading inputs {}", path.display());
    let mut file = Stored::open(path).during(doing)?;
    let entries = file.entries();
    let mut tensors = BTreeMap::new();
    for role in roles {
        let entry = entries.get(role).ok_or_else(|| absent(role, &entries)).during(doing)?;
        let tensor = one(&mut file, role, entry).during(doing)?;
        let factor = if scaled { 1.0 } else { scale(role_layer(role)?) };
        tensors.insert(role.clone(), tensor.f_mul_scalar(factor)?);
    }
    Ok(tensors)
}

/// The time of a date, `s2_timestamp_DATE`: one number a sample. Refuses another count and what is
/// not finite.
pub(super) fn times(path: &Path, date: &str, batch: i64) -> Result<Vec<f64>> {
    let doing = || format!("reading inputs {}", path.display());
    let name = format!("s2_timestamp_{date}");
    let mut file = Stored::open(path).during(doing)?;
    let entries = file.entries();
    let entry = entries.get(&name).ok_or_else(|| absent(&name, &entries)).during(doing)?;
    let bytes = file.bytes(&name).during(doing)?;
    let values: Vec<f64> = match entry.dtype {
        Dtype::F64 => bytes.as_chunks().0.iter().map(|b| f64::from_le_bytes(*b)).collect(),
        Dtype::I64 => bytes.as_chunks().0.iter().map(|b| i64::from_le_bytes(*b) as f64).collect(),
        dtype => {
            let text = format!("{name} is of type {dtype:?}");
            return Err(Error::invalid(text).hint("store times as F64 or I64")).during(doing);
        }
    };
    if values.len() as i64 != batch || !values.iter().all(|v| v.is_finite()) {
        let (count, shape) = (values.len(), &entry.shape);
        let text =
            format!("{name} holds {count} times {shape:?} for {batch} samples, or no numbers");
        return Err(Error::invalid(text).hint("give one time a sample")).during(doing);
    }
    Ok(values)
}

fn absent(role: &str, entries: &BTreeMap<String, Entry>) -> Error {
    let given: Vec<String> = entries.keys().map(|n| n.escape_debug().to_string()).collect();
    Error::invalid(format!("the input {role} is missing; it holds {}", given.join(", ")))
        .hint("name each array after its role, as `eclaircie model describe` lists them")
}

/// `[b, h, w, c]` of any type to float32 `[b, c, h, w]`.
fn one(file: &mut Stored, role: &str, entry: &Entry) -> Result<Tensor> {
    let bands = channels(role)?;
    let shape: Vec<i64> = entry.shape.iter().map(|d| *d as i64).collect();
    if shape.len() != 4 || shape[3] != bands || shape.contains(&0) {
        return Err(Error::invalid(format!(
            "the input {role} is {shape:?}, not [batch, height, width, {bands}]"
        ))
        .hint("arrays are stored with their bands last"));
    }
    // Values lie in memory as stored and as float32, in two orders, before the network adds its own.
    let values = entry.shape.iter().map(|n| *n as u64).fold(1, u64::saturating_mul);
    if values > limits::INPUT_VALUES_MAX {
        let most = limits::INPUT_VALUES_MAX;
        return Err(Error::invalid(format!(
            "the input {role} has {values} values, more than {most}"
        ))
        .hint("give smaller batches or windows, one file each"));
    }
    let values = floats(role, entry.dtype, &file.bytes(role)?)?;
    if !values.iter().all(|v| v.is_finite()) {
        return Err(Error::invalid(format!("the input {role} holds values that are not finite"))
            .hint("write no-data as the archive does: -10000 in optical bands, 0 in radar"));
    }
    let tensor = Tensor::f_from_slice(&values)?.f_view(&shape[..])?;
    Ok(tensor.f_permute([0, 3, 1, 2])?.f_contiguous()?)
}

fn floats(role: &str, dtype: Dtype, bytes: &[u8]) -> Result<Vec<f32>> {
    fn each<const N: usize>(bytes: &[u8], value: impl Fn([u8; N]) -> f32) -> Vec<f32> {
        bytes.as_chunks::<N>().0.iter().map(|b| value(*b)).collect()
    }
    Ok(match dtype {
        Dtype::F32 => each(bytes, f32::from_le_bytes),
        Dtype::F64 => each(bytes, |b| f64::from_le_bytes(b) as f32),
        Dtype::U8 => each(bytes, |b| f32::from(u8::from_le_bytes(b))),
        Dtype::I16 => each(bytes, |b| f32::from(i16::from_le_bytes(b))),
        Dtype::U16 => each(bytes, |b| f32::from(u16::from_le_bytes(b))),
        Dtype::I32 => each(bytes, |b| i32::from_le_bytes(b) as f32),
        Dtype::I64 => each(bytes, |b| i64::from_le_bytes(b) as f32),
        other => {
            return Err(Error::invalid(format!("the input {role} is of type {other:?}"))
                .hint("store integers of 8 to 64 bits, or floats of 32 or 64"));
        }
    })
}

/// Publishes `[b, c, h, w]` tensors as float32 `[b, h, w, c]` arrays of a safetensors file.
pub(super) fn write(path: &Path, tensors: &BTreeMap<String, Tensor>) -> Result<()> {
    let doing = || format!("writing {}", path.display());
    let mut arrays = Vec::new();
    for (name, tensor) in tensors {
        let array = tensor.f_to_device(Device::Cpu)?.f_permute([0, 2, 3, 1])?.f_contiguous()?;
        let shape: Vec<usize> = array.size().iter().map(|d| *d as usize).collect();
        let mut bytes = vec![0u8; 4 * array.numel()];
        array.f_copy_data_u8(&mut bytes, array.numel())?;
        arrays.push((name, shape, bytes));
    }
    let mut views = Vec::new();
    for (name, shape, bytes) in &arrays {
        let view = TensorView::new(Dtype::F32, shape.clone(), bytes);
        views.push((name, view.map_err(|e| Error::internal(doing()).with_source(e))?));
    }
    let file = safetensors::serialize(views, None::<HashMap<String, String>>)
        .map_err(|e| Error::internal(doing()).with_source(e))?;
    publish(path, &file)
}
