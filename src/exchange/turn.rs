//! Bands first, as archives hold pixels, to bands last, as the study's shards do, and back.

/// `[band, pixel]` of `SIZE`-byte values to `[pixel, band]`; band i of the result is `order[i]`.
pub(super) fn bands_last<const SIZE: usize>(from: &[u8], order: &[usize]) -> Vec<u8> {
    let (values, _) = from.as_chunks::<SIZE>();
    let pixels = values.len() / order.len().max(1);
    let mut to = vec![0; from.len()];
    for (at, band) in order.iter().enumerate() {
        let source = values.iter().skip(band * pixels);
        let (places, _) = to.as_chunks_mut::<SIZE>();
        let places = places.iter_mut().skip(at).step_by(order.len());
        places.zip(source).for_each(|(place, value)| *place = *value);
    }
    to
}

/// `[pixel, band]` of `SIZE`-byte values to `[band, pixel]`; undoes [`bands_last`].
pub(super) fn bands_first<const SIZE: usize>(from: &[u8], order: &[usize]) -> Vec<u8> {
    let (values, _) = from.as_chunks::<SIZE>();
    let pixels = values.len() / order.len().max(1);
    let mut to = vec![0; from.len()];
    for (at, band) in order.iter().enumerate() {
        let (places, _) = to.as_chunks_mut::<SIZE>();
        let places = places.iter_mut().skip(band * pixels);
        let source = values.iter().skip(at).step_by(order.len());
        places.zip(source).for_each(|(place, value)| *place = *value);
    }
    to
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bands_move_to_the_end_and_back() {
        let first: Vec<u8> = (0..2 * 3 * 4).collect();
        let last = bands_last::<2>(&first, &[2, 0, 1]);
        // The first pixel: bands 2, 0, 1, each of four pixels of two bytes.
        assert_eq!(last[..6], [16, 17, 0, 1, 8, 9]);
        assert_eq!(bands_first::<2>(&last, &[2, 0, 1]), first);
        assert_eq!(bands_last::<1>(&[1, 2, 3, 4], &[0, 1]), [1, 3, 2, 4]);
    }
}
