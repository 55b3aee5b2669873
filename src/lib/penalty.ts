/** What it costs to have made much work for nothing. */

/**
 * How long a client waits for the answer to a flood, or to a large body of which nothing can be written: at once it would
 * be back with the next one. Whoever is honest loses nothing by it. Milliseconds.
 */
export const PENALTY_MS = 2000;
