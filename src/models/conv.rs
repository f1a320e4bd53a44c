//! One convolution with TensorFlow's SAME padding, plain or transposed, on [turned](super::turned) images.

use tch::Tensor;

use super::blocks;
use super::manner::{cast, prepare};
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
    /// Side of its kernel, odd and at least its stride.
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
        let (x, weight) = prepare(x, weight, self.input_axis())?;
        let bias = bias.map(cast).transpose()?;
        match self.transposed {
            false if blocks::suits(self, &x)? => blocks::run(&x, &weight, bias.as_ref()),
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
        let zeros = [self.before(height), self.before(width)];
        Ok(x.f_conv2d(weight, bias, [self.stride; 2], zeros, [1, 1], 1)?)
    }

    /// Zeros before an axis of `size`. SAME gives the odd one to the end, which is the beginning here:
    /// stride 2 over an even size has one before and none after. libtorch puts as many after as
    /// before, where there is at most one too many, which no step of stride 2 reaches.
    fn before(&self, size: i64) -> i64 {
        let steps = (size + self.stride - 1) / self.stride;
        let all = (steps - 1) * self.stride + self.kernel - size;
        all - all / 2
    }

    /// `y[s i + k] += x[i] w[k]`, of which SAME keeps `s n` and cuts the odd one at the end, which is
    /// the beginning here: stride 2 loses the first, stride 1 one at each end. libtorch cuts both ends
    /// alike and gives back at the far one.
    fn enlarge(&self, x: &Tensor, weight: &Tensor, bias: Option<&Tensor>) -> Result<Tensor> {
        let over = self.kernel - self.stride;
        let cut = over - over / 2;
        let back = self.stride - self.kernel + 2 * cut;
        let stride = [self.stride; 2];
        Ok(x.f_conv_transpose2d(weight, bias, stride, [cut; 2], [back; 2], 1, [1, 1])?)
    }
}

#[cfg(test)]
mod tests {
    use super::super::turned::turn;
    use super::*;

    /// The layer on an image that is not turned, with a kernel that is not.
    fn run(conv: &Conv, x: &Tensor, weight: &Tensor, bias: &Tensor) -> Tensor {
        turn(&conv.run(&turn(x).unwrap(), &turn(weight).unwrap(), bias).unwrap()).unwrap()
    }

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
        let y = run(&conv, &x, &weight, &bias);
        assert_eq!(y.size(), [1, 1, 2, 2]);
        // Three rows of 1+2+4 first; the last column and row see the zeros after the edge.
        assert_eq!(y.double_value(&[0, 0, 0, 0]), 21.0);
        assert_eq!(y.double_value(&[0, 0, 1, 1]), 24.0);
    }

    #[test]
    fn any_size_is_as_if_padded_by_hand() {
        tch::manual_seed(2);
        for (kernel, stride, size) in
            [(3, 2, 8), (3, 2, 7), (5, 2, 8), (5, 2, 9), (5, 1, 6), (3, 1, 5)]
        {
            let conv = Conv { kernel, stride, ..Conv::new("c", 2, 3, 3) };
            let options = (tch::Kind::Float, tch::Device::Cpu);
            let weight = Tensor::randn(conv.shape(), options);
            let x = Tensor::randn([1, 2, size, size], options);
            // SAME by its definition, on the image as it is.
            let steps = (size + stride - 1) / stride;
            let all = ((steps - 1) * stride + kernel - size).max(0);
            let (before, after) = (all / 2, all - all / 2);
            let padded = x.constant_pad_nd([before, after, before, after]);
            let bias = Tensor::randn([3], options);
            let want = padded.conv2d(&weight, Some(&bias), [stride; 2], [0, 0], [1, 1], 1).relu();
            let got = run(&conv, &x, &weight, &bias);
            assert_eq!(got.size(), want.size());
            let far = (got - want).abs().max().double_value(&[]);
            assert!(far < 1e-5, "kernel {kernel}, stride {stride}, size {size}: {far}");
        }
    }

    #[test]
    fn a_transposed_convolution_is_as_if_cut_by_hand() {
        tch::manual_seed(3);
        let options = (tch::Kind::Float, tch::Device::Cpu);
        for (kernel, stride, size) in [(3, 2, 4), (3, 2, 5), (5, 2, 4), (3, 1, 5), (5, 1, 6)] {
            let conv = Conv { kernel, stride, ..Conv::up("d", 2, 3) };
            let weight = Tensor::randn(conv.shape(), options);
            let x = Tensor::randn([1, 2, size, size], options);
            let bias = Tensor::randn([3], options);
            let s = [stride; 2];
            let full = x.conv_transpose2d(&weight, Some(&bias), s, [0, 0], [0, 0], 1, [1, 1]);
            // SAME loses the larger part of what is over at the end.
            let before = (kernel - stride) / 2;
            let cut = full.narrow(2, before, size * stride).narrow(3, before, size * stride);
            let far = (run(&conv, &x, &weight, &bias) - cut.relu()).abs().max().double_value(&[]);
            assert!(far < 1e-5, "kernel {kernel}, stride {stride}, size {size}: {far}");
        }
    }

    #[test]
    fn a_transposed_convolution_keeps_the_first_pixels() {
        let conv = Conv { kernel: 3, ..Conv::up("d", 1, 1) };
        let (weight, bias) = ones(&conv);
        let x = Tensor::from_slice(&[1.0f32, 10.0]).view([1, 1, 1, 2]);
        let y = run(&conv, &x, &weight, &bias);
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
        let y = run(&conv, &x, &weight, &bias);
        assert_eq!(y.size(), [1, 1, 1, 3]);
        let row: Vec<f32> = y.get(0).get(0).get(0).try_into().unwrap();
        // Weight k of pixel i falls on i + k - 1; the weight before is none.
        assert_eq!(row, [1.0, 11.0, 110.0]);
    }
}
