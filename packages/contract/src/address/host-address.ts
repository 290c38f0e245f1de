/** Where a request in host form goes: `[port--]sandbox--user.base`. */
export interface HostAddress {
  user: string;
  sandbox: string;
  port: number | undefined;
}

const LABEL = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/;
const PORT = /^[1-9][0-9]{0,4}$/;
const LABEL_LENGTH = 63;

/**
 * Reads a host name in host form under a base domain. Users and names with `--`, upper case, dots or underscores have no
 * host form: a DNS label cannot say them without a second meaning.
 *
 * @param host - Host name without port, any case.
 * @returns null where it is not under the base domain, "malformed" where it is and is no address.
 */
export function parseHost(host: string, baseDomain: string): HostAddress | "malformed" | null {
  const name = host.toLowerCase();
  const suffix = `.${baseDomain.toLowerCase()}`;
  if (!name.endsWith(suffix)) return null;
  const label = name.slice(0, -suffix.length);
  const parts = label.split("--");
  if (label.length > LABEL_LENGTH || parts.length < 2 || parts.length > 3) return "malformed";
  const [user = "", sandbox = "", port] = parts.toReversed();
  if (!LABEL.test(user) || !LABEL.test(sandbox)) return "malformed";
  if (port === undefined) return { user, sandbox, port: undefined };
  if (!PORT.test(port) || Number(port) > 65_535) return "malformed";
  return { user, sandbox, port: Number(port) };
}

/** The host name that `parseHost` reads back, null where the address has no host form. */
export function printHost(address: HostAddress, baseDomain: string): string | null {
  const { user, sandbox, port } = address;
  const label = `${port === undefined ? "" : `${port}--`}${sandbox}--${user}`;
  const sayable = (text: string): boolean => LABEL.test(text) && !text.includes("--");
  if (!sayable(user) || !sayable(sandbox) || label.length > LABEL_LENGTH) return null;
  return `${label}.${baseDomain}`;
}
