//! Patches to look at: those that one method did worst, in the middle, and best.

use tch::{Device, Tensor};

use super::answer::{clear_kept, get};
use super::bootstrap::Sums;
use super::judge::Judged;
use super::method::{Method, Way};
use crate::error::{Error, Result};
use crate::layout::Sample;
use crate::stream::Sink;
use crate::tensors::{Batch, denormalise_s2};

/// One patch as each method sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct Look {
    /// Why it is shown, and which it is.
    pub title: String,
    /// Pixels on a side.
    pub side: usize,
    /// Images, the target last.
    pub views: Vec<Seen>,
}

/// One image.
#[derive(Debug, Clone, PartialEq)]
pub struct Seen {
    /// Whose it is.
    pub label: String,
    /// Its error, in words.
    pub note: String,
    /// Reflectance x 10000 of B02 B03 B04 B08, planes of `side` x `side`; -10000 is no data.
    pub values: Vec<i16>,
}

/// A chosen sample: its position, why, and the mean absolute error of each method, DN.
pub(super) struct Choice {
    pub(super) at: usize,
    title: String,
    errors: Vec<f64>,
}

/// The method that patches are ranked by: the last network without a control, else the last one.
pub(super) fn ranked_by(methods: &[Method]) -> usize {
    let network = |m: &Method| m.control.is_none() && matches!(m.way, Way::Network(_));
    methods.iter().rposition(network).unwrap_or(methods.len().saturating_sub(1))
}

/// Up to `most` samples of each kind, none twice.
pub(super) fn choose(judged: &[Judged], methods: &[Method], most: usize) -> Vec<Choice> {
    let by = ranked_by(methods);
    let errors = |j: &Judged| -> Vec<f64> {
        j.totals.iter().map(|t| t.first().map_or(f64::NAN, |t| Sums::of(t).scores()[1])).collect()
    };
    let mut ranked: Vec<(usize, Vec<f64>)> =
        judged.iter().map(errors).enumerate().filter(|(_, e)| e[by].is_finite()).collect();
    ranked.sort_by(|a, b| b.1[by].total_cmp(&a.1[by]));
    let (n, most) = (ranked.len(), most.min(ranked.len().div_ceil(3)));
    let middle = (n.saturating_sub(most)) / 2;
    let kinds = [("worst", 0), ("median", middle), ("best", n - most)];
    let mut chosen: Vec<Choice> = Vec::new();
    for (kind, from) in kinds {
        for (at, errors) in ranked.iter().skip(from).take(most) {
            if !chosen.iter().any(|c| c.at == *at) {
                let (name, error) = (&methods[by].name, errors[by]);
                let sample = &judged[*at].facts.name;
                let title = format!("{kind} of {name}: {sample}, {error:.0} DN");
                chosen.push(Choice { at: *at, title, errors: errors.clone() });
            }
        }
    }
    chosen
}

/// The end of the graph that shows the chosen samples, one a batch.
pub(super) struct Show<'a> {
    pub(super) methods: &'a [Method],
    pub(super) rows: &'a [Sample],
    pub(super) choices: &'a [Choice],
    pub(super) target: &'a str,
    pub(super) keep_clear: bool,
    pub(super) looks: Vec<Look>,
}

impl Show<'_> {
    fn show(&self, batch: &Batch) -> Result<Look> {
        let at = self.looks.len();
        let lost = || Error::internal("more samples came than were asked for");
        let choice = self.choices.get(at).ok_or_else(lost)?;
        let row = self.rows.get(at).map(std::slice::from_ref).ok_or_else(lost)?;
        let mut views = Vec::new();
        if batch.tensors.contains_key("s2_t")
            && !self.methods.iter().any(|m| matches!(m.way, Way::Input))
        {
            views.push(image("input", String::new(), batch, get(batch, "s2_t")?, "s2_t")?);
        }
        for (method, error) in self.methods.iter().zip(&choice.errors) {
            let mut answer = method.answer(batch, row)?.fine;
            if self.keep_clear {
                answer = clear_kept(batch, &answer)?;
            }
            let note = format!("mean error {error:.0} DN");
            let own = method.roles().first().cloned().unwrap_or_else(|| method.name.clone());
            let valid = if method.known(batch)?.is_some() { own } else { String::new() };
            views.push(image(&method.name, note, batch, &answer, &valid)?);
        }
        let target = get(batch, self.target)?;
        let label = if self.target == "s2_truth" { "truth" } else { "target" };
        views.push(image(label, String::new(), batch, target, self.target)?);
        let side = target.size().last().copied().unwrap_or(0) as usize;
        Ok(Look { title: choice.title.clone(), side, views })
    }
}

/// An image of one sample; pixels that `valid_NAME` leaves out are no data.
fn image(label: &str, note: String, batch: &Batch, image: &Tensor, name: &str) -> Result<Seen> {
    let mut values = denormalise_s2(image)?;
    if let Some(valid) = batch.tensors.get(&format!("valid_{name}")) {
        let cpu = valid.f_to_device(Device::Cpu)?.f_contiguous()?;
        let mut known = vec![false; cpu.numel()];
        cpu.f_copy_data(&mut known, cpu.numel())?;
        for plane in values.chunks_exact_mut(known.len().max(1)) {
            for (value, known) in plane.iter_mut().zip(&known) {
                *value = if *known { *value } else { -10_000 };
            }
        }
    }
    Ok(Seen { label: label.to_owned(), note, values })
}

impl Sink for Show<'_> {
    type In = Batch;

    fn name(&self) -> String {
        "show".into()
    }

    fn accept(&mut self, batch: Batch) -> Result<()> {
        let look = tch::no_grad(|| self.show(&batch))?;
        self.looks.push(look);
        Ok(())
    }
}
