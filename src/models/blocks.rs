//! A convolution to few channels, sixteen pixels at a time.
//!
//! The matrix units of a GPU compute 64 output channels at once: for the four bands of an image they work to no purpose
//! for 60 of them. The 5 x 5 kernel of four bands at the sixteen places of a block of 4 x 4 pixels is an 8 x 8 kernel of 64
//! channels that moves four pixels a step: more than half of it zeros, and a sixth of the work. The sums are the same, in another order.

use std::cell::RefCell;

use tch::{Device, Tensor};

use super::conv::Conv;
use crate::error::Result;

/// Side of a block.
const BLOCK: i64 = 4;
/// Output channels up to which a block is faster.
const FEW: i64 = 8;

/// Whether a layer on this image is computed so.
pub(super) fn suits(conv: &Conv, x: &Tensor) -> Result<bool> {
    let (_, _, height, width) = x.size4()?;
    let whole = height % BLOCK == 0 && width % BLOCK == 0;
    let plain = !conv.transposed && conv.stride == 1;
    Ok(x.device().is_cuda() && whole && plain && conv.outputs <= FEW && conv.kernel > 1)
}

/// The convolution of stride 1 over `[b, c, h, w]` with zeros around; height and width are multiples of [`BLOCK`].
pub(super) fn run(x: &Tensor, weight: &Tensor, bias: Option<&Tensor>) -> Result<Tensor> {
    let (outputs, inputs, kernel, _) = weight.size4()?;
    let wide = kernel + BLOCK - 1;
    // A tap of zeros after those of the kernel stands wherever the wide kernel has none.
    let taps = weight.f_reshape([outputs, inputs, kernel * kernel])?.f_constant_pad_nd([0, 1])?;
    let wide_weight = taps
        .f_index_select(2, &taken(kernel, x.device())?)?
        .f_view([outputs, inputs, BLOCK * BLOCK, wide, wide])?
        .f_permute([0, 2, 1, 3, 4])?
        .f_reshape([outputs * BLOCK * BLOCK, inputs, wide, wide])?;
    let pad = [kernel / 2; 2];
    let blocks = x.f_conv2d(&wide_weight, None::<Tensor>, [BLOCK; 2], pad, [1, 1], 1)?;
    let image = blocks.f_pixel_shuffle(BLOCK)?;
    Ok(match bias {
        Some(bias) => image.f_add(&bias.f_view([1, outputs, 1, 1])?)?,
        None => image,
    })
}

/// [`places`] on a device, copied there once a thread: a copy waits for all that the device was asked for.
fn taken(kernel: i64, device: Device) -> Result<Tensor> {
    thread_local! {
        static KNOWN: RefCell<Vec<(i64, Device, Tensor)>> = const { RefCell::new(Vec::new()) };
    }
    KNOWN.with_borrow_mut(|known| {
        if let Some(found) = known.iter().find(|k| (k.0, k.1) == (kernel, device)) {
            return Ok(found.2.shallow_clone());
        }
        let made = Tensor::f_from_slice(&places(kernel))?.f_to_device(device)?;
        known.push((kernel, device, made.shallow_clone()));
        Ok(made)
    })
}

/// The tap of the kernel at each place of the wide kernel, by pixel of the block; one past the last where there is none.
fn places(kernel: i64) -> Vec<i64> {
    let wide = kernel + BLOCK - 1;
    let mut all = Vec::new();
    for (row, col) in (0..BLOCK * BLOCK).map(|pixel| (pixel / BLOCK, pixel % BLOCK)) {
        for (y, x) in (0..wide * wide).map(|place| (place / wide - row, place % wide - col)) {
            let inside = (0..kernel).contains(&y) && (0..kernel).contains(&x);
            all.push(if inside { y * kernel + x } else { kernel * kernel });
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use tch::Kind;

    use super::*;

    #[test]
    fn blocks_give_the_same_image_and_the_same_slopes() {
        tch::manual_seed(8);
        let options = (Kind::Float, Device::Cpu);
        for (kernel, outputs) in [(5, 4), (3, 6)] {
            let x = Tensor::randn([2, 7, 12, 8], options);
            let weight =
                Tensor::randn([outputs, 7, kernel, kernel], options).set_requires_grad(true);
            let bias = Tensor::randn([outputs], options);
            let pad = [kernel / 2; 2];
            let want = x.conv2d(&weight, Some(&bias), [1, 1], pad, [1, 1], 1);
            let got = run(&x, &weight, Some(&bias)).unwrap();
            assert_eq!(got.size(), want.size());
            assert!((&got - &want).abs().max().double_value(&[]) < 1e-4);
            let slope = |y: &Tensor| {
                let loss = y.square().sum(Kind::Float);
                Tensor::run_backward(&[loss], &[&weight], false, false).remove(0)
            };
            let (want, got) = (slope(&want), slope(&got));
            let far = (&got - &want).abs().max().double_value(&[]);
            assert!(far < 1e-4 * want.abs().max().double_value(&[]), "{far}");
        }
    }

    #[test]
    fn the_cpu_computes_as_it_is_asked() {
        let conv = Conv::new("c", 7, 4, 5);
        let x = Tensor::zeros([1, 7, 8, 8], (Kind::Float, Device::Cpu));
        assert!(!suits(&conv, &x).unwrap());
    }
}
