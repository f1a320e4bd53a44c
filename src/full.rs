//! The program with libtorch and GDAL, for the verbs that need them.

/// Small things that stay, such as maps of shards, must not lie among libtorch's large blocks, which the
/// system's heap then could not use again: libtorch has that heap for itself.
#[global_allocator]
static HEAP: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    eclaircie::main()
}
