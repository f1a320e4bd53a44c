//! The sorted table of an index: blocks of keys that share their beginnings, a checksum behind each.

use std::collections::BTreeMap;

use crate::error::{Error, Result};
use crate::limits;
use crate::store::masked;
use crate::store::wire::take_varint;

/// Last bytes of every such table.
const MAGIC: u64 = 0xdb47_7524_8b80_fb57;
/// Two handles, padded, and the magic number.
const FOOTER: usize = 48;
/// Kind of packing and checksum behind a block.
const TRAILER: usize = 5;

/// Every key with its value. Refuses what is damaged, packed, out of order or too long.
pub(super) fn entries(file: &[u8]) -> Result<BTreeMap<String, Vec<u8>>> {
    let at = file.len().checked_sub(FOOTER).ok_or_else(|| bad("it is shorter than its footer"))?;
    let (blocks, mut footer) = file.split_at(at);
    if footer.last_chunk().map(|b| u64::from_le_bytes(*b)) != Some(MAGIC) {
        return Err(bad("it does not end as an index of TensorFlow does"));
    }
    // The first handle is of a block about the table, which holds nothing.
    handle(&mut footer)?;
    let top = handle(&mut footer)?;
    let mut all = BTreeMap::new();
    let mut last: Option<Vec<u8>> = None;
    for (_, mut value) in pairs(block(blocks, top)?)? {
        for (key, value) in pairs(block(blocks, handle(&mut value)?)?)? {
            if last.as_ref().is_some_and(|last| *last >= key) {
                return Err(bad("its keys are not in order"));
            }
            if all.len() == limits::BUNDLE_ENTRIES_MAX {
                return Err(bad(&format!("it holds more than {} keys", all.len())));
            }
            let name = String::from_utf8(key.clone()).map_err(|_| bad("a key is not text"))?;
            all.insert(name, value.to_vec());
            last = Some(key);
        }
    }
    Ok(all)
}

/// The content of a block, whose checksum is right.
fn block(file: &[u8], (offset, size): (u64, u64)) -> Result<&[u8]> {
    let range = usize::try_from(offset).ok().zip(usize::try_from(size).ok()).and_then(|(o, s)| {
        let end = o.checked_add(s)?;
        file.get(o..end.checked_add(TRAILER)?).map(|run| run.split_at(s))
    });
    let (content, trailer) = range.ok_or_else(|| bad("a block lies outside it"))?;
    let [kind, sum @ ..] = trailer else { return Err(bad("a block is cut off")) };
    let stored = sum.first_chunk().map(|b| u32::from_le_bytes(*b));
    if stored != Some(masked(crc32c::crc32c_append(crc32c::crc32c(content), &[*kind]))) {
        return Err(bad("the checksum of a block is another"));
    }
    if *kind != 0 {
        return Err(
            bad("a block is packed").hint("save the checkpoint with TensorFlow 1.2 or later")
        );
    }
    Ok(content)
}

/// The keys and values of a block.
fn pairs(block: &[u8]) -> Result<Vec<(Vec<u8>, &[u8])>> {
    // At the end: the places where a key is written out, and their number.
    let (body, count) = block.split_last_chunk().ok_or_else(|| bad("a block is cut off"))?;
    let restarts = (u32::from_le_bytes(*count) as usize).checked_mul(4);
    let end = restarts.and_then(|n| body.len().checked_sub(n));
    let mut rest = &body[..end.ok_or_else(|| bad("a block is shorter than its own list"))?];
    let (mut all, mut key) = (Vec::new(), Vec::new());
    while !rest.is_empty() {
        let [shared, fresh, length] = [(); 3].map(|()| varint(&mut rest));
        let (shared, fresh, length) = (shared? as usize, fresh? as usize, length? as usize);
        if shared > key.len()
            || fresh > limits::BUNDLE_KEY_MAX
            || shared + fresh > limits::BUNDLE_KEY_MAX
        {
            return Err(bad("a key is too long, or shares more than the one before has"));
        }
        key.truncate(shared);
        key.extend_from_slice(take(&mut rest, fresh)?);
        all.push((key.clone(), take(&mut rest, length)?));
        if all.len() > limits::BUNDLE_ENTRIES_MAX {
            return Err(bad(&format!("a block holds more than {} keys", all.len() - 1)));
        }
    }
    Ok(all)
}

fn handle(bytes: &mut &[u8]) -> Result<(u64, u64)> {
    Ok((varint(bytes)?, varint(bytes)?))
}

fn take<'a>(bytes: &mut &'a [u8], count: usize) -> Result<&'a [u8]> {
    let (run, rest) = bytes.split_at_checked(count).ok_or_else(|| bad("a block is cut off"))?;
    *bytes = rest;
    Ok(run)
}

fn varint(bytes: &mut &[u8]) -> Result<u64> {
    take_varint(bytes).map_err(bad)
}

fn bad(what: &str) -> Error {
    Error::invalid(format!("not a whole index of a checkpoint: {what}"))
        .hint("copy the checkpoint again, or export it from the original program")
}
