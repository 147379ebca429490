package org.starling.tap;

/** The peer that this phone brings keys to. */
public interface TapPeer {
  /**
   * Hands over a whole answer, as often as the reader commits it, and waits for what the peer says of it. Null where it
   * says nothing in time, or can't be reached: the answer is kept, and handed over again.
   */
  HandOver handOver(byte[] requestDigest, byte[] answer);

  /** What the peer said of an answer. */
  final class HandOver {
    /** Of 32 bytes once the key is on the peer's disk; null where there was no key in the answer. */
    final byte[] receipt;

    private HandOver(byte[] receipt) {
      this.receipt = receipt;
    }

    public static HandOver durable(byte[] receipt) {
      return new HandOver(receipt.clone());
    }

    public static HandOver refused() {
      return new HandOver(null);
    }
  }
}
