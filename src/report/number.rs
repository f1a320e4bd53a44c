//! Numbers as people read them.

/// Decimals that show four significant digits of the largest value, three of one below a hundredth;
/// at most eight.
pub(super) fn decimals(values: impl Iterator<Item = f64>) -> usize {
    let largest = values.filter(|v| v.is_finite()).fold(0.0_f64, |a, v| a.max(v.abs()));
    if largest == 0.0 {
        return 2;
    }
    let lead = largest.log10().floor();
    let places = if lead >= -2.0 { (3.0 - lead).min(4.0) } else { 2.0 - lead };
    places.clamp(0.0, 8.0) as usize
}

/// A value with these decimals; a dash for what is not a number.
pub(super) fn number(value: f64, decimals: usize) -> String {
    if value.is_nan() {
        return "–".into();
    }
    if value.is_infinite() {
        return if value > 0.0 { "∞".into() } else { "-∞".into() };
    }
    // Beyond this a fixed notation is a wall of digits.
    if value.abs() >= 1e12 {
        return format!("{value:.3e}");
    }
    let text = format!("{value:.decimals$}");
    // A rounded -0.00 is zero to a reader.
    match text.strip_prefix('-') {
        Some(rest) if rest.chars().all(|c| c == '0' || c == '.') => rest.into(),
        Some(rest) => format!("-{}", spaced(rest)),
        None => spaced(&text),
    }
}

/// Digits with narrow spaces between thousands, from ten thousand on.
fn spaced(text: &str) -> String {
    let whole = text.find('.').unwrap_or(text.len());
    let mut out = String::new();
    for (i, c) in text.chars().enumerate() {
        if i > 0 && i < whole && whole > 4 && (whole - i).is_multiple_of(3) {
            out.push('\u{202f}');
        }
        out.push(c);
    }
    out
}

/// A value with four significant digits.
pub(super) fn short(value: f64) -> String {
    number(value, decimals(std::iter::once(value)))
}

/// A count.
pub(super) fn count(value: u64) -> String {
    spaced(&value.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_shows_four_significant_digits() {
        for (value, text) in [
            (31.5234, "31.52"),
            (0.91236, "0.9124"),
            (213_456.7, "213\u{202f}457"),
            (4.2e-4, "0.000420"),
            (0.0912, "0.0912"),
        ] {
            assert_eq!(short(value), text);
        }
        assert_eq!(decimals([f64::NAN, f64::INFINITY].into_iter()), 2);
    }

    #[test]
    fn what_is_not_a_number_is_not_printed_as_one() {
        assert_eq!(number(f64::NAN, 2), "–");
        assert_eq!(number(f64::INFINITY, 2), "∞");
        assert_eq!(number(-0.001, 2), "0.00");
    }

    #[test]
    fn thousands_are_spaced() {
        assert_eq!(count(0), "0");
        assert_eq!(count(1_234_567), "1\u{202f}234\u{202f}567");
        assert_eq!(count(123_456), "123\u{202f}456");
        assert_eq!(count(9_999), "9999");
        assert_eq!(number(-12_345.678, 2), "-12\u{202f}345.68");
    }
}
