//! The `grantspec` program: everything is in the library.

fn main() -> std::process::ExitCode {
    grantspec::cli::main()
}
