//! A batch of image pairs, made ready for every metric.

use tch::{Kind, Tensor};

use crate::error::{Error, Result};

/// Float64 images with zero where a pixel does not count.
#[derive(Debug)]
pub(super) struct Pixels {
    /// `[b, c, h, w]`.
    pub output: Tensor,
    /// `[b, c, h, w]`.
    pub target: Tensor,
    /// Output minus target.
    pub error: Tensor,
    /// 1 or 0, `[b, 1, h, w]`.
    pub valid: Tensor,
    /// Number of pixels that count, per image.
    pub counts: Vec<f64>,
}

impl Pixels {
    /// Checks shapes and numbers. Refuses a value that is not finite where `valid` is true.
    pub fn new(output: &Tensor, target: &Tensor, valid: &Tensor, bands: usize) -> Result<Self> {
        let shape = output.size();
        let (b, h, w) = match shape[..] {
            [b, c, h, w] if c == bands as i64 => (b, h, w),
            _ => return Err(differ(format!("the output is {shape:?}, not [b, {bands}, h, w]"))),
        };
        if target.size() != shape {
            return Err(differ(format!("the target is {:?}, not {shape:?}", target.size())));
        }
        if valid.size() != [b, 1, h, w] || valid.f_kind()? != Kind::Bool {
            let (size, kind) = (valid.size(), valid.f_kind()?);
            return Err(differ(format!(
                "the mask is {kind:?} {size:?}, not Bool [{b}, 1, {h}, {w}]"
            )));
        }
        // Metrics read the sixth digit: float32 loses it in angles and sums.
        let clean = |image: &Tensor, what: &str| -> Result<Tensor> {
            let image =
                image.f_detach()?.f_to_kind(Kind::Double)?.f_where_scalarother(valid, 0.0)?;
            if image.f_isfinite()?.f_all()?.f_int64_value(&[])? == 0 {
                return Err(Error::invalid(format!("the {what} is not a number at a valid pixel"))
                    .hint("the weights diverged, or no-data was not masked"));
            }
            Ok(image)
        };
        let (output, target) = (clean(output, "output")?, clean(target, "target")?);
        let error = output.f_sub(&target)?;
        let valid = valid.f_to_kind(Kind::Double)?;
        let counts = numbers(&valid.f_sum_dim_intlist(&[1i64, 2, 3][..], false, None)?)?;
        Ok(Self { output, target, error, valid, counts })
    }

    /// Number of pixels that count.
    pub fn count(&self) -> f64 {
        self.counts.iter().sum()
    }

    /// Sum over images and pixels, per band.
    pub fn band_sums(map: &Tensor) -> Result<Vec<f64>> {
        numbers(&map.f_sum_dim_intlist(&[0i64, 2, 3][..], false, None)?)
    }

    /// Sum over everything.
    pub fn sum(map: &Tensor) -> Result<f64> {
        Ok(map.f_sum(Kind::Double)?.f_double_value(&[])?)
    }
}

/// The values of a one-dimensional tensor.
pub(super) fn numbers(tensor: &Tensor) -> Result<Vec<f64>> {
    let cpu = tensor.f_to_device(tch::Device::Cpu)?.f_to_kind(Kind::Double)?.f_contiguous()?;
    let mut values = vec![0.0; cpu.numel()];
    cpu.f_copy_data(&mut values, cpu.numel())?;
    Ok(values)
}

fn differ(what: String) -> Error {
    Error::internal(format!("cannot compare images: {what}"))
}
