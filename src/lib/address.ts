/** Addresses as people write them. */

/** Without the prefix by which IPv6 sockets show IPv4 peers. */
export function plainAddress(address: string | undefined): string {
  return (address ?? '').replace(/^::ffff:/i, '');
}
