//! Rows of one kind, which know those that were touched since they were last asked: what has to be written down, where
//! the books are kept.

use std::ops::{Deref, Index, IndexMut};
use std::slice::SliceIndex;

use super::forget::Moves;

/// Rows in the order in which they came. To be read it is a slice.
#[derive(Debug)]
pub(super) struct Table<T> {
    rows: Vec<T>,
    /// Rows that were touched, in any order, some more than once. Stays empty where nobody asks.
    touched: Vec<usize>,
    /// The same, for what may get lost.
    brushed: Vec<usize>,
    noted: bool,
}

impl<T> Table<T> {
    /// An empty one; `noted` says whether it keeps in mind what is touched.
    pub fn new(noted: bool) -> Self {
        Table { rows: Vec::new(), touched: Vec::new(), brushed: Vec::new(), noted }
    }

    /// Adds a row, and says which one it is.
    pub fn push(&mut self, row: T) -> usize {
        let at = self.rows.len();
        self.touch(at);
        self.rows.push(row);
        at
    }

    /// Adds a row that is written down already.
    pub fn put_back(&mut self, row: T) {
        self.rows.push(row);
    }

    /// A row, to change what nobody relies on: it is written down by and by, and may get lost.
    pub fn brush(&mut self, at: usize) -> &mut T {
        if self.noted {
            self.brushed.push(at);
        }
        &mut self.rows[at]
    }

    /// Like [`Table::brush`], unless the row `is` already what it would be made. Where nothing is written down that is not
    /// asked: looking at a row that no cache holds takes longer than writing to it.
    pub fn brush_unless(&mut self, at: usize, is: impl FnOnce(&T) -> bool) -> Option<&mut T> {
        (!self.noted || !is(&self.rows[at])).then(|| self.brush(at))
    }

    /// A row, to complete what is never written down, because it follows from other rows.
    pub fn complete(&mut self, at: usize) -> &mut T {
        &mut self.rows[at]
    }

    /// The rows of which this is so, to be changed.
    pub fn touch_all(&mut self, wanted: impl Fn(&T) -> bool) -> impl Iterator<Item = &mut T> {
        let (touched, noted) = (&mut self.touched, self.noted);
        self.rows.iter_mut().enumerate().filter_map(move |(at, row)| {
            let wanted = wanted(row);
            if wanted && noted {
                touched.push(at);
            }
            wanted.then_some(row)
        })
    }

    /// Keeps those rows that stay, each changed by `moved`, and moves them together.
    pub fn keep(&mut self, moves: &Moves, mut moved: impl FnMut(&mut T)) {
        let mut at = 0;
        self.rows.retain_mut(|row| {
            let stays = moves.to(at).is_some();
            at += 1;
            if stays {
                moved(row);
            }
            stays
        });
        self.rows.shrink_to(2 * self.rows.len());
    }

    /// All of them have to be written down anew.
    pub fn touch_everything(&mut self) {
        self.touched.clear();
        self.brushed.clear();
        if self.noted {
            self.touched.extend(0..self.rows.len());
        }
    }

    /// Which rows were touched since the last time, in order; and those that were only brushed.
    pub fn take_touched(&mut self) -> (Vec<usize>, Vec<usize>) {
        let (mut touched, mut brushed) =
            (std::mem::take(&mut self.touched), std::mem::take(&mut self.brushed));
        for list in [&mut touched, &mut brushed] {
            list.sort_unstable();
            list.dedup();
        }
        brushed.retain(|at| touched.binary_search(at).is_err());
        (touched, brushed)
    }

    fn touch(&mut self, at: usize) {
        if self.noted {
            self.touched.push(at);
        }
    }
}

impl<T> Deref for Table<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.rows
    }
}

impl<T, I: SliceIndex<[T]>> Index<I> for Table<T> {
    type Output = I::Output;

    fn index(&self, at: I) -> &I::Output {
        &self.rows[at]
    }
}

impl<T> IndexMut<usize> for Table<T> {
    fn index_mut(&mut self, at: usize) -> &mut T {
        self.touch(at);
        &mut self.rows[at]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_told_of_once_however_it_was_touched() {
        let mut table = Table::new(true);
        for row in 0..5 {
            table.push(row);
        }
        assert_eq!(table.take_touched(), (vec![0, 1, 2, 3, 4], vec![]));
        table[3] = 30;
        table[3] = 31;
        table.touch_all(|row| *row == 1).for_each(|row| *row = 10);
        *table.brush(3) = 32;
        *table.brush(2) = 20;
        assert_eq!(table.brush_unless(0, |row| *row == 0), None);
        *table.complete(4) = 40;
        assert_eq!(table.take_touched(), (vec![1, 3], vec![2]));
        assert_eq!(table.take_touched(), (vec![], vec![]));
        assert_eq!(*table, [0, 10, 20, 32, 40]);
    }

    #[test]
    fn where_nobody_asks_nothing_is_kept_in_mind() {
        let mut table = Table::new(false);
        table.push(1);
        table[0] = 2;
        *table.brush(0) = 3;
        assert_eq!(table.take_touched(), (vec![], vec![]));
    }
}
