/** What the demo wants of a sender, be it a real Prometheus or the generator. */

/** Requests under way at a time at most, each on a connection of its own. */
export const SHARDS = 16;

/** Writes through the balancer from its start to its end. */
export interface Sender {
  /** As it is called in a sentence. */
  readonly name: string;
  readonly description: string;
  /** Samples it had to send again so far, for whatever reason. */
  repeats(): Promise<number>;
  close(): Promise<void>;
}
