//! The checksums of TensorFlow's files.

/// A crc32c as records and bundles store it: turned and shifted, so that a checksum of checksums is
/// sound.
pub(crate) fn masked(crc: u32) -> u32 {
    crc.rotate_right(15).wrapping_add(0xA282_EAD8)
}
