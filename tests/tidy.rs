//! Checks written later in this file keep the workspace honest.
