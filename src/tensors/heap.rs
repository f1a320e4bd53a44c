//! What the allocator does with large blocks.

/// Keeps freed blocks of tensor size in the process instead of giving each back to the system.
///
/// libtorch allocates and frees the same few sizes at every step. By default glibc maps and unmaps blocks of more than 32 MiB,
/// and the kernel clears their pages each time: a fifth of the time of a training step on a CPU. And it gives every thread a heap
/// of its own, in parts of 64 MiB that go back as soon as they are empty: batches are made by one thread and dropped by another,
/// so that two thirds of the time of reading mapped patches went into fresh pages. One heap for all keeps them.
#[allow(unsafe_code)]
pub fn keep_heap() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: mallopt only sets parameters of the allocator; it is called before other threads start. Values that it
    // refuses leave the defaults, which are slower and not wrong.
    unsafe {
        libc::mallopt(libc::M_MMAP_THRESHOLD, 1 << 30);
        libc::mallopt(libc::M_TRIM_THRESHOLD, i32::MAX);
        libc::mallopt(libc::M_ARENA_MAX, 1);
    }
}
