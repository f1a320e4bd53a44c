//! The program with libtorch and GDAL, for the verbs that need them.

fn main() -> std::process::ExitCode {
    eclaircie::main()
}
