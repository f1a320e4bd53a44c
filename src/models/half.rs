//! Convolutions in bfloat16, where a training asks for it.

use std::cell::Cell;

use tch::{Kind, Tensor};

use crate::error::Result;

thread_local! {
    static ON: Cell<bool> = const { Cell::new(false) };
}

/// Runs `work` with every convolution of this thread in bfloat16 if `on`: weights stay float32 and
/// are rounded where they are used, as autocast does. Outputs may be bfloat16.
pub fn in_bf16<T>(on: bool, work: impl FnOnce() -> T) -> T {
    struct Back(bool);
    impl Drop for Back {
        fn drop(&mut self) {
            ON.set(self.0);
        }
    }
    let _back = Back(ON.replace(on));
    work()
}

/// The tensor as convolutions take it now.
pub(super) fn cast(tensor: &Tensor) -> Result<Tensor> {
    Ok(match ON.get() {
        true => tensor.f_to_kind(Kind::BFloat16)?,
        false => tensor.shallow_clone(),
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use tch::Device;

    use super::*;
    use crate::models::{Card, Model};

    #[test]
    fn bf16_rounds_the_answer_and_keeps_gradients_in_float32() {
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
        let whole = model.forward(&inputs).unwrap().fine;
        let half = in_bf16(true, || model.forward(&inputs)).unwrap().fine.to_kind(Kind::Float);
        let apart = (&whole - &half).abs().max().double_value(&[]);
        let scale = whole.abs().max().double_value(&[]);
        assert!(apart > 0.0 && apart < 0.05 * scale, "{apart} of {scale}");
        assert_eq!(model.forward(&inputs).unwrap().fine, whole, "the mode ends with its work");
        half.square().sum(Kind::Float).backward();
        for (name, variable) in model.vars.variables() {
            assert_eq!(variable.grad().kind(), Kind::Float, "{name}");
        }
    }
}
