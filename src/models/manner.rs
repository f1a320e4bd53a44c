//! How convolutions compute: in bfloat16, with channels last, where a training asks for it.

use std::cell::Cell;

use tch::Tensor;

use crate::error::Result;

/// How convolutions compute; by default in float32, on images as they lie in memory.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Manner {
    /// In bfloat16: weights stay float32 and are rounded where they are used, as autocast does.
    pub bf16: bool,
    /// Images lie in memory as `[b, h, w, c]`, as the matrix units of a GPU take them.
    pub channels_last: bool,
}

thread_local! {
    static NOW: Cell<Manner> = const { Cell::new(Manner { bf16: false, channels_last: false }) };
}

/// The matrix units take channels by eights in bfloat16, by fours in float32: with six of them cuDNN leaves them idle.
const EIGHTS: i64 = 8;

impl Manner {
    /// Runs `work` with every convolution of this thread in this manner. Outputs may be bfloat16.
    pub fn run<T>(self, work: impl FnOnce() -> T) -> T {
        struct Back(Manner);
        impl Drop for Back {
            fn drop(&mut self) {
                NOW.set(self.0);
            }
        }
        let _back = Back(NOW.replace(self));
        work()
    }
}

/// A tensor of the kind in which convolutions compute now.
pub(super) fn cast(tensor: &Tensor) -> Result<Tensor> {
    Ok(match NOW.get().bf16 {
        true => tensor.f_to_kind(tch::Kind::BFloat16)?,
        false => tensor.shallow_clone(),
    })
}

/// An image `[b, c, h, w]` and a kernel with its input channels along `axis` as convolutions take them now.
pub(super) fn prepare(x: &Tensor, weight: &Tensor, axis: i64) -> Result<(Tensor, Tensor)> {
    let (mut x, mut weight) = (cast(x)?, cast(weight)?);
    if !NOW.get().channels_last {
        return Ok((x, weight));
    }
    let lacking = x.size4()?.1.wrapping_neg().rem_euclid(EIGHTS);
    if x.device().is_cuda() && lacking > 0 {
        x = more_channels(&x, 1, lacking)?;
        weight = more_channels(&weight, axis, lacking)?;
    }
    // Nothing is copied where it lies so already.
    Ok((x.f_permute([0, 2, 3, 1])?.f_contiguous()?.f_permute([0, 3, 1, 2])?, weight))
}

/// So many channels of zeros after those of an axis, 0 or 1.
fn more_channels(tensor: &Tensor, axis: i64, lacking: i64) -> Result<Tensor> {
    Ok(match axis {
        1 => tensor.f_constant_pad_nd([0, 0, 0, 0, 0, lacking])?,
        _ => tensor.f_constant_pad_nd([0, 0, 0, 0, 0, 0, 0, lacking])?,
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use tch::{Device, Kind};

    use super::*;
    use crate::models::{Card, Model};

    fn case() -> (Model, BTreeMap<String, Tensor>) {
        tch::manual_seed(6);
        let mut card = Card::open("david").unwrap();
        card.width = 4;
        let model = Model::new(card, 1, Device::Cpu).unwrap();
        let mut inputs = BTreeMap::new();
        for (name, channels, side) in ["tm1", "t", "tp1"]
            .iter()
            .flat_map(|r| [(format!("s1_{r}"), 2, 32), (format!("s2_{r}"), 4, 32)])
            .chain([("dem".to_owned(), 1, 16)])
        {
            inputs
                .insert(name, Tensor::rand([1, channels, side, side], (Kind::Float, Device::Cpu)));
        }
        (model, inputs)
    }

    #[test]
    fn bf16_rounds_the_answer_and_keeps_gradients_in_float32() {
        let (model, inputs) = case();
        let whole = model.forward(&inputs).unwrap().fine;
        let half = Manner { bf16: true, ..Manner::default() }
            .run(|| model.forward(&inputs))
            .unwrap()
            .fine
            .to_kind(Kind::Float);
        let apart = (&whole - &half).abs().max().double_value(&[]);
        let scale = whole.abs().max().double_value(&[]);
        assert!(apart > 0.0 && apart < 0.05 * scale, "{apart} of {scale}");
        assert_eq!(model.forward(&inputs).unwrap().fine, whole, "the mode ends with its work");
        half.square().sum(Kind::Float).backward();
        for (name, variable) in model.vars.variables() {
            assert_eq!(variable.grad().kind(), Kind::Float, "{name}");
        }
    }

    #[test]
    fn channels_last_is_another_order_in_memory_and_the_same_answer() {
        let (model, inputs) = case();
        let last = Manner { channels_last: true, ..Manner::default() };
        let (want, got) = (model.forward(&inputs).unwrap(), last.run(|| model.forward(&inputs)));
        let apart = (want.fine - got.unwrap().fine).abs().max().double_value(&[]);
        assert!(apart < 1e-5, "{apart}");
    }

    #[test]
    fn only_with_channels_last_are_the_channels_of_a_pixel_neighbours_in_memory() {
        let (_, inputs) = case();
        let kernel = Tensor::zeros([3, 4, 3, 3], (Kind::Float, Device::Cpu));
        let step = || prepare(&inputs["s2_t"], &kernel, 1).unwrap().0.stride()[1];
        let last = Manner { channels_last: true, ..Manner::default() };
        assert_eq!((step(), last.run(step)), (32 * 32, 1));
    }

    #[test]
    fn channels_of_zeros_change_no_sum() {
        tch::manual_seed(7);
        let options = (Kind::Float, Device::Cpu);
        let x = Tensor::randn([1, 6, 8, 8], options);
        let plain = Tensor::randn([5, 6, 3, 3], options);
        let turned = Tensor::randn([6, 5, 3, 3], options);
        let more = |t: &Tensor, axis| more_channels(t, axis, 2).unwrap();
        let close = |a: Tensor, b: Tensor| assert!((a - b).abs().max().double_value(&[]) < 1e-5);
        let conv = |x: &Tensor, w: &Tensor| x.conv2d(w, None::<Tensor>, 1, 1, 1, 1);
        close(conv(&more(&x, 1), &more(&plain, 1)), conv(&x, &plain));
        let up = |x: &Tensor, w: &Tensor| x.conv_transpose2d(w, None::<Tensor>, 2, 1, 1, 1, 1);
        close(up(&more(&x, 1), &more(&turned, 0)), up(&x, &turned));
    }
}
