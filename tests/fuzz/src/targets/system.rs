//! Any bytes as an order for a system. What is read is written alike, and holds nothing that root's files could read as more.

use ubugoe_protocol::SystemOrder;
use ubugoe_protocol::system::MAX_ORDER;

use crate::Verdict;

pub(super) fn run(bytes: &[u8]) -> Verdict {
    let Ok(order) = SystemOrder::from_bytes(bytes) else {
        return Verdict::Refused;
    };
    assert_eq!(
        order.to_bytes().ok().as_deref(),
        Some(bytes),
        "two spellings of one order"
    );
    assert!(bytes.len() <= MAX_ORDER && order.url.starts_with("https://"));
    let words = [order.url.as_str(), &order.compatible];
    assert!(words.iter().all(|word| {
        word.bytes()
            .all(|byte| byte.is_ascii_graphic() && !b"\"'\\$`".contains(&byte))
    }));
    Verdict::Taken
}
