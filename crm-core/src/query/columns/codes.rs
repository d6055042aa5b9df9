//! The codes of a column's rows, in as few bytes each as the greatest of them needs.

/// Numbers in a dictionary, one for each row. The list widens when it meets a code that does not fit.
#[derive(Debug, Clone)]
pub(super) enum Codes {
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
    pub(super) fn get(&self, row: usize) -> u32 {
        match self {
            Codes::Byte(list) => list.get(row).copied().unwrap_or_default().into(),
            Codes::Short(list) => list.get(row).copied().unwrap_or_default().into(),
            Codes::Long(list) => list.get(row).copied().unwrap_or_default(),
        }
    }

    /// Marks each row of which it is so, that its code is one, or that it is not.
    pub(super) fn mark(&self, code: u32, is_so: bool, marks: &mut [u8]) {
        with_list!(self, list => mark_in(list, code, is_so, marks));
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

    fn widen_for(&mut self, code: u32) {
        let max = match self {
            Codes::Byte(_) => u32::from(u8::MAX),
            Codes::Short(_) => u32::from(u16::MAX),
            Codes::Long(_) => u32::MAX,
        };
        if code <= max {
            return;
        }
        let all = (0..self.len()).map(|row| self.get(row));
        *self = if code <= u32::from(u16::MAX) {
            Codes::Short(all.map(|code| code as u16).collect())
        } else {
            Codes::Long(all.collect())
        };
    }
}

/// In the width of the list, so that many rows are compared at once.
fn mark_in<T: Copy + PartialEq + TryFrom<u32>>(
    list: &[T],
    code: u32,
    is_so: bool,
    marks: &mut [u8],
) {
    let code = T::try_from(code).ok();
    for (mark, own) in marks.iter_mut().zip(list) {
        *mark = u8::from(code.is_some_and(|code| code == *own) == is_so);
    }
}
