//! The program: everything is in the library.
//!
//! `sql` and `layout` are answered here; all other verbs by `eclaircie-full`, which lies beside
//! this file. To load libtorch and GDAL takes longer than most questions, and this program does
//! without them.

fn main() -> std::process::ExitCode {
    eclaircie::quick_main()
}
