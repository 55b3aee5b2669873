/** A port that is taken is told with the option that changes it. */

/** Throws what Node says of a port, in words of this program where it has some. */
export function explainTaken(error: Error & { code?: string; port?: number }): never {
  if (error.code !== 'EADDRINUSE') throw error;
  throw new Error(
    `port ${error.port} is taken by another program (EADDRINUSE): set http.listen_address to another one`,
  );
}
