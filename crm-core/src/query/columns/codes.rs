//! The codes of a column's rows, in as few bytes each as the greatest of them needs.

/// Numbers in a dictionary, one for each row. The list widens when it meets a code that does not fit.
#[derive(Debug, Clone)]
pub(in crate::query) enum Codes {
    Byte(Vec<u8>),
    Short(Vec<u16>),
    Long(Vec<u32>),
}

impl Default for Codes {
    fn default() -> Self {
        Codes::Byte(Vec::new())
    }
}

/// Does the same with the list, whatever its width.
macro_rules! with_list {
    ($codes:expr, $list:ident => $do:expr) => {
        match $codes {
            Codes::Byte($list) => $do,
            Codes::Short($list) => $do,
            Codes::Long($list) => $do,
        }
    };
}

impl Codes {
    pub(super) fn len(&self) -> usize {
        with_list!(self, list => list.len())
    }

    pub(super) fn bytes(&self) -> usize {
        with_list!(self, list => std::mem::size_of_val(list.as_slice()))
    }

    /// The code of a row; that of null beyond the last.
    #[inline]
    pub(in crate::query) fn get(&self, row: usize) -> u32 {
        match self {
            Codes::Byte(list) => list.get(row).copied().unwrap_or_default().into(),
            Codes::Short(list) => list.get(row).copied().unwrap_or_default().into(),
            Codes::Long(list) => list.get(row).copied().unwrap_or_default(),
        }
    }

    /// Marks the rows that are null, whose code is 0, or those that are not.
    pub(super) fn mark(&self, null: bool, marks: &mut [u8]) {
        with_list!(self, list => {
            for (mark, code) in marks.iter_mut().zip(list) {
                *mark = u8::from((*code == 0) == null);
            }
        });
    }

    /// Puts a row behind the last.
    #[inline]
    pub(super) fn push(&mut self, code: u32) {
        self.widen_for(code);
        match self {
            Codes::Byte(list) => list.push(code as u8),
            Codes::Short(list) => list.push(code as u16),
            Codes::Long(list) => list.push(code),
        }
    }

    /// Puts a row before another one, or behind the last.
    pub(super) fn insert(&mut self, row: usize, code: u32) {
        let row = row.min(self.len());
        self.widen_for(code);
        match self {
            Codes::Byte(list) => list.insert(row, code as u8),
            Codes::Short(list) => list.insert(row, code as u16),
            Codes::Long(list) => list.insert(row, code),
        }
    }

    pub(super) fn set(&mut self, row: usize, code: u32) {
        self.widen_for(code);
        match self {
            Codes::Byte(list) => list
                .get_mut(row)
                .into_iter()
                .for_each(|at| *at = code as u8),
            Codes::Short(list) => list
                .get_mut(row)
                .into_iter()
                .for_each(|at| *at = code as u16),
            Codes::Long(list) => list.get_mut(row).into_iter().for_each(|at| *at = code),
        }
    }

    pub(super) fn remove(&mut self, row: usize) {
        with_list!(self, list => {
            list.remove(row);
        });
    }

    /// The rows from one on, which are no longer here.
    pub(super) fn split_off(&mut self, row: usize) -> Codes {
        match self {
            Codes::Byte(list) => Codes::Byte(list.split_off(row)),
            Codes::Short(list) => Codes::Short(list.split_off(row)),
            Codes::Long(list) => Codes::Long(list.split_off(row)),
        }
    }

    #[inline]
    fn widen_for(&mut self, code: u32) {
        let max = match self {
            Codes::Byte(_) => u32::from(u8::MAX),
            Codes::Short(_) => u32::from(u16::MAX),
            Codes::Long(_) => u32::MAX,
        };
        if code > max {
            self.widen(code);
        }
    }

    #[cold]
    fn widen(&mut self, code: u32) {
        let all = (0..self.len()).map(|row| self.get(row));
        *self = if code <= u32::from(u16::MAX) {
            Codes::Short(all.map(|code| code as u16).collect())
        } else {
            Codes::Long(all.collect())
        };
    }
}
