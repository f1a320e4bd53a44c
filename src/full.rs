//! The program with all verbs, libtorch and GDAL included.

fn main() -> std::process::ExitCode {
    eclaircie::main()
}
