//! What files are written in besides UTF-8: UTF-16, of which Excel makes its "Unicode text", and Windows-1252, of which
//! it makes its CSV files in the west. Both as the Encoding Standard of the WHATWG has them.

/// What the bytes 80 to 9F are in Windows-1252. All others, and those that it leaves open, are as in Unicode.
const WINDOWS_1252_HIGH: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8D}', 'Ž',
    '\u{8F}', //
    '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9D}', 'ž', 'Ÿ',
];

/// The text of bytes in Windows-1252.
pub(super) fn windows_1252(bytes: &[u8]) -> String {
    let char = |byte: u8| {
        let high = byte.checked_sub(0x80).map(usize::from);
        let high = high.and_then(|at| WINDOWS_1252_HIGH.get(at));
        high.copied().unwrap_or(char::from(byte))
    };
    bytes.iter().copied().map(char).collect()
}

/// The order of the two bytes of a unit of UTF-16.
#[derive(Clone, Copy)]
pub(super) enum Utf16 {
    LittleEndian,
    BigEndian,
}

impl Utf16 {
    /// By the mark that a file begins with or, without one, by the zeros that every other byte of Latin text is.
    pub(super) fn of(head: &[u8]) -> Option<Utf16> {
        match head {
            [0xFF, 0xFE, ..] => return Some(Utf16::LittleEndian),
            [0xFE, 0xFF, ..] => return Some(Utf16::BigEndian),
            _ => {}
        }
        let (pairs, _) = head.get(..head.len().min(256))?.as_chunks();
        let all = |test: fn(&[u8; 2]) -> bool| pairs.len() > 3 && pairs.iter().all(test);
        if all(|[low, high]| *low != 0 && *high == 0) {
            Some(Utf16::LittleEndian)
        } else if all(|[high, low]| *low != 0 && *high == 0) {
            Some(Utf16::BigEndian)
        } else {
            None
        }
    }

    /// The text of bytes, without the mark; U+FFFD stands for what is no text.
    pub(super) fn decode(self, bytes: &[u8]) -> String {
        let (pairs, odd) = bytes.as_chunks();
        let units = pairs.iter().map(|pair| match self {
            Utf16::LittleEndian => u16::from_le_bytes(*pair),
            Utf16::BigEndian => u16::from_be_bytes(*pair),
        });
        let chars = char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER));
        let cut = (!odd.is_empty()).then_some(char::REPLACEMENT_CHARACTER);
        let mut chars = chars.chain(cut).peekable();
        chars.next_if_eq(&'\u{FEFF}');
        chars.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_of_windows_1252_are_text() {
        assert_eq!(
            windows_1252(b"M\xFCller \x80 5 \x93\xDF\x94 \x9F\x81\xFF"),
            "Müller € 5 “ß” Ÿ\u{81}ÿ"
        );
    }

    #[test]
    fn utf_16_is_text_in_either_order() {
        let text = "né😀";
        let units = || "\u{FEFF}".encode_utf16().chain(text.encode_utf16());
        let little: Vec<u8> = units().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = units().flat_map(u16::to_be_bytes).collect();
        for bytes in [little, big] {
            let read = |bytes: &[u8]| Utf16::of(bytes).map(|order| order.decode(bytes));
            assert_eq!(read(&bytes).as_deref(), Some(text));
            // Cut within a pair of surrogates, and within a unit.
            assert_eq!(
                read(&bytes[..bytes.len() - 2]).as_deref(),
                Some("né\u{FFFD}")
            );
            assert_eq!(
                read(&bytes[..bytes.len() - 5]).as_deref(),
                Some("n\u{FFFD}")
            );
        }
        assert!(Utf16::of("\u{FEFF}text".as_bytes()).is_none());
        let unmarked: Vec<u8> = "name,city"
            .encode_utf16()
            .flat_map(u16::to_be_bytes)
            .collect();
        let order = Utf16::of(&unmarked).unwrap();
        assert_eq!(order.decode(&unmarked), "name,city");
    }
}
