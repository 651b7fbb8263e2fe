//! The targets under libFuzzer: bytes that reach new code are kept and changed further. `UBUGOE_FUZZ` names the target.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use ubugoe_fuzz::Target;

static TARGET: LazyLock<&Target> = LazyLock::new(|| {
    let name = std::env::var("UBUGOE_FUZZ").expect("UBUGOE_FUZZ names a target");
    Target::named(&name).expect("the target is in the table")
});

fuzz_target!(
    init: {
        // Keys, catalogues and databases are made now, and do not count as the time of the first input.
        let _verdict = TARGET.check(b"");
    },
    |bytes: &[u8]| {
        if bytes.len() <= TARGET.longest {
            let _verdict = TARGET.check(bytes);
        }
    }
);
