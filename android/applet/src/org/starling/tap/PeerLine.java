package org.starling.tap;

import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.Arrays;

/** The way to the peer: brings its requests, takes answers to it, and waits for what it says of them. */
public final class PeerLine implements TapPeer {
  private static final int VERSION = 1;
  private static final int READY = 1;
  private static final int ANSWER = 2;
  private static final int REQUEST = 3;
  private static final int OUTCOME = 4;
  private static final int DURABLE = 0;
  private static final int REFUSED = 1;
  private static final int DIGEST_BYTES = 32;
  /** A phone that waits for longer is taken away from the reader. */
  private static final long PATIENCE_MILLISECONDS = 3_000;
  private static final long PAUSE_MILLISECONDS = 500;

  /** Hears of each request before the applet does, so that it can be kept; null where the peer has none. */
  public interface Keeper {
    void keep(byte[] frame);
  }

  private final PairingCode pairing;
  private TapApplet applet;
  private Keeper keeper;
  private WebSocketClient socket;
  private SealedLine line;
  private byte[] outcomeDigest;
  private HandOver outcome;
  private boolean closed;

  public PeerLine(PairingCode pairing) {
    this.pairing = pairing;
  }

  /** Keeps a connection until `close`, in a thread of the caller's. */
  public void run(TapApplet applet, Keeper keeper) throws InterruptedException {
    this.applet = applet;
    this.keeper = keeper;
    while (!isClosed()) {
      for (String address : pairing.addresses) {
        try {
          converse(address);
        } catch (IOException | GeneralSecurityException | BufferUnderflowException e) {
          hangUp();
        }
      }
      Thread.sleep(PAUSE_MILLISECONDS);
    }
  }

  public synchronized void close() {
    closed = true;
    hangUp();
  }

  @Override
  public synchronized HandOver handOver(byte[] requestDigest, byte[] answer) {
    outcomeDigest = Digests.sha256(answer);
    outcome = null;
    try {
      if (line == null) return null;
      say(answerMessage(requestDigest, answer));
      long until = System.nanoTime() + PATIENCE_MILLISECONDS * 1_000_000;
      while (outcomeDigest != null && line != null) {
        long left = (until - System.nanoTime()) / 1_000_000;
        if (left <= 0) return null;
        wait(left);
      }
      return outcome;
    } catch (IOException | GeneralSecurityException e) {
      hangUp();
      return null;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return null;
    }
  }

  private void converse(String address) throws IOException, GeneralSecurityException {
    try (WebSocketClient connection = new WebSocketClient(address)) {
      byte[] peerNonce = helloNonce(connection.receive());
      byte[] phoneNonce = new byte[SealedLine.NONCE_BYTES];
      new SecureRandom().nextBytes(phoneNonce);
      connection.send(ByteBuffer.allocate(1 + phoneNonce.length).put((byte) VERSION).put(phoneNonce).array());
      SealedLine opened = new SealedLine(pairing.key, peerNonce, phoneNonce);
      synchronized (this) {
        if (closed) return;
        socket = connection;
        line = opened;
        say(new byte[] {READY});
      }
      for (;;) hear(ByteBuffer.wrap(opened.open(connection.receive())));
    }
  }

  private void hear(ByteBuffer message) throws IOException {
    switch (message.get()) {
      case REQUEST:
        hearRequest(readOpaque(message));
        break;
      case OUTCOME:
        hearOutcome(message);
        break;
      default:
        throw new IOException("an unknown message");
    }
  }

  private void hearRequest(byte[] frame) {
    byte[] request = frame.length == 0 ? null : frame;
    keeper.keep(request);
    // This thread hears what the peer says of the answer.
    if (applet.offer(request)) new Thread(applet::handOverAgain, "hand over").start();
  }

  private synchronized void hearOutcome(ByteBuffer message) {
    byte[] digest = read(message, DIGEST_BYTES);
    int kind = message.get();
    HandOver said =
        kind == DURABLE ? HandOver.durable(read(message, DIGEST_BYTES)) : kind == REFUSED ? HandOver.refused() : null;
    if (!Arrays.equals(digest, outcomeDigest)) return;
    outcome = said;
    outcomeDigest = null;
    notifyAll();
  }

  private void say(byte[] message) throws IOException, GeneralSecurityException {
    socket.send(line.seal(message));
  }

  private synchronized void hangUp() {
    try {
      if (socket != null) socket.close();
    } catch (IOException e) {
      // It is gone either way.
    }
    socket = null;
    line = null;
    notifyAll();
  }

  private synchronized boolean isClosed() {
    return closed;
  }

  private static byte[] helloNonce(byte[] hello) throws IOException {
    if (hello.length != 1 + SealedLine.NONCE_BYTES || hello[0] != VERSION) throw new IOException("an unknown hello");
    return Arrays.copyOfRange(hello, 1, hello.length);
  }

  private static byte[] answerMessage(byte[] requestDigest, byte[] answer) {
    ByteBuffer out = ByteBuffer.allocate(1 + DIGEST_BYTES + 4 + answer.length);
    out.put((byte) ANSWER).put(requestDigest);
    if (answer.length < 0x40) out.put((byte) answer.length);
    else if (answer.length < 0x4000) out.putShort((short) (0x4000 | answer.length));
    else out.putInt(0x80000000 | answer.length);
    out.put(answer);
    return Arrays.copyOf(out.array(), out.position());
  }

  /** `opaque data<V>` of RFC 9420, 2.1.2. */
  private static byte[] readOpaque(ByteBuffer in) throws IOException {
    int first = in.get() & 0xFF;
    int length = first < 0x40 ? first : (first & 0x3F) << 8 | in.get() & 0xFF;
    if (first >= 0x80) length = length << 16 | in.getShort() & 0xFFFF;
    if (first >= 0xC0 || length > in.remaining()) throw new IOException("a field longer than its message");
    return read(in, length);
  }

  private static byte[] read(ByteBuffer in, int length) {
    byte[] bytes = new byte[length];
    in.get(bytes);
    return bytes;
  }
}
