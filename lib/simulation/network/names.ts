/** The names of the simulated network: what a name server and /etc/hosts are on a machine. */

const MS = 1_000_000;

/** Names and their addresses. */
export class Names {
  /** How long a lookup takes, in nanoseconds. Numeric addresses and `localhost` need none. */
  latencyNs = MS;
  /** Asked for each lookup: returns false if the name server does not answer, which is EAI_AGAIN. */
  answers: (name: string) => boolean = () => true;
  private readonly addresses = new Map<string, readonly string[]>();

  /** Gives a name to numeric addresses, in the order in which they are found. Replaces those that it had. */
  set(name: string, addresses: readonly string[]): void {
    this.addresses.set(name.toLowerCase(), addresses);
  }

  /** Returns the addresses of a name; null if nothing has that name. */
  find(name: string): readonly string[] | null {
    return this.addresses.get(name.toLowerCase()) ?? null;
  }

  /** Returns the first name of an address; null if it has none. */
  nameOf(address: string): string | null {
    for (const [name, addresses] of this.addresses) if (addresses.includes(address)) return name;
    return null;
  }
}
