//! A number and its noun.

/// `1 sample`, `2 samples`.
pub(crate) fn counted(number: u64, noun: &str) -> String {
    format!("{number} {}", plural(number, noun))
}

/// The noun alone, where the number stands in a column of its own.
pub(crate) fn plural(number: u64, noun: &str) -> String {
    format!("{noun}{}", if number == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_singular_and_none_is_plural() {
        assert_eq!([0, 1, 2].map(|n| counted(n, "sample")), ["0 samples", "1 sample", "2 samples"]);
    }
}
