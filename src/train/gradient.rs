//! Gradients of all weights at once, as one row of numbers: a device is asked a few times a step, not a
//! few times a weight.

use std::collections::BTreeMap;

use tch::{Kind, TchError, Tensor, nn};

use crate::error::{Error, Result, While};

/// Values of one part of [`length`]'s sum, whose squares are added in float32.
const PART: i64 = 1 << 20;

/// The weights that are trained, by name.
pub(super) fn weights(vars: &nn::VarStore) -> BTreeMap<String, Tensor> {
    vars.variables().into_iter().filter(|(_, weight)| weight.requires_grad()).collect()
}

/// The gradient of `loss` `[]` along all [`weights`], `[n]` float32: theirs one after another in the order
/// of their names, zeros for those on which it does not depend.
pub(super) fn of(loss: &Tensor, vars: &nn::VarStore) -> Result<Tensor> {
    let backward = || -> std::result::Result<Tensor, TchError> {
        let weights: Vec<Tensor> = weights(vars).into_values().collect();
        let slopes = Tensor::f_run_backward(&[loss], &weights, false, false)?;
        let part = |(weight, slope): (&Tensor, &Tensor)| match slope.defined() {
            true => slope.f_reshape([-1]),
            false => weight.f_detach()?.f_zeros_like()?.f_reshape([-1]),
        };
        let parts =
            weights.iter().zip(&slopes).map(part).collect::<std::result::Result<Vec<_>, _>>()?;
        Tensor::f_cat(&parts, 0)
    };
    backward().map_err(Error::from).during(|| "going backward")
}

/// Length of a gradient. Not a number where any of its values is not.
pub(super) fn length(gradient: &Tensor) -> Result<f64> {
    let measure = || -> std::result::Result<f64, TchError> {
        let mut parts = Vec::new();
        for part in gradient.f_split(PART, 0)? {
            parts.push(part.f_norm()?.f_to_kind(Kind::Double)?);
        }
        // One look at the device, however many parts there are.
        Tensor::f_stack(&parts, 0)?.f_norm()?.f_double_value(&[])
    };
    measure().map_err(Error::from).during(|| "measuring the gradient")
}

/// The name of a weight that holds what is no finite number, if there is one.
pub(super) fn not_finite(vars: &nn::VarStore) -> Result<Option<String>> {
    let look = || -> std::result::Result<Option<String>, TchError> {
        let all = weights(vars);
        let finite = |weight: &Tensor| weight.f_detach()?.f_isfinite()?.f_all();
        let finite = all.values().map(finite).collect::<std::result::Result<Vec<_>, TchError>>()?;
        // One look at the device, however many weights there are.
        let finite = Vec::<bool>::try_from(Tensor::f_stack(&finite, 0)?)?;
        Ok(all.into_keys().zip(finite).find(|(_, finite)| !finite).map(|(name, _)| name))
    };
    look().map_err(Error::from).during(|| "looking at the weights")
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
    fn the_gradient_is_that_of_all_weights_in_the_order_of_their_names() {
        let vars = nn::VarStore::new(Device::Cpu);
        let b = vars.root().f_zeros("b", &[1]).unwrap();
        let a = vars.root().f_zeros("a", &[2]).unwrap();
        let _unused = vars.root().f_zeros("c", &[1]).unwrap();
        let slopes = Tensor::from_slice(&[1.0f32, 2.0]);
        let loss = (&a * slopes).sum(Kind::Float) + (&b * 2.0).sum(Kind::Float);
        let gradient = of(&loss, &vars).unwrap();
        assert_eq!(Vec::<f32>::try_from(&gradient).unwrap(), [1.0, 2.0, 2.0, 0.0]);
        assert!((length(&gradient).unwrap() - 3.0).abs() < 1e-6);
        let long = Tensor::ones([PART + 5], (Kind::Float, Device::Cpu));
        assert!((length(&long).unwrap() - ((PART + 5) as f64).sqrt()).abs() < 1e-3);
        let nan = of(&(&b * f64::NAN).sum(Kind::Float), &vars).unwrap();
        assert!(length(&nan).unwrap().is_nan());
    }

    #[test]
    fn a_weight_that_is_no_number_is_named() {
        let vars = nn::VarStore::new(Device::Cpu);
        let _a = vars.root().f_zeros("a", &[2]).unwrap();
        let b = vars.root().f_zeros("b", &[3]).unwrap();
        assert_eq!(not_finite(&vars).unwrap(), None);
        tch::no_grad(|| drop(b.get(1).fill_(f64::INFINITY)));
        assert_eq!(not_finite(&vars).unwrap().as_deref(), Some("b"));
    }

    #[test]
    fn clipping_keeps_the_direction() {
        assert_eq!(shrink(3.0, None), 1.0);
        assert_eq!(shrink(3.0, Some(5.0)), 1.0);
        assert_eq!(shrink(3.0, Some(1.5)), 0.5);
    }
}
