package org.starling.tap;

import java.io.BufferedInputStream;
import java.io.Closeable;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.Base64;

/** As much of RFC 6455 as a line to one peer needs: a client, binary messages in one frame each, pings answered. */
final class WebSocketClient implements Closeable {
  private static final String PATH = "/phone";
  private static final int MAX_MESSAGE_BYTES = 32 * 1024;
  private static final int CONNECT_MILLISECONDS = 5_000;
  /** The peer pings four times as often. */
  private static final int SILENCE_MILLISECONDS = 60_000;
  private static final int BINARY = 0x2;
  private static final int CLOSE = 0x8;
  private static final int PING = 0x9;
  private static final int PONG = 0xA;
  private static final int FINAL = 0x80;
  private static final int MASKED = 0x80;

  private final SecureRandom random = new SecureRandom();
  private final Socket socket;
  private final DataInputStream in;
  private final OutputStream out;

  /** Connects to HOST:PORT. */
  WebSocketClient(String address) throws IOException {
    int colon = address.lastIndexOf(':');
    if (colon < 0) throw new IOException("no address");
    socket = new Socket();
    try {
      int port = Integer.parseInt(address.substring(colon + 1));
      socket.connect(new InetSocketAddress(address.substring(0, colon), port), CONNECT_MILLISECONDS);
      socket.setTcpNoDelay(true);
      socket.setSoTimeout(SILENCE_MILLISECONDS);
      in = new DataInputStream(new BufferedInputStream(socket.getInputStream()));
      out = socket.getOutputStream();
      upgrade(address);
    } catch (IOException | IllegalArgumentException e) {
      socket.close();
      throw new IOException("no peer there", e);
    }
  }

  /** The next binary message. */
  byte[] receive() throws IOException {
    for (;;) {
      int head = in.readUnsignedByte();
      byte[] payload = new byte[payloadLength(in.readUnsignedByte())];
      in.readFully(payload);
      switch (head) {
        case FINAL | BINARY:
          return payload;
        case FINAL | PING:
          send(PONG, payload);
          break;
        case FINAL | PONG:
          break;
        default:
          throw new IOException("the peer hung up");
      }
    }
  }

  void send(byte[] message) throws IOException {
    send(BINARY, message);
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }

  private int payloadLength(int second) throws IOException {
    // A server doesn't mask; lengths of 8 bytes are more than any message has.
    int length = second == 126 ? in.readUnsignedShort() : second;
    if (second > 126 || length > MAX_MESSAGE_BYTES) throw new IOException("too long a message");
    return length;
  }

  private synchronized void send(int kind, byte[] payload) throws IOException {
    byte[] mask = new byte[4];
    random.nextBytes(mask);
    ByteBuffer frame = ByteBuffer.allocate(8 + payload.length);
    frame.put((byte) (FINAL | kind));
    if (payload.length < 126) frame.put((byte) (MASKED | payload.length));
    else frame.put((byte) (MASKED | 126)).putShort((short) payload.length);
    frame.put(mask);
    for (int i = 0; i < payload.length; i++) frame.put((byte) (payload[i] ^ mask[i & 3]));
    out.write(frame.array(), 0, frame.position());
    out.flush();
  }

  /** No key is in it: the line that follows shows who is who. */
  private void upgrade(String host) throws IOException {
    byte[] nonce = new byte[16];
    random.nextBytes(nonce);
    String request =
        "GET " + PATH + " HTTP/1.1\r\nHost: " + host + "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " + Base64.getEncoder().encodeToString(nonce) + "\r\n\r\n";
    out.write(request.getBytes(StandardCharsets.US_ASCII));
    out.flush();
    StringBuilder answer = new StringBuilder();
    while (answer.indexOf("\r\n\r\n") < 0) {
      if (answer.length() > 4096) throw new IOException("no WebSocket");
      answer.append((char) in.readUnsignedByte());
    }
    if (!answer.toString().startsWith("HTTP/1.1 101 ")) throw new IOException("turned away");
  }
}
