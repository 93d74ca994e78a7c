//! Doubly linked lists through the records: no memory, removal from the middle in constant time.

use super::slab::Slab;
use super::{Index, NONE, Request, field::Field};

/// A record's neighbours in one list.
pub struct Links {
    prev: Field<u32>,
    next: Field<u32>,
}

impl Links {
    pub(in crate::request) fn new() -> Links {
        Links { prev: Field::new(NONE), next: Field::new(NONE) }
    }
    pub(in crate::request) fn next(&self) -> Index {
        self.next.get()
    }
    pub(in crate::request) fn set_next(&self, next: Index) {
        self.next.set(next);
    }
}

/// Which of a record's two pairs of links a list uses.
pub trait Through {
    /// The links.
    fn links(request: &Request) -> &Links;
}

/// The list of everything outstanding on a file.
pub struct ByFile;
impl Through for ByFile {
    fn links(request: &Request) -> &Links {
        &request.file_links
    }
}

/// A lane or a queue.
pub struct ByQueue;
impl Through for ByQueue {
    fn links(request: &Request) -> &Links {
        &request.queue_links
    }
}

/// A list; whoever owns it guards it and the links of its members.
pub struct List<T: Through> {
    head: Index,
    tail: Index,
    count: usize,
    _through: core::marker::PhantomData<T>,
}

impl<T: Through> Default for List<T> {
    fn default() -> Self {
        List::new()
    }
}

impl<T: Through> List<T> {
    /// Empty.
    pub const fn new() -> List<T> {
        List { head: NONE, tail: NONE, count: 0, _through: core::marker::PhantomData }
    }
    /// How many members.
    pub fn len(&self) -> usize {
        self.count
    }
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.head == NONE
    }
    /// The first member.
    pub fn first(&self) -> Option<Index> {
        some(self.head)
    }
    /// The last member.
    pub fn last(&self) -> Option<Index> {
        some(self.tail)
    }
    /// The member before `index`.
    pub fn before(&self, slab: &Slab, index: Index) -> Option<Index> {
        some(T::links(slab.get(index)).prev.get())
    }

    /// Adds at the end.
    pub fn push_back(&mut self, slab: &Slab, index: Index) {
        self.insert_after(slab, self.tail, index);
    }

    /// Adds behind all that are at least as urgent.
    pub fn push_by_priority(&mut self, slab: &Slab, index: Index) {
        let mine = slab.get(index).priority.get();
        let mut at = self.tail;
        while at != NONE && slab.get(at).priority.get() > mine {
            at = T::links(slab.get(at)).prev.get();
        }
        self.insert_after(slab, at, index);
    }

    fn insert_after(&mut self, slab: &Slab, at: Index, index: Index) {
        let next = if at == NONE { self.head } else { T::links(slab.get(at)).next.get() };
        let links = T::links(slab.get(index));
        links.prev.set(at);
        links.next.set(next);
        if at == NONE {
            self.head = index;
        } else {
            T::links(slab.get(at)).next.set(index);
        }
        if next == NONE {
            self.tail = index;
        } else {
            T::links(slab.get(next)).prev.set(index);
        }
        self.count += 1;
    }

    /// Takes a member out.
    pub fn remove(&mut self, slab: &Slab, index: Index) {
        let links = T::links(slab.get(index));
        let (prev, next) = (links.prev.get(), links.next.get());
        if prev == NONE {
            self.head = next;
        } else {
            T::links(slab.get(prev)).next.set(next);
        }
        if next == NONE {
            self.tail = prev;
        } else {
            T::links(slab.get(next)).prev.set(prev);
        }
        links.prev.set(NONE);
        links.next.set(NONE);
        self.count -= 1;
    }

    /// Takes the first member out.
    pub fn pop_front(&mut self, slab: &Slab) -> Option<Index> {
        let first = some(self.head)?;
        self.remove(slab, first);
        Some(first)
    }
}

fn some(index: Index) -> Option<Index> {
    (index != NONE).then_some(index)
}
