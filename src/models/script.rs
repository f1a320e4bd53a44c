//! A user's own network as TorchScript. Such a file is a program: it is opened only where the caller
//! allows code.

use std::collections::BTreeMap;

use tch::{CModule, Device, IValue, Kind, TchError, Tensor, nn};

use super::{Card, Estimate, Model, Network, inputs};
use crate::archive::Layer;
use crate::error::{Error, Result, While};

/// Name of such networks in a card.
pub(super) const NETWORK: &str = "torchscript";
/// How far its pixels see is not known; scenes are read with so much around a piece.
const SUPPORT: usize = 96;

struct Script {
    module: CModule,
    roles: Vec<String>,
    coarse: bool,
}

/// Refuses a card that names no file, or a file beside another network.
pub(super) fn check(card: &Card) -> Result<()> {
    match (card.network == NETWORK, &card.script) {
        (true, Some(_)) if !card.inputs.is_empty() => Ok(()),
        (false, None) => Ok(()),
        (true, Some(_)) => Err(Error::invalid("the card names no inputs")
            .hint("list the roles in the order in which the network takes them")),
        (true, None) => Err(Error::invalid("a torchscript card names no file")
            .hint("add script = \"net.pt\", a path from the card's folder")),
        (false, Some(_)) => Err(Error::invalid(format!(
            "the network {} is built here, but the card names a script",
            card.network
        ))
        .hint("write network = \"torchscript\", or leave out script")),
    }
}

/// Opens the card's file, which may run anything, on a device.
pub(super) fn open(card: Card, device: Device) -> Result<Model> {
    card.check()?;
    let path = card.script.clone().unwrap_or_default();
    let doing = || format!("opening the TorchScript network {path}");
    std::fs::metadata(&path).during(doing)?;
    let mut module = CModule::load_on_device(&path, device).map_err(|e| {
        Error::invalid("it is not TorchScript")
            .with_source(e)
            .hint("save it with torch.jit.script(net).save(file)")
            .context(doing())
    })?;
    module.f_set_eval()?;
    let coarse = card.coarse_target().is_some();
    let network = Box::new(Script { module, roles: card.inputs.clone(), coarse });
    Ok(Model { card, vars: nn::VarStore::new(device), network })
}

impl Script {
    /// What went wrong inside: TorchScript tells where it was first, and the cause in the last lines.
    fn failed(&self, e: TchError) -> Error {
        let text = e.to_string();
        let cause = text.lines().rev().find_map(|line| line.trim().strip_prefix("RuntimeError: "));
        let last = || text.lines().map(str::trim).rfind(|line| !line.is_empty());
        let cause = cause.or_else(last).unwrap_or_default().to_owned();
        // In its words, as that of a full GPU, if they are known.
        let known = Error::from(e);
        match known.kind() {
            crate::error::Kind::OutOfMemory => known,
            _ => Error::invalid(format!("the TorchScript network failed: {cause}"))
                .with_source(known)
                .hint(format!("it is called with {}, in this order", self.roles.join(", "))),
        }
    }

    /// An output of the network. Refuses another shape or type.
    fn output(&self, value: &IValue, layer: Layer, wanted: [i64; 4]) -> Result<Tensor> {
        let name = layer.name();
        let IValue::Tensor(tensor) = value else {
            return Err(Error::invalid(format!("the network's answer for {name} is no tensor")));
        };
        if tensor.size() != wanted || tensor.f_kind()? != Kind::Float {
            let (shape, kind) = (tensor.size(), tensor.f_kind()?);
            return Err(Error::invalid(format!(
                "the network's answer for {name} is {shape:?} of {kind:?}, not {wanted:?} of Float"
            ))
            .hint("it must answer [batch, bands, height, width] for inputs of that form"));
        }
        Ok(tensor.shallow_clone())
    }
}

impl Network for Script {
    fn forward(&self, inputs: &BTreeMap<String, Tensor>) -> Result<Estimate> {
        inputs::check(inputs, &self.roles, self.multiple())?;
        let value = |role: &String| Ok(IValue::Tensor(inputs::take(inputs, role)?.shallow_clone()));
        let given = self.roles.iter().map(value).collect::<Result<Vec<_>>>()?;
        let answer = self.module.forward_is(&given).map_err(|e| self.failed(e))?;
        let (batch, height, width) = ground(inputs, &self.roles)?;
        let fine = [batch, Layer::S2Fine.bands().len() as i64, height, width];
        let coarse = [batch, Layer::S2Coarse.bands().len() as i64, height / 2, width / 2];
        match (self.coarse, &answer) {
            (false, IValue::Tensor(_)) => {
                Ok(Estimate::fine(self.output(&answer, Layer::S2Fine, fine)?))
            }
            (true, IValue::Tuple(parts)) if parts.len() == 2 => Ok(Estimate {
                fine: self.output(&parts[0], Layer::S2Fine, fine)?,
                coarse: Some(self.output(&parts[1], Layer::S2Coarse, coarse)?),
            }),
            _ => {
                let form =
                    if self.coarse { "a pair of tensors, 10 m and 20 m" } else { "one tensor" };
                Err(Error::invalid(format!("the network's answer is not {form}")))
            }
        }
    }

    fn support(&self) -> usize {
        SUPPORT
    }

    fn multiple(&self) -> usize {
        1
    }
}

/// Batch, height and width (10 m) of checked inputs.
fn ground(inputs: &BTreeMap<String, Tensor>, roles: &[String]) -> Result<(i64, i64, i64)> {
    let none = || Error::internal("a network without inputs");
    let role = roles.first().ok_or_else(none)?;
    let (batch, _, height, width) = inputs::take(inputs, role)?.size4()?;
    let factor = crate::tensors::role_layer(role)?.factor() as i64;
    Ok((batch, height * factor, width * factor))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    const OPTIONS: (Kind, Device) = (Kind::Float, Device::Cpu);

    /// A network of the mean of two images, saved beside its card.
    fn write(folder: &Path) -> std::path::PathBuf {
        let mut half = |x: &[Tensor]| vec![(&x[0] + &x[1]) * 0.5];
        let inputs = [Tensor::zeros([1, 4, 8, 8], OPTIONS), Tensor::zeros([1, 4, 8, 8], OPTIONS)];
        let net = CModule::create_by_tracing("net", "forward", &inputs, &mut half).unwrap();
        net.save(folder.join("net.pt")).unwrap();
        let card = folder.join("mean.toml");
        let text =
            "name='mean'\nnetwork='torchscript'\nscript='net.pt'\ninputs=['s2_tm1','s2_tp1']\n";
        std::fs::write(&card, text).unwrap();
        card
    }

    #[test]
    fn a_script_runs_on_the_roles_of_its_card_and_only_if_code_is_allowed() {
        let dir = tempfile::tempdir().unwrap();
        let card = write(dir.path());
        let error = Model::open(&card, Device::Cpu, false).err().unwrap();
        assert!(error.advice().contains("--allow-code"), "{error}");
        let model = Model::open(&card, Device::Cpu, true).unwrap();
        let mut inputs = BTreeMap::new();
        inputs.insert("s2_tm1".to_owned(), Tensor::full([2, 4, 8, 8], 0.1, OPTIONS));
        inputs.insert("s2_tp1".to_owned(), Tensor::full([2, 4, 8, 8], 0.3, OPTIONS));
        let answer = model.forward(&inputs).unwrap().fine;
        assert_eq!(answer.size(), [2, 4, 8, 8]);
        assert!((answer - 0.2).abs().max().double_value(&[]) < 1e-6);
        assert!(Model::new(model.card, 1, Device::Cpu).is_err(), "it is not trained here");
    }

    #[test]
    fn a_script_that_fails_says_why() {
        let dir = tempfile::tempdir().unwrap();
        let card = write(dir.path());
        let model = Model::open(&card, Device::Cpu, true).unwrap();
        let mut inputs = BTreeMap::new();
        inputs.insert("s2_tm1".to_owned(), Tensor::zeros([1, 3, 8, 8], OPTIONS));
        inputs.insert("s2_tp1".to_owned(), Tensor::zeros([1, 4, 8, 8], OPTIONS));
        let given = ["s2_tm1", "s2_tp1"].map(|role| IValue::Tensor(inputs[role].shallow_clone()));
        let script = Script {
            module: CModule::load(dir.path().join("net.pt")).unwrap(),
            roles: model.card.inputs.clone(),
            coarse: false,
        };
        let error = script.failed(script.module.forward_is(&given).err().unwrap());
        assert!(error.to_string().contains("The size of tensor a (3) must match"), "{error}");
        assert!(error.advice().contains("s2_tm1, s2_tp1, in this order"), "{error:?}");
    }

    #[test]
    fn a_script_that_answers_something_else_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let card = write(dir.path());
        let text = std::fs::read_to_string(&card).unwrap();
        let fails = |text: String, bands: i64| {
            std::fs::write(&card, text).unwrap();
            let model = Model::open(&card, Device::Cpu, true).unwrap();
            let mut inputs = BTreeMap::new();
            for role in &model.card.inputs {
                inputs.insert(role.clone(), Tensor::zeros([1, bands, 8, 8], OPTIONS));
            }
            model.forward(&inputs).err().unwrap().to_string()
        };
        let radar = text.replace("s2_tm1", "s1_tm1").replace("s2_tp1", "s1_tp1");
        assert!(fails(radar, 2).contains("[1, 2, 8, 8]"));
        std::fs::write(dir.path().join("net.pt"), b"PK\x03\x04 not a program").unwrap();
        std::fs::write(&card, &text).unwrap();
        let error = Model::open(&card, Device::Cpu, true).err().unwrap().to_string();
        assert!(error.contains("not TorchScript") && error.contains("net.pt"), "{error}");
        std::fs::remove_file(dir.path().join("net.pt")).unwrap();
        assert!(Model::open(&card, Device::Cpu, true).err().unwrap().is_not_found());
        let none = text.replace("script='net.pt'\n", "");
        assert!(Card::parse(&none).unwrap_err().to_string().contains("names no file"));
        let other = text.replace("torchscript", "ssop-unet");
        assert!(Card::parse(&other).unwrap_err().to_string().contains("names a script"));
    }
}
