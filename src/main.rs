//! The `grantspec` program: everything is in the library.

/// Between a quarter and a third of a run's time went into the system's allocator: cases make many small texts on all
/// threads at once. In a static build the system's is slower still.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    grantspec::cli::main()
}
