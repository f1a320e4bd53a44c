//! Inputs that stand beside several others pass a layer once.
//!
//! A convolution is a sum over its input channels. Where elevation is joined to every date, its term is the same for all of
//! them: computed once it is a ninth of the work of the layer after the join instead of a third. And where the same features
//! are joined several times before one layer, that layer sees them once, through the sum of their weights. In bfloat16 a
//! shared term is rounded once more.

use tch::Tensor;

use super::conv::Conv;
use super::cost::Meter;
use crate::error::Result;

/// A layer whose last input channels are the same in every run.
pub(super) struct Shared<'a> {
    conv: &'a Conv,
    /// The kernel of the channels that change.
    weight: Tensor,
    bias: &'a Tensor,
    /// What the others add, before the activation.
    term: Option<Tensor>,
    meter: Option<&'a Meter>,
}

impl<'a> Shared<'a> {
    /// The layer `conv` with `last` as the last of its input channels; without it, the layer as it is.
    pub fn new(
        (conv, weight, bias): (&'a Conv, &Tensor, &'a Tensor),
        last: Option<&Tensor>,
        meter: Option<&'a Meter>,
    ) -> Result<Self> {
        let Some(last) = last else {
            return Ok(Self { conv, weight: weight.shallow_clone(), bias, term: None, meter });
        };
        let channels = last.size4()?.1;
        let first = conv.inputs - channels;
        let term = conv.sum(last, &weight.f_narrow(conv.input_axis(), first, channels)?, None)?;
        let weight = weight.f_narrow(conv.input_axis(), 0, first)?.f_contiguous()?;
        Ok(Self { conv, weight, bias, term: Some(term), meter })
    }

    /// The layer on `x` beside the shared channels.
    pub fn run(&self, x: &Tensor) -> Result<Tensor> {
        let sum = self.conv.sum(x, &self.weight, Some(self.bias))?;
        let y = match &self.term {
            Some(term) => self.conv.activate(sum.f_add(term)?)?,
            None => self.conv.activate(sum)?,
        };
        if let Some(meter) = self.meter {
            meter.add(self.conv, x, &y)?;
        }
        Ok(y)
    }
}

/// The kernel for inputs that stand once each, from that for `order`: which of the inputs, with so
/// many `channels` each, stands at each place.
pub(super) fn fold(
    conv: &Conv,
    weight: &Tensor,
    channels: &[i64],
    order: &[usize],
) -> Result<Tensor> {
    let mut sums: Vec<Option<Tensor>> = channels.iter().map(|_| None).collect();
    let mut start = 0;
    for &input in order {
        let part = weight.f_narrow(conv.input_axis(), start, channels[input])?;
        start += channels[input];
        sums[input] = Some(match sums[input].take() {
            Some(sum) => sum.f_add(&part)?,
            None => part,
        });
    }
    let kernels: Vec<Tensor> = sums.into_iter().flatten().collect();
    Ok(Tensor::f_cat(&kernels, conv.input_axis())?)
}

#[cfg(test)]
mod tests {
    use tch::{Device, Kind};

    use super::*;

    const OPTIONS: (Kind, Device) = (Kind::Float, Device::Cpu);

    fn layer(conv: &Conv) -> (Tensor, Tensor) {
        tch::manual_seed(5);
        (Tensor::randn(conv.shape(), OPTIONS), Tensor::randn([conv.outputs], OPTIONS))
    }

    fn close(a: &Tensor, b: &Tensor) {
        assert_eq!(a.size(), b.size());
        assert!((a - b).abs().max().double_value(&[]) < 1e-4);
    }

    #[test]
    fn a_shared_input_gives_what_joining_it_gives() {
        for conv in [Conv::down("a", 5, 7), Conv::up("b", 5, 7), Conv::new("c", 5, 7, 5)] {
            let (weight, bias) = layer(&conv);
            let (x, last) =
                (Tensor::randn([2, 3, 8, 8], OPTIONS), Tensor::randn([2, 2, 8, 8], OPTIONS));
            let shared = Shared::new((&conv, &weight, &bias), Some(&last), None).unwrap();
            let joined = Tensor::cat(&[&x, &last], 1);
            let want = conv.run(&joined, &weight, &bias).unwrap();
            close(&shared.run(&x).unwrap(), &want);
            let alone = Shared::new((&conv, &weight, &bias), None, None).unwrap();
            close(&alone.run(&joined).unwrap(), &want);
        }
    }

    #[test]
    fn an_input_that_stands_twice_passes_once_through_the_sum_of_its_kernels() {
        for conv in [Conv::down("a", 7, 4), Conv::up("b", 7, 4)] {
            let (weight, bias) = layer(&conv);
            let (a, b) =
                (Tensor::randn([1, 2, 8, 8], OPTIONS), Tensor::randn([1, 3, 8, 8], OPTIONS));
            let want = conv.run(&Tensor::cat(&[&a, &b, &a], 1), &weight, &bias).unwrap();
            let folded = fold(&conv, &weight, &[2, 3], &[0, 1, 0]).unwrap();
            close(&conv.run(&Tensor::cat(&[&a, &b], 1), &folded, &bias).unwrap(), &want);
        }
    }
}
