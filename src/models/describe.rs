//! A page about a network, for people.

use std::fmt::Write;

use super::{Card, Network, design};

/// The card, one line a layer, the totals.
pub(super) fn page(card: &Card, network: &dyn Network) -> String {
    let mut text = format!(
        "{}: network {}, width {}\ninputs {}\ntarget {}\n\n",
        card.name,
        card.network,
        card.width,
        card.inputs.join(", "),
        card.target
    );
    // A model exists only for a card whose design was made before.
    let Ok(design) = design::of(card) else { return text };
    // Writing to a string cannot fail.
    let _ = writeln!(
        text,
        "{:<18} {:>12} {:>6} {:>6}  {:<7}{:>12}",
        "layer", "channels", "kernel", "scale", "after", "parameters"
    );
    for conv in &design.convs {
        let scale = match (conv.stride, conv.transposed) {
            (1, _) => "1".to_owned(),
            (s, true) => format!("x{s}"),
            (s, false) => format!("1/{s}"),
        };
        let _ = writeln!(
            text,
            "{:<18} {:>12} {:>6} {scale:>6}  {:<7}{:>12}",
            conv.name,
            format!("{} > {}", conv.inputs, conv.outputs),
            format!("{0}x{0}", conv.kernel),
            if conv.relu { "relu" } else { "linear" },
            conv.parameters()
        );
    }
    let _ = writeln!(
        text,
        "\n{} parameters; an output pixel sees {} px (10 m) around; \
         sides are multiples of {} px",
        design.parameters(),
        network.support(),
        network.multiple()
    );
    text
}
