//! One convolution with TensorFlow's SAME padding, plain or transposed.

use tch::Tensor;

use super::half::cast;
use crate::error::Result;

/// What a convolution is, before it has weights.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Conv {
    /// Name of its parameters, as `conv1`.
    pub name: String,
    /// Channels in.
    pub inputs: i64,
    /// Channels out.
    pub outputs: i64,
    /// Side of its kernel, odd.
    pub kernel: i64,
    /// 1 or 2; a transposed convolution enlarges by it.
    pub stride: i64,
    /// Whether it is transposed.
    pub transposed: bool,
    /// Whether a ReLU follows.
    pub relu: bool,
}

impl Conv {
    /// A convolution of stride 1 with a ReLU.
    pub fn new(name: impl Into<String>, inputs: i64, outputs: i64, kernel: i64) -> Self {
        let name = name.into();
        Self { name, inputs, outputs, kernel, stride: 1, transposed: false, relu: true }
    }

    /// A 3 x 3 convolution that halves the size, with a ReLU.
    pub fn down(name: impl Into<String>, inputs: i64, outputs: i64) -> Self {
        Self { stride: 2, ..Self::new(name, inputs, outputs, 3) }
    }

    /// A 3 x 3 transposed convolution that doubles the size, with a ReLU.
    pub fn up(name: impl Into<String>, inputs: i64, outputs: i64) -> Self {
        Self { transposed: true, ..Self::down(name, inputs, outputs) }
    }

    /// A 3 x 3 transposed convolution that keeps the size, with a ReLU.
    pub fn turn(name: impl Into<String>, inputs: i64, outputs: i64) -> Self {
        Self { transposed: true, ..Self::new(name, inputs, outputs, 3) }
    }

    /// The same without its ReLU.
    pub fn linear(self) -> Self {
        Self { relu: false, ..self }
    }

    /// Shape of the kernel in libtorch: out, in, h, w; in, out, h, w when transposed.
    pub fn shape(&self) -> [i64; 4] {
        match self.transposed {
            false => [self.outputs, self.inputs, self.kernel, self.kernel],
            true => [self.inputs, self.outputs, self.kernel, self.kernel],
        }
    }

    /// Number of trained values.
    pub fn parameters(&self) -> i64 {
        self.inputs * self.outputs * self.kernel * self.kernel + self.outputs
    }

    /// Axis of the kernel along which the input channels lie.
    pub fn input_axis(&self) -> i64 {
        i64::from(!self.transposed)
    }

    /// Applies it to `[b, inputs, h, w]`.
    pub fn run(&self, x: &Tensor, weight: &Tensor, bias: &Tensor) -> Result<Tensor> {
        self.activate(self.sum(x, weight, Some(bias))?)
    }

    /// The same before its activation; the kernel may be that of some input channels only.
    pub fn sum(&self, x: &Tensor, weight: &Tensor, bias: Option<&Tensor>) -> Result<Tensor> {
        let (x, weight, bias) = (cast(x)?, cast(weight)?, bias.map(cast).transpose()?);
        match self.transposed {
            false => self.plain(&x, &weight, bias.as_ref()),
            true => self.enlarge(&x, &weight, bias.as_ref()),
        }
    }

    /// Its activation.
    pub fn activate(&self, sum: Tensor) -> Result<Tensor> {
        Ok(if self.relu { sum.f_relu()? } else { sum })
    }

    fn plain(&self, x: &Tensor, weight: &Tensor, bias: Option<&Tensor>) -> Result<Tensor> {
        let (_, _, height, width) = x.size4()?;
        let ((top, bottom), (left, right)) = (self.same(height), self.same(width));
        let stride = [self.stride; 2];
        if top == bottom && left == right {
            return Ok(x.f_conv2d(weight, bias, stride, [top, left], [1, 1], 1)?);
        }
        let padded = x.f_constant_pad_nd([left, right, top, bottom])?;
        Ok(padded.f_conv2d(weight, bias, stride, [0, 0], [1, 1], 1)?)
    }

    /// Zeros before and after an axis of `size`: SAME gives the odd one to the end, so stride 2
    /// over an even size has none before and one after.
    fn same(&self, size: i64) -> (i64, i64) {
        let steps = (size + self.stride - 1) / self.stride;
        let all = ((steps - 1) * self.stride + self.kernel - size).max(0);
        (all / 2, all - all / 2)
    }

    /// `y[s i + k] += x[i] w[k]`, of which SAME keeps `s n`: the odd one is cut at the end, so stride
    /// 2 keeps the first and stride 1 those in the middle.
    fn enlarge(&self, x: &Tensor, weight: &Tensor, bias: Option<&Tensor>) -> Result<Tensor> {
        let (_, _, height, width) = x.size4()?;
        let stride = [self.stride; 2];
        let full = x.f_conv_transpose2d(weight, bias, stride, [0, 0], [0, 0], 1, [1, 1])?;
        let before = (self.kernel - self.stride).max(0) / 2;
        let rows = full.f_narrow(2, before, height * self.stride)?;
        Ok(rows.f_narrow(3, before, width * self.stride)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ones(conv: &Conv) -> (Tensor, Tensor) {
        let options = (tch::Kind::Float, tch::Device::Cpu);
        (Tensor::ones(conv.shape(), options), Tensor::zeros([conv.outputs], options))
    }

    #[test]
    fn a_stride_of_two_pads_after_and_not_before() {
        let conv = Conv::down("c", 1, 1);
        let (weight, bias) = ones(&conv);
        let x =
            Tensor::from_slice(&[1.0f32, 2.0, 4.0, 8.0]).view([1, 1, 1, 4]).repeat([1, 1, 4, 1]);
        let y = conv.run(&x, &weight, &bias).unwrap();
        assert_eq!(y.size(), [1, 1, 2, 2]);
        // Three rows of 1+2+4 first; the last column and row see the zeros after the edge.
        assert_eq!(y.double_value(&[0, 0, 0, 0]), 21.0);
        assert_eq!(y.double_value(&[0, 0, 1, 1]), 24.0);
    }

    #[test]
    fn a_transposed_convolution_keeps_the_first_pixels() {
        let conv = Conv { kernel: 3, ..Conv::up("d", 1, 1) };
        let (weight, bias) = ones(&conv);
        let x = Tensor::from_slice(&[1.0f32, 10.0]).view([1, 1, 1, 2]);
        let y = conv.run(&x, &weight, &bias).unwrap();
        assert_eq!(y.size(), [1, 1, 2, 4]);
        let row: Vec<f32> = y.get(0).get(0).get(0).try_into().unwrap();
        assert_eq!(row, [1.0, 1.0, 11.0, 10.0]);
    }

    #[test]
    fn a_transposed_convolution_of_stride_one_keeps_the_middle() {
        let conv = Conv::turn("d", 1, 1);
        let (weight, bias) = ones(&conv);
        let _ = weight.narrow(3, 0, 1).fill_(0.0);
        let x = Tensor::from_slice(&[1.0f32, 10.0, 100.0]).view([1, 1, 1, 3]);
        let y = conv.run(&x, &weight, &bias).unwrap();
        assert_eq!(y.size(), [1, 1, 1, 3]);
        let row: Vec<f32> = y.get(0).get(0).get(0).try_into().unwrap();
        // Weight k of pixel i falls on i + k - 1; the weight before is none.
        assert_eq!(row, [1.0, 11.0, 110.0]);
    }
}
