//! A block of the archive as one tensor.

use tch::{Kind, Tensor};

use crate::archive::{Block, Values};
use crate::error::{Error, Result};

/// A window's values as `[1, c, h, w]` in their stored type (uint16 as the same bits in int16).
///
/// Refuses a block whose values do not fill its window.
pub fn from_block(block: &Block) -> Result<Tensor> {
    let bands = block.layer.bands().len();
    let (height, width) = (block.window.height, block.window.width);
    if block.values.is_empty() || block.values.len() != bands * height * width {
        return Err(Error::internal(format!(
            "a block of {} holds {} values for {bands} x {height} x {width}",
            block.layer.name(),
            block.values.len()
        )));
    }
    let shape = [1, bands as i64, height as i64, width as i64];
    let kind = match block.values {
        Values::U8(_) => Kind::Uint8,
        Values::U16(_) | Values::I16(_) => Kind::Int16,
    };
    Ok(Tensor::f_from_data_size(block.values.bytes(), &shape, kind)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::archive::Layer;
    use crate::geo::Window;

    #[test]
    fn a_block_keeps_its_order_of_band_row_column() {
        let values = Values::I16((0..4 * 2 * 3).collect());
        let window = Window::new(5, 7, 2, 3);
        let tensor = from_block(&Block { layer: Layer::S2Fine, window, values }).unwrap();
        assert_eq!(tensor.size(), [1, 4, 2, 3]);
        assert_eq!(tensor.int64_value(&[0, 2, 1, 0]), 2 * 6 + 3);
    }

    #[test]
    fn a_block_that_does_not_fill_its_window_is_refused() {
        let values = Values::U16(vec![1; 11]);
        let window = Window::new(0, 0, 2, 3);
        assert!(from_block(&Block { layer: Layer::S1, window, values }).is_err());
    }
}
