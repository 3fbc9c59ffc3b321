//! The interface that Python sees is `zero_kernel.pyi`; its hash goes into the kernel, so that a kernel that was
//! built for other sources is refused instead of misread.

use sha2::{Digest, Sha256};

const STUB: &str = "../../devnet/kernel/zero_kernel.pyi";

fn main() {
    println!("cargo::rerun-if-changed={STUB}");
    let stub =
        std::fs::read_to_string(STUB).expect("the interface stub lies beside the Python package");
    // Checkouts differ in line endings, interfaces do not.
    let hash = Sha256::digest(stub.replace("\r\n", "\n"));
    let digits: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    println!("cargo::rustc-env=ZERO_KERNEL_INTERFACE={digits}");
}
