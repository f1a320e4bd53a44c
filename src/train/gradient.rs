//! Gradients of all weights at once.

use tch::{Kind, Tensor, nn};

use crate::error::{Error, Result};

/// Length of the gradient of all weights together. Not a number where any of its parts is not.
pub(super) fn length(vars: &nn::VarStore) -> Result<f64> {
    let measure = || -> std::result::Result<f64, tch::TchError> {
        let mut parts = Vec::new();
        for variable in vars.trainable_variables() {
            let gradient = variable.f_grad()?;
            if gradient.defined() {
                parts.push(gradient.f_norm()?.f_to_kind(Kind::Double)?);
            }
        }
        // One look at the device, however many weights there are.
        match parts.is_empty() {
            true => Ok(0.0),
            false => Tensor::f_stack(&parts, 0)?.f_norm()?.f_double_value(&[]),
        }
    };
    measure().map_err(|e| Error::internal("cannot measure the gradient").with_source(e))
}

/// What a gradient of this length is multiplied by to be at most `most` long.
pub(super) fn shrink(length: f64, most: Option<f64>) -> f64 {
    most.filter(|most| length > *most).map_or(1.0, |most| most / length)
}

#[cfg(test)]
mod tests {
    use tch::Device;

    use super::*;

    #[test]
    fn the_length_is_over_all_weights_and_clipping_keeps_the_direction() {
        let vars = nn::VarStore::new(Device::Cpu);
        let a = vars.root().f_zeros("a", &[2]).unwrap();
        let b = vars.root().f_zeros("b", &[1]).unwrap();
        let _unused = vars.root().f_zeros("c", &[1]).unwrap();
        let slopes = Tensor::from_slice(&[1.0f32, 2.0]);
        ((&a * slopes).sum(Kind::Float) + (&b * 2.0).sum(Kind::Float)).backward();
        assert!((length(&vars).unwrap() - 3.0).abs() < 1e-6);
        assert_eq!(shrink(3.0, None), 1.0);
        assert_eq!(shrink(3.0, Some(5.0)), 1.0);
        assert_eq!(shrink(3.0, Some(1.5)), 0.5);
        (&b * f64::NAN).sum(Kind::Float).backward();
        assert!(length(&vars).unwrap().is_nan());
    }
}
