//! Stored tensors as the weights of a card's network.

use std::collections::{BTreeMap, BTreeSet};

use safetensors::Dtype;
use tch::{Device, Kind, Tensor};

use super::source::{Entry, Source};
use super::turned::turn;
use super::{Card, Model, design, keras};
use crate::error::{Error, Result};

/// A stored tensor that becomes one of ours.
struct Part {
    /// Its name in the file.
    stored: String,
    /// Its shape in the file.
    shape: Vec<usize>,
    keras: bool,
}

/// The model of a card with the weights of a file, named as ours (`conv1.weight`) or as Keras'
/// (`conv1_relu/kernel`). Names, types and shapes are compared with the network before anything is
/// allocated. Refuses what is missing, misshapen or not a part of the network, and values that are
/// not finite.
pub(super) fn adopt(card: &Card, source: &mut dyn Source, device: Device) -> Result<Model> {
    let parts = compare(card, source.entries())?;
    let model = Model::build(card.clone(), None, device)?;
    for (name, mut variable) in model.vars.variables() {
        let part =
            parts.get(&name).ok_or_else(|| Error::internal(format!("{name} was not compared")))?;
        let bytes = source.bytes(&part.stored)?;
        let shape: Vec<i64> = part.shape.iter().map(|d| *d as i64).collect();
        let values = Tensor::f_from_data_size(&bytes, &shape, Kind::Float)?;
        check_finite(&part.stored, &values)?;
        let values = if part.keras { keras::layout(&values)? } else { values };
        tch::no_grad(|| -> Result<()> { Ok(variable.f_copy_(&turn(&values)?)?) })?;
    }
    Ok(model)
}

fn compare(card: &Card, entries: BTreeMap<String, Entry>) -> Result<BTreeMap<String, Part>> {
    card.check()?;
    let mut wanted = BTreeMap::new();
    for conv in design::of(card)?.convs {
        let shape: Vec<usize> = conv.shape().iter().map(|d| *d as usize).collect();
        wanted.insert(format!("{}.weight", conv.name), shape);
        wanted.insert(format!("{}.bias", conv.name), vec![conv.outputs as usize]);
    }
    let (mut parts, mut wrong, mut known) = (BTreeMap::new(), Vec::new(), BTreeSet::new());
    for (stored, Entry { dtype, shape }) in entries {
        let shown = stored.escape_debug().to_string();
        let keras = stored.contains('/');
        let ours = if keras { keras::our_name(&stored).ok() } else { Some(stored.clone()) };
        let Some((ours, fits)) = ours.and_then(|n| wanted.get(&n).map(|w| (n.clone(), w))) else {
            wrong.push(format!("{shown} is not a part of it"));
            continue;
        };
        let fits = if keras { keras::shape(fits) } else { fits.clone() };
        if shape != fits {
            wrong.push(format!("{shown} is {shape:?}, not {fits:?}"));
        } else if dtype != Dtype::F32 {
            wrong.push(format!("{shown} is {dtype:?}, not F32"));
        }
        if !known.insert(ours.clone()) {
            wrong.push(format!("{shown} is {ours} a second time"));
        }
        parts.insert(ours, Part { stored, shape, keras });
    }
    let missing = wanted.keys().filter(|name| !known.contains(*name));
    wrong.extend(missing.map(|name| format!("{name} is missing")));
    refuse(card, wrong)?;
    Ok(parts)
}

/// Wrong tensors that an error names: all of a network here, not all that a foreign file may hold.
const NAMED: usize = 60;

fn refuse(card: &Card, wrong: Vec<String>) -> Result<()> {
    if wrong.is_empty() {
        return Ok(());
    }
    let shown = wrong.len().min(NAMED);
    let more = match wrong.len() - shown {
        0 => String::new(),
        more => format!("; and {more} more"),
    };
    Err(Error::invalid(format!(
        "{} weights do not fit {}: {}{more}",
        wrong.len(),
        card.name,
        wrong[..shown].join("; ")
    ))
    .hint("these weights were made for another network or width: load them with their own card"))
}

/// Refuses values that are not finite.
pub(super) fn check_finite(name: &str, tensor: &Tensor) -> Result<()> {
    if tensor.f_isfinite()?.f_all()?.f_int64_value(&[])? != 0 {
        return Ok(());
    }
    Err(Error::invalid(format!("{name} holds values that are not finite numbers"))
        .hint("the training diverged: take an earlier checkpoint or train with a lower rate"))
}
