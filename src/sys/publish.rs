//! A reference that is published once.
//!
//! `std::sync::OnceLock` would do, if a signal handler could not come in the middle of its setting: it would wait
//! for the thread that it interrupted. Here nobody waits; of two who publish at a time the first succeeds.
#![allow(unsafe_code)]
// Unsafe here: an atomic pointer is made a reference again.

use core::ptr;
use core::sync::atomic::{AtomicPtr, Ordering};

use crate::sys::memory;

/// Empty, or a reference that stays.
pub struct Published<T: 'static>(AtomicPtr<T>);

impl<T: Sync> Default for Published<T> {
    /// Empty.
    fn default() -> Self {
        Published(AtomicPtr::new(ptr::null_mut()))
    }
}

impl<T: Sync> Published<T> {
    /// What was published.
    pub fn get(&self) -> Option<&'static T> {
        // Acquire pairs with the release of `publish`.
        // SAFETY: null, or a `&'static T` that `publish` was given; T is Sync, so any thread may have it.
        unsafe { self.0.load(Ordering::Acquire).as_ref() }
    }

    /// Publishes, unless something is. Gives what is.
    pub fn publish(&self, value: &'static T) -> &'static T {
        let ours = ptr::from_ref(value).cast_mut();
        match self.0.compare_exchange(ptr::null_mut(), ours, Ordering::Release, Ordering::Relaxed) {
            Ok(_) => value,
            Err(_) => self.get().unwrap_or(value),
        }
    }
}

impl<T: Default + Sync, const COUNT: usize> Published<[T; COUNT]> {
    /// What was published; if nothing was, fresh values are. Of two who do that at a time the loser's are lost, once.
    /// `None`: there is no memory for them.
    pub fn get_or_make(&self) -> Option<&'static [T; COUNT]> {
        self.get().or_else(|| Some(self.publish(memory::leaked_array().ok()?)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_published_first_stays() {
        let place = Published::default();
        assert_eq!(place.get(), None);
        assert_eq!(place.publish(&1), &1);
        assert_eq!(place.publish(&2), &1);
        assert_eq!(place.get(), Some(&1));
    }
}
