//! The same network on further devices, each of which takes a share of every batch.

use std::thread;

use tch::{Device, TchError, Tensor};

use super::lesson::{Lesson, lesson};
use super::options::TrainOptions;
use crate::error::{Error, Result};
use crate::models::Model;
use crate::tensors::{Batch, limit_threads};

/// Copies of a network that learn beside it. Gradients are of sums over samples, so those of the
/// shares add up to those of the batch.
pub(super) struct Replicas {
    models: Vec<Model>,
}

impl Replicas {
    /// One copy for each of these devices.
    pub(super) fn new(model: &Model, devices: &[Device]) -> Result<Self> {
        let copies = devices.iter().map(|device| Model::new(model.card.clone(), 0, *device));
        let mut replicas = Self { models: copies.collect::<Result<_>>()? };
        replicas.follow(model)?;
        Ok(replicas)
    }

    /// Takes the weights of `model`.
    pub(super) fn follow(&mut self, model: &Model) -> Result<()> {
        for replica in &mut self.models {
            replica.vars.copy(&model.vars).map_err(refused)?;
        }
        Ok(())
    }

    /// Loss and gradient of a batch, of which every device takes a share at the same time.
    pub(super) fn learn(
        &mut self,
        model: &Model,
        batch: &Batch,
        o: &TrainOptions,
    ) -> Result<Lesson> {
        if self.models.is_empty() {
            return lesson(model, batch, o);
        }
        let devices = 1 + self.models.len();
        let mut shares = shares(batch, devices)?.into_iter();
        let own = shares.next().ok_or_else(|| Error::internal("a batch has no samples"))?;
        // Before the first device is busy: a copy from it waits for what it was asked for earlier.
        let shares = (self.models.iter().zip(shares))
            .map(|(replica, share)| moved(&share, replica.vars.device()))
            .collect::<Result<Vec<_>>>()?;
        let all_threads = tch::get_num_threads().max(1) as usize;
        let threads = (all_threads / devices).max(1);
        let taught = thread::scope(|scope| {
            let others: Vec<_> = (self.models.iter_mut().zip(shares))
                .map(|(replica, share)| {
                    scope.spawn(move || {
                        limit_threads(threads);
                        lesson(replica, &share, o)
                    })
                })
                .collect();
            limit_threads(threads);
            let mut taught = vec![lesson(model, &own, o)];
            limit_threads(all_threads);
            let panicked = |_| Err(Error::internal("a device's thread panicked, see above"));
            taught.extend(others.into_iter().map(|other| other.join().unwrap_or_else(panicked)));
            taught
        });
        // In the order of the devices, so that the sum is the same every time.
        taught.into_iter().try_fold(Lesson::default(), |all, share| all.and(share?))
    }
}

fn refused(e: TchError) -> Error {
    Error::from(e).context("bringing weights from one device to another")
}

/// Runs of samples one after another, for so many devices: as even as can be, the first ones longer;
/// fewer where samples are fewer.
fn shares(batch: &Batch, devices: usize) -> Result<Vec<Batch>> {
    let samples = batch.names.len();
    let (each, longer) = (samples / devices, samples % devices);
    let (mut all, mut start) = (Vec::new(), 0);
    for device in 0..devices.min(samples) {
        let len = each + usize::from(device < longer);
        let part = |t: &Tensor| t.f_narrow(0, start as i64, len as i64);
        let tensors = batch
            .tensors
            .iter()
            .map(|(role, t)| Ok((role.clone(), part(t)?)))
            .collect::<Result<_>>()?;
        all.push(Batch { tensors, names: batch.names[start..start + len].to_vec() });
        start += len;
    }
    Ok(all)
}

fn moved(batch: &Batch, device: Device) -> Result<Batch> {
    let there = |(role, t): (&String, &Tensor)| Ok((role.clone(), t.f_to_device(device)?));
    let tensors = batch.tensors.iter().map(there).collect::<Result<_>>()?;
    Ok(Batch { tensors, names: batch.names.clone() })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use tch::Kind;

    use super::*;
    use crate::models::Card;

    fn batch(samples: i64) -> Batch {
        let rand = |c: i64| Tensor::rand([samples, c, 64, 64], (Kind::Float, Device::Cpu));
        let mut tensors = BTreeMap::new();
        for role in ["s2_t", "s2_target"] {
            tensors.insert(role.to_owned(), rand(4));
        }
        tensors.insert("s1_t".to_owned(), rand(2));
        tensors.insert("valid_s2_target".to_owned(), rand(1).gt(0.3));
        let names = (0..samples).map(|i| i.to_string()).collect();
        Batch { tensors, names }
    }

    fn model() -> Model {
        let mut card = Card::open("ssop-unet").unwrap();
        card.inputs.retain(|role| role != "dem");
        card.width = 4;
        Model::new(card, 3, Device::Cpu).unwrap()
    }

    #[test]
    fn shares_of_a_batch_add_up_to_what_one_device_learns() {
        limit_threads(1);
        let o = TrainOptions::default();
        // Five samples on three devices are shares of 2, 2 and 1; of two samples the third device has none.
        for samples in [5, 2] {
            let (alone, shared) = (model(), model());
            // Made once: chance is the whole process's, and other tests draw from it.
            let given = batch(samples);
            let want = lesson(&alone, &given, &o).unwrap();
            let mut replicas = Replicas::new(&shared, &[Device::Cpu; 2]).unwrap();
            let got = replicas.learn(&shared, &given, &o).unwrap();
            assert_eq!(got.count, want.count);
            assert!((got.sum - want.sum).abs() < 1e-5 * want.sum, "{} {}", got.sum, want.sum);
            let (want, got) = (want.gradient.unwrap(), got.gradient.unwrap());
            let far = (&want - got).abs().max().double_value(&[]);
            assert!(far < 1e-4 * want.abs().max().double_value(&[]).max(1.0), "{far}");
        }
    }

    #[test]
    fn copies_follow_the_weights() {
        let model = model();
        let mut replicas = Replicas::new(&model, &[Device::Cpu]).unwrap();
        tch::no_grad(|| {
            for mut weight in model.vars.trainable_variables() {
                let _ = weight.f_add_scalar_(0.5).unwrap();
            }
        });
        replicas.follow(&model).unwrap();
        let copied = replicas.models[0].vars.variables();
        for (name, weight) in model.vars.variables() {
            assert_eq!(copied[&name], weight, "{name}");
        }
    }
}
