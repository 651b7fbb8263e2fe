//! What can go wrong when a window is opened.

/// The window could not be made as asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The platform gave no window: no display, no permission, no event loop.
    #[error("the window could not be made")]
    Window(#[source] slint::PlatformError),
    /// The language is not in the bundle.
    #[error("language {id:?} is not bundled with the screens")]
    Language {
        /// The bundle's id, empty for Japanese.
        id: &'static str,
        /// What Slint says about it.
        #[source]
        source: slint::SelectBundledTranslationError,
    },
}
