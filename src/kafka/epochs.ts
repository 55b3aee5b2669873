/** The epochs in which partitions begin: brokers still know the sequences of one that was here and was let go. */

/** The largest int16. */
export const MAX_EPOCH = 32767;

/**
 * A partition that is let go and comes back would begin at sequence 0 once more, and the broker would take its first batch
 * for a repetition: acknowledged, and thrown away. So it begins in an epoch that none of those let go has used.
 */
export class Epochs {
  readonly #onUsedUp: () => void;
  /** By producer id, of which there is another once its epochs are used up. */
  readonly #firsts = new Map<bigint, number>();

  /** `onUsedUp`: it takes another producer id. */
  constructor(onUsedUp: () => void) {
    this.#onUsedUp = onUsedUp;
  }

  firstOf(producerId: bigint): number {
    return this.#firsts.get(producerId) ?? 0;
  }

  /** A partition that was in `epoch` is let go. */
  leave(producerId: bigint, epoch: number): void {
    const first = this.firstOf(producerId);
    if (epoch < first) return;
    this.#firsts.set(producerId, epoch + 1);
    if (first <= MAX_EPOCH && epoch >= MAX_EPOCH) this.#onUsedUp();
  }
}
