//! Networks that saw the 20 m bands in another order than the archive's.

use tch::Tensor;

use super::Model;
use crate::archive::Layer;
use crate::error::{Error, Result};

/// Layers whose channels are 20 m bands: name, and the axis of the bands in its weight.
const INPUT: (&str, i64) = ("conv1_20m", 1);
const OUTPUT: (&str, i64) = ("s2_20m_estim", 0);

/// Makes a network that was trained on 20 m bands in `order` take and answer them in the archive's.
/// Refuses a network without 20 m bands and an order that does not name each band once.
pub(super) fn reorder(model: &mut Model, order: &[String]) -> Result<()> {
    let bands = Layer::S2Coarse.bands();
    let place = |band: &&str| order.iter().position(|name| name == band).map(|at| at as i64);
    let places = bands.iter().map(place).collect::<Option<Vec<i64>>>();
    let Some(places) = places.filter(|p| p.len() == order.len()) else {
        let given = order.join(",");
        return Err(Error::usage(format!("'{given}' is no order of the 20 m bands"))
            .hint(format!("name each of {} once", bands.join(","))));
    };
    let places = Tensor::f_from_slice(&places)?;
    let mut variables = model.vars.variables();
    for (name, axis) in [
        (format!("{}.weight", INPUT.0), INPUT.1),
        (format!("{}.weight", OUTPUT.0), OUTPUT.1),
        (format!("{}.bias", OUTPUT.0), 0),
    ] {
        let mut variable = variables.remove(&name).ok_or_else(|| {
            Error::usage(format!("{} takes no 20 m bands", model.card.name))
                .hint("leave out --bands-20m")
        })?;
        let channels = variable.size().get(axis as usize).copied();
        if channels != Some(bands.len() as i64) {
            return Err(Error::usage("a blended head has weights beside the bands")
                .hint("import with a card whose head is plain"));
        }
        tch::no_grad(|| -> Result<()> {
            let sorted = variable.f_index_select(axis, &places)?;
            Ok(variable.f_copy_(&sorted)?)
        })?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use tch::{Device, Kind};

    use super::*;
    use crate::models::Card;

    #[test]
    fn a_reordered_network_gives_the_same_bands_for_bands_in_our_order() {
        let mut card = Card::open("ssop-unet-20m").unwrap();
        card.width = 2;
        let theirs = Model::new(card.clone(), 1, Device::Cpu).unwrap();
        let mut ours = Model::new(card, 1, Device::Cpu).unwrap();
        let order: Vec<String> =
            ["B11", "B12", "B05", "B06", "B07", "B8A"].map(str::to_owned).to_vec();
        reorder(&mut ours, &order).unwrap();
        let options = (Kind::Float, Device::Cpu);
        let mut inputs = BTreeMap::new();
        for (role, bands, side) in [("s1_t", 2, 32), ("s2_t", 4, 32), ("dem", 1, 16)] {
            inputs.insert(role.to_owned(), Tensor::rand([1, bands, side, side], options));
        }
        let bands = Tensor::rand([1, 6, 16, 16], options);
        // Their first two bands are our last two.
        let their_order = Tensor::from_slice(&[4i64, 5, 0, 1, 2, 3]);
        inputs.insert("s2_20m_t".to_owned(), bands.index_select(1, &their_order));
        let wanted = theirs.forward(&inputs).unwrap();
        inputs.insert("s2_20m_t".to_owned(), bands);
        let got = ours.forward(&inputs).unwrap();
        assert!((got.fine - wanted.fine).abs().max().double_value(&[]) < 1e-6);
        let got = got.coarse.unwrap().index_select(1, &their_order);
        assert!((got - wanted.coarse.unwrap()).abs().max().double_value(&[]) < 1e-6);
        assert!(reorder(&mut ours, &order[1..]).is_err());
        let twice = ["B11", "B11", "B05", "B06", "B07", "B8A"].map(str::to_owned);
        assert!(reorder(&mut ours, &twice).is_err());
        let mut fine = Model::new(Card::open("david").unwrap(), 1, Device::Cpu).unwrap();
        let error = reorder(&mut fine, &order).unwrap_err().to_string();
        assert!(error.contains("no 20 m bands"), "{error}");
    }
}
