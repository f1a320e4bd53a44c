//! Several comparisons at once.

/// Holm's correction (Scandinavian Journal of Statistics 6, 1979): each p as it counts among all.
///
/// Whatever is at most 0.05 afterwards is decided with a chance of 5 % at most that any of it is wrong,
/// however the comparisons depend on each other. The order is kept.
///
/// ```
/// assert_eq!(eclaircie::holm(&[0.03, 0.01, 0.5]), [0.06, 0.03, 0.5]);
/// ```
pub fn holm(all: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..all.len()).collect();
    order.sort_by(|a, b| all[*a].total_cmp(&all[*b]));
    let mut corrected = vec![1.0; all.len()];
    let mut least: f64 = 0.0;
    for (rank, at) in order.into_iter().enumerate() {
        // Never below that of a smaller one: what follows an undecided comparison is undecided.
        least = least.max(all[at] * (all.len() - rank) as f64).min(1.0);
        corrected[at] = least;
    }
    corrected
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_statsmodels_corrects() {
        // statsmodels.stats.multitest.multipletests(p, method="holm")[1]
        let found = holm(&[0.01, 0.04, 0.03, 0.005]);
        let right = [0.03, 0.06, 0.06, 0.02];
        assert!(found.iter().zip(right).all(|(f, r)| (f - r).abs() < 1e-12), "{found:?}");
        assert_eq!(holm(&[0.9, 0.8]), [1.0, 1.0]);
        assert_eq!(holm(&[]), [0.0; 0]);
    }
}
