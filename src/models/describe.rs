//! A page about a network, for people.

use std::fmt::Write;

use super::Card;
use super::conv::Conv;
use super::cost::Cost;
use crate::error::Result;

/// Pixels of a patch of the study.
const PATCH: f64 = 256.0 * 256.0;

/// The card, one line a layer, the totals.
pub(super) fn page(card: &Card) -> Result<String> {
    let cost = Cost::of(card)?;
    let mut text = head(card);
    // Writing to a string cannot fail.
    let _ = writeln!(
        text,
        "{:<18} {:>12} {:>6} {:>6}  {:<7}{:>12} {:>10}",
        "layer", "channels", "kernel", "scale", "after", "parameters", "MAC/px"
    );
    for conv in &cost.convs {
        let macs = cost.macs.get(&conv.name).copied().unwrap_or_default();
        let _ = writeln!(text, "{} {macs:>10.0}", layer(conv));
    }
    let _ = writeln!(
        text,
        "\n{} parameters; {:.0} multiply-adds a pixel (10 m), {:.1} G a patch of 256 x 256",
        cost.parameters(),
        cost.total(),
        cost.total() * PATCH / 1e9
    );
    let _ = writeln!(
        text,
        "an output pixel sees {} px (10 m) around; sides are multiples of {} px",
        cost.network.support(),
        cost.network.multiple()
    );
    Ok(text)
}

fn head(card: &Card) -> String {
    let original = card.original.as_ref().map(|n| format!(" ({n})")).unwrap_or_default();
    let coarse = card.coarse_target().map(|n| format!(", {n}")).unwrap_or_default();
    let (inputs, target) = (card.inputs.join(", "), &card.target);
    format!(
        "{}{original}: network {}, width {}\ninputs {inputs}\ntarget {target}{coarse}\n\n",
        card.name, card.network, card.width
    )
}

fn layer(conv: &Conv) -> String {
    let scale = match (conv.stride, conv.transposed) {
        (1, _) => "1".to_owned(),
        (s, true) => format!("x{s}"),
        (s, false) => format!("1/{s}"),
    };
    format!(
        "{:<18} {:>12} {:>6} {scale:>6}  {:<7}{:>12}",
        conv.name,
        format!("{} > {}", conv.inputs, conv.outputs),
        format!("{0}x{0}", conv.kernel),
        if conv.relu { "relu" } else { "linear" },
        conv.parameters()
    )
}
