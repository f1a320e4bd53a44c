//! The name that was probably meant.

/// The candidate nearest to `name` by edit distance, if at most half of it would change.
pub(crate) fn nearest<'a>(name: &str, all: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let wanted = name.to_lowercase();
    let scored = all.map(|c| (distance(&wanted, &c.to_lowercase()), c));
    // A name that goes on where the user stopped ('cloud', 'cloud_percent') is near as well.
    let near = |(d, c): &(usize, &str)| {
        2 * d <= wanted.len().max(c.len()) || (wanted.len() >= 3 && c.starts_with(&wanted))
    };
    scored.filter(near).min_by_key(|(d, c)| (*d, *c)).map(|(_, c)| c)
}

/// Letters to insert, delete or change to turn `a` into `b`.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let change = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = change.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_pen_is_understood_and_nonsense_is_not() {
        let all = ["cloud_percent", "tile", "time"];
        assert_eq!(nearest("cloudpercent", all.into_iter()), Some("cloud_percent"));
        assert_eq!(nearest("cloud", all.into_iter()), Some("cloud_percent"));
        assert_eq!(nearest("tyme", all.into_iter()), Some("time"));
        assert_eq!(nearest("elephant", all.into_iter()), None);
        assert_eq!(distance("kitten", "sitting"), 3);
    }
}
