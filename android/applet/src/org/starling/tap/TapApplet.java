package org.starling.tap;

import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * The card's side of a tap (docs/wire.md, "Taps"): it holds one request of its peer, gathers the answer, and answers 9000
 * to COMMIT once the peer has the key on its disk. It opens nothing. All of it outlives the field, so that a torn tap goes
 * on where it was torn. Plain Java: an Android service and a virtual reader's client drive the same bytes.
 */
public final class TapApplet {
  /** What a card answers that has no peer. */
  public static final int NOT_PAIRED = 0x6982;
  static final int DONE = 0x9000;
  static final int NOT_ACKNOWLEDGED = 0x6400;
  static final int WRONG_LENGTH = 0x6700;
  static final int PEER_REFUSED = 0x6984;
  static final int NOT_SELECTED = 0x6985;
  static final int WRONG_DIGEST = 0x6A80;
  static final int UNKNOWN_APPLICATION = 0x6A82;
  static final int TOO_MUCH = 0x6A84;
  static final int WRONG_PARAMETERS = 0x6A86;
  static final int WRONG_OFFSET = 0x6B00;
  static final int UNKNOWN_INSTRUCTION = 0x6D00;
  static final int UNKNOWN_CLASS = 0x6E00;

  private static final byte[] APPLICATION = {(byte) 0xF0, 0x45, 0x41, 0x41, 0x53, 0x00, 0x01};
  private static final int VERSION = 1;
  private static final int SETTLED = 0x02;
  private static final int OUR_CLASS = 0x80;
  private static final int SELECT = 0xA4;
  private static final int GET_REQUEST = 0x10;
  private static final int PUT_ANSWER = 0x20;
  private static final int COMMIT = 0x30;
  private static final int STATUS = 0x40;

  private static final int BLOCK_BYTES = 128;
  private static final int OFFSET_BYTES = 4;
  private static final int DIGEST_BYTES = 32;
  private static final int MAX_ANSWER_BYTES = 16 * 1024 + 256;

  private final TapPeer peer;
  private final byte[] received = new byte[MAX_ANSWER_BYTES];
  private int length;
  /** What was received is a whole answer, by its digest, and the peer has not said yet what it makes of it. */
  private boolean committed;
  private Request request;
  private Settled settled;
  private boolean selected;

  private static final class Request {
    final byte[] frame;
    final byte[] digest;

    Request(byte[] frame) {
      this.frame = frame.clone();
      this.digest = Digests.sha256(frame);
    }
  }

  private static final class Settled {
    final byte[] requestDigest;
    final byte[] answerDigest;
    final byte[] receipt;

    Settled(byte[] requestDigest, byte[] answerDigest, byte[] receipt) {
      this.requestDigest = requestDigest;
      this.answerDigest = answerDigest;
      this.receipt = receipt;
    }
  }

  public TapApplet(TapPeer peer) {
    this.peer = peer;
  }

  /**
   * The peer's request, or null where it has none. What was received for another is forgotten. True where its answer was
   * committed while the peer was away: `handOverAgain` then needs no reader.
   */
  public synchronized boolean offer(byte[] frame) {
    Request offered = frame == null ? null : new Request(frame);
    boolean same = offered != null && request != null && Arrays.equals(offered.digest, request.digest);
    if (!same) forget();
    request = offered;
    return committed;
  }

  /** Waits for the peer, as COMMIT does. */
  public void handOverAgain() {
    Request answered;
    synchronized (this) {
      if (request == null || !committed) return;
      answered = request;
    }
    handOver(answered);
  }

  /** The reader's field is gone, and with it what was selected. */
  public synchronized void leaveField() {
    selected = false;
  }

  /** Answers a command. Only COMMIT takes its time: it waits for the peer. Never throws on what a reader sends. */
  public byte[] process(byte[] bytes) {
    Command command = Command.decode(bytes);
    if (command == null) return word(WRONG_LENGTH);
    return isCommit(command) ? commit(command) : answer(command);
  }

  /** Whether this command is one that waits for the peer, and is not to be run on the main thread of an app. */
  public boolean waitsForPeer(byte[] bytes) {
    Command command = Command.decode(bytes);
    return command != null && isCommit(command);
  }

  private synchronized boolean isCommit(Command command) {
    return selected && command.cla == OUR_CLASS && command.ins == COMMIT;
  }

  private synchronized byte[] answer(Command command) {
    if (command.cla == 0 && command.ins == SELECT) return select(command);
    if (!selected) return word(NOT_SELECTED);
    if (command.cla != OUR_CLASS) return word(UNKNOWN_CLASS);
    switch (command.ins) {
      case GET_REQUEST:
        return getRequest(command);
      case PUT_ANSWER:
        return putAnswer(command);
      case STATUS:
        return response(DONE, ByteBuffer.allocate(OFFSET_BYTES).putInt(length).array());
      default:
        return word(UNKNOWN_INSTRUCTION);
    }
  }

  private byte[] select(Command command) {
    selected = false;
    if (command.p1 != 4 || command.p2 != 0) return word(WRONG_PARAMETERS);
    if (!Arrays.equals(command.data, APPLICATION)) return word(UNKNOWN_APPLICATION);
    selected = true;
    boolean isSettled = request == null && settled != null;
    byte[] digest = request != null ? request.digest : isSettled ? settled.requestDigest : new byte[DIGEST_BYTES];
    ByteBuffer state = ByteBuffer.allocate(10 + DIGEST_BYTES);
    state.put((byte) VERSION).put((byte) (isSettled ? SETTLED : 0));
    state.putInt(request == null ? 0 : request.frame.length).putInt(request == null ? 0 : length).put(digest);
    return response(DONE, state.array());
  }

  private byte[] getRequest(Command command) {
    if (request == null) return word(NOT_SELECTED);
    int offset = (command.p1 << 8 | command.p2) * BLOCK_BYTES;
    if (offset >= request.frame.length) return word(WRONG_OFFSET);
    int asked = command.le == 0 ? Command.MAX_RESPONSE_DATA : command.le;
    return response(DONE, Arrays.copyOfRange(request.frame, offset, Math.min(offset + asked, request.frame.length)));
  }

  private byte[] putAnswer(Command command) {
    if (request == null) return word(NOT_SELECTED);
    int part = command.data.length - OFFSET_BYTES;
    if (part <= 0) return word(WRONG_LENGTH);
    long offset = ByteBuffer.wrap(command.data).getInt() & 0xFFFFFFFFL;
    if (offset > length) return word(WRONG_OFFSET);
    if (offset + part > MAX_ANSWER_BYTES) return word(TOO_MUCH);
    // What comes again is what is there; should it be something else, the digest tells.
    if (offset == length) {
      System.arraycopy(command.data, OFFSET_BYTES, received, length, part);
      length += part;
    }
    return word(DONE);
  }

  private byte[] commit(Command command) {
    Request answered;
    synchronized (this) {
      if (command.data.length != DIGEST_BYTES) return word(WRONG_LENGTH);
      if (settled != null && Arrays.equals(command.data, settled.answerDigest)) return response(DONE, settled.receipt);
      if (request == null || length == 0) return word(NOT_SELECTED);
      if (!Arrays.equals(Digests.sha256(Arrays.copyOf(received, length)), command.data)) {
        forget();
        return word(WRONG_DIGEST);
      }
      committed = true;
      answered = request;
    }
    TapPeer.HandOver outcome = handOver(answered);
    if (outcome == null) return word(NOT_ACKNOWLEDGED);
    return outcome.receipt == null ? word(PEER_REFUSED) : response(DONE, outcome.receipt);
  }

  private TapPeer.HandOver handOver(Request answered) {
    byte[] answer;
    synchronized (this) {
      answer = Arrays.copyOf(received, length);
    }
    TapPeer.HandOver outcome = peer.handOver(answered.digest, answer);
    if (outcome == null) return null;
    synchronized (this) {
      if (outcome.receipt != null) settled = new Settled(answered.digest, Digests.sha256(answer), outcome.receipt);
      // The peer may have offered its next one by now.
      if (request != answered) return outcome;
      forget();
      if (outcome.receipt != null) request = null;
      return outcome;
    }
  }

  private void forget() {
    length = 0;
    committed = false;
  }

  public static byte[] word(int status) {
    return response(status, new byte[0]);
  }

  private static byte[] response(int status, byte[] data) {
    return ByteBuffer.allocate(data.length + 2).put(data).putShort((short) status).array();
  }
}
