/** Whether a text is a numeric IP address. */

const IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?!$)|$)){4}$/;

export const isIPv4 = (text: string): boolean => IPV4.test(text);

/** The parser of URLs knows IPv6, but not the zones of link-local addresses. */
export function isIPv6(text: string): boolean {
  const [address = '', zone] = text.split('%', 2);
  return /^[\da-fA-F:.]+$/.test(address) && zone !== '' && URL.canParse(`http://[${address}]/`);
}

export const isIP = (text: string): number => (isIPv4(text) ? 4 : isIPv6(text) ? 6 : 0);
