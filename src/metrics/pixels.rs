//! Images and masks as plain numbers, checked.

use tch::{Device, Kind, Tensor};

use crate::error::{Error, Result};

/// Sizes of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shape {
    pub images: usize,
    pub bands: usize,
    pub height: usize,
    pub width: usize,
}

impl Shape {
    /// Of `[b, bands, h, w]`.
    pub fn of(image: &Tensor, bands: usize) -> Result<Self> {
        match image.size()[..] {
            [b, c, h, w] if c == bands as i64 => {
                let [images, height, width] = [b, h, w].map(|n| n as usize);
                Ok(Self { images, bands, height, width })
            }
            _ => Err(differ(format!("an image is {:?}, not [b, {bands}, h, w]", image.size()))),
        }
    }

    /// Pixels of one image.
    pub fn plane(&self) -> usize {
        self.height * self.width
    }

    /// The values of a bool mask `[b, 1, h, w]`, image after image.
    pub fn mask(&self, valid: &Tensor) -> Result<Vec<bool>> {
        let want = [self.images, 1, self.height, self.width].map(|n| n as i64);
        if valid.size() != want || valid.f_kind()? != Kind::Bool {
            let (size, kind) = (valid.size(), valid.f_kind()?);
            return Err(differ(format!("the mask is {kind:?} {size:?}, not Bool {want:?}")));
        }
        read(valid)
    }

    /// The values of `[b, c, h, w]` images, zero where `valid` is false. Refuses a value that is
    /// not finite where it is true.
    pub fn values(&self, image: &Tensor, valid: &[bool], what: &str) -> Result<Vec<f64>> {
        let values = match image.f_kind()? {
            Kind::Double => self.clean(&read::<f64>(image)?, valid),
            _ => self.clean(&read::<f32>(&image.f_to_kind(Kind::Float)?)?, valid),
        };
        values.ok_or_else(|| {
            Error::invalid(format!("the {what} is not a number at a valid pixel"))
                .hint("the weights diverged, or no-data was not masked")
        })
    }

    /// Metrics read the sixth digit, so they work in float64: float32 loses it in angles and sums.
    fn clean<T: Copy + Into<f64>>(&self, raw: &[T], valid: &[bool]) -> Option<Vec<f64>> {
        let mut values = Vec::with_capacity(raw.len());
        let mut finite = true;
        // An empty image has no chunk, but a chunk must have a size.
        let plane = self.plane().max(1);
        for (image, valid) in
            raw.chunks_exact((self.bands * plane).max(1)).zip(valid.chunks_exact(plane))
        {
            for band in image.chunks_exact(plane) {
                values.extend(band.iter().zip(valid).map(|(value, valid)| {
                    let value = if *valid { (*value).into() } else { 0.0 };
                    finite &= value.is_finite();
                    value
                }));
            }
        }
        finite.then_some(values)
    }
}

fn read<T: tch::kind::Element + Copy + Default>(tensor: &Tensor) -> Result<Vec<T>> {
    let cpu = tensor.f_detach()?.f_to_device(Device::Cpu)?.f_contiguous()?;
    let mut values = vec![T::default(); cpu.numel()];
    cpu.f_copy_data(&mut values, cpu.numel())?;
    Ok(values)
}

pub(super) fn differ(what: String) -> Error {
    Error::internal(format!("cannot compare images: {what}"))
}
