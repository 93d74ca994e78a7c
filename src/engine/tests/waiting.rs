//! Nobody sleeps on when what was waited for has ended.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::time::Instant;

use super::*;
use crate::engine::wait::Slots;
use crate::request::slab::Slab;
use crate::sys::clock;

/// A wake-up that takes so long was lost.
const LOST_NS: u64 = 5_000_000_000;
const STRESS: Duration = Duration::from_secs(2);

#[test]
fn no_wake_up_is_lost() {
    comes_to_an_end(|| {
        let (slab, slots) = (Slab::new().unwrap(), Slots::new().unwrap());
        let until = Instant::now() + STRESS;
        let (queue, requests) = mpsc::channel::<Token>();
        let requests = Mutex::new(requests);
        std::thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    loop {
                        let Ok(token) = requests.lock().unwrap().recv() else { return };
                        slab.retire(token.index());
                        slots.wake(Slots::ended(slab.get(token.index())));
                        slab.release(token.index());
                    }
                });
            }
            for me in 0..4 {
                let (queue, slab, slots) = (queue.clone(), &slab, &slots);
                scope.spawn(move || {
                    let mut dice = Dice::new(me);
                    while Instant::now() < until {
                        let tokens: Vec<Token> = (0..=dice.below(3)).map(|_| slab.take().unwrap()).collect();
                        tokens.iter().for_each(|token| queue.send(*token).unwrap());
                        for _ in 0..dice.below(200) {
                            std::hint::spin_loop();
                        }
                        wait_for_all(slab, slots, &tokens, &mut dice);
                    }
                });
            }
            drop(queue);
        });
    });
}

fn wait_for_all(slab: &Slab, slots: &Slots, tokens: &[Token], dice: &mut Dice) {
    let mut ticket = slots.ticket();
    loop {
        let mut pending = false;
        for token in tokens {
            if let Some(request) = slab.living(*token) {
                ticket.watch(request);
                pending |= slab.living(*token).is_some();
            }
        }
        if !pending {
            return;
        }
        // The moment in which a wake-up can be lost, made longer.
        for _ in 0..dice.below(300) {
            std::hint::spin_loop();
        }
        let slept = ticket.sleep(Some(clock::now_ns() + LOST_NS));
        assert_ne!(slept, Err(Errno(libc::ETIMEDOUT)), "a wake-up was lost");
    }
}

#[test]
fn a_wait_ends_at_its_deadline() {
    let slab = Slab::new().unwrap();
    let slots = Slots::new().unwrap();
    let token = slab.take().unwrap();
    let mut ticket = slots.ticket();
    ticket.watch(slab.get(token.index()));
    assert_eq!(ticket.sleep(Some(clock::now_ns() + 1_000_000)), Err(Errno(libc::ETIMEDOUT)));
}

#[test]
fn an_end_between_the_look_and_the_sleep_ends_the_sleep() {
    let slab = Slab::new().unwrap();
    let slots = Slots::new().unwrap();
    let token = slab.take().unwrap();
    let request = slab.get(token.index());
    let mut ticket = slots.ticket();
    ticket.watch(request);
    slab.retire(token.index());
    slots.wake(Slots::ended(request));
    assert_eq!(ticket.sleep(Some(clock::now_ns() + LOST_NS)), Ok(()));
}
