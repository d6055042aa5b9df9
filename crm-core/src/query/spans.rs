//! Sets of times: when what a record does counts for another.

/// Spans of time in microseconds, each from its first moment to the one before its second, in ascending order and
/// apart from each other; `None` is all of time, as it is for most records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Spans(Option<Vec<(i64, i64)>>);

/// The one span that all of time is.
pub(super) const ALL_TIME: (i64, i64) = (i64::MIN, i64::MAX);

impl Spans {
    pub(super) const ALWAYS: Spans = Spans(None);
    pub(super) const NEVER: Spans = Spans(Some(Vec::new()));

    /// From a moment to another one, which is in it no more; without one from the beginning or to the end of time.
    pub(super) fn between(from: Option<i64>, to: Option<i64>) -> Self {
        match (from, to) {
            (None, None) => Spans::ALWAYS,
            (from, to) => {
                let span = (from.unwrap_or(i64::MIN), to.unwrap_or(i64::MAX));
                Spans(Some(Vec::from_iter((span.0 < span.1).then_some(span))))
            }
        }
    }

    pub(super) fn is_never(&self) -> bool {
        self.0.as_ref().is_some_and(Vec::is_empty)
    }

    /// The spans, the last one first.
    pub(super) fn newest_first(&self) -> impl Iterator<Item = (i64, i64)> {
        let all = self.0.is_none().then_some(ALL_TIME);
        all.into_iter()
            .chain(self.0.iter().flatten().rev().copied())
    }

    /// The times that are in both.
    pub(super) fn and(&self, other: &Spans) -> Spans {
        let (own, others) = match (&self.0, &other.0) {
            (None, _) => return other.clone(),
            (_, None) => return self.clone(),
            (Some(own), Some(others)) => (own, others),
        };
        let mut both = Vec::new();
        for (from, to) in own {
            for (other_from, other_to) in others {
                let span = (*from.max(other_from), *to.min(other_to));
                both.extend((span.0 < span.1).then_some(span));
            }
        }
        Spans(Some(both))
    }

    /// The times that are not in a span.
    pub(super) fn without(&self, from: i64, to: i64) -> Spans {
        if from >= to {
            return self.clone();
        }
        let outside = [(i64::MIN, from), (to, i64::MAX)];
        self.and(&Spans(Some(outside.to_vec())))
    }

    /// Adds times; false if all of them were there.
    pub(super) fn add(&mut self, other: &Spans) -> bool {
        let Some(own) = &self.0 else {
            return false;
        };
        let Some(others) = &other.0 else {
            self.0 = None;
            return true;
        };
        let mut all: Vec<(i64, i64)> = own.iter().chain(others).copied().collect();
        all.sort_unstable();
        let mut joined: Vec<(i64, i64)> = Vec::with_capacity(all.len());
        for (from, to) in all {
            match joined.last_mut() {
                Some(last) if from <= last.1 => last.1 = last.1.max(to),
                _ => joined.push((from, to)),
            }
        }
        let grows = joined != *own;
        if grows {
            self.0 = Some(joined);
        }
        grows
    }
}

#[cfg(test)]
mod tests {
    use super::Spans;

    fn spans(list: &[(i64, i64)]) -> Spans {
        let mut spans = Spans::NEVER;
        for (from, to) in list {
            spans.add(&Spans::between(Some(*from), Some(*to)));
        }
        spans
    }

    /// The moments from 0 to 9 that are in it.
    fn moments(spans: &Spans) -> Vec<i64> {
        let is_in = |moment: &i64| {
            let mut spans = spans.newest_first();
            spans.any(|(from, to)| from <= *moment && *moment < to)
        };
        (0..10).filter(is_in).collect()
    }

    #[test]
    fn sets_of_times_are_those_of_their_moments() {
        let ends: Vec<(i64, i64)> = (0..4).flat_map(|a| (0..5).map(move |b| (a, b))).collect();
        for (a, b) in &ends {
            for (c, d) in &ends {
                let one = spans(&[(*a, *b), (6, 8)]);
                let other = spans(&[(*c, *d), (7, 9)]);
                let (of_one, of_other) = (moments(&one), moments(&other));
                let in_other = |moment: &&i64| of_other.contains(moment);
                let both: Vec<i64> = of_one.iter().filter(in_other).copied().collect();
                assert_eq!(moments(&one.and(&other)), both);
                let mut either = one.clone();
                let grows = either.add(&other);
                assert_eq!(
                    grows,
                    !of_other.iter().all(|moment| of_one.contains(moment))
                );
                let mut all: Vec<i64> = of_one.iter().chain(&of_other).copied().collect();
                all.sort_unstable();
                all.dedup();
                assert_eq!(moments(&either), all);
                let outside = |moment: &&i64| !(*c..*d).contains(moment);
                let rest: Vec<i64> = of_one.iter().filter(outside).copied().collect();
                assert_eq!(moments(&one.without(*c, *d)), rest);
            }
        }
        assert_eq!(moments(&Spans::ALWAYS.without(2, 7)), [0, 1, 7, 8, 9]);
        assert!(Spans::between(Some(3), Some(3)).is_never());
        assert!(!Spans::ALWAYS.clone().add(&spans(&[(1, 2)])));
    }
}
