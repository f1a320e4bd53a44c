//! The size of an item.

/// The size of an item on an edge, so that edges are bounded in bytes.
pub trait Weigh {
    /// Bytes that the item keeps alive.
    fn bytes(&self) -> usize;
}

macro_rules! plain {
    ($($kind:ty)*) => {$(
        impl Weigh for $kind {
            fn bytes(&self) -> usize {
                size_of::<$kind>()
            }
        }
        impl Weigh for Vec<$kind> {
            fn bytes(&self) -> usize {
                self.capacity() * size_of::<$kind>()
            }
        }
    )*};
}

plain!(bool u8 u16 u32 u64 usize i8 i16 i32 i64 f32 f64);

impl Weigh for () {
    fn bytes(&self) -> usize {
        0
    }
}

impl Weigh for String {
    fn bytes(&self) -> usize {
        self.capacity()
    }
}
