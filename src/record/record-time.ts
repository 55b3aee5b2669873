/** Which time a Kafka record carries. */

/** Kafka 4 refuses a whole batch for one record further ahead (`message.timestamp.after.max.ms`, 1 h). */
const FURTHEST_AHEAD_MS = 3_600_000;

/** The sample's time, or `nowMs` when Kafka would refuse that: negative, or over an hour ahead. */
export function recordTime(sampleMs: number, nowMs: number): number {
  return sampleMs < 0 || sampleMs > nowMs + FURTHEST_AHEAD_MS ? nowMs : sampleMs;
}
