//! The same bytes without an engine: a copy or the bare decoder, chunk after chunk, into buffers that stay.

use std::sync::atomic::{AtomicUsize, Ordering};

use eclaircie::{Archive, Codec, Layer, Patch, Sample, Want};

use crate::{BATCH, Result};

/// The patches of all samples, as they lie on disk, and where each goes in its batch.
pub struct Limit {
    codec: Codec,
    /// One list a batch: a mapped patch, or a compressed one in memory, and its place.
    batches: Vec<Vec<(Source, std::ops::Range<usize>)>>,
    /// Bytes of a whole batch.
    size: usize,
}

enum Source {
    Mapped(Patch),
    /// Compressed with the archive's codec at its level; shared where samples share a patch.
    Packed(std::sync::Arc<Vec<u8>>),
}

impl Limit {
    /// Looks every patch up once, so that only bytes are moved later.
    pub fn new(archive: &Archive, rows: &[Sample], wants: &[Want]) -> Result<Self> {
        let codec = archive.settings().codec;
        let side = archive.settings().patch;
        let size: usize = wants.iter().map(|w| w.layer.patch_bytes(side) * BATCH).sum();
        let mut packed = std::collections::HashMap::new();
        let mut batches = Vec::new();
        for part in rows.chunks(BATCH) {
            let mut list = Vec::new();
            let mut seen = std::collections::HashSet::new();
            let mut start = 0;
            for want in wants {
                let one = want.layer.patch_bytes(side);
                for (k, row) in part.iter().enumerate() {
                    let p = row.patches[want.role];
                    let at = (row.tile.clone(), want.layer, p.slot, p.row, p.col);
                    let place = start + k * one..start + (k + 1) * one;
                    if codec == Codec::None {
                        let patch = read(archive, &at)?;
                        list.push((Source::Mapped(patch), place));
                    } else if seen.insert(at.clone()) {
                        // A patch that a batch shows twice is decoded once here too.
                        if !packed.contains_key(&at) {
                            let patch = read(archive, &at)?;
                            packed.insert(
                                at.clone(),
                                std::sync::Arc::new(pack(codec, patch.bytes())?),
                            );
                        }
                        list.push((Source::Packed(packed[&at].clone()), place));
                    }
                }
                start += one * BATCH;
            }
            batches.push(list);
        }
        Ok(Self { codec, batches, size })
    }

    /// Moves every byte once on so many threads.
    pub fn run(&self, threads: usize) -> Result<()> {
        let next = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            let work = || -> Result<()> {
                let mut buffer = vec![0u8; self.size];
                let mut zstd = zstd::bulk::Decompressor::new()?;
                while let Some(list) = self.batches.get(next.fetch_add(1, Ordering::Relaxed)) {
                    for (source, place) in list {
                        let place = &mut buffer[place.clone()];
                        match source {
                            Source::Mapped(patch) => place.copy_from_slice(patch.bytes()),
                            Source::Packed(bytes) if self.codec == Codec::Lz4 => {
                                let size = Some(place.len() as i32);
                                lz4::block::decompress_to_buffer(bytes, size, place)?;
                            }
                            Source::Packed(bytes) => {
                                zstd.decompress_to_buffer(bytes, place)?;
                            }
                        }
                    }
                    std::hint::black_box(&mut buffer);
                }
                Ok(())
            };
            let handles: Vec<_> = (0..threads)
                .map(|_| scope.spawn(move || work().map_err(|e| e.to_string())))
                .collect();
            for handle in handles {
                handle.join().map_err(|_| "a thread of the limit died")??;
            }
            Ok(())
        })
    }
}

type At = (std::sync::Arc<str>, Layer, u32, u32, u32);

fn read(archive: &Archive, (tile, layer, slot, row, col): &At) -> Result<Patch> {
    let tile = archive.tile(tile)?;
    Ok(tile.patch(*layer, *slot as usize, *row as usize, *col as usize)?)
}

fn pack(codec: Codec, bytes: &[u8]) -> Result<Vec<u8>> {
    Ok(match codec {
        Codec::Lz4 => lz4::block::compress(bytes, None, false)?,
        _ => zstd::bulk::compress(bytes, 3)?,
    })
}
