//! The tensors that a network is given.

use std::collections::BTreeMap;

use tch::{Kind, Tensor};

use crate::error::{Error, Result};
use crate::tensors::role_layer;

/// Channels of a role. Refuses a name that is no role.
pub(super) fn channels(role: &str) -> Result<i64> {
    Ok(role_layer(role)?.bands().len() as i64)
}

/// The tensor of a role.
pub(super) fn take<'a>(inputs: &'a BTreeMap<String, Tensor>, role: &str) -> Result<&'a Tensor> {
    inputs.get(role).ok_or_else(|| {
        let given: Vec<&str> = inputs.keys().map(String::as_str).collect();
        Error::usage(format!("the network's input {role} is missing; given: {}", given.join(", ")))
    })
}

/// Several roles as one tensor, channels in the order of the roles.
pub(super) fn join(inputs: &BTreeMap<String, Tensor>, roles: &[String]) -> Result<Tensor> {
    let tensors = roles.iter().map(|role| take(inputs, role)).collect::<Result<Vec<_>>>()?;
    Ok(Tensor::f_cat(&tensors, 1)?)
}

/// Checks that every role is there as float32 `[b, c, h, w]` of one batch and size, whose sides are
/// multiples of `multiple`; 20 m roles have half the size.
pub(super) fn check(
    inputs: &BTreeMap<String, Tensor>,
    roles: &[String],
    multiple: usize,
) -> Result<()> {
    let mut first: Option<(i64, i64, i64)> = None;
    for role in roles {
        let (tensor, layer) = (take(inputs, role)?, role_layer(role)?);
        let shape = tensor.size();
        let wrong = |what: String| Err(Error::usage(format!("input {role} is {shape:?}, {what}")));
        if tensor.f_kind()? != Kind::Float {
            return wrong("but not float32: normalise it first".to_owned());
        }
        let [batch, bands, height, width] = shape[..] else {
            return wrong("not [batch, channels, height, width]".to_owned());
        };
        let factor = layer.factor() as i64;
        let ground = (batch, height * factor, width * factor);
        if bands != channels(role)? || batch == 0 || height == 0 || width == 0 {
            return wrong(format!("not [batch, {}, height, width]", channels(role)?));
        }
        if ground.1 % multiple as i64 != 0 || ground.2 % multiple as i64 != 0 {
            return wrong(format!("but sides must be multiples of {multiple} px at 10 m"));
        }
        if *first.get_or_insert(ground) != ground {
            let (batch, height, width) = first.unwrap_or(ground);
            return wrong(format!(
                "which does not fit the first input, {batch} of {height} x {width} px at 10 m"
            ));
        }
    }
    Ok(())
}
