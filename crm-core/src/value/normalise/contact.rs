//! E-mail addresses, web addresses and domains.

use email_address::{EmailAddress, Options};
use url::{Host, Url};

use super::clean;
use crate::error::{Error, Result};

/// RFC 5321, 4.5.3.1.3: a path has 256 octets, two of which are its angle brackets.
const EMAIL_BYTES_MAX: usize = 254;

/// An e-mail address (`addr-spec` of RFC 5322) in its normal form.
///
/// Accepts a bare address, `mailto:ada@example.com` (RFC 6068, without its headers) and
/// `Ada Lovelace <ada@example.com>`. The domain needs a dot; it becomes lower case and, if it is
/// internationalised, ASCII (punycode, by UTS 46): that form is the one that is compared and sent to. The part
/// before the `@` stays as it is typed, since only its host may say whether case matters there (RFC 5321,
/// 2.4); it may be international, too (RFC 6531), and is composed (NFC). No host that anybody writes to tells
/// addresses apart by case: to compare them there is [`same_email`].
///
/// # Errors
/// `Invalid` for anything else.
///
/// ```
/// use crm_core::value::normalise::email;
/// assert_eq!(email(" Ada Lovelace <Ada@Example.COM> ").unwrap(), "Ada@example.com");
/// assert_eq!(email("mailto:info@bücher.example?subject=Hi").unwrap(), "info@xn--bcher-kva.example");
/// assert!(email("ada@localhost").is_err());
/// assert!(email("ada@example.com, bob@example.com").is_err());
/// ```
pub fn email(text: &str) -> Result<String> {
    let wanted = || Error::invalid(text, "an e-mail address is like `ada@example.com`");
    let cleaned = clean(text);
    let address = bare_address(&cleaned);
    let (local, domain) = address.rsplit_once('@').ok_or_else(wanted)?;
    let local = super::text(local);
    let address = [&*local, &domain_to_ascii(domain).ok_or_else(wanted)?].join("@");
    let options = Options::default()
        .with_required_tld()
        .without_display_text()
        .without_domain_literal();
    if address.len() > EMAIL_BYTES_MAX
        || EmailAddress::parse_with_options(&address, options).is_err()
    {
        return Err(wanted());
    }
    Ok(address)
}

/// True for two spellings, in the form of [`email`], of one address: whatever their case.
///
/// ```
/// use crm_core::value::normalise::same_email;
/// assert!(same_email("Ada@example.com", "ADA@example.com"));
/// assert!(!same_email("ada@example.com", "adam@example.com"));
/// ```
pub fn same_email(a: &str, b: &str) -> bool {
    if a.is_ascii() && b.is_ascii() {
        return a.eq_ignore_ascii_case(b);
    }
    let lower = |text: &'_ str| {
        text.chars()
            .flat_map(char::to_lowercase)
            .collect::<String>()
    };
    lower(a) == lower(b)
}

/// What is left of an address without its `mailto:`, name, brackets and quotes.
fn bare_address(text: &str) -> &str {
    if let Some(rest) = strip_prefix_ignore_case(text, "mailto:") {
        return rest.split('?').next().unwrap_or(rest).trim();
    }
    let address = match (text.rfind('<'), text.strip_suffix('>')) {
        (Some(open), Some(inner)) => inner.get(open + 1..).unwrap_or(inner),
        // Outlook exports addresses in apostrophes; the first of them is gone already.
        _ => text.trim_end_matches('\''),
    };
    address.trim()
}

fn strip_prefix_ignore_case<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let (start, rest) = text.split_at_checked(prefix.len())?;
    start.eq_ignore_ascii_case(prefix).then_some(rest)
}

/// The lower-case ASCII form of a domain name; nothing for an IP address.
fn domain_to_ascii(domain: &str) -> Option<String> {
    // `Host::parse` undoes percent-encoding, which is right in a URL and wrong elsewhere.
    if domain.contains('%') {
        return None;
    }
    let domain = if is_plain_domain(domain) {
        domain.to_ascii_lowercase()
    } else {
        match Host::parse(domain).ok()? {
            Host::Domain(domain) => domain,
            Host::Ipv4(_) | Host::Ipv6(_) => return None,
        }
    };
    let domain = domain.strip_suffix('.').unwrap_or(&domain);
    is_host_name(domain).then(|| domain.to_owned())
}

/// True for most domains, of which the URL Standard makes what they are in lower case: ASCII without punycode, and
/// with a last label that no address of four numbers ends with.
fn is_plain_domain(domain: &str) -> bool {
    let is_plain = |label: &str| {
        let is_punycode = |start: &str| start.eq_ignore_ascii_case("xn--");
        label
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !label.get(..4).is_some_and(is_punycode)
    };
    let last = domain
        .strip_suffix('.')
        .unwrap_or(domain)
        .rsplit('.')
        .next();
    domain.split('.').all(is_plain)
        && last.is_some_and(|last| last.starts_with(|c: char| c.is_ascii_alphabetic()))
}

/// The rules of RFC 1123 (2.1) and RFC 1035 (2.3.4), which the URL Standard does not impose on its hosts.
fn is_host_name(domain: &str) -> bool {
    domain.len() <= 253
        && domain.split('.').all(|label| {
            (1..=63).contains(&label.len())
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b == b'-')
        })
}

/// A web address in its normal form, that of the WHATWG URL Standard.
///
/// Without a scheme it gets `https://`. The host becomes lower case and ASCII (punycode), the default port
/// goes, and an empty path is `/`. Only `http` and `https` are accepted, so that a link can be opened without
/// running anything (`javascript:`, `data:`), and no user name or password, which would be stored in the clear
/// and can make a link look like one to elsewhere.
///
/// # Errors
/// `Invalid` for anything else.
///
/// ```
/// use crm_core::value::normalise::url;
/// assert_eq!(url("Example.COM/About").unwrap(), "https://example.com/About");
/// assert_eq!(url("HTTP://example.com:80").unwrap(), "http://example.com/");
/// assert_eq!(url("www.bücher.example").unwrap(), "https://www.xn--bcher-kva.example/");
/// assert!(url("javascript:alert(1)").is_err());
/// ```
pub fn url(text: &str) -> Result<String> {
    parse_url(text).map(String::from)
}

fn parse_url(text: &str) -> Result<Url> {
    let wanted = || {
        Error::invalid(
            text,
            "a web address is like `https://example.com/page`, with http or https",
        )
    };
    let cleaned = clean(text);
    let (address, has_scheme) = match scheme(&cleaned) {
        Some(scheme) if ["http", "https"].contains(&scheme.to_ascii_lowercase().as_str()) => {
            (cleaned, true)
        }
        Some(_) => return Err(wanted()),
        None => (
            format!("https://{}", cleaned.trim_start_matches("//")),
            false,
        ),
    };
    // The parser drops such characters in some places and encodes them in others.
    if address.contains(|c: char| c.is_control() || c == ' ') {
        return Err(wanted());
    }
    let url = Url::parse(&address).map_err(|_| wanted())?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Error::invalid(
            text,
            "a web address may not hold a user name or password",
        ));
    }
    // A bare word is not an address unless somebody wrote it as one.
    let is_word = |host: &str| !host.contains(['.', ':']) && host != "localhost";
    match url.host_str() {
        Some(host) if has_scheme || !is_word(host) => Ok(url),
        _ => Err(wanted()),
    }
}

/// The scheme (RFC 3986, 3.1) that a web address begins with. What comes before a colon and a digit is a
/// host and its port.
fn scheme(address: &str) -> Option<&str> {
    let (scheme, rest) = address.split_once(':')?;
    let is_scheme = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'));
    (is_scheme && !rest.starts_with(|c: char| c.is_ascii_digit())).then_some(scheme)
}

/// The domain of a web address, an e-mail address or a bare domain: lower case, ASCII (punycode), without
/// `www.`. It is what companies are matched by.
///
/// # Errors
/// `Invalid` for anything else, such as an IP address.
///
/// ```
/// use crm_core::value::normalise::domain;
/// for text in ["https://www.Example.com/about", "Ada@example.com", "EXAMPLE.com."] {
///     assert_eq!(domain(text).unwrap(), "example.com");
/// }
/// assert!(domain("192.0.2.1").is_err());
/// ```
pub fn domain(text: &str) -> Result<String> {
    let wanted = || Error::invalid(text, "a domain is like `example.com`");
    let cleaned = clean(text);
    let host = if cleaned.contains('@') && !cleaned.contains('/') {
        let address = email(text).map_err(|_| wanted())?;
        address.rsplit_once('@').ok_or_else(wanted)?.1.to_owned()
    } else {
        let url = parse_url(text).map_err(|_| wanted())?;
        let host = url.host_str().ok_or_else(wanted)?;
        domain_to_ascii(host).ok_or_else(wanted)?
    };
    if !host.contains('.') {
        return Err(wanted());
    }
    let bare = host.strip_prefix("www.").filter(|bare| bare.contains('.'));
    Ok(bare.map(str::to_owned).unwrap_or(host))
}
