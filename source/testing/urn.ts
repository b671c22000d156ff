/** A name of OAuth's in the IETF's namespace (RFC 6755). */
export const urn = (name: string): string => `urn:ietf:params:oauth:${name}`;
